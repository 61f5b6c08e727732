//! An apply for people: one line as each change begins and ends, and a table of what was not done.

mod stream;

use std::collections::BTreeSet;
use std::fmt::Write;
use std::time::Duration;

use comfy_table::{ContentArrangement, Table, presets};

use super::escape::inline;
use super::stored::stored_as;
use super::style::{DANGER, STRONG};
use crate::apply::{Event, Outcome, Report, Row, StoredDifferently};
use crate::model::CampaignKey;
use crate::reconcile::Action;

pub use stream::{stream_event, stream_progress, stream_report};

/// One line for one event, as Terraform says it; `None` for events that nobody needs to read.
pub fn event(event: &Event) -> Option<String> {
    match event {
        Event::Started { key, action, id } => {
            let verb = match action {
                Action::Create => "Creating",
                Action::Update => "Modifying",
                Action::Delete => "Destroying",
                Action::Forget | Action::Record => return None,
            };
            let id = id.as_ref().map(|id| format!(" [id={}]", inline(&id.0))).unwrap_or_default();
            Some(format!("{}: {verb}...{id}", key.address()))
        }
        Event::Saving | Event::Saved => None,
        Event::Looking { keys, settle } => {
            let named: Vec<String> = keys.iter().take(MOST_NOT_ATTEMPTED).map(|key| key.address().to_string()).collect();
            let more = keys.len().checked_sub(MOST_NOT_ATTEMPTED).filter(|more| *more > 0).map(|more| format!(" and {more} more"));
            let (named, more, seconds) = (named.join(", "), more.unwrap_or_default(), settle.as_secs_f32());
            Some(format!(
                "{named}{more}: the answer is unknown; looking in {seconds:.0}s whether it was created, before anything is sent again"
            ))
        }
        Event::Finished { row, elapsed } => Some(finished(row, *elapsed)),
    }
}

fn finished(row: &Row, elapsed: Duration) -> String {
    let Row { key, action, imported: _, outcome } = row;
    let address = key.address();
    let seconds = elapsed.as_secs();
    match outcome {
        Outcome::Done { id, stored: _ } => {
            let done = match action {
                Action::Create => "Creation complete",
                Action::Update => "Modifications complete",
                Action::Delete => "Destruction complete",
                Action::Record => "Recorded",
                Action::Forget => "Forgotten",
            };
            let id = if *action == Action::Delete { String::new() } else { format!(" [id={}]", inline(&id.0)) };
            format!("{address}: {done} after {seconds}s{id}")
        }
        Outcome::Conflict { reason } => format!("{address}: {DANGER}Conflict{DANGER:#} after {seconds}s: {}", inline(reason)),
        Outcome::Failed { reason, hint: _ } => format!("{address}: {DANGER}Failed{DANGER:#} after {seconds}s: {}", inline(reason)),
        Outcome::Unknown { reason } => format!("{address}: {DANGER}Outcome unknown{DANGER:#} after {seconds}s: {}", inline(reason)),
        Outcome::NotAttempted { reason } => format!("{address}: not attempted: {}", inline(reason)),
    }
}

/// `Resources: 1 added, 2 changed, 0 destroyed.`: a public interface, other tools parse it.
fn counts(report: &Report) -> String {
    let imported = if report.imported() > 0 { format!("{} imported, ", report.imported()) } else { String::new() };
    let [added, changed, destroyed] = [Action::Create, Action::Update, Action::Delete].map(|action| report.done(action));
    format!("Resources: {imported}{added} added, {changed} changed, {destroyed} destroyed.")
}

/// Rows for changes that were never started; beyond it they are counted, as they all have one reason.
const MOST_NOT_ATTEMPTED: usize = 10;

/// The last words: a count, and a table of every change that was not made.
pub fn report(report: &Report, width: Option<u16>) -> String {
    let stored = stored_differently(report);
    if report.is_complete() {
        return format!("\n{STRONG}Apply complete!{STRONG:#} {}\n{stored}", counts(report));
    }
    let mut out = format!("\n{DANGER}Apply incomplete.{DANGER:#} {}\n\n", counts(report));
    let mut table = Table::new();
    table.load_style(presets::NOTHING).set_content_arrangement(ContentArrangement::Dynamic).set_header(["Campaign", "Result", "Reason"]);
    if let Some(width) = width {
        table.set_width(width);
    }
    let mut not_attempted = 0;
    for Row { key, action: _, imported: _, outcome } in &report.rows {
        let (result, reason) = match outcome {
            Outcome::Done { .. } => continue,
            Outcome::Conflict { reason } => ("conflict", reason),
            Outcome::Failed { reason, hint: _ } => ("failed", reason),
            Outcome::Unknown { reason } => ("unknown", reason),
            Outcome::NotAttempted { reason } => {
                not_attempted += 1;
                if not_attempted > MOST_NOT_ATTEMPTED {
                    continue;
                }
                ("not attempted", reason)
            }
        };
        table.add_row([key.address().to_string(), result.to_owned(), inline(reason)]);
    }
    if let Some(more) = not_attempted.checked_sub(MOST_NOT_ATTEMPTED).filter(|more| *more > 0) {
        table.add_row([format!("… {more} more"), "not attempted".to_owned(), String::new()]);
    }
    if !table.is_empty() {
        let _ = writeln!(out, "{table}");
    }
    for advice in advice(report) {
        let _ = writeln!(out, "\n{advice}");
    }
    out + &stored
}

