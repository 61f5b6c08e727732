//! The queues of the organization: listed at most once a run, and only where a file names one or something shown has an id.

use std::collections::BTreeSet;

use super::Failure;
use crate::model::{QueueIds, QueueNames};
use crate::remote::{Reader, RemoteErrorKind};

/// What was listed so far.
#[derive(Debug, Default)]
pub(super) struct Queues {
    listed: Option<QueueIds>,
}

impl Queues {
    /// Lists them, because a file names one: without the list nothing can be planned.
    pub(super) async fn needed(reader: &Reader) -> Result<Self, Failure> {
        Ok(Self { listed: Some(QueueIds::new(reader.queues().await?.into_iter().map(|queue| (queue.name, queue.id)))) })
    }

    /// The ids that names stand for; empty where nothing was listed.
    pub(super) fn ids(&self) -> QueueIds {
        self.listed.clone().unwrap_or_default()
    }

    /// What the queues with these ids are called. Names are for readers: where they cannot be had, ids are shown.
    pub(super) async fn names_of(self, ids: &BTreeSet<String>, reader: &Reader) -> QueueNames {
        if ids.is_empty() {
            return QueueNames::default();
        }
        let listed = match self.listed {
            Some(listed) => listed,
            None => match reader.queues().await {
                Ok(queues) => QueueIds::new(queues.into_iter().map(|queue| (queue.name, queue.id))),
                Err(error) => {
                    match error.kind() {
                        RemoteErrorKind::Forbidden { .. } => tracing::info!("queues are shown by their ids: {error}"),
                        _ => tracing::warn!("queues are shown by their ids, because they could not be listed: {error}"),
                    }
                    return QueueNames::default();
                }
            },
        };
        listed.names_of(ids)
    }
}
