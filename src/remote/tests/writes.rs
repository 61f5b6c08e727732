//! Writes whose answers get lost, against a server with one campaign that says what became of it.

use serde_json::Value;

use super::super::Written;
use super::*;
use crate::reconcile::StoredField;

/// What happens to a write.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Fault {
    /// No connection.
    NoConnection,
    /// The answer is lost; nothing was done.
    Lost,
    /// The answer is lost; it was done.
    LostAfter,
    /// The same, and then somebody else changes the campaign.
    LostAfterAndChanged,
    /// The answer is lost, nothing was done, and somebody else changes the campaign.
    LostAndChanged,
    /// The answer is lost, nothing was done, and somebody else deletes the campaign.
    LostAndDeleted,
    /// This status; nothing was done.
    Status(u16),
    /// This status; it was done.
    StatusAfter(u16),
    /// Half an answer; it was done.
    TornAfter,
    /// 429.
    Throttled,
    /// A success that shows the campaign as it was before; it was done.
    OldAfter,
    /// The same; nothing was done.
    Old,
    /// A success that shows another campaign; it was done.
    AnotherAfter,
    /// A success without a body; it was done.
    EmptyAfter,
    /// It was done, and the server stores another value than was sent, and says so.
    StoredDifferently,
    /// The same, and the answer shows the campaign as it was before.
    StoredDifferentlyOld,
    /// The server stores another value, says so, and then somebody else changes the campaign.
    StoredDifferentlyAndChanged,
}

/// A server that holds one campaign.
#[derive(Default)]
struct Store {
    live: Option<Value>,
    /// What happens to the writes, one after the other; then nothing.
    faults: Vec<Fault>,
    /// So many reads show the campaign as it was in the beginning, or fail where there is nothing to show.
    stale_reads: usize,
    reads_fail: bool,
    seen: Vec<(u64, Method)>,
}

struct StoreTransport(Arc<Mutex<Store>>, Instant, Value);

fn campaign(version: u64, name: &str, by: &str) -> Value {
    json!({
        "id": "c-1", "version": version, "modifiedBy": by, "name": name, "enabled": true, "campaignType": "proactive",
        "evaluationMode": "realtime",
        "filters": [{"attributeName": "session.dwell", "operator": "greater_than", "value": 45, "dataType": "integer"}],
        "actions": [{"type": "webchat_invite", "priority": 1}],
    })
}

/// What is sent: the campaign as planned, another name.
fn body() -> Value {
    let mut body = campaign(3, "Ours", "");
    for field in ["id", "modifiedBy"] {
        body.as_object_mut().unwrap().remove(field);
    }
    body
}

impl Store {
    fn version(&self) -> u64 {
        self.live.as_ref().and_then(|live| live["version"].as_u64()).unwrap_or_default()
    }

    fn done(&mut self, request: &Request) -> Answered {
        let Some(live) = &self.live else { return answer(404, &json!({"message": "gone", "code": "not.found", "status": 404})) };
        if request.method == Method::Delete {
            self.live = None;
            return Ok(Answer {
                status: 204,
                correlation_header: None,
                limits: Limits::default(),
                body: String::new(),
                redactor: Arc::default(),
            });
        }
        let super::super::request::Body::Json(text) = &request.body else { panic!("a body") };
        let mut sent: Value = serde_json::from_str(text).unwrap();
        if sent["version"] != live["version"] {
            return answer(409, &json!({"message": "somebody was faster", "code": "version.mismatch", "status": 409}));
        }
        let version = self.version() + 1;
        sent["version"] = json!(version);
        sent["id"] = json!("c-1");
        sent["modifiedBy"] = json!("client");
        self.live = Some(sent.clone());
        answer(200, &sent)
    }

