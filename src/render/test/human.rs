//! For people: a line for each case, then what failed and why, as `cargo test` does it.

use std::collections::BTreeMap;
use std::fmt::Write;

use super::words::{counted, edge_words, filters_of, reasons};
use super::{TestReport, paste, place};
use crate::model::CampaignKey;
use crate::render::escape::inline;
use crate::render::style::{ADD, CHANGE, FAINT, REMOVE, STRONG};
use crate::schema::field_path;
use crate::suite::{Case, Coverage, Difference, Mismatch, Mutation, Prepared, Survivor, Tested, Uncovered};

/// The titles of the selected cases, each with its place.
pub fn list(prepared: &Prepared) -> String {
    let line = |case: &Case| format!("{}:{}: {}\n", inline(&case.file), case.line, inline(&case.title()));
    let count = counted(prepared.cases.len(), "case", "cases");
    prepared.cases.iter().map(line).collect::<String>() + &format!("\n{count}\n")
}

/// What to say where there is no case.
pub fn nothing(prepared: &Prepared, environment: &str) -> String {
    if prepared.elsewhere > 0 {
        let count = counted(prepared.elsewhere, "case is", "cases are");
        return format!("No test cases for environment {}: {count} for others.\n", inline(environment));
    }
    "No test cases: there is no file `*.test.yaml` beside the campaigns.\n\nSee what one looks like, and have cases written for every limit: campaignctl test --coverage\n"
        .to_owned()
}

/// All cases, and the failures. `quiet`: the failures alone.
pub fn human(report: &TestReport<'_>, quiet: bool) -> String {
    let TestReport { environment, prepared, tested } = report;
    let mut out = String::new();
    if !quiet {
        let cases = counted(prepared.cases.len(), "case", "cases");
        let files = counted(prepared.files, "file", "files");
        // Writing to a String cannot fail.
        let _ = writeln!(out, "running {cases} of {files}, environment {}\n", inline(environment));
        for (case, mismatches) in prepared.cases.iter().zip(&tested.results) {
            let result = if mismatches.is_empty() { format!("{ADD}ok{ADD:#}") } else { format!("{REMOVE}FAILED{REMOVE:#}") };
            let _ = writeln!(out, "test {} ... {result}", inline(&case.title()));
        }
    }
    let failed: Vec<_> = prepared.cases.iter().zip(&tested.results).filter(|(_, mismatches)| !mismatches.is_empty()).collect();
    if !failed.is_empty() {
        out.push_str("\nfailures:\n");
    }
    for (case, mismatches) in failed {
        let _ = writeln!(out, "\n{STRONG}---- {} ----{STRONG:#}\n{}:{}", inline(&case.title()), inline(&case.file), case.line);
        mismatches.iter().for_each(|mismatch| out.push_str(&told(mismatch, prepared)));
    }
    out
}

fn told(mismatch: &Mismatch, prepared: &Prepared) -> String {
    let mut out = format!("  campaign.{}\n", mismatch.campaign);
    for Difference { what, expected, got } in &mismatch.differences {
        let label = if *what == "status" { String::new() } else { format!("{what} ") };
        let (expected, got) = (inline(expected), inline(got));
        let _ = writeln!(out, "    {ADD}- expected {label}{expected}{ADD:#}\n    {REMOVE}+ got      {label}{got}{REMOVE:#}");
    }
    for reason in reasons(mismatch, prepared) {
        let _ = writeln!(out, "    {reason}");
    }
    out
}

/// `test result: ok. 12 passed; 0 failed; …`
pub fn summary(report: &TestReport<'_>) -> String {
    let TestReport { environment: _, prepared, tested } = report;
    let failed = tested.failed();
    let passed = prepared.cases.len() - failed;
    let result = if failed == 0 { format!("{ADD}ok{ADD:#}") } else { format!("{REMOVE}FAILED{REMOVE:#}") };
    let mut out = format!("test result: {result}. {passed} passed; {failed} failed");
    if prepared.filtered > 0 {
        let _ = write!(out, "; {} filtered out", prepared.filtered);
    }
    if prepared.elsewhere > 0 {
        let _ = write!(out, "; {} for other environments", prepared.elsewhere);
    }
    out.push('\n');
    out
}

