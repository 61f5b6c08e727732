//! Everything a user can get wrong before anything is sent.

use campaignctl::emulator::UnknownFields;

use crate::repo::{Repo, Server, campaign};

#[test]
fn every_broken_file_is_a_finding_with_its_place() {
    let good = campaign("Good", 45);
    let table: Vec<(&str, Vec<u8>, &str)> = vec![
        ("wrong type", good.replace("enabled: true", "enabled: sure").into(), "enabled"),
        ("unknown field", good.replace("evaluationMode:", "evaluationmode:").into(), "did you mean `evaluationMode`"),
        ("tab", good.replace("  - type", "\t- type").into(), "tab"),
        ("empty file", Vec::new(), "empty"),
        ("binary file", (0..=255u8).cycle().take(5000).collect(), "UTF-8"),
        ("2 MiB", vec![b'#'; 2 << 20], "1 MiB"),
        ("duplicate key", format!("{good}name: Again\n").into(), "name"),
        ("exploding anchors", explosion().into(), "alias"),
        ("float in quotes", good.replace("value: 45, dataType: integer", "value: \"0.87\", dataType: float").into(), "0.87"),
    ];
    for (what, bytes, told) in table {
        let repo = Repo::new("environments:\n  local: { emulator: .e }\n");
        std::fs::write(repo.path("campaigns/broken.yaml"), bytes).unwrap();
        repo.campaign("fine", &campaign("Fine", 45));
        let ran = repo.run(&["validate"]).exits(1);
        assert!(ran.out.contains("campaigns/broken.yaml:"), "{what} has no place: {ran:#?}");
        assert!(ran.out.contains(told), "{what} does not tell {told:?}: {ran:#?}");
        repo.run(&["plan"]).exits(1).complains("campaigns/broken.yaml:").complains("nothing was planned");
    }
}

fn explosion() -> String {
    let mut text = "a0: &a0 [x, x, x, x, x, x, x, x, x]\n".to_owned();
    for level in 1..10 {
        let aliases = vec![format!("*a{}", level - 1); 9].join(", ");
        text.push_str(&format!("a{level}: &a{level} [{aliases}]\n"));
    }
    text
}

#[test]
fn all_findings_of_all_files_come_at_once() {
    let repo = Repo::new("environments:\n  local: { emulator: .e }\n");
    for key in ["a", "b"] {
        let text = campaign(key, 45).replace("enabled: true", "enabled: sure").replace("priority: 1", "priority: 0");
        repo.campaign(key, &text);
    }
    let ran = repo.run(&["validate"]).exits(1).says("4 errors in 2 files.");
    for place in ["campaigns/a.yaml:2:10", "campaigns/a.yaml:10:15", "campaigns/b.yaml:2:10", "campaigns/b.yaml:10:15"] {
        assert!(ran.out.contains(place), "{place}: {}", ran.out);
    }
}

#[test]
fn no_project_and_unknown_environments_are_explained() {
    let repo = Repo::sample();
    repo.run(&["plan", "-e", "locla"]).exits(1).complains("there is no environment `locla`").complains("local");
    repo.remove("campaignctl.yaml");
    repo.run(&["plan"]).exits(1).complains("no campaignctl.yaml in");
    repo.run(&["plan", "--project", "nowhere"]).exits(1).complains("nowhere");
}

#[test]
fn an_environment_needs_credentials_of_its_own_region() {
    let mut repo = Repo::new("environments:\n  production: { region: eu-west-1, state: s.json }\n");
    repo.campaign("one", &campaign("One", 45));
    repo.run(&["plan"]).exits(1).complains("no credentials for environment `production`").complains("GENESYSCLOUD_OAUTHCLIENT_ID");
    repo.set("GENESYSCLOUD_OAUTHCLIENT_ID", "id");
    repo.run(&["plan"]).exits(1).complains("GENESYSCLOUD_OAUTHCLIENT_SECRET is not");
    repo.set("GENESYSCLOUD_OAUTHCLIENT_SECRET", "secret");
    repo.set("GENESYSCLOUD_REGION", "us-east-1");
    repo.run(&["plan"]).exits(1).complains("is in region eu-west-1, but GENESYSCLOUD_REGION says `us-east-1`");
}

#[test]
fn plain_http_leaves_this_machine_never() {
    let repo = Repo::of_server("http://api.example.com");
    repo.campaign("one", &campaign("One", 45));
    repo.run(&["plan"]).exits(1).complains("https://");
}

#[tokio::test(flavor = "multi_thread")]
async fn the_wrong_organization_is_refused_before_anything_is_read() {
    let server = Server::start(UnknownFields::Reject).await;
    let repo = Repo::of_server(server.emulator.base_url());
    let url = server.emulator.base_url();
    repo.write("campaignctl.yaml", &format!("environments:\n  rehearsal: {{ baseUrl: \"{url}\", organization: another }}\n"));
    repo.campaign("one", &campaign("One", 45));
    let before = server.emulator.request_count();
    repo.run(&["plan"]).exits(1).complains("is organization another, but these credentials belong to");
    assert_eq!(server.emulator.request_count() - before, 2, "token and organization, no campaigns");
}

#[tokio::test(flavor = "multi_thread")]
async fn an_unknown_queue_is_a_finding_at_its_place() {
    let server = Server::start(UnknownFields::Reject).await;
    let repo = Repo::of_server(server.emulator.base_url());
    repo.campaign("one", &campaign("One", 45).replace("queueId: a1b2c3d4-e5f6-7890-abcd-ef1234567890", "queue: Web Suport"));
    repo.run(&["plan"])
        .exits(1)
        .complains("campaigns/one.yaml:12:29")
        .complains("has no queue named `Web Suport`")
        .complains("did you mean `Web Support`?");
}

#[test]
fn wrong_arguments_are_never_mistaken_for_pending_changes() {
    let repo = Repo::sample();
    repo.run(&["plan", "--detailed-exitcode", "--detailed"]).exits(1).complains("--detailed");
    repo.run(&["plna"]).exits(1).complains("plan");
    repo.run(&["--version"]).exits(0).says("campaignctl 0.1.0");
}
