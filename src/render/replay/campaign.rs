//! One campaign of a replay: what it decided in both worlds, as rows.

use super::words::{change, grouped, percent};
use crate::model::{BothWorlds, CampaignDecisions, Minute, Replayed, ReplayedCampaign, ReplayedQueue, Starved};

/// One thing about a campaign, in both worlds.
#[derive(Debug, PartialEq, Eq)]
pub(super) struct Row {
    pub(super) what: &'static str,
    pub(super) live: String,
    pub(super) desired: String,
}

impl Row {
    /// `10 -> 20`, or one of them where there is no other.
    pub(super) fn both(&self) -> String {
        let Self { what: _, live, desired } = self;
        if live == desired || live.is_empty() { desired.clone() } else { format!("{live} -> {desired}") }
    }
}

/// The campaigns worth a look: those that decide otherwise than before; without a live world all that decide anything.
pub(super) fn telling(replayed: &Replayed) -> Vec<&ReplayedCampaign> {
    let differs = |campaign: &ReplayedCampaign| {
        let ReplayedCampaign { who: _, decided: BothWorlds { live, desired }, gained, lost } = campaign;
        if replayed.compared { live != desired || gained + lost > 0 } else { desired.is_some() }
    };
    let mut telling: Vec<&ReplayedCampaign> = replayed.contenders.iter().filter(|campaign| differs(campaign)).collect();
    // `sort_by_key` keeps the order of equals, in which they are asked.
    telling.sort_by_key(|campaign| std::cmp::Reverse(campaign.gained + campaign.lost));
    telling
}

/// Everything about a campaign that differs; without a live world everything there is.
pub(super) fn rows(campaign: &ReplayedCampaign, compared: bool) -> Vec<Row> {
    let BothWorlds { live, desired } = &campaign.decided;
    let row = |what: &'static str, say: &dyn Fn(&CampaignDecisions) -> String| {
        let said = |decided: &Option<CampaignDecisions>| decided.as_ref().map_or_else(|| "-".to_owned(), say);
        Row { what, live: if compared { said(live) } else { String::new() }, desired: said(desired) }
    };
    let state = |decided: &Option<CampaignDecisions>| match decided {
        None => "not there".to_owned(),
        Some(decided) => if decided.enabled { "on" } else { "off" }.to_owned(),
    };
    let mut rows = vec![
        Row { what: "campaign", live: if compared { state(live) } else { String::new() }, desired: state(desired) },
        row("invited", &|decided| grouped(decided.invited)),
        row("suppressed", &|decided| grouped(decided.suppressed)),
        row("throttled", &throttled),
        row("queued", &|decided| grouped(decided.queued)),
        row("not matched", &|decided| grouped(decided.not_matched)),
        row("worst minute", &worst),
    ];
    let nothing = |row: &Row| matches!(row.desired.as_str(), "0" | "-" | "none" | "on");
    let is_nothing = |text: &str| matches!(text, "-" | "0" | "none");
    // What comes or goes has nothing of most things.
    let both_nothing = |row: &Row| is_nothing(&row.live) && is_nothing(&row.desired);
    rows.retain(|row| match compared {
        true => row.live != row.desired && !both_nothing(row),
        false => row.what == "invited" || !nothing(row),
    });
    rows
}

/// `10 (33.3 % of 30)`: of those that it would have invited.
fn throttled(decided: &CampaignDecisions) -> String {
    let wanted = decided.invited + decided.throttled;
    match (decided.throttled, percent(decided.throttled, wanted)) {
        (0, _) | (_, None) => "0".to_owned(),
        (throttled, Some(share)) => format!("{} ({share} of {})", grouped(throttled), grouped(wanted)),
    }
}

/// `500 of 500 at 2026-11-20T14:02Z, 12 refused`
fn worst(decided: &CampaignDecisions) -> String {
    let Some(Minute { start, invites, throttled }) = decided.worst_minute else { return "none".to_owned() };
    let refused = if throttled > 0 { format!(", {} refused", grouped(throttled)) } else { String::new() };
    let cap = decided.cap.map_or_else(|| ", no cap".to_owned(), |cap| format!(" of {}", grouped(cap)));
    format!("{}{cap} at {}{refused}", grouped(invites), start.strftime("%Y-%m-%dT%H:%MZ"))
}

/// The queues that get another number of invites; without a live world all that get any.
pub(super) fn queues(replayed: &Replayed) -> Vec<&ReplayedQueue> {
    let differs = |queue: &&ReplayedQueue| {
        let ReplayedQueue { id: _, name: _, invites, peak } = queue;
        if replayed.compared { invites.live != invites.desired || peak.live != peak.desired } else { invites.desired > 0 }
    };
    replayed.queues.iter().filter(differs).collect()
}

/// What a queue is called; `None` is the channel's default routing.
pub(super) fn queue_name(queue: &ReplayedQueue) -> Option<String> {
    match (&queue.name, &queue.id) {
        (Some(name), Some(id)) => Some(format!("{name} ({id})")),
        (Some(name), None) | (None, Some(name)) => Some(name.clone()),
        (None, None) => None,
    }
}

/// Who keeps whom from inviting otherwise than before, the largest first; without a live world all of it.
pub(super) fn starved(replayed: &Replayed) -> Vec<&Starved> {
    let differs = |starved: &&Starved| !replayed.compared || starved.decisions.live != starved.decisions.desired;
    replayed.starved.iter().filter(differs).collect()
}

/// The most of something in both worlds; without a live world the desired one.
pub(super) fn at_most(BothWorlds { live, desired }: BothWorlds<u64>, compared: bool) -> String {
    if compared && live != desired { format!("{} -> {}", grouped(live), grouped(desired)) } else { grouped(desired) }
}

/// A number in both worlds; without a live world the desired one.
pub(super) fn number(both: BothWorlds<u64>, compared: bool) -> String {
    if compared { change(both) } else { grouped(both.desired) }
}