    fn write(&mut self, request: &Request) -> Answered {
        let lost = || Err(Failure::Interrupted("reset".to_owned()));
        let oops = |status| answer(status, &json!({"message": "oops", "code": "oops", "status": status}));
        let fault = if self.faults.is_empty() { None } else { Some(self.faults.remove(0)) };
        match fault {
            None => self.done(request),
            Some(Fault::NoConnection) => Err(Failure::Connect("refused".to_owned())),
            Some(Fault::Lost) => lost(),
            Some(Fault::LostAfter) => self.done(request).and_then(|_| lost()),
            Some(Fault::LostAfterAndChanged) => {
                let _ = self.done(request);
                self.live = Some(campaign(self.version() + 1, "Theirs", "them"));
                lost()
            }
            Some(Fault::LostAndChanged) => {
                self.live = Some(campaign(4, "Theirs", "them"));
                lost()
            }
            Some(Fault::LostAndDeleted) => {
                self.live = None;
                lost()
            }
            Some(Fault::Status(status)) => oops(status),
            Some(Fault::StatusAfter(status)) => self.done(request).and_then(|_| oops(status)),
            Some(Fault::TornAfter) => self.done(request).map(|answer| Answer { body: "{\"id\": \"c".to_owned(), ..answer }),
            Some(Fault::Throttled) => throttled(1),
            Some(Fault::OldAfter) => {
                let before = self.live.clone().unwrap();
                self.done(request).and_then(|_| answer(200, &before))
            }
            Some(Fault::Old) => answer(200, self.live.as_ref().unwrap()),
            Some(Fault::AnotherAfter) => {
                let mut another = self.live.clone().unwrap();
                another["id"] = json!("c-2");
                self.done(request).and_then(|_| answer(200, &another))
            }
            Some(Fault::EmptyAfter) => self.done(request).map(|answer| Answer { status: 200, body: String::new(), ..answer }),
            Some(fault @ (Fault::StoredDifferently | Fault::StoredDifferentlyOld | Fault::StoredDifferentlyAndChanged)) => {
                let before = self.live.clone().unwrap();
                let _ = self.done(request);
                let live = self.live.as_mut().unwrap();
                live["filters"][0]["value"] = json!(46);
                let stored = live.clone();
                if fault == Fault::StoredDifferentlyAndChanged {
                    self.live = Some(campaign(5, "Theirs", "them"));
                }
                answer(200, if fault == Fault::StoredDifferentlyOld { &before } else { &stored })
            }
        }
    }
}

impl Transport for StoreTransport {
    fn send<'a>(&'a self, request: &'a Request, _: &'a Authorization) -> Sending<'a> {
        Box::pin(async move {
            sleep(Duration::from_millis(100)).await;
            if request.target == Target::Login {
                return issue(0);
            }
            let mut store = self.0.lock().unwrap();
            store.seen.push((u64::try_from(self.1.elapsed().as_millis()).unwrap(), request.method));
            if request.method != Method::Get {
                return store.write(request);
            }
            if store.reads_fail {
                return answer(500, &json!({"message": "no reads today"}));
            }
            if store.stale_reads > 0 {
                store.stale_reads -= 1;
                return answer(200, &self.2);
            }
            store.live.as_ref().map_or_else(|| answer(404, &json!({"message": "gone"})), |live| answer(200, live))
        })
    }
}

fn writer(faults: &[Fault]) -> (Writer, Arc<Mutex<Store>>) {
    let planned = campaign(3, "As planned", "them");
    let store = Arc::new(Mutex::new(Store { live: Some(planned.clone()), faults: faults.to_vec(), ..Store::default() }));
    let transport = Box::new(StoreTransport(Arc::clone(&store), Instant::now(), planned));
    let credentials = Credentials::Client { id: "client".to_owned(), secret: Secret::new("hunter2hunter2") };
    let session = Session::new(transport, "script:".to_owned(), credentials, Settings::default(), None).unwrap();
    (Writer::new(Reader { session: Arc::new(session) }), store)
}

