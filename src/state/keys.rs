//! Giving a remembered campaign another key, and forgetting one: with everything that is remembered of it.

use super::{Run, StateDocument, Touched};
use crate::model::{CampaignId, CampaignKey, Intent, Remembered};

impl StateDocument {
    /// The create of this campaign that was begun and whose end is not known. Until that is known the campaign must keep its
    /// key: whatever looks for what the create made looks under it.
    pub fn open_create(&self, key: &CampaignKey) -> Option<&Intent> {
        self.intents.get(key)
    }

    /// Gives a campaign another key, in the runs too: a rollback finds it under the new one. Returns the runs that cannot be
    /// gone back to any more, because they touched another campaign under that key; they are forgotten.
    ///
    /// `None`, and nothing is changed, where `old` is not remembered or `new` is.
    pub fn rename(&mut self, old: &CampaignKey, new: &CampaignKey) -> Option<Vec<Run>> {
        let campaigns = &mut self.campaigns.campaigns;
        if campaigns.contains_key(new) {
            return None;
        }
        let remembered = campaigns.remove(old)?;
        let is_another = |touched: &Touched| touched.id.as_ref() != Some(&remembered.id);
        let forgotten = self.runs.extract_if(.., |run| run.touched.get(new).is_some_and(is_another)).collect();
        for run in &mut self.runs {
            if let Some(touched) = run.touched.remove(old) {
                run.touched.entry(new.clone()).or_insert(touched);
            }
        }
        campaigns.insert(new.clone(), remembered);
        Some(forgotten)
    }

    /// Forgets a campaign, also in the runs: a rollback must not take it back. `None` where it is not remembered.
    pub fn release(&mut self, key: &CampaignKey) -> Option<Remembered> {
        let remembered = self.campaigns.campaigns.remove(key)?;
        // Where another key has the same live campaign, what the runs say of that id is the other key's.
        let is_shared = self.campaigns.campaigns.values().any(|other| other.id == remembered.id);
        for run in &mut self.runs {
            // Under an earlier key it is known by its id.
            let is_it = |touched: &Touched| !is_shared && touched.id.as_ref() == Some(&remembered.id);
            run.touched.retain(|touched_key, touched| touched_key != key && !is_it(touched));
        }
        self.runs.retain(|run| !run.touched.is_empty());
        Some(remembered)
    }

    /// Two keys that have the same live campaign, and its id, where there are such: a plan would change it as both.
    pub fn claimed_twice(&self) -> Option<(&CampaignKey, &CampaignKey, &CampaignId)> {
        let mut claims = std::collections::BTreeMap::new();
        self.campaigns.campaigns.iter().find_map(|(key, remembered)| {
            let id = &remembered.id;
            Some((claims.insert(id, key)?, key, id))
        })
    }
}

#[cfg(test)]
mod tests {
    use std::collections::BTreeMap;

    use jiff::Timestamp;

    use super::{Remembered, Run, StateDocument, Touched};
    use crate::model::{CampaignId, CampaignKey};
    use crate::state::Owner;

    fn key(text: &str) -> CampaignKey {
        CampaignKey::new(text).unwrap()
    }

    fn remembered(id: &str) -> Remembered {
        let body =
            serde_json::json!({ "name": id, "campaignType": "proactive", "evaluationMode": "realtime", "filters": [], "actions": [] });
        let body = serde_json::from_value(body).unwrap();
        Remembered::new(CampaignId(id.to_owned()), body)
    }

    /// A state with these campaigns, and one run for each list of what it touched.
    fn document(campaigns: &[(&str, &str)], runs: &[&[(&str, &str)]]) -> StateDocument {
        let owner = Owner { environment: "e".to_owned(), organization: "o".to_owned() };
        let mut document = StateDocument::new("l".to_owned(), owner);
        document.campaigns.campaigns = campaigns.iter().map(|(name, id)| (key(name), remembered(id))).collect();
        for (number, touched) in runs.iter().enumerate() {
            let touch = |(name, id): &(&str, &str)| (key(name), Touched { id: Some(CampaignId((*id).to_owned())), before: None });
            let touched: BTreeMap<_, _> = touched.iter().map(touch).collect();
            document.runs.push(Run { id: number.to_string(), at: Timestamp::UNIX_EPOCH, touched });
        }
        document
    }

    fn touched(document: &StateDocument) -> Vec<String> {
        let names = |run: &Run| run.touched.keys().map(ToString::to_string).collect::<Vec<_>>().join(" ");
        document.runs.iter().map(|run| format!("{}: {}", run.id, names(run))).collect()
    }

    #[test]
    fn a_new_key_goes_into_the_runs_and_the_runs_of_another_campaign_are_forgotten() {
        let mut state = document(&[("old", "1"), ("other", "2")], &[&[("old", "1")], &[("new", "3")], &[("old", "9"), ("other", "2")]]);
        let forgotten = state.rename(&key("old"), &key("new")).unwrap();
        assert_eq!(forgotten.iter().map(|run| run.id.as_str()).collect::<Vec<_>>(), ["1"]);
        assert_eq!(touched(&state), ["0: new", "2: new other"]);
        assert_eq!(state.campaigns.campaigns.keys().map(CampaignKey::as_str).collect::<Vec<_>>(), ["new", "other"]);
        let before = state.clone();
        assert!(state.rename(&key("old"), &key("newer")).is_none() && state.rename(&key("new"), &key("other")).is_none());
        assert_eq!(state, before);
    }

    #[test]
    fn a_campaign_is_forgotten_under_every_key_it_had() {
        let mut state = document(&[("now", "1"), ("other", "2")], &[&[("then", "1")], &[("now", "1"), ("other", "2")]]);
        assert_eq!(state.release(&key("now")).unwrap().id.0, "1");
        assert_eq!(touched(&state), ["1: other"]);
        assert!(state.release(&key("now")).is_none());
    }

    #[test]
    fn one_live_campaign_has_one_key() {
        assert_eq!(document(&[("a", "1"), ("b", "2")], &[]).claimed_twice(), None);
        let id = CampaignId("1".to_owned());
        assert_eq!(document(&[("a", "1"), ("b", "2"), ("c", "1")], &[]).claimed_twice(), Some((&key("a"), &key("c"), &id)));
        let (lower, upper) = (document(&[("a", "x"), ("b", "X")], &[]), CampaignId("X".to_owned()));
        assert_eq!(lower.claimed_twice(), Some((&key("a"), &key("b"), &upper)), "ids are equal in any letter case");
    }

    #[test]
    fn a_campaign_that_two_keys_have_keeps_its_runs_under_the_other_key() {
        let mut state = document(&[("a", "1"), ("b", "1")], &[&[("a", "1")], &[("b", "1")]]);
        assert_eq!(state.release(&key("b")).unwrap().id.0, "1");
        assert_eq!(touched(&state), ["0: a"]);
    }
}
