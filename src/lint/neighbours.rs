//! Which campaigns could meet in one session at all, so that not every pair has to be looked at: thousands of campaigns
//! mostly differ in an attribute that is one of a few texts.

use std::collections::BTreeMap;

use super::witness::Inviting;

/// Most campaigns that are compared with one campaign. Beyond it nothing is claimed about the rest.
const MOST_COMPARED: usize = 200;

/// Campaigns by the texts an attribute may be, and those that an attribute leaves open. All positions ascend.
pub(super) struct Neighbours {
    by_attribute: BTreeMap<String, Listed>,
}

#[derive(Default)]
struct Listed {
    /// Text to the campaigns that let it in.
    by_text: BTreeMap<String, Vec<usize>>,
    /// Campaigns for which the attribute is not just one of a few texts.
    open: Vec<usize>,
}

impl Neighbours {
    /// Indexes campaigns by their position in the slice.
    pub(super) fn new(campaigns: &[Inviting<'_>]) -> Self {
        let mut by_attribute: BTreeMap<String, Listed> = BTreeMap::new();
        for (position, campaign) in campaigns.iter().enumerate() {
            for (name, set) in campaign.audience.attributes() {
                for text in set.only_texts().into_iter().flatten() {
                    by_attribute.entry(name.to_owned()).or_default().by_text.entry(text.clone()).or_default().push(position);
                }
            }
        }
        for (name, listed) in &mut by_attribute {
            let is_open = |campaign: &Inviting<'_>| campaign.audience.attribute(name).is_none_or(|set| set.only_texts().is_none());
            listed.open = (0..campaigns.len()).filter(|position| is_open(&campaigns[*position])).collect();
        }
        Self { by_attribute }
    }

    /// Positions below `limit` of campaigns that could share a session with this one, ascending; not more than are compared.
    pub(super) fn below(&self, limit: usize, campaign: &Inviting<'_>) -> Vec<usize> {
        let closed = campaign.audience.attributes().filter_map(|(name, set)| Some((self.by_attribute.get(name)?, set.only_texts()?)));
        let lists = closed.map(|(listed, texts)| -> Vec<&[usize]> {
            let sharing = texts.iter().filter_map(|text| listed.by_text.get(text)).map(Vec::as_slice);
            sharing.chain([listed.open.as_slice()]).collect()
        });
        // The attribute that leaves the fewest.
        let Some(lists) = lists.min_by_key(|lists| lists.iter().map(|list| list.len()).sum::<usize>()) else {
            return (0..limit.min(MOST_COMPARED)).collect();
        };
        let nearest = lists.iter().flat_map(|list| list.iter().copied().take_while(|position| *position < limit).take(MOST_COMPARED));
        let mut positions: Vec<usize> = nearest.collect();
        positions.sort_unstable();
        positions.dedup();
        positions.truncate(MOST_COMPARED);
        positions
    }
}
