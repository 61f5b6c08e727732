//! An apply whose lock is taken away while it runs.

use std::num::NonZeroUsize;
use std::sync::Arc;
use std::sync::atomic::{AtomicI64, AtomicUsize, Ordering};
use std::time::Duration;

use futures_util::FutureExt;
use jiff::Timestamp;
use tokio::sync::watch;

use super::{Make, Memory, Options, Outcome, declared, execute_by, id, reasons};
use crate::model::{Desired, LastApplied, Live, Secret};
use crate::reconcile::{Policy, plan};
use crate::remote::{Credentials, Reader, Server, Settings, Writer};
use crate::state::{Holder, Owner, StateDocument, StateStore};

/// The machine sleeps past its lease while the first create is on its way, and somebody breaks the lock. Nothing has to be
/// written to the state for long, and no heartbeat has come round: still no further change is begun.
#[tokio::test]
async fn no_change_is_begun_once_the_lock_is_broken() {
    let asleep = Arc::<AtomicI64>::default();
    let seconds = Arc::clone(&asleep);
    let now = move || Timestamp::from_second(1_790_000_000 + seconds.load(Ordering::SeqCst)).unwrap();
    let state = StateStore::in_memory(now);
    let lock = state.lock(&Holder { command: "apply".to_owned(), process: 1, ..Holder::default() }).await.unwrap();
    let (store, by) = (state.clone(), Holder { command: "state unlock".to_owned(), process: 2, ..Holder::default() });
    let begun = Arc::<AtomicUsize>::default();
    let count = Arc::clone(&begun);
    let make_one: Make = Arc::new(move |_| {
        count.fetch_add(1, Ordering::SeqCst);
        asleep.fetch_add(61, Ordering::SeqCst);
        // In memory everything is done at once.
        let held = store.held().now_or_never().unwrap().unwrap().unwrap();
        store.unlock(&held.lease.unwrap().id, &by).now_or_never().unwrap().unwrap();
        Box::pin(async { (Outcome::Done { id: id("1"), stored: None }, None) })
    });

    let desired = Desired { campaigns: [("a", "A"), ("b", "B"), ("c", "C"), ("d", "D")].map(declared).into_iter().collect() };
    let plan = plan(&desired, &Live::default(), &LastApplied::default(), &Policy::default());
    let server = Server::base_url("http://127.0.0.1:9").unwrap();
    let reader = Reader::new(server, Credentials::Token(Secret::new("a-token")), Settings::default()).unwrap();
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
    let report = execute_by(make_one, plan, Arc::new(Writer::new(reader)), &mut memory, options, stop, |_| {}).await;

    assert_eq!(begun.load(Ordering::SeqCst), 1);
    let reasons = reasons(&report);
    assert_eq!(reasons[0], "a: done: 1");
    for reason in &reasons[1..] {
        assert!(reason.contains("not attempted: ") && reason.contains("was broken by `campaignctl state unlock` (process 2"), "{reason}");
    }
    assert!(report.state_error.is_some());
    // What was intended stands in the state that the next run finds.
    assert_eq!(state.read().await.unwrap().unwrap().intents.len(), 4);
}
