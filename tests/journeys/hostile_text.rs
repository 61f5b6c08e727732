//! Names and messages that would like to command a terminal or a build agent, through every command and format that shows them.

use campaignctl::emulator::UnknownFields;
use serde_json::{Value, json};

use crate::repo::{Ran, Repo, Server, campaign};

/// What agents obey anywhere in a line.
const COMMANDS: [&str; 5] = ["##[", "##vso[", "##VSO[", "##teamcity[", "##TeamCity["];

const HOSTILE: &str = "e ##[add-mask]a ##vso[task.setvariable variable=x]b ##VSO[task.logissue]c ##teamcity[buildStop]d \
                       ##TeamCity[x]\u{1b}[2J\u{9b}31m\u{202e}\u{2028}\u{2066}\u{ad}\u{7f}\u{e0041}\n::error::f\r::stop-commands::g \
                       \n##vso[task.complete]\n--- h";

fn acts(c: char) -> bool {
    (c.is_control() && c != '\n')
        || matches!(c, '\u{ad}' | '\u{200b}'..='\u{200f}' | '\u{2028}'..='\u{202e}' | '\u{2066}'..='\u{2069}' | '\u{e0041}')
}

fn is_harmless(what: &str, text: &str) {
    for command in COMMANDS {
        assert!(!text.contains(command), "{what} has {command}: {text}");
    }
    assert!(!text.contains(acts), "{what} has {:?}", text.chars().find(|c| acts(*c)));
    for line in text.lines() {
        let start = line.trim_start();
        assert!(!start.starts_with("::") || start.starts_with("::: "), "{what} has a command at {line}");
        assert!(!start.starts_with("--- h"), "{what} has a marker at {line}");
    }
}

/// Every text in a document, keys included.
fn texts(value: &Value, out: &mut Vec<String>) {
    match value {
        Value::String(text) => out.push(text.clone()),
        Value::Array(items) => items.iter().for_each(|item| texts(item, out)),
        Value::Object(fields) => fields.iter().for_each(|(name, value)| {
            out.push(name.clone());
            texts(value, out);
        }),
        _ => {}
    }
}

/// JSON that was printed: harmless as it is, and the hostile text itself for whoever parses it.
fn is_whole(what: &str, ran: &Ran) {
    let mut found = Vec::new();
    for document in serde_json::Deserializer::from_str(&ran.out).into_iter::<Value>() {
        texts(&document.unwrap_or_else(|error| panic!("{what} is no JSON: {error}: {}", ran.out)), &mut found);
    }
    assert!(found.iter().any(|text| text.contains(HOSTILE)), "{what} lost the text: {}", ran.out);
}

/// Any text as YAML, in which not every character may be written as it is.
fn yaml(text: &str) -> String {
    let escaped: String = text.chars().map(|c| format!("\\U{:08x}", u32::from(c))).collect();
    format!("\"{escaped}\"")
}

fn hostile_campaign(name: &str, message: &str) -> String {
    let text = campaign("NAME", 45).replace("name: NAME", &format!("name: {}", yaml(name)));
    text.replace("inviteMessage: Hello", &format!("inviteMessage: {}", yaml(message)))
}

#[tokio::test(flavor = "multi_thread")]
async fn nothing_that_is_printed_commands_anybody_and_all_json_is_escaped_alike() {
    let server = Server::start(UnknownFields::Reject).await;
    let repo = Repo::of_server(server.emulator.base_url());
    repo.campaign("one", &hostile_campaign(HOSTILE, HOSTILE));
    repo.campaign("two", &campaign("Two", 45));
    let test = format!(
        "cases:\n  - name: {0}\n    contact: {0}\n    session: {{ contact.is_authenticated: true, session.dwell_time_seconds: {0} }}\n    \
         expect: {{ one: invited }}\n",
        yaml(HOSTILE)
    );
    repo.write("campaigns/one.test.yaml", &test);
    let attributes = json!({ "session.dwell_time_seconds": HOSTILE, "contact.is_authenticated": true });
    let session = json!({ "contactId": "ext:1", "channelId": HOSTILE, "sessionData": attributes }).to_string();
    let recorded = json!({ "contactId": HOSTILE, "channelId": "web", "sessionData": { "contact.is_authenticated": HOSTILE },
        "evaluationContext": { "timestamp": "2026-11-20T10:00:00Z", "requestId": HOSTILE } });
    repo.write("sessions.ndjson", &format!("{recorded}\n"));

    let mut shown = 0;
    let mut check = |arguments: &[&str]| {
        let ran = repo.run(&[arguments, &["--log", "debug"]].concat());
        let what = arguments.join(" ");
        is_harmless(&what, &ran.err);
        // What a file holds is for a file.
        is_harmless(&what, &ran.out);
        shown += usize::from(!ran.out.is_empty());
        ran
    };
    for format in ["human", "json", "markdown", "html", "gitlab"] {
        let ran = check(&["plan", "--format", format]);
        if format == "json" {
            is_whole("plan", &ran);
        }
    }
    check(&["plan", "--json-stream"]);
    check(&["plan", "--out", "x.plan"]);
    is_whole("show", &check(&["show", "x.plan", "--format", "json"]));
    for format in ["human", "json", "sarif", "gitlab", "junit"] {
        check(&["validate", "--deny", "all", "--format", format]);
    }
    for format in ["human", "json", "junit"] {
        let ran = check(&["test", "--format", format]);
        if format == "json" {
            is_whole("test", &ran);
        }
    }
    for format in ["human", "json"] {
        let ran = check(&["explain", "--session", &session, "--format", format]);
        if format == "json" {
            is_whole("explain", &ran);
        }
    }
    for format in ["human", "json", "markdown", "html"] {
        check(&["replay", "sessions.ndjson", "--format", format]);
    }
    check(&["apply", "--auto-approve", "--json-stream"]);
    check(&["state", "list"]);
    check(&["state", "show", "one"]);

    let id = server.campaigns().await.into_iter().find(|live| live["name"] == HOSTILE).unwrap()["id"].as_str().unwrap().to_owned();
    server
        .edit(HOSTILE, |live| {
            live["enabled"] = json!(false);
            live["actions"][0]["config"]["inviteMessage"] = json!(format!("{HOSTILE}!"));
        })
        .await;
    for format in ["human", "json", "markdown"] {
        let ran = check(&["drift", "--format", format]);
        if format == "json" {
            is_whole("drift", &ran);
        }
    }
    for format in ["human", "json", "markdown"] {
        check(&["plan", "--format", format]);
    }
    repo.remove("campaigns/one.yaml");
    repo.remove("campaigns/one.test.yaml");
    check(&["state", "rm", "one"]);
    is_whole("import", &check(&["import", "--all", "--format", "json"]));
    repo.run(&["state", "rm", "--help"]);
    check(&["plan", "--show-unmanaged"]);
    check(&["apply", "--auto-approve"]);
    check(&["import", "again", "--id", &id]);
    assert!(shown > 25, "{shown}");
}
