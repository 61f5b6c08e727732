//! `test`: the test cases of a project, run offline against what its files say for one environment.

use std::collections::BTreeSet;
use std::path::PathBuf;

use rayon::prelude::*;

use super::Failure;
use super::validate::{Validated, validate};
use crate::diagnostic::Severity;
use crate::load::{Environment, LoadedCampaign, LoadedTests, Project, load_tests};
use crate::model::{CampaignKey, QueueIds};
use crate::suite::{
    Boundary, Case, Contestant, Coverage, Decided, Edge, Mismatch, Mutant, Mutation, Nearby, Prepared, Survivor, Tested, Uncovered, World,
    boundaries, judge, mutants_of, suggest, uncovered,
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
    if let Some(filter) = request.filter.as_deref().filter(|_| cases.is_empty()) {
        return Err(match all {
            0 => Failure::new(
                format!("no case has `{filter}` in its title: there are no cases"),
                "write some in `*.test.yaml` beside the campaigns",
            ),
            all => Failure::new(format!("no case has `{filter}` in its title; there are {all}"), "see them all: campaignctl test --list"),
        });
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
