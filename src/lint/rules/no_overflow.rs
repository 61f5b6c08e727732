//! `no-overflow`: a queue without another one behind it.

use crate::diagnostic::{Finding, SourceMap};
use crate::lint::{Gravity, Rule, Subject};
use crate::model::Level;

/// A queue without another one behind it.
pub(in crate::lint) const RULE: Rule = Rule {
    id: "no-overflow",
    gravity: Gravity::Warning(Level::Warn),
    summary: "an action names a queue and no overflow queue",
    what: "Looks at `routingConfig` of each action of enabled campaigns that names a queue; one without a queue is the business of `missing-routing`.",
    why: "Proactive invites come in waves: many visitors match in the same minute. When the queue is full, what is over goes to the channel's default queue, where nobody knows what the visitor was promised.",
    example: "routingConfig: { queue: Order Help, skillGroups: [order_help] }",
    fix: "routingConfig: { queue: Order Help, skillGroups: [order_help], overflowQueue: General }",
};

pub(in crate::lint) fn check(subjects: &[Subject<'_>], sources: &SourceMap) -> Vec<Finding> {
    let mut findings = Vec::new();
    for subject in subjects.iter().filter(|subject| subject.is_enabled()) {
        for (pointer, action) in subject.actions() {
            let Some(routing) = &action.routing_config else { continue };
            let field = match (&routing.queue, &routing.queue_id) {
                (Some(_), _) => "queue",
                (None, Some(_)) => "queueId",
                (None, None) => continue,
            };
            if routing.overflow_queue.is_none() && routing.overflow_queue_id.is_none() {
                let message =
                    "no overflow queue stands behind this queue; when it is full, conversations go to the channel's default queue";
                let finding = subject.warning(&RULE, sources, &format!("{pointer}/routingConfig/{field}"), message);
                findings.push(finding.help("add `overflowQueue:` with the name of a queue that can help out"));
            }
        }
    }
    findings
}
