//! Where the state is kept: good addresses, bad ones, and what must be set to reach a bucket.

use campaignctl::emulator::UnknownFields;

use crate::repo::{Ran, Repo, Server, campaign};

const SECRET: &str = "the-secret-of-the-bucket";

/// A repo with one campaign, whose state is at this address.
fn repo_at(url: &str, state: &str) -> Repo {
    let mut repo = Repo::new(&format!("environments:\n  production: {{ baseUrl: \"{url}\", state: \"{state}\" }}\n"));
    repo.set("GENESYSCLOUD_OAUTHCLIENT_ID", "journey");
    repo.set("GENESYSCLOUD_OAUTHCLIENT_SECRET", "a-secret-of-a-journey");
    repo.campaign("one", &campaign("One", 45));
    repo
}

/// What `plan` says of a state that cannot be reached; nothing listens at the server's address.
fn refused(state: &str, variables: &[(&str, &str)]) -> Ran {
    let mut repo = repo_at("http://127.0.0.1:1", state);
    for (name, value) in variables {
        repo.set(name, value);
    }
    let ran = repo.run(&["plan"]).exits(1);
    assert!(!ran.out.contains(SECRET) && !ran.err.contains(SECRET), "{ran:#?}");
    ran
}

#[tokio::test(flavor = "multi_thread")]
async fn a_file_url_is_a_file() {
    let server = Server::start(UnknownFields::Reject).await;
    let folder = tempfile::tempdir().unwrap();
    let file = folder.path().join("deep/production.json");
    let repo = repo_at(server.emulator.base_url(), &format!("file://{}", file.display()));
    repo.run(&["apply", "--auto-approve"]).exits(0).says("1 added");
    assert!(file.exists());
    repo.run(&["plan"]).exits(0).says("No changes.");
    repo.run(&["state", "unlock", "an-id", "--force"])
        .exits(1)
        .complains("is a file, and nobody has it locked")
        .complains("goes with the process that holds it");
}

/// Two projects whose states are links to one file: one run at a time, and one state.
#[cfg(unix)]
#[tokio::test(flavor = "multi_thread")]
async fn a_link_to_a_state_is_that_state() {
    use std::io::{BufRead as _, Write as _};
    use std::process::Stdio;
    let server = Server::start(UnknownFields::Reject).await;
    let shared = tempfile::tempdir().unwrap();
    let real = shared.path().join("real.json");
    let [one, two] = [(); 2].map(|()| Repo::of_server(server.emulator.base_url()));
    for repo in [&one, &two] {
        std::os::unix::fs::symlink(&real, repo.path("state.json")).unwrap();
        repo.campaign("one", &campaign("One", 45));
    }
    let mut apply = one.command(&["apply"]).stdin(Stdio::piped()).stdout(Stdio::piped()).stderr(Stdio::null()).spawn().unwrap();
    let mut lines = std::io::BufReader::new(apply.stdout.take().unwrap()).lines();
    assert!(lines.any(|line| line.unwrap().contains("Only 'yes' will be accepted")));
    two.run(&["apply", "--auto-approve"]).exits(1).complains("real.json` is locked by `campaignctl apply`");
    apply.stdin.take().unwrap().write_all(b"yes\n").unwrap();
    assert!(lines.all(|line| line.is_ok()) && apply.wait().unwrap().success());
    two.run(&["plan", "--detailed-exitcode"]).exits(0).says("No changes.");
    two.campaign("one", &campaign("One", 60));
    two.run(&["apply", "--auto-approve"]).exits(0).says("1 changed");
    for repo in [&one, &two] {
        assert!(std::fs::symlink_metadata(repo.path("state.json")).unwrap().is_symlink());
        assert!(!repo.path("state.json.backup").exists() && !repo.path("state.json.lock").exists());
    }
    assert!(shared.path().join("real.json.backup").exists());
}

#[test]
fn a_bad_address_is_a_finding_at_its_place() {
    for (state, told) in [
        ("s4://bucket/key", "did you mean `s3://`?"),
        ("s3://bucket", "names a bucket and no key in it"),
        ("s3://bucket/", "write bucket and key"),
        ("https://bucket.s3.amazonaws.com/key", "AWS_ENDPOINT_URL"),
        ("s3://id:secret@bucket/key", "credentials come from the process environment only"),
    ] {
        refused(state, &[]).complains("error[bad-state]").complains("campaignctl.yaml:2:").complains(told);
    }
}

#[test]
fn missing_credentials_are_told_at_once_with_the_names_to_set() {
    let s3 = "s3://bucket/key";
    refused(s3, &[]).complains("AWS_REGION is not set");
    let region = ("AWS_REGION", "eu-west-1");
    refused(s3, &[region]).complains("no AWS credentials are set").complains("set AWS_ACCESS_KEY_ID and AWS_SECRET_ACCESS_KEY");
    refused(s3, &[region, ("AWS_SECRET_ACCESS_KEY", SECRET)]).complains("AWS_SECRET_ACCESS_KEY is set, but AWS_ACCESS_KEY_ID is not");
    refused(s3, &[region, ("AWS_PROFILE", "work")]).complains("aws configure export-credentials");
    refused("gs://bucket/key", &[]).complains("GOOGLE_APPLICATION_CREDENTIALS");
    refused("az://container/key", &[]).complains("AZURE_STORAGE_ACCOUNT_NAME is not set");
    refused("az://container/key", &[("AZURE_STORAGE_ACCOUNT_NAME", "acme")]).complains("AZURE_STORAGE_ACCOUNT_KEY");
    refused(s3, &[region, ("CAMPAIGNCTL_STATE_LEASE", "soon")]).complains("CAMPAIGNCTL_STATE_LEASE is no number of seconds");
}

