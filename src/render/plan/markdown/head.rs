//! The first screen of the comment: where, how much, what is refused, what is dangerous, who else touched it, what it costs.

use std::fmt::Write;

use super::super::goal::{Way, way_back};
use super::super::refusal::refused_naming;
use super::super::summary::{MovedLive, What, dangerous, effects, kinds_of_danger, moved_live, not_judged, plural, summary_line, warnings};
use super::super::{Refused, Report, Saved, field};
use super::change::NAME;
use crate::model::{Destination, LintWarning};
use crate::reconcile::{Action, Cause, Change, Plan, StateOnly, Unchanged};
use crate::render::markdown::{MARKER, code, code_outside_tables, cut, prose, prose_on};
use crate::render::replay::markdown_in_plan;

/// Lines of one list on the first screen; what is beyond is counted, and stands below or in the full text.
const MOST_LINES: usize = 20;
/// Bytes of one list.
const MOST_BYTES: usize = 5_000;
/// Characters of one sentence with text from outside in it.
const SENTENCE: usize = 600;

/// How much of the first screen there is room for.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Extent {
    /// Lists under the counts.
    Listed,
    /// Counts alone: names are needed more below.
    Counted,
}

/// The first screen and the end, between which the changes stand.
pub(super) struct Frame {
    /// Marker, heading, counts: what stands above the notice that something was shortened.
    pub(super) top: String,
    /// What stands below it.
    pub(super) first_screen: String,
    /// What is left alone.
    pub(super) notes: String,
    /// Whether a list or a text is not whole here, nor below.
    pub(super) cut: bool,
}

/// Builds the frame.
pub(super) fn frame(report: &Report<'_>, extent: Extent) -> Frame {
    let Report { destination, plan, created: _, saved, links: _ } = report;
    let mut frame = Frame { top: marker(&destination.environment), first_screen: String::new(), notes: String::new(), cut: false };
    frame.heading(destination);
    let back = way_back(plan);
    if let Some(back) = &back {
        frame.way_back(back);
    }
    if plan.is_empty() {
        if plan.refusals.is_empty() {
            let verdict = back.map_or("Your infrastructure matches the configuration.", |back| back.nothing);
            let _ = write!(frame.top, "No changes. {verdict}\n\n");
        }
    } else {
        let _ = write!(frame.top, "{}\n\n", summary_line(plan.summary()));
    }
    if let Some(saved) = saved {
        frame.of_saved(report, saved);
    }
    frame.refusals(plan, &destination.environment, extent);
    if !plan.is_empty() {
        frame.dangers(plan, extent);
        let effects: Vec<String> = effects(plan).into_iter().map(|(_, words)| words).collect();
        let _ = write!(frame.first_screen, "**Visitors:** {}\n\n", effects.join(", "));
        frame.live(plan, extent);
    }
    frame.cost(plan);
    frame.warnings(plan, extent);
    frame.replay(report, extent);
    frame.left_alone(plan, extent);
    frame
}

/// The hidden line by which the comment of an environment is found again.
pub(super) fn marker(environment: &str) -> String {
    let mut name = String::new();
    for c in environment.chars().take(NAME) {
        match c {
            'A'..='Z' | 'a'..='z' | '0'..='9' | '-' | '_' | '.' => name.push(c),
            c => drop(write!(name, "%{:x}", u32::from(c))),
        }
    }
    format!("{MARKER}plan environment={name} -->\n\n")
}

impl Frame {
    fn name(&mut self, text: &str) -> String {
        let (text, was_cut) = cut(text, NAME);
        self.cut |= was_cut;
        code(&text)
    }

    fn sentence(&mut self, text: &str) -> String {
        let (text, was_cut) = cut(text, SENTENCE);
        self.cut |= was_cut;
        prose(&text)
    }

    fn heading(&mut self, destination: &Destination) {
        let Destination { environment, organization, server } = destination;
        let environment = self.name(environment);
        let (organization, id) = (self.name(&organization.name), self.name(&organization.id));
        let server = self.name(server);
        let _ = write!(self.top, "## Plan for {environment}\n\nOrganization {organization} ({id}), {server}\n\n");
    }

    /// What the plan leads back to.
    fn way_back(&mut self, way: &Way) {
        let Way { title, meaning, settled, nothing: _ } = way;
        let (title, settled) = (self.sentence(title), settled.as_ref().map(|settled| format!(" {}", self.sentence(settled))));
        let _ = write!(self.top, "**{title}.** {meaning}{}\n\n", settled.unwrap_or_default());
    }

