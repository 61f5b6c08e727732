//! An explanation for people at a terminal.

use std::fmt::Write as _;

use anstyle::Style;
use unicode_width::UnicodeWidthStr;

use super::words::{condition, not_asked, status, time_from, why};
use super::{Difference, Report, differences, headline, status_of, warnings};
use crate::evaluate::{
    Explained, ExplainedCampaign, ExplainedCap, ExplainedHistory, ExplainedQueue, ExplainedToken, ExplainedWorld, Explanation, FilterPlace,
};
use crate::model::{Action, DecisionStatus, LineCounts, World};
use crate::render::escape::{inline, quoted};
use crate::render::style::{ADD, CHANGE, FAINT, REMOVE, STRONG, WARNING};
use crate::render::wrap::wrap;

/// Everything, as text with colours, ending in a newline. With a width, lines are broken at it; without one (a pipe) each
/// thing stays on its line.
pub fn human(report: &Report<'_>, width: Option<usize>) -> String {
    let mut page = Page { out: String::new(), width };
    session(report.explained, &mut page);
    let differing = differences(report);
    if report.explained.worlds.len() > 1 {
        differ(&differing, &mut page);
    }
    for world in &report.explained.worlds {
        page.out.push('\n');
        page.item(STRONG, "", &[(STRONG, &sentence(&headline(report, world)))]);
        campaigns(report, world, &mut page);
    }
    let mut all = report.explained.worlds.iter().flat_map(|world| &world.campaigns);
    if all.any(|campaign| campaign.answer.is_ok() && is_brief(report, campaign)) {
        page.item(FAINT, "", &[(FAINT, "--all shows every filter of all campaigns; --campaign KEY those of one.")]);
    }
    let warnings = warnings(report);
    if !warnings.is_empty() {
        page.out.push('\n');
    }
    for warning in warnings {
        page.item(WARNING, "Warning: ", &[(Style::new(), &warning)]);
    }
    page.out
}

/// Text that is broken at a width.
struct Page {
    out: String,
    width: Option<usize>,
}

impl Page {
    /// A word at the front, and sentences beside it, in as many lines as they need; what follows the first line stands below
    /// the sentences. Each sentence has one style.
    fn item(&mut self, front: Style, word: &str, sentences: &[(Style, &str)]) {
        let indent = word.width();
        let blank = " ".repeat(indent);
        let _ = write!(self.out, "{front}{word}{front:#}");
        let mut used = indent;
        for (nth, (style, sentence)) in sentences.iter().enumerate() {
            if nth > 0 && self.width.is_some_and(|width| used + 2 + sentence.width() > width) {
                let _ = write!(self.out, "\n{blank}");
                used = indent;
            } else if nth > 0 {
                self.out.push_str("  ");
                used += 2;
            }
            let text = match self.width.filter(|width| used + sentence.width() > *width) {
                Some(width) => wrap(sentence, width.saturating_sub(indent)),
                None => (*sentence).to_owned(),
            };
            for (line, text) in text.split('\n').enumerate() {
                if line > 0 {
                    let _ = write!(self.out, "\n{blank}");
                    used = indent;
                }
                let _ = write!(self.out, "{style}{text}{style:#}");
                used += text.width();
            }
        }
        self.out.push('\n');
    }

    fn plain(&mut self, word: &str, sentence: &str) {
        self.item(Style::new(), word, &[(Style::new(), sentence)]);
    }
}

fn sentence(text: &str) -> String {
    let mut letters = text.chars();
    letters.next().map_or_else(String::new, |first| first.to_uppercase().chain(letters).collect::<String>() + ".")
}