fn count(store: &Mutex<Store>, method: Method) -> usize {
    store.lock().unwrap().seen.iter().filter(|(_, seen)| *seen == method).count()
}

fn id() -> CampaignId {
    CampaignId("c-1".to_owned())
}

/// How a write ends for whoever called.
#[derive(Debug, PartialEq, Eq)]
enum Ended {
    Done,
    Conflict,
    NotDone,
    Unknown,
}

fn ended<T>(result: &Result<T, super::super::RemoteError>) -> Ended {
    match result {
        Ok(_) => Ended::Done,
        Err(error) if error.is_conflict() => Ended::Conflict,
        Err(error) if error.outcome_unknown() => Ended::Unknown,
        Err(_) => Ended::NotDone,
    }
}

#[tokio::test(start_paused = true)]
async fn what_became_of_a_replacement_is_found_out() {
    use Fault::{
        AnotherAfter, EmptyAfter, Lost, LostAfter, LostAfterAndChanged, LostAndChanged, LostAndDeleted, NoConnection, Old, OldAfter,
        Status, StatusAfter, StoredDifferently, StoredDifferentlyAndChanged, StoredDifferentlyOld, Throttled, TornAfter,
    };
    //  faults, how it ends, PUTs, GETs
    let table: &[(&[Fault], Ended, usize, usize)] = &[
        (&[], Ended::Done, 1, 0),
        (&[LostAfter], Ended::Done, 1, 1),
        (&[Lost], Ended::Done, 2, 1),
        (&[Lost, LostAfter], Ended::Done, 2, 2),
        (&[TornAfter], Ended::Done, 1, 1),
        (&[StatusAfter(500)], Ended::Done, 1, 1),
        (&[StatusAfter(408)], Ended::Done, 1, 1),
        // Sent again without a look: the second is refused because the first was done, and that is recognised.
        (&[StatusAfter(503)], Ended::Done, 2, 1),
        (&[StatusAfter(502), Throttled], Ended::Done, 3, 1),
        (&[Status(503), Status(504), Status(502)], Ended::Done, 4, 0),
        (&[Status(500)], Ended::Done, 2, 1),
        (&[NoConnection, Throttled], Ended::Done, 3, 0),
        (&[LostAfterAndChanged], Ended::Conflict, 1, 1),
        (&[LostAndChanged], Ended::Conflict, 1, 1),
        (&[LostAndDeleted], Ended::Conflict, 1, 1),
        (&[Status(409)], Ended::Conflict, 1, 0),
        (&[Status(412)], Ended::Conflict, 1, 0),
        (&[Status(400)], Ended::NotDone, 1, 0),
        (&[Status(503), Status(400)], Ended::NotDone, 2, 1),
        (&[StatusAfter(503), Status(400)], Ended::Done, 2, 1),
        (&[Lost; 5], Ended::NotDone, 5, 5),
        (&[Status(503); 5], Ended::NotDone, 5, 1),
        (&[NoConnection; 5], Ended::NotDone, 5, 0),
        // A success that is not about what was sent: reading tells, and nothing is sent again.
        (&[OldAfter], Ended::Done, 1, 1),
        (&[AnotherAfter], Ended::Done, 1, 1),
        (&[EmptyAfter], Ended::Done, 1, 1),
        (&[Old], Ended::Unknown, 1, 3),
        (&[Lost, Old], Ended::Unknown, 2, 4),
        (&[StoredDifferently], Ended::Done, 1, 1),
        (&[StoredDifferentlyOld], Ended::Done, 1, 1),
        (&[StoredDifferentlyAndChanged], Ended::Conflict, 1, 1),
    ];
    for (faults, expected, puts, gets) in table {
        let (writer, store) = writer(faults);
        let result = writer.update(&id(), &body()).await;
        assert_eq!(ended(&result), *expected, "{faults:?}: {result:?}");
        assert_eq!((count(&store, Method::Put), count(&store, Method::Get)), (*puts, *gets), "{faults:?}");
        let live = store.lock().unwrap().live.clone();
        match expected {
            Ended::Done => assert_eq!((result.unwrap().campaign.version, &live.unwrap()["name"]), (4, &json!("Ours")), "{faults:?}"),
            Ended::NotDone => assert_eq!(live.unwrap()["version"], json!(3), "{faults:?}"),
            Ended::Conflict | Ended::Unknown => assert_ne!(live.map(|live| live["name"].clone()), Some(json!("Ours")), "{faults:?}"),
        }
    }
}

