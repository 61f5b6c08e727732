//! Flips in words: which campaign, why, where, and the command that explains one of them.

use super::Report;
use super::words::{Bit, grouped, label_at, name, place, words};
use crate::model::{Filter, Flip, FlipCause, FlipKind, Replayed, SessionPlace, Share};
use crate::reconcile::{FieldPath, FilterPart};
use crate::render::escape::inline;

/// So many characters of a filter's value are shown.
const LONGEST_VALUE: usize = 80;

/// Sessions that flipped in one way.
pub(super) struct Group<'a> {
    pub(super) kind: FlipKind,
    pub(super) sessions: u64,
    /// The ways, those of the most sessions first.
    pub(super) flips: Vec<&'a Flip>,
    /// Ways, and sessions that flipped in them, that are not in `flips`.
    pub(super) more: (usize, u64),
}

/// The flips by kind, of each kind at most so many.
pub(super) fn groups(replayed: &Replayed, most: usize) -> Vec<Group<'_>> {
    let of_kind = |kind: FlipKind| {
        let mut flips: Vec<&Flip> = replayed.flips.iter().filter(|flip| flip.kind == kind).collect();
        let sessions = flips.iter().map(|flip| flip.sessions).sum();
        let rest = flips.split_off(most.min(flips.len()));
        let more = (rest.len(), rest.iter().map(|flip| flip.sessions).sum());
        Group { kind, sessions, flips, more }
    };
    FlipKind::ALL.into_iter().map(of_kind).filter(|group| group.sessions > 0).collect()
}

/// So many further campaigns are named that invite the same sessions.
const MOST_ALSO: usize = 3;

/// `by campaign.x`, `from campaign.x to campaign.y`; and which other campaigns invite some of the sessions too.
pub(super) fn between(replayed: &Replayed, flip: &Flip) -> Vec<Bit> {
    let mut bits = between_first(replayed, flip);
    let (to, from) = if flip.kind == FlipKind::Moved { (" also to ", " also from ") } else { (" also by ", " also by ") };
    for (shares, also) in [(&flip.also_to, to), (&flip.also_from, from)] {
        for Share { campaign, sessions } in shares.iter().take(MOST_ALSO) {
            bits.extend([words(format!(", {}{also}", grouped(*sessions))), name(label_at(replayed, *campaign))]);
        }
        if let Some(more) = shares.len().checked_sub(MOST_ALSO).filter(|more| *more > 0) {
            bits.push(words(format!(", some{also}{more} more")));
        }
    }
    bits
}

fn between_first(replayed: &Replayed, flip: &Flip) -> Vec<Bit> {
    let label = |place: Option<usize>| name(place.map_or_else(|| "?".to_owned(), |place| label_at(replayed, place)));
    match flip.kind {
        FlipKind::Moved => vec![words("from "), label(flip.from), words(" to "), label(flip.to)],
        FlipKind::NewlyInvited => vec![words("by "), label(flip.to)],
        FlipKind::Lost | FlipKind::NowSuppressed | FlipKind::NowThrottled => vec![words("by "), label(flip.from)],
    }
}

/// `because …`, or for a session that is invited newly `live, …`.
pub(super) fn because(replayed: &Replayed, flip: &Flip) -> Vec<Bit> {
    let live = flip.kind == FlipKind::NewlyInvited;
    let about = if live { flip.to } else { flip.from };
    let it = || name(about.map_or_else(|| "?".to_owned(), |place| label_at(replayed, place)));
    let mut bits = vec![words(if live { "live, " } else { "because " })];
    match &flip.cause {
        FlipCause::Absent if live => return vec![words("it is new")],
        FlipCause::Absent => bits.extend([it(), words(" is gone")]),
        FlipCause::Disabled => bits.extend([it(), words(" is switched off")]),
        FlipCause::Filter { filter } => {
            let (path, value) = filter_words(filter);
            bits.extend([name(format!("{path} {value}")), words(if live { " does not hold" } else { " no longer holds" })]);
        }
        FlipCause::Suppressed { by } if Some(*by) == about => bits.extend([it(), words(" had invited the contact before")]),
        FlipCause::Suppressed { by } => bits.extend([name(label_at(replayed, *by)), words(" had invited the contact")]),
        FlipCause::Throttled => {
            let campaign = about.and_then(|place| replayed.contenders.get(place));
            let decided =
                campaign.and_then(|campaign| if live { campaign.decided.live.as_ref() } else { campaign.decided.desired.as_ref() });
            let cap = decided.and_then(|decided| decided.cap).map_or(String::new(), |cap| format!(", {} a minute,", grouped(cap)));
            bits.extend([words("the cap of "), it(), words(format!("{cap} is used up"))]);
        }
        FlipCause::Queued => bits.extend([it(), words(" decides in batches")]),
        FlipCause::NoAction => bits.extend([it(), words(" has no action")]),
    }
    bits
}

