//! An organization that has campaigns and no repo yet: files are written for what is live, and nothing changes.

use std::collections::{BTreeMap, BTreeSet};
use std::fs;
use std::path::Path;
use std::process::Stdio;

use campaignctl::emulator::UnknownFields;
use campaignctl::model::CampaignSpec;
use proptest::strategy::{Strategy as _, ValueTree as _};
use proptest::test_runner::{Config, RngAlgorithm, TestRng, TestRunner};
use serde_json::{Value, json};

use crate::faults::{live, refusal, server};
use crate::hostile;
use crate::repo::{Ran, Repo, Server, campaign};

/// A live campaign of this name that no rule objects to.
fn body(name: &str) -> Value {
    json!({
        "name": name, "enabled": true, "campaignType": "proactive", "evaluationMode": "realtime",
        "filters": [{ "attributeName": "session.dwell_time_seconds", "operator": "greater_than", "value": 45, "dataType": "integer" }],
        "actions": [{
            "type": "webchat_invite", "priority": 1,
            "config": { "inviteMessage": "Hello", "displayDuration": 300 },
            "routingConfig": { "queueId": "a1b2c3d4-e5f6-7890-abcd-ef1234567890", "skillGroups": ["web_support_tier1"] }
        }],
        "throttling": { "maxInvitesPerContact": 1, "cooldownSeconds": 86400 }
    })
}

async fn organization(names: &[&str]) -> (Server, Repo, Vec<String>) {
    let server = Server::start(UnknownFields::Keep).await;
    let mut ids = Vec::new();
    for name in names {
        ids.push(server.create(body(name)).await);
    }
    let repo = Repo::of_server(server.emulator.base_url());
    (server, repo, ids)
}

/// The campaign files below a folder, with their texts.
fn files(folder: &Path) -> BTreeMap<String, String> {
    let entries = fs::read_dir(folder).unwrap().map(|entry| entry.unwrap().path());
    entries
        .filter(|path| path.is_file())
        .map(|path| (path.file_name().unwrap().to_str().unwrap().to_owned(), fs::read_to_string(path).unwrap()))
        .collect()
}

fn names(repo: &Repo) -> Vec<String> {
    files(&repo.path("campaigns")).into_keys().collect()
}

/// The ids that the state knows, by key.
fn remembered(repo: &Repo) -> BTreeMap<String, String> {
    let Ok(text) = fs::read_to_string(repo.path("state.json")) else { return BTreeMap::new() };
    let state: Value = serde_json::from_str(&text).unwrap();
    let campaigns = state["campaigns"].as_object().unwrap();
    campaigns.iter().map(|(key, remembered)| (key.clone(), remembered["id"].as_str().unwrap().to_owned())).collect()
}

fn told(ran: &Ran) -> Value {
    serde_json::from_str(&ran.out).unwrap()
}

