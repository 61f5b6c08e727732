//! Drift as annotations of GitHub Actions: a warning at each field that moved, and a notice that sums up.

use super::super::findings;
use super::super::plan::{live_twice, said};
use super::super::workflow_command::command;
use super::{Report, WayOut, by_gravity, campaigns, class_word, headline, switched, ways_out, who_and_when};
use crate::diagnostic::{Place, SourceMap};
use crate::load::Repository;
use crate::reconcile::{DriftClass, Drifted, FieldValue, Moved, Unreadable};
use crate::render::quoted;

/// A warning for every drifted field, the gravest campaigns first, because a step shows only its first ten; then a notice of
/// the whole. `place` says where in `sources` a field of a campaign stands, or the campaign itself.
pub fn github(
    report: &Report<'_>,
    sources: &SourceMap,
    repository: &Repository,
    place: impl Fn(&Drifted, Option<&Moved>) -> Option<Place>,
) -> String {
    let paths = findings::Report { findings: &[], sources, repository, environment: None };
    let at = |place: Option<Place>| match place {
        Some(place) => {
            vec![("file", paths.path(sources.path(place.file))), ("line", sources.position(place).line.to_string())]
        }
        None => Vec::new(),
    };
    let mut out = String::new();
    for Unreadable { key, id, reason, hold: _ } in &report.drift.unreadable {
        let title = format!("{} cannot be compared", key.address());
        out.push_str(&command("error", &[("title", title)], &[format!("live campaign {}: {reason}", quoted(&id.0))]));
    }
    for twice in &report.drift.twice {
        let (message, hint) = live_twice(twice, &report.destination.environment);
        let title = format!("{} is live twice", twice.key.address());
        out.push_str(&command("warning", &[("title", title)], &[message, hint]));
    }
    for drifted in by_gravity(report.drift) {
        let Drifted { key, class, origin: _, id, live: _, fields, held: _ } = drifted;
        let title = ("title", format!("{} drifted: {}", key.address(), class_word(*class)));
        if *class == DriftClass::Missing {
            let mut properties = at(place(drifted, None));
            properties.push(title.clone());
            let gone = format!("deleted in Genesys Cloud (was {})", quoted(&id.0));
            out.push_str(&command("warning", &properties, &message(gone, drifted, report)));
        }
        for moved in fields {
            let mut properties = at(place(drifted, Some(moved)));
            properties.push(title.clone());
            out.push_str(&command("warning", &properties, &message(sentence(drifted, moved, report), drifted, report)));
        }
    }
    let mut summary = vec![headline(report)];
    if !report.drift.unmanaged.is_empty() {
        summary.push(format!("{} live, not managed here.", campaigns(report.drift.unmanaged.len())));
    }
    out.push_str(&command("notice", &[("title", format!("Drift in {}", report.destination.environment))], &summary));
    out
}

/// What moved, from what to what, and by whom.
fn sentence(drifted: &Drifted, moved: &Moved, report: &Report<'_>) -> String {
    let said = |side: &Option<FieldValue>| said(side.as_ref(), &report.drift.queues);
    let Moved { path, last_applied, live, file } = moved;
    let who = who_and_when(drifted.live.as_ref(), quoted);
    let what = switched(drifted).unwrap_or("changed live");
    let file_says =
        if drifted.origin.is_some() && file != last_applied { format!("; the file says {}", said(file)) } else { String::new() };
    format!("{path}: {} -> {}, {what}{who}{file_says}", said(last_applied), said(live))
}

fn message(first: String, drifted: &Drifted, report: &Report<'_>) -> Vec<String> {
    let mut lines = vec![first];
    for WayOut { what, command, first } in ways_out(&report.destination.environment, drifted, report.until) {
        let first = first.map(|first| format!("{first}, then ")).unwrap_or_default();
        lines.push(format!("{what}: {first}{command}"));
    }
    lines
}