/// `filters[external.churn greater_than]` and its value as JSON, shortened.
pub(super) fn filter_words(filter: &Filter) -> (String, String) {
    let Filter { attribute_name, operator, value, data_type: _ } = filter;
    let path = FieldPath::Filter { attribute: attribute_name.clone(), operator: *operator, nth: 0, part: FilterPart::Whole };
    let value = serde_json::to_string(value).unwrap_or_default();
    let value = match value.char_indices().nth(LONGEST_VALUE) {
        Some((end, _)) => format!("{}…", &value[..end]),
        None => value,
    };
    (path.to_string(), value)
}

/// `sessions.ndjson:17, sessions.ndjson:23`
pub(super) fn examples(replayed: &Replayed, flip: &Flip) -> String {
    flip.examples.iter().map(|at| place(replayed, *at)).collect::<Vec<_>>().join(", ")
}

/// The command that explains the first example, in the world where the campaign does not invite; `None` where no command
/// could read it again.
pub(super) fn explain(report: &Report<'_>, flip: &Flip) -> Option<String> {
    let Report { environment, destination: _, replayed } = report;
    let SessionPlace { file, line } = flip.examples.first()?;
    let files: Vec<String> = replayed.files.iter().map(|file| argument(file)).collect::<Option<_>>()?;
    let session = argument(&format!("{}:{line}", replayed.files.get(*file)?))?;
    let world = if flip.kind == FlipKind::NewlyInvited { " --world live" } else { "" };
    let history: String = files.iter().map(|file| format!(" --history {file}")).collect();
    Some(format!("campaignctl explain -e {} {session}{history}{world}", argument(environment)?))
}

/// The command that says all of a replay; `None` where no command could read the recordings again.
pub(super) fn again(report: &Report<'_>) -> Option<String> {
    let Report { environment, destination: _, replayed } = report;
    let files: Vec<String> = replayed.files.iter().map(|file| argument(file)).collect::<Option<_>>()?;
    Some(format!("campaignctl replay -e {} {}", argument(environment)?, files.join(" ")))
}

/// One word for a shell; `None` for standard input, and for what could not be shown as it is.
fn argument(text: &str) -> Option<String> {
    if text == "-" || text.starts_with("-:") || inline(text) != text {
        return None;
    }
    let text = if text.starts_with('-') { format!("./{text}") } else { text.to_owned() };
    let plain = |c: char| c.is_alphanumeric() || matches!(c, '.' | '_' | '/' | ':' | '-' | '@' | '%' | '+' | '=' | ',');
    Some(if !text.is_empty() && text.chars().all(plain) { text } else { format!("'{}'", text.replace('\'', "'\\''")) })
}

#[cfg(test)]
mod tests {
    use super::argument;

    #[test]
    fn a_command_can_be_copied_whatever_the_file_is_called() {
        assert_eq!(argument("logs/a.ndjson:17").as_deref(), Some("logs/a.ndjson:17"));
        assert_eq!(argument("a b$(x).ndjson").as_deref(), Some("'a b$(x).ndjson'"));
        assert_eq!(argument("it's").as_deref(), Some("'it'\\''s'"));
        assert_eq!(argument("-rf").as_deref(), Some("./-rf"));
        assert_eq!((argument("-"), argument("a\u{1b}[31m"), argument("\u{202e}x")), (None, None, None));
    }
}
