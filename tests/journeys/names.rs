//! Queues have names: people read those in plans and drift, and machines the ids.

use campaignctl::emulator::{FaultScript, UnknownFields};
use serde_json::{Value, json};
use wiremock::matchers::{method, path};
use wiremock::{Mock, MockServer, ResponseTemplate};

use crate::repo::{Repo, Server, campaign};

const WEB_SUPPORT: &str = "a1b2c3d4-e5f6-7890-abcd-ef1234567890";
const GENERAL: &str = "b7e1f2a3-4c5d-4e6f-8a9b-0c1d2e3f4a5b";
const NOBODYS: &str = "00000000-0000-4000-8000-000000000000";

/// A campaign that is routed like this.
fn routed(name: &str, routing: &str) -> String {
    campaign(name, 45).replace(&format!("queueId: {WEB_SUPPORT}"), routing)
}

#[tokio::test(flavor = "multi_thread")]
async fn a_plan_names_the_queues_that_it_shows_in_every_format_and_offline() {
    let server = Server::start(UnknownFields::Reject).await;
    let repo = Repo::of_server(server.emulator.base_url());
    repo.campaign("one", &campaign("One", 45));
    repo.run(&["apply", "--auto-approve", "-q"]).exits(0);
    repo.campaign("one", &routed("One", &format!("queueId: {GENERAL}, overflowQueueId: {NOBODYS}")));

    let changed = format!("routingConfig.queueId: \"Web Support\" ({WEB_SUPPORT}) -> \"General\" ({GENERAL})");
    let missing = format!("routingConfig.overflowQueueId: \"{NOBODYS}\" (no such queue)");
    let shown = repo.run(&["plan", "--out", "p.plan"]).exits(0).says(&changed).says(&missing);
    repo.run(&["plan", "--format", "markdown"])
        .exits(0)
        .says(&format!("\n- \"Web Support\" ({WEB_SUPPORT})\n+ \"General\" ({GENERAL})\n"))
        .says(&missing);
    repo.run(&["plan", "--format", "html"]).exits(0).says("&#34;Web Support&#34; (").says(&format!("&#34;{NOBODYS}&#34; (no such queue)"));
    let json: Value = serde_json::from_str(&repo.run(&["plan", "--format", "json"]).exits(0).out).unwrap();
    assert_eq!(
        json["campaignctl"]["queues"],
        json!({
            (WEB_SUPPORT): { "name": "Web Support", "unique": true },
            (GENERAL): { "name": "General", "unique": true },
            (NOBODYS): { "unique": false },
        })
    );
    let fields = json["campaignctl"]["changes"][0]["fields"].as_array().unwrap();
    let queue = fields.iter().find(|field| field["path"].as_str().unwrap().ends_with("queueId")).unwrap();
    assert_eq!((&queue["before"], &queue["after"]), (&json!(WEB_SUPPORT), &json!(GENERAL)), "values are what is sent");
    assert_eq!(json["resource_changes"][0]["change"]["after"]["actions"][0]["routingConfig"]["queueId"], GENERAL);

    drop(server);
    let offline = repo.run(&["show", "p.plan"]).exits(0);
    let changes = |text: &str| text.split_once("Visitors").unwrap().1.split_once("Plan:").unwrap().0.to_owned();
    assert_eq!(changes(&offline.out), changes(&shown.out));
}

#[tokio::test(flavor = "multi_thread")]
async fn queues_are_listed_once_and_only_where_somebody_reads_their_names() {
    let server = Server::start(UnknownFields::Reject).await;
    let repo = Repo::of_server(server.emulator.base_url());
    repo.campaign("one", &campaign("One", 45));
    repo.run(&["apply", "--auto-approve", "-q"]).exits(0);
    let costs = |arguments: &[&str]| {
        let before = server.emulator.request_count();
        repo.run(arguments).exits(0);
        server.emulator.request_count() - before
    };
    assert_eq!(costs(&["plan"]), 3, "token, organization, campaigns");
    assert_eq!(costs(&["drift"]), 3);
    repo.campaign("one", &campaign("One", 60));
    assert_eq!(costs(&["plan"]), 3, "a change without a queue asks for none");
    repo.campaign("one", &routed("One", &format!("queueId: {GENERAL}")));
    assert_eq!(costs(&["plan"]), 4, "the change shows an id");
    repo.campaign("one", &routed("One", "queue: General, overflowQueue: Sales"));
    repo.campaign("two", &routed("Two", "queue: General"));
    assert_eq!(costs(&["plan"]), 4, "the files name queues, the changes show ids: one list");
    assert_eq!(costs(&["drift"]), 4, "the files name queues");
}

#[tokio::test(flavor = "multi_thread")]
async fn drift_names_the_queues_that_it_shows() {
    let server = Server::start(UnknownFields::Reject).await;
    let repo = Repo::of_server(server.emulator.base_url());
    repo.campaign("one", &campaign("One", 45));
    repo.run(&["apply", "--auto-approve", "-q"]).exits(0);
    server.edit("One", |campaign| campaign["actions"][0]["routingConfig"]["queueId"] = json!(GENERAL)).await;
    let before = server.emulator.request_count();
    repo.run(&["drift"]).exits(0).says(&format!("queueId: \"Web Support\" ({WEB_SUPPORT}) -> \"General\" ({GENERAL})"));
    assert_eq!(server.emulator.request_count() - before, 4);
    repo.run(&["drift", "--format", "markdown"])
        .exits(0)
        .says(&format!("| `\"Web Support\" ({WEB_SUPPORT})` | `\"General\" ({GENERAL})` |"));
    let json: Value = serde_json::from_str(&repo.run(&["drift", "--format", "json"]).exits(0).out).unwrap();
    assert_eq!(json["campaigns"][0]["fields"][0]["live"], GENERAL);
    assert_eq!(json["queues"][GENERAL], json!({ "name": "General", "unique": true }));
}

