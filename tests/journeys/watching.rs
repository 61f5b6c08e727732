//! `drift --watch`: it goes on whatever happens, tells of changes once, and stops when it is told.

use std::cell::{Cell, RefCell};
use std::io::{BufRead, BufReader, Read};
use std::process::{Child, Command, Stdio};
use std::sync::{Arc, Mutex};
use std::time::{Duration, Instant};

use campaignctl::emulator::UnknownFields;
use campaignctl::load::open_project;
use campaignctl::model::Secret;
use campaignctl::ops::drift::{Pacing, Tally, Told, watch};
use campaignctl::ops::{Access, Failure, Scope};
use campaignctl::reconcile::News;
use campaignctl::remote::{Credentials, Settings};
use serde_json::{Value, json};
use tokio::io::{AsyncReadExt as _, AsyncWriteExt as _};
use wiremock::ResponseTemplate;

use crate::job::{messages, webhook};
use crate::repo::{Repo, Server, campaign};

/// Longer than anything here takes.
const PATIENCE: Duration = Duration::from_secs(300);

async fn applied(campaigns: u32) -> (Server, Repo) {
    let server = Server::start(UnknownFields::Reject).await;
    let repo = Repo::of_server(server.emulator.base_url());
    for number in 0..campaigns {
        repo.campaign(&format!("c{number}"), &campaign(&format!("C {number}"), 45));
    }
    repo.run(&["apply", "--auto-approve", "-q"]).exits(0);
    (server, repo)
}

/// A process of the program that ends with the test, however it ends.
struct Job {
    child: Child,
    err: Arc<Mutex<String>>,
    reader: Option<std::thread::JoinHandle<()>>,
}

impl Drop for Job {
    fn drop(&mut self) {
        let _ = self.child.kill();
        let _ = self.child.wait();
    }
}

impl Job {
    fn start(repo: &Repo, arguments: &[&str]) -> Self {
        let mut child = repo.command(arguments).stdout(Stdio::piped()).stderr(Stdio::piped()).spawn().unwrap();
        let err = Arc::new(Mutex::new(String::new()));
        let (mut lines, heard) = (BufReader::new(child.stderr.take().unwrap()), Arc::clone(&err));
        let reader = std::thread::spawn(move || {
            let mut line = String::new();
            while lines.read_line(&mut line).is_ok_and(|read| read > 0) {
                heard.lock().unwrap().push_str(&std::mem::take(&mut line));
            }
        });
        Self { child, err, reader: Some(reader) }
    }

    fn err(&self) -> String {
        self.err.lock().unwrap().clone()
    }

    /// Waits until this is so; `look` is asked again and again.
    async fn until<T>(&self, what: &str, mut look: impl AsyncFnMut() -> Option<T>) -> T {
        let began = Instant::now();
        loop {
            if let Some(found) = look().await {
                return found;
            }
            assert!(began.elapsed() < PATIENCE, "{what} never came: {}", self.err());
            tokio::time::sleep(Duration::from_millis(5)).await;
        }
    }

    /// Where it serves.
    async fn address(&self) -> String {
        let served = self.until("the address", async || Some(self.err().split_once("Serving ")?.1.split_once("/metrics")?.0.to_owned()));
        served.await
    }

    fn signal(&self, name: &str) {
        let sent = Command::new("kill").args([format!("-{name}"), self.child.id().to_string()]).status().unwrap();
        assert!(sent.success());
    }

    /// Exit code and standard output.
    fn ended(mut self) -> (Option<i32>, String, String) {
        let mut out = String::new();
        self.child.stdout.take().unwrap().read_to_string(&mut out).unwrap();
        let code = self.child.wait().unwrap().code();
        self.reader.take().unwrap().join().unwrap();
        (code, out, self.err())
    }
}

async fn get(url: &str) -> (u16, String) {
    rustls::crypto::ring::default_provider().install_default().ok();
    let client = reqwest::Client::builder().no_proxy().build().unwrap();
    let answer = client.get(url).send().await.unwrap();
    (answer.status().as_u16(), answer.text().await.unwrap())
}

fn value(text: &str, name: &str, labels: &str) -> Option<f64> {
    let series = format!("{name}{{environment=\"rehearsal\"{labels}}} ");
    text.lines().find_map(|line| line.strip_prefix(&series)).map(|value| value.parse().unwrap())
}

