//! `table/time.txt`: stories of suppression and caps, to the millisecond.

use std::io::Cursor;

use campaignctl::model::{BothWorlds, CampaignKey, CampaignSpec, Contender, SessionPlace, World};
use campaignctl::ops::explain::{Question, ask};
use campaignctl::replay::{Contest, Contested, Source, read_one};
use jiff::civil::Time;
use jiff::{SignedDuration, Timestamp};
use serde_json::{Value, json};

use super::both::Both;

/// Days from one story to the next, so that no story sees another one's minutes.
const APART: i64 = 10;

/// `[+DAYS ]HH:MM:SS[.mmm]` from the words at the front.
fn time(words: &mut std::slice::Iter<'_, &str>, day: Timestamp) -> Timestamp {
    let first = words.next().unwrap();
    let (days, clock) = match first.strip_prefix('+') {
        Some(days) => (days.parse::<i64>().unwrap(), *words.next().unwrap()),
        None => (0, *first),
    };
    let since_midnight = clock.parse::<Time>().unwrap().duration_since(Time::midnight());
    day + SignedDuration::from_hours(24 * days) + since_midnight
}

fn plain_campaign(name: &str, fields: &str) -> Value {
    let mut body = json!({
        "name": name, "enabled": true, "campaignType": "proactive", "evaluationMode": "realtime",
        "filters": [{ "attributeName": "x.go", "operator": "equals", "value": true, "dataType": "boolean" }],
        "actions": [{ "type": "webchat_invite", "priority": 1 }],
    });
    if !fields.is_empty() {
        let fields: serde_json::Map<String, Value> = serde_json::from_str(fields).unwrap();
        body.as_object_mut().unwrap().extend(fields);
    }
    body
}

/// One decision of a story: asks both, and compares with what stands behind the `=`.
async fn step(both: &mut Both, line: &str, story: &str, day: Timestamp) -> Timestamp {
    let (question, expected) = line.split_once(" = ").unwrap_or_else(|| panic!("{line}"));
    let words: Vec<&str> = question.split(' ').collect();
    let mut words = words.iter();
    let now = time(&mut words, day);
    let (campaign, contact) = (words.next().unwrap(), words.next().unwrap());
    let goes = words.next().is_none();
    let contact_id = format!("{contact} in {}", day.as_second());
    let session = json!({ "contactId": contact_id, "channelId": "webchat:x", "sessionData": { "x.go": goes } });
    let decided = both.decide(campaign, &session, now).await;

    let words: Vec<&str> = expected.split(' ').collect();
    assert_eq!(decided.status.as_str(), words[0], "{story}: {line}");
    let until = match words.get(1..) {
        Some(["until", "the", "end"]) => Some(Timestamp::MAX),
        Some(["until", rest @ ..]) => Some(time(&mut rest.iter(), day)),
        _ => None,
    };
    assert_eq!(decided.until, until, "{story}: {line}");
    now
}

/// Tells the stories; `forgetful` lets the ledger forget after every decision, which must change none.
async fn tell(forgetful: bool) {
    let mut both = Both::start().await;
    let mut day: Timestamp = "2024-01-01T00:00:00Z".parse().unwrap();
    let (mut story, mut decisions) = ("", 0);
    for line in include_str!("table/time.txt").lines().filter(|line| !line.is_empty() && !line.starts_with('#')) {
        if let Some(title) = line.strip_prefix("story ") {
            story = title;
            day += SignedDuration::from_hours(24 * APART);
        } else if let Some(campaign) = line.strip_prefix("campaign ") {
            let (name, fields) = campaign.split_once(' ').unwrap_or((campaign, ""));
            both.campaign(name, &plain_campaign(name, fields)).await;
        } else {
            let now = step(&mut both, line, story, day).await;
            if forgetful {
                both.forget(now);
            }
            decisions += 1;
        }
    }
    assert!(decisions > 100, "the table was read");
}

#[tokio::test]
async fn every_story_ends_as_the_table_says() {
    tell(false).await;
}

#[tokio::test]
async fn forgetting_after_every_decision_changes_no_story() {
    tell(true).await;
}

/// All stories as one recording, each line explained with the recording as its history.
#[test]
fn every_line_of_every_story_is_explained_as_the_table_says() {
    let mut day: Timestamp = "2024-01-01T00:00:00Z".parse().unwrap();
    let mut campaigns: Vec<(CampaignKey, CampaignSpec)> = Vec::new();
    let (mut story, mut recording, mut expected) = (0, String::new(), Vec::new());
    for line in include_str!("table/time.txt").lines().filter(|line| !line.is_empty() && !line.starts_with('#')) {
        if line.starts_with("story ") {
            story += 1;
            day += SignedDuration::from_hours(24 * APART);
        } else if let Some(campaign) = line.strip_prefix("campaign ") {
            let (name, fields) = campaign.split_once(' ').unwrap_or((campaign, ""));
            let key = CampaignKey::new(format!("s{story}-{name}")).unwrap();
            campaigns.push((key, serde_json::from_value(plain_campaign(name, fields)).unwrap()));
        } else {
            let (question, answer) = line.split_once(" = ").unwrap();
            let words: Vec<&str> = question.split(' ').collect();
            let mut words = words.iter();
            let now = time(&mut words, day);
            let (campaign, contact) = (words.next().unwrap(), words.next().unwrap());
            let session = json!({
                "contactId": format!("{contact} in {story}"), "channelId": "x", "sessionData": { "x.go": words.next().is_none() },
                "evaluationContext": { "timestamp": now }, "campaign": format!("s{story}-{campaign}"),
            });
            recording.push_str(&format!("{session}\n"));
            let words: Vec<&str> = answer.split(' ').collect();
            let until = match words.get(1..) {
                Some(["until", "the", "end"]) => Some(Timestamp::MAX),
                Some(["until", rest @ ..]) => Some(time(&mut rest.iter(), day)),
                _ => None,
            };
            expected.push((line, words[0].to_owned(), until));
        }
    }
    let contested = campaigns.iter().map(|(key, spec)| Contested {
        who: Contender { key: Some(key.clone()), id: None, name: spec.name.clone() },
        spec: BothWorlds { live: None, desired: Some(spec) },
    });
    let contest = Contest::new(contested.collect());
    for (nth, (line, status, until)) in expected.iter().enumerate() {
        let picked = read_one(recording.lines().nth(nth).unwrap().as_bytes()).unwrap();
        let at = picked.session.timestamp.unwrap();
        let question = Question { picked, at, place: Some(SessionPlace { file: 0, line: nth as u64 + 1 }), as_it_stands: true };
        let history = vec![Source { name: String::new(), from: Box::new(Cursor::new(recording.clone().into_bytes())) }];
        let answered = ask(&contest, &[World::Desired], &question, history, &mut |_| {}).unwrap();
        let answers = &answered.worlds[0].1;
        let [explanation] = &answers.iter().filter_map(|answer| answer.answer.as_ref().ok()).collect::<Vec<_>>()[..] else {
            panic!("{line}")
        };
        assert_eq!((explanation.status.as_str(), explanation.until), (status.as_str(), *until), "{line}");
    }
}
