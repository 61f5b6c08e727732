//! One tree, several environments: overlays, what differs, and what may not be mixed up.

use std::fs;

use campaignctl::emulator::UnknownFields;
use serde_json::{Value, json};

use crate::repo::{Repo, Server, campaign};

const PROJECT: &str = "defaultEnvironment: staging
lint: { all: allow }
variables: { cap: 50 }
environments:
  staging: { emulator: .e/staging }
  production: { emulator: .e/production, variables: { cap: 500 }, guards: { maxDeletes: 0 } }
";

/// What is different in production.
const OVERLAY: &str = "# the licence of production is larger
filters:
  - { attributeName: session.dwell_time_seconds, operator: greater_than, value: 90 }
  - { attributeName: contact.is_authenticated, operator: equals, remove: true }
  - { attributeName: external.tier, operator: equals, value: gold, dataType: string }
throttling: { cooldownSeconds: null }
";

/// Two environments, one campaign with a variable, and an overlay of it for production.
fn repo() -> Repo {
    let repo = Repo::new(PROJECT);
    repo.campaign("one", &campaign("One", 45).replace("maxInvitesPerMinute: 500", "maxInvitesPerMinute: \"${cap}\""));
    repo.campaign("two", &campaign("Two", 60));
    overlay(&repo, "production", "one", OVERLAY);
    repo
}

fn overlay(repo: &Repo, environment: &str, key: &str, text: &str) {
    fs::create_dir_all(repo.path(&format!("environments/{environment}"))).unwrap();
    repo.write(&format!("environments/{environment}/{key}.yaml"), text);
}

/// The lines that only the first, and only the second text has.
fn difference(one: &str, other: &str) -> (Vec<String>, Vec<String>) {
    let (mut gone, mut come) = (Vec::new(), Vec::new());
    for change in similar::TextDiff::from_lines(one, other).iter_all_changes() {
        match change.tag() {
            similar::ChangeTag::Delete => gone.push(change.value().trim().to_owned()),
            similar::ChangeTag::Insert => come.push(change.value().trim().to_owned()),
            similar::ChangeTag::Equal => {}
        }
    }
    (gone, come)
}

#[test]
fn two_environments_differ_where_overlay_and_variables_say() {
    let repo = repo();
    let rendered = |environment: &str| {
        let ran = repo.run(&["plan", "--show-rendered", "-e", environment]).exits(0);
        assert_eq!(ran.err, "");
        ran.out
    };
    let (staging, production) = (rendered("staging"), rendered("production"));
    let (only_staging, only_production) = difference(&staging, &production);
    let filter = "- attributeName: contact.is_authenticated";
    assert_eq!(
        only_staging,
        [
            "value: 45",
            filter,
            "operator: equals",
            "value: true",
            "dataType: boolean",
            "cooldownSeconds: 86400",
            "maxInvitesPerMinute: 50 # ${cap}"
        ]
    );
    let at = "# environments/production/one.yaml";
    assert_eq!(
        only_production,
        [
            format!("value: 90 {at}:3").as_str(),
            format!("- attributeName: external.tier {at}:5").as_str(),
            format!("operator: equals {at}:5").as_str(),
            format!("value: gold {at}:5").as_str(),
            format!("dataType: string {at}:5").as_str(),
            "maxInvitesPerMinute: 500 # ${cap}",
        ]
    );
    assert!(!repo.path(".e").exists(), "nothing was started");
    let one = repo.run(&["plan", "--show-rendered", "campaign.two", "-e", "production"]).exits(0);
    assert!(one.out.starts_with("---\n# campaign.two (campaigns/two.yaml:1)\nname: Two\n"), "{}", one.out);
    assert!(!one.out.contains("campaign.one"));
    repo.run(&["plan", "--show-rendered", "tow"]).exits(1).complains("did you mean campaign.two?");
}

#[test]
fn an_overlay_is_planned_applied_and_named() {
    let repo = repo();
    let place = "(campaigns/one.yaml:1, environments/production/one.yaml)";
    let production = repo.run(&["plan", "-e", "production"]).exits(0).says(place).says("filters[external.tier equals]: \"gold\"");
    assert!(production.out.contains("filters[session.dwell_time_seconds greater_than]: 90"), "{}", production.out);
    assert!(!production.out.contains("is_authenticated equals]: true (boolean)\n      + filters[external"), "{}", production.out);
    let staging = repo.run(&["plan"]).exits(0).says("(campaigns/one.yaml:1)").says("greater_than]: 45");
    assert!(!staging.out.contains("gold"), "{}", staging.out);
    repo.run(&["plan", "-e", "production", "--format", "markdown"])
        .exits(0)
        .says("`campaigns/one.yaml:1`, `environments/production/one.yaml`");
    let json: Value = serde_json::from_str(&repo.run(&["plan", "-e", "production", "--format", "json"]).exits(0).out).unwrap();
    assert_eq!(json["campaignctl"]["changes"][0]["origin"]["overlay"], "environments/production/one.yaml");
    repo.run(&["apply", "-e", "production", "--auto-approve"]).exits(0).says("2 added");
    repo.run(&["plan", "-e", "production", "--detailed-exitcode"]).exits(0).says("No changes.");
}