#[test]
fn plain_http_stays_on_this_machine_whatever_is_set() {
    let keys = [("AWS_ACCESS_KEY_ID", "AKIA"), ("AWS_SECRET_ACCESS_KEY", SECRET), ("AWS_ALLOW_HTTP", "true")];
    let with = |endpoint: &'static str| [&keys[..], &[("AWS_ENDPOINT_URL", endpoint)]].concat();
    refused("s3://bucket/key", &with("http://minio.example.com:9000")).complains("plain `http://` is for servers on this machine");
    refused("s3://bucket/key", &with("http://127.0.0.1.example.com")).complains("plain `http://` is for servers on this machine");
    refused("s3://bucket/key", &with("https://AKIA:the-secret-of-the-bucket@minio")).complains("credentials have variables of their own");
    refused("s3://bucket/key", &with("minio:9000")).complains("write `https://HOST`");
}

#[tokio::test(flavor = "multi_thread")]
async fn a_storage_that_does_not_answer_is_told_and_nothing_is_planned() {
    let server = Server::start(UnknownFields::Reject).await;
    let storage = wiremock::MockServer::start().await;
    let denied = wiremock::ResponseTemplate::new(403).set_body_string(format!(
        "<Error><Code>AccessDenied</Code><Message>Access Denied</Message><StringToSign>{SECRET}</StringToSign></Error>"
    ));
    wiremock::Mock::given(wiremock::matchers::any()).respond_with(denied).mount(&storage).await;
    let mut repo = repo_at(server.emulator.base_url(), "s3://bucket/key");
    for (name, value) in [("AWS_ACCESS_KEY_ID", "AKIA"), ("AWS_SECRET_ACCESS_KEY", SECRET), ("AWS_ENDPOINT_URL", &storage.uri())] {
        repo.set(name, value);
    }
    for command in [&["plan", "--log", "debug"][..], &["apply", "--auto-approve"]] {
        let ran = repo.run(command).exits(1).complains("the state `s3://bucket/key`: Access Denied (AccessDenied)");
        assert!(ran.err.contains("check the credentials") && !ran.err.contains(SECRET), "{ran:#?}");
    }
    assert!(server.campaigns().await.is_empty());
    let requests = storage.received_requests().await.unwrap();
    assert!(requests.iter().all(|request| request.url.path().starts_with("/bucket/key")), "{requests:?}");
}

#[tokio::test(flavor = "multi_thread")]
async fn a_bucket_that_is_not_there_is_not_an_empty_state() {
    let server = Server::start(UnknownFields::Reject).await;
    for (code, expected) in [("NoSuchBucket", 1), ("NoSuchKey", 0)] {
        let storage = wiremock::MockServer::start().await;
        let text = format!("<Error><Code>{code}</Code><Message>The specified thing does not exist</Message></Error>");
        let answer = wiremock::ResponseTemplate::new(404).set_body_string(text);
        wiremock::Mock::given(wiremock::matchers::any()).respond_with(answer).mount(&storage).await;
        let mut repo = repo_at(server.emulator.base_url(), "s3://bucket/key");
        for (name, value) in [("AWS_ACCESS_KEY_ID", "AKIA"), ("AWS_SECRET_ACCESS_KEY", SECRET), ("AWS_ENDPOINT_URL", &storage.uri())] {
            repo.set(name, value);
        }
        // Not 4: nobody else stands in the way.
        let ran = repo.run(&["plan", "--exit-codes", "fine"]).exits(expected);
        if expected == 1 {
            ran.complains("The specified thing does not exist (NoSuchBucket)").complains("make the bucket first");
        }
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn a_storage_that_has_no_time_is_asked_five_times() {
    let server = Server::start(UnknownFields::Reject).await;
    let storage = wiremock::MockServer::start().await;
    wiremock::Mock::given(wiremock::matchers::any()).respond_with(wiremock::ResponseTemplate::new(503)).mount(&storage).await;
    let mut repo = repo_at(server.emulator.base_url(), "s3://bucket/key");
    for (name, value) in [("AWS_ACCESS_KEY_ID", "AKIA"), ("AWS_SECRET_ACCESS_KEY", SECRET), ("AWS_ENDPOINT_URL", &storage.uri())] {
        repo.set(name, value);
    }
    repo.run(&["plan"]).exits(1).complains("cannot read the state `s3://bucket/key`");
    assert_eq!(storage.received_requests().await.unwrap().len(), 5);
}
