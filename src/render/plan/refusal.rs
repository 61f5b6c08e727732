//! Why a plan is refused, and the exact command that resolves it.

use super::super::escape::{inline, quoted};
use super::super::replay::label;
use crate::model::{BothWorlds, CampaignKey, LineCounts};
use crate::reconcile::{Candidate, LiveTwice, NotJudged, Refusal, Unjudged};

/// One refusal in words.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Refused {
    /// What is wrong.
    pub message: String,
    /// What to do: a command, or a flag.
    pub hint: String,
}

/// Campaigns that a refusal names; the plan above it names the rest.
const MOST_NAMED: usize = 20;

fn addresses(keys: &[CampaignKey], most: usize) -> String {
    let named: Vec<String> = keys.iter().take(most).map(|key| key.address().to_string()).collect();
    match keys.len().saturating_sub(most) {
        0 => named.join(", "),
        more => format!("{} and {more} more, all of them in the plan", named.join(", ")),
    }
}

fn candidate_line(candidate: &Candidate) -> String {
    let Candidate { id, date_modified, modified_by } = candidate;
    let when = date_modified.map(|when| format!(", changed at {when:.0}")).unwrap_or_default();
    let who = modified_by.as_ref().map(|who| format!(" by {}", quoted(who))).unwrap_or_default();
    format!("\n  {}{when}{who}", quoted(&id.0))
}

/// How to change a lifecycle that cannot be kept.
pub fn broken_hold(pointer: &str) -> String {
    let steps: Vec<&str> = pointer.split('/').collect();
    let pointer = inline(pointer);
    match steps.as_slice() {
        ["", list @ ("filters" | "actions"), index, _, ..] => format!(
            "in its `lifecycle`, hold `/{list}/{}` as a whole instead of `{pointer}`, or remove `{pointer}`, so that the file decides",
            inline(index)
        ),
        _ => format!("remove `{pointer}` from its `lifecycle`, so that the file decides"),
    }
}

/// Says which campaign is live twice, and the ways out.
pub fn live_twice(twice: &LiveTwice, environment: &str) -> (String, String) {
    let LiveTwice { key, name, id, others, unreadable, is_declared } = twice;
    let address = key.address();
    let count = others.len() + unreadable.len();
    let message = format!(
        "{address} is live twice: beside its live campaign {} there {} named {} that nothing manages:{}{}",
        quoted(&id.0),
        if count == 1 { "is another one".to_owned() } else { format!("are {count} others") },
        quoted(name),
        others.iter().map(|other| format!("{}, with the same body", candidate_line(other))).collect::<String>(),
        unreadable.iter().map(|id| format!("\n  {}, whose body cannot be read", quoted(&id.0))).collect::<String>()
    );
    let mut hint = "delete the wrong one in Genesys Cloud, then plan again".to_owned();
    if *is_declared {
        let import = |id: &str| format!("\n  campaignctl import -e {environment} {address} --id {}", inline(id));
        let ids = std::iter::once(id.0.as_str()).chain(others.iter().map(|other| other.id.0.as_str()));
        hint.push_str(&format!("; or keep them all, and say which one is {address} (the first is, so far):"));
        hint.push_str(&ids.map(import).collect::<String>());
    } else {
        hint.push_str(&format!("; or stop managing it, which leaves them all live:\n  campaignctl state rm -e {environment} {key}"));
    }
    (message, hint)
}

/// Says why, and what resolves it in `environment`.
pub fn refused(refusal: &Refusal, environment: &str) -> Refused {
    refused_naming(refusal, environment, MOST_NAMED)
}

