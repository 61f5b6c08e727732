//! Recordings: what they may look like, and what is said of lines that are no sessions.

use std::io::{Cursor, Write};

use campaignctl::model::{BothWorlds, CampaignId, CampaignKey, CampaignSpec, Contender, Replayed};
use campaignctl::replay::{Contest, Contested, Options, ReplayError, Source, replay};
use serde_json::{Value, json};

/// Bytes of recordings.
#[derive(Default)]
pub struct Recording {
    files: Vec<Vec<u8>>,
}

impl Recording {
    pub fn of(bytes: &[u8]) -> Self {
        Self { files: vec![bytes.to_vec()] }
    }

    /// One line for each value.
    pub fn of_lines(lines: &[Value]) -> Self {
        Self::of(lines.iter().map(|line| format!("{line}\n")).collect::<String>().as_bytes())
    }

    pub fn and(mut self, other: Self) -> Self {
        self.files.extend(other.files);
        self
    }

    pub fn replay(&self, campaigns: Vec<Contested<'_>>) -> Replayed {
        self.try_replay(campaigns, false).unwrap()
    }

    pub fn try_replay(&self, campaigns: Vec<Contested<'_>>, strict: bool) -> Result<Replayed, ReplayError> {
        let source = |(nth, bytes): (usize, &Vec<u8>)| Source { name: format!("file{nth}"), from: Box::new(Cursor::new(bytes.clone())) };
        let sources = self.files.iter().enumerate().map(source).collect();
        let compared = campaigns.iter().any(|campaign| campaign.spec.live.is_some());
        replay(sources, &Contest::new(campaigns), Options { compared, strict }, &mut |_| {})
    }
}

pub fn contested<'a>(key: &str, live: Option<&'a CampaignSpec>, desired: Option<&'a CampaignSpec>) -> Contested<'a> {
    let who = Contender {
        key: Some(CampaignKey::new(key).unwrap()),
        id: live.is_some().then(|| CampaignId(format!("id-{key}"))),
        name: key.to_owned(),
    };
    Contested { who, spec: BothWorlds { live, desired } }
}

pub fn spec(filters: &Value) -> CampaignSpec {
    serde_json::from_value(json!({
        "name": "x", "enabled": true, "campaignType": "proactive", "evaluationMode": "realtime", "filters": filters,
        "actions": [{ "type": "webchat_invite", "priority": 1 }],
    }))
    .unwrap()
}

fn over(limit: f64) -> CampaignSpec {
    spec(&json!([{ "attributeName": "external.churn", "operator": "greater_than", "value": limit, "dataType": "float" }]))
}

fn line(second: i64, churn: &Value) -> Value {
    let at = jiff::Timestamp::from_second(1_700_000_000 + second).unwrap();
    json!({ "contactId": format!("ext:{second}"), "channelId": "webchat:x", "sessionData": { "external.churn": churn },
            "evaluationContext": { "timestamp": at } })
}

#[test]
fn plain_gzip_and_zstd_say_the_same() {
    let text: String =
        (0..500).map(|second| format!("{}\n", line(second, &json!(f64::from(i32::try_from(second % 10).unwrap()) / 10.0)))).collect();
    let mut gzip = flate2::write::GzEncoder::new(Vec::new(), flate2::Compression::default());
    gzip.write_all(text.as_bytes()).unwrap();
    let gzip = gzip.finish().unwrap();
    let zstd = ruzstd::encoding::compress_to_vec(text.as_bytes(), ruzstd::encoding::CompressionLevel::Fastest);
    // Two frames, or two members, one after the other are one recording.
    let twice = |bytes: &[u8]| [bytes, bytes].concat();
    let (a, b) = (over(0.6), over(0.4));
    let campaigns = || vec![contested("c0", Some(&a), Some(&b))];
    let plain = Recording::of(text.as_bytes()).replay(campaigns());
    assert_eq!((plain.lines.sessions, plain.totals.live.invites, plain.totals.desired.invites), (500, 150, 250));
    assert_eq!(plain.flips.iter().map(|flip| flip.sessions).sum::<u64>(), 100);
    assert_eq!(Recording::of(&gzip).replay(campaigns()), plain);
    assert_eq!(Recording::of(&zstd).replay(campaigns()), plain);
    let plain_twice = Recording::of(&twice(text.as_bytes())).replay(campaigns());
    assert_eq!(Recording::of(&twice(&gzip)).replay(campaigns()), plain_twice);
    assert_eq!(Recording::of(&twice(&zstd)).replay(campaigns()), plain_twice);
    for damaged in [&gzip[..gzip.len() / 2], &zstd[..zstd.len() / 2]] {
        let error = Recording::of(damaged).try_replay(campaigns(), false).unwrap_err().to_string();
        assert!(error.starts_with("`file0` cannot be read"), "{error}");
    }
}

