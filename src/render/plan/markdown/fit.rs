//! Fitting the changes into a comment: the least for everybody first, then more, the most dangerous first, while there is
//! room.

use std::collections::{BTreeMap, BTreeSet};
use std::fmt::Write;

use super::super::Report;
use super::change::{Detail, at_least, is_grave, text};
use crate::reconcile::{Action, Change, DangerKind};
use crate::render::markdown::fenced;

/// Room for the two headings and the sentence with counts.
const HEADINGS: usize = 350;
/// Room for what frames a list of keys: its title, its fences, and how many are missing.
const LIST_OF_KEYS: usize = 150;
/// Room below which no change is worth another try.
const CRUMBS: usize = 40;
/// Bytes of a line of packed keys; a key is at most 128.
const LINE_OF_KEYS: usize = 120;

/// Whom a step concerns.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Who {
    /// Changes that may never go unnamed.
    Grave,
    /// Changes that undo what somebody did live.
    MovedLive,
    /// All the others.
    Others,
}

/// In which order more is said, once everybody has the least: first of all everything about what is dangerous.
const STEPS: [(Who, Detail); 9] = [
    (Who::Grave, Detail::Fields),
    (Who::Grave, Detail::Short),
    (Who::Grave, Detail::Full),
    (Who::MovedLive, Detail::Line),
    (Who::Others, Detail::Line),
    (Who::MovedLive, Detail::Fields),
    (Who::Others, Detail::Fields),
    (Who::Others, Detail::Short),
    (Who::Others, Detail::Full),
];

/// The changes as text of a limited size.
pub(super) struct Fitted<'a> {
    pieces: Vec<Piece<'a>>,
}

struct Piece<'a> {
    change: &'a Change,
    who: Who,
    detail: Detail,
    text: String,
}

impl Piece<'_> {
    /// Bytes of the key in a packed list, with what parts it from the next one.
    fn packed(&self) -> usize {
        self.change.key.as_str().len() + 2
    }
}

/// How many changes are said in which detail.
pub(super) type Counts = BTreeMap<Detail, usize>;

/// Fits the changes, given most dangerous first, into `room` bytes.
pub(super) fn fit<'a>(changes: &[&'a Change], report: &Report<'_>, room: usize) -> Fitted<'a> {
    let mut pieces: Vec<Piece<'a>> = changes.iter().map(|change| piece(change, report)).collect();
    let dangers: BTreeSet<Option<DangerKind>> =
        pieces.iter().filter(|piece| piece.who == Who::Grave).map(|piece| piece.change.worst()).collect();
    let mut room = Room { left: room.saturating_sub(HEADINGS + LIST_OF_KEYS * dangers.len()) };
    let is_grave = |piece: &Piece<'_>| piece.who == Who::Grave;
    if taken(&pieces) > room.left {
        for piece in pieces.iter_mut().filter(|piece| !is_grave(piece)) {
            (piece.detail, piece.text) = (Detail::Counted, String::new());
        }
    }
    if taken(&pieces) > room.left {
        pack(&mut pieces, |piece| piece.change.action == Action::Delete);
    }
    if taken(&pieces) > room.left {
        pack(&mut pieces, is_grave);
    }
    // Lines fit now, if there are any; keys go in while there is room, those of campaigns that are deleted first.
    for is_delete in [true, false] {
        for piece in pieces.iter_mut().filter(|piece| (piece.change.action == Action::Delete) == is_delete) {
            if piece.detail == Detail::Packed && !room.take(piece.packed()) {
                piece.detail = Detail::LeftOut;
            }
            room.left = room.left.saturating_sub(piece.text.len());
        }
    }
    for (who, detail) in STEPS {
        say_more(&mut pieces, report, &mut room, who, detail);
    }
    Fitted { pieces }
}

fn piece<'a>(change: &'a Change, report: &Report<'_>) -> Piece<'a> {
    let who = if is_grave(change) {
        Who::Grave
    } else if change.fields.iter().any(|field| field.cause.is_live()) {
        Who::MovedLive
    } else {
        Who::Others
    };
    let (text, detail) = text(change, report, Detail::Line);
    Piece { change, who, detail, text }
}

