//! `validate --online`: do the queues, skill groups and wrap-up codes exist?

use campaignctl::emulator::UnknownFields;

use crate::repo::{Repo, Server, campaign};

#[tokio::test(flavor = "multi_thread")]
async fn names_that_do_not_exist_are_findings_with_the_nearest_ones() {
    let server = Server::start(UnknownFields::Reject).await;
    let repo = Repo::of_server(server.emulator.base_url());
    let text = campaign("One", 45)
        .replace(
            "queueId: a1b2c3d4-e5f6-7890-abcd-ef1234567890",
            "queue: Order Halp, overflowQueueId: 00000000-0000-4000-8000-000000000000",
        )
        .replace("[web_support_tier1]", "[web_support_tier1, web_suport_tier2], wrapUpCode: nobody_knows");
    repo.campaign("one", &text);
    repo.run(&["validate"]).exits(0);
    let before = server.emulator.request_count();
    let ran = repo.run(&["validate", "--online"]).exits(1);
    for told in [
        "has no queue named `Order Halp`",
        "did you mean `Order Help`?",
        "has no queue with the id 00000000-0000-4000-8000-000000000000",
        "has no skill group named `web_suport_tier2`",
        "did you mean `web_support_tier2`?",
        "has no wrap-up code named `nobody_knows`",
        "campaigns/one.yaml:12:29",
        "4 errors in 1 file.",
    ] {
        assert!(ran.out.contains(told), "{told}: {}", ran.out);
    }
    assert_eq!(server.emulator.request_count() - before, 5, "token, organization, and one list of each kind");
}

#[tokio::test(flavor = "multi_thread")]
async fn a_kind_that_nobody_refers_to_is_not_listed() {
    let server = Server::start(UnknownFields::Reject).await;
    let repo = Repo::of_server(server.emulator.base_url());
    repo.campaign(
        "one",
        &campaign("One", 45)
            .replace("    routingConfig: { queueId: a1b2c3d4-e5f6-7890-abcd-ef1234567890, skillGroups: [web_support_tier1] }\n", ""),
    );
    let before = server.emulator.request_count();
    repo.run(&["validate", "--online"]).exits(0);
    assert_eq!(server.emulator.request_count() - before, 2, "token and organization");
}

#[test]
fn the_samples_refer_to_what_the_emulator_has() {
    Repo::sample().run(&["validate", "--online"]).exits(0).says("5 campaigns in 5 files are valid.");
}

#[test]
fn findings_are_told_although_the_server_is_down() {
    let repo = Repo::of_server("http://127.0.0.1:1");
    repo.campaign("one", &campaign("One", 45).replace("enabled: true", "enabled: sure"));
    repo.run(&["validate", "--online"]).exits(1).says("campaigns/one.yaml:2:10").complains("could not connect");
}