/// The same, with at most so many names of campaigns in a list.
pub(super) fn refused_naming(refusal: &Refusal, environment: &str, most: usize) -> Refused {
    let (message, hint) = match refusal {
        Refusal::AmbiguousName { key, name, candidates } => (
            format!(
                "{} live campaigns are named {}, and the state knows none of them as {}:{}",
                candidates.len(),
                quoted(name),
                key.address(),
                candidates.iter().map(candidate_line).collect::<String>()
            ),
            format!(
                "say which one is meant:{}",
                candidates
                    .iter()
                    .map(|candidate| format!("\n  campaignctl import -e {environment} {} --id {}", key.address(), inline(&candidate.id.0)))
                    .collect::<String>()
            ),
        ),
        Refusal::Unreadable { key, id, reason } => (
            format!("the live campaign {} of {} cannot be read: {}", inline(&id.0), key.address(), inline(reason)),
            "it has something this version of campaignctl does not know; update campaignctl, or change it back in Genesys Cloud".to_owned(),
        ),
        Refusal::LiveTwice(twice) => live_twice(twice, environment),
        Refusal::RenameOfDeclared { key, previously } => (
            format!("{} says `previously: {previously}`, but {} is still declared", key.address(), previously.address()),
            format!("remove the file of {}, or the `previously:` line", previously.address()),
        ),
        Refusal::RenamedTwice { previously, keys } => (
            format!("{} and {} both say `previously: {previously}`", keys[0].address(), keys[1].address()),
            "keep the line in the one that continues the old campaign".to_owned(),
        ),
        Refusal::BrokenHold { key, pointer, reason } => (
            format!(
                "the lifecycle of {} leaves `{}` to live, and what comes out is not a valid campaign: {}",
                key.address(),
                inline(pointer),
                inline(reason)
            ),
            broken_hold(pointer),
        ),
        Refusal::PreventDestroy { key } => (
            format!("{} would be destroyed, and its lifecycle says `preventDestroy: true`", key.address()),
            format!("bring its file back, or add --allow-destroy {} for this run", key.address()),
        ),
        Refusal::TooManyDeletes { keys, limit } => (
            format!(
                "the plan would destroy {} {}, and at most {limit} may go: {}",
                keys.len(),
                if keys.len() == 1 { "campaign" } else { "campaigns" },
                addresses(keys, most)
            ),
            format!("if that is meant, add --max-deletes {} for this run, or raise `guards.maxDeletes`", keys.len()),
        ),
        Refusal::TooMuchChanged { keys, managed, limit } => {
            let percent = (keys.len() * 100).div_ceil((*managed).max(1));
            (
                format!(
                    "the plan would change {} of {managed} managed campaigns ({percent} %), and at most {limit} % are allowed: {}",
                    keys.len(),
                    addresses(keys, most)
                ),
                format!("if that is meant, add --max-changed-percent {percent} for this run, or raise `guards.maxChangedPercent`"),
            )
        }
        Refusal::TooManyAddedInvites { invites: BothWorlds { live, desired }, percent, adding, limit } => {
            let adding: Vec<String> = adding.iter().map(|(who, more)| format!("{} (+{more})", inline(&label(who)))).collect();
            (
                format!(
                    "the recorded sessions would get {desired} invites instead of {live} (+{percent} %), and at most {limit} % more are \
                     allowed; most are added by {}",
                    adding.join(", ")
                ),
                format!(
                    "if that is meant, add --max-added-invites-percent {percent} for this run, or raise `guards.maxAddedInvitesPercent`"
                ),
            )
        }
        Refusal::NotJudged(not_judged) => of_not_judged(not_judged),
    };
    Refused { message, hint }
}

/// What is missing to judge by recorded sessions, and where it is to be found.
fn of_not_judged(NotJudged { limit, because, bad, lines, first }: &NotJudged) -> (String, String) {
    let lines = format!("{bad} of {lines} {}", if *lines == 1 { "line" } else { "lines" });
    let missing = match because {
        Unjudged::Nothing if *bad == 0 => "there are no sessions in the recording".to_owned(),
        Unjudged::Nothing => "nothing in the recording could be read".to_owned(),
        Unjudged::NothingIn(file) => format!("nothing in the recording `{}` could be read", inline(file)),
        Unjudged::BadLines => format!("{lines} could not be read, and at most {} % may be unreadable", LineCounts::BAD_PERCENT),
        Unjudged::MayExceed { invites: BothWorlds { live, desired }, percent } => format!(
            "{lines} could not be read; if each of them is one more invite, there are {desired} invites instead of {live} (+{percent} %)"
        ),
    };
    let first = first.as_ref().map_or(String::new(), |(place, reason)| format!("\n  {}: {}", inline(place), inline(reason)));
    let hint = match (because, *bad) {
        (Unjudged::Nothing, 0) => "name a recording with sessions, one JSON object per line",
        _ => "fix the recording and plan again; `campaignctl replay FILE` shows the lines that cannot be read",
    };
    (format!("`guards.maxAddedInvitesPercent` ({limit} %) was not judged: {missing}{first}"), hint.to_owned())
}
