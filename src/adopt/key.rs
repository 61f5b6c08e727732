//! Keys from display names: readable, safe as file names on every system, and each one only once.

use std::collections::BTreeSet;

use deunicode::deunicode_with_tofu;

use crate::model::{CampaignId, CampaignKey};

/// The longest key that is made from a name, in characters.
const LONGEST: usize = 60;
/// File names that Windows keeps for devices, whatever their ending.
const DEVICES: [&str; 4] = ["con", "prn", "aux", "nul"];
/// Stems of files that are no campaigns.
const PROJECT: &str = "campaignctl";

/// The keys and file names that are taken. Case does not tell them apart: on many disks it does not.
#[derive(Debug, Clone, Default)]
pub struct Keys {
    taken: BTreeSet<String>,
}

impl Keys {
    /// Nothing but what is reserved is taken.
    pub fn new(taken: impl IntoIterator<Item = String>) -> Self {
        Self { taken: taken.into_iter().map(|name| name.to_lowercase()).collect() }
    }

    /// Whether no campaign may get this key: it is taken, or no system or loader would take the file for a campaign's.
    pub fn is_taken(&self, key: &str) -> bool {
        let key = key.to_lowercase();
        is_reserved(&key) || self.taken.contains(&key)
    }

    /// Takes a key.
    pub fn take(&mut self, key: &CampaignKey) {
        self.taken.insert(key.as_str().to_lowercase());
    }

    /// Makes a key from a name, or where nothing in it can be spelled from the id, and takes it. A number tells it from those
    /// that are taken.
    pub fn make(&mut self, name: &str, id: &CampaignId) -> CampaignKey {
        let from_name = spelled(name);
        let base =
            if from_name.is_empty() { format!("campaign-{}", spelled(&id.0).chars().take(8).collect::<String>()) } else { from_name };
        let mut candidates = std::iter::once(base.clone()).chain((2_u64..).map(|number| numbered(&base, number)));
        // Only so many keys are taken, and the numbers do not end.
        let free = candidates.find(|key| !self.is_taken(key)).and_then(|key| CampaignKey::new(key).ok());
        let key = free.expect("letters, digits and single dashes, starting with a letter or digit");
        self.take(&key);
        key
    }
}

fn is_reserved(key: &str) -> bool {
    let port = ["com", "lpt"].iter().find_map(|port| key.strip_prefix(port)).and_then(|number| number.parse::<u8>().ok());
    DEVICES.contains(&key) || key == PROJECT || (key.len() == 4 && port.is_some())
}

/// The name in lower-case letters, digits and single dashes; cut at a word where it is long.
fn spelled(name: &str) -> String {
    let mut out = String::new();
    for c in deunicode_with_tofu(name, "-").chars() {
        match c {
            c if c.is_ascii_alphanumeric() => out.push(c.to_ascii_lowercase()),
            // `don't` is one word.
            '\'' => {}
            _ if !out.is_empty() && !out.ends_with('-') => out.push('-'),
            _ => {}
        }
    }
    cut(out.trim_end_matches('-'), LONGEST)
}

fn numbered(base: &str, number: u64) -> String {
    let number = number.to_string();
    format!("{}-{number}", cut(base, LONGEST - 1 - number.len()))
}

/// At most so many characters, whole words where the first of them leaves enough to recognise.
fn cut(text: &str, longest: usize) -> String {
    let Some(head) = text.get(..longest).filter(|_| text.len() > longest) else { return text.to_owned() };
    let ends_word = text.as_bytes().get(longest) == Some(&b'-');
    let end = if ends_word { longest } else { head.rfind('-').filter(|end| *end > longest / 2).unwrap_or(longest) };
    head[..end].trim_end_matches('-').to_owned()
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::Keys;
    use crate::model::{CampaignId, CampaignKey};

    fn id() -> CampaignId {
        CampaignId("0B3A3c5e-6f0e-4a53-9d0e-3a3c5e6f0e4a".to_owned())
    }

    #[test]
    fn names_become_keys() {
        let table = [
            ("Pricing page, high churn risk", "pricing-page-high-churn-risk"),
            ("  Größe & Über—alles!  ", "grosse-uber-alles"),
            ("Don't leave (EU/US)", "dont-leave-eu-us"),
            ("Ёлка", "iolka"),
            ("---", "campaign-0b3a3c5e"),
            ("\u{1b}[31m", "31m"),
            ("CON", "con-2"),
            ("lpt1", "lpt1-2"),
            ("campaignctl", "campaignctl-2"),
            (
                "A very long name of a campaign that somebody wrote when nobody was looking at how long it was",
                "a-very-long-name-of-a-campaign-that-somebody-wrote-when",
            ),
        ];
        for (name, key) in table {
            assert_eq!(Keys::default().make(name, &id()).as_str(), key, "{name}");
        }
    }

    #[test]
    fn a_key_is_given_once_whatever_its_case() {
        let mut keys = Keys::new(["Pricing".to_owned(), "pricing-3".to_owned()]);
        let made: Vec<String> = ["pricing", "PRICING", "Pricing!"].iter().map(|name| keys.make(name, &id()).to_string()).collect();
        assert_eq!(made, ["pricing-2", "pricing-4", "pricing-5"]);
    }

    proptest! {
        #[test]
        fn any_names_get_keys_that_differ(names in prop::collection::vec(any::<String>(), 1..20)) {
            let mut keys = Keys::default();
            let mut made: Vec<CampaignKey> = names.iter().map(|name| keys.make(name, &id())).collect();
            prop_assert!(made.iter().all(|key| key.as_str().len() <= super::LONGEST && key.as_str() == key.as_str().to_lowercase()));
            made.sort();
            made.dedup();
            prop_assert_eq!(made.len(), names.len());
        }
    }
}