#[tokio::test(flavor = "multi_thread")]
async fn an_organization_becomes_a_repo_and_nothing_changes() {
    let (server, repo, ids) = organization(&["Pricing: EU/US", "Größe & Preis", "One", "\u{1b}[31mred\u{202e}"]).await;
    repo.campaign("one", &campaign("One", 45));
    fs::create_dir(repo.path("schema")).unwrap();
    repo.run(&["schema", "--write"]).exits(0);

    let shown = repo
        .run(&["import", "--all", "--diff"])
        .exits(0)
        .says("+++ b/campaigns/pricing-eu-us.yaml")
        .complains("3 to import, 1 already managed, 0 refused");
    assert!(!shown.out.contains('\u{1b}') && shown.out.contains("--- /dev/null"), "{}", shown.out);
    assert_eq!((names(&repo), remembered(&repo).len()), (vec!["one.yaml".to_owned()], 0));

    let ran = repo
        .run(&["import", "--all"])
        .exits(0)
        .says("Environment: rehearsal, organization: ")
        .says("campaign.one: \"One\" is declared already, and differs");
    assert!(!ran.out.contains(['\u{1b}', '\u{202e}']), "{ran:?}");
    ran.says("Import complete! 3 imported, 1 already managed, 0 refused.").says("Next: `campaignctl plan -e rehearsal`");
    assert_eq!(names(&repo), ["31mred.yaml", "grosse-preis.yaml", "one.yaml", "pricing-eu-us.yaml"]);
    let expected = "# yaml-language-server: $schema=../schema/campaign.schema.json
name: \"Pricing: EU/US\"
enabled: true
campaignType: proactive
evaluationMode: realtime
filters:
  - { attributeName: session.dwell_time_seconds, operator: greater_than, value: 45, dataType: integer }
actions:
  - type: webchat_invite
    priority: 1
    config:
      inviteMessage: Hello
      displayDuration: 300
    routingConfig:
      queue: Web Support
      skillGroups: [web_support_tier1]
throttling: { maxInvitesPerContact: 1, cooldownSeconds: 86400 }
";
    assert_eq!(files(&repo.path("campaigns"))["pricing-eu-us.yaml"], expected);
    repo.remove("campaigns/one.yaml");
    repo.run(&["plan", "--detailed-exitcode", "--show-unmanaged"]).exits(0).says("No changes.").says(&ids[2]);
    repo.run(&["drift", "--detailed-exitcode"]).exits(0).says("3 campaigns are live as last applied");
    repo.run(&["fmt", "--check"]).exits(0);
    assert_eq!(server.campaigns().await.len(), 4);
    let again = repo.run(&["import", "--all", "--format", "json"]).exits(0);
    let again = told(&again);
    assert_eq!(again["summary"], json!({ "imported": 1, "managed": 3, "refused": 0 }));
    assert_eq!((&again["imported"][0]["file"], &again["imported"][0]["address"]), (&json!("campaigns/one.yaml"), &json!("campaign.one")));
    repo.run(&["plan", "--detailed-exitcode"]).exits(0);
}

#[tokio::test(flavor = "multi_thread")]
async fn some_are_chosen_by_name_and_id_and_go_into_a_folder() {
    let (_server, repo, ids) = organization(&["Pricing EU", "Pricing US", "Cart", "Other"]).await;
    repo.run(&["import", "--name", "Pricing*", "--id", &ids[2].to_uppercase(), "--into", "eu/web"]).exits(0).says("3 imported");
    assert_eq!(files(&repo.path("campaigns/eu/web")).into_keys().collect::<Vec<_>>(), ["cart.yaml", "pricing-eu.yaml", "pricing-us.yaml"]);
    // There is no schema in this repo for an editor to use.
    assert!(files(&repo.path("campaigns/eu/web"))["cart.yaml"].starts_with("name: Cart\n"));
    repo.run(&["plan", "--detailed-exitcode", "--show-unmanaged"]).exits(0).says(&ids[3]);
    let wrong: [(&[&str], &str); 9] = [
        (&["--name", "pricing*"], "no live campaign with a name like `pricing*`"),
        (&["--name", "Cart", "--name", "[a"], "no live campaign with a name like `[a`"),
        (&["--id", "00000000-0000-4000-8000-000000000000"], "no live campaign 00000000-"),
        (&["--all", "--into", "../elsewhere"], "leads out of the campaigns folder"),
        (&["--all", "--into", ".hidden"], "no campaign is read there"),
        (&["--all", "--into", "campaigns/eu"], "write --into eu"),
        (&["--all", "--name", "x"], "cannot be used with"),
        (&[], "required"),
        (&["one", "--id", &ids[0], "--id", &ids[1]], "campaign.one can be one live campaign only"),
    ];
    for (arguments, complaint) in wrong {
        repo.run(&[&["import"], arguments].concat()).exits(1).complains(complaint);
    }
    assert_eq!(remembered(&repo).len(), 3);
}

