//! An explanation of a line, a replay of the whole, and an emulator that is sent every session decide the same.

use std::collections::BTreeMap;
use std::io::Cursor;

use campaignctl::emulator::UnknownFields;
use campaignctl::evaluate::{Explanation, Ledger, NotAsked, check, explain};
use campaignctl::model::{AskedCampaign, CampaignSpec, DecisionStatus, Session, SessionPlace, World};
use campaignctl::ops::explain::{Answered, Question, ask};
use campaignctl::replay::{Contest, Source, read_one};
use jiff::{SignedDuration, Timestamp};
use proptest::prelude::*;
use proptest::strategy::ValueTree;
use proptest::test_runner::TestRunner;
use serde_json::{Value, json};

use super::generated::{campaign, session};
use super::recordings::{Recording, contested};
use super::same_decisions::{Specs, alone};
use super::session::{Hands, Session as Server};

/// Asks about one line of a recording, with all of the recording as its history.
fn ask_line(contest: &Contest<'_>, worlds: &[World], text: &str, line: usize) -> Answered {
    let picked = read_one(text.lines().nth(line).unwrap().as_bytes()).unwrap();
    let at = picked.session.timestamp.unwrap();
    let place = SessionPlace { file: 0, line: line as u64 + 1 };
    let question = Question { picked, at, place: Some(place), as_it_stands: true };
    let history = vec![Source { name: "file".to_owned(), from: Box::new(Cursor::new(text.as_bytes().to_vec())) }];
    ask(contest, worlds, &question, history, &mut |_| {}).unwrap()
}

fn text_of(lines: &[Value]) -> String {
    lines.iter().map(|line| format!("{line}\n")).collect()
}

proptest! {
    #![proptest_config(ProptestConfig { failure_persistence: None, ..ProptestConfig::with_cases(60) })]

    /// Sessions in any order of time, some with request ids, some that name a campaign: every line, explained with the
    /// recording as history, has the decisions that it has among all others.
    #[test]
    fn every_line_is_explained_as_it_is_decided(
        specs in prop::collection::vec((prop::option::weighted(0.85, campaign()), prop::option::weighted(0.85, campaign())), 1..5),
        lines in prop::collection::vec(session(), 1..40),
    ) {
        let specs: Specs = specs.into_iter().enumerate().map(|(nth, (live, desired))| (format!("c{nth}"), live, desired)).collect();
        let known = specs.iter().filter(|(_, live, desired)| live.is_some() || desired.is_some());
        let contest = Contest::new(known.map(|(key, live, desired)| contested(key, live.as_ref(), desired.as_ref())).collect());
        let text = text_of(&lines);
        let decided: BTreeMap<World, _> = [World::Live, World::Desired].into_iter().map(|world| (world, alone(&specs, world, &lines))).collect();
        for line in 0..lines.len() {
            let answered = ask_line(&contest, &[World::Live, World::Desired], &text, line);
            for (world, answers) in answered.worlds {
                for answer in answers {
                    let key = contest.campaigns()[answer.campaign].who.key.as_ref().unwrap().as_str().to_owned();
                    let expected = decided[&world].get(&(line, key.clone())).copied();
                    let found = answer.answer.as_ref().ok().map(|explanation| explanation.status);
                    prop_assert_eq!(found, expected, "line {} {} {:?}", line, key, world);
                    if answer.answer == Err(NotAsked::Repeated) {
                        prop_assert!(answered.repeats.is_some_and(|earlier| earlier.place.line != line as u64 + 1));
                    }
                }
            }
        }
    }
}

/// What keeps the campaigns from inviting: suppression, caps, both, or neither.
const THROTTLING: [&str; 5] = [
    r#"{ "maxInvitesPerContact": 1, "cooldownSeconds": 60 }"#,
    r#"{ "maxInvitesPerContact": 2, "cooldownSeconds": 61, "maxInvitesPerMinute": 3 }"#,
    r#"{ "maxInvitesPerMinute": 5 }"#,
    r#"{ "maxInvitesPerContact": 1, "cooldownSeconds": 7, "maxInvitesPerMinute": 2 }"#,
    r#"{ "maxInvitesPerContact": 0, "cooldownSeconds": 600 }"#,
];

/// Campaigns that an emulator takes and some sessions match, and its ids for them.
async fn campaigns(server: &Server, runner: &mut TestRunner) -> Vec<(String, Value, CampaignSpec)> {
    let mut campaigns = Vec::new();
    while campaigns.len() < 5 {
        let mut spec = campaign().new_tree(runner).unwrap().current();
        spec.throttling = serde_json::from_str(THROTTLING[campaigns.len()]).unwrap();
        let matched = sessions(200, runner).into_iter().filter(|line| {
            let session: Session = serde_json::from_value(line.clone()).unwrap();
            spec.filters.iter().all(|filter| check(filter, session.attributes.get(&filter.attribute_name)).passed())
        });
        if matched.count() < 20 || !spec.enabled {
            continue;
        }
        let (status, created) = server.post(&json!(spec)).await;
        if status == 201 {
            campaigns.push((format!("c{}", campaigns.len()), created["id"].clone(), spec));
        }
    }
    campaigns
}

