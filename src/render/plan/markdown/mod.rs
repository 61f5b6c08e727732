//! A plan as a comment on a pull request: never longer than such a comment may be, and never without a dangerous line that
//! could be said.

mod change;
mod diff;
mod fit;
mod head;
mod several;

use super::{Report, Saved};
use crate::render::markdown::{code_outside_tables, cut};
use change::Detail;
use fit::{Counts, fit};
use head::{Extent, Frame, frame};
pub use several::markdown_of_several;

/// Most bytes of a document. GitHub takes 65,536 characters of UTF-16, and no text has more of these than bytes of UTF-8;
/// what is missing to that is for whoever puts a line of their own above or below.
const LIMIT: usize = 65_000;
/// Room for the words of the notice that something was shortened; the command in it stands there twice.
const NOTICE: usize = 800;

/// The whole document.
pub fn markdown(report: &Report<'_>) -> String {
    of_size(report, LIMIT)
}

/// The document in at most so many bytes.
fn of_size(report: &Report<'_>, limit: usize) -> String {
    let (document, complete) = document(report, Extent::Listed, limit);
    // The lists of the first screen are said again below: when names are missing there, they take their room.
    if complete { document } else { self::document(report, Extent::Counted, limit).0 }
}

/// The document, and whether every change that must be named is named.
fn document(report: &Report<'_>, extent: Extent, limit: usize) -> (String, bool) {
    let Frame { top, first_screen, notes, cut } = frame(report, extent);
    let everything = everything(report);
    let room = limit.saturating_sub(top.len() + first_screen.len() + notes.len() + NOTICE + 2 * everything.len());
    let changes = fit(&report.plan.by_danger(), report, room);
    let counts = changes.counts();
    let left_out = counts.get(&Detail::LeftOut).copied().unwrap_or(0);
    let document = format!("{top}{}{first_screen}{}{notes}", notice(&everything, &counts, cut), changes.into_text());
    (document.trim_end().to_owned() + "\n", left_out == 0)
}

/// The command that shows all of the plan.
fn everything(report: &Report<'_>) -> String {
    code_outside_tables(&match &report.saved {
        Some(Saved { file, expires: _, expired: _ }) => format!("campaignctl show {}", cut(file, change::NAME).0),
        None => {
            let flags = report.plan.goal.flags();
            format!("campaignctl plan -e {}{}", cut(&report.destination.environment, change::NAME).0, cut(&flags, change::NAME).0)
        }
    })
}

/// What was shortened and where all of it is; nothing when nothing was.
fn notice(everything: &str, counts: &Counts, frame_is_cut: bool) -> String {
    let count = |detail: Detail| counts.get(&detail).copied().unwrap_or(0);
    let mut out = String::new();
    if count(Detail::LeftOut) > 0 {
        out.push_str(&format!(
            "**This comment is NOT enough to approve this plan: {} dangerous changes are not named in it, because it may not be \
             longer.** The full text is in the saved plan (`campaignctl show FILE`) or in what {everything} prints.\n\n",
            count(Detail::LeftOut)
        ));
    }
    let words = [
        (Detail::Short, "without long texts"),
        (Detail::Fields, "with the names of their fields only"),
        (Detail::Line, "in one line"),
        (Detail::Packed, "by key only"),
        (Detail::Counted, "only counted"),
        (Detail::LeftOut, "not named"),
    ];
    let mut parts: Vec<String> =
        words.into_iter().filter(|(detail, _)| count(*detail) > 0).map(|(detail, words)| format!("{} {words}", count(detail))).collect();
    if frame_is_cut {
        parts.push("lists or texts of this first screen".to_owned());
    }
    if !parts.is_empty() {
        let changes: usize = counts.values().sum();
        out.push_str(&format!(
            "**Shortened** to fit into a comment, of {changes} changes: {}. {everything} prints all of it.\n\n",
            parts.join(", ")
        ));
    }
    out
}