fn session(explained: &Explained, page: &mut Page) {
    let Explained { environment, destination, place, contact, at, at_from, history, repeats: _, stranger, worlds, unreadable } = explained;
    let whose = contact.as_ref().map(|contact| format!(", contact {}", quoted(contact))).unwrap_or_default();
    let from = match place.as_deref() {
        Some("-") => "of standard input".to_owned(),
        Some(place) => inline(place),
        None => "of the command line".to_owned(),
    };
    page.plain("Session   ", &format!("{from}{whose}, decided at {at} ({})", time_from(*at_from)));
    let asked: Vec<&str> = worlds.iter().map(|world| if world.world == World::Live { "live" } else { "desired" }).collect();
    let from = destination.as_ref().map_or("the files".to_owned(), |destination| {
        format!(
            "organization {} ({}), {}",
            inline(&destination.organization.name),
            inline(&destination.organization.id),
            inline(&destination.server)
        )
    });
    page.plain("Campaigns ", &format!("{}, environment {}, {from}", asked.join(" and "), inline(environment)));
    if let Some(ExplainedHistory { files, decided, lines }) = history {
        let LineCounts { sessions: _, bad, .. } = lines;
        let files: Vec<String> = files.iter().map(|file| inline(file)).collect();
        let plural = if *decided == 1 { "session that some campaign matches" } else { "sessions that some campaign matches" };
        let bad = match bad {
            0 => String::new(),
            1 => "; 1 line is no session".to_owned(),
            bad => format!("; {bad} lines are no sessions"),
        };
        page.plain("History   ", &format!("{decided} earlier {plural}, in {}{bad}", files.join(", ")));
    }
    if let Some(stranger) = stranger {
        page.plain(
            "Note      ",
            &format!("the session names the campaign {}, which nobody has: it is offered to nobody", quoted(stranger)),
        );
    }
    if *unreadable > 0 {
        page.plain("Note      ", &format!("{unreadable} live campaigns cannot be read by this version; nothing is said of them"));
    }
}

fn differ(differing: &[Difference], page: &mut Page) {
    page.out.push('\n');
    if differing.is_empty() {
        page.plain("", "Live and desired answer the same.");
        return;
    }
    page.item(STRONG, "", &[(STRONG, "Live and desired differ:")]);
    let width = differing.iter().map(|difference| difference.called.len()).max().unwrap_or_default();
    for Difference { called, live, desired } in differing {
        let [live, desired] = [live, desired].map(|word| word.unwrap_or("not there"));
        let words = if live == desired { format!("{live} in both, in another way") } else { format!("{live} -> {desired}") };
        page.item(CHANGE, &format!("  ~ {:width$}  ", inline(called)), &[(Style::new(), &words)]);
    }
}

fn campaigns(report: &Report<'_>, world: &ExplainedWorld, page: &mut Page) {
    let (brief, detailed): (Vec<&ExplainedCampaign>, Vec<_>) =
        report.shown(world).into_iter().partition(|campaign| is_brief(report, campaign));
    for campaign in detailed {
        page.out.push('\n');
        block(campaign, page);
    }
    if brief.is_empty() {
        return;
    }
    page.out.push('\n');
    let width = brief.iter().map(|campaign| campaign.who.called().len()).max().unwrap_or_default();
    for campaign in &brief {
        let reason = match &campaign.answer {
            Err(reason) => format!("not asked: {}", not_asked(*reason)),
            Ok(explanation) => first_failing(explanation),
        };
        page.item(Style::new(), &format!("  {:width$}  ", inline(&campaign.who.called())), &[(Style::new(), &reason)]);
    }
}

/// Whether the campaign has one line: it was not asked for, and nothing hangs on it.
fn is_brief(report: &Report<'_>, campaign: &ExplainedCampaign) -> bool {
    let quiet = matches!(status_of(campaign), None | Some(DecisionStatus::NotMatched | DecisionStatus::Disabled));
    quiet && !report.all && report.campaigns.is_empty()
}

fn first_failing(explanation: &Explanation) -> String {
    let word = status(explanation.status);
    match explanation.filters.iter().find(|filter| !filter.result.passed()) {
        Some(filter) => format!("{word}: {}: {}", condition(&filter.filter), why(filter)),
        None if explanation.status == DecisionStatus::Disabled => format!("{word}; its filters would hold"),
        None => word.to_owned(),
    }
}

