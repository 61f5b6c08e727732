//! `missing-routing`: accepted invites that nobody in particular answers.

use crate::diagnostic::{Finding, SourceMap};
use crate::lint::{Gravity, Rule, Subject};
use crate::model::{Level, RoutingDocument};

/// Accepted invites that nobody in particular answers.
pub(in crate::lint) const RULE: Rule = Rule {
    id: "missing-routing",
    gravity: Gravity::Warning(Level::Warn),
    summary: "an action names no queue, or no skill groups",
    what: "Looks at `routingConfig` of each action of enabled campaigns: `queue` or `queueId`, and `skillGroups`.",
    why: "An invite does not route anything: the conversation starts when the visitor accepts. Without a queue and skill groups the channel's default routing takes it, most often a general queue that everybody shares. The agents this campaign was made for are passed by, handling takes longer, and more visitors give up waiting.",
    example: "- type: webchat_invite\n  priority: 1\n  config: { inviteMessage: Need assistance with your order status? }",
    fix: "- type: webchat_invite\n  priority: 1\n  config: { inviteMessage: Need assistance with your order status? }\n  routingConfig: { queue: Order Help, skillGroups: [order_help], overflowQueue: General }",
};

pub(in crate::lint) fn check(subjects: &[Subject<'_>], sources: &SourceMap) -> Vec<Finding> {
    let mut findings = Vec::new();
    for subject in subjects.iter().filter(|subject| subject.is_enabled()) {
        for (pointer, action) in subject.actions() {
            let Some(lacks) = lacking(action.routing_config.as_ref()) else { continue };
            let (at, what) = match action.routing_config {
                Some(_) => (format!("{pointer}/routingConfig"), format!("names {lacks}")),
                None => (pointer, format!("has no `routingConfig`, so {lacks}")),
            };
            let message = format!("{what}; accepted invites go to the channel's shared default queue");
            let help = "name both: `routingConfig: { queue: Web Support, skillGroups: [web_support_tier1] }`";
            findings.push(subject.warning(&RULE, sources, &at, &message).help(help));
        }
    }
    findings
}

/// What is not there.
fn lacking(routing: Option<&RoutingDocument>) -> Option<&'static str> {
    let has_queue = routing.is_some_and(|routing| routing.queue.is_some() || routing.queue_id.is_some());
    let has_skills = routing.is_some_and(|routing| !routing.skill_groups.is_empty());
    match (has_queue, has_skills) {
        (true, true) => None,
        (true, false) => Some("no skill groups"),
        (false, true) => Some("no queue"),
        (false, false) => Some("no queue and no skill groups"),
    }
}
