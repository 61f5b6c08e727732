//! Two live campaigns of one name: refused, listed, resolved by one command.

use campaignctl::emulator::UnknownFields;
use serde_json::json;

use crate::repo::{Repo, Server, campaign};

#[tokio::test(flavor = "multi_thread")]
async fn ambiguous_names_are_refused_with_both_ids_and_resolved_by_import() {
    let server = Server::start(UnknownFields::Reject).await;
    let body = json!({
        "name": "One", "campaignType": "proactive", "evaluationMode": "realtime",
        "filters": [{ "attributeName": "session.a", "operator": "equals", "value": true, "dataType": "boolean" }],
        "actions": [{ "type": "webchat_invite", "priority": 1 }]
    });
    let ids = [server.create(body.clone()).await, server.create(body).await];
    let repo = Repo::of_server(server.emulator.base_url());
    repo.campaign("one", &campaign("One", 45));
    let mut refused = repo.run(&["plan"]).exits(1).complains("2 live campaigns are named \"One\"");
    for id in &ids {
        refused = refused.complains(&format!("campaignctl import -e rehearsal campaign.one --id {id}"));
    }
    repo.run(&["apply", "--auto-approve"]).exits(1);
    assert_eq!(server.campaigns().await.len(), 2, "nothing was created");

    repo.run(&["import", "-e", "rehearsal", "campaign.one", "--id", &ids[1]]).exits(0).says("Import successful!");
    repo.run(&["plan"]).exits(0).says(&format!("id: \"{}\"", ids[1])).says("Plan: 0 to add, 1 to change, 0 to destroy.");
    repo.run(&["apply", "--auto-approve"]).exits(0);
    repo.run(&["plan", "--detailed-exitcode", "--show-unmanaged"]).exits(0).says(&ids[0]);
}

#[tokio::test(flavor = "multi_thread")]
async fn import_says_what_does_not_fit() {
    let server = Server::start(UnknownFields::Reject).await;
    let repo = Repo::of_server(server.emulator.base_url());
    repo.campaign("one", &campaign("One", 45));
    repo.campaign("two", &campaign("Two", 45));
    repo.run(&["apply", "--auto-approve"]).exits(0);
    let id_of = |live: &[serde_json::Value], name: &str| {
        live.iter().find(|campaign| campaign["name"] == name).unwrap()["id"].as_str().unwrap().to_owned()
    };
    let live = server.campaigns().await;
    repo.run(&["import", "one", "--id", &id_of(&live, "Two")]).exits(1).complains("is already campaign.two");
    repo.run(&["import", "three", "--id", &id_of(&live, "Two")]).exits(1).complains("campaign.three is not declared");
    repo.run(&["import", "one", "--id", "00000000-0000-4000-8000-000000000000"]).exits(1).complains("campaign.one is already");
}
