//! A server whose answers to writes are not about what was sent: what is done, what is said, what is remembered.

use std::sync::{Arc, Mutex};

use campaignctl::emulator::{FaultScript, UnknownFields};
use serde_json::{Value, json};
use wiremock::matchers::any;
use wiremock::{Mock, MockServer, Request, ResponseTemplate};

use crate::repo::{Ran, Repo, Server, campaign, in_format_1};

const CAMPAIGNS: &str = "/api/v2/analytics/predictiveengagement/campaigns";

/// What is wrong with the answers to writes.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Twist {
    /// Nothing.
    None,
    /// From the second create on: it is done, and answered with a copy of the first answer.
    Repeated,
    /// The second create: it is not done, and answered with a copy of the first answer.
    RepeatedNotDone,
    /// A create is done, and answered with the campaign that was there before.
    Existing,
    /// A create is done, and answered with a page of something in between.
    Html,
    /// A create is done, and half of its answer is JSON.
    Torn,
    /// A create is answered with its id in capital letters.
    Capitals,
    /// A create is answered with version 0.
    VersionZero,
    /// A create is stored under its name without the blanks around it.
    Trimmed,
    /// An update is done, and answered with the campaign as it was.
    OldBody,
    /// An update is not done, and answered with the campaign as it was.
    OldBodyNotDone,
    /// An update is done, and answered with another campaign.
    Another,
    /// A deletion is done, and answered with the campaign.
    Deleted,
    /// A deletion is not done, and answered with the campaign.
    NotDeleted,
    /// Numbers are stored as 32-bit floats.
    Rounded,
}

/// The campaigns of a server.
struct Store {
    live: Vec<Value>,
    first_answer: Option<Value>,
    created: usize,
    twist: Twist,
}

fn ok(body: &Value) -> ResponseTemplate {
    ResponseTemplate::new(200).set_body_json(body)
}

impl Store {
    fn answer(&mut self, request: &Request) -> ResponseTemplate {
        let path = request.url.path();
        let id = path.strip_prefix(CAMPAIGNS).map(|rest| rest.trim_start_matches('/').to_ascii_lowercase());
        match (request.method.as_str(), id.as_deref()) {
            (_, None) if path == "/oauth/token" => ok(&json!({"access_token": "a-token", "token_type": "bearer", "expires_in": 3600})),
            (_, None) if path.ends_with("/me") => ok(&json!({"id": "o-1", "name": "Acme"})),
            (_, None) => ok(&json!({"entities": [], "pageSize": 100, "pageNumber": 1, "total": 0, "pageCount": 0})),
            ("GET", Some("")) => {
                let count = self.live.len();
                ok(&json!({"entities": self.live, "pageSize": 100, "pageNumber": 1, "total": count, "pageCount": 1}))
            }
            ("POST", Some(_)) => self.create(request.body_json().unwrap()),
            ("GET", Some(id)) => self.find(id).map_or_else(gone, |found| ok(&found)),
            ("PUT", Some(id)) => self.update(id, request.body_json().unwrap()),
            (_, Some(id)) => self.delete(id),
        }
    }

    fn find(&self, id: &str) -> Option<Value> {
        self.live.iter().find(|campaign| campaign["id"] == id).cloned()
    }

    fn stored(&self, mut body: Value) -> Value {
        if self.twist == Twist::Trimmed {
            body["name"] = json!(body["name"].as_str().unwrap().trim());
        }
        for filter in body["filters"].as_array_mut().unwrap() {
            if let Some(value) = filter["value"].as_f64().filter(|_| self.twist == Twist::Rounded && filter["dataType"] == "float") {
                #[allow(clippy::cast_possible_truncation, reason = "that is what this server does")]
                let rounded = value as f32;
                filter["value"] = json!(f64::from(rounded));
            }
        }
        body["modifiedBy"] = json!("journey");
        body
    }

