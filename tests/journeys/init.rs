//! The first command of a new project: what it writes, infers, leaves out, and never touches.

use std::collections::BTreeMap;
use std::fs;
use std::path::Path;

use campaignctl::emulator::UnknownFields;

use crate::repo::{Ran, Repo, Server};

const ORGANIZATION: &str = "5a3b1c9e-7d24-4f68-9b0a-c1e2d3f4a5b6";

/// An empty folder.
fn empty() -> Repo {
    let repo = Repo::new("");
    repo.remove("campaignctl.yaml");
    fs::remove_dir(repo.path("campaigns")).unwrap();
    repo
}

/// A git repository with this remote, as git writes it down.
fn cloned(remote: &str) -> Repo {
    let repo = empty();
    fs::create_dir(repo.path(".git")).unwrap();
    repo.write(".git/config", &format!("[core]\n\tbare = false\n[remote \"origin\"]\n\turl = {remote}\n\tfetch = +refs/*:refs/*\n"));
    repo
}

fn text(repo: &Repo, path: &str) -> String {
    fs::read_to_string(repo.path(path)).unwrap()
}

/// Every file below a folder, with its bytes.
fn files(folder: &Path) -> BTreeMap<String, Vec<u8>> {
    let mut found = BTreeMap::new();
    let mut waiting = vec![folder.to_owned()];
    while let Some(next) = waiting.pop() {
        for entry in fs::read_dir(next).unwrap() {
            let path = entry.unwrap().path();
            match path.is_dir() {
                true => waiting.push(path),
                false => drop(found.insert(path.strip_prefix(folder).unwrap().display().to_string(), fs::read(&path).unwrap())),
            }
        }
    }
    found
}

/// The commands that the output ends with.
fn next_commands(ran: &Ran) -> Vec<Vec<String>> {
    let next = ran.out.split("\nNext:\n").nth(1).unwrap_or_else(|| panic!("nothing comes next: {ran:#?}"));
    let words = |line: &str| line.split('#').next().unwrap().split_whitespace().skip(1).map(str::to_owned).collect();
    next.lines().filter(|line| line.trim().starts_with("campaignctl ")).map(words).collect()
}

#[test]
fn a_new_project_is_valid_and_can_be_planned_at_once_and_a_second_run_does_nothing() {
    let repo = empty();
    let ran = repo.run(&["init"]).exits(0).says("written   campaignctl.yaml").says("the folder is in no git repository");
    let next = next_commands(&ran);
    assert_eq!(next, [vec!["validate"], vec!["plan"]], "no plan for an environment without a region");
    repo.run(&["validate", "--deny", "all"]).exits(0).says("1 campaign in 1 file is valid.");
    repo.run(&["fmt", "--check"]).exits(0);
    repo.run(&["plan"]).exits(0).says("+ enabled: false").says("Plan: 1 to add, 0 to change, 0 to destroy.");
    for name in ["campaign", "project", "plan"] {
        assert_eq!(text(&repo, &format!("schema/{name}.schema.json")), repo.run(&["schema", name]).out);
    }
    // The first line of both files leads to a schema that is there.
    for (file, folder) in [("campaignctl.yaml", "."), ("campaigns/sample.yaml", "campaigns")] {
        let text = text(&repo, file);
        let schema = text.lines().next().unwrap().split("$schema=").nth(1).unwrap();
        assert!(repo.path(folder).join(schema).exists(), "{file}: {schema}");
    }

    let before = files(&repo.path("."));
    repo.run(&["init"]).exits(0).says("Nothing to do").says("kept      campaignctl.yaml");
    // Not even a sample that was deleted comes back.
    repo.remove("campaigns/sample.yaml");
    repo.write("campaigns/mine.yaml", "name: Mine\n");
    repo.run(&["init"]).exits(0).says("Nothing to do");
    repo.remove("campaigns/mine.yaml");
    repo.write("campaigns/sample.yaml", std::str::from_utf8(&before["campaigns/sample.yaml"]).unwrap());
    assert_eq!(files(&repo.path(".")), before);
}

#[test]
fn the_commented_environment_is_valid_once_the_comments_are_gone() {
    let repo = empty();
    repo.run(&["init"]).exits(0);
    let filled: String = text(&repo, "campaignctl.yaml")
        .lines()
        .map(|line| format!("{}\n", line.replacen("  # production:", "  production:", 1).replacen("  #   ", "    ", 1)))
        .collect();
    repo.write("campaignctl.yaml", &filled.replace("region: REGION", "region: eu-west-1"));
    repo.run(&["validate", "-e", "production"]).exits(0);
}

