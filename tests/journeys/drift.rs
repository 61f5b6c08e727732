//! Somebody changes campaigns live: it is told, and resolved by one command.

use campaignctl::emulator::UnknownFields;
use serde_json::{Value, json};

use crate::repo::{Repo, Server, campaign};

/// A campaign as people write it, with comments that nobody may lose.
const COMMENTED: &str = "# Owned by the support team.
name: One
description: Why it exists.   # short
enabled: true
campaignType: proactive
evaluationMode: realtime
filters:
  # signed in
  - { attributeName: contact.is_authenticated, operator: equals, value: true, dataType: boolean }
  - attributeName: session.dwell_time_seconds   # measured by the page
    operator: greater_than
    value: 45
    dataType: integer
actions:
  - type: webchat_invite
    priority: 1
    config:
      inviteMessage: Hello   # greeting
      displayDuration: 300
    routingConfig:
      queue: Web Support
      skillGroups: [web_support_tier1]
throttling:
  # agreed with legal
  maxInvitesPerContact: 1
  cooldownSeconds: 86400
# the end
";

async fn applied() -> (Server, Repo) {
    let server = Server::start(UnknownFields::Reject).await;
    let repo = Repo::of_server(server.emulator.base_url());
    repo.campaign("one", COMMENTED);
    repo.campaign("two", &campaign("Two", 45));
    repo.run(&["apply", "--auto-approve", "-q"]).exits(0);
    (server, repo)
}

fn text(repo: &Repo, key: &str) -> String {
    std::fs::read_to_string(repo.path(&format!("campaigns/{key}.yaml"))).unwrap()
}

#[tokio::test(flavor = "multi_thread")]
async fn a_pause_is_one_operational_drift_with_who_and_when() {
    let (server, repo) = applied().await;
    repo.run(&["drift", "--detailed-exitcode"]).exits(0).says("No drift. 2 campaigns are live as last applied.");
    server.edit("One", |campaign| campaign["enabled"] = json!(false)).await;
    repo.run(&["drift"]).exits(0);
    let state = std::fs::read(repo.path("state.json")).unwrap();
    let ran = repo.run(&["drift", "--detailed-exitcode"]).exits(2);
    assert!(ran.out.starts_with("Environment: rehearsal, organization: "), "{}", ran.out);
    let ran = ran
        .says("1 of 2 campaigns drifted: 1 operational.")
        .says("~ campaign.one paused live by \"somebody-else\" at 20")
        .says("      enabled: true -> false\n")
        .says("keep what is live          campaignctl drift -e rehearsal --adopt campaign.one\n")
        .says("put back what was applied  campaignctl apply -e rehearsal --revert campaign.one\n")
        .says("leave it for now           campaignctl drift -e rehearsal --hold campaign.one --until 20");
    assert!(!ran.out.contains("campaign.two"), "{}", ran.out);

    let json: Value = serde_json::from_str(&repo.run(&["drift", "--format", "json"]).exits(0).out).unwrap();
    assert_eq!(json["version"], 1);
    assert_eq!(json["summary"]["operational"], 1);
    assert_eq!(json["campaigns"].as_array().unwrap().len(), 1);
    let one = &json["campaigns"][0];
    assert_eq!((&one["address"], &one["class"], &one["what"]), (&json!("campaign.one"), &json!("operational"), &json!("paused live")));
    assert_eq!(one["live"]["modifiedBy"], "somebody-else");
    assert_eq!(one["fields"], json!([{ "path": "enabled", "lastApplied": true, "live": false, "file": true }]));
    repo.run(&["drift", "--format", "markdown"])
        .exits(0)
        .says("<!-- campaignctl:drift environment=rehearsal -->\n## Drift in `rehearsal`\n")
        .says("paused live by `somebody-else` at 20")
        .says("| `enabled` | `true` | `false` | `true` |")
        .says("- keep what is live: `campaignctl drift -e rehearsal --adopt campaign.one`");
    assert_eq!(std::fs::read(repo.path("state.json")).unwrap(), state, "drift does not touch the state");

    // The command that drift prints.
    let hold = ran.out.lines().find(|line| line.contains("--hold")).unwrap().split("campaignctl ").nth(1).unwrap();
    repo.run(&hold.split_whitespace().collect::<Vec<_>>()).exits(0).says("1 field held in 1 file.");
    repo.run(&["drift", "--detailed-exitcode"]).exits(0);
}

