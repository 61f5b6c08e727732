//! Going back to before a run; and runs that lose an answer, are killed, or are asked to stop.

use std::collections::BTreeMap;
use std::io::{BufRead as _, BufReader};
use std::process::{Child, Command, Stdio};
use std::sync::Mutex;
use std::sync::mpsc::{Receiver, Sender, channel};
use std::time::Duration;

use campaignctl::emulator::{FaultScript, Moment, Route, UnknownFields};
use serde_json::{Value, json};

use crate::repo::{Ran, Repo, Server, campaign};

/// The longest a test waits for a program to get somewhere.
const PATIENCE: Duration = Duration::from_secs(60);

/// Live campaigns by name, without what the server sets.
async fn bodies(server: &Server) -> BTreeMap<String, Value> {
    let without = |mut campaign: Value| {
        for field in ["id", "version", "dateCreated", "dateModified", "modifiedBy", "selfUri"] {
            campaign.as_object_mut().unwrap().remove(field);
        }
        (campaign["name"].as_str().unwrap().to_owned(), campaign)
    };
    server.campaigns().await.into_iter().map(without).collect()
}

async fn id_of(server: &Server, name: &str) -> String {
    let campaign = server.campaigns().await.into_iter().find(|campaign| campaign["name"] == name).unwrap();
    campaign["id"].as_str().unwrap().to_owned()
}

/// The run that the report names.
fn run_of(ran: &Ran) -> String {
    let (_, rest) = ran.out.rsplit_once("\nRun ").unwrap_or_else(|| panic!("no run is named: {ran:#?}"));
    let (run, rest) = rest.split_once("; ").unwrap();
    let (start, end) = ("`campaignctl plan -e ", format!(" --rollback {run}` plans back to before it.\n"));
    assert!(rest.starts_with(start) && rest.contains(&end), "{ran:#?}");
    run.to_owned()
}

/// An apply that updates one campaign, deletes one and creates one, with what was live before it, and its run. Another one
/// stays as it is.
async fn applied() -> (Server, Repo, BTreeMap<String, Value>, String) {
    let server = Server::start(UnknownFields::Keep).await;
    let repo = Repo::of_server(server.emulator.base_url());
    for (key, name) in [("one", "One"), ("two", "Two"), ("other", "Other")] {
        repo.campaign(key, &campaign(name, 45));
    }
    repo.run(&["apply", "--auto-approve"]).exits(0);
    let before = bodies(&server).await;
    repo.campaign("one", &campaign("One", 60));
    repo.remove("campaigns/two.yaml");
    repo.campaign("three", &campaign("Three", 45));
    let ran = repo.run(&["apply", "--auto-approve"]).exits(0).says("1 added, 1 changed, 1 destroyed");
    (server, repo, before, run_of(&ran))
}