#[test]
fn a_saved_plan_knows_the_overlay_it_was_made_with_and_its_environment() {
    let repo = repo();
    repo.run(&["plan", "-e", "production", "--out", "p.plan"]).exits(0);
    repo.run(&["apply", "p.plan", "-e", "staging"])
        .exits(1)
        .complains("`p.plan` is a plan for environment `production`, not for `staging`");
    repo.replace("environments/production/one.yaml", "value: 90", "value: 91");
    repo.run(&["apply", "p.plan"])
        .exits(1)
        .complains("campaigns/one.yaml` with `environments/production/one.yaml` says something else now");
    repo.replace("environments/production/one.yaml", "value: 91", "value: 90");
    repo.replace("environments/production/one.yaml", "# the licence", "# The licence");
    overlay(&repo, "staging", "one", "enabled: false\n");
    repo.run(&["apply", "p.plan"]).exits(0);
}

#[test]
fn guards_and_levels_are_those_of_the_environment() {
    let repo = repo();
    repo.replace("campaignctl.yaml", "guards: { maxDeletes: 0 }", "guards: { maxDeletes: 0 }, lint: { no-overflow: deny }");
    repo.run(&["validate", "-e", "staging"]).exits(0);
    repo.run(&["validate", "-e", "production"]).exits(1).says("error[no-overflow]");
    let both = repo.run(&["validate", "-e", "staging", "-e", "production"]).exits(1);
    let (staging, production) = both.out.split_once("Environment: production").unwrap();
    assert!(!staging.contains("no-overflow") && production.contains("error[no-overflow]"), "{}", both.out);
    let json: Value =
        serde_json::from_str(&repo.run(&["validate", "-e", "production", "-e", "staging", "--format", "json"]).exits(1).out).unwrap();
    let valid = |nth: usize| json["environments"][nth]["validation"]["valid"].clone();
    assert_eq!((&json["environments"][0]["environment"], valid(0), valid(1)), (&json!("production"), json!(false), json!(true)));
    repo.write("campaignctl.yaml", PROJECT);
    for environment in ["staging", "production"] {
        repo.run(&["apply", "-e", environment, "--auto-approve"]).exits(0);
    }
    repo.remove("campaigns/two.yaml");
    repo.run(&["plan", "-e", "staging"]).exits(0).says("1 to destroy");
    repo.run(&["plan", "-e", "production"]).exits(1).complains("--max-deletes 1");
}

#[test]
fn several_environments_are_planned_in_one_run() {
    let repo = repo();
    repo.run(&["apply", "-e", "staging", "--auto-approve"]).exits(0);
    let both = ["plan", "-e", "production", "-e", "staging"];
    let ran = repo.run(&both).exits(0);
    let places = ["Environment: production", "2 to add", "Environment: staging", "No changes.", "Environments\n"]
        .map(|text| ran.out.find(text).unwrap_or_else(|| panic!("no {text:?} in {}", ran.out)));
    assert!(places.is_sorted(), "{}", ran.out);
    assert!(
        ran.out
            .ends_with("Environments\n! production  2 to add, 0 to change, 0 to destroy. 1 dangerous change.\n  staging     No changes.\n"),
        "{}",
        ran.out
    );
    repo.run(&[&both[..], &["--detailed-exitcode"]].concat()).exits(2);
    repo.run(&["plan", "-e", "staging", "-e", "staging", "--detailed-exitcode"]).exits(0).says("No changes.");
    let three = ["plan", "-e", "staging", "-e", "prod", "-e", "production", "--detailed-exitcode"];
    let ran = repo.run(&three).exits(1).complains("environment `prod`:").says("! prod        not planned: there is no environment `prod`");
    assert!(ran.out.contains("2 to add"), "{}", ran.out);
    let json: Value = serde_json::from_str(&repo.run(&[&three[..], &["--format", "json"]].concat()).exits(1).out).unwrap();
    let environments = json["environments"].as_array().unwrap();
    assert_eq!(environments.iter().map(|of| of["environment"].as_str().unwrap()).collect::<Vec<_>>(), ["staging", "prod", "production"]);
    assert_eq!(environments[1]["error"]["message"], "there is no environment `prod`");
    let alone: Value = serde_json::from_str(&repo.run(&["plan", "-e", "production", "--format", "json"]).exits(0).out).unwrap();
    assert_eq!(environments[2]["plan"]["resource_changes"], alone["resource_changes"]);
    let schema: Value = serde_json::from_str(&repo.run(&["schema", "plans"]).exits(0).out).unwrap();
    let wrong: Vec<String> = jsonschema::validator_for(&schema).unwrap().iter_errors(&json).map(|error| error.to_string()).collect();
    assert!(wrong.is_empty(), "{wrong:?}");
}