#[tokio::test(flavor = "multi_thread")]
async fn one_field_that_was_changed_live_is_exactly_one_drifted_field_with_actor_and_time() {
    let (server, repo) = applied().await;
    // Pending changes of the files are no drift.
    repo.campaign("two", &campaign("Two", 60));
    server.edit("One", |campaign| campaign["throttling"]["cooldownSeconds"] = json!(60)).await;
    let edited = server.campaigns().await.into_iter().find(|campaign| campaign["name"] == "One").unwrap();
    let json: Value = serde_json::from_str(&repo.run(&["drift", "--format", "json"]).exits(0).out).unwrap();
    let [one] = json["campaigns"].as_array().unwrap().as_slice() else { panic!("{json:#}") };
    let field = json!({ "path": "throttling.cooldownSeconds", "lastApplied": 86400, "live": 60, "file": 86400 });
    assert_eq!((&one["address"], &one["fields"]), (&json!("campaign.one"), &json!([field])));
    assert_eq!(one["live"]["modifiedBy"], "somebody-else");
    let time = |value: &Value| value.as_str().unwrap().parse::<jiff::Timestamp>().unwrap();
    assert_eq!(time(&one["live"]["dateModified"]), time(&edited["dateModified"]));
    let human = repo.run(&["drift"]).exits(0).says("      throttling.cooldownSeconds: 86400 -> 60\n");
    assert_eq!(human.out.lines().filter(|line| line.contains(" -> ")).count(), 1, "{}", human.out);
    let told = format!("changed live by \"somebody-else\" at {:.0}", time(&edited["dateModified"]));
    human.says(&told);
}

#[tokio::test(flavor = "multi_thread")]
async fn what_is_adopted_is_written_in_place_and_nothing_is_left_to_change() {
    let (server, repo) = applied().await;
    server
        .edit("One", |campaign| {
            campaign["enabled"] = json!(false);
            campaign["description"] = json!("Another reason: \"sales\" # 2\nand more");
            campaign["filters"][1]["value"] = json!(60);
            campaign["filters"]
                .as_array_mut()
                .unwrap()
                .push(json!({ "attributeName": "browser.locale", "operator": "in", "value": ["de-DE", "en, GB"], "dataType": "string" }));
            let action = &mut campaign["actions"][0];
            action["config"]["inviteMessage"] = json!("Hello there: ${name}");
            action["config"]["autoDismissOnScroll"] = json!(true);
            action["routingConfig"]["skillGroups"] = json!(["pricing_specialists"]);
            action["routingConfig"]["priorityLevel"] = json!(3);
            campaign["throttling"]["maxInvitesPerMinute"] = json!(500);
            campaign["throttling"].as_object_mut().unwrap().remove("cooldownSeconds");
        })
        .await;
    repo.run(&["drift", "--detailed-exitcode"]).exits(2).says("1 configuration");
    let before = text(&repo, "one");
    repo.run(&["drift", "--adopt", "one", "--diff"]).exits(0).says("+enabled: false");
    assert_eq!(text(&repo, "one"), before, "--diff writes nothing");
    let state = std::fs::read(repo.path("state.json")).unwrap();
    repo.run(&["drift", "--adopt", "campaign.one"])
        .exits(0)
        .says("campaigns/one.yaml:4: enabled: true -> false\n")
        .says("10 fields adopted in 1 file.");
    assert_eq!(std::fs::read(repo.path("state.json")).unwrap(), state);
    let after = COMMENTED
        .replace("description: Why it exists.   # short", "description: \"Another reason: \\\"sales\\\" # 2\\nand more\"   # short")
        .replace("enabled: true", "enabled: false")
        .replace("    value: 45\n    dataType: integer\n", "    value: 60\n    dataType: integer\n  - { attributeName: browser.locale, operator: in, value: [de-DE, \"en, GB\"], dataType: string }\n")
        .replace("inviteMessage: Hello ", "inviteMessage: \"Hello there: $${name}\" ")
        .replace("displayDuration: 300\n", "displayDuration: 300\n      autoDismissOnScroll: true\n")
        .replace("[web_support_tier1]", "[pricing_specialists]\n      priorityLevel: 3")
        .replace("  cooldownSeconds: 86400\n", "  maxInvitesPerMinute: 500\n");
    assert_eq!(text(&repo, "one"), after, "{}", similar::TextDiff::from_lines(&after, text(&repo, "one")).unified_diff());
    repo.run(&["plan", "--detailed-exitcode"]).exits(0).says("No changes.");
    repo.run(&["drift", "--detailed-exitcode"]).exits(0).says("No drift.");
    repo.run(&["drift", "--adopt", "one"]).exits(0).says("campaign.one has not drifted; there is nothing to write.");
}