#[tokio::test(start_paused = true)]
async fn what_the_server_stores_differently_is_reported_field_by_field() {
    for fault in [Fault::StoredDifferently, Fault::StoredDifferentlyOld] {
        let (writer, _) = writer(&[fault]);
        let Written { campaign, differs } = writer.update(&id(), &body()).await.unwrap();
        let [StoredField { field, sent, stored }] = differs.as_slice() else { panic!("{differs:?}") };
        assert_eq!((field.as_str(), sent, stored), ("filters[session.dwell greater_than].value", &Some(json!(45)), &Some(json!(46))));
        assert_eq!(serde_json::to_value(campaign.spec.filters).unwrap()[0]["value"], json!(46));
    }
    let (writer, _) = writer(&[Fault::OldAfter]);
    assert_eq!(writer.update(&id(), &body()).await.unwrap().differs, []);
}

#[tokio::test(start_paused = true)]
async fn a_success_that_reading_does_not_confirm_says_what_did_not_fit() {
    let (writer, _) = writer(&[Fault::Old]);
    let error = writer.update(&id(), &body()).await.unwrap_err();
    let expected = "the answer 200 to PUT /api/v2/analytics/predictiveengagement/campaigns/c-1 is not about what was sent: it has version \
                    3, and version 3 was to be replaced; reading it back does not show it";
    assert_eq!(error.to_string(), expected);
}

#[tokio::test(start_paused = true)]
async fn reads_that_lag_behind_do_not_make_a_conflict_of_our_own_write() {
    // The first look shows the old version, so it is sent again; that is refused, and the next looks show the old one too.
    let (writer, store) = writer(&[Fault::LostAfter]);
    store.lock().unwrap().stale_reads = 3;
    assert_eq!(writer.update(&id(), &body()).await.unwrap().campaign.version, 4);
    assert_eq!((count(&store, Method::Put), count(&store, Method::Get)), (2, 4));
}

#[tokio::test(start_paused = true)]
async fn reads_that_never_show_our_write_are_given_up_and_do_not_pass_for_its_failure() {
    //  faults, how it ends, PUTs, GETs: a write that seems done is looked for three times
    let table = [(Fault::LostAfter, Ended::Conflict, 2, 4), (Fault::TornAfter, Ended::Unknown, 1, 3)];
    for (fault, expected, puts, gets) in table {
        let (writer, store) = writer(&[fault]);
        store.lock().unwrap().stale_reads = usize::MAX;
        let result = writer.update(&id(), &body()).await;
        assert_eq!(ended(&result), expected, "{fault:?}: {result:?}");
        assert_eq!((count(&store, Method::Put), count(&store, Method::Get)), (puts, gets), "{fault:?}");
    }
}

#[tokio::test(start_paused = true)]
async fn what_cannot_be_read_back_stays_unknown() {
    for faults in [&[Fault::LostAfter][..], &[Fault::Lost], &[Fault::StatusAfter(503)], &[Fault::TornAfter]] {
        let (writer, store) = writer(faults);
        store.lock().unwrap().reads_fail = true;
        let result = writer.update(&id(), &body()).await;
        assert_eq!(ended(&result), Ended::Unknown, "{faults:?}: {result:?}");
        let text = result.unwrap_err().to_string();
        assert!(text.contains("; reading it back failed too: API error: 500"), "{text}");
    }
}

