//! `state list`, `show`, `mv`, `rm`, `pull` and `push`: by hand, in a pipe, and with what must be refused.

use std::io::{BufRead as _, BufReader, Write as _};
use std::process::Stdio;

use campaignctl::emulator::UnknownFields;
use serde_json::{Value, json};

use crate::repo::{Repo, Server, campaign};

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

/// Changes the state as somebody with an editor would.
fn edit(repo: &Repo, change: impl FnOnce(&mut Value)) {
    let mut state = stored(repo);
    change(&mut state);
    repo.write(STATE, &state.to_string());
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
        change(&mut state);
        state.to_string()
    };
    let newer = before["serial"].as_u64().unwrap() + 1;
    let table: [(String, &str); 9] = [
        (String::new(), "standard input is empty"),
        ("{\"version\": 1,".to_owned(), "is no state, or a damaged one"),
        ("name: One\n".to_owned(), "is no state, or a damaged one"),
        (with(&|state| state["version"] = json!(2)), "has format 2, and this version of campaignctl reads up to format 1"),
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