#[tokio::test(flavor = "multi_thread")]
async fn what_is_held_is_no_drift_and_no_change_until_its_day_is_over() {
    let (server, repo) = applied().await;
    server
        .edit("Two", |campaign| {
            campaign["enabled"] = json!(false);
            campaign["throttling"]["maxInvitesPerMinute"] = json!(50);
        })
        .await;
    repo.run(&["drift", "--hold", "two", "--until", "2020-01-01"]).exits(1).complains("2020-01-01 is past: today is 20");
    repo.run(&["drift", "--hold", "two", "--until", "soon"]).exits(1);
    repo.run(&["drift", "--hold", "two", "--until", "9999-12-01", "--field", "/name"]).exits(1).complains("nothing drifted at `/name`");
    repo.run(&["drift", "--hold", "two", "--until", "9999-12-01", "--field", "/enabled"]).exits(0).says("1 field held in 1 file.");
    assert_eq!(text(&repo, "two"), campaign("Two", 45) + "lifecycle:\n  ignoreUntil: { /enabled: 9999-12-01 }\n");
    repo.run(&["plan"])
        .exits(0)
        .says("# held until 9999-12-01: enabled is false live, true in the file")
        .says("Plan: 0 to add, 1 to change");
    repo.run(&["drift", "--detailed-exitcode"])
        .exits(2)
        .says("throttling.maxInvitesPerMinute: 500 -> 50")
        .says("# held until 9999-12-01: enabled is false live");
    repo.run(&["drift", "--hold", "campaign.two", "--until", "9998-01-31"]).exits(0);
    assert!(
        text(&repo, "two").ends_with("lifecycle:\n  ignoreUntil: { /enabled: 9999-12-01, /throttling/maxInvitesPerMinute: 9998-01-31 }\n")
    );
    repo.run(&["plan", "--detailed-exitcode"]).exits(0).says("No changes.");
    repo.run(&["drift", "--detailed-exitcode"])
        .exits(0)
        .says("Held, and no drift:\n  campaign.two, changed live by \"somebody-else\" at 20")
        .says("# held until 9998-01-31: throttling.maxInvitesPerMinute is 50 live, 500 in the file");
    repo.replace("campaigns/two.yaml", "9999-12-01", "2020-12-01");
    repo.run(&["plan"]).exits(0).says("~ enabled: false -> true");
    repo.run(&["drift", "--detailed-exitcode"]).exits(2).says("~ campaign.two paused live by");
    repo.replace("campaigns/two.yaml", "2020-12-01", "2020-02-30");
    repo.run(&["drift"]).exits(1).complains("lifecycle.ignoreUntil").complains("YYYY-MM-DD");
    repo.replace("campaigns/two.yaml", "/enabled: 2020-02-30", "/enable: 2020-02-28");
    repo.run(&["validate"]).exits(1).says("it names no field of a campaign that a plan changes");
}