#[tokio::test(flavor = "multi_thread")]
async fn what_the_repo_would_refuse_is_not_imported_and_the_rest_is() {
    let (server, repo, ids) = organization(&["Twice", "Twice", "Good", "Declared", "Declared"]).await;
    let mut never = body("Never");
    never["filters"]
        .as_array_mut()
        .unwrap()
        .push(json!({ "attributeName": "session.dwell_time_seconds", "operator": "less_than", "value": 3, "dataType": "integer" }));
    server.create(never).await;
    let mut newer = body("Newer");
    newer["weight"] = json!(3);
    newer["filters"][0]["negated"] = json!(false);
    let newer = server.create(newer).await;
    repo.campaign("declared", &campaign("Declared", 45));
    repo.run(&["import", "declared", "--id", &ids[3]])
        .exits(0)
        .says("Import successful! campaign.declared is the live campaign \"Declared\"");

    let ran = repo.run(&["import", "--all", "--exit-codes", "fine"]).exits(5).says("2 imported, 1 already managed, 4 refused.");
    let ran = ran.says("campaign.newer: \"Newer\" written to campaigns/newer.yaml (+2 fields not modelled, kept live)");
    let ran = ran.complains("\"Twice\"").complains("2 live campaigns have this name").complains("rename all but one in Genesys Cloud");
    let ran = ran.complains("campaign.declared has its name already").complains("unsatisfiable-filters");
    assert!(!ran.err.contains("Good"), "{ran:?}");
    assert_eq!(names(&repo), ["declared.yaml", "good.yaml", "newer.yaml"]);
    // One of two is a choice that people can make.
    repo.run(&["import", "--id", &ids[1]]).exits(0).says("1 imported");
    assert_eq!(remembered(&repo)["twice"], ids[1]);
    repo.run(&["import", "--id", &ids[0]]).exits(1).complains("campaign.twice has its name already");
    repo.remove("campaigns/declared.yaml");
    repo.write("campaigns/declared.yaml", &campaign("Declared", 45));
    // What the model does not know stays live through a change.
    repo.replace("campaigns/newer.yaml", "value: 45", "value: 60");
    repo.run(&["apply", "--auto-approve"]).exits(0);
    let live = server.campaigns().await.into_iter().find(|campaign| campaign["id"] == *newer).unwrap();
    assert_eq!((&live["weight"], &live["filters"][0]["negated"], &live["filters"][0]["value"]), (&json!(3), &json!(false), &json!(60)));
}

#[tokio::test(flavor = "multi_thread")]
async fn one_campaign_is_imported_under_a_key_of_ones_own() {
    let (server, repo, ids) = organization(&["Pricing EU", "Cart"]).await;
    for (key, complaint) in [("NUL", "the name is reserved"), ("campaignctl", "the name is reserved")] {
        repo.run(&["import", key, "--id", &ids[0]]).exits(1).complains(complaint);
    }
    repo.run(&["import", "Prices", "--id", &ids[0], "--diff"]).exits(0).says("+++ b/campaigns/Prices.yaml");
    repo.run(&["import", "campaign.Prices", "--id", &ids[0]])
        .exits(0)
        .says("campaign.Prices: \"Pricing EU\" written to campaigns/Prices.yaml");
    repo.run(&["import", "prices", "--id", &ids[1]]).exits(1).complains("upper and lower case are taken for the same");
    repo.run(&["import", "other", "--id", &ids[0]]).exits(1).complains("is already campaign.Prices").complains("previously: Prices");
    repo.run(&["import", "Prices", "--id", &ids[0], "--diff"]).exits(1).complains("campaign.Prices is declared");
    repo.run(&["plan", "--detailed-exitcode"]).exits(0);

    // A file that is gone comes back under its key, and with what the state remembers of it.
    let text = files(&repo.path("campaigns"))["Prices.yaml"].clone();
    repo.write("campaigns/Prices.yaml", &format!("{text}lifecycle: {{ preventDestroy: true }}\n"));
    repo.run(&["apply", "--auto-approve"]).exits(0);
    repo.write("campaigns/keep-the-folder.yaml", &campaign("Another", 45));
    repo.remove("campaigns/Prices.yaml");
    server.edit("Pricing EU", |campaign| campaign["description"] = json!("changed")).await;
    repo.run(&["import", "--id", &ids[0]])
        .exits(0)
        .says("its file is gone")
        .says(&format!("campaignctl import -e rehearsal campaign.Prices --id {}", ids[0]));
    repo.run(&["import", "Prices", "--id", &ids[0]]).exits(0).says("1 imported");
    let text = files(&repo.path("campaigns"))["Prices.yaml"].clone();
    assert!(text.contains("description: changed\n") && text.ends_with("lifecycle: { preventDestroy: true }\n"), "{text}");
    repo.remove("campaigns/keep-the-folder.yaml");
    repo.run(&["plan", "--detailed-exitcode"]).exits(0);
}