/// `coverage: 34 of 61 boundaries (55 %)`
pub fn coverage_line(coverage: &Coverage, is_shown: bool) -> String {
    let uncovered = coverage.uncovered.len();
    let more = if uncovered == 0 || is_shown { "" } else { "; see the others: campaignctl test --coverage" };
    match coverage.percent() {
        Some(percent) => format!("coverage: {} of {} boundaries ({percent} %){more}\n", coverage.covered(), coverage.total),
        None => "coverage: no boundaries, because no enabled campaign has any\n".to_owned(),
    }
}

/// Every limit that no case looks at, by campaign, each with a case to paste.
pub fn coverage(report: &TestReport<'_>) -> String {
    let Tested { coverage, .. } = report.tested;
    let mut out = String::new();
    let mut campaign: Option<&CampaignKey> = None;
    let mut pasted: BTreeMap<String, &str> = BTreeMap::new();
    for Uncovered { campaign: key, edge, pointer, suggested } in &coverage.uncovered {
        if campaign != Some(key) {
            let count = coverage.uncovered.iter().filter(|other| other.campaign == *key).count();
            let count = counted(count, "boundary", "boundaries");
            let _ = writeln!(out, "\n{STRONG}campaign.{key}{STRONG:#}: no case looks at {count}");
            campaign = Some(key);
            pasted.clear();
        }
        let (limit, side) = edge_words(edge, filters_of(report.prepared, key));
        let (file, line) = place(report.prepared, key, pointer);
        let _ = writeln!(out, "\n{}:{line}: {limit}\n  {CHANGE}not looked at: {side}{CHANGE:#}", inline(&file));
        match suggested {
            Some(case) => {
                let text = paste(case);
                // One session may be at several limits: all but its name is what a case is.
                let body = text.split_once('\n').map_or("", |(_, body)| body);
                match pasted.get(body) {
                    Some(name) => drop(writeln!(out, "  (the case \"{}\" above looks at it too)", inline(name))),
                    None => out.push_str(&text),
                }
                pasted.entry(body.to_owned()).or_insert(&case.name);
            }
            None => out.push_str(
                "  (no case is suggested: another limit comes in between, or it would take more earlier invites than a history may have)\n",
            ),
        }
    }
    out
}

/// The changes that no case noticed, and how many were tried.
pub fn mutation(report: &TestReport<'_>, mutation: &Mutation) -> String {
    let Mutation { tried, survivors, equivalent, campaigns_left_out } = mutation;
    let mut out = "\n".to_owned();
    if !survivors.is_empty() {
        out.push_str("no case notices these changes:\n\n");
    }
    for Survivor { campaign, pointer, change } in survivors {
        let (file, line) = place(report.prepared, campaign, pointer);
        let field = field_path(pointer);
        let _ = writeln!(out, "  {}:{line}: {field}: {CHANGE}{}{CHANGE:#}", inline(&file), inline(change));
    }
    if !survivors.is_empty() {
        out.push('\n');
    }
    let percent = mutation.percent().map(|percent| format!(" ({percent} %)")).unwrap_or_default();
    let _ = write!(out, "mutants: {} of {tried} noticed{percent}", mutation.killed());
    if *equivalent > 0 {
        let _ = write!(out, "; {FAINT}{equivalent} left out, they can change no decision{FAINT:#}");
    }
    if *campaigns_left_out > 0 {
        let campaigns = counted(*campaigns_left_out, "campaign was", "campaigns were");
        let _ = write!(out, "; {campaigns} not changed: raise --max-mutants");
    }
    out.push('\n');
    out
}
