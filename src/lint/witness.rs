//! Sessions that show a claim, in words.

use std::collections::BTreeMap;

use super::Subject;
use crate::evaluate::analysis::{Audience, Verdict};
use crate::model::{AttributeValue, CampaignKey};

/// The attributes of a session, as they would be sent.
pub(super) fn shown(session: &BTreeMap<String, AttributeValue>) -> String {
    serde_json::to_string(session).unwrap_or_default()
}

/// How early an enabled campaign is asked: the lowest priority number of its actions.
pub(super) fn best_priority(subject: &Subject<'_>) -> Option<u64> {
    let document = Some(subject.document).filter(|document| document.enabled)?;
    document.actions.iter().map(|action| action.priority).min()
}

/// Whether there are two different values.
pub(super) fn differ(mut values: impl Iterator<Item = u64>) -> bool {
    let first = values.next();
    values.any(|value| Some(value) != first)
}

/// A campaign that invites, with what relational rules compare.
pub(super) struct Inviting<'a> {
    pub(super) subject: &'a Subject<'a>,
    pub(super) audience: Audience,
    /// The lowest priority number of its actions: how early it is asked.
    pub(super) priority: u64,
}

impl<'a> Inviting<'a> {
    /// The enabled campaigns whose filters are sound and can hold together. Documents with errors are left out: what is
    /// missing of them could change every answer.
    pub(super) fn among(subjects: &'a [Subject<'a>]) -> Vec<Self> {
        let inviting = subjects.iter().filter(|subject| {
            let document = subject.document;
            subject.indices.is_none() && document.enabled && document.filters.iter().all(crate::model::Filter::is_sound)
        });
        let with_audience = inviting.map(|subject| Self {
            subject,
            audience: Audience::of(&subject.document.filters),
            priority: best_priority(subject).unwrap_or(u64::MAX),
        });
        with_audience.filter(|campaign| matches!(campaign.audience.is_inhabited(), Verdict::Yes(_))).collect()
    }

    pub(super) fn key(&self) -> &CampaignKey {
        self.subject.key
    }
}
