//! `state list`, `show`, `mv`, `rm`, `pull` and `push`: by hand, in a pipe, and with what must be refused.

use std::io::{BufRead as _, BufReader, Write as _};
use std::process::Stdio;

use campaignctl::emulator::UnknownFields;
use serde_json::{Value, json};

use crate::repo::{Repo, Server, campaign, in_format_1};

const STATE: &str = "state.json";

/// Three campaigns, applied; the second one is protected.
async fn applied() -> (Server, Repo) {
    let server = Server::start(UnknownFields::Reject).await;
    let repo = Repo::of_server(server.emulator.base_url());
    repo.campaign("one", &campaign("One", 45));
    repo.campaign("two", &format!("{}lifecycle: {{ preventDestroy: true }}\n", campaign("Two", 45)));
    repo.campaign("other", &campaign("Other", 45));
    repo.run(&["apply", "--auto-approve"]).exits(0);
    (server, repo)
}

fn stored(repo: &Repo) -> Value {
    serde_json::from_slice(&std::fs::read(repo.path(STATE)).unwrap()).unwrap()
}

#[tokio::test(flavor = "multi_thread")]
async fn the_organization_of_the_project_file_is_enough_to_refuse_a_state() {
    let (server, repo) = applied().await;
    let copy = repo.run(&["state", "pull"]).exits(0).out;
    drop(server);
    repo.replace("campaignctl.yaml", "state: state.json", "state: state.json, organization: another");
    for command in [&["state", "list"][..], &["state", "show", "one"], &["state", "mv", "one", "uno"], &["state", "rm", "one"]] {
        repo.run(command).exits(1).complains("not to environment `rehearsal` of organization another");
    }
    repo.answer(&["state", "push", "-", "--force"], &copy).exits(1).complains("of organization another");
    assert_eq!(std::fs::read_to_string(repo.path(STATE)).unwrap(), copy);
}

/// Puts a state there that says something else.
fn edit(repo: &Repo, change: impl FnOnce(&mut Value)) {
    let mut state = stored(repo);
    change(&mut state);
    repo.write(STATE, &in_format_1(&state));
}

fn rename_file(repo: &Repo, old: &str, new: &str) {
    std::fs::rename(repo.path(&format!("campaigns/{old}.yaml")), repo.path(&format!("campaigns/{new}.yaml"))).unwrap();
}

#[tokio::test(flavor = "multi_thread")]
async fn what_is_remembered_is_listed_and_shown_without_a_server() {
    let (server, repo) = applied().await;
    let id = stored(&repo)["campaigns"]["two"]["id"].as_str().unwrap().to_owned();
    drop(server);
    assert_eq!(repo.run(&["state", "list"]).exits(0).out, "campaign.one\ncampaign.other\ncampaign.two\n");
    assert_eq!(repo.run(&["state", "list", "o*"]).exits(0).out, "campaign.one\ncampaign.other\n");
    assert_eq!(repo.run(&["state", "list", "campaign.two", "campaign.on?"]).exits(0).out, "campaign.one\ncampaign.two\n");
    assert_eq!(repo.run(&["state", "list", "x*"]).exits(0).out, "");
    assert_eq!(repo.run(&["state", "list", "--id", &id]).exits(0).out, "campaign.two\n");
    repo.run(&["state", "list", "othr"]).exits(1).complains("campaign.othr is not in the state").complains("did you mean `other`?");
    repo.run(&["state", "list", "a["]).exits(1).complains("is no pattern");

    let listed: Value = serde_json::from_str(&repo.run(&["state", "list", "two", "--format", "json"]).exits(0).out).unwrap();
    assert_eq!(listed["campaigns"][0]["id"], id);
    assert_eq!((&listed["campaigns"][0]["preventDestroy"], &listed["serial"]), (&json!(true), &stored(&repo)["serial"]));

    let shown = repo.run(&["state", "show", "campaign.two"]).exits(0).says(&id).says("# preventDestroy  yes").says("\nname: Two\n");
    let run = stored(&repo)["runs"][0]["id"].as_str().unwrap().to_owned();
    let shown = shown.says(&format!("# run             {run}"));
    // The body is a campaign file.
    let (values, problems) = campaignctl::load::read_values(&shown.out, None);
    assert_eq!((values, problems), (vec![Some(stored(&repo)["campaigns"]["two"]["body"].clone())], 0));
    let json: Value = serde_json::from_str(&repo.run(&["state", "show", "two", "--format", "json"]).exits(0).out).unwrap();
    assert_eq!((&json["body"], &json["runs"][0]["id"]), (&stored(&repo)["campaigns"]["two"]["body"], &json!(run)));
    repo.run(&["state", "show", "tow"]).exits(1).complains("did you mean `two`?");
}

