//! Shared states on a real server that speaks S3. `tests/state/s3.sh` starts one on loopback and runs these.

#![allow(clippy::unwrap_used, reason = "a test may stop where it fails")]

#[path = "journeys/repo.rs"]
#[allow(dead_code, reason = "the journeys use the rest")]
mod repo;

use std::io::{BufRead, BufReader, Read, Write};
use std::process::{Child, ChildStdin, ChildStdout, Command, Stdio};
use std::sync::Arc;
use std::time::{Duration, Instant};

use campaignctl::emulator::UnknownFields;
use campaignctl::model::{Provider, StateLocation, StateObject};
use campaignctl::state::{Holder, Owner, StateAccess, StateDocument, StateError, StateStore};
use object_store::aws::AmazonS3Builder;
use object_store::path::Path;
use object_store::{Error, ObjectStore, ObjectStoreExt, PutMode, UpdateVersion};
use repo::{Ran, Repo, Server, campaign};

const SECRET: &str = "the-secret-of-the-bucket";

#[allow(clippy::disallowed_methods, reason = "the script that starts the server says where it is")]
fn endpoint() -> String {
    std::env::var("CAMPAIGNCTL_TEST_S3").expect("run tests/state/s3.sh")
}

fn variables() -> Vec<(&'static str, String)> {
    vec![
        ("AWS_ACCESS_KEY_ID", "AKIAJOURNEY".to_owned()),
        ("AWS_SECRET_ACCESS_KEY", SECRET.to_owned()),
        ("AWS_REGION", "eu-west-1".to_owned()),
        ("AWS_ENDPOINT_URL_S3", endpoint()),
    ]
}

async fn bucket(name: &str) -> String {
    rustls::crypto::ring::default_provider().install_default().ok();
    let http = reqwest::Client::builder().no_proxy().build().unwrap();
    let made = http
        .put(format!("{}/{name}", endpoint()))
        .header("host", "s3.eu-west-1.amazonaws.com")
        .body(
            "<CreateBucketConfiguration xmlns=\"http://s3.amazonaws.com/doc/2006-03-01/\"><LocationConstraint>eu-west-1</LocationConstraint>\
             </CreateBucketConfiguration>",
        )
        .send()
        .await
        .unwrap();
    assert!(made.status().is_success(), "{}", made.text().await.unwrap());
    name.to_owned()
}

fn state(bucket: &str, key: &str) -> StateStore {
    let object = StateObject { provider: Provider::S3, bucket: bucket.to_owned(), key: key.to_owned() };
    let set = variables();
    let access = StateAccess::read(|name| set.iter().find(|(known, _)| *known == name).map(|(_, value)| value.clone()));
    StateStore::open(&StateLocation::Object(object), &access, "production").unwrap()
}

fn holder(process: u32) -> Holder {
    Holder { command: "apply".to_owned(), host: "here".to_owned(), process, ..Holder::default() }
}

fn document() -> StateDocument {
    StateDocument::new("lineage".to_owned(), Owner { environment: "production".to_owned(), organization: "org".to_owned() })
}

#[tokio::test(flavor = "multi_thread")]
#[ignore = "needs a server that speaks S3: tests/state/s3.sh"]
async fn of_sixteen_at_once_one_gets_the_lock() {
    let bucket = bucket("lock-race").await;
    for round in 0..10 {
        let key = format!("round-{round}.json");
        let tasks: Vec<_> = (0..16)
            .map(|process| {
                let state = state(&bucket, &key);
                tokio::spawn(async move { state.lock(&holder(process)).await })
            })
            .collect();
        let mut held = Vec::new();
        for task in tasks {
            match task.await.unwrap() {
                Ok(lock) => held.push(lock),
                Err(error) => assert!(matches!(error, StateError::Locked { .. }), "{error}"),
            }
        }
        assert_eq!(held.len(), 1, "round {round}");
    }
}