const GOOD: &str = ",outcome=\"success\"";
const BAD: &str = ",outcome=\"failure\"";

#[tokio::test(flavor = "multi_thread")]
async fn a_job_tells_once_survives_its_server_and_stops_at_a_signal() {
    let (server, mut repo) = applied(2).await;
    let (hook, url) = webhook(vec![ResponseTemplate::new(200)]).await;
    repo.set("CAMPAIGNCTL_DRIFT_WEBHOOK", &url);
    let state = std::fs::read(repo.path("state.json")).unwrap();
    std::fs::remove_file(repo.path("state.json.lock")).ok();
    let job = Job::start(&repo, &["drift", "--watch", "40ms", "--listen", "127.0.0.1:0", "--format", "json", "--log", "debug"]);
    let address = job.address().await;
    let metrics = async || get(&format!("{address}/metrics")).await.1;
    let rounds = async |name: &str, labels: &str, least: f64| {
        job.until(name, async || Some(metrics().await).filter(|text| value(text, name, labels) >= Some(least))).await
    };
    rounds("campaignctl_drift_runs_total", GOOD, 3.0).await;
    assert_eq!(get(&format!("{address}/livez")).await.0, 200);
    assert_eq!(get(&format!("{address}/anything")).await.0, 404);

    server.edit("C 0", |campaign| campaign["enabled"] = json!(false)).await;
    let text = rounds("campaignctl_drift_messages_total", GOOD, 1.0).await;
    assert_eq!(value(&text, "campaignctl_drift_campaigns", ",class=\"operational\""), Some(1.0), "{text}");
    let so_far = value(&text, "campaignctl_drift_runs_total", GOOD).unwrap();
    rounds("campaignctl_drift_runs_total", GOOD, so_far + 5.0).await;
    assert_eq!(messages(&hook).await.len(), 1, "once for one drift");
    server.edit("C 1", |campaign| campaign["enabled"] = json!(false)).await;
    rounds("campaignctl_drift_messages_total", GOOD, 2.0).await;

    let (server, ()) = server
        .down_while(async || {
            let text = rounds("campaignctl_drift_runs_total", BAD, 1.0).await;
            assert_eq!(value(&text, "campaignctl_drift_last_run_success", ""), Some(0.0));
            assert_eq!(value(&text, "campaignctl_drift_campaigns", ",class=\"operational\""), None, "nothing stale: {text}");
            // The last good round is young enough for three intervals more.
            let unhealthy = async || Some(get(&format!("{address}/healthz")).await).filter(|(status, _)| *status == 503);
            let (_, reason) = job.until("bad health", unhealthy).await;
            assert!(reason.contains("the last round that succeeded ended"), "{reason}");
            assert_eq!(get(&format!("{address}/livez")).await.0, 200, "starting it again would not help");
        })
        .await;
    job.until("health", async || (get(&format!("{address}/healthz")).await.0 == 200).then_some(())).await;
    assert_eq!(messages(&hook).await.len(), 2, "an outage is no change");
    for name in ["C 0", "C 1"] {
        server.edit(name, |campaign| campaign["enabled"] = json!(true)).await;
    }
    job.until("the last message", async || {
        messages(&hook).await.last().filter(|last| last["text"].as_str().unwrap().contains("resolved")).cloned()
    })
    .await;
    assert!(!repo.path("state.json.lock").exists(), "no lock");
    job.signal("TERM");
    let (code, out, err) = job.ended();
    assert_eq!(code, Some(0), "{err}");
    assert!(err.contains("Stopping after this round.") && err.contains("this round failed") && err.contains("works again after"), "{err}");
    assert!(!err.contains("hunter2") && !out.contains("hunter2"));
    let documents: Vec<Value> = out.lines().map(|line| serde_json::from_str(line).unwrap()).collect();
    assert!((4..=5).contains(&documents.len()), "a line for each change and no others: {out}");
    assert_eq!(documents[0]["summary"]["drifted"], 0);
    assert_eq!(documents[1]["summary"]["operational"], 1);
    assert!(documents[1]["at"].as_str().unwrap().starts_with("20"));
    assert_eq!(std::fs::read(repo.path("state.json")).unwrap(), state);
}

