//! Numbers, names and first sentences: values that every format writes in its own way.

use crate::model::{BothWorlds, Contender, FlipKind, LineCounts, Replayed, SessionPlace, TooLittle};

/// A stretch of a sentence: words of ours, or something that has a name.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) enum Bit {
    /// Words.
    Words(String),
    /// A name, a value or a command, not made harmless yet.
    Name(String),
}

/// Words.
pub(super) fn words(text: impl Into<String>) -> Bit {
    Bit::Words(text.into())
}

/// A name.
pub(super) fn name(text: impl Into<String>) -> Bit {
    Bit::Name(text.into())
}

/// A sentence written in one way for words and another one for names.
pub(super) fn written(bits: &[Bit], of_name: fn(&str) -> String) -> String {
    let write = |bit: &Bit| match bit {
        Bit::Words(text) => text.clone(),
        Bit::Name(text) => of_name(text),
    };
    bits.iter().map(write).collect()
}

/// `12,345`
pub(super) fn grouped(number: u64) -> String {
    let digits = number.to_string();
    let mut out = String::new();
    for (place, digit) in digits.chars().enumerate() {
        if place > 0 && (digits.len() - place).is_multiple_of(3) {
            out.push(',');
        }
        out.push(digit);
    }
    out
}

/// `1 session`, `12,345 sessions`
pub(super) fn counted(number: u64, noun: &str) -> String {
    format!("{} {noun}{}", grouped(number), if number == 1 { "" } else { "s" })
}

/// `+2,200`, `-5`
pub(super) fn difference(BothWorlds { live, desired }: BothWorlds<u64>) -> String {
    if desired >= live { format!("+{}", grouped(desired - live)) } else { format!("-{}", grouped(live - desired)) }
}

/// `+183.3 %`; nothing where there was none before.
pub(super) fn percent_more(BothWorlds { live, desired }: BothWorlds<u64>) -> Option<String> {
    let sign = if desired >= live { '+' } else { '-' };
    Some(format!("{sign}{}", percent(desired.abs_diff(live), live)?))
}

/// `33.3 %`, rounded; nothing of nothing.
pub(super) fn percent(part: u64, whole: u64) -> Option<String> {
    let tenths = (u128::from(part) * 1000 + u128::from(whole) / 2).checked_div(u128::from(whole))?;
    Some(format!("{}.{} %", tenths / 10, tenths % 10))
}

/// `10 -> 20 (+10, +100.0 %)`; one number where both worlds have the same.
pub(super) fn change(both: BothWorlds<u64>) -> String {
    let BothWorlds { live, desired } = both;
    if live == desired {
        return grouped(live);
    }
    let percent = percent_more(both).map(|percent| format!(", {percent}")).unwrap_or_default();
    format!("{} -> {} ({}{percent})", grouped(live), grouped(desired), difference(both))
}

/// `campaign.pricing-churn`; one that nobody declared goes by its display name and id.
pub(in crate::render) fn label(who: &Contender) -> String {
    let Contender { key, id, name } = who;
    match (key, id) {
        (Some(key), _) => key.address().to_string(),
        (None, Some(id)) => format!("{name} ({}, not managed)", id.0),
        (None, None) => name.clone(),
    }
}

/// What a place in `contenders` is called.
pub(super) fn label_at(replayed: &Replayed, place: usize) -> String {
    replayed.contenders.get(place).map_or_else(|| "?".to_owned(), |campaign| label(&campaign.who))
}

/// `sessions.ndjson:17`
pub(super) fn place(replayed: &Replayed, at: SessionPlace) -> String {
    format!("{}:{}", replayed.files.get(at.file).map_or("?", String::as_str), at.line)
}

/// `12,345 sessions from 2026-11-01T08:00:00Z to 2026-11-02T08:00:00Z`
pub(super) fn extent(replayed: &Replayed) -> String {
    let sessions = counted(replayed.lines.sessions, "session");
    match (replayed.from, replayed.to) {
        (Some(from), Some(to)) if from == to => format!("{sessions} at {from:.0}"),
        (Some(from), Some(to)) => format!("{sessions} from {from:.0} to {to:.0}"),
        _ => sessions,
    }
}

/// What was strange about the lines, in words; nothing where nothing was.
pub(super) fn oddities(replayed: &Replayed) -> Vec<String> {
    // Lines that could not be read come first of all, in the headline.
    let LineCounts { sessions: _, bad: _, untimed, timeless, late, repeated, strangers } = replayed.lines;
    let has_times = replayed.from.is_some();
    let (timeless, untimed) = if has_times { (timeless, untimed) } else { (0, 0) };
    let one = |count: u64, one: &str, more: &str| {
        (count > 0).then(|| if count == 1 { format!("1 {one}") } else { format!("{} {more}", grouped(count)) })
    };
    let unreadable = replayed.unreadable;
    [
        one(late, "session came too late to be put in order", "sessions came too late to be put in order"),
        (!has_times && replayed.lines.sessions > 1).then(|| "no session has a time: all count at the same moment".to_owned()),
        one(
            untimed,
            "session has no time: it counts at the time of the one before, or at the first time of the recording",
            "sessions have no time: each counts at the time of the one before, the first ones at the first time of the recording",
        ),
        one(
            timeless,
            "session came too long before the first time of the recording to count at it: it counts at no known time",
            "sessions came too long before the first time of the recording to count at it: they count at no known time",
        ),
        one(repeated, "session repeats a request, and counts once", "sessions repeat requests, and count once"),
        one(strangers, "session names a campaign that is in neither world", "sessions name campaigns that are in neither world"),
        one(unreadable, "live campaign cannot be read, and takes no part", "live campaigns cannot be read, and take no part"),
    ]
    .into_iter()
    .flatten()
    .collect()
}