#[tokio::test(flavor = "multi_thread")]
#[ignore = "needs a server that speaks S3: tests/state/s3.sh"]
async fn eight_writers_lose_no_write() {
    const WRITERS: u32 = 8;
    const WRITES: u64 = 5;
    let bucket = bucket("writers").await;
    let tasks: Vec<_> = (0..WRITERS)
        .map(|process| {
            let state = state(&bucket, "state.json");
            tokio::spawn(async move {
                let mut done = 0;
                while done < WRITES {
                    match state.lock(&holder(process)).await {
                        Ok(mut lock) => {
                            let mut document = lock.read().await.unwrap().unwrap_or_else(document);
                            lock.write(&mut document).await.unwrap();
                            lock.release().await.unwrap();
                            done += 1;
                        }
                        // Others got it; under this load even again and again.
                        Err(StateError::Locked { .. } | StateError::Lost { .. }) => tokio::task::yield_now().await,
                        Err(error) => panic!("{error}"),
                    }
                }
            })
        })
        .collect();
    for task in tasks {
        task.await.unwrap();
    }
    let written = state(&bucket, "state.json").read().await.unwrap().unwrap();
    assert_eq!(written.serial, u64::from(WRITERS) * WRITES);
    assert_eq!(written.fence, u64::from(WRITERS) * WRITES, "one lock for each");
}

#[tokio::test(flavor = "multi_thread")]
#[ignore = "needs a server that speaks S3: tests/state/s3.sh"]
async fn the_server_compares_and_swaps() {
    let bucket = bucket("counter").await;
    let store: Arc<dyn ObjectStore> = Arc::new(
        AmazonS3Builder::new()
            .with_bucket_name(bucket)
            .with_region("eu-west-1")
            .with_access_key_id("AKIAJOURNEY")
            .with_secret_access_key(SECRET)
            .with_endpoint(endpoint())
            .with_allow_http(true)
            .build()
            .unwrap(),
    );
    let path = Path::from("counter");
    store.put(&path, "0".into()).await.unwrap();
    let tasks: Vec<_> = (0..8)
        .map(|_| {
            let (store, path) = (Arc::clone(&store), path.clone());
            tokio::spawn(async move {
                let mut done = 0;
                while done < 10 {
                    let found = store.get(&path).await.unwrap();
                    let version = UpdateVersion { e_tag: found.meta.e_tag.clone(), version: found.meta.version.clone() };
                    let count: u32 = String::from_utf8(found.bytes().await.unwrap().to_vec()).unwrap().parse().unwrap();
                    match store.put_opts(&path, (count + 1).to_string().into(), PutMode::Update(version).into()).await {
                        Ok(_) => done += 1,
                        Err(Error::Precondition { .. } | Error::AlreadyExists { .. }) => {}
                        Err(error) => panic!("{error}"),
                    }
                }
            })
        })
        .collect();
    for task in tasks {
        task.await.unwrap();
    }
    assert_eq!(store.get(&path).await.unwrap().bytes().await.unwrap(), "80");
}

/// A repo whose state is in this bucket, with one campaign.
fn repo_of(server: &Server, bucket: &str) -> Repo {
    let url = server.emulator.base_url();
    let mut repo =
        Repo::new(&format!("environments:\n  production: {{ baseUrl: \"{url}\", state: \"s3://{bucket}/team/production.json\" }}\n"));
    repo.set("GENESYSCLOUD_OAUTHCLIENT_ID", "journey");
    repo.set("GENESYSCLOUD_OAUTHCLIENT_SECRET", "a-secret-of-a-journey");
    for (name, value) in variables() {
        repo.set(name, &value);
    }
    repo.campaign("one", &campaign("One", 45));
    repo
}

fn keeps_the_secret(ran: &Ran) {
    assert!(!ran.out.contains(SECRET) && !ran.err.contains(SECRET), "{ran:#?}");
}

/// An apply that waits for its answer, with the lock in its hands.
struct Waiting {
    child: Child,
    input: ChildStdin,
    output: BufReader<ChildStdout>,
}

impl Waiting {
    fn start(repo: &Repo) -> Self {
        let mut child = repo.command(&["apply"]).stdin(Stdio::piped()).stdout(Stdio::piped()).stderr(Stdio::piped()).spawn().unwrap();
        let (input, output) = (child.stdin.take().unwrap(), child.stdout.take().unwrap());
        let mut waiting = Self { child, input, output: BufReader::new(output) };
        let mut line = String::new();
        while !line.contains("Only 'yes' will be accepted") {
            line.clear();
            assert!(waiting.output.read_line(&mut line).unwrap() > 0, "apply ended early");
        }
        waiting
    }

