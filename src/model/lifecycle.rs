//! What the repo says about *how* a campaign is managed. Ours: never sent to the API.

use std::collections::BTreeMap;

use jiff::civil::Date;
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

/// The fields a plan can leave to others. A pointer to anything else would hold nothing, and the next plan would change what
/// its author believes to be safe.
const HOLDABLE: &str = concat!(
    r"^/(name|description|enabled|campaignType|evaluationMode",
    r"|filters(/[0-9]+(/(value|dataType))?)?",
    r"|actions(/[0-9]+(/config(/(inviteMessage|displayDuration|autoDismissOnScroll))?",
    r"|/routingConfig(/(queueId|skillGroups|wrapUpCode|priorityLevel|overflowQueueId))?)?)?",
    r"|throttling(/(maxInvitesPerContact|cooldownSeconds|maxInvitesPerMinute))?)$",
);

/// [`HOLDABLE`] for people.
const HOLDABLE_IN_WORDS: &str = "it names no field of a campaign that a plan changes; write one such as `/enabled`, \
     `/throttling/maxInvitesPerMinute`, `/filters` or `/actions/0/config/inviteMessage`";

/// A day of the calendar as `YYYY-MM-DD`, February 29 of leap years included and no other.
const DAY: &str = concat!(
    r"^([0-9]{4}-((0[13578]|1[02])-(0[1-9]|[12][0-9]|3[01])|(0[469]|11)-(0[1-9]|[12][0-9]|30)|02-(0[1-9]|1[0-9]|2[0-8]))",
    r"|([0-9]{2}(0[48]|[2468][048]|[13579][26])|([02468][048]|[13579][26])00)-02-29)$",
);

/// [`DAY`] for people.
const DAY_IN_WORDS: &str = "write the last day on which the live value stands, as `YYYY-MM-DD`, such as `2026-12-01`";

/// Rules for managing one campaign, kept in the file and remembered in the state.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "camelCase")]
#[schemars(deny_unknown_fields)]
pub struct Lifecycle {
    /// Refuse every plan that would delete this campaign. Remembered in the state, so deleting the file does not lift it.
    #[serde(default)]
    pub prevent_destroy: bool,
    /// When the file is deleted, stop managing the campaign and leave it live, instead of deleting it.
    #[serde(default)]
    pub keep: bool,
    /// Fields that others own, as JSON pointers into the campaign (`/enabled`, `/throttling/maxInvitesPerMinute`,
    /// `/filters`). Their live value stands: no plan changes them.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    #[schemars(
        extend("items" = { "type": "string", "pattern": HOLDABLE, "patternErrorMessage": HOLDABLE_IN_WORDS }),
        example = ["/enabled"]
    )]
    pub ignore_changes: Vec<String>,
    /// Fields that are left to live for a while: JSON pointers as in `ignoreChanges`, each with the last day (UTC,
    /// `YYYY-MM-DD`) on which the live value stands. After that day plans change the field again.
    #[serde(default, skip_serializing_if = "BTreeMap::is_empty")]
    #[schemars(
        with = "BTreeMap<String, String>",
        extend(
            "propertyNames" = { "pattern": HOLDABLE, "patternErrorMessage": HOLDABLE_IN_WORDS },
            "additionalProperties" = { "type": "string", "pattern": DAY, "patternErrorMessage": DAY_IN_WORDS }
        ),
        example = serde_json::json!({ "/enabled": "2026-12-01" })
    )]
    pub ignore_until: BTreeMap<String, Date>,
}

/// A field whose live value stands, and how long.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Hold {
    /// JSON pointer into the campaign as it stands in the file.
    pub pointer: String,
    /// The last day (UTC) on which it stands; `None` for ever.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub until: Option<Date>,
}

impl Hold {
    /// The whole campaign is left as it is live, and as it is remembered.
    pub fn everything() -> Self {
        Self { pointer: String::new(), until: None }
    }

    /// Whether it is the one of [`Hold::everything`].
    pub fn is_everything(&self) -> bool {
        self.pointer.is_empty()
    }
}

impl Lifecycle {
    /// The fields that are left to live on this day (UTC). What is held for ever comes first.
    pub fn held_on(&self, today: Date) -> Vec<Hold> {
        let Self { prevent_destroy: _, keep: _, ignore_changes, ignore_until } = self;
        let for_ever = ignore_changes.iter().map(|pointer| Hold { pointer: pointer.clone(), until: None });
        let for_now = ignore_until.iter().filter(|(pointer, until)| **until >= today && !ignore_changes.contains(pointer));
        for_ever.chain(for_now.map(|(pointer, until)| Hold { pointer: pointer.clone(), until: Some(*until) })).collect()
    }
}

#[cfg(test)]
mod tests {
    use jiff::civil::date;

    use super::{Hold, Lifecycle};

    #[test]
    fn a_field_is_held_up_to_and_including_its_day() {
        let lifecycle = Lifecycle {
            ignore_changes: vec!["/name".to_owned()],
            ignore_until: [("/enabled", date(2026, 12, 1)), ("/name", date(2026, 12, 1))]
                .map(|(pointer, day)| (pointer.to_owned(), day))
                .into(),
            ..Lifecycle::default()
        };
        let name = || Hold { pointer: "/name".to_owned(), until: None };
        let enabled = || Hold { pointer: "/enabled".to_owned(), until: Some(date(2026, 12, 1)) };
        assert_eq!(lifecycle.held_on(date(2026, 11, 20)), [name(), enabled()]);
        assert_eq!(lifecycle.held_on(date(2026, 12, 1)), [name(), enabled()]);
        assert_eq!(lifecycle.held_on(date(2026, 12, 2)), [name()]);
    }
}