/// Sessions in order of time; the emulator knows request ids by campaign, so here there are none.
fn sessions(count: usize, runner: &mut TestRunner) -> Vec<Value> {
    let mut lines: Vec<Value> = (0..count)
        .map(|_| {
            let mut line = session().new_tree(runner).unwrap().current();
            line["evaluationContext"].as_object_mut().unwrap().remove("requestId");
            line
        })
        .collect();
    lines.retain(|line| line.get("campaign").is_none_or(|named| named != "c5"));
    // To the millisecond, which is what the hands of the emulator's clock are set to.
    for (nth, line) in lines.iter_mut().enumerate() {
        let at: Timestamp = line["evaluationContext"]["timestamp"].as_str().unwrap().parse().unwrap();
        line["evaluationContext"]["timestamp"] = json!(at + SignedDuration::from_millis(i64::try_from(nth % 3).unwrap() * 499));
    }
    lines.sort_by_key(|line| line["evaluationContext"]["timestamp"].as_str().unwrap().parse::<Timestamp>().unwrap());
    lines
}

/// What the emulator answers, in the words of decisions.
async fn triggered(server: &Server, id: &Value, line: &Value) -> DecisionStatus {
    let mut body = line.clone();
    body.as_object_mut().unwrap().remove("campaign");
    let answer = server.trigger(id, &body).await;
    match answer.status {
        429 => DecisionStatus::Throttled,
        200 | 202 => serde_json::from_value(answer.body["status"].clone()).unwrap(),
        other => panic!("{other} {:?}", answer.body),
    }
}

#[tokio::test]
async fn thousands_of_sessions_are_decided_alike_by_replay_explanation_and_emulator() {
    let (folder, hands) = (tempfile::tempdir().unwrap(), Hands::at("2023-11-14T22:00:00Z"));
    let server = Server::start_with_clock(folder.path(), UnknownFields::Reject, hands.clock()).await;
    let mut runner = TestRunner::deterministic();
    let mut ledger = Ledger::default();
    let mut counts: BTreeMap<(String, DecisionStatus), u64> = BTreeMap::new();
    let mut campaigns = campaigns(&server, &mut runner).await;
    campaigns.sort_by_key(|(key, _, spec)| (spec.actions.iter().map(|action| action.priority).min(), key.clone()));
    let lines = sessions(3000, &mut runner);
    let text = text_of(&lines);
    let contest = Contest::new(campaigns.iter().map(|(key, _, spec)| contested(key, None, Some(spec))).collect());
    for (nth, line) in lines.iter().enumerate() {
        let session: Session = serde_json::from_value(line.clone()).unwrap();
        let now = session.timestamp.unwrap();
        hands.set_to(now);
        let offered = campaigns.iter().filter(|(key, ..)| line.get("campaign").is_none_or(|named| named == key.as_str()));
        let offered: Vec<_> = offered.collect();
        let asked: Vec<AskedCampaign<'_>> = offered.iter().map(|(key, _, spec)| AskedCampaign { id: key, spec }).collect();
        let explained = explain(&asked, &session, &mut ledger, now);
        for ((key, id, _), Explanation { status, .. }) in offered.iter().zip(&explained) {
            assert_eq!(triggered(&server, id, line).await, *status, "{nth} {key} {line}");
            *counts.entry((key.clone(), *status)).or_default() += 1;
        }
        // With the recording as its history, and not the ledger of the session before.
        if nth % 60 == 0 {
            let answered = ask_line(&contest, &[World::Desired], &text, nth);
            let (_, answers) = &answered.worlds[0];
            let told: Vec<&Explanation> = answers.iter().filter_map(|answer| answer.answer.as_ref().ok()).collect();
            let known = |explanation: &&Explanation| (explanation.status, explanation.until, explanation.cap, explanation.next);
            assert_eq!(told.iter().map(known).collect::<Vec<_>>(), explained.iter().map(|one| known(&one)).collect::<Vec<_>>(), "{nth}");
        }
    }
    let replayed = Recording::of_lines(&lines).replay(campaigns.iter().map(|(key, _, spec)| contested(key, None, Some(spec))).collect());
    for campaign in &replayed.contenders {
        let key = campaign.who.key.as_ref().unwrap().as_str();
        let found = campaign.decided.desired.as_ref().unwrap();
        let count = |status| counts.get(&(key.to_owned(), status)).copied().unwrap_or(0);
        assert_eq!(found.invited, count(DecisionStatus::Invited), "{key}");
        assert_eq!(found.suppressed, count(DecisionStatus::Suppressed), "{key}");
        assert_eq!(found.throttled, count(DecisionStatus::Throttled), "{key}");
        assert_eq!(found.queued, count(DecisionStatus::Queued), "{key}");
        assert_eq!(found.not_matched, count(DecisionStatus::NotMatched), "{key}");
    }
    let total = |status| counts.iter().filter(|((_, found), _)| *found == status).map(|(_, count)| count).sum::<u64>();
    for status in [DecisionStatus::Invited, DecisionStatus::Suppressed, DecisionStatus::Throttled, DecisionStatus::NotMatched] {
        assert!(total(status) > 50, "{status}: {counts:?}");
    }
}