    fn create(&mut self, body: Value) -> ResponseTemplate {
        self.created += 1;
        let mut made = self.stored(body);
        let id = format!("0b3a3c5e-6f0e-4a53-9d0e-{:012x}", 0xabc0 + self.created);
        (made["id"], made["version"], made["dateCreated"]) = (json!(id), json!(1), json!(jiff::Timestamp::now()));
        if self.twist == Twist::RepeatedNotDone && self.created == 2 {
            return ResponseTemplate::new(201).set_body_json(&self.first_answer);
        }
        self.live.push(made.clone());
        let first = self.first_answer.get_or_insert_with(|| made.clone()).clone();
        let answer = match self.twist {
            Twist::Repeated => first,
            Twist::Existing => self.live[0].clone(),
            Twist::Html => return ResponseTemplate::new(200).set_body_raw("<html><title>Sign in</title></html>", "text/html"),
            Twist::Torn => {
                let text = made.to_string();
                return ResponseTemplate::new(201).set_body_raw(&text[..text.len() / 2], "application/json");
            }
            Twist::Capitals => {
                made["id"] = json!(made["id"].as_str().unwrap().to_ascii_uppercase());
                made
            }
            Twist::VersionZero => {
                made["version"] = json!(0);
                made
            }
            _ => made,
        };
        ResponseTemplate::new(201).set_body_json(answer)
    }

    fn update(&mut self, id: &str, body: Value) -> ResponseTemplate {
        let Some(before) = self.find(id) else { return gone() };
        if body["version"] != before["version"] {
            return ResponseTemplate::new(409).set_body_json(json!({"message": "stale", "code": "version.mismatch", "status": 409}));
        }
        if self.twist == Twist::OldBodyNotDone {
            return ok(&before);
        }
        let mut after = self.stored(body);
        (after["id"], after["version"]) = (before["id"].clone(), json!(before["version"].as_u64().unwrap() + 1));
        after["dateCreated"] = before["dateCreated"].clone();
        *self.live.iter_mut().find(|campaign| campaign["id"] == id).unwrap() = after.clone();
        match self.twist {
            Twist::OldBody => ok(&before),
            Twist::Another => ok(self.live.iter().find(|campaign| campaign["id"] != id).unwrap()),
            _ => ok(&after),
        }
    }

    fn delete(&mut self, id: &str) -> ResponseTemplate {
        let Some(before) = self.find(id) else { return gone() };
        if self.twist != Twist::NotDeleted {
            self.live.retain(|campaign| campaign["id"] != id);
        }
        if matches!(self.twist, Twist::Deleted | Twist::NotDeleted) { ok(&before) } else { ResponseTemplate::new(204) }
    }
}

fn gone() -> ResponseTemplate {
    ResponseTemplate::new(404).set_body_json(json!({"message": "gone", "code": "not.found", "status": 404}))
}

/// A repo and the server that it is applied to.
struct World {
    repo: Repo,
    store: Arc<Mutex<Store>>,
    _server: MockServer,
}

impl World {
    async fn new(twist: Twist) -> Self {
        let server = MockServer::start().await;
        let store = Arc::new(Mutex::new(Store { live: Vec::new(), first_answer: None, created: 0, twist }));
        let answers = Arc::clone(&store);
        Mock::given(any()).respond_with(move |request: &Request| answers.lock().unwrap().answer(request)).mount(&server).await;
        Self { repo: Repo::of_server(&server.uri()), store, _server: server }
    }

    /// The same after these campaigns were applied, without any twist.
    async fn after(names: &[&str], twist: Twist) -> Self {
        let world = Self::new(Twist::None).await;
        world.declare(names);
        world.apply(1).exits(0);
        world.store.lock().unwrap().twist = twist;
        world
    }

    fn declare(&self, names: &[&str]) {
        for name in names {
            self.repo.campaign(&name.to_ascii_lowercase(), &campaign(name, 45));
        }
    }

    fn apply(&self, parallelism: usize) -> Ran {
        let parallelism = parallelism.to_string();
        self.repo.run(&["apply", "--auto-approve", "--settle", "1ms", "--parallelism", &parallelism, "--exit-codes", "fine"])
    }

    fn names(&self) -> Vec<String> {
        let store = self.store.lock().unwrap();
        let mut names: Vec<_> = store.live.iter().map(|campaign| campaign["name"].as_str().unwrap().to_owned()).collect();
        names.sort();
        names
    }

    fn id_of(&self, name: &str) -> String {
        let store = self.store.lock().unwrap();
        store.live.iter().find(|campaign| campaign["name"] == name).unwrap()["id"].as_str().unwrap().to_owned()
    }

