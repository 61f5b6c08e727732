//! What queues are called: ids are for machines, and a plan is read by people.

use std::collections::BTreeMap;

use serde::{Deserialize, Serialize};

/// What is known of the name of one queue id.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub enum QueueName {
    /// The queue with this id is called so, and no other queue is.
    Unique(String),
    /// The queue with this id is called so, and others are too: the name alone does not tell which one it is.
    #[serde(rename_all = "camelCase")]
    Shared {
        /// The name.
        name: String,
        /// How many queues have it.
        queues: usize,
    },
    /// No queue of the organization has this id.
    Missing,
}

/// What the queues are called whose ids are shown. An id that is not in here was not looked up.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(transparent)]
pub struct QueueNames {
    by_id: BTreeMap<String, QueueName>,
}

impl QueueNames {
    /// The names of these ids.
    pub fn new(names: impl IntoIterator<Item = (String, QueueName)>) -> Self {
        Self { by_id: names.into_iter().map(|(id, name)| (id.to_ascii_lowercase(), name)).collect() }
    }

    /// What the queue with this id is called; `None` where that was not looked up. Ids are compared whatever their case.
    pub fn of(&self, id: &str) -> Option<&QueueName> {
        self.by_id.get(&id.to_ascii_lowercase())
    }

    /// The name of the queue with this id, where it is known that it has one; other queues may have it too.
    pub fn known(&self, id: &str) -> Option<&str> {
        match self.of(id)? {
            QueueName::Unique(name) | QueueName::Shared { name, queues: _ } => Some(name),
            QueueName::Missing => None,
        }
    }

    /// Every id with its name, by id.
    pub fn iter(&self) -> impl Iterator<Item = (&str, &QueueName)> {
        self.by_id.iter().map(|(id, name)| (id.as_str(), name))
    }
}
