//! Why is this visitor not invited? One session, explained.

use std::fs;
use std::io::Write as _;

use campaignctl::emulator::UnknownFields;
use campaignctl::ops::explain::{Request, SessionFrom, offline};
use campaignctl::render::explain::{Report, human};
use serde_json::{Value, json};

use crate::repo::{Repo, Server};

/// A session that the sample campaigns know, with two things wrong.
const SESSION: &str = r#"{ "contactId": "ext:8842", "channelId": "webchat:primary_embed",
  "sessionData": { "referrer.page": "/pricing", "external.churn_probability": "0.87", "session.dwell_time_second": 52 },
  "evaluationContext": { "timestamp": "2026-11-20T14:02:11Z" } }"#;

fn line(contact: &str, time: &str, dwell: u64) -> String {
    let session = json!({
        "contactId": contact, "channelId": "webchat:x", "evaluationContext": { "timestamp": time },
        "sessionData": { "referrer.page": "/pricing", "external.churn_probability": 0.9, "session.dwell_time_seconds": dwell },
    });
    format!("{session}\n")
}

fn explained(repo: &Repo, arguments: &[&str]) -> Value {
    let arguments: Vec<&str> = ["explain", "--format", "json"].into_iter().chain(arguments.iter().copied()).collect();
    let document: Value = serde_json::from_str(&repo.run(&arguments).exits(0).out).unwrap();
    let schema: Value =
        serde_json::from_str(&fs::read_to_string(concat!(env!("CARGO_MANIFEST_DIR"), "/schema/explain.schema.json")).unwrap()).unwrap();
    let errors: Vec<String> =
        jsonschema::draft202012::new(&schema).unwrap().iter_errors(&document).map(|error| error.to_string()).collect();
    assert!(errors.is_empty(), "{errors:?}");
    document
}

fn campaign<'a>(document: &'a Value, world: usize, address: &str) -> &'a Value {
    let campaigns = document["worlds"][world]["campaigns"].as_array().unwrap();
    campaigns.iter().find(|campaign| campaign["address"] == address).unwrap()
}

#[test]
fn every_filter_says_what_it_saw_and_where_it_stands() {
    let repo = Repo::sample();
    repo.write("session.json", SESSION);
    let ran = repo.run(&["explain", "session.json", "--campaign", "pricing-churn"]).exits(0);
    let ran = ran
        .says("decided at 2026-11-20T14:02:11Z (its own time)")
        .says("holds   referrer.page starts_with \"/pricing\": \"/pricing\" starts with \"/pricing\"  campaigns/pricing-churn.yaml:8:5")
        .says("fails   external.churn_probability greater_than 0.72: expected float, got string \"0.87\"  campaigns/pricing-churn.yaml:9:5")
        .says("fails   session.dwell_time_seconds greater_than 45: the session does not send it")
        .says("Warning: `external.churn_probability` is sent as string, and a filter on float never holds for one; send 0.87, then the filter holds (campaign.pricing-churn)")
        .says("Warning: `session.dwell_time_seconds` is not sent, but `session.dwell_time_second` is: is that the same? (campaign.pricing-churn)");
    assert!(!ran.out.contains("ext:8842"), "a contact that stands in a file is not repeated: {}", ran.out);
    assert!(!ran.out.contains("campaign.renewal") && !ran.out.contains('\u{1b}'), "{}", ran.out);

    // At the boundary, and over it.
    let mended = ["explain", "session.json", "--set", "external.churn_probability=0.87", "--set"];
    let at = |dwell: &'static str| repo.run(&[&mended[..], &[dwell]].concat()).exits(0);
    at("session.dwell_time_seconds=45").says("not matched: session.dwell_time_seconds greater_than 45: 45 is not greater than 45");
    at("session.dwell_time_seconds=46")
        .says("Invited by campaign.pricing-churn.")
        .says("cap     0 of 500 invites were made in this minute, which ends at 2026-11-20T14:03:00Z")
        .says("action  webchat_invite (priority 1) to queue \"Pricing Specialists\"")
        .says("Comparing plans?")
        .says("campaign.enterprise-demo    switched off: referrer.page equals \"/pricing/enterprise\"");
    repo.run(&["explain", "session.json", "-q"]).exits(0).says("not invited: 4 not matched, 1 switched off\n");
}

