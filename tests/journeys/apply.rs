//! Applying: what somebody else changed meanwhile is left alone, and everything that happened is told and remembered.

use std::collections::BTreeSet;
use std::num::NonZeroUsize;

use campaignctl::apply::{Options, Outcome, Report};
use campaignctl::emulator::UnknownFields;
use campaignctl::load::open_project;
use campaignctl::model::{Guards, Secret, StateLocation};
use campaignctl::ops::apply::{apply, prepare_apply};
use campaignctl::ops::plan::{Planned, Request};
use campaignctl::ops::{Access, Scope};
use campaignctl::reconcile::Goal;
use campaignctl::remote::{Credentials, Settings};
use campaignctl::state::{Holder, StateAccess, StateStore};
use serde_json::json;
use tokio::sync::watch;

use crate::repo::{Repo, Server, campaign};

async fn planned(repo: &Repo) -> Planned {
    let project = open_project(&repo.path(".")).unwrap();
    let environment = project.environment(None).unwrap();
    let credentials = Credentials::Client { id: "journey".to_owned(), secret: Secret::new("x") };
    let request = Request {
        scope: Scope {
            access: Access { credentials: Some(credentials), region: None, ..Access::default() },
            settings: Settings::default(),
            project,
            environment,
        },
        guards: Guards::default(),
        allow_destroy: BTreeSet::new(),
        goal: Goal::Files,
    };
    prepare_apply(request, holder(), None).await.unwrap()
}

fn holder() -> Holder {
    Holder { command: "apply".to_owned(), process: 1, since: jiff::Timestamp::UNIX_EPOCH, ..Holder::default() }
}

fn state_of(repo: &Repo) -> StateStore {
    StateStore::open(&StateLocation::File(repo.path("state.json")), &StateAccess::default(), "rehearsal").unwrap()
}

async fn make(planned: Planned, stopped: bool) -> Report {
    let (_sender, stop) = watch::channel(stopped);
    apply(
        planned,
        Options {
            parallelism: NonZeroUsize::MIN,
            settle: std::time::Duration::ZERO,
            save_every: std::time::Duration::ZERO,
            run: "a-run".to_owned(),
        },
        stop,
        |_| {},
    )
    .await
    .unwrap()
}

fn outcome<'a>(report: &'a Report, key: &str) -> &'a Outcome {
    &report.rows.iter().find(|row| row.key.as_str() == key).unwrap().outcome
}

#[tokio::test(flavor = "multi_thread")]
async fn a_campaign_edited_between_plan_and_write_is_left_alone() {
    let server = Server::start(UnknownFields::Reject).await;
    let repo = Repo::of_server(server.emulator.base_url());
    for name in ["edited", "gone", "removed", "fine"] {
        repo.campaign(name, &campaign(name, 45));
    }
    repo.run(&["apply", "--auto-approve"]).exits(0);
    repo.campaign("edited", &campaign("edited", 60));
    repo.campaign("gone", &campaign("gone", 60));
    repo.campaign("fine", &campaign("fine", 60));
    repo.remove("campaigns/removed.yaml");
    let planned = planned(&repo).await;

    server.edit("edited", |campaign| campaign["enabled"] = json!(false)).await;
    server.edit("removed", |campaign| campaign["description"] = json!("still needed")).await;
    let gone = server.campaigns().await.into_iter().find(|campaign| campaign["name"] == "gone").unwrap();
    server.delete(gone["id"].as_str().unwrap()).await;

    let report = make(planned, false).await;
    for key in ["edited", "gone", "removed"] {
        assert!(matches!(outcome(&report, key), Outcome::Conflict { .. }), "{key}: {:?}", outcome(&report, key));
    }
    assert!(matches!(outcome(&report, "fine"), Outcome::Done { .. }));
    let Outcome::Conflict { reason } = outcome(&report, "edited") else { panic!() };
    assert!(reason.contains("it was changed since the plan by \"somebody-else\" at 20"), "{reason}");
    let live = server.campaigns().await;
    let edited = live.iter().find(|campaign| campaign["name"] == "edited").unwrap();
    assert_eq!((&edited["enabled"], &edited["filters"][0]["value"]), (&json!(false), &json!(45)), "nothing was overwritten");
    assert!(live.iter().any(|campaign| campaign["name"] == "removed"), "nothing was deleted");
    assert!(live.iter().all(|campaign| campaign["name"] != "gone"), "nothing was brought back");
}

#[tokio::test(flavor = "multi_thread")]
async fn an_interrupted_run_starts_nothing_and_says_so() {
    let server = Server::start(UnknownFields::Reject).await;
    let repo = Repo::of_server(server.emulator.base_url());
    repo.campaign("one", &campaign("One", 45));
    let report = make(planned(&repo).await, true).await;
    let Outcome::NotAttempted { reason } = outcome(&report, "one") else { panic!("{report:?}") };
    assert_eq!(reason, "the run was interrupted");
    assert!(server.campaigns().await.is_empty());
    repo.run(&["apply", "--auto-approve"]).exits(0).says("1 added");
}

#[tokio::test(flavor = "multi_thread")]
async fn a_second_apply_at_the_same_time_is_told_who_is_first() {
    let server = Server::start(UnknownFields::Reject).await;
    let repo = Repo::of_server(server.emulator.base_url());
    repo.campaign("one", &campaign("One", 45));
    let lock = state_of(&repo).lock(&holder()).await.unwrap();
    repo.run(&["apply", "--auto-approve"]).exits(1).complains("is locked by `campaignctl apply` (process 1, since");
    repo.run(&["apply", "--auto-approve", "--exit-codes", "fine"]).exits(4);
    repo.run(&["plan"]).exits(0);
    drop(lock);
    repo.run(&["apply", "--auto-approve"]).exits(0);
}

#[tokio::test(flavor = "multi_thread")]
async fn a_state_that_cannot_be_written_stops_the_run() {
    let server = Server::start(UnknownFields::Reject).await;
    let repo = Repo::of_server(server.emulator.base_url());
    for number in 0..20 {
        repo.campaign(&format!("c{number:02}"), &campaign(&format!("C {number}"), 45));
    }
    let planned = planned(&repo).await;
    // A folder in the place of the state cannot be replaced by a file.
    std::fs::create_dir(repo.path("state.json")).unwrap();
    let report = make(planned, false).await;
    assert!(report.state_error.is_some());
    assert!(!report.is_complete());
    assert!(server.campaigns().await.len() < 3, "what cannot be remembered is not continued");
    std::fs::remove_dir(repo.path("state.json")).unwrap();
    repo.run(&["apply", "--auto-approve"]).exits(0);
    assert_eq!(server.campaigns().await.len(), 20, "what was created is taken over, not created again");
}