#[test]
fn the_pipelines_are_the_examples_for_the_host_of_the_remote() {
    let examples = Path::new(env!("CARGO_MANIFEST_DIR")).join("examples");
    for remote in ["git@github.com:acme/campaigns.git", "https://x:ghp_secret@github.example.com/acme/campaigns"] {
        let repo = cloned(remote);
        let ran = repo
            .run(&["init"])
            .exits(0)
            .says("written   .github/workflows/campaigns-apply.yaml")
            .says("The pipelines are those for github.");
        assert!(!ran.out.contains("ghp_secret"), "{ran:#?}");
        assert_eq!(files(&repo.path(".github")), files(&examples.join("github-actions")));
        assert!(text(&repo, ".gitignore").contains("/.state/\n") && !repo.path(".gitlab-ci.yml").exists());
        let before = files(&repo.path("."));
        repo.run(&["init"]).exits(0).says("Nothing to do");
        assert_eq!(files(&repo.path(".")), before);
    }
    for remote in ["ssh://git@gitlab.com:22/acme/campaigns.git", "https://gitlab.example.com/a/b/c.git"] {
        let repo = cloned(remote);
        repo.run(&["init", "-e", "staging", "--region", "us-east-1"]).exits(0).says("written   .gitlab-ci.yml");
        let example = fs::read_to_string(examples.join("gitlab-ci/.gitlab-ci.yml")).unwrap();
        let named = example.replace("ENVIRONMENT: production #", "ENVIRONMENT: staging #");
        assert_ne!(example, named);
        assert_eq!(text(&repo, ".gitlab/campaigns.yml"), named);
        assert_eq!(text(&repo, ".gitlab-ci.yml"), "include:\n  - local: .gitlab/campaigns.yml\n");
        assert!(text(&repo, "campaignctl.yaml").contains("    state: .state/staging.json #"));
        repo.run(&["validate", "-e", "staging", "--deny", "all"]).exits(0);
    }
}

#[test]
fn without_a_host_that_is_known_the_pipelines_are_asked_for() {
    let repo = cloned("git@bitbucket.org:acme/campaigns.git");
    repo.run(&["init"]).exits(0).says("the remote is bitbucket.org, which is neither").says("--ci github");
    assert!(text(&repo, "campaignctl.yaml").contains("state: .campaignctl/production.json"));
    let project = text(&repo, "campaignctl.yaml");
    repo.run(&["init", "--ci", "gitlab"]).exits(0).says("written   .gitlab/campaigns.yml").says("left alone");
    assert_eq!(text(&repo, "campaignctl.yaml"), project);

    let other = cloned("git@github.com:acme/campaigns.git");
    other.run(&["init", "--ci", "none"]).exits(0);
    assert!(!other.path(".github").exists());

    // Pipelines start in the root of a repository.
    let parent = cloned("git@github.com:acme/all.git");
    parent.run(&["init", "deep/campaigns"]).exits(0).says("`--project deep/campaigns`").says("cd deep/campaigns");
    assert!(!parent.path(".github").exists() && !parent.path("deep/campaigns/.github").exists());
}

#[test]
fn what_is_there_is_kept() {
    let repo = cloned("git@gitlab.com:acme/campaigns.git");
    repo.write(".gitlab-ci.yml", "stages: [mine]\n");
    repo.write(".gitignore", "node_modules\n.campaignctl");
    fs::create_dir(repo.path("campaigns")).unwrap();
    repo.write("campaigns/mine.yaml", "name: Mine\n");
    fs::create_dir(repo.path("schema")).unwrap();
    repo.write("schema/plan.schema.json", "{}\n");
    repo.run(&["init"])
        .exits(0)
        .says("kept      .gitlab-ci.yml")
        .says("include: [{ local: .gitlab/campaigns.yml }]")
        .says("extended  .gitignore")
        .says("kept      schema/plan.schema.json")
        .says("`campaignctl schema --write` renews");
    assert_eq!(text(&repo, ".gitlab-ci.yml"), "stages: [mine]\n");
    assert_eq!(text(&repo, ".gitignore"), "node_modules\n.campaignctl\n/.state/\n/.plan/\n*.plan\n");
    assert_eq!(text(&repo, "schema/plan.schema.json"), "{}\n");
    assert!(!repo.path("campaigns/sample.yaml").exists(), "there are campaigns already");
}

