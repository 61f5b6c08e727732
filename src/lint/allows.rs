//! Comments that allow findings, applied: which findings they silence, and which comments are no good.

use std::collections::BTreeMap;

use super::levels::{Gravity, NotSettable, find};
use super::{Levels, Settings, Subject, rules};
use crate::diagnostic::{Allow, FileId, Finding, Part, Place, SourceMap};
use crate::model::Level;

/// Rules that speak of the comments themselves.
const OF_COMMENTS: [&str; 2] = [rules::bad_allow::RULE.id, rules::unused_allow::RULE.id];

/// Why a comment, or one rule that it names, allows nothing.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) enum Fault {
    /// It cannot be read.
    Unreadable,
    /// It gives no reason.
    NoReason,
    /// One of its rules, by position, is none or is always an error.
    Rule(usize, NotSettable),
    /// One of its rules, by position, speaks of comments.
    OfComments(usize),
}

/// Everything that is wrong with a comment.
pub(super) fn faults(allow: &Allow) -> Vec<Fault> {
    if allow.rules.is_empty() {
        return vec![Fault::Unreadable];
    }
    let fault = |(position, id): (usize, &str)| match find(id) {
        Err(unknown) => Some(Fault::Rule(position, unknown)),
        Ok(rule) if rule.gravity == Gravity::Error => Some(Fault::Rule(position, NotSettable::Fixed(rule))),
        Ok(rule) => OF_COMMENTS.contains(&rule.id).then_some(Fault::OfComments(position)),
    };
    let mut faults: Vec<Fault> = allow.rules.iter().map(|rule| rule.id.as_str()).enumerate().filter_map(fault).collect();
    if allow.reason.is_empty() {
        faults.push(Fault::NoReason);
    }
    faults
}

/// Every good rule of every comment: what is allowed where, and whether that silenced anything.
pub(super) struct Allowed<'a> {
    entries: Vec<Entry<'a>>,
    by_file: BTreeMap<FileId, Vec<usize>>,
}

/// One rule that one comment allows.
struct Entry<'a> {
    allow: &'a Allow,
    position: usize,
    /// The campaign whose overlay the comment speaks of as a whole: what an overlay causes may be found in the campaign file.
    campaign: Option<Place>,
    silenced: bool,
}

impl Entry<'_> {
    fn covers(&self, place: Place) -> bool {
        let in_campaign = |campaign: Place| campaign.file == place.file && campaign.span.holds(place.span);
        self.allow.covers(place) || self.campaign.is_some_and(in_campaign)
    }
}

/// By the file of an overlay: where it stands as a whole, and where its campaign does.
fn campaigns_of_overlays(subjects: &[Subject<'_>], sources: &SourceMap) -> BTreeMap<FileId, (Place, Place)> {
    let whole = |document| sources.place(document, "", Part::Value);
    let pair = |subject: &Subject<'_>| {
        let overlay = sources.overlaid(subject.source)?.overlay();
        Some((overlay.file, (whole(overlay), whole(subject.source))))
    };
    subjects.iter().filter_map(pair).collect()
}

impl<'a> Allowed<'a> {
    pub(super) fn new(allows: &'a [Allow], subjects: &[Subject<'_>], sources: &SourceMap) -> Self {
        let campaigns = campaigns_of_overlays(subjects, sources);
        let mut entries = Vec::new();
        let mut by_file: BTreeMap<FileId, Vec<usize>> = BTreeMap::new();
        for allow in allows {
            let faults = faults(allow);
            let is_good = |position: usize| {
                faults.iter().all(|fault| match fault {
                    Fault::Unreadable | Fault::NoReason => false,
                    Fault::Rule(bad, _) | Fault::OfComments(bad) => *bad != position,
                })
            };
            for position in (0..allow.rules.len()).filter(|position| is_good(*position)) {
                let campaign = campaigns.get(&allow.place.file);
                let campaign = campaign.filter(|(overlay, _)| allow.covers(*overlay)).map(|(_, campaign)| *campaign);
                for file in [Some(allow.place.file), campaign.map(|place| place.file)].into_iter().flatten() {
                    by_file.entry(file).or_default().push(entries.len());
                }
                entries.push(Entry { allow, position, campaign, silenced: false });
            }
        }
        Self { entries, by_file }
    }

    /// Takes out the findings that comments allow.
    pub(super) fn silence(&mut self, findings: &mut Vec<Finding>) {
        let Self { entries, by_file } = self;
        findings.retain(|finding| {
            let mut is_allowed = false;
            for index in by_file.get(&finding.place.file).map_or(&[][..], Vec::as_slice) {
                let entry = &mut entries[*index];
                if entry.allow.rules[entry.position].id == finding.rule && entry.covers(finding.place) {
                    entry.silenced = true;
                    is_allowed = true;
                }
            }
            !is_allowed
        });
    }

    /// The rules of comments that silenced nothing, as (comment, position). Nobody knows that of a rule that was not looked
    /// at, or when not everything could be read; and a campaign that is switched off keeps its comments for when it is on.
    pub(super) fn unused(
        &self,
        subjects: &[Subject<'_>],
        sources: &SourceMap,
        settings: &Settings<'_>,
        levels: &Levels,
    ) -> Vec<(&'a Allow, usize)> {
        if !settings.complete {
            return Vec::new();
        }
        let was_looked_at = |entry: &Entry<'_>| {
            let rule = find(&entry.allow.rules[entry.position].id);
            rule.is_ok_and(|rule| levels.of(rule).is_some_and(|level| level > Level::Allow))
        };
        let is_off = |allow: &Allow| {
            let mut off = subjects.iter().filter(|subject| !subject.is_enabled());
            off.any(|subject| {
                let is_base = subject.source.file == allow.place.file;
                let in_base =
                    is_base && allow.covers.is_some_and(|covers| sources.place(subject.source, "", Part::Value).span.holds(covers));
                in_base || sources.overlaid(subject.source).is_some_and(|overlaid| overlaid.overlay().file == allow.place.file)
            })
        };
        // What the overlay of this environment replaced is judged where it stands: in the other environments.
        let is_hidden = |allow: &Allow| {
            let Some(covers) = allow.covers else { return false };
            let here = subjects.iter().filter(|subject| subject.source.file == allow.place.file);
            let mut hidden = here.filter_map(|subject| sources.overlaid(subject.source)).flat_map(|overlaid| overlaid.hidden());
            hidden.any(|span| covers.holds(*span) || span.holds(covers))
        };
        let is_idle = |entry: &&Entry<'_>| !entry.silenced && was_looked_at(entry) && !is_off(entry.allow) && !is_hidden(entry.allow);
        let idle = self.entries.iter().filter(is_idle);
        idle.map(|entry| (entry.allow, entry.position)).collect()
    }
}