#[tokio::test(flavor = "multi_thread")]
async fn what_cannot_be_written_surely_is_refused_with_what_to_do() {
    let server = Server::start(UnknownFields::Reject).await;
    let mut repo = Repo::of_server(server.emulator.base_url());
    let project = format!(
        "environments:\n  rehearsal: {{ baseUrl: \"{}\", state: state.json, variables: {{ cap: 500 }} }}\n",
        server.emulator.base_url()
    );
    repo.write("campaignctl.yaml", &project);
    repo.set("NO_COLOR", "1");
    let original = COMMENTED.replace("  cooldownSeconds: 86400\n", "  cooldownSeconds: 86400   # a day\n  maxInvitesPerMinute: ${cap}\n");
    repo.campaign("one", &original);
    repo.run(&["apply", "--auto-approve", "-q"]).exits(0);
    server
        .edit("One", |campaign| {
            campaign["actions"][0]["routingConfig"]["queueId"] = json!("00000000-0000-4000-8000-000000000000");
            campaign["throttling"]["maxInvitesPerMinute"] = json!(50);
            campaign["throttling"].as_object_mut().unwrap().remove("cooldownSeconds");
            campaign["enabled"] = json!(false);
        })
        .await;
    repo.run(&["drift", "--adopt", "all"])
        .exits(1)
        .says("1 field adopted in 1 file.")
        .complains("not adopted: throttling.maxInvitesPerMinute: 500 -> 50: the file says `${cap}`; change the variable")
        .complains("not adopted: throttling.cooldownSeconds: 86400 -> absent: a comment would be lost; edit it by hand")
        .complains("write `queueId: 00000000-0000-4000-8000-000000000000` in the place of `queue:`");
    assert_eq!(text(&repo, "one"), original.replace("enabled: true", "enabled: false"));
}

#[tokio::test(flavor = "multi_thread")]
async fn a_queue_is_adopted_by_its_name() {
    let (server, repo) = applied().await;
    repo.replace("campaigns/two.yaml", "queueId: a1b2c3d4-e5f6-7890-abcd-ef1234567890", "queue: Order Help");
    repo.run(&["apply", "--auto-approve", "-q"]).exits(0);
    let order_help =
        server.campaigns().await.iter().find(|campaign| campaign["name"] == "Two").unwrap()["actions"][0]["routingConfig"]["queueId"]
            .clone();
    server.edit("One", |campaign| campaign["actions"][0]["routingConfig"]["queueId"] = order_help).await;
    repo.run(&["drift", "--adopt", "one"]).exits(0);
    assert_eq!(text(&repo, "one"), COMMENTED.replace("queue: Web Support", "queue: Order Help"));
    repo.run(&["plan", "--detailed-exitcode"]).exits(0);
}

#[tokio::test(flavor = "multi_thread")]
async fn a_campaign_that_is_gone_live_is_missing() {
    let (server, repo) = applied().await;
    let id = server.campaigns().await.into_iter().find(|campaign| campaign["name"] == "One").unwrap()["id"].as_str().unwrap().to_owned();
    server.delete(&id).await;
    repo.run(&["drift", "--detailed-exitcode"])
        .exits(2)
        .says("1 of 2 campaigns drifted: 1 missing.")
        .says(&format!("~ campaign.one deleted in Genesys Cloud (was \"{id}\")"))
        .says("create it again  campaignctl apply -e rehearsal --revert campaign.one\n")
        .says("keep it gone     delete it from campaigns/one.yaml, then campaignctl apply -e rehearsal\n");
    repo.run(&["drift", "--adopt", "one"])
        .exits(1)
        .complains("campaign.one: not adopted: it was deleted in Genesys Cloud; to keep it deleted, delete it");
    repo.run(&["drift", "--hold", "one", "--until", "9999-01-01"]).exits(1).complains("there is no live value to keep");
    repo.run(&["drift", "--adopt", "three"]).exits(1).complains("campaign.three is not declared");
}