#[tokio::test(flavor = "multi_thread")]
async fn no_file_is_ever_overwritten() {
    let (_server, repo, ids) = organization(&["Pricing", "pricing!", "Con", "Campaign-Ctl", "???"]).await;
    fs::create_dir(repo.path("campaigns/Pricing.YAML")).unwrap();
    repo.write("campaigns/con-2.yml", &campaign("Somebody else's", 45));
    repo.run(&["import", "--all"]).exits(0).says("5 imported");
    let nameless = format!("campaign-{}.yaml", &ids[4][..8]);
    assert_eq!(
        names(&repo),
        [
            "campaign-ctl.yaml".to_owned(),
            nameless,
            "con-2.yml".to_owned(),
            "con-3.yaml".to_owned(),
            "pricing-2.yaml".to_owned(),
            "pricing-3.yaml".to_owned()
        ]
        .into_iter()
        .collect::<BTreeSet<_>>()
        .into_iter()
        .collect::<Vec<_>>()
    );
    assert!(files(&repo.path("campaigns"))["con-2.yml"].contains("Somebody else's"));
    repo.run(&["plan"]).exits(0).says("Plan: 1 to add, 0 to change, 0 to destroy.");
}

#[tokio::test(flavor = "multi_thread")]
async fn files_with_errors_stop_an_import_before_it_begins() {
    let (_server, repo, _) = organization(&["One"]).await;
    repo.write("campaigns/broken.yaml", "name: [\n");
    repo.run(&["import", "--all"]).exits(1).complains("nothing was imported").complains("campaigns/broken.yaml");
    assert_eq!(names(&repo), ["broken.yaml"]);
}

#[tokio::test(flavor = "multi_thread")]
async fn who_may_not_read_queues_gets_ids_and_what_cannot_be_read_is_said() {
    let mut strange = live("Strange", 45);
    strange["id"] = json!("0b3a3c5e-6f0e-4a53-9d0e-000000000002");
    strange["filters"][0]["operator"] = json!("resembles");
    let server = server(&[live("One", 45), strange], "GET", refusal(403, "missing.permissions", "Missing routing:queue:view")).await;
    let repo = Repo::of_server(&server.uri());
    let ran =
        repo.run(&["import", "--all"]).exits(1).says("Note: queues are written by id").says("1 imported, 0 already managed, 1 refused.");
    ran.complains("Not imported: \"Strange\" (0b3a3c5e-6f0e-4a53-9d0e-000000000002): its live body cannot be read: filters[0]")
        .complains("update campaignctl");
    assert!(files(&repo.path("campaigns"))["one.yaml"].contains("queueId: a1b2c3d4-e5f6-7890-abcd-ef1234567890\n"));
}

