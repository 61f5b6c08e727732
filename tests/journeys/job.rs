//! `drift` as a job that runs once: metrics in a file, annotations, a message to a webhook.

use std::fs;
use std::os::unix::fs::PermissionsExt as _;

use campaignctl::emulator::UnknownFields;
use serde_json::{Value, json};
use wiremock::matchers::method;
use wiremock::{Mock, MockServer, ResponseTemplate};

use crate::repo::{Ran, Repo, Server, campaign};

/// What nobody may ever read.
const SECRET: &str = "T0A1B2C3-hunter2";

async fn applied() -> (Server, Repo) {
    let server = Server::start(UnknownFields::Reject).await;
    let repo = Repo::of_server(server.emulator.base_url());
    repo.campaign("one", &campaign("One", 45));
    repo.campaign("two", &campaign("Two", 45));
    repo.run(&["apply", "--auto-approve", "-q"]).exits(0);
    (server, repo)
}

/// A webhook that answers so, one answer after the other; the last one for ever.
pub async fn webhook(answers: Vec<ResponseTemplate>) -> (MockServer, String) {
    let hook = MockServer::start().await;
    let last = u8::try_from(answers.len()).unwrap();
    for (number, answer) in (1..).zip(answers) {
        let mock = Mock::given(method("POST")).respond_with(answer);
        let mock = if number < last { mock.up_to_n_times(1) } else { mock };
        mock.with_priority(number).mount(&hook).await;
    }
    let url = format!("{}/services/{SECRET}", hook.uri());
    (hook, url)
}

pub async fn messages(hook: &MockServer) -> Vec<Value> {
    let requests = hook.received_requests().await.unwrap();
    requests.iter().map(|request| request.body_json().unwrap()).collect()
}

fn keeps_the_secret(ran: Ran) -> Ran {
    assert!(!format!("{ran:?}").contains("hunter2"), "{ran:#?}");
    ran
}

fn value(text: &str, series: &str) -> Option<f64> {
    text.lines().find_map(|line| line.strip_prefix(series)?.strip_prefix(' ')).map(|value| value.parse().unwrap())
}

#[tokio::test(flavor = "multi_thread")]
async fn metrics_are_in_the_file_also_when_the_run_failed() {
    let (server, repo) = applied().await;
    server.edit("One", |campaign| campaign["enabled"] = json!(false)).await;
    let arguments = ["drift", "--format", "prometheus", "--out", "campaigns.prom"];
    let ran = repo.run(&arguments).exits(0);
    assert_eq!((ran.out.as_str(), ran.err.as_str()), ("", ""), "a cron job that works says nothing");
    let good = fs::read_to_string(repo.path("campaigns.prom")).unwrap();
    assert_eq!(value(&good, "campaignctl_drift_last_run_success{environment=\"rehearsal\"}"), Some(1.0));
    assert_eq!(value(&good, "campaignctl_drift_campaigns{environment=\"rehearsal\",class=\"operational\"}"), Some(1.0));
    assert_eq!(value(&good, "campaignctl_drift_fields{environment=\"rehearsal\",campaign=\"one\",class=\"operational\"}"), Some(1.0));
    assert_eq!(fs::metadata(repo.path("campaigns.prom")).unwrap().permissions().mode() & 0o777, 0o644);

    let success = "campaignctl_drift_last_success_timestamp_seconds{environment=\"rehearsal\"}";
    for broken in ["files", "server"] {
        let (run, whole) = (|| repo.run(&arguments).exits(1), campaign("One", 45));
        match broken {
            "files" => {
                repo.campaign("one", &whole.replace("enabled: true", "enabled: sure"));
                run().complains("campaigns/one.yaml");
                repo.campaign("one", &whole);
            }
            _ => {
                repo.replace("campaignctl.yaml", server.emulator.base_url(), "http://127.0.0.1:1");
                run().complains("could not connect");
            }
        }
        let bad = fs::read_to_string(repo.path("campaigns.prom")).unwrap();
        assert_eq!(value(&bad, "campaignctl_drift_last_run_success{environment=\"rehearsal\"}"), Some(0.0), "{broken}");
        assert_eq!(value(&bad, success), value(&good, success), "the last success is known from the file before");
        assert!(!bad.contains("campaignctl_drift_campaigns") && !bad.contains("campaignctl_drift_fields"), "{broken}: {bad}");
    }
    repo.remove("campaigns.prom");
    repo.run(&["drift", "--format", "prometheus"]).exits(1).says("campaignctl_drift_last_run_success{environment=\"rehearsal\"} 0\n");
    let leftovers: Vec<_> = fs::read_dir(repo.path("")).unwrap().map(|entry| entry.unwrap().file_name()).collect();
    assert!(!leftovers.iter().any(|name| name.to_string_lossy().contains(".tmp")), "{leftovers:?}");
}