    /// How old a saved plan is, and until when it holds.
    fn of_saved(&mut self, report: &Report<'_>, saved: &Saved<'_>) {
        let Saved { file, expires, expired } = saved;
        let file = self.name(file);
        let created = report.created;
        let _ = if *expired {
            write!(self.top, "**EXPIRED {expires:.0}:** saved plan {file}, made {created:.0}. It can be read, and no longer applied.\n\n")
        } else if !report.plan.refusals.is_empty() {
            write!(self.top, "Saved plan {file}, made {created:.0}. It is refused: it can be read, and not applied.\n\n")
        } else {
            write!(self.top, "Saved plan {file}, made {created:.0}, can be applied until {expires:.0}.\n\n")
        };
    }

    /// As many of the lines as there is room for; says how many are missing, and `where` they are found.
    fn list(&mut self, lines: impl Iterator<Item = String>, total: usize, elsewhere: Option<&str>) {
        let start = self.first_screen.len();
        let mut shown = 0;
        for line in lines.take(MOST_LINES) {
            if self.first_screen.len() - start + line.len() > MOST_BYTES {
                break;
            }
            self.first_screen.push_str(&line);
            shown += 1;
        }
        if shown < total {
            let _ = writeln!(self.first_screen, "- … and {} more{}", total - shown, elsewhere.unwrap_or_default());
            self.cut |= elsewhere.is_none();
        }
        self.first_screen.push('\n');
    }

    fn refusals(&mut self, plan: &Plan, environment: &str, extent: Extent) {
        let total = plan.refusals.len();
        if total == 0 {
            return;
        }
        let _ = write!(self.first_screen, "**Refused, for {total} {}:** apply does not make this plan.\n\n", plural(total, "reason"));
        // Reasons are said in every extent; their lists of names are not.
        let (reasons, names) = match extent {
            Extent::Listed => (MOST_LINES, MOST_LINES),
            Extent::Counted => (5, 3),
        };
        let refusals: Vec<Refused> =
            plan.refusals.iter().take(reasons).map(|refusal| refused_naming(refusal, environment, names)).collect();
        let lines: Vec<String> = refusals.into_iter().map(|refused| self.refusal(&refused)).collect();
        self.list(lines.into_iter(), total, None);
    }

    /// A reason, and under it what resolves it.
    fn refusal(&mut self, refused: &Refused) -> String {
        let Refused { message, hint } = refused;
        let mut out = String::new();
        for (index, text) in [message, hint].into_iter().enumerate() {
            for (number, line) in text.lines().take(MOST_LINES).enumerate() {
                let said = if number == 0 || index == 0 {
                    self.sentence(line.trim())
                } else {
                    // A command.
                    let (command, was_cut) = cut(line.trim(), SENTENCE);
                    self.cut |= was_cut;
                    code_outside_tables(&command)
                };
                let indentation = "  ".repeat(index + number.min(1));
                let _ = writeln!(out, "{indentation}- {said}");
            }
            self.cut |= text.lines().nth(MOST_LINES).is_some();
        }
        out
    }

    fn dangers(&mut self, plan: &Plan, extent: Extent) {
        let all = dangerous(plan);
        if all.is_empty() {
            self.first_screen.push_str("**Danger:** none\n\n");
            return;
        }
        let total = plan.changes.len();
        let (count, changes) = (all.len(), plural(total, "change"));
        let _ = write!(self.first_screen, "**Danger:** {count} of {total} {changes} ({})\n\n", kinds_of_danger(&all));
        if extent == Extent::Counted {
            return;
        }
        let line = |change: &Change| {
            let more = match change.dangers.len() {
                0 | 1 => String::new(),
                several => format!(" (+{} more)", several - 1),
            };
            let sentence = change.dangers.first().map(|danger| prose_on(&cut(&danger.sentence, SENTENCE).0)).unwrap_or_default();
            format!("- {}: {sentence}{more}\n", code(&change.key.address().to_string()))
        };
        self.list(all.into_iter().map(line), count, Some(", which come first below"));
    }

    /// Who among recorded visitors is invited otherwise, within a share of its own.
    fn replay(&mut self, report: &Report<'_>, extent: Extent) {
        if let Some(replay) = report.replay() {
            self.first_screen.push_str(&markdown_in_plan(&replay, extent == Extent::Listed));
        } else if let Some(sentence) = not_judged(report.plan) {
            let _ = write!(self.first_screen, "**Replay:** {}\n\n", prose(&sentence));
        }
    }

    fn live(&mut self, plan: &Plan, extent: Extent) {
        let moved = moved_live(plan);
        let updates = || plan.changes.iter().filter(|change| change.action == Action::Update);
        let unknown = updates().filter(|change| change.fields.iter().any(|field| field.cause == Cause::Unknown)).count();
        let verb = |count: usize| if count == 1 { "campaign was" } else { "campaigns were" };
        if !moved.is_empty() {
            let count = moved.len();
            let _ = write!(self.first_screen, "**Live:** {count} {} changed by somebody else\n\n", verb(count));
            if extent == Extent::Listed {
                let line = |moved: &MovedLive<'_>| format!("- {}: {}\n", code(&moved.key.address().to_string()), what_happened(moved));
                self.list(moved.iter().map(line), count, Some(", marked `drift` or `conflict`"));
            }
        } else if unknown > 0 {
            let who = "not applied by this tool before, so nobody can say who moved what";
            let _ = write!(self.first_screen, "**Live:** {unknown} {} {who}\n\n", verb(unknown));
        } else if updates().next().is_some() {
            self.first_screen.push_str("**Live:** nobody else changed these campaigns since they were applied\n\n");
        }
    }

