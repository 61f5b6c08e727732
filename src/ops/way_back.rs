//! Plans that lead back: to before a run, or to what was applied last where live moved.

use std::collections::{BTreeMap, BTreeSet};

use super::Failure;
use super::drift::chosen;
use crate::model::{CampaignId, CampaignKey, Desired, LastApplied, Live};
use crate::reconcile::{self, Goal, Selection};
use crate::state::{Run, StateDocument, Touched};

/// What is planned: the goal by its exact name, what is desired, and the part of the state that this concerns.
pub(super) struct Aim {
    pub(super) goal: Goal,
    pub(super) desired: Desired,
    pub(super) last_applied: LastApplied,
}

/// What is desired where this is the goal.
///
/// # Errors
/// A run that the state does not remember; drift without a state, or of a campaign that nobody knows.
pub(super) fn aim(goal: Goal, document: &StateDocument, declared: Desired, live: &Live) -> Result<Aim, Failure> {
    match goal {
        Goal::Files => Ok(Aim { goal: Goal::Files, desired: declared, last_applied: document.campaigns.clone() }),
        Goal::Rollback(run) => undone(&run, document, &declared, live),
        Goal::Revert(selection) => reverted(&selection, document, &declared, live),
    }
}

/// Back to what was applied last.
fn reverted(selection: &Selection, document: &StateDocument, declared: &Desired, live: &Live) -> Result<Aim, Failure> {
    // A state that was never written has no serial.
    if document.serial == 0 {
        let hint = format!(
            "if there was one, bring back `state:` or its backup; else `campaignctl plan -e {}` shows how live and the files differ",
            document.owner.environment
        );
        return Err(Failure::new("there is no state: without a state nobody can say what drifted", hint));
    }
    let drift = reconcile::drift(declared, live, &document.campaigns);
    let (drifted, settled) = chosen(selection, &drift, declared, &document.campaigns)?;
    let back = reconcile::reverted(&drifted, declared, live, &document.campaigns);
    let in_state = drifted.iter().map(|drifted| reconcile::key_in_state(drifted, &document.campaigns));
    let selection = match selection {
        Selection::All => Selection::All,
        Selection::Only(_) => Selection::Only(in_state.chain(settled).collect::<BTreeSet<_>>()),
    };
    Ok(Aim { goal: Goal::Revert(selection), desired: back.desired, last_applied: back.last_applied })
}

/// Back to before a run.
fn undone(run: &str, document: &StateDocument, declared: &Desired, live: &Live) -> Result<Aim, Failure> {
    let mut known = document.runs.iter().filter(|known| !known.touched.is_empty());
    let found = if run == "last" { known.next_back() } else { known.find(|known| known.id == run) };
    let Some(Run { id, at: _, touched }) = found else {
        let wrote = document.runs.iter().rev().filter(|run| !run.touched.is_empty());
        let campaigns = |count: usize| if count == 1 { "1 campaign".to_owned() } else { format!("{count} campaigns") };
        let known: Vec<String> = wrote.map(|run| format!("\n  {}  {}", run.id, campaigns(run.touched.len()))).collect();
        let hint = if known.is_empty() {
            "no run has written anything yet; to go back further, revert the commit and apply".to_owned()
        } else {
            format!("these runs are remembered, the latest first; to go back further, revert the commit and apply:{}", known.concat())
        };
        return Err(Failure::new(format!("the state remembers no run `{run}`"), hint));
    };
    // A campaign may have been given another key since; its id tells which one it is.
    let keys: BTreeMap<_, _> = document.campaigns.campaigns.iter().map(|(key, remembered)| (&remembered.id, key)).collect();
    let key_now = |key, touched: &Touched| (*touched.id.as_ref().and_then(|id| keys.get(id)).unwrap_or(&key)).clone();
    let before = touched.iter().map(|(key, touched)| (key_now(key, touched), touched.before.clone())).collect();
    let desired = reconcile::rolled_back(&before, declared, live, &document.campaigns);
    let mut last_applied = document.campaigns.clone();
    // A campaign that the run did not touch and that was deleted in Genesys Cloud is none of its business: a plan would forget it.
    let unreadable: BTreeSet<&CampaignId> = live.unreadable.iter().map(|campaign| &campaign.id).collect();
    let concerns =
        |key: &CampaignKey, id: &CampaignId| before.contains_key(key) || desired.campaigns.contains_key(key) || unreadable.contains(id);
    last_applied.campaigns.retain(|key, remembered| concerns(key, &remembered.id));
    Ok(Aim { goal: Goal::Rollback(id.clone()), desired, last_applied })
}
