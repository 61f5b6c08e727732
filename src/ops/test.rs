//! `test`: the test cases of a project, run offline against what its files say for one environment.

use std::collections::{BTreeMap, BTreeSet};
use std::path::PathBuf;

use rayon::prelude::*;

use super::Failure;
use super::validate::{Validated, validate};
use crate::diagnostic::{DocumentId, Finding, Severity, SourceMap};
use crate::load::{Environment, LoadedCampaign, LoadedTests, Project, load_tests};
use crate::model::{CampaignKey, CampaignSpec, QueueIds};
use crate::suite::{
    Boundary, Case, Contestant, Decided, Edge, Mismatch, Mutant, Nearby, SuggestedCase, World, boundaries, judge, mutants_of, suggest,
    uncovered,
};

/// How many campaigns are changed at the same time, before it is looked whether enough is enough.
const ROUND: usize = 64;

/// What is asked for.
#[derive(Debug, Clone, Default)]
pub struct Request {
    /// Only these test files, or all below these folders; empty: those of the project.
    pub files: Vec<PathBuf>,
    /// Only cases with this text in their title.
    pub filter: Option<String>,
    /// Whether to write a case for each limit that no case looks at.
    pub suggest: bool,
    /// Whether to change the campaigns and see which case notices; with the most changes that are tried.
    pub mutate: Option<usize>,
}

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
    specs: BTreeMap<CampaignKey, CampaignSpec>,
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

    /// The covered share, in whole percent, rounded down; 100 where there is nothing to cover.
    pub fn percent(&self) -> usize {
        percent(self.covered(), self.total)
    }
}

impl Mutation {
    /// Changes that some case noticed.
    pub fn killed(&self) -> usize {
        self.tried - self.survivors.len()
    }

    /// The noticed share, in whole percent, rounded down; 100 where nothing was tried.
    pub fn percent(&self) -> usize {
        percent(self.killed(), self.tried)
    }
}

impl Prepared {
    /// The body of a campaign, its queues by name where the file has them so.
    pub fn spec(&self, campaign: &CampaignKey) -> Option<&CampaignSpec> {
        self.specs.get(campaign)
    }
}

fn percent(part: usize, whole: usize) -> usize {
    (part * 100).checked_div(whole).unwrap_or(100)
}

impl Tested {
    /// How many cases fail.
    pub fn failed(&self) -> usize {
        self.results.iter().filter(|mismatches| !mismatches.is_empty()).count()
    }
}

/// Reads the campaigns and the cases.
///
/// # Errors
/// A campaign or a test file has errors, or the filter or the files select no case.
pub fn prepare(project: &Project, environment: &Environment, request: &Request) -> Result<Prepared, Failure> {
    let mut validated = validate(project, environment);
    let mut errors = validated.errors();
    let LoadedTests { cases, findings, files, elsewhere } = load_tests(project, environment, &mut validated.loaded, &request.files);
    let (wrong, warnings): (Vec<_>, Vec<_>) = findings.into_iter().partition(|finding| finding.severity == Severity::Error);
    errors.extend(wrong);
    let Validated { loaded, findings: _ } = validated;
    if !errors.is_empty() {
        return Err(Failure::of_findings("no case was run: the files have errors", errors, loaded.sources));
    }
    let all = cases.len();
    let is_selected = |case: &Case| request.filter.as_ref().is_none_or(|filter| case.title().contains(filter.as_str()));
    let cases: Vec<Case> = cases.into_iter().filter(is_selected).collect();
    if cases.is_empty() && all > 0 {
        let filter = request.filter.as_deref().unwrap_or_default();
        let message = format!("no case has `{filter}` in its title; there are {all}");
        return Err(Failure::new(message, "see them all: campaignctl test --list"));
    }
    if cases.is_empty() && elsewhere == 0 && !request.files.is_empty() {
        return Err(Failure::new("there is no test file in what --file names", "name a file, or a folder with files *.test.yaml"));
    }
    let names: BTreeSet<String> = loaded.campaigns.iter().flat_map(queues).collect();
    let queues = QueueIds::new(names.into_iter().map(|name| (name.clone(), name)));
    let specs = loaded.campaigns.iter().filter_map(|campaign| Some((campaign.key.clone(), campaign.document.resolve(&queues).ok()?)));
    Ok(Prepared {
        filtered: all - cases.len(),
        cases,
        elsewhere,
        files,
        warnings,
        specs: specs.collect(),
        documents: loaded.campaigns.iter().map(|campaign| (campaign.key.clone(), campaign.source)).collect(),
        sources: loaded.sources,
    })
}