#[tokio::test(flavor = "multi_thread")]
async fn a_name_from_the_state_does_not_act_on_a_terminal() {
    let (_server, repo) = applied().await;
    edit(&repo, |state| state["campaigns"]["one"]["body"]["name"] = json!("##[add-mask]\u{1b}[2J\u{202e}"));
    for command in [&["state", "show", "one"][..], &["state", "mv", "one", "uno", "--dry-run"], &["state", "rm", "one", "--dry-run"]] {
        let ran = repo.run(command).exits(0);
        assert!(!ran.out.contains(['\u{1b}', '\u{202e}']) && !ran.out.contains("##["), "{ran:#?}");
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn a_campaign_gets_another_key() {
    let (server, repo) = applied().await;
    let before = stored(&repo);
    for (old, new, told) in [
        ("one", "two", "campaign.two is in the state already"),
        ("one", "one", "has that key already"),
        ("oen", "uno", "did you mean `one`?"),
    ] {
        repo.run(&["state", "mv", old, new]).exits(1).complains(told);
    }
    repo.run(&["state", "mv", "one", "u no"]).exits(1).complains("is not a campaign key");
    repo.run(&["state", "mv", "one", "uno", "--dry-run"])
        .exits(0)
        .says("Would move campaign.one to campaign.uno: \"One\"")
        .says("campaigns/one.yaml still declares campaign.one")
        .says("Nothing was written.");
    assert_eq!(stored(&repo), before);

    rename_file(&repo, "one", "uno");
    repo.run(&["state", "mv", "campaign.one", "campaign.uno"]).exits(0).says("campaigns/uno.yaml declares campaign.uno");
    repo.run(&["plan", "--detailed-exitcode"]).exits(0).says("No changes.");
    assert_eq!(stored(&repo)["serial"], json!(before["serial"].as_u64().unwrap() + 1));
    let backup: Value = serde_json::from_slice(&std::fs::read(repo.path("state.json.backup")).unwrap()).unwrap();
    assert_eq!(backup, before);
    repo.run(&["state", "mv", "one", "uno"]).exits(1).complains("campaign.uno is: it may have been renamed already");

    // The run of before is rolled back under the new key: what it created goes.
    repo.run(&["plan", "--rollback", "last"]).exits(1).says("# campaign.uno will be destroyed").says("3 to destroy");
    repo.remove("campaigns/uno.yaml");
    repo.run(&["state", "mv", "uno", "ein"]).exits(0).says("No file declares campaign.ein").says("campaignctl state rm ein -e rehearsal");
    assert_eq!(server.campaigns().await.len(), 3);
}

#[tokio::test(flavor = "multi_thread")]
async fn a_run_that_wrote_to_another_campaign_under_the_new_key_cannot_be_rolled_back() {
    let (server, repo) = applied().await;
    repo.remove("campaigns/one.yaml");
    repo.run(&["apply", "--auto-approve"]).exits(0).says("1 destroyed");
    rename_file(&repo, "other", "one");
    repo.run(&["state", "mv", "other", "one"]).exits(0).says("cannot be rolled back");
    // Not `Other` with the body of `One`.
    repo.run(&["plan", "--rollback", "last"]).exits(1).complains("remembers no run").complains("no run has written anything yet");
    repo.run(&["plan", "--detailed-exitcode"]).exits(0).says("No changes.");
    assert_eq!(server.campaigns().await.len(), 2);
}

#[tokio::test(flavor = "multi_thread")]
async fn a_campaign_is_let_go_and_stays_live() {
    let (server, repo) = applied().await;
    repo.run(&["plan", "--out", "saved.plan"]).exits(0);
    repo.run(&["state", "rm", "one", "oter"]).exits(1).complains("did you mean `other`?");
    repo.run(&["state", "rm", "one", "two", "--exit-codes", "fine"])
        .exits(3)
        .complains("campaign.two is protected")
        .complains("--allow-protected two");
    repo.run(&["state", "list", "one"]).exits(0);

    repo.run(&["state", "rm", "one"]).exits(0).says("the next plan takes it over by its name").says("It stays live");
    repo.run(&["plan"]).exits(0).says("Plan: 1 to import, 0 to add, 0 to change, 0 to destroy.");
    repo.run(&["apply", "saved.plan"]).exits(1).complains("stale");

    repo.remove("campaigns/one.yaml");
    repo.remove("campaigns/two.yaml");
    repo.run(&["state", "rm", "campaign.two", "--allow-protected", "campaign.two"])
        .exits(0)
        .says("No file declares it: the next plan leaves it alone.")
        .says("That it is protected is forgotten with it");
    repo.run(&["plan", "--detailed-exitcode"]).exits(0).says("No changes.");
    // The run of before made all three; only what is still managed is rolled back.
    repo.run(&["plan", "--rollback", "last"]).exits(0).says("# campaign.other will be destroyed").says("1 to destroy");
    assert_eq!(server.campaigns().await.len(), 3);
}

#[tokio::test(flavor = "multi_thread")]
async fn letting_go_a_campaign_whose_new_name_was_not_applied_is_told() {
    let (server, repo) = applied().await;
    repo.replace("campaigns/one.yaml", "name: One", "name: Uno");
    let id = stored(&repo)["campaigns"]["one"]["id"].as_str().unwrap().to_owned();
    let import = format!("campaignctl import -e rehearsal one --id {id}");
    repo.run(&["state", "rm", "one"]).exits(0).says("creates a second one").says(&import);
    repo.run(&["plan"]).exits(0).says("1 to add");
    repo.run(&import.split(' ').skip(1).collect::<Vec<_>>()).exits(0);
    repo.run(&["plan"]).exits(0).says("Plan: 0 to add, 1 to change, 0 to destroy.");
    assert_eq!(server.campaigns().await.len(), 3);
}

#[tokio::test(flavor = "multi_thread")]
async fn a_campaign_whose_create_is_not_decided_keeps_its_key() {
    let (_server, repo) = applied().await;
    edit(&repo, |state| {
        state["intents"] = json!({ "three": {
            "name": "Three", "fingerprint": "f", "run": "r1", "at": "2026-11-20T00:00:00Z", "sent": "2026-11-20T00:00:00Z"
        } });
    });
    for command in [&["state", "mv", "three", "tres"][..], &["state", "mv", "one", "three"], &["state", "rm", "three"]] {
        repo.run(command).exits(1).complains("run r1 began to create campaign.three").complains("campaignctl apply -e rehearsal");
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn a_state_goes_out_and_in_as_it_is() {
    let (server, repo) = applied().await;
    let bytes = std::fs::read(repo.path(STATE)).unwrap();
    let pulled = repo.run(&["state", "pull"]).exits(0);
    assert_eq!(pulled.out.as_bytes(), bytes);
    repo.answer(&["state", "push", "-"], &pulled.out).exits(0).says("Nothing to push").says("says the same already");
    assert_eq!(std::fs::read(repo.path(STATE)).unwrap(), bytes);

    repo.write("copy.json", &pulled.out);
    repo.remove(STATE);
    drop(server);
    repo.run(&["state", "list"]).exits(1).complains("environment `rehearsal` has no state yet").complains("state push FILE");
    repo.run(&["state", "pull"]).exits(1).complains("has no state yet");
    repo.run(&["state", "push", "copy.json"])
        .exits(0)
        .says("Pushed 3 campaigns")
        .says("Nothing was there before.")
        .says("the next plan compares");
    repo.run(&["state", "list"]).exits(0).says("campaign.other");
    repo.run(&["state", "mv", "one", "uno"]).exits(0);

    repo.run(&["state", "push", "copy.json"]).exits(1).complains("it is older").complains("Nothing was written");
    repo.run(&["state", "push", "copy.json", "--force"]).exits(0).says("What was there is kept beside it.");
    assert_eq!(repo.run(&["state", "list"]).out, "campaign.one\ncampaign.other\ncampaign.two\n");
    // Never backwards: what was bound to the earlier writing of that number is stale.
    let serial = serde_json::from_str::<Value>(&pulled.out).unwrap()["serial"].as_u64().unwrap();
    assert!(stored(&repo)["serial"].as_u64().unwrap() > serial + 1);
    let backup = repo.run(&["state", "pull", "--backup"]).exits(0).says("\"uno\"");
    repo.answer(&["state", "push", "-", "--force"], &backup.out).exits(0);
    repo.run(&["state", "list", "uno"]).exits(0);
}

#[tokio::test(flavor = "multi_thread")]
async fn a_state_that_does_not_belong_here_is_refused() {
    let (_server, repo) = applied().await;
    let before = stored(&repo);
    let with = |change: &dyn Fn(&mut Value)| {
        let mut state = before.clone();
        state.as_object_mut().unwrap().remove("checksum");
        change(&mut state);
        state.to_string()
    };
    let newer = before["serial"].as_u64().unwrap() + 1;
    let table: [(String, &str); 9] = [
        (String::new(), "standard input is empty"),
        ("{\"version\": 1,".to_owned(), "is no state, or a damaged one"),
        ("name: One\n".to_owned(), "is no state, or a damaged one"),
        (with(&|state| state["version"] = json!(3)), "has format 3, and this version of campaignctl reads up to format 2"),
        (with(&|state| state["owner"]["environment"] = json!("staging")), "belongs to environment `staging`"),
        (with(&|state| state["owner"]["organization"] = json!("another")), "of organization another"),
        (with(&|state| state["lineage"] = json!("another")), "they are not the same state"),
        (with(&|state| state["serial"] = json!(u64::MAX)), "too high to have been counted"),
        (with(&|state| state["campaigns"]["two"] = state["campaigns"]["one"].clone()), "are the same live campaign"),
    ];
    for (text, told) in table {
        repo.answer(&["state", "push", "-"], &text).exits(1).complains(told);
        assert_eq!(stored(&repo), before, "{told}");
    }
    // Nobody forces a state of another environment upon this one, nor half of one.
    let other = with(&|state| state["owner"]["environment"] = json!("staging"));
    repo.answer(&["state", "push", "-", "--force"], &other).exits(1).complains("belongs to environment `staging`");
    repo.answer(&["state", "push", "-", "--force"], "{").exits(1).complains("damaged");
    assert_eq!(stored(&repo), before);
    repo.run(&["state", "push", "missing.json"]).exits(1).complains("cannot read `missing.json`");

    let edited = with(&|state| {
        state["serial"] = json!(newer);
        state["campaigns"].as_object_mut().unwrap().remove("one");
    });
    repo.answer(&["state", "push", "-"], &edited).exits(0).says("Pushed 2 campaigns").says(&format!("as serial {}", newer + 1));
}

#[tokio::test(flavor = "multi_thread")]
async fn a_damaged_state_is_replaced_and_a_good_backup_is_not() {
    let (_server, repo) = applied().await;
    repo.run(&["state", "mv", "one", "uno"]).exits(0);
    let backup = std::fs::read(repo.path("state.json.backup")).unwrap();
    repo.write(STATE, "{\"version\":1,");
    repo.run(&["state", "list"]).exits(1).complains("is damaged").complains("state pull --backup | campaignctl state push --force -");
    repo.run(&["state", "pull"]).exits(1).complains("is damaged");
    let pulled = repo.run(&["state", "pull", "--backup"]).exits(0);
    repo.answer(&["state", "push", "-"], &pulled.out).exits(1).complains("cannot be compared").complains("--force");
    repo.answer(&["state", "push", "-", "--force"], &pulled.out).exits(0).says("Pushed 3 campaigns");
    assert_eq!(std::fs::read(repo.path("state.json.backup")).unwrap(), backup);
    assert_eq!(std::fs::read_to_string(repo.path("state.json.damaged")).unwrap(), "{\"version\":1,");
    repo.run(&["plan", "--detailed-exitcode"]).exits(0).says("No changes.");
}

#[tokio::test(flavor = "multi_thread")]
async fn while_somebody_applies_the_state_is_read_and_not_changed() {
    let (_server, repo) = applied().await;
    repo.campaign("one", &campaign("One", 60));
    let copy = repo.run(&["state", "pull"]).exits(0).out;
    let mut apply = repo.command(&["apply"]).stdin(Stdio::piped()).stdout(Stdio::piped()).stderr(Stdio::null()).spawn().unwrap();
    let mut lines = BufReader::new(apply.stdout.take().unwrap()).lines();
    assert!(lines.any(|line| line.unwrap().contains("Only 'yes' will be accepted")));
    for command in [&["state", "mv", "one", "uno"][..], &["state", "rm", "one"]] {
        repo.run(command).exits(1).complains("is locked by `campaignctl apply`");
    }
    repo.answer(&["state", "push", "-"], &copy).exits(1).complains("is locked by `campaignctl apply`");
    for command in [&["state", "list"][..], &["state", "show", "one"], &["state", "pull"], &["state", "rm", "one", "--dry-run"]] {
        repo.run(command).exits(0);
    }
    apply.stdin.take().unwrap().write_all(b"no\n").unwrap();
    apply.wait().unwrap();
    repo.run(&["state", "rm", "one"]).exits(0);
}

/// A person edits a pulled state, forgets that it has a checksum, and is told what to do.
#[tokio::test(flavor = "multi_thread")]
async fn an_edited_state_is_pushed_once_its_checksum_is_taken_out() {
    let (_server, repo) = applied().await;
    let before = stored(&repo);
    let pulled = repo.run(&["state", "pull"]).exits(0).out;
    let edited = pulled.replacen("\"preventDestroy\":true", "\"preventDestroy\":false", 1);
    assert_ne!(edited, pulled);
    for force in [&["state", "push", "-"][..], &["state", "push", "-", "--force"]] {
        repo.answer(force, &edited)
            .exits(1)
            .complains("standard input was changed after campaignctl wrote it: its checksum does not match")
            .complains("take its `checksum` out, for example with `jq 'del(.checksum)'`, and push it again");
    }
    assert_eq!(stored(&repo), before);
    let checksum = format!("\"checksum\":\"{}\",", before["checksum"].as_str().unwrap());
    let unsealed = edited.replacen(&checksum, "", 1);
    assert_ne!(unsealed, edited);
    repo.answer(&["state", "push", "-"], &unsealed).exits(0).says("Pushed 3 campaigns");
    assert_eq!(stored(&repo)["campaigns"]["two"].get("preventDestroy"), None);
    assert_ne!(stored(&repo)["checksum"], before["checksum"]);
    repo.run(&["plan", "--detailed-exitcode"]).exits(0).says("No changes.");

    // Edited where it is: refused as well, and the file itself can be pushed.
    let inplace = std::fs::read_to_string(repo.path(STATE)).unwrap().replacen("\"name\":\"One\"", "\"name\":\"Eins\"", 1);
    repo.write(STATE, &inplace);
    repo.run(&["plan"])
        .exits(1)
        .complains("/state.json` is damaged: its checksum does not match")
        .complains("If you edited it on purpose, take its `checksum` out");
    let now: Value = serde_json::from_str(&inplace).unwrap();
    repo.write(STATE, &inplace.replacen(&format!("\"checksum\":\"{}\",", now["checksum"].as_str().unwrap()), "", 1));
    repo.run(&["plan"]).exits(1).complains("it has no checksum, so nothing shows that it is whole");
    repo.run(&["state", "push", STATE, "--force"]).exits(0).says("Pushed 3 campaigns");
    assert_eq!(stored(&repo)["campaigns"]["one"]["body"]["name"], "Eins");
    repo.run(&["plan"]).exits(0);
}

/// What a person reads who finds the state damaged, and that following it works.
#[tokio::test(flavor = "multi_thread")]
async fn a_damaged_state_says_what_its_backup_is_good_for() {
    const PIPE: &str = "`campaignctl state pull --backup | campaignctl state push --force -` (both with the same -e) puts it back";
    let (_server, repo) = applied().await;
    repo.run(&["state", "mv", "one", "uno"]).exits(0);
    let [good, backup] = [STATE, "state.json.backup"].map(|name| std::fs::read_to_string(repo.path(name)).unwrap());
    let damage = |text: &str| text.replacen("Two", "Twp", 1);
    repo.run(&["state", "pull", "--backup"]).exits(0);

    repo.write("state.json.backup", &damage(&backup));
    repo.run(&["state", "pull", "--backup"])
        .exits(1)
        .complains("the backup `")
        .complains("/state.json.backup` is damaged: its checksum does not match")
        .complains("the state itself is whole");
    repo.write(STATE, &damage(&good));
    let both = "/state.json.backup` is damaged too";
    for command in [&["plan"][..], &["apply", "--auto-approve"], &["drift"], &["state", "pull"], &["state", "rm", "uno"]] {
        repo.run(command).exits(1).complains("/state.json` is damaged: ").complains(both).complains("/state.json` out of the way");
    }
    repo.run(&["state", "pull", "--backup"]).exits(1).complains("the backup `").complains(both);
    repo.remove("state.json.backup");
    let none = "there is no backup `";
    repo.run(&["plan"]).exits(1).complains(none).complains("campaignctl state push --force FILE");
    repo.run(&["state", "pull", "--backup"]).exits(1).complains("has no backup").complains(none);

    repo.write("state.json.backup", &backup);
    let serial = serde_json::from_str::<Value>(&backup).unwrap()["serial"].to_string();
    repo.run(&["plan"]).exits(1).complains(&format!("/state.json.backup` (serial {serial}, written 20")).complains(PIPE);
    let pulled = repo.run(&["state", "pull", "--backup"]).exits(0).out;
    repo.answer(&["state", "push", "--force", "-"], &pulled).exits(0).says("Pushed 3 campaigns");
    assert_eq!(std::fs::read_to_string(repo.path("state.json.backup")).unwrap(), backup, "a damaged state is not a backup");
    assert_eq!(std::fs::read_to_string(repo.path("state.json.damaged")).unwrap(), damage(&good));
    repo.run(&["plan", "--detailed-exitcode"]).exits(0).says("No changes.");
}