/// Bytes of all lines and keys.
fn taken(pieces: &[Piece<'_>]) -> usize {
    pieces.iter().map(|piece| if piece.detail == Detail::Packed { piece.packed() } else { piece.text.len() }).sum()
}

fn pack(pieces: &mut [Piece<'_>], which: impl Fn(&Piece<'_>) -> bool) {
    for piece in pieces.iter_mut().filter(|piece| which(piece)) {
        (piece.detail, piece.text) = (Detail::Packed, String::new());
    }
}

struct Room {
    left: usize,
}

impl Room {
    /// Takes so much, if there is so much.
    fn take(&mut self, size: usize) -> bool {
        let fits = size <= self.left;
        if fits {
            self.left -= size;
        }
        fits
    }
}

/// One step: every change it concerns, as long as there is room. What is packed or left out stays so: there was no room for
/// a line.
fn say_more(pieces: &mut [Piece<'_>], report: &Report<'_>, room: &mut Room, who: Who, detail: Detail) {
    let concerned = |piece: &Piece<'_>| {
        let is_meant = piece.who == who || (who == Who::Others && piece.who != Who::Grave);
        is_meant && piece.detail < detail && !matches!(piece.detail, Detail::Packed | Detail::LeftOut)
    };
    for piece in pieces.iter_mut().filter(|piece| concerned(piece)) {
        if room.left < CRUMBS {
            return;
        }
        if at_least(piece.change, detail) > room.left + piece.text.len() {
            continue;
        }
        let (more, reached) = text(piece.change, report, detail);
        // One more for the blank line before a block.
        if room.take(more.len() + 1 - piece.text.len().min(more.len())) {
            (piece.text, piece.detail) = (more, reached);
        }
    }
}

impl Fitted<'_> {
    /// How many changes are said in which detail.
    pub(super) fn counts(&self) -> Counts {
        let mut counts = Counts::new();
        for piece in &self.pieces {
            *counts.entry(piece.detail).or_default() += 1;
        }
        counts
    }

    /// The text: what is dangerous, then the rest.
    pub(super) fn into_text(self) -> String {
        let (grave, others): (Vec<&Piece<'_>>, Vec<&Piece<'_>>) = self.pieces.iter().partition(|piece| piece.who == Who::Grave);
        let mut out = String::new();
        if !grave.is_empty() {
            out.push_str("### Dangerous changes\n\n");
            out.push_str(&packed(&grave));
            join(&mut out, &grave);
        }
        if !others.is_empty() {
            out.push_str(if grave.is_empty() { "### Changes\n\n" } else { "### Other changes\n\n" });
            join(&mut out, &others);
            out.push_str(&counted(&others));
        }
        out
    }
}

/// Lines and blocks, with blank lines where a block begins.
fn join(out: &mut String, pieces: &[&Piece<'_>]) {
    for Piece { change: _, who: _, detail: _, text } in pieces {
        if text.starts_with('<') && !out.ends_with("\n\n") {
            out.push('\n');
        }
        out.push_str(text);
    }
    if !out.ends_with("\n\n") {
        out.push('\n');
    }
}

/// The keys of packed changes, under the danger they have.
fn packed(pieces: &[&Piece<'_>]) -> String {
    let mut by_danger: BTreeMap<Option<DangerKind>, Vec<&str>> = BTreeMap::new();
    let mut left_out: BTreeMap<Option<DangerKind>, usize> = BTreeMap::new();
    for piece in pieces {
        let danger = piece.change.worst();
        match piece.detail {
            Detail::Packed => by_danger.entry(danger).or_default().push(piece.change.key.as_str()),
            Detail::LeftOut => *left_out.entry(danger).or_default() += 1,
            Detail::Counted | Detail::Line | Detail::Fields | Detail::Short | Detail::Full => {}
        }
    }
    let title = |danger: &Option<DangerKind>| danger.map_or("fields lost", DangerKind::title);
    let mut out = String::new();
    for (danger, keys) in &by_danger {
        let _ = write!(out, "**{}: {}**, by key\n\n{}\n", title(danger), keys.len(), fenced("text", &wrapped(keys)));
    }
    for (danger, count) in &left_out {
        let _ = write!(out, "**{}: {count} more, not named here for want of room**\n\n", title(danger));
    }
    out
}

/// Keys parted by commas, in lines of a readable length.
fn wrapped(keys: &[&str]) -> Vec<String> {
    let mut lines = vec![String::new()];
    for (index, key) in keys.iter().enumerate() {
        if let Some(line) = lines.last_mut() {
            let last = index + 1 == keys.len();
            line.push_str(key);
            line.push_str(if last { "" } else { "," });
            if line.len() > LINE_OF_KEYS && !last {
                lines.push(String::new());
            } else if !last {
                line.push(' ');
            }
        }
    }
    lines
}

/// How many changes are only counted, by what is done.
fn counted(pieces: &[&Piece<'_>]) -> String {
    let total = pieces.iter().filter(|piece| piece.detail == Detail::Counted).count();
    if total == 0 {
        return String::new();
    }
    let words = [
        (Action::Create, "to add"),
        (Action::Update, "to change"),
        (Action::Delete, "to destroy"),
        (Action::Forget, "to forget"),
        (Action::Record, "to import or move"),
    ];
    let count = |action: Action| pieces.iter().filter(|piece| piece.detail == Detail::Counted && piece.change.action == action).count();
    let parts: Vec<String> = words
        .iter()
        .map(|(action, words)| (count(*action), words))
        .filter(|(count, _)| *count > 0)
        .map(|(count, words)| format!("{count} {words}"))
        .collect();
    let beside = if total < pieces.len() { "… and " } else { "" };
    format!("{beside}{total} {} not named here: {}\n\n", if total == 1 { "change" } else { "changes" }, parts.join(", "))
}