#[test]
fn the_region_is_that_of_the_environment_and_a_flag_goes_before_it() {
    for name in ["eu-central-1", "mypurecloud.de"] {
        let mut repo = empty();
        repo.set("GENESYSCLOUD_REGION", name);
        let ran = repo.run(&["init"]).exits(0).says("no credentials are set");
        assert!(text(&repo, "campaignctl.yaml").contains("\n    region: eu-central-1\n"));
        assert_eq!(next_commands(&ran)[2], ["plan", "-e", "production"]);
        repo.run(&["validate", "-e", "production", "--deny", "all"]).exits(0);
    }
    let mut repo = empty();
    repo.set("GENESYSCLOUD_REGION", "eu-central-1");
    repo.run(&["init", "--region", "us-west-2", "--organization", ORGANIZATION]).exits(0);
    assert!(text(&repo, "campaignctl.yaml").contains(&format!("region: us-west-2\n    organization: {ORGANIZATION} #")));

    let mut repo = empty();
    repo.set("GENESYSCLOUD_REGION", "atlantis");
    repo.set("GENESYSCLOUD_OAUTHCLIENT_ID", "half");
    repo.run(&["init"]).exits(0).says("which is no region").says("GENESYSCLOUD_OAUTHCLIENT_SECRET is not");
    repo.run(&["plan"]).exits(1).complains("GENESYSCLOUD_OAUTHCLIENT_SECRET is not");
}

#[tokio::test(flavor = "multi_thread")]
async fn the_organization_is_that_of_the_credentials() {
    let server = Server::start(UnknownFields::Reject).await;
    let url = server.emulator.base_url();
    let mut repo = empty();
    repo.set("GENESYSCLOUD_OAUTHCLIENT_ID", "journey");
    repo.set("GENESYSCLOUD_OAUTHCLIENT_SECRET", "a-secret-of-a-journey");
    let ran = repo.run(&["init", "--base-url", url]).exits(0).says(&format!("Sample Organization ({ORGANIZATION})"));
    assert!(text(&repo, "campaignctl.yaml").contains(&format!("    organization: {ORGANIZATION} # refused")));
    assert!(files(&repo.path(".")).values().all(|bytes| !String::from_utf8_lossy(bytes).contains("a-secret-of-a-journey")));
    for command in next_commands(&ran) {
        repo.run(&command.iter().map(String::as_str).collect::<Vec<_>>()).exits(0);
    }
    assert!(server.campaigns().await.is_empty());
}

#[test]
fn a_server_that_does_not_answer_keeps_nobody_from_starting() {
    let mut repo = empty();
    repo.set("GENESYSCLOUD_ACCESS_TOKEN", "a-token-of-a-journey");
    let ran = repo.run(&["init", "--base-url", "http://127.0.0.1:1"]).exits(0).says("The organization could not be looked up:");
    assert!(!ran.out.contains("a-token-of-a-journey"), "{ran:#?}");
    assert!(text(&repo, "campaignctl.yaml").contains("    # organization: ID"));
    repo.run(&["validate", "-e", "production", "--deny", "all"]).exits(0);
}

#[test]
fn a_place_where_no_project_can_be_is_told() {
    let repo = empty();
    repo.write("file", "");
    repo.run(&["init", "file"]).exits(1).complains("is a file");
    repo.run(&["init", "file/below"]).exits(1).complains("cannot make the folder").complains("name a folder you may write in");
    repo.run(&["init", "x", "-e", "local"]).exits(1).complains("the environment of the emulator");
    repo.run(&["init", "x", "-e", "a: b"]).exits(1).complains("is no name of an environment");
    repo.run(&["init", "x", "--organization", "a # b"]).exits(1).complains("an id has letters");
    repo.run(&["init", "x", "--region", "nowhere"]).exits(1).complains("eu-west-1");
    repo.run(&["init", "--project", "x"]).exits(1).complains("campaignctl init DIR");
    assert!(!repo.path("x").exists());

    repo.run(&["init"]).exits(0);
    fs::create_dir(repo.path("deep")).unwrap();
    let inside = repo.command(&["init"]).current_dir(repo.path("deep")).output().unwrap();
    let told = String::from_utf8(inside.stderr).unwrap();
    assert!(inside.status.code() == Some(1) && told.contains("inside the project in"), "{told}");
    assert_eq!(fs::read_dir(repo.path("deep")).unwrap().count(), 0);
    repo.run(&["init", "deep/../deep"]).exits(0);
    assert!(repo.path("deep/campaignctl.yaml").exists());
}