#[tokio::test(flavor = "multi_thread")]
async fn only_a_report_is_replaced_by_a_report() {
    let (server, repo) = applied().await;
    server.edit("One", |campaign| campaign["enabled"] = json!(false)).await;
    for file in ["campaigns/one.yaml", "campaignctl.yaml", "state.json"] {
        let before = fs::read(repo.path(file)).unwrap();
        repo.run(&["drift", "--out", file]).exits(1).complains("exists and is no report of drift; it is left as it is");
        assert_eq!(fs::read(repo.path(file)).unwrap(), before);
    }
    for format in ["human", "json", "markdown", "github", "prometheus", "human"] {
        let printed = repo.run(&["drift", "--format", format]).exits(0);
        let ran = repo.run(&["drift", "--format", format, "--out", "report", "--color", "always", "--detailed-exitcode"]).exits(2);
        assert_eq!(ran.out, "");
        let written = fs::read_to_string(repo.path("report")).unwrap();
        if format != "prometheus" {
            assert_eq!(written, printed.out, "{format}");
        }
    }
    repo.run(&["drift", "--out", "nowhere/report"]).exits(1).complains("check that the folder of `nowhere/report` exists");
    repo.run(&["drift", "--out", "x", "--adopt", "one"]).exits(1).complains("cannot be used with");
}

#[tokio::test(flavor = "multi_thread")]
async fn annotations_stand_at_the_fields_that_moved() {
    let (server, repo) = applied().await;
    server
        .edit("One", |campaign| {
            campaign["enabled"] = json!(false);
            campaign["filters"][0]["value"] = json!(60);
            campaign["actions"][0]["config"]["inviteMessage"] = json!("50% off\n::add-mask::x");
            campaign["throttling"]["maxInvitesPerMinute"] = json!(50);
        })
        .await;
    let two = server.campaigns().await.into_iter().find(|campaign| campaign["name"] == "Two").unwrap();
    server.delete(two["id"].as_str().unwrap()).await;
    let ran = repo.run(&["drift", "--format", "github", "--detailed-exitcode"]).exits(2);
    let lines: Vec<&str> = ran.out.lines().collect();
    assert_eq!(lines.len(), 6, "{ran:#?}");
    assert!(
        lines[0].starts_with("::warning file=campaigns/two.yaml,line=1,title=campaign.two drifted%3A missing::deleted in Genesys Cloud ")
    );
    let [switched, filter, message, limit] = [lines[1], lines[2], lines[3], lines[4]];
    assert!(
        switched
            .starts_with("::warning file=campaigns/one.yaml,line=2,title=campaign.one drifted%3A configuration::enabled: true -> false")
    );
    assert!(
        filter.contains(",line=6,") && filter.contains("45 (integer) -> 60 (integer), changed live by \"somebody-else\" at 20"),
        "{filter}"
    );
    assert!(message.contains(",line=11,") && message.contains("-> \"50%25 off\\n::add-mask::x\""), "{message}");
    assert!(
        limit.contains(",line=13,") && limit.contains("%0Akeep what is live: campaignctl drift -e rehearsal --adopt campaign.one%0A"),
        "{limit}"
    );
    assert_eq!(lines[5], "::notice title=Drift in rehearsal::2 of 2 campaigns drifted: 1 missing, 1 configuration.");
}

