//! The cases of a project, and what a run of them came to.

use std::collections::BTreeMap;

use super::boundary::Edge;
use super::case::Case;
use super::judge::Mismatch;
use super::suggestion::SuggestedCase;
use crate::diagnostic::{DocumentId, Finding, SourceMap};
use crate::model::{CampaignKey, CampaignSpec};

/// The cases of a project, ready to be run.
#[derive(Debug)]
pub struct Prepared {
    /// The selected cases, in order of file and place.
    pub cases: Vec<Case>,
    /// Cases that the filter left out.
    pub filtered: usize,
    /// Cases that are for other environments.
    pub elsewhere: usize,
    /// Test files found.
    pub files: usize,
    /// What is doubtful in the test files.
    pub warnings: Vec<Finding>,
    /// All files.
    pub sources: SourceMap,
    /// Where each campaign stands.
    pub documents: BTreeMap<CampaignKey, DocumentId>,
    /// The body of each campaign, its queues by name where the file has them so.
    pub specs: BTreeMap<CampaignKey, CampaignSpec>,
}

/// What the cases came to.
#[derive(Debug)]
pub struct Tested {
    /// For each case, in order, what is other than expected; nothing for one that passes.
    pub results: Vec<Vec<Mismatch>>,
    /// Which limits the cases look at.
    pub coverage: Coverage,
    /// Which changes the cases notice, where that was asked.
    pub mutation: Option<Mutation>,
}

/// Which limits the cases look at.
#[derive(Debug, Clone, PartialEq)]
pub struct Coverage {
    /// Limits, each side for itself.
    pub total: usize,
    /// Those that no case looks at.
    pub uncovered: Vec<Uncovered>,
}

/// A side of a limit that no case looks at.
#[derive(Debug, Clone, PartialEq)]
pub struct Uncovered {
    /// The campaign.
    pub campaign: CampaignKey,
    /// Which side of which limit.
    pub edge: Edge,
    /// JSON pointer to the limit in the campaign.
    pub pointer: String,
    /// A case for it, where one was asked for and can be written.
    pub suggested: Option<SuggestedCase>,
}

/// Which changes of the campaigns the cases notice.
#[derive(Debug, Clone, PartialEq, Default)]
pub struct Mutation {
    /// Changes that were tried.
    pub tried: usize,
    /// Those that no case noticed.
    pub survivors: Vec<Survivor>,
    /// Changes that were not tried, because they can be proved to change no decision.
    pub equivalent: usize,
    /// Campaigns that were not changed, because there were changes enough.
    pub campaigns_left_out: usize,
}

/// A change that no case noticed.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Survivor {
    /// The campaign.
    pub campaign: CampaignKey,
    /// JSON pointer to what was changed.
    pub pointer: String,
    /// The change.
    pub change: String,
}

impl Coverage {
    /// Limits that some case looks at.
    pub fn covered(&self) -> usize {
        self.total - self.uncovered.len()
    }

    /// The covered share, in whole percent, rounded down; `None` where there is nothing to cover.
    pub fn percent(&self) -> Option<usize> {
        percent(self.covered(), self.total)
    }
}

impl Mutation {
    /// Changes that some case noticed.
    pub fn killed(&self) -> usize {
        self.tried - self.survivors.len()
    }

    /// The noticed share, in whole percent, rounded down; `None` where nothing was tried.
    pub fn percent(&self) -> Option<usize> {
        percent(self.killed(), self.tried)
    }
}

impl Prepared {
    /// The body of a campaign, its queues by name where the file has them so.
    pub fn spec(&self, campaign: &CampaignKey) -> Option<&CampaignSpec> {
        self.specs.get(campaign)
    }
}

fn percent(part: usize, whole: usize) -> Option<usize> {
    (part * 100).checked_div(whole)
}

impl Tested {
    /// How many cases fail.
    pub fn failed(&self) -> usize {
        self.results.iter().filter(|mismatches| !mismatches.is_empty()).count()
    }
}
