//! A queue for people: what it is called, and its id.

use std::collections::BTreeMap;

use schemars::JsonSchema;
use serde::Serialize;

use super::escape::{inline, quoted};
use crate::model::{QueueName, QueueNames};

/// `"Web Support" (a1b2c3d4-…)`; the id alone where the name was not looked up, and with a note where it has none of its own.
pub(super) fn queue(id: &str, names: &QueueNames) -> String {
    match names.of(id) {
        None => quoted(id),
        Some(QueueName::Unique(name)) => format!("{} ({})", quoted(name), inline(id)),
        Some(QueueName::Shared { name, queues }) => format!("{} ({queues} queues are named {})", quoted(id), quoted(name)),
        Some(QueueName::Missing) => format!("{} (no such queue)", quoted(id)),
    }
}

/// A queue for machines.
#[derive(Debug, Clone, Serialize, JsonSchema)]
pub(super) struct QueueEntry {
    /// What it is called; left out where no queue has this id.
    #[serde(skip_serializing_if = "Option::is_none")]
    name: Option<String>,
    /// Whether a queue has this id, and no other queue has its name.
    unique: bool,
}

/// Every queue that was looked up, by its id.
pub(super) fn queue_entries(names: &QueueNames) -> BTreeMap<String, QueueEntry> {
    let entry = |name: &QueueName| match name {
        QueueName::Unique(name) => QueueEntry { name: Some(name.clone()), unique: true },
        QueueName::Shared { name, queues: _ } => QueueEntry { name: Some(name.clone()), unique: false },
        QueueName::Missing => QueueEntry { name: None, unique: false },
    };
    names.iter().map(|(id, name)| (id.to_owned(), entry(name))).collect()
}

#[cfg(test)]
mod tests {
    use super::queue;
    use crate::model::{QueueName, QueueNames};

    #[test]
    fn a_queue_is_told_by_name_and_id_or_by_what_is_wrong_with_them() {
        let shared = QueueName::Shared { name: "Twin".to_owned(), queues: 2 };
        let hostile = QueueName::Unique("a\"\u{1b}[31m\nb".to_owned());
        let known = [("A1", QueueName::Unique("Web Support".to_owned())), ("b2", shared), ("c3", QueueName::Missing), ("d4", hostile)];
        let names = QueueNames::new(known.map(|(id, name)| (id.to_owned(), name)));
        assert_eq!(queue("a1", &names), "\"Web Support\" (a1)");
        assert_eq!(queue("b2", &names), "\"b2\" (2 queues are named \"Twin\")");
        assert_eq!(queue("c3", &names), "\"c3\" (no such queue)");
        assert_eq!(queue("d4", &names), "\"a\\\"\\u{1b}[31m\\nb\" (d4)");
        assert_eq!(queue("e5", &names), "\"e5\"", "what was not looked up has no note");
    }
}