/// The queues that a campaign names: offline, a name stands for itself.
fn queues(campaign: &LoadedCampaign) -> Vec<String> {
    let routing = campaign.document.actions.iter().filter_map(|action| action.routing_config.as_ref());
    routing.flat_map(|routing| [routing.queue.clone(), routing.overflow_queue.clone()]).flatten().collect()
}

/// Runs the cases. Changes of campaigns are tried only where every case passes without any.
pub fn run(prepared: &Prepared, request: &Request) -> Tested {
    let Prepared { cases, specs, .. } = prepared;
    let world = World::new(specs.iter().map(|(key, spec)| Contestant { key, spec }));
    let decided: Vec<Vec<Decided<'_>>> = cases.par_iter().map(|case| world.run(case)).collect();
    let results: Vec<Vec<Mismatch>> = cases.iter().zip(&decided).map(|(case, decided)| judge(case, decided)).collect();
    let coverage = cover(&world, cases, &decided, request.suggest);
    let all_pass = results.iter().all(Vec::is_empty);
    let mutation = request.mutate.filter(|_| all_pass).map(|most| mutate(&world, cases, request.filter.is_some(), most));
    Tested { results, coverage, mutation }
}

fn cover(world: &World<'_>, cases: &[Case], decided: &[Vec<Decided<'_>>], is_to_suggest: bool) -> Coverage {
    let all = boundaries(world);
    let ran: Vec<(&Case, &[Decided<'_>])> = cases.iter().zip(decided.iter().map(Vec::as_slice)).collect();
    let missing = uncovered(&all, &ran);
    let tell = |boundary: &&Boundary<'_>| Uncovered {
        campaign: boundary.campaign.key.clone(),
        edge: boundary.edge.clone(),
        pointer: pointer(&boundary.edge),
        suggested: is_to_suggest.then(|| suggest(world, boundary)).flatten(),
    };
    Coverage { total: all.len(), uncovered: missing.par_iter().map(tell).collect() }
}

fn pointer(edge: &Edge) -> String {
    match edge {
        Edge::Filter { index, .. } => format!("/filters/{index}"),
        Edge::CooldownRuns | Edge::CooldownEnds => "/throttling/cooldownSeconds".to_owned(),
        Edge::LastAllowed => "/throttling/maxInvitesPerContact".to_owned(),
        Edge::LastOfMinute | Edge::MinuteFull => "/throttling/maxInvitesPerMinute".to_owned(),
    }
}

/// Changes campaign by campaign, in order of their keys; with a selection of cases, only those that the cases speak of.
fn mutate(world: &World<'_>, cases: &[Case], is_selection: bool, most: usize) -> Mutation {
    let mut campaigns: Vec<Contestant<'_>> = world.contestants().to_vec();
    campaigns.retain(|campaign| !is_selection || cases.iter().any(|case| case.expected.contains_key(campaign.key)));
    campaigns.sort_by_key(|campaign| campaign.key);
    let matching: Vec<BTreeSet<&CampaignKey>> = cases.par_iter().map(|case| Nearby::matching(world, case)).collect();
    let mut mutation = Mutation::default();
    for round in campaigns.chunks(ROUND) {
        if mutation.tried >= most {
            mutation.campaigns_left_out += round.len();
            continue;
        }
        let of_round: Vec<Mutation> = round.par_iter().map(|campaign| of_campaign(world, *campaign, cases, &matching)).collect();
        for Mutation { tried, survivors, equivalent, campaigns_left_out: _ } in of_round {
            if mutation.tried + tried > most {
                mutation.campaigns_left_out += 1;
                continue;
            }
            mutation.tried += tried;
            mutation.survivors.extend(survivors);
            mutation.equivalent += equivalent;
        }
    }
    mutation
}

fn of_campaign<'w>(world: &World<'w>, campaign: Contestant<'w>, cases: &[Case], matching: &[BTreeSet<&'w CampaignKey>]) -> Mutation {
    let (mutants, equivalent) = mutants_of(world, campaign);
    let nearby = Nearby::new(campaign, cases, matching);
    let survives = |mutant: &&Mutant| nearby.killer(world, mutant).is_none();
    let survivors = mutants.iter().filter(survives).map(|Mutant { spec: _, pointer, change }| Survivor {
        campaign: campaign.key.clone(),
        pointer: pointer.clone(),
        change: change.clone(),
    });
    Mutation { tried: mutants.len(), survivors: survivors.collect(), equivalent, campaigns_left_out: 0 }
}