#[tokio::test(flavor = "multi_thread")]
async fn an_import_that_ended_between_files_and_state_is_finished_by_the_next() {
    let all = ["Pricing", "pricing!", "Cart", "Order", "Renewal", "Demo"];
    let (_server, repo, ids) = organization(&all).await;
    repo.run(&["import", "--all"]).exits(0);
    let (whole, bound) = (files(&repo.path("campaigns")), remembered(&repo));
    // Killed when `left` of the files were written, and before the state was; a half file lies beside them.
    for left in 0..=all.len() {
        fs::remove_file(repo.path("state.json")).unwrap();
        for name in whole.keys().skip(left) {
            fs::remove_file(repo.path("campaigns").join(name)).unwrap();
        }
        repo.write("campaigns/.campaignctl-x.tmp", "name: ha");
        let again = repo.run(&["import", "--all", "--format", "json"]).exits(0);
        let again = told(&again);
        assert_eq!(again["summary"], json!({ "imported": all.len() - left, "managed": left, "refused": 0 }));
        assert!(again["managed"].as_array().unwrap().iter().all(|managed| managed["how"] == "recorded"), "{again}");
        fs::remove_file(repo.path("campaigns/.campaignctl-x.tmp")).unwrap();
        assert_eq!((files(&repo.path("campaigns")), remembered(&repo)), (whole.clone(), bound.clone()), "{left}");
        repo.run(&["plan", "--detailed-exitcode"]).exits(0);
    }
    assert_eq!(bound.values().collect::<BTreeSet<_>>(), ids.iter().collect());
}

#[tokio::test(flavor = "multi_thread")]
async fn one_of_two_of_a_name_is_finished_too() {
    let (_server, repo, ids) = organization(&["Twice", "Twice"]).await;
    repo.run(&["import", "--id", &ids[1]]).exits(0);
    fs::remove_file(repo.path("state.json")).unwrap();
    repo.run(&["import", "--all"]).exits(1).complains("campaign.twice has its name, and so have other live campaigns");
    repo.run(&["import", "--id", &ids[1]]).exits(0).says("as it is live; recorded");
    assert_eq!(remembered(&repo), BTreeMap::from([("twice".to_owned(), ids[1].clone())]));
    repo.run(&["plan", "--detailed-exitcode"]).exits(0);
}

#[tokio::test(flavor = "multi_thread")]
async fn killed_at_any_file_it_is_finished_by_the_next() {
    let all: Vec<String> = (0..120).map(|number| format!("Campaign {number}")).collect();
    let (_server, repo, _) = organization(&all.iter().map(String::as_str).collect::<Vec<_>>()).await;
    let written = || {
        fs::read_dir(repo.path("campaigns"))
            .unwrap()
            .filter(|entry| entry.as_ref().unwrap().path().extension().is_some_and(|end| end == "yaml"))
            .count()
    };
    for least in [1, 40, 100, all.len()] {
        let mut child = repo.command(&["import", "--all"]).stdout(Stdio::null()).stderr(Stdio::null()).spawn().unwrap();
        while written() < least && child.try_wait().unwrap().is_none() {
            std::thread::yield_now();
        }
        // It may have ended already, which is a moment like any other.
        let _ = child.kill();
        child.wait().unwrap();
        assert!(written() >= least);
        for text in files(&repo.path("campaigns")).iter().filter(|(name, _)| name.ends_with(".yaml")).map(|(_, text)| text) {
            assert!(text.ends_with("cooldownSeconds: 86400 }\n"), "half a file: {text}");
        }
        let plan = repo.run(&["plan"]).exits(0).out;
        assert!(plan.contains("No changes.") || plan.contains("0 to add, 0 to change, 0 to destroy"), "{plan}");
    }
    repo.run(&["import", "--all"]).exits(0).says("120 already managed, 0 refused.");
    assert_eq!((written(), remembered(&repo).len()), (120, 120));
    repo.run(&["plan", "--detailed-exitcode"]).exits(0);
    repo.run(&["fmt", "--check"]).exits(0);
}