    /// What apply costs, what stays as it is, what is not managed.
    fn cost(&mut self, plan: &Plan) {
        let requests = plan.requests();
        let mut parts = Vec::new();
        if !plan.is_empty() {
            parts.push(format!("**Apply:** {requests} API {}", plural(requests, "request")));
        }
        match plan.unchanged.len() {
            0 => {}
            1 => parts.push("1 campaign is unchanged".to_owned()),
            more => parts.push(format!("{more} campaigns are unchanged")),
        }
        match plan.unmanaged.len() {
            0 => {}
            1 => parts.push("1 live campaign is not managed here and left alone".to_owned()),
            more => parts.push(format!("{more} live campaigns are not managed here and left alone")),
        }
        if !parts.is_empty() {
            let _ = write!(self.first_screen, "{}\n\n", parts.join(", "));
        }
    }

    /// What the rules warn of in the files of changed campaigns.
    fn warnings(&mut self, plan: &Plan, extent: Extent) {
        let Some(counts) = warnings(plan).filter(|_| !plan.is_empty()) else { return };
        let _ = write!(self.first_screen, "**Warnings:** {counts}\n\n");
        if extent == Extent::Listed && !plan.warnings.changed.is_empty() {
            let line = |LintWarning { key, rule, message, place }: &LintWarning| {
                let message = prose_on(&cut(message, SENTENCE).0);
                format!("- {}: {message} ({}, {})\n", code(&key.address().to_string()), code(rule), code(&cut(place, NAME).0))
            };
            let changed = &plan.warnings.changed;
            self.list(changed.iter().map(line), changed.len(), Some(", which `campaignctl validate` shows"));
        }
    }

    /// Said below the changes: fields that keep their live value, and what the state forgets.
    fn left_alone(&mut self, plan: &Plan, extent: Extent) {
        let holding: Vec<&Unchanged> = plan.unchanged.iter().filter(|unchanged| !unchanged.held.is_empty()).collect();
        let dropped: Vec<_> = plan
            .state_only
            .iter()
            .filter_map(|correction| match correction {
                StateOnly::Refresh { key: _, id: _, body: _, remember: _ } => None,
                StateOnly::Drop { key, id } => Some((key, id)),
            })
            .collect();
        // The lists are written like those of the first screen, and moved to the end.
        let above = std::mem::take(&mut self.first_screen);
        if !holding.is_empty() {
            let _ = write!(self.first_screen, "Unchanged, with fields that keep their live value: {}\n\n", holding.len());
            if extent == Extent::Listed {
                let line = |unchanged: &&Unchanged| {
                    let held: Vec<String> = unchanged.held.iter().map(|held| field::held(held, &plan.queues)).collect();
                    format!(
                        "- {}: {}\n",
                        code(&unchanged.key.address().to_string()),
                        code_outside_tables(&cut(&held.join("; "), SENTENCE).0)
                    )
                };
                self.list(holding.iter().map(line), holding.len(), None);
            }
        }
        if !dropped.is_empty() {
            let _ = write!(self.first_screen, "Neither declared nor live any more, so apply forgets them: {}\n\n", dropped.len());
            if extent == Extent::Listed {
                let lines: Vec<String> = dropped
                    .iter()
                    .map(|(key, id)| format!("- {} ({})\n", code(&key.address().to_string()), code(&cut(&id.0, NAME).0)))
                    .collect();
                self.list(lines.into_iter(), dropped.len(), None);
            }
        }
        self.notes = std::mem::replace(&mut self.first_screen, above);
    }
}

/// ``paused by `web-admin` at 2026-11-20T14:02:00Z``
pub(super) fn what_happened(moved: &MovedLive<'_>) -> String {
    let MovedLive { key: _, by, at, what } = moved;
    let mut out = match what {
        What::Paused => "paused".to_owned(),
        What::SwitchedOn => "switched on".to_owned(),
        What::Fields(fields) => {
            let mut paths: Vec<String> =
                fields.iter().take(5).map(|field| code_outside_tables(&cut(&field.path.to_string(), NAME).0)).collect();
            if fields.len() > paths.len() {
                paths.push(format!("{} more fields", fields.len() - paths.len()));
            }
            format!("{} changed", paths.join(", "))
        }
    };
    if let Some(by) = by {
        let _ = write!(out, " by {}", code_outside_tables(&cut(by, NAME).0));
    }
    if let Some(at) = at {
        let _ = write!(out, " at {at:.0}");
    }
    out
}