#[tokio::test(flavor = "multi_thread")]
async fn a_run_is_undone_by_a_plan_like_any_other() {
    let (server, repo, before, run) = applied().await;
    let after = bodies(&server).await;
    let untouched = id_of(&server, "Other").await;
    // The files say something else of a campaign that the run did not touch, and somebody edited it live.
    repo.campaign("other", &campaign("Other", 90));
    server.edit("Other", |campaign| campaign["description"] = json!("edited")).await;
    for of in ["last", &run] {
        repo.run(&["plan", "--rollback", of, "--detailed-exitcode"])
            .exits(2)
            .says("# campaign.one will be updated in-place")
            .says("# campaign.two will be created")
            .says("# campaign.three will be destroyed")
            .says("Plan: 1 to add, 1 to change, 1 to destroy.");
    }
    assert_eq!(bodies(&server).await["One"], after["One"], "a plan writes nothing");
    // `last` has a name, and every format begins with it.
    let title = format!("Rollback of run {run}");
    let plan = |format: &str| repo.run(&["plan", "--rollback", "last", "--format", format]).exits(0);
    plan("human").says(&format!("\n{title}. What that run changed goes back to how it was before, whatever the files say.\n"));
    plan("human")
        .says(&format!("  # campaign.one will be updated in-place\n  # (body from before run {run})\n"))
        .says("value: 60 -> 45  # rollback\n")
        .says(&format!("  # campaign.three will be destroyed\n  # (because it did not exist before run {run})\n"));
    for format in ["human", "markdown", "html"] {
        let shown = plan(format).out;
        assert!(!shown.contains("# code") && !shown.contains("the file<"), "{shown}");
        assert!(!shown.contains(&format!("{run}:1")) && !shown.contains(".yaml:1"), "{shown}");
    }
    plan("markdown").says(&format!("**{title}.** What that run changed"));
    plan("html").says(&format!("<strong>{title}.</strong> What that run changed"));
    let json: Value = serde_json::from_str(&plan("json").out).unwrap();
    assert_eq!(json["campaignctl"]["goal"], json!({ "kind": "rollback", "run": run }));
    repo.run(&["plan", "--rollback", "last", "--json-stream"]).exits(0).says(&title);

    repo.run(&["plan", "--rollback", "last", "--out", "p.plan"]).exits(0);
    repo.run(&["show", "p.plan"]).exits(0).says(&title);
    let back = repo.run(&["apply", "p.plan"]).exits(0).says(&title).says("Resources: 1 added, 1 changed, 1 destroyed.");
    let still = "\nThe files still say otherwise: the next apply changes 3 campaigns back. Revert the commit.\n";
    assert!(back.out.ends_with(still), "{back:#?}");
    let mut expected = before.clone();
    expected.get_mut("Other").unwrap()["description"] = json!("edited");
    assert_eq!(bodies(&server).await, expected);
    assert_eq!(id_of(&server, "Other").await, untouched);

    // The files were not reverted; who edited the untouched campaign is still known to be somebody else.
    repo.run(&["plan", "--detailed-exitcode"])
        .exits(2)
        .says("# campaign.one will be updated in-place")
        .says("# campaign.two will be destroyed")
        .says("# campaign.three will be created")
        .says("# drift: live moved")
        .says("Plan: 1 to add, 2 to change, 1 to destroy.");

    // Going back is a run itself.
    let run = run_of(&back);
    let again = repo.run(&["apply", "--rollback", &run, "--auto-approve"]).exits(0).says("1 added, 1 changed, 1 destroyed");
    assert!(!again.out.contains("The files still say otherwise"), "this leads to what the files say: {again:#?}");
    let mut expected = after;
    expected.get_mut("Other").unwrap()["description"] = json!("edited");
    assert_eq!(bodies(&server).await, expected);
}

#[tokio::test(flavor = "multi_thread")]
async fn a_campaign_that_comes_back_has_a_new_id_and_is_managed() {
    let server = Server::start(UnknownFields::Reject).await;
    let repo = Repo::of_server(server.emulator.base_url());
    repo.campaign("one", &campaign("One", 45));
    repo.campaign("two", &campaign("Two", 45));
    repo.run(&["apply", "--auto-approve"]).exits(0);
    let old = id_of(&server, "Two").await;
    repo.remove("campaigns/two.yaml");
    repo.run(&["apply", "--auto-approve"]).exits(0);
    repo.run(&["apply", "--rollback", "last", "--auto-approve", "-q"])
        .exits(0)
        .says("1 added, 0 changed, 0 destroyed")
        .says("The files still say otherwise: the next apply changes 1 campaign back. Revert the commit.\n");
    assert_ne!(id_of(&server, "Two").await, old);
    repo.campaign("two", &campaign("Two", 45));
    repo.run(&["plan", "--detailed-exitcode"]).exits(0).says("No changes.");
}

#[tokio::test(flavor = "multi_thread")]
async fn a_campaign_that_is_gone_and_was_not_touched_is_not_forgotten() {
    let (server, repo, _, run) = applied().await;
    server.delete(&id_of(&server, "Other").await).await;
    repo.run(&["apply", "--rollback", &run, "--auto-approve"]).exits(0).says("1 added, 1 changed, 1 destroyed");
    repo.run(&["drift"]).exits(0).says("campaign.other deleted in Genesys Cloud");
}

#[tokio::test(flavor = "multi_thread")]
async fn limits_hold_for_going_back_too() {
    let server = Server::start(UnknownFields::Reject).await;
    let repo = Repo::of_server(server.emulator.base_url());
    repo.campaign("kept", &format!("{}lifecycle: {{ preventDestroy: true }}\n", campaign("Kept", 45)));
    for number in 0..6 {
        repo.campaign(&format!("c{number}"), &campaign(&format!("C {number}"), 45));
    }
    repo.run(&["apply", "--auto-approve"]).exits(0);
    repo.run(&["apply", "--rollback", "last", "--auto-approve", "--exit-codes", "fine"])
        .exits(3)
        .complains("campaign.kept would be destroyed, and its lifecycle says `preventDestroy: true`")
        .complains("would destroy 7 campaigns, and at most 5 may go");
    assert_eq!(server.campaigns().await.len(), 7);
    let lifted = ["apply", "--rollback", "last", "--auto-approve", "--max-deletes", "7", "--allow-destroy", "campaign.kept"];
    repo.run(&lifted).exits(0).says("7 destroyed");
    assert!(server.campaigns().await.is_empty());
}