#[tokio::test(flavor = "multi_thread")]
async fn without_a_state_nothing_is_called_drift() {
    let (server, repo) = applied().await;
    server.edit("One", |campaign| campaign["enabled"] = json!(false)).await;
    repo.remove("state.json");
    repo.campaign("three", &campaign("Three", 45));
    repo.run(&["drift", "--detailed-exitcode"])
        .exits(0)
        .says("There is no state yet, so nobody can say what drifted.")
        .says("Not applied by this tool yet (3); compared with the files, and no drift:")
        .says("campaign.one (campaigns/one.yaml:2): live, 1 field differs from the file")
        .says("campaign.two (campaigns/two.yaml:1): live, as the file says")
        .says("campaign.three (campaigns/three.yaml:1): not live under its name");
    repo.run(&["drift", "--adopt", "one"]).exits(1).complains("campaign.one was not applied by this tool yet");
}

#[tokio::test(flavor = "multi_thread")]
async fn what_nobody_declared_is_counted_and_is_no_drift() {
    let (server, repo) = applied().await;
    server
        .create(json!({
            "name": "By hand", "campaignType": "proactive", "evaluationMode": "realtime",
            "filters": [{ "attributeName": "session.a", "operator": "equals", "value": true, "dataType": "boolean" }],
            "actions": [{ "type": "webchat_invite", "priority": 1 }]
        }))
        .await;
    let ran =
        repo.run(&["drift", "--detailed-exitcode"]).exits(0).says("1 live campaign is not managed here; --show-unmanaged lists them.");
    assert!(!ran.out.contains("By hand"));
    repo.run(&["drift", "--show-unmanaged"]).exits(0).says("Not managed here (1):").says("\"By hand\"");
}

#[tokio::test(flavor = "multi_thread")]
async fn drift_reads_only_and_takes_no_lock() {
    let (server, repo) = applied().await;
    server.edit("One", |campaign| campaign["enabled"] = json!(false)).await;
    let before = server.campaigns().await;
    let version = |campaigns: &[Value]| campaigns.iter().map(|campaign| campaign["version"].clone()).collect::<Vec<_>>();
    std::fs::remove_file(repo.path("state.json.lock")).ok();
    for arguments in [&["drift"][..], &["drift", "--adopt", "all"], &["drift", "--hold", "two", "--until", "9999-01-01"]] {
        repo.run(arguments).exits(0);
    }
    assert_eq!(version(&server.campaigns().await), version(&before));
    assert!(!repo.path("state.json.lock").exists());
}

#[tokio::test(flavor = "multi_thread")]
async fn hostile_texts_are_shown_and_not_obeyed() {
    let (server, repo) = applied().await;
    let hostile = "\u{1b}[31mred`` ```\n| @team <script>alert(1)</script> --> [x](http://evil) \u{202e}";
    server.edit("One", |campaign| campaign["actions"][0]["config"]["inviteMessage"] = json!(hostile)).await;
    let human = repo.run(&["drift", "--color", "always"]).exits(0).out;
    assert!(!human.contains("\u{1b}[31mred") && !human.contains('\u{202e}'), "{human}");
    let markdown = repo.run(&["drift", "--format", "markdown"]).exits(0).out;
    assert!(!markdown.contains('\u{1b}') && !markdown.contains('\u{202e}'), "{markdown}");
    let row = markdown.lines().find(|line| line.contains("inviteMessage")).unwrap();
    assert!(row.starts_with("| `actions[webchat_invite 1].config.inviteMessage` | `\"Hello\"` | `"), "{row}");
    assert_eq!(row.replace("\\|", "").matches('|').count(), 5, "{row}");
    repo.run(&["drift", "--adopt", "one"]).exits(0);
    assert!(!text(&repo, "one").contains(['\u{1b}', '\u{202e}']));
    repo.run(&["plan", "--detailed-exitcode"]).exits(0);
}
