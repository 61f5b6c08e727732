//! Changes whose tasks end in ways that no server can bring about: they panic, or two of them bring one id.

mod lock;

use std::collections::BTreeMap;
use std::num::NonZeroUsize;
use std::sync::Arc;
use std::time::Duration;

use serde_json::{Value, json};
use tokio::sync::watch;
use wiremock::matchers::method;
use wiremock::{Mock, MockServer, ResponseTemplate};

use super::execute::{Make, execute_by};
use super::{Memory, Options, Outcome, Report};
use crate::model::{
    CampaignId, CampaignKey, CampaignSpec, Desired, DesiredCampaign, LastApplied, Lifecycle, Live, LiveCampaign, Origin, Remembered,
    Secret, StateLocation,
};
use crate::reconcile::{Policy, plan};
use crate::remote::{Credentials, Reader, Server, Settings, Writer};
use crate::state::{Holder, Owner, StateAccess, StateDocument, StateStore};

fn key(text: &str) -> CampaignKey {
    CampaignKey::new(text).unwrap()
}

fn id(text: &str) -> CampaignId {
    CampaignId(text.to_owned())
}

fn body(name: &str) -> Value {
    json!({
        "name": name, "description": "", "enabled": true, "campaignType": "proactive", "evaluationMode": "realtime",
        "filters": [{"attributeName": "session.a", "operator": "greater_than", "value": 1, "dataType": "integer"}],
        "actions": [{"type": "webchat_invite", "priority": 1}],
    })
}

fn spec(name: &str) -> CampaignSpec {
    serde_json::from_value(body(name)).unwrap()
}

/// A campaign as a file declares it: its key and its name.
fn declared((text, name): (&str, &str)) -> (CampaignKey, DesiredCampaign) {
    let origin = Origin { file: "a.yaml".to_owned(), line: 1, overlay: None };
    let campaign = DesiredCampaign { spec: spec(name), lifecycle: Lifecycle::default(), held: Vec::new(), previously: None, origin };
    (key(text), campaign)
}

/// A campaign as the server lists it.
fn listed(id: &str, name: &str) -> Value {
    let mut listed = body(name);
    (listed["id"], listed["version"]) = (json!(id), json!(1));
    listed
}

/// Creates the declared campaigns, of these keys and names, beside those that are live and managed; `make_one` makes each
/// change, and afterwards the server lists this.
async fn run(campaigns: &[(&str, &str)], managed: &[(&str, &str)], make_one: Make, list: Vec<Value>) -> (Report, StateDocument) {
    let server = MockServer::start().await;
    let page = json!({"entities": list, "pageSize": 100, "pageNumber": 1, "total": list.len(), "pageCount": 1});
    Mock::given(method("GET")).respond_with(ResponseTemplate::new(200).set_body_json(page)).mount(&server).await;
    let settings = Settings { backoff_base: Duration::ZERO, ..Settings::default() };
    let credentials = Credentials::Token(Secret::new("a-token"));
    let reader = Reader::new(Server::base_url(&server.uri()).unwrap(), credentials, settings).unwrap();

    let desired = Desired { campaigns: campaigns.iter().copied().map(declared).collect() };
    let live = managed.iter().map(|(text, name)| LiveCampaign {
        id: id(text),
        version: 1,
        date_created: None,
        date_modified: None,
        modified_by: None,
        spec: spec(name),
        unmodelled: Vec::new(),
    });
    let live = Live { campaigns: live.collect(), unreadable: Vec::new() };
    let remembered: BTreeMap<_, _> = managed.iter().map(|(text, name)| (key(text), Remembered::new(id(text), spec(name)))).collect();
    let plan = plan(&desired, &live, &LastApplied { campaigns: remembered.clone() }, &Policy::default());
    assert_eq!(plan.refusals, []);

    let folder = tempfile::tempdir().unwrap();
    let store = StateStore::open(&StateLocation::File(folder.path().join("state.json")), &StateAccess::default(), "test").unwrap();
    let mut document = StateDocument::new("l".to_owned(), Owner { environment: "test".to_owned(), organization: "o".to_owned() });
    document.campaigns.campaigns = remembered;
    let mut memory = Memory { document, lock: store.lock(&Holder::default()).await.unwrap() };
    let options = Options { parallelism: NonZeroUsize::MIN, settle: Duration::ZERO, save_every: Duration::ZERO, run: "a-run".to_owned() };
    let (_sender, stop) = watch::channel(false);
    let report = execute_by(make_one, plan, Arc::new(Writer::new(reader)), &mut memory, options, stop, |_| {}).await;
    (report, store.read().await.unwrap().unwrap())
}