#[tokio::test(flavor = "multi_thread")]
async fn an_unknown_run_lists_those_that_are_remembered() {
    let server = Server::start(UnknownFields::Reject).await;
    let repo = Repo::of_server(server.emulator.base_url());
    repo.campaign("one", &campaign("One", 45));
    repo.run(&["plan", "--rollback", "last"]).exits(1).complains("no run has written anything yet");
    let mut runs = Vec::new();
    for dwell in 45..52 {
        repo.campaign("one", &campaign("One", dwell));
        runs.push(run_of(&repo.run(&["apply", "--auto-approve"]).exits(0)));
    }
    let ran = repo.run(&["plan", "--rollback", &runs[0]]).exits(1).complains(&format!("the state remembers no run `{}`", runs[0]));
    let listed: Vec<&String> = runs.iter().skip(1).rev().filter(|run| ran.err.contains(&format!("{run}  1 campaign"))).collect();
    assert_eq!(listed, runs[2..].iter().rev().collect::<Vec<_>>(), "{ran:#?}");
    // Further back than the latest: to before the oldest that is remembered.
    repo.run(&["apply", "--rollback", &runs[2], "--auto-approve"]).exits(0);
    assert_eq!(bodies(&server).await["One"]["filters"][0]["value"], json!(46));
}

#[tokio::test(flavor = "multi_thread")]
async fn a_run_that_wrote_nothing_is_not_the_last() {
    let (server, repo, before, run) = applied().await;
    let nothing = repo.run(&["apply", "--auto-approve"]).exits(0);
    assert!(!nothing.out.contains("Run "), "{nothing:#?}");
    repo.campaign("one", &campaign("One", 75));
    server.emulator.set_faults(FaultScript::of(&["update:status-before-commit=400"]).unwrap());
    let failed = repo.run(&["apply", "--auto-approve"]).exits(1).says("Apply incomplete.");
    assert!(!failed.out.contains("--rollback"), "{failed:#?}");
    server.emulator.clear_faults();
    let state: Value = serde_json::from_str(&std::fs::read_to_string(repo.path("state.json")).unwrap()).unwrap();
    let runs: Vec<&Value> = state["runs"].as_array().unwrap().iter().map(|run| &run["id"]).collect();
    assert_eq!((runs.len(), runs[1]), (2, &json!(run)), "{state}");
    repo.run(&["apply", "--rollback", "last", "--auto-approve"]).exits(0);
    assert_eq!(bodies(&server).await, before);
}

#[tokio::test(flavor = "multi_thread")]
async fn a_campaign_that_got_another_key_since_is_the_same_campaign() {
    let (server, repo, before, run) = applied().await;
    repo.remove("campaigns/three.yaml");
    repo.campaign("drei", &format!("previously: three\n{}", campaign("Three", 45)));
    repo.run(&["apply", "--auto-approve"]).exits(0);
    repo.run(&["apply", "--rollback", &run, "--auto-approve"]).exits(0).says("1 added, 1 changed, 1 destroyed");
    assert_eq!(bodies(&server).await, before);
}

/// How often a campaign of each name was created.
fn created(server: &Server) -> BTreeMap<String, usize> {
    let mut created = BTreeMap::new();
    for request in server.emulator.requests().into_iter().filter(|request| request.route == Some(Route::Create) && request.committed) {
        *created.entry(request.campaign_name.unwrap()).or_default() += 1;
    }
    created
}

fn once_each(names: &[&str]) -> BTreeMap<String, usize> {
    names.iter().map(|name| ((*name).to_owned(), 1)).collect()
}

/// A server and a repo with three new campaigns.
async fn three_to_create() -> (Server, Repo) {
    let server = Server::start(UnknownFields::Reject).await;
    let repo = Repo::of_server(server.emulator.base_url());
    for (key, name) in [("one", "One"), ("two", "Two"), ("three", "Three")] {
        repo.campaign(key, &campaign(name, 45));
    }
    (server, repo)
}