#[test]
fn one_comment_holds_the_plans_of_several_environments_with_the_dangers_first() {
    let repo = repo();
    for number in 0..400 {
        repo.campaign(&format!("c{number:03}"), &campaign(&format!("Campaign {number} {}", "x".repeat(100)), 45));
    }
    for environment in ["staging", "production"] {
        repo.run(&["apply", "-e", environment, "--auto-approve", "-q"]).exits(0);
    }
    for number in 0..400 {
        let loose = campaign(&format!("Campaign {number} {}", "x".repeat(100)), 45).replace("maxInvitesPerContact: 1, ", "");
        repo.campaign(&format!("c{number:03}"), &if number < 30 { loose } else { campaign(&format!("Renamed {number}"), 45) });
    }
    let ran = repo.run(&["plan", "-e", "staging", "-e", "production", "--format", "markdown"]).exits(0);
    assert!(ran.out.len() <= 65_536, "{}", ran.out.len());
    let places = [
        "| `staging` | 0 to add, 400 to change",
        "**Danger:** 60 changes in all environments",
        "\n## Plan for `staging`",
        "\n## Plan for `production`",
    ];
    let places = places.map(|text| ran.out.find(text).unwrap_or_else(|| panic!("no {text:?} in {}", &ran.out[..3000])));
    assert!(places.is_sorted(), "{places:?}");
    assert_eq!(ran.out.matches("<!-- campaignctl:").count(), 1);
    let sections: Vec<&str> = ran.out.split("\n## Plan for ").skip(1).collect();
    for (section, number) in sections.iter().flat_map(|section| (0..30).map(move |number| (section, number))) {
        assert!(section.contains(&format!("campaign.c{number:03}")), "c{number:03} is not named in {}", &section[..200]);
    }
}

#[test]
fn what_works_on_one_environment_refuses_several() {
    let repo = repo();
    let two = ["-e", "staging", "-e", "production"];
    for command in [
        &["apply", "--auto-approve"][..],
        &["drift"],
        &["import", "one", "--id", "x"],
        &["plan", "--show-rendered"],
        &["validate", "--fix"],
        &["validate", "--format", "sarif"],
        &["plan", "--out", "p"],
        &["plan", "--format", "html"],
        &["plan", "--format", "gitlab"],
        &["plan", "--json-stream"],
        &["plan", "--rollback", "last"],
    ] {
        let ran = repo.run(&[command, &two[..]].concat()).exits(1);
        assert!(format!("{}{}", ran.out, ran.err).contains("run it once for each"), "{command:?}: {ran:#?}");
    }
    assert!(!repo.path(".e").exists() && !repo.path("p").exists(), "nothing was read");
}

#[tokio::test(flavor = "multi_thread")]
async fn the_organization_is_checked_before_anything_else_is_asked() {
    let server = Server::start(UnknownFields::Reject).await;
    let mut repo = Repo::of_server(server.emulator.base_url());
    repo.set("GENESYSCLOUD_OAUTHCLIENT_ID", "journey");
    repo.campaign("one", &campaign("One", 45).replace("queueId: a1b2c3d4-e5f6-7890-abcd-ef1234567890", "queue: Web Support"));
    repo.replace("campaignctl.yaml", "state: state.json", "state: state.json, organization: another");
    let before = server.emulator.request_count();
    repo.run(&["apply", "--auto-approve"]).exits(1).complains("is organization another, but these credentials belong to");
    let asked: Vec<String> =
        server.emulator.requests().into_iter().skip(usize::try_from(before).unwrap()).map(|request| request.path_and_query).collect();
    assert_eq!(asked, ["/oauth/token", "/api/v2/organizations/me"]);
}

