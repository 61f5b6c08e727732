//! Drift as a message for a chat: the JSON that incoming webhooks of Slack take, and those that are compatible with them.

use serde_json::{Value, json as object};

use super::super::escape::inline;
use super::super::json_text::json_line;
use super::super::markdown::cut;
use super::super::plan::said;
use super::{Report, WayOut, by_gravity, campaigns, headline, last_changed, switched, ways_out, who_and_when};
use crate::reconcile::{DriftClass, Drifted, LiveTwice, Moved, News};

/// Blocks of one message. The API takes 50.
const MOST_BLOCKS: usize = 50;
/// Characters of one text. The API takes 3,000.
const LONGEST_TEXT: usize = 3_000;
/// Characters of a value, before they are escaped.
const LONGEST_VALUE: usize = 120;
/// Characters of a command, which nobody could use in part: the longest names fit.
const LONGEST_COMMAND: usize = 500;
/// Room for the line that says how many fields are left out.
const RESERVE: usize = 60;

/// The message, on one line. Nothing in it mentions anybody, links anywhere, or is markup that came from outside.
pub fn slack(report: &Report<'_>, news: News) -> String {
    let environment = code(&report.destination.environment);
    let first = match news {
        News::Drifted => format!("Drift in {environment}: {}", escaped(&headline(report))),
        News::Changed => format!("Drift in {environment} changed: {}", escaped(&headline(report))),
        News::Resolved => format!("Drift in {environment} is resolved. {}", escaped(&headline(report))),
    };
    let mut blocks = vec![section(&format!("*{}*", first.replace('*', "")))];
    if !report.drift.twice.is_empty() {
        let twice = report.drift.twice.iter().map(|twice| {
            let LiveTwice { key, name: _, id, others: _, unreadable: _, is_declared: _ } = twice;
            let others: Vec<String> = twice.other_ids().map(|other| code(&other.0)).collect();
            format!("{} is live twice: {} and {}", code(&key.address().to_string()), code(&id.0), others.join(", "))
        });
        blocks.push(section(&twice.collect::<Vec<_>>().join("\n")));
    }
    let drifted = by_gravity(report.drift);
    // Two blocks follow them.
    let room = MOST_BLOCKS - 2 - blocks.len();
    blocks.extend(drifted.iter().take(room).map(|drifted| section(&campaign(drifted, report))));
    if drifted.len() > room {
        blocks.push(section(&format!("… and {} more that drifted", campaigns(drifted.len() - room))));
    }
    let server = format!("{}, organization {}", code(&report.destination.server), code(&report.destination.organization.name));
    blocks.push(object!({ "type": "context", "elements": [mrkdwn(&server)] }));
    json_line(&object!({ "text": first, "blocks": blocks }))
}

fn section(text: &str) -> Value {
    object!({ "type": "section", "text": mrkdwn(text) })
}

/// `verbatim`: no word becomes a link or a mention by itself. What is too long for all that ends early.
fn mrkdwn(text: &str) -> Value {
    let text = match text.char_indices().nth(LONGEST_TEXT) {
        None => text.to_owned(),
        Some(_) => text.chars().take(LONGEST_TEXT - 1).chain(['…']).collect(),
    };
    object!({ "type": "mrkdwn", "text": text, "verbatim": true })
}

/// The campaign, what happened, the fields as far as there is room, and the commands.
fn campaign(drifted: &Drifted, report: &Report<'_>) -> String {
    let Drifted { key, class, origin, id, live, fields, held: _ } = drifted;
    let who = who_and_when(live.as_ref(), code);
    let what = match (class, switched(drifted)) {
        (DriftClass::Missing, _) => format!("deleted in Genesys Cloud (was {})", code(&id.0)),
        (_, Some(switched)) => format!("{switched}{who}"),
        _ => format!("changed live{who}"),
    };
    let at = origin.as_ref().map(|origin| format!(" ({})", code(&format!("{}:{}", origin.file, origin.line)))).unwrap_or_default();
    let mut text = format!("{} {what}{at}", code(&key.address().to_string()));
    if let (DriftClass::Missing, Some(other)) = (class, live) {
        text.push_str(&format!("\nanother campaign of this name is live: {}{}", code(&other.id.0), last_changed(&who)));
    }
    let mut commands = String::new();
    for WayOut { what, command, first } in ways_out(&report.destination.environment, drifted, report.until) {
        let first = first.map(|first| format!("{}, then ", escaped(&first))).unwrap_or_default();
        commands.push_str(&format!("\n{what}: {first}{}", spanned(&command, LONGEST_COMMAND)));
    }
    let room = LONGEST_TEXT.saturating_sub(commands.chars().count() + RESERVE);
    let mut length = text.chars().count();
    for (index, Moved { path, last_applied, live, file: _ }) in fields.iter().enumerate() {
        let [before, now] = [last_applied, live].map(|value| code(&said(value.as_ref(), &report.drift.queues)));
        let line = format!("\n• {}: {before} → {now}", code(&path.to_string()));
        length += line.chars().count();
        if length > room {
            text.push_str(&format!("\n… and {} more", counted_fields(fields.len() - index)));
            break;
        }
        text.push_str(&line);
    }
    text + &commands
}

fn counted_fields(count: usize) -> String {
    if count == 1 { "1 field".to_owned() } else { format!("{count} fields") }
}

/// Text from outside between backticks, not longer than a glance.
fn code(text: &str) -> String {
    spanned(text, LONGEST_VALUE)
}

/// Text between backticks, which it cannot end.
fn spanned(text: &str, most: usize) -> String {
    let (text, _) = cut(text, most);
    let text = escaped(&text);
    if text.is_empty() { "` `".to_owned() } else { format!("`{text}`") }
}

/// The three characters that Slack gives a meaning, `@`, which some of its imitators obey, and what would end a span of code.
fn escaped(text: &str) -> String {
    inline(text).replace('&', "&amp;").replace('<', "&lt;").replace('>', "&gt;").replace('@', "@\u{2060}").replace('`', "ˋ")
}