#[tokio::test(flavor = "multi_thread")]
async fn people_get_the_report_once_and_a_line_a_round_after_that() {
    let (server, repo) = applied(1).await;
    server.edit("C 0", |campaign| campaign["enabled"] = json!(false)).await;
    let job = Job::start(&repo, &["drift", "--watch", "20ms", "--log", "info", "--listen", "[::1]:0"]);
    let address = job.address().await;
    job.until("five rounds", async || {
        value(&get(&format!("{address}/metrics")).await.1, "campaignctl_drift_runs_total", GOOD).filter(|rounds| *rounds >= 5.0)
    })
    .await;
    job.signal("INT");
    let (code, out, err) = job.ended();
    assert_eq!(code, Some(0), "{err}");
    assert_eq!(out.matches("~ campaign.c0 paused live by").count(), 1, "{out}");
    let (report, rounds) = out.split_once("unchanged: ").unwrap();
    assert!(report.starts_with("20") && report.contains("Z 1 of 1 campaign drifted: 1 operational.\n\nEnvironment: rehearsal"), "{report}");
    assert!(
        rounds.lines().skip(1).count() >= 3 && rounds.lines().skip(1).all(|line| line.contains("Z unchanged: 1 of 1 campaign drifted")),
        "{out}"
    );
}

#[tokio::test(flavor = "multi_thread")]
async fn a_file_is_renewed_each_round_and_a_second_signal_is_obeyed_at_once() {
    let (server, repo) = applied(1).await;
    let job = Job::start(&repo, &["drift", "--watch", "20ms", "-q", "--format", "prometheus", "--out", "m.prom"]);
    let read = async || std::fs::read_to_string(repo.path("m.prom")).ok();
    job.until("the file", async || read().await.filter(|text| value(text, "campaignctl_drift_runs_total", GOOD) >= Some(3.0))).await;
    server.emulator.set_faults(vec!["any:delay=60m,times=unlimited".parse::<campaignctl::emulator::FaultRule>().unwrap()]);
    let asked = server.emulator.request_count();
    job.until("a slow round", async || (server.emulator.request_count() > asked + 1).then_some(())).await;
    job.signal("TERM");
    job.until("the notice", async || job.err().contains("Once more stops now.").then_some(())).await;
    job.signal("TERM");
    let (code, out, _) = job.ended();
    assert_eq!(code, Some(130), "not 0, which is the end of a job that was waited for");
    assert_eq!(out.lines().count(), 1, "quiet, and nothing changed after the first round: {out}");
}

#[tokio::test(flavor = "multi_thread")]
async fn probes_are_answered_while_somebody_holds_every_connection() {
    let repo = Repo::sample();
    let job = Job::start(&repo, &["drift", "--watch", "1h", "--listen", "127.0.0.1:0"]);
    let address = job.address().await;
    let mut held = Vec::new();
    for _ in 0..200 {
        let mut stream = tokio::net::TcpStream::connect(address.strip_prefix("http://").unwrap()).await.unwrap();
        // The head of a request that never ends. What is closed already cannot be written to.
        let _ = stream.write_all(b"GET /metrics HTTP/1.1\r\nHost:").await;
        held.push(stream);
    }
    for _ in 0..10 {
        assert_eq!(get(&format!("{address}/livez")).await.0, 200);
        assert_eq!(get(&format!("{address}/metrics")).await.0, 200);
    }
    let mut rest = Vec::new();
    // It comes back when the other side closes, with or without what was still unread.
    let _ = held[0].read_to_end(&mut rest).await;
    assert!(rest.is_empty(), "the first of them had to go");
    job.signal("TERM");
    assert_eq!(job.ended().0, Some(0));
}

#[test]
fn what_makes_no_sense_is_refused_before_the_first_round() {
    let repo = Repo::sample();
    for (arguments, said) in [
        (&["--watch", "5m", "--format", "github"][..], "annotations belong to one step of a workflow"),
        (&["--watch", "5m", "--format", "prometheus"], "name a file with --out"),
        (&["--watch", "0s"], "write a time such as 90s, 5m or 1h"),
        (&["--watch", "5m", "--detailed-exitcode"], "cannot be used with"),
        (&["--watch", "5m", "--hold", "x", "--until", "9999-01-01"], "cannot be used with"),
        (&["--listen", "127.0.0.1:0"], "--watch <TIME>"),
        (&["--watch", "5m", "--listen", "9464"], "invalid value '9464'"),
        (&["--watch", "5m", "--listen", "192.0.2.1:9464"], "name another --listen ADDRESS:PORT"),
        (&["--watch", "5m", "-e", "nowhere"], "nowhere"),
    ] {
        repo.run(&[&["drift"], arguments].concat()).exits(1).complains(said);
    }
}

