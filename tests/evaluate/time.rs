//! `table/time.txt`: stories of suppression and caps, to the millisecond.

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
