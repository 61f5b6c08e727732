//! A plan and what its reader must know beside it: every format is a function of this.

use jiff::civil::Date;
use jiff::{Timestamp, tz::TimeZone};

use super::super::replay;
use crate::model::{CampaignKey, Destination, Origin};
use crate::reconcile::{Goal, Plan};
use crate::render::resolution::resolutions;

/// What every format shows.
#[derive(Debug, Clone, Copy)]
pub struct Report<'a> {
    /// Where the plan would be applied.
    pub destination: &'a Destination,
    /// The plan.
    pub plan: &'a Plan,
    /// When it was made.
    pub created: Timestamp,
    /// What is known of the file that holds it, for a saved plan.
    pub saved: Option<Saved<'a>>,
    /// Where the files can be looked at, for formats that have links.
    pub links: Option<&'a Links>,
}

/// A plan that lies in a file.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Saved<'a> {
    /// The file, as the user named it.
    pub file: &'a str,
    /// When it can no longer be applied.
    pub expires: Timestamp,
    /// Whether that has passed.
    pub expired: bool,
}

/// Where the files of the project can be looked at in a browser.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Links {
    /// URL of the repository's root at one commit, without `/` at its end: `https://github.com/acme/campaigns/blob/<sha>`.
    pub base: String,
    /// Folder of the project below it, with `/` between the names; empty when it is the root.
    pub project: String,
}

impl Links {
    /// URL of the line where a campaign is declared.
    pub fn to(&self, origin: &Origin) -> String {
        let Origin { file, line, overlay: _ } = origin;
        let mut url = self.base.clone();
        for name in self.project.split('/').chain(file.split('/')).filter(|name| !name.is_empty()) {
            url.push('/');
            for byte in name.bytes() {
                match byte {
                    b'A'..=b'Z' | b'a'..=b'z' | b'0'..=b'9' | b'-' | b'.' | b'_' | b'~' => url.push(char::from(byte)),
                    byte => url.push_str(&format!("%{byte:02X}")),
                }
            }
        }
        format!("{url}#L{line}")
    }
}

impl Report<'_> {
    /// What recorded sessions make of the plan, where a recording was given.
    pub(in crate::render) fn replay(&self) -> Option<replay::Report<'_>> {
        let Report { destination, plan, created: _, saved: _, links: _ } = self;
        let replayed = plan.replayed.as_ref()?;
        Some(replay::Report { environment: &destination.environment, destination: Some(destination), replayed })
    }

    /// What can be done about a campaign that somebody changed live: nothing needs to be said in a plan that undoes it.
    pub(super) fn ways_out(&self, key: &CampaignKey) -> Vec<(&'static str, String)> {
        match self.plan.goal {
            Goal::Revert(_) => Vec::new(),
            Goal::Files | Goal::Rollback(_) => resolutions(&self.destination.environment, key, self.next_week()).into(),
        }
    }

    /// A week after the plan: the date that commands for a while suggest.
    pub fn next_week(&self) -> Date {
        let day = self.created.to_zoned(TimeZone::UTC).date();
        day.checked_add(jiff::Span::new().days(7)).unwrap_or(day)
    }
}

#[cfg(test)]
mod tests {
    use super::Links;
    use crate::model::Origin;

    #[test]
    fn a_link_leads_to_the_line_whatever_the_file_is_called() {
        let links = Links { base: "https://github.com/acme/campaigns/blob/0a1b".to_owned(), project: "infra/web chat".to_owned() };
        let origin = Origin { file: "campaigns/a)[b](#ü.yaml".to_owned(), line: 3, overlay: None };
        let url = "https://github.com/acme/campaigns/blob/0a1b/infra/web%20chat/campaigns/a%29%5Bb%5D%28%23%C3%BC.yaml#L3";
        assert_eq!(links.to(&origin), url);
    }
}
