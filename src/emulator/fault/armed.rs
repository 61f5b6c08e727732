//! A script that is set: what happens to the request that comes now, and what has happened so far.

use serde::Serialize;

use super::kind::{Fault, Staleness};
use super::rule::{FaultRule, Times};
use super::script::FaultScript;
use crate::emulator::route::Route;

/// What a rule can ask of a request.
#[derive(Debug, Clone, Copy)]
pub(in crate::emulator) struct Asked<'a> {
    /// HTTP method.
    pub method: &'a str,
    /// Path without query.
    pub path: &'a str,
    /// What is asked for.
    pub route: Option<Route>,
    /// Name of the campaign.
    pub campaign: Option<&'a str>,
    /// Number of the page of a list, from 1.
    pub page: u64,
}

/// The rules that are set, with their counts.
#[derive(Debug)]
pub(in crate::emulator) struct Armed {
    seed: u64,
    rules: Vec<ArmedRule>,
}

#[derive(Debug)]
struct ArmedRule {
    rule: FaultRule,
    matched: u64,
    fired: u64,
}

/// The state as people see it.
#[derive(Debug, Serialize)]
pub(in crate::emulator) struct Shown<'a> {
    seed: u64,
    faults: Vec<ShownRule<'a>>,
}

#[derive(Debug, Serialize)]
struct ShownRule<'a> {
    when: &'a super::When,
    fault: &'a Fault,
    times: Times,
    matched: u64,
    fired: u64,
}

impl Armed {
    /// Sets a script; `seed` counts where the script has none.
    pub fn new(script: FaultScript, seed: u64) -> Self {
        let FaultScript { seed: own, rules } = script;
        let rules = rules.into_iter().map(|rule| ArmedRule { rule, matched: 0, fired: 0 }).collect();
        Self { seed: own.unwrap_or(seed), rules }
    }

    /// Whether lists may have to be shown as they were.
    pub fn needs_history(&self) -> bool {
        self.rules.iter().any(|armed| matches!(armed.rule.fault, Fault::StaleList(_)))
    }

    /// The faults of this request: of those that end a request the first in the order of the script, and all others. `hides`
    /// tells whether there is anything to hide from a list.
    pub fn decide(&mut self, asked: &Asked<'_>, hides: impl Fn(Staleness) -> bool) -> Vec<Fault> {
        let mut faults: Vec<Fault> = Vec::new();
        for (number, armed) in self.rules.iter_mut().enumerate() {
            let FaultRule { when, fault, times: _ } = &armed.rule;
            let possible = match fault {
                Fault::DuplicatePageEntry | Fault::MissingPageEntry => asked.page > 1,
                Fault::StaleList(staleness) => hides(*staleness),
                _ => true,
            };
            if !fault.fits(asked.route) || !possible || !when.counts(asked) {
                continue;
            }
            armed.matched += 1;
            let left = match armed.rule.limit() {
                Times::Limited(times) => armed.fired < u64::from(times.get()),
                Times::Unlimited => true,
            };
            let taken = fault.ends() && faults.iter().any(Fault::ends);
            if left && !taken && when.is_turn(self.seed, number, armed.matched) {
                armed.fired += 1;
                faults.push(fault.clone());
            }
        }
        faults
    }

    /// How often each rule fired.
    pub fn fired(&self) -> Vec<u64> {
        self.rules.iter().map(|armed| armed.fired).collect()
    }

    /// What is set and how often each rule counted and fired.
    pub fn shown(&self) -> Shown<'_> {
        let faults = self.rules.iter().map(|ArmedRule { rule, matched, fired }| ShownRule {
            when: &rule.when,
            fault: &rule.fault,
            times: rule.limit(),
            matched: *matched,
            fired: *fired,
        });
        Shown { seed: self.seed, faults: faults.collect() }
    }
}
