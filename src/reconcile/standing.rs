//! What stands drifted, without what changes by itself: whether there is news since somebody looked last.

use super::drift::{Drift, DriftClass, Drifted, Moved};
use super::{FieldPath, FieldValue, LiveTwice};
use crate::model::{CampaignId, CampaignKey};

/// The campaigns and fields that drifted, and to what. Two of them are equal when there is nothing new to say: dates, names of
/// people, versions and what the files say are no part of it.
#[derive(Debug, Clone, Default, PartialEq)]
pub struct Standing {
    drifted: Vec<Stands>,
    /// What is live twice, with the others.
    twice: Vec<(CampaignKey, Vec<CampaignId>)>,
}

#[derive(Debug, Clone, PartialEq)]
struct Stands {
    key: CampaignKey,
    class: DriftClass,
    id: CampaignId,
    fields: Vec<(FieldPath, Option<FieldValue>)>,
}

/// What there is to say since the last time.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum News {
    /// Something drifted, and nothing had.
    Drifted,
    /// Something else drifted than before.
    Changed,
    /// Nothing is drifted any more.
    Resolved,
}

impl Standing {
    /// What stands drifted.
    pub fn of(drift: &Drift) -> Self {
        let stands = |drifted: &Drifted| {
            let Drifted { key, class, origin: _, id, live: _, fields, held: _ } = drifted;
            let fields = fields.iter().map(|Moved { path, last_applied: _, live, file: _ }| (path.clone(), live.clone())).collect();
            Stands { key: key.clone(), class: *class, id: id.clone(), fields }
        };
        let twice = |twice: &LiveTwice| (twice.key.clone(), twice.other_ids().cloned().collect());
        Self { drifted: drift.drifted.iter().map(stands).collect(), twice: drift.twice.iter().map(twice).collect() }
    }

    /// What there is to say to somebody who knows `before`; nothing when all is as it was.
    pub fn news(&self, before: &Self) -> Option<News> {
        match (before.is_empty(), self.is_empty()) {
            _ if before == self => None,
            (true, _) => Some(News::Drifted),
            (false, true) => Some(News::Resolved),
            (false, false) => Some(News::Changed),
        }
    }

    fn is_empty(&self) -> bool {
        self.drifted.is_empty() && self.twice.is_empty()
    }
}

#[cfg(test)]
mod tests {
    use super::{Drift, Drifted, FieldPath, FieldValue, Moved, News, Standing};
    use crate::model::{CampaignId, CampaignKey, Origin};
    use crate::reconcile::DriftClass;

    fn paused(live: bool, line: u32) -> Drift {
        let [applied, live] = [!live, live].map(|on| Some(FieldValue::Flag(on)));
        let moved = Moved { path: FieldPath::Enabled, last_applied: applied.clone(), live, file: applied };
        let drifted = Drifted {
            key: CampaignKey::new("a").unwrap(),
            class: DriftClass::Operational,
            origin: Some(Origin { file: "a.yaml".to_owned(), line, overlay: None }),
            id: CampaignId("1".to_owned()),
            live: None,
            fields: vec![moved],
            held: Vec::new(),
        };
        Drift { drifted: vec![drifted], ..Drift::default() }
    }

    #[test]
    fn only_what_moved_is_news() {
        let [none, off, on] = [Drift::default(), paused(false, 1), paused(true, 1)].map(|drift| Standing::of(&drift));
        assert_eq!(off.news(&none), Some(News::Drifted));
        assert_eq!(on.news(&off), Some(News::Changed));
        assert_eq!(none.news(&off), Some(News::Resolved));
        assert_eq!(none.news(&none), None);
        assert_eq!(Standing::of(&paused(false, 7)).news(&off), None, "a line in the file is no news");
    }
}