fn block(campaign: &ExplainedCampaign, page: &mut Page) {
    let ExplainedCampaign { who, origin, places, answer, queue } = campaign;
    let file = origin.as_ref().map(|origin| format!(" ({}:{})", inline(&origin.file), origin.line)).unwrap_or_default();
    let (style, word) = match answer {
        Ok(explanation) if explanation.status == DecisionStatus::Invited => (ADD, status(explanation.status)),
        Ok(explanation) if explanation.status == DecisionStatus::NotMatched => (REMOVE, status(explanation.status)),
        Ok(explanation) => (CHANGE, status(explanation.status)),
        Err(_) => (FAINT, "not asked"),
    };
    let about = format!("{}{file}", quoted(&who.name));
    page.item(STRONG, "", &[(STRONG, &inline(&who.called())), (style, word), (FAINT, &about)]);
    let explanation = match answer {
        Ok(explanation) => explanation,
        Err(reason) => return page.plain("  ", not_asked(*reason)),
    };
    for (nth, filter) in explanation.filters.iter().enumerate() {
        let (style, word) = if filter.result.passed() { (ADD, "  holds   ") } else { (REMOVE, "  fails   ") };
        let said = format!("{}: {}", condition(&filter.filter), why(filter));
        let at =
            places.get(nth).and_then(Option::as_ref).map(|FilterPlace { file, line, column }| format!("{}:{line}:{column}", inline(file)));
        let mut sentences = vec![(Style::new(), said.as_str())];
        sentences.extend(at.as_deref().map(|at| (FAINT, at)));
        page.item(style, word, &sentences);
    }
    if explanation.status == DecisionStatus::Disabled {
        page.plain("  off     ", "`enabled` is false: nobody is invited, whatever the filters say");
    } else if explanation.filters.iter().all(|filter| filter.result.passed()) {
        reasons(explanation, queue.as_ref(), page);
    }
}

/// What decides once the filters hold.
fn reasons(explanation: &Explanation, queue: Option<&ExplainedQueue>, page: &mut Page) {
    let Explanation { status, until: _, filters: _, heeds_suppression, tokens, cap, action, next } = explanation;
    let Some(action) = action else { return page.plain("  action  ", "none: there is nothing to invite with") };
    if *status == DecisionStatus::Queued {
        page.plain("  batch   ", "evaluationMode is batch: decided 30 to 120 seconds later; suppression and cap count then");
    }
    for token in tokens {
        let ExplainedToken { by, left_at, expires_at, by_this_session } = token;
        let whose = if *by_this_session { ", invited by this very session" } else { "" };
        let ignored = if *heeds_suppression { "" } else { "; this campaign does not look at suppression" };
        let word = if *status == DecisionStatus::Suppressed { CHANGE } else { FAINT };
        let by = inline(by);
        page.item(word, "  token   ", &[(Style::new(), &format!("until {expires_at}, left by {by} at {left_at}{whose}{ignored}"))]);
    }
    if let Some(ExplainedCap { limit, made, ends }) = cap {
        let word = if *status == DecisionStatus::Throttled { CHANGE } else { FAINT };
        let made = format!("{made} of {limit} invites were made in this minute, which ends at {ends}");
        page.item(word, "  cap     ", &[(Style::new(), &made)]);
    }
    let waits = matches!(status, DecisionStatus::Suppressed | DecisionStatus::Throttled);
    match next {
        Some(at) => {
            page.plain("  next    ", &format!("invited from {at} on, if the same session comes then and nothing else happens until then"))
        }
        None if waits => page.plain("  next    ", "never by the same session: another campaign is asked first each time, or the cap is 0"),
        None => {}
    }
    let Action { action_type, priority, config, routing_config: _ } = action;
    let fires = if *status == DecisionStatus::Invited { "" } else { "would be " };
    let to = queue_words(queue);
    page.plain("  action  ", &format!("{fires}{} (priority {priority}) to {to}", action_type.as_str()));
    if let Some(message) = config.as_ref().and_then(|config| config.invite_message.as_ref()) {
        page.item(Style::new(), "          ", &[(FAINT, &quoted(message))]);
    }
}

fn queue_words(queue: Option<&ExplainedQueue>) -> String {
    match queue {
        None => "the channel's default queue".to_owned(),
        Some(ExplainedQueue { id, name: None }) => format!("queue {}", inline(id.as_deref().unwrap_or_default())),
        Some(ExplainedQueue { id: None, name: Some(name) }) => format!("queue {}", quoted(name)),
        Some(ExplainedQueue { id: Some(id), name: Some(name) }) => format!("queue {} ({})", quoted(name), inline(id)),
    }
}