#[test]
fn a_line_of_a_recording_has_what_earlier_lines_left() {
    let repo = Repo::sample();
    let lines = [
        line("ext:1", "2026-11-20T14:02:11Z", 50),
        line("ext:2", "2026-11-20T14:02:12Z", 45),
        "nonsense\n".to_owned(),
        line("ext:1", "2026-11-20T14:02:50Z", 50),
        // Later, though it stands before the end.
        line("ext:3", "2026-11-21T00:00:00Z", 50),
        line("ext:3", "2026-11-20T14:02:51Z", 50),
    ];
    repo.write("s.ndjson", &lines.concat());
    let mut gzip = flate2::write::GzEncoder::new(fs::File::create(repo.path("s.ndjson.gz")).unwrap(), flate2::Compression::default());
    gzip.write_all(lines.concat().as_bytes()).unwrap();
    gzip.finish().unwrap();
    for file in ["s.ndjson", "s.ndjson.gz"] {
        let of = |line: u32| explained(&repo, &[&format!("{file}:{line}"), "--history", file]);
        let answer = |line: u32| campaign(&of(line), 0, "campaign.pricing-churn").clone();
        assert_eq!(answer(1)["decision"], "invited");
        assert_eq!(answer(2)["decision"], "not_matched");
        let fourth = answer(4);
        assert_eq!((&fourth["decision"], &fourth["until"]), (&json!("suppressed"), &json!("2026-11-21T14:02:11Z")));
        assert_eq!(fourth["nextInvite"], "2026-11-21T14:02:11Z");
        let token = json!({
            "by": "campaign.pricing-churn", "leftAt": "2026-11-20T14:02:11Z", "expiresAt": "2026-11-21T14:02:11Z", "byThisSession": false,
        });
        assert_eq!(fourth["tokens"], json!([token]));
        // The session of the next day came later, and took nothing away; one invite of the minute was made before.
        let sixth = answer(6);
        assert_eq!((&sixth["decision"], &sixth["cap"]["made"]), (&json!("invited"), &json!(1)));
        let document = of(6);
        assert_eq!((&document["history"]["decided"], &document["history"]["badLines"]), (&json!(2), &json!(1)));
    }
    // The same session at another time is another session: its own line takes nothing away from it.
    let at = explained(&repo, &["s.ndjson:1", "--history", "s.ndjson", "--at", "2026-11-20T14:02:20Z"]);
    assert_eq!(campaign(&at, 0, "campaign.pricing-churn")["decision"], "invited");
    // Somebody else's session is not suppressed by the contact's.
    let other = explained(&repo, &["s.ndjson:4", "--history", "s.ndjson", "--contact", "ext:9"]);
    assert_eq!(
        (&campaign(&other, 0, "campaign.pricing-churn")["decision"], &other["session"]["contactId"]),
        (&json!("invited"), &json!("ext:9"))
    );
    // Without a history nothing is remembered.
    assert_eq!(campaign(&explained(&repo, &["s.ndjson:4"]), 0, "campaign.pricing-churn")["decision"], "invited");
    repo.run(&["explain", "s.ndjson:4", "--history", "s.ndjson"])
        .exits(0)
        .says("token   until 2026-11-21T14:02:11Z, left by campaign.pricing-churn at 2026-11-20T14:02:11Z")
        .says("next    invited from 2026-11-21T14:02:11Z on");
}

#[test]
fn a_repeated_request_and_a_session_without_a_time() {
    let repo = Repo::sample();
    let again = line("ext:1", "2026-11-20T14:02:11Z", 50).replace("\"timestamp\"", "\"requestId\":\"r1\",\"timestamp\"");
    let untimed = line("ext:5", "x", 50).replace("\"evaluationContext\":{\"timestamp\":\"x\"},", "");
    repo.write("s.ndjson", &[again.clone(), again.replace("14:02:11", "15:00:00"), untimed].concat());
    let document = explained(&repo, &["s.ndjson:2", "--history", "s.ndjson"]);
    assert_eq!(document["session"]["repeats"], json!({ "at": "2026-11-20T14:02:11Z", "place": "s.ndjson:1" }));
    assert_eq!(campaign(&document, 0, "campaign.pricing-churn")["decision"], "not_asked");
    repo.run(&["explain", "s.ndjson:2", "--history", "s.ndjson"])
        .exits(0)
        .says("same request was decided at 2026-11-20T14:02:11Z, s.ndjson:1");
    let document = explained(&repo, &["s.ndjson:3"]);
    assert_eq!(document["session"]["decidedAt"], "2026-11-20T15:00:00Z");
    assert_eq!(document["session"]["decidedAtFrom"], "line_before");
}

#[test]
fn a_session_that_names_a_campaign_is_offered_to_it_alone() {
    let repo = Repo::sample();
    let named =
        |key: &str| line("ext:1", "2026-11-20T14:02:11Z", 50).replace("{\"channelId\"", &format!("{{\"campaign\":\"{key}\",\"channelId\""));
    let document = explained(&repo, &["--session", &named("cart-hesitation")]);
    assert_eq!(campaign(&document, 0, "campaign.pricing-churn")["decision"], "not_asked");
    assert_eq!(campaign(&document, 0, "campaign.cart-hesitation")["decision"], "not_matched");
    repo.run(&["explain", "--session", &named("nobody")]).exits(0).says("the session names the campaign \"nobody\", which nobody has");
}