#[test]
fn bad_lines_are_counted_and_shown_by_number() {
    let long = format!("{{\"contactId\":\"{}\"}}", "x".repeat(6 << 20));
    let text = format!("{}\r\n\n  \nnonsense\n{long}\n{}\n{{}}\n{}", line(0, &json!(0.9)), line(1, &json!("0.9")), line(2, &json!(0.9)));
    let campaign = over(0.5);
    let recording = Recording::of(text.as_bytes());
    let replayed = recording.replay(vec![contested("c0", None, Some(&campaign))]);
    assert_eq!((replayed.lines.sessions, replayed.lines.bad, replayed.totals.desired.invites), (3, 3, 2));
    let shown: Vec<(u64, &str)> = replayed.bad_lines.iter().map(|bad| (bad.at.line, bad.reason.as_str())).collect();
    assert_eq!(shown[0].0, 4);
    assert!(shown[0].1.contains("expected"), "{shown:?}");
    assert_eq!(shown[1], (5, "longer than 1048576 bytes"));
    assert_eq!(shown[2].0, 7);
    assert!(shown[2].1.contains("missing field `contactId`"), "{shown:?}");
    let wanted = &replayed.attributes[0];
    assert_eq!((wanted.name.as_str(), wanted.sent.float, wanted.sent.string), ("external.churn", 2, 1));
    let error = recording.try_replay(vec![contested("c0", None, Some(&campaign))], true).unwrap_err().to_string();
    assert!(error.starts_with("`file0`, line 4: "), "{error}");
}

#[test]
fn an_attribute_that_nobody_sends_has_similar_ones() {
    let campaign = spec(&json!([{ "attributeName": "external.churm", "operator": "greater_than", "value": 0.5, "dataType": "float" }]));
    let replayed = Recording::of_lines(&[line(0, &json!(0.9))]).replay(vec![contested("c0", None, Some(&campaign))]);
    assert_eq!(replayed.attributes[0].similar, ["external.churn"]);
    assert_eq!(replayed.attributes[0].sent.missing, 1);
}

#[test]
fn recordings_that_overlap_are_decided_in_order_of_time() {
    let mut campaign = over(0.5);
    campaign.throttling = serde_json::from_value(json!({ "maxInvitesPerContact": 1, "cooldownSeconds": 15 })).unwrap();
    let same = |second: i64| {
        let mut line = line(second, &json!(0.9));
        line["contactId"] = json!("ext:same");
        line
    };
    let even: Vec<Value> = (0..50).map(|nth| same(nth * 20)).collect();
    let odd: Vec<Value> = (0..50).map(|nth| same(nth * 20 + 10)).collect();
    let together = Recording::of_lines(&even).and(Recording::of_lines(&odd));
    let replayed = together.replay(vec![contested("c0", None, Some(&campaign))]);
    // Every second session comes ten seconds after an invite.
    assert_eq!((replayed.totals.desired.invites, replayed.totals.desired.suppressed, replayed.lines.late), (50, 50, 0));
    let backwards: Vec<Value> = even.iter().rev().cloned().collect();
    let replayed = Recording::of_lines(&backwards).replay(vec![contested("c0", None, Some(&campaign))]);
    assert_eq!((replayed.totals.desired.invites, replayed.lines.late), (50, 0));
}

#[test]
fn a_session_without_a_time_is_decided_with_the_one_before_it() {
    let mut campaign = over(0.5);
    campaign.throttling = serde_json::from_value(json!({ "maxInvitesPerMinute": 2 })).unwrap();
    let untimed = || {
        let mut line = line(0, &json!(0.9));
        line.as_object_mut().unwrap().remove("evaluationContext");
        line
    };
    let lines = [line(0, &json!(0.1)), untimed(), untimed(), untimed(), line(60, &json!(0.9)), untimed(), untimed()];
    let replayed = Recording::of_lines(&lines).replay(vec![contested("c0", None, Some(&campaign))]);
    assert_eq!((replayed.lines.untimed, replayed.totals.desired.invites, replayed.totals.desired.throttled), (5, 4, 2));
    let worst = replayed.contenders[0].decided.desired.as_ref().unwrap().worst_minute.unwrap();
    assert_eq!((worst.invites, worst.throttled), (2, 1));
}
