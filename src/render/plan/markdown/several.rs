//! Plans of several environments as one comment: what is dangerous anywhere comes first, and all of them share its size.

use std::fmt::Write;

use super::super::several::{NotPlanned, Planning, in_short};
use super::super::summary::dangerous;
use super::change::NAME;
use super::head::marker;
use super::{LIMIT, of_size};
use crate::render::markdown::{code, code_outside_tables, cut, prose, prose_on, text};

/// Bytes of the list of dangers on top; each of them stands in the plan of its environment too.
const DANGERS: usize = 6_000;
/// Characters of one sentence with text from outside in it.
const SENTENCE: usize = 300;
/// Bytes that a plan gets in any case.
const LEAST: usize = 1_500;

/// The whole document.
pub fn markdown_of_several(plannings: &[Planning<'_>]) -> String {
    let names: Vec<&str> = plannings.iter().map(|planning| planning.environment).collect();
    let mut out = marker(&names.join("."));
    let shown: Vec<String> = names.iter().map(|name| code_outside_tables(&cut(name, NAME).0)).collect();
    let _ = write!(out, "# Plans for {}\n\n", shown.join(", "));
    out.push_str("| environment | plan |\n|---|---|\n");
    for planning in plannings {
        let _ = writeln!(out, "| {} | {} |", code(&cut(planning.environment, NAME).0), text(&cut(&in_short(planning), SENTENCE).0));
    }
    out.push('\n');
    out.push_str(&dangers(plannings));
    let sections = sections(plannings, LIMIT.saturating_sub(out.len()));
    out.push_str(&sections.join("\n"));
    out.trim_end().to_owned() + "\n"
}

/// The dangerous changes of all environments, the most dangerous kind first.
fn dangers(plannings: &[Planning<'_>]) -> String {
    let mut all = Vec::new();
    for planning in plannings {
        if let Ok(report) = &planning.outcome {
            all.extend(dangerous(report.plan).into_iter().map(|change| (change.rank(), planning.environment, change)));
        }
    }
    if all.is_empty() {
        return String::new();
    }
    all.sort_by_key(|(rank, ..)| rank.map_or((1, None), |rank| (0, Some(rank))));
    let mut out = format!("**Danger:** {} {} in all environments\n\n", all.len(), super::super::summary::plural(all.len(), "change"));
    for (nth, (_, environment, change)) in all.iter().enumerate() {
        let sentence = change.dangers.first().map(|danger| prose_on(&cut(&danger.sentence, SENTENCE).0)).unwrap_or_default();
        let line = format!("- {} {}: {sentence}\n", code(&cut(environment, NAME).0), code(&change.key.address().to_string()));
        if out.len() + line.len() > DANGERS {
            let _ = writeln!(out, "- … and {} more, which come first in the plans below", all.len() - nth);
            break;
        }
        out.push_str(&line);
    }
    out.push('\n');
    out
}

/// One section for each environment. Who needs less than an equal share leaves the rest to the others.
fn sections(plannings: &[Planning<'_>], room: usize) -> Vec<String> {
    let room = room.saturating_sub(plannings.len());
    let mut sections: Vec<String> = plannings.iter().map(|planning| section(planning, room)).collect();
    if sections.iter().map(String::len).sum::<usize>() <= room {
        return sections;
    }
    let mut by_need: Vec<usize> = (0..sections.len()).collect();
    by_need.sort_by_key(|index| sections[*index].len());
    let mut left = room;
    for (done, index) in by_need.iter().copied().enumerate() {
        let share = (left / (by_need.len() - done)).max(LEAST);
        if sections[index].len() > share {
            sections[index] = section(&plannings[index], share);
        }
        left = left.saturating_sub(sections[index].len());
    }
    sections
}

fn section(planning: &Planning<'_>, room: usize) -> String {
    match &planning.outcome {
        Ok(report) => {
            let document = of_size(report, room);
            // One hidden line finds the whole comment again.
            document.strip_prefix(&marker(&report.destination.environment)).unwrap_or(&document).to_owned()
        }
        Err(NotPlanned { message, hint }) => {
            let mut out = format!("## Plan for {}\n\n", code(&cut(planning.environment, NAME).0));
            let _ = writeln!(out, "**Not planned:** {}", prose(&cut(message, SENTENCE).0));
            if let Some(hint) = hint {
                let _ = writeln!(out, "\n{}", prose(&cut(hint, SENTENCE).0));
            }
            out
        }
    }
}