#[test]
fn standard_input_text_from_outside_and_narrow_terminals() {
    let repo = Repo::sample();
    repo.answer(&["explain", "-", "--all"], SESSION).exits(0).says("holds   referrer.page").says("campaigns/renewal-signed-in.yaml:8:5");
    let evil = r#"{"contactId":"e","channelId":"x","sessionData":{"referrer.page":"\u001b[2J##[error]x\u202e"}}"#;
    let ran = repo.run(&["explain", "--session", evil, "--all"]).exits(0);
    assert!(!ran.out.contains(['\u{1b}', '\u{202e}']) && !ran.out.contains("##["), "{}", ran.out);
    let ran = repo.run(&["explain", "--session", evil, "--format", "json"]).exits(0);
    assert!(!ran.out.contains(['\u{1b}', '\u{202e}']) && !ran.out.contains("##["), "{}", ran.out);
    repo.run(&["explain", "--session", evil, "--color", "always"]).exits(0).says("\u{1b}[");
}

/// No line is wider than the terminal; a place in a file, which is clicked and copied, too.
#[test]
fn a_narrow_terminal_gets_narrow_lines() {
    let repo = Repo::sample();
    let project = campaignctl::load::open_project(&repo.path("")).unwrap();
    let environment = project.environment(None).unwrap();
    let request = Request {
        from: SessionFrom::Text(SESSION.to_owned()),
        set: Vec::new(),
        contact: None,
        at: None,
        history: Vec::new(),
        campaigns: Vec::new(),
    };
    let explained = offline(&project, &environment, request, &mut |_| {}).unwrap();
    for (all, width) in [(true, 50), (false, 60), (true, 100)] {
        let report = Report { explained: &explained, campaigns: &[], all };
        let text = anstream::adapter::strip_str(&human(&report, Some(width))).to_string();
        for line in text.lines() {
            assert!(line.chars().count() <= width, "{width}: {line}");
        }
        let dense = |text: &str| text.replace([' ', '\n'], "");
        assert_eq!(dense(&text), dense(&anstream::adapter::strip_str(&human(&report, None)).to_string()), "nothing is lost");
    }
}

#[test]
fn wrong_input_says_what_to_do() {
    let repo = Repo::sample();
    repo.write("s.ndjson", &[line("ext:1", "2026-11-20T14:02:11Z", 50), line("ext:1", "2026-11-20T14:02:11Z", 50)].concat());
    repo.write("empty.json", "");
    let table: &[(&[&str], &str)] = &[
        (&[], "there is no session to explain"),
        (&["nothing.json"], "the session `nothing.json` cannot be read"),
        (&["campaigns"], "the session `campaigns` is a folder"),
        (&["empty.json"], "`empty.json` is no session: it is empty"),
        (&["s.ndjson"], "name a line: `campaignctl explain s.ndjson:1`"),
        (&["s.ndjson:3"], "`s.ndjson` has no line 3"),
        (&["s.ndjson:0"], "`s.ndjson` has no line 0"),
        (&["s.ndjson:1", "--history", "nothing"], "the history `nothing` cannot be read"),
        (&["--session", "{}"], "--session is no session: missing field `contactId`"),
        (&["--set", "a.b"], "write NAME=VALUE"),
        (&["--set", "a.b=[1]"], "put quotes around a text that starts with a bracket"),
        (&["--set", "a.b=1", "--at", "noon"], "write a time such as 2026-11-20T14:02:00Z, or now"),
        (&["--set", "a.b=1", "--campaign", "pricing-chrun"], "did you mean `--campaign pricing-churn`?"),
        (&["--set", "a.b=1", "--campaign", "zzz"], "campaigns: cart-hesitation"),
    ];
    for (arguments, complaint) in table {
        let arguments: Vec<&str> = ["explain"].iter().chain(arguments.iter()).copied().collect();
        repo.run(&arguments).exits(1).complains(complaint);
    }
    repo.replace("campaigns/pricing-churn.yaml", "value: 0.72", "value: \"0.72\"");
    repo.run(&["explain", "--set", "a.b=1"]).exits(1).complains("the campaign files have errors; nothing was explained");
}

