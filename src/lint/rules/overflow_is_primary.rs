//! `overflow-is-primary`: a queue that is to relieve itself.

use crate::diagnostic::{Finding, Part, SourceMap};
use crate::lint::{Gravity, Rule, Subject};
use crate::model::{Level, RoutingDocument};

/// A queue that is to relieve itself.
pub(in crate::lint) const RULE: Rule = Rule {
    id: "overflow-is-primary",
    gravity: Gravity::Warning(Level::Warn),
    summary: "the overflow queue of an action is its queue",
    what: "Compares `queue` with `overflowQueue`, and `queueId` with `overflowQueueId`, in each action of all campaigns, the disabled ones too: it is a slip of copying. A name and an id cannot be compared without asking the organization.",
    why: "A full queue does not take its own overflow: it is as if there were none, and what is over goes to the channel's default queue.",
    example: "routingConfig: { queue: Order Help, skillGroups: [order_help], overflowQueue: Order Help }",
    fix: "routingConfig: { queue: Order Help, skillGroups: [order_help], overflowQueue: General }",
};

pub(in crate::lint) fn check(subjects: &[Subject<'_>], sources: &SourceMap) -> Vec<Finding> {
    let mut findings = Vec::new();
    for subject in subjects {
        for (pointer, action) in subject.actions() {
            let Some((first, second)) = action.routing_config.as_ref().and_then(same) else { continue };
            let at = |field: &str| format!("{pointer}/routingConfig/{field}");
            let message = format!("the overflow queue is the queue itself (`{first}`); a full queue cannot relieve itself");
            findings.push(
                subject
                    .warning(&RULE, sources, &at(second), &message)
                    .also(sources.place(subject.source, &at(first), Part::Value), "the queue")
                    .help("name another queue, or remove the field"),
            );
        }
    }
    findings
}

/// The two fields that name one queue. Names are compared exactly, ids without regard to case.
fn same(routing: &RoutingDocument) -> Option<(&'static str, &'static str)> {
    let RoutingDocument { queue, queue_id, overflow_queue, overflow_queue_id, .. } = routing;
    if queue.is_some() && queue == overflow_queue {
        return Some(("queue", "overflowQueue"));
    }
    let (id, overflow_id) = (queue_id.as_ref()?, overflow_queue_id.as_ref()?);
    id.eq_ignore_ascii_case(overflow_id).then_some(("queueId", "overflowQueueId"))
}