fn scope(repo: &Repo) -> Result<Scope, Failure> {
    let project = open_project(&repo.path(""))?;
    let environment = project.environment(None)?;
    let credentials = Some(Credentials::Client { id: "journey".to_owned(), secret: Secret::new("a-secret-of-a-journey") });
    let settings = Settings { max_attempts: 1, ..Settings::default() };
    Ok(Scope { project, environment, access: Access { credentials, ..Access::default() }, settings })
}

/// What a round came to: whether it was good, whether it was shown, its news, and the requests it sent.
type Seen = (bool, bool, Option<News>, Option<u64>);

#[tokio::test(flavor = "multi_thread")]
async fn hundreds_of_rounds_with_edits_outages_and_a_webhook_that_fails() {
    let (server, repo) = applied(3).await;
    let server = RefCell::new(Some(server));
    let round = Cell::new(0_u32);
    let seen: RefCell<Vec<Seen>> = RefCell::default();
    let pause = async |_| {
        round.set(round.get() + 1);
        let mut standing = server.borrow_mut().take().unwrap();
        // Rounds 100 to 109 find no server; the server that comes back does not know the token.
        if round.get() == 100 {
            (standing, _) = standing
                .down_while(async || {
                    for _ in 0..10 {
                        let outcome = campaignctl::ops::drift::drift(scope(&repo).unwrap()).await;
                        assert!(outcome.unwrap_err().message.contains("could not connect"));
                    }
                })
                .await;
        }
        match round.get() {
            50 | 200 => standing.edit("C 0", |campaign| campaign["enabled"] = json!(false)).await,
            60 => standing.edit("C 0", |campaign| campaign["throttling"]["cooldownSeconds"] = json!(60)).await,
            // A change of the same thing to the same value moves version and date, and is no news.
            70 => standing.edit("C 0", |_| ()).await,
            80 => {
                let original = |campaign: &mut Value| {
                    campaign["enabled"] = json!(true);
                    campaign["throttling"]["cooldownSeconds"] = json!(86_400);
                };
                standing.edit("C 0", original).await;
            }
            150 => repo.campaign("c1", "name: [broken\n"),
            160 => repo.campaign("c1", &campaign("C 1", 45)),
            210 => repo.campaign("c0", &campaign("C 0", 45).replace("enabled: true", "enabled: false")),
            _ => {}
        }
        *server.borrow_mut() = Some(standing);
        round.get() < 300
    };
    let tell = async |told: &campaignctl::ops::drift::Round, _: &Tally| {
        let requests = told.outcome.as_ref().ok().map(|found| found.requests);
        seen.borrow_mut().push((told.is_good(), told.is_new, told.news, requests));
        // The message of round 200 arrives at the third try.
        match (told.news, round.get()) {
            (None, _) => Told::Untold,
            (Some(_), 200 | 201) => Told::Undelivered,
            (Some(_), _) => Told::Delivered,
        }
    };
    let tally = watch(|| scope(&repo), Pacing::new(Duration::ZERO, 1), pause, tell).await;
    let Tally { rounds, failed, failed_in_a_row, last_success, delivered, undelivered } = tally;
    assert_eq!((rounds, failed, failed_in_a_row, delivered, undelivered), (300, 10, 0, 5, 2));
    assert!(last_success.is_some());
    let seen = seen.into_inner();
    let told: Vec<(usize, News)> = seen.iter().enumerate().filter_map(|(at, round)| Some((at, round.2?))).collect();
    let expected = [
        (50, News::Drifted),
        (60, News::Changed),
        (80, News::Resolved),
        (200, News::Drifted),
        (201, News::Drifted),
        (202, News::Drifted),
        (210, News::Resolved),
    ];
    assert_eq!(told, expected);
    let shown: Vec<usize> = seen.iter().enumerate().filter(|(_, round)| round.1).map(|(at, _)| at).collect();
    assert_eq!(shown, [0, 50, 60, 80, 200, 210]);
    let bad: Vec<usize> = seen.iter().enumerate().filter(|(_, round)| !round.0).map(|(at, _)| at).collect();
    assert_eq!(bad, (150..160).collect::<Vec<_>>());
    let requests: Vec<(usize, u64)> =
        seen.iter().enumerate().filter_map(|(at, round)| Some((at, round.3.filter(|sent| *sent != 2)?))).collect();
    assert_eq!(requests, [(0, 3), (100, 4)], "one token until the server forgets it, then one more");
}

