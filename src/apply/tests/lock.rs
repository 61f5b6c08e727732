//! An apply whose lock is taken away while it runs.

use std::num::NonZeroUsize;
use std::sync::Arc;
use std::sync::atomic::{AtomicI64, Ordering};
use std::time::Duration;

use futures_util::FutureExt;
use jiff::Timestamp;
use object_store::memory::InMemory;
use serde_json::json;
use tokio::sync::watch;

use crate::apply::{Memory, Options, Outcome, execute};
use crate::emulator::{self, Emulator, Moment, Route};
use crate::model::{CampaignKey, Desired, DesiredCampaign, LastApplied, Lifecycle, Live, Origin, Secret};
use crate::reconcile::{Policy, plan};
use crate::remote::{Credentials, Reader, Server, Settings, Writer};
use crate::state::{Holder, Owner, StateDocument, StateStore};

fn declared(name: &str) -> (CampaignKey, DesiredCampaign) {
    let spec = json!({
        "name": name, "description": "", "enabled": true, "campaignType": "proactive", "evaluationMode": "realtime",
        "filters": [{ "attributeName": "session.a", "operator": "equals", "value": true, "dataType": "boolean" }],
        "actions": [{ "type": "webchat_invite", "priority": 1 }],
    });
    let origin = Origin { file: "campaigns/x.yaml".to_owned(), line: 1, overlay: None };
    let spec = serde_json::from_value(spec).unwrap();
    (CampaignKey::new(name).unwrap(), DesiredCampaign { spec, lifecycle: Lifecycle::default(), held: Vec::new(), previously: None, origin })
}

/// The machine sleeps past its lease while the first create is on its way, and somebody breaks the lock. Nothing has to be
/// written to the state for long, and no heartbeat has come round: still no further change is begun.
#[tokio::test]
async fn no_change_is_begun_once_the_lock_is_broken() {
    let folder = tempfile::tempdir().unwrap();
    let emulator = Emulator::start(emulator::Options::new(folder.path())).await.unwrap();
    let asleep = Arc::<AtomicI64>::default();
    let seconds = Arc::clone(&asleep);
    let now = move || Timestamp::from_second(1_790_000_000 + seconds.load(Ordering::SeqCst)).unwrap();
    let state = StateStore::of_bucket(Arc::<InMemory>::default(), now);
    let lock = state.lock(&Holder { command: "apply".to_owned(), process: 1, ..Holder::default() }).await.unwrap();
    let (store, by) = (state.clone(), Holder { command: "state unlock".to_owned(), process: 2, ..Holder::default() });
    emulator.on(move |moment, record| {
        if (moment, record.route) == (Moment::Received, Some(Route::Create)) {
            asleep.fetch_add(61, Ordering::SeqCst);
            // In memory everything is done at once.
            let held = store.held().now_or_never().unwrap().unwrap().unwrap();
            store.unlock(&held.lease.unwrap().id, &by).now_or_never().unwrap().unwrap();
        }
    });

    let desired = Desired { campaigns: ["a", "b", "c", "d"].map(declared).into_iter().collect() };
    let plan = plan(&desired, &Live::default(), &LastApplied::default(), &Policy::default());
    let credentials = Credentials::Client { id: "x".to_owned(), secret: Secret::new("x") };
    let reader = Reader::new(Server::base_url(emulator.base_url()).unwrap(), credentials, Settings::default()).unwrap();
    let owner = Owner { environment: "production".to_owned(), organization: "org".to_owned() };
    let mut memory = Memory { document: StateDocument::new("lineage".to_owned(), owner), lock };
    let options = Options {
        parallelism: NonZeroUsize::MIN,
        settle: Duration::ZERO,
        // The writes of the state are not what notices it.
        save_every: Duration::from_secs(3600),
        run: "a-run".to_owned(),
    };
    let (_sender, stop) = watch::channel(false);
    let report = execute(plan, Writer::new(reader), &mut memory, options, stop, |_| {}).await;

    let sent: Vec<_> = emulator.requests().into_iter().filter(|request| request.route == Some(Route::Create)).collect();
    assert_eq!(sent.len(), 1, "{sent:#?}");
    let outcomes: Vec<&Outcome> = report.rows.iter().map(|row| &row.outcome).collect();
    assert!(matches!(outcomes[0], Outcome::Done { .. }), "{outcomes:#?}");
    for outcome in &outcomes[1..] {
        let Outcome::NotAttempted { reason } = outcome else { panic!("{outcomes:#?}") };
        assert!(reason.contains("was broken by `campaignctl state unlock` (process 2"), "{reason}");
    }
    assert!(report.state_error.is_some());
    // What was intended stands in the state that the next run finds.
    assert_eq!(state.read().await.unwrap().unwrap().intents.len(), 4);
    emulator.stop().await;
}
