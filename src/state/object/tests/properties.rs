//! Whatever order things happen in, and whatever the line does to them: every write that was answered is kept.

use proptest::prelude::*;

use super::faulty::Fault;
use super::{HeldLock, StateDocument, World, document, holder};
use crate::model::CampaignKey;

/// What happens next.
#[derive(Debug, Clone)]
enum Step {
    /// This one tries to get the lock.
    Lock(usize),
    /// This one, if it ever got the lock, writes.
    Write(usize),
    /// This one gives the lock back, or is gone without a word.
    Leave(usize, bool),
    /// Time goes by, in seconds.
    Sleep(i64),
    /// Somebody breaks whatever lock there is.
    Unlock,
    /// What happens to coming writes of this one.
    Fault(usize, Fault),
}

fn step() -> impl Strategy<Value = Step> {
    let who = 0..3usize;
    let fault = prop_oneof![Just(Fault::Before), Just(Fault::After), Just(Fault::Again)];
    prop_oneof![
        4 => who.clone().prop_map(Step::Lock),
        6 => who.clone().prop_map(Step::Write),
        2 => (who.clone(), any::<bool>()).prop_map(|(who, said)| Step::Leave(who, said)),
        2 => (1..80i64).prop_map(Step::Sleep),
        1 => Just(Step::Unlock),
        2 => (who, fault).prop_map(|(who, fault)| Step::Fault(who, fault)),
    ]
}

async fn happens(steps: Vec<Step>) {
    let world = World::new();
    let lines: Vec<_> = (0..3).map(|_| world.faulty()).collect();
    let states: Vec<_> = lines.iter().map(|line| world.behind(line)).collect();
    let mut runs: Vec<Option<(HeldLock, StateDocument)>> = vec![None, None, None];
    let (mut kept, mut fence) = (Vec::new(), 0);
    for (number, step) in steps.into_iter().enumerate() {
        match step {
            Step::Lock(who) if runs[who].is_none() => {
                if let Ok(lock) = states[who].lock(&holder(u32::try_from(who).unwrap())).await {
                    let document = lock.read().await.unwrap().unwrap_or_else(document);
                    runs[who] = Some((lock, document));
                }
            }
            Step::Write(who) => {
                if let Some((lock, document)) = &mut runs[who] {
                    let before = world.state().read().await.unwrap();
                    let key = CampaignKey::new(format!("w{number}")).unwrap();
                    let mut next = document.clone();
                    next.campaigns.campaigns.insert(key.clone(), remembered());
                    if lock.write(&mut next).await.is_ok() {
                        assert_eq!(next.serial, before.as_ref().map_or(0, |before| before.serial) + 1, "one more than what was there");
                        assert!(next.fence >= fence, "the number only rises");
                        fence = next.fence;
                        kept.push(key);
                        *document = next;
                    } else {
                        assert_eq!(world.state().read().await.unwrap(), before, "what failed changed nothing");
                    }
                }
            }
            Step::Leave(who, said) => {
                if let Some((lock, _)) = runs[who].take()
                    && said
                {
                    let _ = lock.release().await;
                }
            }
            Step::Sleep(seconds) => world.sleep(seconds),
            Step::Unlock => {
                if let Some(lease) = world.state().held().await.unwrap().and_then(|held| held.lease) {
                    world.state().unlock(&lease.id, &holder(9)).await.unwrap();
                }
            }
            Step::Fault(who, fault) => lines[who].next([fault]),
            Step::Lock(_) => {}
        }
        let now = world.state().read().await.unwrap();
        assert_eq!(now.as_ref().map_or(0, |now| now.serial), u64::try_from(kept.len()).unwrap());
        let there = now.map(|now| now.campaigns.campaigns).unwrap_or_default();
        assert!(kept.iter().all(|key| there.contains_key(key)), "no write that was answered is lost");
    }
}

fn remembered() -> crate::model::Remembered {
    let body = serde_json::json!({
        "name": "A", "description": "", "enabled": true, "campaignType": "proactive", "evaluationMode": "realtime",
        "filters": [], "actions": [],
    });
    crate::model::Remembered::new(crate::model::CampaignId("id".to_owned()), serde_json::from_value(body).unwrap())
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 256, failure_persistence: None, ..ProptestConfig::default() })]

    #[test]
    fn no_order_of_events_loses_a_write(steps in proptest::collection::vec(step(), 1..60)) {
        let runtime = tokio::runtime::Builder::new_current_thread().enable_time().start_paused(true).build().unwrap();
        runtime.block_on(happens(steps));
    }
}