/// How many sessions flipped, by kind; kinds that none did are left out.
pub(super) fn flipped(replayed: &Replayed) -> Vec<(FlipKind, u64)> {
    let sum = |kind: FlipKind| replayed.flips.iter().filter(|flip| flip.kind == kind).map(|flip| flip.sessions).sum();
    FlipKind::ALL.into_iter().map(|kind| (kind, sum(kind))).filter(|(_, sessions)| *sessions > 0).collect()
}

/// The first sentences: what could not be read, then whether and how many sessions are invited otherwise.
pub(in crate::render) fn headline(replayed: &Replayed) -> String {
    unread(replayed).map_or_else(|| outcome(replayed), |unread| format!("{unread} {}", outcome(replayed)))
}

/// How much could not be read, where that is anything: no number below it says anything about these lines.
fn unread(replayed: &Replayed) -> Option<String> {
    let Replayed { files, lines, without_sessions, .. } = replayed;
    let unread = format!("{} of {}", grouped(lines.bad), counted(lines.all(), "line"));
    match (lines.bad, replayed.too_little()) {
        (0, _) => None,
        (1, Some(TooLittle::NoSession)) => Some("The recording could not be read.".to_owned()),
        (bad, Some(TooLittle::NoSession)) => Some(format!("None of {} could be read.", counted(bad, "line"))),
        (_, Some(TooLittle::NoSessionIn(_))) => {
            Some(format!("{} of {} could not be read; {unread}.", without_sessions.len(), counted(files.len() as u64, "recording")))
        }
        (_, Some(TooLittle::BadLines)) => Some(format!("{unread} could not be read, too many to judge by the rest.")),
        (_, None) => Some(format!("{unread} could not be read.")),
    }
}

/// Why the recordings cannot be judged by, in words; `None` where they can.
pub fn too_little(replayed: &Replayed) -> Option<String> {
    replayed.too_little()?;
    Some(unread(replayed).unwrap_or_else(|| outcome(replayed)))
}

/// That sessions get several invites at once, where that differs between the worlds.
pub(super) fn several_invites(replayed: &Replayed) -> Option<String> {
    let BothWorlds { live, desired } = &replayed.totals;
    let (before, now) = (live.several_invites, desired.several_invites);
    let of_live = if replayed.compared { format!(" (live: {})", grouped(before)) } else { String::new() };
    match now {
        _ if replayed.compared && (before, live.most_invites) == (now, desired.most_invites) => None,
        0 if before == 0 => None,
        0 => Some(format!("no session gets several invites at once{of_live}")),
        _ => {
            let verb = if now == 1 { "gets" } else { "get" };
            let up_to = if desired.most_invites > 2 { "up to " } else { "" };
            Some(format!("{} {verb} {up_to}{} invites at once{of_live}", counted(now, "session"), grouped(desired.most_invites)))
        }
    }
}

/// How many sessions a campaign gains and loses, of those that it invites; empty where it is none.
pub(super) fn moved(gained: u64, lost: u64) -> String {
    match (gained, lost) {
        (0, 0) => String::new(),
        (gained, 0) => format!("gains {}", counted(gained, "session")),
        (0, lost) => format!("loses {}", counted(lost, "session")),
        (gained, lost) => format!("gains {}, loses {}", counted(gained, "session"), grouped(lost)),
    }
}

/// Whether and how many sessions are invited otherwise.
fn outcome(replayed: &Replayed) -> String {
    let all = replayed.lines.sessions;
    if all == 0 {
        return "There are no sessions.".to_owned();
    }
    if !replayed.compared {
        let totals = &replayed.totals.desired;
        return format!("{} of {} get {}.", grouped(totals.invited_sessions), counted(all, "session"), counted(totals.invites, "invite"));
    }
    let kinds = flipped(replayed);
    let flips: u64 = kinds.iter().map(|(_, sessions)| sessions).sum();
    if flips == 0 {
        return match all {
            1 => "Nothing flips: the session is invited by the same campaigns, live and desired.".to_owned(),
            _ => format!("Nothing flips: each of {} is invited by the same campaigns, live and desired.", counted(all, "session")),
        };
    }
    let kinds: Vec<String> = kinds.iter().map(|(kind, sessions)| format!("{} {}", grouped(*sessions), kind.title())).collect();
    let verb = if flips == 1 { "flips" } else { "flip" };
    format!("{} of {} {verb}: {}.", grouped(flips), counted(all, "session"), kinds.join(", "))
}

#[cfg(test)]
mod tests {
    use super::{change, grouped, percent};
    use crate::model::BothWorlds;

    #[test]
    fn numbers_read_well() {
        assert_eq!([0, 999, 1000, 1_234_567].map(grouped), ["0", "999", "1,000", "1,234,567"]);
        assert_eq!(change(BothWorlds { live: 1200, desired: 3400 }), "1,200 -> 3,400 (+2,200, +183.3 %)");
        assert_eq!(change(BothWorlds { live: 2, desired: 0 }), "2 -> 0 (-2, -100.0 %)");
        assert_eq!(change(BothWorlds { live: 0, desired: 7 }), "0 -> 7 (+7)");
        assert_eq!(change(BothWorlds { live: 7, desired: 7 }), "7");
        assert_eq!(
            (percent(1, 3).as_deref(), percent(u64::MAX, u64::MAX).as_deref(), percent(1, 0)),
            (Some("33.3 %"), Some("100.0 %"), None)
        );
    }
}