/// Resident memory of a process, in KB.
fn resident(process: u32) -> u64 {
    let status = std::fs::read_to_string(format!("/proc/{process}/status")).unwrap();
    status.lines().find_map(|line| line.strip_prefix("VmRSS:")).unwrap().trim().split(' ').next().unwrap().parse().unwrap()
}

/// `cargo test --release --test journeys ten_thousand -- --ignored --nocapture`; docs/performance.md has the figures.
#[cfg(target_os = "linux")]
#[tokio::test(flavor = "multi_thread")]
#[ignore = "takes minutes; measures memory"]
async fn ten_thousand_rounds_hold_memory_flat() {
    const ROUNDS: f64 = 10_000.0;
    let (mut server, mut repo) = applied(10).await;
    let (hook, url) = webhook(vec![ResponseTemplate::new(200)]).await;
    repo.set("CAMPAIGNCTL_DRIFT_WEBHOOK", &url);
    let job = Job::start(&repo, &["drift", "--watch", "1ms", "-q", "--listen", "127.0.0.1:0", "--format", "prometheus", "--out", "m.prom"]);
    let address = job.address().await;
    let rounds = async || {
        let text = get(&format!("{address}/metrics")).await.1;
        let of = |labels| value(&text, "campaignctl_drift_runs_total", labels).unwrap_or_default();
        (of(GOOD) + of(BAD), of(BAD))
    };
    let began = Instant::now();
    let mut samples: Vec<(f64, u64)> = Vec::new();
    let mut edits = 0;
    loop {
        let (done, _) = rounds().await;
        if done >= samples.last().map_or(500.0, |(at, _)| at + 500.0) {
            samples.push((done, resident(job.child.id())));
            edits += 1;
            server.edit(&format!("C {}", edits % 10), |campaign| campaign["throttling"]["cooldownSeconds"] = json!(60 + edits)).await;
            if edits % 7 == 0 {
                let before = rounds().await.1;
                (server, ()) =
                    server.down_while(async || job.until("a failure", async || (rounds().await.1 > before).then_some(())).await).await;
            }
        }
        if done >= ROUNDS {
            break;
        }
        assert!(began.elapsed() < Duration::from_secs(3_600), "{samples:?}");
        tokio::time::sleep(Duration::from_millis(50)).await;
    }
    let (done, failed) = rounds().await;
    let sent = messages(&hook).await.len();
    job.signal("TERM");
    let (code, _, err) = job.ended();
    assert_eq!(code, Some(0), "{err}");
    let report: String = samples.iter().map(|(at, kb)| format!("{at:>6} rounds {kb:>7} KB\n")).collect();
    let text = format!("{report}{done} rounds, {failed} failed, {sent} messages, {:.0} s\n", began.elapsed().as_secs_f64());
    std::fs::write(std::path::Path::new(env!("CARGO_TARGET_TMPDIR")).join("watch-memory.txt"), &text).unwrap();
    assert!(sent >= edits as usize - 1, "{text}");
    // What is used after the first thousand rounds is used after ten thousand, but for what an allocator keeps.
    let early = samples[1].1;
    assert!(samples.last().unwrap().1 < early + early / 10 + 1_024, "{text}");
}

#[tokio::test]
async fn an_emulator_embedded_in_the_project_is_let_go_between_rounds() {
    let repo = Repo::sample();
    repo.run(&["apply", "--auto-approve", "-q"]).exits(0);
    let job = Job::start(&repo, &["drift", "--watch", "1h", "--listen", "127.0.0.1:0"]);
    let address = job.address().await;
    job.until("a round", async || (get(&format!("{address}/healthz")).await.0 == 200).then_some(())).await;
    repo.run(&["plan", "--detailed-exitcode"]).exits(0);
    job.signal("TERM");
    assert_eq!(job.ended().0, Some(0));
}