#[tokio::test(flavor = "multi_thread")]
async fn two_at_once_do_not_write_a_campaign_twice() {
    let all: Vec<String> = (0..40).map(|number| format!("Campaign {number}")).collect();
    let (_server, repo, _) = organization(&all.iter().map(String::as_str).collect::<Vec<_>>()).await;
    let ran = std::thread::scope(|scope| {
        let running: Vec<_> = (0..4).map(|_| scope.spawn(|| repo.run(&["import", "--all"]))).collect();
        running.into_iter().map(|running| running.join().unwrap()).collect::<Vec<_>>()
    });
    // Whoever found the state locked was told so; whoever came after saw that all is managed.
    assert!(ran.iter().any(|ran| ran.code == 0), "{ran:?}");
    assert!(ran.iter().all(|ran| ran.code == 0 || ran.err.contains("lock")), "{ran:?}");
    assert_eq!((names(&repo).len(), remembered(&repo).len()), (40, 40));
    repo.run(&["plan", "--detailed-exitcode"]).exits(0);
}

/// Everything the contract lets a campaign hold, through files and back without a trace.
#[tokio::test(flavor = "multi_thread")]
async fn five_hundred_hostile_campaigns_are_imported_and_nothing_changes() {
    const COUNT: usize = 620;
    let server = Server::start(UnknownFields::Reject).await;
    let mut repo = Repo::of_server(server.emulator.base_url());
    repo.write(
        "campaignctl.yaml",
        &format!(
            "environments:\n  rehearsal:\n    baseUrl: \"{}\"\n    state: state.json\n    variables: {{ queue: Web Support, a: a, n: 45, no: \"no\", dollar: \"${{x}}\" }}\n",
            server.emulator.base_url()
        ),
    );
    repo.set("NO_COLOR", "1");
    // The same campaigns in each run.
    let mut runner = TestRunner::new_with_rng(Config::default(), TestRng::deterministic_rng(RngAlgorithm::ChaCha));
    let mut specs: Vec<CampaignSpec> = Vec::new();
    let mut seen = BTreeSet::new();
    while specs.len() < COUNT {
        let spec = hostile::campaign().new_tree(&mut runner).unwrap().current();
        if seen.insert(spec.name.clone()) {
            specs.push(spec);
        }
    }
    for batch in specs.chunks(50) {
        futures_util::future::join_all(batch.iter().map(|spec| server.create(serde_json::to_value(spec).unwrap()))).await;
    }
    let ran = repo.run(&["import", "--all", "--format", "json"]);
    assert!(!ran.out.chars().any(|c| c.is_control() && c != '\n'), "nothing acts on a terminal");
    let told = told(&ran);
    let [imported, refused] = ["imported", "refused"].map(|list| told[list].as_array().unwrap().clone());
    assert_eq!(imported.len() + refused.len(), COUNT);
    assert!(imported.len() >= 500, "{} imported", imported.len());
    // A filter that nothing fits, or that stands there twice, is an error in any file.
    for refused in &refused {
        let reason = refused["reason"].as_str().unwrap();
        assert!(
            ["(unsatisfiable-filters)", "(duplicate-filter)", "(list-operator)"].iter().any(|rule| reason.ends_with(rule)),
            "{refused}"
        );
    }
    let plan = repo.run(&["plan", "--detailed-exitcode"]).exits(0).says("No changes.");
    assert!(!plan.out.chars().any(|c| c.is_control() && c != '\n'));
    repo.run(&["fmt", "--check"]).exits(0).says("0 files to format");
    repo.run(&["validate"]).exits(0);
    let files = files(&repo.path("campaigns"));
    assert_eq!(files.len(), imported.len());
    for imported in imported {
        let path = imported["file"].as_str().unwrap().strip_prefix("campaigns/").unwrap();
        assert!(
            files.contains_key(path)
                && path.len() <= 65
                && path.chars().all(|c| c.is_ascii_lowercase() || c.is_ascii_digit() || "-.".contains(c)),
            "{path}"
        );
    }
    let human = repo.run(&["import", "--all"]);
    assert!(!human.out.chars().chain(human.err.chars()).any(|c| c.is_control() && c != '\n'));
}