#[tokio::test(flavor = "multi_thread")]
async fn the_webhook_is_told_only_of_drift_and_its_address_is_never_shown() {
    let (server, mut repo) = applied().await;
    let ok = || ResponseTemplate::new(200).set_body_string("ok");
    let (hook, url) = webhook(vec![ResponseTemplate::new(429).insert_header("Retry-After", "1"), ok()]).await;
    keeps_the_secret(repo.run(&["drift", "--webhook", &url, "--log", "debug"]).exits(0));
    assert_eq!(messages(&hook).await.len(), 0, "nothing drifted");
    server.edit("One", |campaign| campaign["description"] = json!("<!channel> @here & `x`")).await;
    keeps_the_secret(repo.run(&["drift", "--webhook", &url, "--log", "debug", "--detailed-exitcode"]).exits(2).says("1 configuration"));
    let sent = messages(&hook).await;
    assert_eq!(sent.len(), 2, "sent again after the time that the 429 named");
    assert_eq!(sent[1]["text"], "Drift in `rehearsal`: 1 of 2 campaigns drifted: 1 configuration.");
    let told = sent[1]["blocks"][1]["text"]["text"].as_str().unwrap();
    assert!(told.contains("&lt;!channel&gt; @\u{2060}here &amp; ˋxˋ"), "{told}");
    assert!(told.contains("keep what is live: `campaignctl drift -e rehearsal --adopt campaign.one`"), "{told}");

    for (answer, said) in [
        (ResponseTemplate::new(404).set_body_string("no_service"), "it answers 404 (`no_service`)"),
        (ResponseTemplate::new(404).set_body_string(format!("no such thing as {url}")), "it answers 404\n"),
        (ResponseTemplate::new(302).insert_header("Location", format!("{url}/x")), "it answers 302, and redirects are not followed"),
        (ResponseTemplate::new(429).insert_header("Retry-After", "3600"), "it answers 429 and asks to wait 3600 s"),
    ] {
        let (hook, url) = webhook(vec![answer]).await;
        let ran = repo.run(&["drift", "--webhook", &url, "--log", "debug", "--detailed-exitcode"]);
        keeps_the_secret(
            ran.exits(1).says("1 of 2 campaigns drifted").complains("the webhook at `127.0.0.1` did not take the message").complains(said),
        );
        assert_eq!(messages(&hook).await.len(), 1, "{said}");
    }
    let (hook, url) = webhook(vec![ok()]).await;
    repo.set("CAMPAIGNCTL_DRIFT_WEBHOOK", &url);
    keeps_the_secret(repo.run(&["drift", "-q"]).exits(0));
    assert_eq!(messages(&hook).await.len(), 1, "from the environment");
    repo.run(&["drift", "--hold", "one", "--until", "9999-01-01"]).exits(0);
    assert_eq!(messages(&hook).await.len(), 1);
}

#[test]
fn an_address_that_cannot_be_used_is_refused_without_being_repeated() {
    let mut repo = Repo::sample();
    for url in [
        "http://hooks.example/hunter2",
        "ftp://hooks.example/hunter2",
        "https://me:hunter2@hooks.example/x",
        "hunter2",
        "https://hunter2 x/",
    ] {
        keeps_the_secret(repo.run(&["drift", "--webhook", url]).exits(1).complains("CAMPAIGNCTL_DRIFT_WEBHOOK; nothing was read or sent"));
    }
    keeps_the_secret(repo.run(&["drift", "--webhook", "https://h/hunter2", "--adopt", "all"]).exits(1));
    keeps_the_secret(repo.run(&["drift", "--webhook", "https://h/hunter2", "--watch", "soon"]).exits(1));
    repo.set("CAMPAIGNCTL_DRIFT_WEBHOOK", " ");
    repo.run(&["drift"]).exits(0);
}
