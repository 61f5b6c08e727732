//! Exit codes, all of them, in one place.

use clap::ValueEnum;

use crate::apply::{Outcome, Report};
use crate::ops::Class;

/// How a command ended.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Exit {
    /// All is well.
    Ok,
    /// All is well, and `--detailed-exitcode` asked to be told that changes are pending.
    ChangesPending,
    /// Something is wrong.
    Error,
    /// A guard refused the plan.
    Guard,
    /// Live or the state moved meanwhile.
    Conflict,
    /// Some changes were made and some were not.
    Partial,
    /// It is not known whether some change was made.
    Unknown,
}

/// Which exit codes are used.
#[derive(Debug, Clone, Copy, Default, ValueEnum)]
pub(super) enum Set {
    /// Terraform's: 0 ok, 1 error, 2 changes pending
    #[default]
    Terraform,
    /// 1 split into 1 error, 3 guard, 4 conflict or stale, 5 partly applied, 6 outcome unknown
    Fine,
}

impl Exit {
    pub(super) fn code(self, set: Set) -> u8 {
        match (self, set) {
            (Self::Ok, _) => 0,
            (Self::ChangesPending, _) => 2,
            (_, Set::Terraform) | (Self::Error, Set::Fine) => 1,
            (Self::Guard, Set::Fine) => 3,
            (Self::Conflict, Set::Fine) => 4,
            (Self::Partial, Set::Fine) => 5,
            (Self::Unknown, Set::Fine) => 6,
        }
    }

    pub(super) fn of_class(class: Class) -> Self {
        match class {
            Class::Error => Self::Error,
            Class::Guard => Self::Guard,
            Class::Conflict => Self::Conflict,
        }
    }

    /// The gravest thing in a report decides.
    pub(super) fn of_report(report: &Report) -> Self {
        let any = |wanted: fn(&Outcome) -> bool| report.rows.iter().any(|row| wanted(&row.outcome));
        if report.is_complete() {
            Self::Ok
        } else if any(|outcome| matches!(outcome, Outcome::Unknown { .. })) {
            Self::Unknown
        } else if any(|outcome| matches!(outcome, Outcome::Done { .. })) {
            Self::Partial
        } else if any(|outcome| matches!(outcome, Outcome::Conflict { .. })) {
            Self::Conflict
        } else {
            Self::Error
        }
    }
}

#[cfg(test)]
mod tests {
    use super::{Exit, Set};

    #[test]
    fn scripts_that_know_terraform_see_only_its_codes() {
        let all = [Exit::Ok, Exit::ChangesPending, Exit::Error, Exit::Guard, Exit::Conflict, Exit::Partial, Exit::Unknown];
        assert_eq!(all.map(|exit| exit.code(Set::Terraform)), [0, 2, 1, 1, 1, 1, 1]);
        assert_eq!(all.map(|exit| exit.code(Set::Fine)), [0, 2, 1, 3, 4, 5, 6]);
    }
}