#[tokio::test(flavor = "multi_thread")]
async fn a_create_that_was_done_and_never_answered_is_found() {
    let (server, repo) = three_to_create().await;
    server.emulator.set_faults(FaultScript::of(&["create:drop-after-commit,times=3"]).unwrap());
    let ran = repo.run(&["apply", "--auto-approve", "--settle", "0s"]).exits(0).says("3 added, 0 changed, 0 destroyed");
    for key in ["one", "two", "three"] {
        assert!(ran.out.contains(&format!("campaign.{key}: Creation complete")), "{ran:#?}");
    }
    assert!(ran.out.contains("the answer is unknown; looking in 0s whether it was created, before anything is sent again"), "{ran:#?}");
    assert_eq!(server.emulator.fired(), [3]);
    let sent = server.emulator.requests().iter().filter(|request| request.route == Some(Route::Create)).count();
    assert_eq!((sent, created(&server)), (3, once_each(&["One", "Three", "Two"])), "nothing is sent twice");
    repo.run(&["plan", "--detailed-exitcode"]).exits(0).says("No changes.");
    repo.run(&["apply", "--rollback", "last", "--auto-approve"]).exits(0).says("3 destroyed");
}

/// Holds the answer of the first create until it is let go; tells when that create is on disk.
fn hold_first_create(server: &Server) -> (Receiver<()>, Sender<()>) {
    let (committed, is_committed) = channel();
    let (let_go, go) = channel();
    let once = Mutex::new(Some(go));
    server.emulator.on(move |moment, request| {
        if moment == Moment::Committed
            && request.route == Some(Route::Create)
            && let Some(go) = once.lock().unwrap().take()
        {
            committed.send(()).unwrap();
            let _ = go.recv_timeout(PATIENCE);
        }
    });
    (is_committed, let_go)
}

/// An apply on its way, one campaign at a time.
fn apply_slowly(repo: &Repo) -> Child {
    repo.command(&["apply", "--auto-approve", "--parallelism", "1"]).stdout(Stdio::piped()).stderr(Stdio::piped()).spawn().unwrap()
}

#[tokio::test(flavor = "multi_thread", worker_threads = 4)]
async fn a_run_that_is_killed_while_it_creates_is_finished_by_the_next() {
    let (server, repo) = three_to_create().await;
    let (is_committed, let_go) = hold_first_create(&server);
    let mut child = apply_slowly(&repo);
    is_committed.recv_timeout(PATIENCE).unwrap();
    child.kill().unwrap();
    child.wait().unwrap();
    let_go.send(()).unwrap();
    assert_eq!(server.campaigns().await.len(), 1);

    repo.run(&["apply", "--auto-approve", "--settle", "100ms"])
        .exits(0)
        .says(") was created by the run of 20")
        .says(", which did not learn of it; it is managed from now on.")
        .says("Apply complete! Resources: 2 added, 0 changed, 0 destroyed.");
    assert_eq!(created(&server), once_each(&["One", "Three", "Two"]));
    repo.run(&["plan", "--detailed-exitcode"]).exits(0).says("No changes.");
}

#[cfg(unix)]
#[tokio::test(flavor = "multi_thread", worker_threads = 4)]
async fn a_run_that_is_asked_to_stop_finishes_what_it_began() {
    let (server, repo) = three_to_create().await;
    let (is_committed, let_go) = hold_first_create(&server);
    let mut child = apply_slowly(&repo);
    is_committed.recv_timeout(PATIENCE).unwrap();
    let signalled = Command::new("sh").args(["-c", "kill -TERM \"$0\"", &child.id().to_string()]).status().unwrap();
    assert!(signalled.success());
    let mut told = BufReader::new(child.stderr.take().unwrap()).lines().map(Result::unwrap);
    let line = told.find(|line| !line.is_empty() && !line.starts_with("Warning:")).unwrap();
    assert!(line.starts_with("Interrupted: nothing new is started"), "{line}");
    let_go.send(()).unwrap();
    let ended = child.wait_with_output().unwrap();
    let out = String::from_utf8(ended.stdout).unwrap();
    assert_eq!(ended.status.code(), Some(1), "{out}");
    assert!(out.contains("Resources: 1 added, 0 changed, 0 destroyed.") && out.contains("the run was interrupted"), "{out}");
    assert!(out.contains("` plans back to before it."), "{out}");
    assert_eq!(server.campaigns().await.len(), 1);
    let state: Value = serde_json::from_str(&std::fs::read_to_string(repo.path("state.json")).unwrap()).unwrap();
    assert_eq!(state["campaigns"].as_object().unwrap().len(), 1, "what was in flight is recorded");
    assert!(state["intents"].is_null(), "what was never sent leaves no trace: {state}");

    repo.run(&["apply", "--auto-approve"]).exits(0).says("Apply complete! Resources: 2 added, 0 changed, 0 destroyed.");
    assert_eq!(created(&server), once_each(&["One", "Three", "Two"]));
}
