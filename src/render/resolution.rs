//! What can be done about a campaign that somebody changed live: three commands, each complete.

use jiff::civil::Date;

use crate::model::CampaignKey;

/// What each way out does, and its command. `until` is the date that the third one suggests.
pub fn resolutions(environment: &str, key: &CampaignKey, until: Date) -> [(&'static str, String); 3] {
    let address = key.address();
    [
        ("keep what is live", format!("campaignctl drift -e {environment} --adopt {address}")),
        ("put back what was applied", format!("campaignctl apply -e {environment} --revert {address}")),
        ("leave it for now", format!("campaignctl drift -e {environment} --hold {address} --until {until}")),
    ]
}