#[tokio::test(start_paused = true)]
async fn a_conflict_that_was_found_by_reading_back_says_who_and_how() {
    let (writer, _) = writer(&[Fault::LostAndChanged]);
    let error = writer.update(&id(), &body()).await.unwrap_err();
    let expected = "it was changed since the plan by \"them\": version 3 is now 4; seen when it was read back, because the connection \
                    broke during PUT /api/v2/analytics/predictiveengagement/campaigns/c-1: reset";
    assert_eq!(error.to_string(), expected);
    assert!(error.hint().unwrap().contains("plan again"));
}

#[tokio::test(start_paused = true)]
async fn what_became_of_a_deletion_is_found_out() {
    use Fault::{
        AnotherAfter, EmptyAfter, Lost, LostAfter, LostAndChanged, LostAndDeleted, NoConnection, Old, OldAfter, Status, StatusAfter,
        Throttled,
    };
    //  faults, how it ends, DELETEs, GETs
    let table: &[(&[Fault], Ended, usize, usize)] = &[
        (&[], Ended::Done, 1, 0),
        (&[LostAfter], Ended::Done, 1, 1),
        (&[Lost], Ended::Done, 2, 1),
        (&[StatusAfter(500)], Ended::Done, 1, 1),
        (&[StatusAfter(503)], Ended::Done, 2, 0),
        (&[LostAndDeleted], Ended::Done, 1, 1),
        (&[NoConnection, Throttled, Status(504)], Ended::Done, 4, 0),
        (&[LostAndChanged], Ended::Conflict, 1, 1),
        (&[Status(403)], Ended::NotDone, 1, 0),
        (&[Lost; 5], Ended::NotDone, 5, 5),
        // A success that is not 204: reading tells, and nothing is sent again.
        (&[OldAfter], Ended::Done, 1, 1),
        (&[AnotherAfter], Ended::Done, 1, 1),
        (&[EmptyAfter], Ended::Done, 1, 1),
        (&[Old], Ended::Unknown, 1, 3),
        (&[Lost, Old], Ended::Unknown, 2, 4),
    ];
    for (faults, expected, deletes, gets) in table {
        let (writer, store) = writer(faults);
        let result = writer.delete_version(&id(), 3).await;
        assert_eq!(ended(&result), *expected, "{faults:?}: {result:?}");
        assert_eq!((count(&store, Method::Delete), count(&store, Method::Get)), (*deletes, *gets), "{faults:?}");
        assert_eq!(store.lock().unwrap().live.is_none(), *expected == Ended::Done, "{faults:?}");
    }
    // Without a version to hold on to it is deleted, whoever changed it.
    let (writer, store) = writer(&[LostAndChanged]);
    writer.delete(&id()).await.unwrap();
    assert!(store.lock().unwrap().live.is_none());
}

#[tokio::test(start_paused = true)]
async fn time_that_runs_out_leaves_a_lost_write_unknown() {
    let planned = campaign(3, "As planned", "them");
    let store = Arc::new(Mutex::new(Store { live: Some(planned.clone()), faults: vec![Fault::LostAfter], ..Store::default() }));
    let transport = Box::new(StoreTransport(Arc::clone(&store), Instant::now(), planned));
    let credentials = Credentials::Token(Secret::new("t"));
    let settings = Settings { deadline: Some(Duration::from_millis(50)), ..Settings::default() };
    let session = Session::new(transport, "script:".to_owned(), credentials, settings, None).unwrap();
    let error = Writer::new(Reader { session: Arc::new(session) }).update(&id(), &body()).await.unwrap_err();
    assert!(error.outcome_unknown() && !error.not_attempted(), "{error}");
    assert!(error.to_string().contains("reading it back failed too: the time limit of 0s is over; GET"), "{error}");
    assert_eq!(store.lock().unwrap().seen.len(), 1);
}
