//! One explained session, for people and for scripts.

mod human;
mod json;
mod words;

use std::collections::BTreeMap;

use crate::evaluate::{Explained, ExplainedCampaign, ExplainedWorld};
use crate::model::{Contender, DecisionStatus, FilterFailure, FilterResult, World};
use words::{attribute, status};

pub use human::human;
pub use json::{JSON_SCHEMA_FILE, json, json_schema_text};

/// What is shown of an explanation.
#[derive(Debug, Clone, Copy)]
pub struct Report<'a> {
    /// The explanation.
    pub explained: &'a Explained,
    /// The campaigns that the user named, by key or id; none means all.
    pub campaigns: &'a [String],
    /// Whether people see every filter of every campaign, also of those that do not match.
    pub all: bool,
}

impl Report<'_> {
    /// Whether the user wants to see the campaign.
    fn shows(&self, who: &Contender) -> bool {
        let is_called =
            |name: &String| who.key.as_ref().is_some_and(|key| key.as_str() == name) || who.id.as_ref().is_some_and(|id| id.0 == *name);
        self.campaigns.is_empty() || self.campaigns.iter().any(is_called)
    }

    fn shown<'w>(&self, world: &'w ExplainedWorld) -> Vec<&'w ExplainedCampaign> {
        world.campaigns.iter().filter(|campaign| self.shows(&campaign.who)).collect()
    }
}

/// One line for each world: who invites, or that nobody does.
pub fn headlines(report: &Report<'_>) -> String {
    report.explained.worlds.iter().map(|world| headline(report, world) + "\n").collect()
}

fn headline(report: &Report<'_>, world: &ExplainedWorld) -> String {
    let name = match (world.world, report.explained.worlds.len()) {
        (_, 1) => "",
        (World::Live, _) => "Live: ",
        (World::Desired, _) => "Desired: ",
    };
    // Also with --campaign this is about the visitor, so all campaigns count.
    let called = |campaign: &ExplainedCampaign| super::inline(&campaign.who.called());
    let invited = world.campaigns.iter().filter(|campaign| status_of(campaign) == Some(DecisionStatus::Invited));
    let invites: Vec<String> = invited.map(called).collect();
    if !invites.is_empty() {
        return format!("{name}invited by {}", invites.join(", "));
    }
    if let Some((at, place)) = &report.explained.repeats {
        return format!("{name}not decided again: the same request was decided at {at}, {}", super::inline(place));
    }
    let mut counts: BTreeMap<&str, usize> = BTreeMap::new();
    for campaign in &world.campaigns {
        *counts.entry(status_of(campaign).map_or("not asked", status)).or_default() += 1;
    }
    let counts: Vec<String> = counts.into_iter().map(|(word, count)| format!("{count} {word}")).collect();
    format!("{name}not invited: {}", if counts.is_empty() { "there are no campaigns".to_owned() } else { counts.join(", ") })
}

/// What the campaign answers; `None` where it is not asked.
fn status_of(campaign: &ExplainedCampaign) -> Option<DecisionStatus> {
    campaign.answer.as_ref().ok().map(|explanation| explanation.status)
}

/// A campaign that the two worlds answer for differently.
struct Difference {
    called: String,
    /// Its answer live; `None` where live does not have it.
    live: Option<&'static str>,
    /// Its answer once the plan is applied.
    desired: Option<&'static str>,
}

/// Where the two worlds differ: an answer, the time it holds for, the queue or the message. Empty with one world.
fn differences(report: &Report<'_>) -> Vec<Difference> {
    let [live, desired] = &report.explained.worlds[..] else { return Vec::new() };
    let mut names: Vec<&Contender> = Vec::new();
    for campaign in desired.campaigns.iter().chain(&live.campaigns) {
        if report.shows(&campaign.who) && !names.contains(&&campaign.who) {
            names.push(&campaign.who);
        }
    }
    let of = |world: &ExplainedWorld, who: &Contender| world.campaigns.iter().find(|campaign| campaign.who == *who).cloned();
    let differs = |live: &Option<ExplainedCampaign>, desired: &Option<ExplainedCampaign>| {
        let said = |campaign: &ExplainedCampaign| {
            let explanation = campaign.answer.as_ref().ok();
            let invited = status_of(campaign) == Some(DecisionStatus::Invited);
            let action = explanation.and_then(|explanation| explanation.action.clone()).filter(|_| invited);
            (status_of(campaign), explanation.and_then(|explanation| explanation.until), action)
        };
        live.as_ref().map(said) != desired.as_ref().map(said)
    };
    let word = |campaign: &ExplainedCampaign| status_of(campaign).map_or("not asked", status);
    let pairs = names.into_iter().map(|who| (who.called(), of(live, who), of(desired, who)));
    let differing = pairs.filter(|(_, live, desired)| differs(live, desired));
    differing
        .map(|(called, live, desired)| Difference { called, live: live.as_ref().map(word), desired: desired.as_ref().map(word) })
        .collect()
}

/// What is probably wrong with the session or the filters: one sentence for each attribute, in order of names.
fn warnings(report: &Report<'_>) -> Vec<String> {
    // By attribute and what is wrong with it: the campaigns.
    let mut found: BTreeMap<(String, String), Vec<String>> = BTreeMap::new();
    for world in &report.explained.worlds {
        for campaign in report.shown(world) {
            for explained in campaign.answer.iter().flat_map(|explanation| &explanation.filters) {
                let what = match (explained.result, &explained.similar) {
                    (FilterResult::Failed(FilterFailure::OtherType { expected, got }), _) => {
                        let mend = explained.meant.as_ref().map(|(meant, holds)| {
                            let then = if *holds { "then the filter holds" } else { "the filter does not hold for that either" };
                            format!("; send {}, {then}", words::scalar(meant))
                        });
                        format!("is sent as {got}, and a filter on {} never holds for one{}", expected.as_str(), mend.unwrap_or_default())
                    }
                    (_, Some(similar)) => format!("is not sent, but {} is: is that the same?", attribute(similar)),
                    _ => continue,
                };
                let campaigns = found.entry((explained.filter.attribute_name.clone(), what)).or_default();
                let called = super::inline(&campaign.who.called());
                if !campaigns.contains(&called) {
                    campaigns.push(called);
                }
            }
        }
    }
    found.into_iter().map(|((name, what), campaigns)| format!("{} {what} ({})", attribute(&name), campaigns.join(", "))).collect()
}