#[tokio::test(flavor = "multi_thread")]
async fn who_may_not_list_queues_reads_ids_unless_a_file_names_one() {
    let server = Server::start(UnknownFields::Reject).await;
    let repo = Repo::of_server(server.emulator.base_url());
    repo.campaign("one", &campaign("One", 45));
    server.emulator.set_faults(FaultScript::of(&["queues:status-before-commit=403,times=9"]).unwrap());
    let ran = repo.run(&["plan"]).exits(0).says(&format!("queueId: \"{WEB_SUPPORT}\"\n")).says("1 to add");
    assert!(!ran.err.contains("queue") && !ran.err.contains("403"), "nothing is wrong with that: {ran:#?}");
    repo.run(&["apply", "--auto-approve"]).exits(0).says("1 added");
    repo.campaign("one", &routed("One", "queue: General"));
    repo.run(&["plan"]).exits(1).complains("403").complains("give a role with that permission to the OAuth client");
}

#[tokio::test(flavor = "multi_thread")]
async fn every_name_that_cannot_be_used_is_told_at_its_place() {
    let server = Server::start(UnknownFields::Reject).await;
    let repo = Repo::of_server(server.emulator.base_url());
    let second =
        "  - { type: webchat_invite, priority: 2, routingConfig: { queue: Generall, skillGroups: [web_support_tier1] } }\nthrottling";
    repo.campaign("one", &routed("One", "queue: web support, overflowQueue: ' General'").replace("throttling", second));
    repo.campaign("two", &routed("Two", "queue: Nothing like it"));
    for arguments in [["plan", "-q"], ["drift", "-q"]] {
        let ran = repo.run(&arguments).exits(1).complains("name queues that cannot be used");
        for told in [
            "campaigns/one.yaml:12:29",
            "has no queue named `web support`",
            "names are exact: write `Web Support`, which differs only in capitals or blanks",
            "campaigns/one.yaml:12:57",
            "has no queue named ` General`",
            "names are exact: write `General`,",
            "`actions[1].routingConfig.queue`: environment `rehearsal` has no queue named `Generall`",
            "did you mean `General`? Names are compared exactly",
            "campaigns/two.yaml:12:29",
            "create the queue in Genesys Cloud, or use the name of one that exists",
        ] {
            assert!(format!("{}{}", ran.out, ran.err).contains(told), "{told}: {ran:#?}");
        }
    }
}

/// A server whose queues are these.
async fn with_queues(queues: Value) -> MockServer {
    let server = MockServer::start().await;
    let page = |entities: Value| {
        let total = entities.as_array().unwrap().len();
        json!({ "entities": entities, "pageSize": 100, "pageNumber": 1, "total": total, "pageCount": total.min(1) })
    };
    for (verb, at, body) in [
        ("POST", "/oauth/token", json!({ "access_token": "t", "token_type": "bearer", "expires_in": 86400 })),
        ("GET", "/api/v2/organizations/me", json!({ "id": "5a3b1c9e-7d24-4f68-9b0a-c1e2d3f4a5b6", "name": "Acme" })),
        ("GET", "/api/v2/analytics/predictiveengagement/campaigns", page(json!([]))),
        ("GET", "/api/v2/routing/queues", page(queues)),
    ] {
        Mock::given(method(verb)).and(path(at)).respond_with(ResponseTemplate::new(200).set_body_json(body)).mount(&server).await;
    }
    server
}

#[tokio::test(flavor = "multi_thread")]
async fn names_of_several_queues_and_hostile_ones_are_no_trap() {
    let twins = [json!({ "id": WEB_SUPPORT, "name": "Twin" }), json!({ "id": GENERAL, "name": "Twin" })];
    let hostile = json!({ "id": NOBODYS, "name": "evil\u{1b}[31m\n::error::`@team`|<b>\u{202e}" });
    let alike = [json!({ "id": "1", "name": "Sales" }), json!({ "id": "2", "name": "SALES " })];
    let server = with_queues(Value::from_iter(twins.into_iter().chain([hostile]).chain(alike))).await;
    let repo = Repo::of_server(&server.uri());
    repo.campaign("one", &routed("One", &format!("queueId: {WEB_SUPPORT}, overflowQueueId: {NOBODYS}")));
    repo.run(&["plan"])
        .exits(0)
        .says(&format!("queueId: \"{WEB_SUPPORT}\" (2 queues are named \"Twin\")"))
        .says(&format!("overflowQueueId: \"evil\\u{{1b}}[31m\\n::error::`@team`|<b>\\u{{202e}}\" ({NOBODYS})"));
    for format in ["markdown", "html", "json"] {
        let ran = repo.run(&["plan", "--format", format]).exits(0);
        assert!(!ran.out.contains(['\u{1b}', '\u{202e}']) && !ran.out.contains("\n::error::"), "{format}: {ran:#?}");
        // In the Markdown it stands in a block of code, in the JSON in a string.
        assert!(format != "html" || !ran.out.contains("<b>\\u{202e}"), "{format}: {ran:#?}");
    }
    repo.campaign("one", &routed("One", "queue: Twin, overflowQueue: sales"));
    let ran = repo.run(&["plan"]).exits(1);
    for told in [
        "2 queues of environment `rehearsal` are named `Twin`",
        &format!("write the id instead: one of {WEB_SUPPORT}, {GENERAL}"),
        "names are exact: write one of `SALES `, `Sales`, which differ only in capitals or blanks",
    ] {
        assert!(format!("{}{}", ran.out, ran.err).contains(told), "{told}: {ran:#?}");
    }
}
