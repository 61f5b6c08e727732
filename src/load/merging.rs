//! A campaign with its overlay: merged, checked, and every problem told in the file where it has to be mended.

use std::collections::BTreeMap;

use serde_json::Value;

use super::merge::{Merged, Refused, Side, merge};
use super::overlay::Overlay;
use super::problem::Problem;
use super::sheet::Sheet;
use crate::diagnostic::{DocumentId, FileId, Overlaid, Part, Span, Written};
use crate::schema::{self, field_path};

/// A merged document, before the file of its base has a number.
pub(super) struct MergedDocument {
    /// The overlay.
    pub(super) overlay: DocumentId,
    /// Path of the overlay's file, for people.
    pub(super) shown: String,
    /// Which document of the base's file, from 0.
    pub(super) index: u32,
    /// Whether it says anything else than its base.
    pub(super) changes: bool,
    elsewhere: BTreeMap<String, (Side, String)>,
    hidden: Vec<Span>,
}

impl MergedDocument {
    /// Where its values stand, once the file of the base has its number.
    pub(super) fn overlaid(self, file: FileId) -> Overlaid {
        let base = DocumentId { file, index: self.index };
        let written = |(side, pointer)| Written { document: if side == Side::Base { base } else { self.overlay }, pointer };
        let elsewhere = self.elsewhere.into_iter().map(|(pointer, there)| (pointer, written(there))).collect();
        Overlaid::new(self.overlay, elsewhere, self.hidden)
    }
}

/// A problem that has to be mended in the overlay.
pub(super) struct OfOverlay {
    pub(super) file: FileId,
    pub(super) problem: Problem,
    /// Bytes of the base that belong to it.
    pub(super) base: Option<Span>,
}

/// What a campaign and its overlay come to.
pub(super) struct Checked {
    pub(super) value: Value,
    pub(super) document: MergedDocument,
    /// Problems of the base.
    pub(super) problems: Vec<Problem>,
    /// Problems of the overlay.
    pub(super) of_overlay: Vec<OfOverlay>,
    merged: Merged,
}

/// Merges an overlay into a campaign and checks what comes out.
pub(super) fn checked(base: &Value, sheet: Sheet<'_>, overlay: &Overlay) -> Checked {
    // A `null` that may not stand there is told already: it removes nothing.
    let is_stand_in = |pointer: &str| {
        let span = overlay.tree.span(pointer, Part::Value);
        overlay.unknown.contains(&span) || overlay.wrong.contains(&span)
    };
    let mut merged = merge(base, &overlay.value, &is_stand_in);
    let mut problems = Vec::new();
    let mut of_overlay: Vec<OfOverlay> = Vec::new();
    let told = |problem: Problem, base: Option<Span>| OfOverlay { file: overlay.document.file, problem, base };
    for Refused { pointer, also, message, help } in std::mem::take(&mut merged.refused) {
        let problem =
            Problem::new("overlay-entry", overlay.tree.span(&pointer, Part::Value), message).field(field_path(&pointer)).help(help);
        of_overlay.push(told(problem, also.map(|pointer| sheet.tree.span(&pointer, Part::Value))));
    }
    for mut violation in schema::check_campaign(&merged.value) {
        let (side, pointer) = merged.written(&violation.pointer);
        if side == Side::Base {
            problems.extend(sheet.violation(violation, &pointer));
            continue;
        }
        // What is wrong with the overlay for itself is told already.
        if overlay.is_sound() {
            if violation.rule == "missing-field" && merged.appended.contains(&violation.pointer) {
                let help = violation.help.unwrap_or_default();
                violation.help = Some(format!("{help}; the campaign has none like it, so this one is new and needs all of its fields"));
            }
            of_overlay.extend(overlay.sheet().violation(violation, &pointer).map(|problem| told(problem, None)));
        }
    }
    let document = MergedDocument {
        overlay: overlay.document,
        shown: overlay.shown.clone(),
        index: sheet.document,
        changes: merged.changes,
        elsewhere: merged.elsewhere.clone(),
        hidden: merged.hidden.iter().map(|pointer| sheet.tree.span(pointer, Part::Value)).collect(),
    };
    Checked { value: std::mem::take(&mut merged.value), document, problems, of_overlay, merged }
}

impl Checked {
    /// Whether the value at a pointer of the merged document holds no stand-in.
    pub(super) fn is_known(&self, pointer: &str, base: Sheet<'_>, overlay: &Overlay) -> bool {
        let below = format!("{pointer}/");
        let inside = self.merged.elsewhere.range(below.clone()..).take_while(|(inner, _)| inner.starts_with(&below));
        let places = std::iter::once(self.merged.written(pointer)).chain(inside.map(|(_, there)| there.clone()));
        !places.into_iter().any(|(side, there)| match side {
            Side::Base => base.holds_stand_in(&there),
            Side::Overlay => overlay.sheet().holds_stand_in(&there),
        })
    }
}

impl Merged {
    /// Where the value that a pointer of the merged document names stands.
    fn written(&self, pointer: &str) -> (Side, String) {
        let mut above = pointer;
        loop {
            if let Some((side, there)) = self.elsewhere.get(above) {
                return (*side, format!("{there}{}", pointer.get(above.len()..).unwrap_or_default()));
            }
            match above.rfind('/') {
                Some(end) => above = &above[..end],
                None => return (Side::Base, pointer.to_owned()),
            }
        }
    }
}