    /// Ends, with what it printed on standard error.
    fn end(mut self) -> (Option<i32>, String) {
        drop(self.input);
        let mut rest = String::new();
        self.output.read_to_string(&mut rest).unwrap();
        let output = self.child.wait_with_output().unwrap();
        (output.status.code(), rest + &String::from_utf8(output.stderr).unwrap())
    }
}

#[tokio::test(flavor = "multi_thread")]
#[ignore = "needs a server that speaks S3: tests/state/s3.sh"]
async fn of_four_applies_at_once_each_writes_alone_or_is_told_who_does() {
    let server = Server::start(UnknownFields::Reject).await;
    let repo = repo_of(&server, &bucket("applies").await);
    for number in 0..20 {
        repo.campaign(&format!("c{number:02}"), &campaign(&format!("C {number}"), 45));
    }
    let children: Vec<_> =
        (0..4).map(|_| repo.command(&["apply", "--auto-approve"]).stdout(Stdio::piped()).stderr(Stdio::piped()).spawn().unwrap()).collect();
    let mut done = 0;
    for child in children {
        let output = child.wait_with_output().unwrap();
        let told = String::from_utf8(output.stderr).unwrap();
        match output.status.code() {
            Some(0) => done += 1,
            _ => {
                assert!(told.contains("is locked by `campaignctl apply` (process ") && told.contains("campaignctl state unlock "), "{told}")
            }
        }
    }
    assert!(done >= 1);
    assert_eq!(server.campaigns().await.len(), 21, "nothing was created twice");
    repo.run(&["plan", "--detailed-exitcode"]).exits(0).says("No changes.");
    let ran = repo.run(&["apply", "--auto-approve", "--log", "debug"]).exits(0);
    keeps_the_secret(&ran);
}

#[tokio::test(flavor = "multi_thread")]
#[ignore = "needs a server that speaks S3: tests/state/s3.sh"]
async fn the_lock_of_a_killed_run_is_taken_over_once_it_has_expired() {
    let server = Server::start(UnknownFields::Reject).await;
    let mut repo = repo_of(&server, &bucket("killed").await);
    repo.set("CAMPAIGNCTL_STATE_LEASE", "2");
    let mut waiting = Waiting::start(&repo);
    waiting.child.kill().unwrap();
    let process = waiting.child.id();
    waiting.end();
    let first = repo.run(&["apply", "--auto-approve"]);
    let began = Instant::now();
    let mut ran = first;
    while ran.code != 0 {
        assert!(ran.err.contains(&format!("is locked by `campaignctl apply` (process {process} on ")), "{ran:#?}");
        assert!(began.elapsed() < Duration::from_secs(30), "{ran:#?}");
        ran = repo.run(&["apply", "--auto-approve"]);
    }
    assert!(ran.err.contains(&format!("Note: the lock of `campaignctl apply` (process {process} on ")), "{ran:#?}");
    assert!(ran.err.contains("it was taken over at"), "{ran:#?}");
    assert_eq!(server.campaigns().await.len(), 1);
    assert!(!repo.run(&["apply", "--auto-approve"]).exits(0).err.contains("taken over"));
}

#[tokio::test(flavor = "multi_thread")]
#[ignore = "needs a server that speaks S3: tests/state/s3.sh"]
async fn a_broken_lock_stops_its_holder_before_anything_is_written() {
    let server = Server::start(UnknownFields::Reject).await;
    let repo = repo_of(&server, &bucket("unlock").await);
    let mut waiting = Waiting::start(&repo);
    let ran = repo.run(&["apply", "--auto-approve", "--exit-codes", "fine"]).exits(4);
    let id = ran.err.split("campaignctl state unlock ").nth(1).unwrap().split_whitespace().next().unwrap().to_owned();
    assert!(ran.err.contains(&format!("campaignctl state unlock {id} -e production")), "{ran:#?}");
    repo.run(&["plan"]).exits(0);

    repo.run(&["state", "unlock", "not-this-one", "--force"]).exits(1).complains("is locked under another id").complains(&id);
    repo.answer(&["state", "unlock", &id], "no\n").exits(1).says("locked by").says(&id).complains("the lock is as it was");
    let ran = repo.answer(&["state", "unlock", &id], "yes\n").exits(0).says("Unlocked: the lock of `campaignctl apply`").says("on record");
    keeps_the_secret(&ran);
    repo.run(&["state", "unlock", &id, "--force"]).exits(1).complains("is not locked");

    waiting.input.write_all(b"yes\n").unwrap();
    let (code, told) = waiting.end();
    assert_eq!(code, Some(1), "{told}");
    assert!(told.contains("the lock of this run was broken by `campaignctl state unlock`"), "{told}");
    assert!(server.campaigns().await.is_empty(), "nothing was written without the lock");
    repo.run(&["apply", "--auto-approve"]).exits(0).says("1 added");
}