/// Which campaigns the server stores differently from what was sent, field by field.
fn stored_differently(report: &Report) -> String {
    let mut out = String::new();
    for Row { key, action: _, imported: _, outcome } in &report.rows {
        let Outcome::Done { id: _, stored: Some(stored) } = outcome else { continue };
        let StoredDifferently { body: _, fields } = stored.as_ref();
        if out.is_empty() {
            out.push_str(
                "\nThe server stores some fields differently from what was sent. To settle it, write the stored values into the files:\n",
            );
        }
        for field in fields {
            let _ = writeln!(out, "  {}: {}", key.address(), stored_as(field));
        }
    }
    out
}

/// Names the run and the way back to before it; `None` where nothing was written.
pub fn way_back(report: &Report, environment: &str) -> Option<String> {
    let (run, environment) = (inline(&report.run), inline(environment));
    report.wrote().then(|| format!("\nRun {run}; `campaignctl plan -e {environment} --rollback {run}` plans back to before it.\n"))
}

/// That the files still say something else of campaigns that a way back has just changed; `None` where they do not.
pub fn still_in_files(report: &Report, undone_by_files: &BTreeSet<CampaignKey>) -> Option<String> {
    let is_done = |row: &&Row| matches!(row.outcome, Outcome::Done { .. } | Outcome::Unknown { .. });
    let again = report.rows.iter().filter(is_done).filter(|row| undone_by_files.contains(&row.key)).count();
    let campaigns = if again == 1 { "campaign" } else { "campaigns" };
    (again > 0).then(|| format!("The files still say otherwise: the next apply changes {again} {campaigns} back. Revert the commit."))
}

/// What to do next, once for each way a change can fail.
fn advice(report: &Report) -> Vec<String> {
    let any = |wanted: fn(&Outcome) -> bool| report.rows.iter().any(|row| wanted(&row.outcome));
    let mut advice = Vec::new();
    let mut hints: Vec<&String> = report
        .rows
        .iter()
        .filter_map(|row| match &row.outcome {
            Outcome::Failed { hint, reason: _ } => hint.as_ref(),
            _ => None,
        })
        .collect();
    hints.sort();
    hints.dedup();
    advice.extend(hints.into_iter().map(|hint| inline(hint)));
    if any(|outcome| matches!(outcome, Outcome::Conflict { .. })) {
        advice.push("Conflicts: nothing was overwritten. Run `campaignctl plan` to see what changed live, then decide.".to_owned());
    }
    if any(|outcome| matches!(outcome, Outcome::Unknown { .. })) {
        advice.push(
            "Unknown: the server may have made the change, and its answer does not say so. Run `campaignctl plan`: it reads what is live, \
             and takes over a campaign that was created."
                .to_owned(),
        );
    }
    if any(|outcome| matches!(outcome, Outcome::NotAttempted { .. })) {
        advice.push("Not attempted: run `campaignctl apply` again for the rest.".to_owned());
    }
    if let Some(error) = &report.state_error {
        advice.push(format!(
            "The state could not be written: {}. {}. Campaigns that were created meanwhile are live; the next plan takes them over by name.",
            inline(&error.to_string()),
            error.hint()
        ));
    }
    advice
}

#[cfg(test)]
mod tests {
    use super::{report, way_back};
    use crate::apply::{Outcome, Report, Row};
    use crate::model::{CampaignId, CampaignKey};
    use crate::reconcile::Action;

    fn row(key: String, outcome: Outcome) -> Row {
        Row { key: CampaignKey::new(key).unwrap(), action: Action::Create, imported: false, outcome }
    }

    #[test]
    fn the_way_back_is_told_where_something_was_or_may_have_been_written() {
        let done = || Outcome::Done { id: CampaignId("1".to_owned()), stored: None };
        let table = [
            (Action::Create, done(), true),
            (Action::Update, Outcome::Unknown { reason: "timed out".to_owned() }, true),
            (Action::Record, done(), false),
            (Action::Forget, done(), false),
            (Action::Delete, Outcome::Failed { reason: "400".to_owned(), hint: None }, false),
        ];
        for (action, outcome, told) in table {
            let rows = vec![Row { action, ..row("one".to_owned(), outcome) }];
            let line = way_back(&Report { run: "r1".to_owned(), rows, state_error: None }, "staging");
            let expected = "\nRun r1; `campaignctl plan -e staging --rollback r1` plans back to before it.\n".to_owned();
            assert_eq!(line, told.then_some(expected), "{action:?}");
        }
    }

    #[test]
    fn what_was_not_done_is_told_row_by_row_and_a_long_rest_is_counted() {
        let reason = || "the run was interrupted".to_owned();
        let mut rows = vec![
            row("done".to_owned(), Outcome::Done { id: CampaignId("1".to_owned()), stored: None }),
            row("conflict".to_owned(), Outcome::Conflict { reason: "it was changed\u{1b}[31m since the plan".to_owned() }),
            row("failed".to_owned(), Outcome::Failed { reason: "400".to_owned(), hint: Some("correct it".to_owned()) }),
            row("unknown".to_owned(), Outcome::Unknown { reason: "timed out".to_owned() }),
        ];
        rows.extend((0..25).map(|number| row(format!("rest-{number}"), Outcome::NotAttempted { reason: reason() })));
        let text = report(&Report { run: "r1".to_owned(), rows, state_error: None }, Some(60));
        assert!(text.contains("Resources: 1 added, 0 changed, 0 destroyed."), "{text}");
        for told in ["campaign.conflict", "campaign.failed", "campaign.unknown", "campaign.rest-9", "… 15 more", "correct it"] {
            assert!(text.contains(told), "{told}: {text}");
        }
        assert!(!text.contains("campaign.rest-10") && !text.contains("campaign.done"), "{text}");
        assert!(!text.contains("\u{1b}[31m since"), "text from outside does not act on the terminal: {text}");
        assert!(text.lines().filter(|line| line.starts_with(' ')).all(|line| line.chars().count() <= 60), "{text}");
    }
}