    fn state(&self) -> Value {
        serde_json::from_slice(&std::fs::read(self.repo.path("state.json")).unwrap()).unwrap()
    }

    /// The state knows exactly these campaigns, each by its own live id, and nothing is left to do.
    fn is_settled(&self, names: &[&str]) {
        let state = self.state();
        let known = state["campaigns"].as_object().unwrap();
        assert_eq!(known.len(), names.len(), "{state:#}");
        for name in names {
            let id = known[&name.to_ascii_lowercase()]["id"].as_str().unwrap();
            assert!(id.eq_ignore_ascii_case(&self.id_of(name)), "{name}: {state:#}");
        }
        assert_eq!(state.get("intents"), None, "{state:#}");
        assert_eq!(self.names(), names);
        self.repo.run(&["plan", "--detailed-exitcode"]).exits(0).says("No changes.");
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn a_repeated_answer_gives_no_second_key_to_a_campaign() {
    for twist in [Twist::Repeated, Twist::RepeatedNotDone] {
        for parallelism in [1, 4] {
            let world = World::new(twist).await;
            world.declare(&["A", "B", "C"]);
            let ran = world.apply(parallelism).exits(0).says("Resources: 3 added");
            assert!(ran.out.contains("the answer is unknown; looking"), "{ran:#?}");
            world.is_settled(&["A", "B", "C"]);
            // What deleting one file deletes is its own campaign.
            world.store.lock().unwrap().twist = Twist::None;
            world.repo.remove("campaigns/b.yaml");
            world.apply(1).exits(0).says("1 destroyed");
            world.is_settled(&["A", "C"]);
        }
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn an_answer_to_a_create_that_says_something_else_is_resolved_by_reading() {
    for twist in [Twist::Existing, Twist::Html, Twist::Torn, Twist::Capitals, Twist::VersionZero] {
        for parallelism in [1, 4] {
            let world = World::after(&["Before"], twist).await;
            world.declare(&["A", "B"]);
            world.apply(parallelism).exits(0).says("Resources: 2 added, 0 changed, 0 destroyed.");
            assert_eq!(world.store.lock().unwrap().created, 3, "{twist:?}: nothing was sent twice");
            world.is_settled(&["A", "B", "Before"]);
        }
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn a_name_that_the_server_changes_makes_one_campaign_and_a_question() {
    let world = World::new(Twist::Trimmed).await;
    world.repo.campaign("a", &campaign("' A'", 45));
    let ran = world.apply(1).exits(6);
    let id = world.id_of("A");
    let import = format!("if it is the one that was sent: campaignctl import -e rehearsal campaign.a --id {id}");
    assert!(ran.out.contains(&format!("is not about what was sent: it is the campaign {id} named")), "{ran:#?}");
    assert!(ran.out.contains(&import), "{ran:#?}");
    assert_eq!(world.store.lock().unwrap().created, 1, "it is not sent again");
    world.repo.run(&["import", "-e", "rehearsal", "campaign.a", "--id", &id]).exits(0);
    assert_eq!(world.state()["campaigns"]["a"]["id"], json!(id));
    world.repo.run(&["plan"]).exits(0).says("~ name: \"A\" -> \" A\"");
}

#[tokio::test(flavor = "multi_thread")]
async fn an_update_counts_only_where_reading_shows_it() {
    for (twist, code) in [(Twist::OldBody, 0), (Twist::Another, 0), (Twist::OldBodyNotDone, 6)] {
        let world = World::after(&["A", "B"], twist).await;
        world.repo.campaign("a", &campaign("A", 60));
        let ran = world.apply(1).exits(code);
        let value = world.store.lock().unwrap().live[0]["filters"][0]["value"].clone();
        if code == 0 {
            ran.says("Resources: 0 added, 1 changed, 0 destroyed.");
            assert_eq!((value, world.names()), (json!(60), vec!["A".to_owned(), "B".to_owned()]));
            world.is_settled(&["A", "B"]);
        } else {
            let ran = ran.says("Outcome unknown").says("it has version 1, and version 1 was to be replaced");
            assert!(ran.out.contains("reading it back does not show it"), "{ran:#?}");
            assert_eq!(value, json!(45));
            assert_eq!(world.state()["campaigns"]["a"]["body"]["filters"][0]["value"], json!(45), "the state holds what is true");
            world.repo.run(&["plan"]).exits(0).says("filters[session.dwell_time_seconds greater_than].value: 45 -> 60  # code");
        }
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn a_deletion_counts_only_where_the_campaign_is_gone() {
    let world = World::after(&["A", "B"], Twist::Deleted).await;
    world.repo.remove("campaigns/a.yaml");
    world.apply(1).exits(0).says("1 destroyed");
    world.is_settled(&["B"]);

    let world = World::after(&["A", "B"], Twist::NotDeleted).await;
    world.repo.remove("campaigns/a.yaml");
    let ran = world.apply(1).exits(6).says("Outcome unknown").says("0 destroyed");
    assert!(ran.out.contains("a deletion is answered with 204 and no body, and it has a body"), "{ran:#?}");
    assert_eq!(world.state()["campaigns"].as_object().unwrap().len(), 2, "it is still managed");
    world.repo.run(&["plan"]).exits(0).says("# campaign.a will be destroyed");
}

#[tokio::test(flavor = "multi_thread")]
async fn what_the_server_stores_differently_is_reported_and_blamed_on_nobody() {
    let world = World::new(Twist::Rounded).await;
    let float = |value: &str| campaign("A", 45).replace("value: 45, dataType: integer", &format!("value: {value}, dataType: float"));
    let field = "filters[session.dwell_time_seconds greater_than].value";
    world.repo.campaign("a", &float("0.995"));
    let told = format!("campaign.a: the server stores {field} 0.995 as 0.9950000047683716\n");
    world.apply(1).exits(0).says("Apply complete! Resources: 1 added").says("write the stored values into the files").says(&told);
    let known = world.state()["campaigns"]["a"].clone();
    assert_eq!(known["body"]["filters"][0]["value"], json!(0.995_000_004_768_371_6));
    assert_eq!(known["sent"]["filters"][0]["value"], json!(0.995));
    world.repo.run(&["state", "show", "a"]).exits(0).says(&format!("# stored          the server stores {field} 0.995 as 0.995000004"));

    // Nobody moved it.
    world.repo.run(&["drift", "--detailed-exitcode"]).exits(0).says("No drift.");
    let plan = world.repo.run(&["plan"]).exits(0);
    assert!(!plan.out.contains("drift") && !plan.out.contains("somebody else"), "{plan:#?}");
    // The update is stored as what was there before, and that is done too.
    world.apply(1).exits(0).says("1 changed").says(&told);
    let stream = world.repo.run(&["apply", "--auto-approve", "--json-stream"]).exits(0);
    let lines: Vec<Value> = stream.out.lines().map(|line| serde_json::from_str(line).unwrap()).collect();
    let complete = lines.iter().find(|line| line["type"] == "apply_complete").unwrap();
    assert_eq!(complete["campaignctl"]["stored"][0], json!({"field": field, "sent": 0.995, "stored": 0.995_000_004_768_371_6}));
    assert!(lines.iter().any(|line| line["@message"] == "Warning: the server stores campaign.a differently from what was sent"));

    world.repo.campaign("a", &float("0.9950000047683716"));
    world.is_settled(&["A"]);
    assert_eq!(world.state()["campaigns"]["a"].get("sent"), Some(&json!(known["sent"])), "a plan does not write");
}

/// A create whose answer is lost and which the list shows too late, so that it is sent again: two live campaigns.
async fn made_twice() -> (Server, Repo, Vec<String>) {
    let server = Server::start(UnknownFields::Reject).await;
    let repo = Repo::of_server(server.emulator.base_url());
    repo.campaign("one", &campaign("One", 45));
    server.emulator.set_faults(FaultScript::of(&["create@1:drop-after-commit", "list:stale-list=1"]).unwrap());
    repo.run(&["apply", "--auto-approve", "--settle", "1ms"]).exits(0).says("1 added");
    server.emulator.clear_faults();
    let state: Value = serde_json::from_slice(&std::fs::read(repo.path("state.json")).unwrap()).unwrap();
    let ours = state["campaigns"]["one"]["id"].as_str().unwrap().to_owned();
    let mut ids: Vec<String> = server.campaigns().await.iter().map(|live| live["id"].as_str().unwrap().to_owned()).collect();
    assert_eq!(ids.len(), 2, "the case is that there are two");
    ids.retain(|id| *id != ours);
    ids.insert(0, ours);
    (server, repo, ids)
}

#[tokio::test(flavor = "multi_thread")]
async fn a_create_that_turns_up_late_stops_the_next_plan_which_names_both() {
    let (server, repo, ids) = made_twice().await;
    let [ours, late] = ids.as_slice() else { panic!() };
    let import = |id: &str| format!("campaignctl import -e rehearsal campaign.one --id {id}");
    for command in [&["plan"][..], &["apply", "--auto-approve"]] {
        let ran = repo.run(command);
        let text = format!("{}{}", ran.out, ran.err);
        assert_eq!(ran.code, 1, "{ran:#?}");
        assert!(
            text.contains(&format!("campaign.one is live twice: beside its live campaign \"{ours}\" there is another one named")),
            "{ran:#?}"
        );
        assert!(text.contains(&import(ours)) && text.contains(&import(late)), "{ran:#?}");
    }
    repo.run(&["plan", "--exit-codes", "fine"]).exits(3);
    repo.run(&["drift", "--detailed-exitcode"]).exits(2).says("1 campaign is live twice.").says(ours).says(late);

    server.delete(late).await;
    repo.run(&["plan", "--detailed-exitcode"]).exits(0).says("No changes.");
    repo.run(&["drift", "--detailed-exitcode"]).exits(0).says("No drift.");
}

#[tokio::test(flavor = "multi_thread")]
async fn saying_which_of_the_two_is_meant_ends_the_stop() {
    for chosen in [0, 1] {
        let (server, repo, ids) = made_twice().await;
        repo.run(&["import", "-e", "rehearsal", "campaign.one", "--id", &ids[chosen]]).exits(0);
        repo.run(&["plan", "--detailed-exitcode"]).exits(0).says("No changes.").says("1 live campaign is not managed");
        let state: Value = serde_json::from_slice(&std::fs::read(repo.path("state.json")).unwrap()).unwrap();
        assert_eq!(state["campaigns"]["one"]["id"], json!(ids[chosen]));
        assert_eq!(server.campaigns().await.len(), 2, "nothing live was touched");
    }
    // Without a file there is nothing to bind: the campaign is let go.
    let (_server, repo, _) = made_twice().await;
    repo.remove("campaigns/one.yaml");
    repo.campaign("two", &campaign("Two", 45));
    repo.run(&["plan"]).exits(1).complains("campaignctl state rm -e rehearsal one");
    repo.run(&["state", "rm", "-e", "rehearsal", "one"]).exits(0);
    repo.run(&["plan"]).exits(0).says("1 to add, 0 to change, 0 to destroy");
}

#[tokio::test(flavor = "multi_thread")]
async fn a_saved_plan_is_stale_once_a_campaign_is_live_twice() {
    let server = Server::start(UnknownFields::Reject).await;
    let repo = Repo::of_server(server.emulator.base_url());
    repo.campaign("one", &campaign("One", 45));
    repo.run(&["apply", "--auto-approve"]).exits(0);
    repo.campaign("two", &campaign("Two", 45));
    repo.run(&["plan", "--out", "a.plan"]).exits(0);
    let mut copy = server.campaigns().await[0].clone();
    for field in ["id", "version", "dateCreated", "dateModified", "modifiedBy", "selfUri"] {
        copy.as_object_mut().unwrap().remove(field);
    }
    let late = server.create(copy).await;
    let ran = repo.run(&["apply", "a.plan"]).exits(1).complains("campaign.one: it is live twice: ");
    assert!(ran.err.contains(&late), "{ran:#?}");
    assert_eq!(server.campaigns().await.len(), 2, "nothing was written");
}

/// Two campaigns, and a state in which both keys have the first one's id.
async fn claimed_twice() -> (Server, Repo, String) {
    let server = Server::start(UnknownFields::Reject).await;
    let repo = Repo::of_server(server.emulator.base_url());
    repo.campaign("one", &campaign("One", 45));
    repo.run(&["apply", "--auto-approve"]).exits(0);
    repo.campaign("two", &campaign("Two", 45));
    repo.run(&["apply", "--auto-approve"]).exits(0);
    let mut state: Value = serde_json::from_slice(&std::fs::read(repo.path("state.json")).unwrap()).unwrap();
    let id = state["campaigns"]["one"]["id"].as_str().unwrap().to_owned();
    state["campaigns"]["two"]["id"] = json!(id.to_ascii_uppercase());
    repo.write("state.json", &in_format_1(&state));
    (server, repo, id)
}

#[tokio::test(flavor = "multi_thread")]
async fn a_state_with_one_campaign_under_two_keys_is_refused_by_every_command_but_those_that_mend_it() {
    let (server, repo, id) = claimed_twice().await;
    let before = std::fs::read(repo.path("state.json")).unwrap();
    let upper = id.to_ascii_uppercase();
    let message = format!("state.json`, campaign.one and campaign.two have the same live campaign {upper}");
    repo.write("a.ndjson", "{}\n");
    let refused: [&[&str]; 12] = [
        &["plan"],
        &["plan", "--rollback", "last"],
        &["plan", "--revert", "one"],
        &["apply", "--auto-approve"],
        &["drift"],
        &["drift", "--adopt", "one"],
        &["import", "--all"],
        &["import", "--all", "--diff"],
        &["import", "campaign.one", "--id", &id],
        &["state", "mv", "one", "uno"],
        &["state", "mv", "one", "uno", "--dry-run"],
        &["plan", "--out", "a.plan"],
    ];
    for command in refused {
        let ran = repo.run(command);
        assert!(ran.code == 1 && format!("{}{}", ran.out, ran.err).contains(&message), "{command:?}: {ran:#?}");
    }
    let ran = repo.run(&["plan"]);
    let hint =
        "campaignctl state show -e rehearsal one\n  campaignctl state show -e rehearsal two\n  campaignctl state rm -e rehearsal two";
    let flat = ran.err.lines().map(str::trim).collect::<Vec<_>>().join("\n");
    assert!(flat.contains(&hint.replace("\n  ", "\n")), "{ran:#?}");
    assert!(ran.err.contains("campaignctl state pull --backup -e rehearsal | campaignctl state push --force - -e rehearsal"), "{ran:#?}");

    repo.run(&["state", "list"]).exits(0).says("campaign.one\ncampaign.two\n");
    repo.run(&["state", "list", "--id", &id]).exits(0).says("campaign.one\ncampaign.two\n");
    repo.run(&["state", "show", "two"]).exits(0).says(&upper);
    repo.run(&["state", "rm", "two", "--dry-run"]).exits(0);
    assert_eq!(repo.run(&["state", "pull"]).exits(0).out.into_bytes(), before);
    assert_eq!(std::fs::read(repo.path("state.json")).unwrap(), before, "nothing was written");
    assert_eq!(server.campaigns().await.len(), 2);
}

#[tokio::test(flavor = "multi_thread")]
async fn a_state_with_one_campaign_under_two_keys_is_mended_by_the_commands_that_its_error_names() {
    let (server, repo, _) = claimed_twice().await;
    repo.run(&["state", "rm", "-e", "rehearsal", "two"]).exits(0).says("the next plan takes it over by its name");
    repo.run(&["apply", "--auto-approve"]).exits(0).says("1 imported, 0 added, 0 changed, 0 destroyed");
    repo.run(&["plan", "--detailed-exitcode"]).exits(0).says("No changes.");
    repo.remove("campaigns/two.yaml");
    repo.run(&["apply", "--auto-approve"]).exits(0).says("1 destroyed");
    let left = server.campaigns().await;
    assert_eq!((left.len(), &left[0]["name"]), (1, &json!("One")));

    let (server, repo, _) = claimed_twice().await;
    let backup = repo.run(&["state", "pull", "--backup", "-e", "rehearsal"]).exits(0).out;
    repo.answer(&["state", "push", "--force", "-", "-e", "rehearsal"], &backup).exits(0);
    repo.run(&["apply", "--auto-approve"]).exits(0);
    repo.run(&["plan", "--detailed-exitcode"]).exits(0).says("No changes.");
    assert_eq!(server.campaigns().await.len(), 2);
}