#[tokio::test(flavor = "multi_thread")]
async fn a_live_value_goes_into_the_file_where_it_has_an_effect() {
    let server = Server::start(UnknownFields::Reject).await;
    let repo = Repo::of_server(server.emulator.base_url());
    let url = server.emulator.base_url();
    let project = format!(
        "lint: {{ all: allow }}\nenvironments:\n  rehearsal: {{ baseUrl: \"{url}\", state: state.json }}\n  other: {{ emulator: .e }}\ndefaultEnvironment: rehearsal\n"
    );
    repo.write("campaignctl.yaml", &project);
    repo.campaign("one", &campaign("One", 45));
    let text = "# of the rehearsal\nfilters:\n  - { attributeName: session.dwell_time_seconds, operator: greater_than, value: 90 } # longer\nthrottling: { cooldownSeconds: 7, maxInvitesPerMinute: null }\n";
    overlay(&repo, "rehearsal", "one", text);
    repo.run(&["apply", "--auto-approve"]).exits(0);
    let base = fs::read_to_string(repo.path("campaigns/one.yaml")).unwrap();
    server
        .edit("One", |campaign| {
            campaign["throttling"]["cooldownSeconds"] = json!(60);
            campaign["throttling"]["maxInvitesPerMinute"] = json!(9);
            let filters = campaign["filters"].as_array_mut().unwrap();
            filters.iter_mut().find(|filter| filter["attributeName"] == "session.dwell_time_seconds").unwrap()["value"] = json!(120);
        })
        .await;
    repo.run(&["drift", "--detailed-exitcode"]).exits(2).says("environments/rehearsal/one.yaml");
    let adopted =
        repo.run(&["drift", "--adopt", "all"]).exits(0).says("environments/rehearsal/one.yaml:3: ").says("3 fields adopted in 1 file.");
    assert!(!adopted.err.contains("every environment"), "{}", adopted.err);
    assert_eq!(fs::read_to_string(repo.path("campaigns/one.yaml")).unwrap(), base, "the other environment stays as it is");
    let overlaid = fs::read_to_string(repo.path("environments/rehearsal/one.yaml")).unwrap();
    assert_eq!(
        overlaid,
        text.replace("value: 90", "value: 120")
            .replace("cooldownSeconds: 7, maxInvitesPerMinute: null", "cooldownSeconds: 60, maxInvitesPerMinute: 9")
    );
    repo.run(&["drift", "--detailed-exitcode"]).exits(0);
    repo.run(&["plan", "--detailed-exitcode"]).exits(0).says("No changes.");
    server.edit("One", |campaign| campaign["name"] = json!("Won")).await;
    repo.run(&["drift", "--adopt", "one"])
        .exits(0)
        .says("campaigns/one.yaml:1: name")
        .complains("campaigns/one.yaml is for every environment");
    assert!(fs::read_to_string(repo.path("campaigns/one.yaml")).unwrap().starts_with("name: Won\n"));
    server.edit("Won", |campaign| campaign["throttling"]["cooldownSeconds"] = json!(5)).await;
    repo.run(&["drift", "--hold", "one", "--until", "2999-01-01"]).exits(0);
    repo.run(&["plan", "--detailed-exitcode"]).exits(0).says("held until 2999-01-01");
}

#[test]
fn an_overlay_is_mended_and_formatted_like_any_campaign() {
    let repo = repo();
    overlay(&repo, "staging", "two", "throttling:\n    maxInvitesPerMinute: \"9\"\nenabeld: false\n");
    repo.run(&["validate", "--fix"]).exits(1).says("environments/staging/two.yaml:2: throttling.maxInvitesPerMinute: \"9\" -> 9");
    repo.replace("environments/staging/two.yaml", "enabeld", "enabled");
    repo.run(&["validate"]).exits(0);
    repo.run(&["fmt", "--check"]).exits(1).says("environments/staging/two.yaml");
    repo.run(&["fmt"]).exits(0);
    let formatted = fs::read_to_string(repo.path("environments/staging/two.yaml")).unwrap();
    assert_eq!(formatted, "enabled: false\nthrottling:\n  maxInvitesPerMinute: 9\n");
}

#[test]
fn a_variable_of_the_wrong_type_is_told_where_it_is_set_and_used() {
    let repo = repo();
    repo.replace("campaignctl.yaml", "cap: 500", "cap: lots");
    repo.run(&["validate", "-e", "staging"]).exits(0);
    repo.run(&["validate", "-e", "production"])
        .exits(1)
        .says("expected a whole number, got the text \"lots\" (`${cap}` of environment `production`)")
        .says("campaigns/one.yaml:13:")
        .says("campaignctl.yaml:6:")
        .says("the value of `cap`");
    repo.replace("campaignctl.yaml", "variables: { cap: 50 }\n", "");
    repo.run(&["validate", "-e", "staging"]).exits(1).says("environment `staging` has no variable `cap`; `production` has it");
}

#[test]
fn credentials_of_an_environment_go_before_those_for_all() {
    let mut repo = Repo::new("environments:\n  eu-west: { region: eu-west-1 }\n  us: { region: us-east-1 }\n");
    repo.campaign("one", &campaign("One", 45));
    repo.set("GENESYSCLOUD_OAUTHCLIENT_ID_EU_WEST", "half");
    repo.run(&["plan", "-e", "eu-west"]).exits(1).complains("GENESYSCLOUD_OAUTHCLIENT_SECRET_EU_WEST is not");
    repo.run(&["plan", "-e", "us"]).exits(1).complains("no credentials for environment `us`");
}
