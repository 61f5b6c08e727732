//! `bad-id`: a queue id that is no UUID.

use crate::diagnostic::{Finding, Part, SourceMap};
use crate::lint::{Gravity, Rule, Subject};

/// A queue id that is no UUID.
pub(in crate::lint) const RULE: Rule = Rule {
    id: "bad-id",
    gravity: Gravity::Error,
    summary: "a queueId or overflowQueueId is no UUID",
    what: "Looks at `queueId` and `overflowQueueId` of each action.",
    why: "No queue can have such an id: the API refuses the campaign, or accepted invites land in the channel's shared default queue.",
    example: "overflowQueueId: x9y8z7w6-v5u4-3210-dcba-fe0987654321",
    fix: "overflowQueue: General",
};

pub(in crate::lint) fn check(subjects: &[Subject<'_>], sources: &SourceMap) -> Vec<Finding> {
    let mut findings = Vec::new();
    for subject in subjects {
        for (position, action) in subject.document.actions.iter().enumerate() {
            let index = subject.action_index(position);
            let Some(routing) = &action.routing_config else { continue };
            for (id, field, by_name) in
                [(&routing.queue_id, "queueId", "queue"), (&routing.overflow_queue_id, "overflowQueueId", "overflowQueue")]
            {
                if let Some(id) = id.as_deref().filter(|id| !is_uuid(id)) {
                    let place = sources.place(subject.source, &format!("/actions/{index}/routingConfig/{field}"), Part::Value);
                    let path = format!("actions[{index}].routingConfig.{field}");
                    let shown: String = id.chars().take(60).collect();
                    findings.push(
                        Finding::error(RULE.id, place, format!("`{path}`: {shown:?} is no queue id: {}", reason(id)))
                            .field(path)
                            .help(format!("copy the id of the queue, or write `{by_name}:` with its name")),
                    );
                }
            }
        }
    }
    findings
}

/// `8-4-4-4-12` hexadecimal digits.
fn is_uuid(id: &str) -> bool {
    id.len() == 36
        && id.bytes().enumerate().all(|(index, byte)| match index {
            8 | 13 | 18 | 23 => byte == b'-',
            _ => byte.is_ascii_hexdigit(),
        })
}

fn reason(id: &str) -> String {
    match id.chars().find(|c| !c.is_ascii_hexdigit() && *c != '-') {
        Some(stranger) => format!("a UUID has no {stranger:?}, only 0-9, a-f and `-`"),
        None => "a UUID has 8-4-4-4-12 digits".to_owned(),
    }
}
