//! Any bytes as a campaign file: read, checked, and never a panic.
//!
//!     cargo +nightly fuzz run read
#![no_main]

use std::collections::BTreeMap;

use libfuzzer_sys::fuzz_target;

fuzz_target!(|bytes: &[u8]| {
    let text = String::from_utf8_lossy(bytes);
    let variables = BTreeMap::from([("limit".to_owned(), 0.72.into()), ("name".to_owned(), "x".into())]);
    for variables in [None, Some(&variables)] {
        let (values, _) = campaignctl::load::read_values(&text, variables);
        for value in values.iter().flatten() {
            // What the schema takes, the types take.
            if campaignctl::schema::check_campaign(value).is_empty() {
                let document = serde_json::from_value::<campaignctl::model::CampaignDocument>(value.clone());
                assert!(document.is_ok(), "{value}");
            }
        }
    }
});