#[tokio::test(flavor = "multi_thread")]
#[ignore = "needs a server that speaks S3: tests/state/s3.sh"]
async fn whoever_does_not_answer_gives_the_lock_back() {
    let server = Server::start(UnknownFields::Reject).await;
    let repo = repo_of(&server, &bucket("prompt").await);
    let mut waiting = Waiting::start(&repo);
    let interrupt = Command::new("kill").args(["-INT", &waiting.child.id().to_string()]).status().unwrap();
    assert!(interrupt.success());
    waiting.child.wait().unwrap();
    let (code, told) = waiting.end();
    assert_eq!(code, Some(1), "{told}");
    assert!(told.contains("apply cancelled"), "{told}");
    repo.run(&["apply"]).exits(1).complains("nobody answered");
    repo.answer(&["apply"], "no\n").exits(1).complains("apply cancelled");
    repo.campaign("broken", "name: [");
    repo.run(&["apply", "--auto-approve"]).exits(1).complains("campaigns/broken.yaml");
    repo.remove("campaigns/broken.yaml");
    repo.run(&["plan", "--out", "saved.plan"]).exits(0);
    repo.run(&["apply", "--auto-approve"]).exits(0);
    repo.run(&["apply", "saved.plan"]).exits(1).complains("is stale");
    repo.run(&["apply", "--auto-approve"]).exits(0);
}

#[tokio::test(flavor = "multi_thread")]
#[ignore = "needs a server that speaks S3: tests/state/s3.sh"]
async fn a_bucket_that_is_not_there_is_no_lost_state() {
    let server = Server::start(UnknownFields::Reject).await;
    let repo = repo_of(&server, "never-made");
    for command in [&["plan"][..], &["apply", "--auto-approve"]] {
        let ran = repo.run(command).exits(1).complains("NoSuchBucket").complains("make the bucket first");
        keeps_the_secret(&ran);
    }
    assert!(server.campaigns().await.is_empty());
}

#[tokio::test(flavor = "multi_thread")]
#[ignore = "needs a server that speaks S3: tests/state/s3.sh"]
async fn the_state_commands_work_on_a_bucket_as_on_a_file() {
    let server = Server::start(UnknownFields::Reject).await;
    let bucket = bucket("commands").await;
    let repo = repo_of(&server, &bucket);
    repo.campaign("two", &campaign("Two", 45));
    repo.run(&["state", "list"]).exits(1).complains("has no state yet");
    repo.run(&["apply", "--auto-approve"]).exits(0);
    let pulled = repo.run(&["state", "pull"]).exits(0);
    repo.answer(&["state", "push", "-"], &pulled.out).exits(0).says("Nothing to push");
    repo.campaign("three", &campaign("Three", 45));
    let waiting = Waiting::start(&repo);
    repo.run(&["state", "mv", "two", "deux"]).exits(1).complains("is locked by `campaignctl apply`");
    repo.run(&["state", "show", "two"]).exits(0).says("name: Two");
    waiting.end();
    repo.run(&["state", "mv", "two", "deux"]).exits(0);
    repo.run(&["state", "rm", "one"]).exits(0);
    assert_eq!(repo.run(&["state", "list"]).exits(0).out, "campaign.deux\n");
    repo.answer(&["state", "push", "-"], &pulled.out).exits(1).complains("it is older");
    let ran = repo.answer(&["state", "push", "-", "--force"], &pulled.out).exits(0);
    keeps_the_secret(&ran);
    assert_eq!(repo.run(&["state", "list"]).exits(0).out, "campaign.one\ncampaign.two\n");
    assert_eq!(repo.run(&["state", "pull", "--backup"]).exits(0).out.matches("\"deux\"").count(), 2, "as a key, and in its run");
    repo.run(&["apply", "--auto-approve"]).exits(0).says("1 added");
}
