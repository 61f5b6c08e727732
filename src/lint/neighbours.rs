//! Which campaigns could meet in one session at all, so that not every pair has to be looked at: thousands of campaigns
//! mostly differ in an attribute that is one of a few texts.

use std::collections::BTreeMap;

use super::witness::Inviting;

/// Most campaigns that are compared with one campaign. Beyond it nothing is claimed about the rest.
pub(super) const MOST_COMPARED: usize = 400;

/// Campaigns by the texts an attribute may be, and those that an attribute leaves open.
pub(super) struct Neighbours {
    by_attribute: BTreeMap<String, Listed>,
    count: usize,
}

#[derive(Default)]
struct Listed {
    /// Text to the campaigns that let it in; positions, ascending.
    by_text: BTreeMap<String, Vec<usize>>,
    /// Positions of campaigns for which the attribute is one of a few texts.
    closed: Vec<usize>,
}

impl Neighbours {
    pub(super) fn new(campaigns: &[Inviting<'_>]) -> Self {
        let mut by_attribute: BTreeMap<String, Listed> = BTreeMap::new();
        for (position, campaign) in campaigns.iter().enumerate() {
            for (name, set) in campaign.audience.attributes() {
                let Some(texts) = set.only_texts() else { continue };
                let listed = by_attribute.entry(name.to_owned()).or_default();
                listed.closed.push(position);
                for text in texts {
                    listed.by_text.entry(text.clone()).or_default().push(position);
                }
            }
        }
        Self { by_attribute, count: campaigns.len() }
    }

    /// Positions of every campaign that could share a session with this one, in ascending order; itself included.
    pub(super) fn of(&self, campaign: &Inviting<'_>) -> Vec<usize> {
        let closed = campaign.audience.attributes().filter_map(|(name, set)| Some((self.by_attribute.get(name)?, set.only_texts()?)));
        // The attribute that leaves the fewest.
        let best = closed.min_by_key(|(listed, texts)| {
            let sharing: usize = texts.iter().filter_map(|text| listed.by_text.get(text)).map(Vec::len).sum();
            sharing + self.count - listed.closed.len()
        });
        let Some((listed, texts)) = best else { return (0..self.count).collect() };
        let mut positions: Vec<usize> = texts.iter().filter_map(|text| listed.by_text.get(text)).flatten().copied().collect();
        let mut closed = listed.closed.iter().copied().peekable();
        for position in 0..self.count {
            if closed.next_if_eq(&position).is_none() {
                positions.push(position);
            }
        }
        positions.sort_unstable();
        positions.dedup();
        positions
    }
}