#[tokio::test(flavor = "multi_thread")]
async fn live_beside_the_files_and_what_differs() {
    let server = Server::start(UnknownFields::Reject).await;
    let repo = Repo::of_server(server.emulator.base_url());
    repo.campaign("one", &crate::repo::campaign("One", 45));
    repo.campaign("two", &crate::repo::campaign("Two", 500));
    repo.run(&["apply", "--auto-approve"]).exits(0);
    repo.replace("campaigns/one.yaml", "value: 45", "value: 60");
    let unmanaged = json!({
        "name": "Theirs", "enabled": true, "campaignType": "proactive", "evaluationMode": "realtime",
        "filters": [{ "attributeName": "a.b", "operator": "equals", "value": 1, "dataType": "integer" }],
        "actions": [{ "type": "webchat_invite", "priority": 9 }],
    });
    let id = server.create(unmanaged).await;
    let before = server.campaigns().await;
    let session = ["--set", "session.dwell_time_seconds=50", "--set", "contact.is_authenticated=true"];
    let document = explained(&repo, &[&session[..], &["--world", "both"]].concat());
    assert_eq!(campaign(&document, 0, "campaign.one")["decision"], "invited");
    assert_eq!(campaign(&document, 1, "campaign.one")["decision"], "not_matched");
    assert_eq!(document["differences"], json!([{ "campaign": "campaign.one", "live": "invited", "desired": "not matched" }]));
    let live = campaign(&document, 0, "campaign.one");
    assert_eq!(live["action"]["queue"], "Web Support");
    assert!(live.get("file").is_none() && campaign(&document, 1, "campaign.one")["file"] == "campaigns/one.yaml:1");
    assert!(document["worlds"][0]["campaigns"].as_array().unwrap().iter().any(|campaign| campaign["id"] == id.as_str()));
    let both = [&["explain"], &session[..], &["--world", "both"]].concat();
    repo.run(&both)
        .exits(0)
        .says("Live and desired differ:")
        .says("~ campaign.one  invited -> not matched")
        .says("Live: invited by campaign.one.");
    let live = [&["explain"], &session[..], &["--world", "live", "--campaign", &id]].concat();
    repo.run(&live).exits(0).says("fails   a.b equals 1: the session does not send it");
    assert_eq!(server.campaigns().await, before, "nothing was written");
}

/// The table of filters that the evaluator and the emulator are held to, all at once through the program, as live campaigns:
/// some of them `validate` refuses in a file.
#[tokio::test(flavor = "multi_thread")]
async fn the_program_decides_as_the_table_says() {
    let server = Server::start(UnknownFields::Reject).await;
    let repo = Repo::of_server(server.emulator.base_url());
    repo.campaign("another", &crate::repo::campaign("Another", 45));
    let (mut sent, mut expected) = (Vec::new(), Vec::new());
    for text in include_str!("../evaluate/table/filters.txt").lines().filter(|line| !line.is_empty() && !line.starts_with('#')) {
        let [filter, attribute, outcome] = text.split(" | ").collect::<Vec<_>>()[..] else { panic!("{text}") };
        let [data_type, operator, value] = filter.splitn(3, ' ').collect::<Vec<_>>()[..] else { panic!("{text}") };
        let value: Value = serde_json::from_str(value).unwrap();
        let name = format!("external.x{}", expected.len());
        let filter = json!({ "attributeName": name, "operator": operator, "value": value, "dataType": data_type });
        let body = json!({
            "name": name, "enabled": true, "campaignType": "proactive", "evaluationMode": "realtime", "filters": [filter],
            "actions": [{ "type": "webchat_invite", "priority": 1 }],
        });
        server.create(body).await;
        if attribute != "missing" {
            // As it is spelled in the table: a number keeps its digits.
            sent.push(format!("\"{name}\":{attribute}"));
        }
        expected.push((text, name, outcome));
    }
    assert!(expected.len() > 120 && sent.len() > 100, "the table was read");
    repo.write("session.json", &format!("{{\"contactId\":\"ext:1\",\"channelId\":\"x\",\"sessionData\":{{{}}}}}", sent.join(",")));
    let document = explained(&repo, &["session.json", "--world", "live"]);
    let campaigns = document["worlds"][0]["campaigns"].as_array().unwrap();
    for (text, name, outcome) in expected {
        let campaign = campaigns.iter().find(|campaign| campaign["name"] == name.as_str()).unwrap();
        let filter = &campaign["filters"][0];
        let told = match filter["failure"].as_str() {
            None => "invited",
            Some("missing") => "missing",
            Some("other_type") => "type",
            Some(_) => "false",
        };
        assert_eq!((told, filter["holds"].as_bool()), (outcome, Some(outcome == "invited")), "{text}");
        assert_eq!(campaign["decision"], if outcome == "invited" { "invited" } else { "not_matched" }, "{text}");
    }
}