fn reasons(report: &Report) -> Vec<String> {
    let reason = |outcome: &Outcome| match outcome {
        Outcome::Unknown { reason } => format!("unknown: {reason}"),
        Outcome::NotAttempted { reason } => format!("not attempted: {reason}"),
        Outcome::Done { id, .. } => format!("done: {id}"),
        other => format!("{other:?}"),
    };
    report.rows.iter().map(|row| format!("{}: {}", row.key, reason(&row.outcome))).collect()
}

fn panics() -> Make {
    Arc::new(|_| Box::pin(async { panic!("for a test") }))
}

#[tokio::test(flavor = "multi_thread")]
async fn a_create_whose_task_panics_is_unknown_and_looked_for() {
    let (report, state) = run(&[("a", "A"), ("b", "B")], &[], panics(), Vec::new()).await;
    let panicked = "the task that makes this change panicked, which is a defect of campaignctl: please report it";
    let expected = [
        format!("a: unknown: {panicked}, and it is not in the list so far"),
        "b: not attempted: the task that makes campaign.a panicked".to_owned(),
    ];
    assert_eq!(reasons(&report), expected);
    assert!(!report.is_complete() && report.wrote());
    assert_eq!(state.intents.keys().collect::<Vec<_>>(), [&key("a")], "the intent stays, so that the next run looks for it");
    assert_eq!(state.runs[0].touched.keys().collect::<Vec<_>>(), [&key("a")]);
    assert!(state.campaigns.campaigns.is_empty());

    let (report, state) = run(&[("a", "A"), ("b", "B")], &[], panics(), vec![listed("1", "A")]).await;
    assert_eq!(reasons(&report)[0], "a: done: 1", "it was created before its task panicked");
    assert_eq!(state.campaigns.campaigns[&key("a")].id, id("1"));
    assert!(state.intents.is_empty() && !report.is_complete());
}

#[tokio::test(flavor = "multi_thread")]
async fn an_update_or_delete_whose_task_panics_keeps_its_entry() {
    let (report, state) = run(&[("one", "Renamed")], &[("one", "One"), ("two", "Two")], panics(), Vec::new()).await;
    let reasons = reasons(&report);
    assert_eq!(reasons.len(), 2, "{reasons:?}");
    assert!(reasons[0].starts_with("two: unknown: the task that makes this change panicked"), "{reasons:?}");
    assert_eq!(reasons[1], "one: not attempted: the task that makes campaign.two panicked");
    assert_eq!(state.campaigns.campaigns.keys().collect::<Vec<_>>(), [&key("one"), &key("two")]);
    assert_eq!(state.runs[0].touched.keys().collect::<Vec<_>>(), [&key("two")], "a rollback can bring it back");
}

#[tokio::test(flavor = "multi_thread")]
async fn one_live_campaign_never_gets_two_keys() {
    for (answered, made) in [("live", "3"), ("LIVE", "3")] {
        // Both creates are answered with an id that is another campaign's.
        let make: Make = Arc::new(move |_| {
            let outcome = Outcome::Done { id: id(answered), stored: None };
            Box::pin(async move { (outcome, None) })
        });
        let list = vec![listed("live", "Managed"), listed(made, "B")];
        let (report, state) = run(&[("a", "A"), ("b", "B"), ("live", "Managed")], &[("live", "Managed")], make, list).await;
        let lost = format!("it was answered with the campaign {answered}, which is another one");
        assert_eq!(reasons(&report), [format!("a: unknown: {lost}, and it is not in the list so far"), "b: done: 3".to_owned()]);
        assert_eq!(state.claimed_twice(), None);
        assert_eq!(state.intents.keys().collect::<Vec<_>>(), [&key("a")]);
    }
}
