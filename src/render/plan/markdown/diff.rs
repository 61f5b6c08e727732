//! The fields of a change as lines of a ```` ```diff ```` block, which GitHub and GitLab colour by their first character.

use super::super::field;
use crate::model::QueueNames;
use crate::reconcile::{Action, ActionPart, Change, FieldChange, FieldPath, FieldValue, Goal, LiveSide, Plan};
use crate::render::escape::inline;
use crate::render::markdown::cut;

/// Lines that stay the same, shown before and after those of a text that do not.
const CONTEXT: usize = 2;

/// Characters before the first difference, where a long value is cut to the part that differs.
const LEAD: usize = 30;

/// The lines, and whether something was cut from them.
pub(super) struct Lines<'a> {
    pub(super) lines: Vec<String>,
    pub(super) cut: bool,
    /// Characters of one value that are shown.
    most: usize,
    queues: &'a QueueNames,
    goal: &'a Goal,
}

/// All changed and held fields. What comes or goes with a whole action stands below it.
pub(super) fn lines<'a>(change: &Change, plan: &'a Plan, most: usize) -> Lines<'a> {
    let queues = &plan.queues;
    let mut out = Lines { lines: Vec::new(), cut: false, most, queues, goal: &plan.goal };
    let with_cause = change.action == Action::Update;
    let live = change.live.as_ref();
    let mut parent: Option<&FieldPath> = None;
    for field in &change.fields {
        if let FieldPath::Action { part: ActionPart::Whole, .. } = &field.path {
            parent = Some(&field.path);
        }
        let shown = field.path.to_string();
        let below = parent.filter(|parent| **parent != field.path).and_then(|parent| shown.strip_prefix(&format!("{parent}.")));
        match below {
            Some(below) => out.field(field, &format!("    {below}"), None),
            None => out.field(field, &shown, with_cause.then_some(live)),
        }
    }
    for held in &change.held {
        let held = out.short(&field::held(held, queues));
        out.lines.push(format!("  # {held}"));
    }
    out
}

impl Lines<'_> {
    /// One field; with `cause`, its first line says who moved it.
    fn field(&mut self, change: &FieldChange, path: &str, cause: Option<Option<&LiveSide>>) {
        let FieldChange { path: field, before, after, last_applied: _, cause: _ } = change;
        let words = cause.and_then(|live| field::cause_words(change, self.goal, live, self.queues));
        let suffix = words.map(|words| format!("  # {}", self.short(&words))).unwrap_or_default();
        let path = self.short(&inline(path));
        match (before, after) {
            // An empty text comes or goes without a word: it is what an absent one means.
            (None, Some(FieldValue::Text(text))) | (Some(FieldValue::Text(text)), None) if text.is_empty() => {}
            (None, Some(shown)) => self.whole('+', &path, shown, &suffix),
            (Some(shown), None) => self.whole('-', &path, shown, &suffix),
            (Some(FieldValue::Text(before)), Some(FieldValue::Text(after))) if self.by_lines(before, after) => {
                self.lines.push(format!("! {path}{suffix}"));
                self.lines.extend(text_diff(before, after));
            }
            (Some(before), Some(after)) => {
                self.lines.push(format!("! {path}{suffix}"));
                let (before, after) = field::sides(before, after, field, self.queues);
                let (before, after) = self.excerpts(&before, &after);
                self.lines.push(format!("- {before}"));
                self.lines.push(format!("+ {after}"));
            }
            (None, None) => {}
        }
    }

    fn whole(&mut self, mark: char, path: &str, shown: &FieldValue, suffix: &str) {
        let line = self.short(&field::whole(path, shown, self.queues));
        self.lines.push(format!("{mark} {line}{suffix}"));
    }

    fn short(&mut self, text: &str) -> String {
        let (text, was_cut) = cut(text, self.most);
        self.cut |= was_cut;
        text
    }

    /// Whether a text has several lines, and there is room for them.
    fn by_lines(&mut self, before: &str, after: &str) -> bool {
        let fits = before.len() + after.len() <= self.most;
        let has_lines = before.contains('\n') || after.contains('\n');
        self.cut |= has_lines && !fits;
        has_lines && fits
    }

    /// Both values; where one is too long, the part of both where they begin to differ.
    fn excerpts(&mut self, before: &str, after: &str) -> (String, String) {
        if before.chars().nth(self.most).or_else(|| after.chars().nth(self.most)).is_none() {
            return (before.to_owned(), after.to_owned());
        }
        self.cut = true;
        let same = before.chars().zip(after.chars()).take_while(|(before, after)| before == after).count();
        let skipped = same.saturating_sub(LEAD);
        let part = |text: &str| {
            let rest: String = text.chars().skip(skipped).collect();
            let (shown, _) = cut(&rest, self.most);
            if skipped > 0 { format!("…{shown}") } else { shown }
        };
        (part(before), part(after))
    }
}

/// A text of several lines: those that differ, with a few around them. Every line has `|` before it, so that none of them
/// begins with what somebody wrote.
fn text_diff(before: &str, after: &str) -> Vec<String> {
    let (before, after): (Vec<&str>, Vec<&str>) = (before.split('\n').collect(), after.split('\n').collect());
    let start = before.iter().zip(&after).take_while(|(before, after)| before == after).count();
    let shorter = before.len().min(after.len()) - start;
    let end = before.iter().rev().zip(after.iter().rev()).take(shorter).take_while(|(before, after)| before == after).count();
    let marked =
        |mark: &'static str, lines: &[&str]| -> Vec<String> { lines.iter().map(|line| format!("{mark} | {}", inline(line))).collect() };
    let mut out = Vec::new();
    let first = start.saturating_sub(CONTEXT);
    if first > 0 {
        out.push(format!("  … {first} lines"));
    }
    out.extend(marked(" ", &before[first..start]));
    out.extend(marked("-", &before[start..before.len() - end]));
    out.extend(marked("+", &after[start..after.len() - end]));
    let tail = &after[after.len() - end..];
    out.extend(marked(" ", &tail[..end.min(CONTEXT)]));
    if end > CONTEXT {
        out.push(format!("  … {} lines", end - CONTEXT));
    }
    out
}
