//! The guards as Terraform's checks: all of them, so that a reader sees which ones looked.

use super::super::refused;
use super::shape::{Check, CheckAddress, CheckInstance, InstanceAddress, Problem, Status};
use crate::reconcile::{Plan, Refusal};

/// One check for each kind of refusal.
pub(super) fn of(plan: &Plan, environment: &str) -> Vec<Check> {
    Refusal::IDS.into_iter().map(|name| check(name, plan, environment)).collect()
}

fn check(name: &'static str, plan: &Plan, environment: &str) -> Check {
    let problem = |refusal: &Refusal| {
        let told = refused(refusal, environment);
        Problem { message: format!("{}\n\n{}", told.message, told.hint) }
    };
    let problems: Vec<Problem> = plan.refusals.iter().filter(|refusal| refusal.id() == name).map(problem).collect();
    let is_unknown = plan.refusals.iter().any(|refusal| refusal.id() == name && matches!(refusal, Refusal::NotJudged(_)));
    let status = match problems.as_slice() {
        _ if is_unknown => Status::Unknown,
        [] if plan.not_judged.is_some() && name == Refusal::MAX_ADDED_INVITES => Status::Unknown,
        [] => Status::Pass,
        _ => Status::Fail,
    };
    let to_display = format!("check.{name}");
    Check {
        address: CheckAddress { kind: "check", name, to_display: to_display.clone() },
        status,
        instances: [CheckInstance { address: InstanceAddress { to_display }, status, problems }],
    }
}
