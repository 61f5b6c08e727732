//! A plan as the terraform report of GitLab: three numbers for the merge request's widget.

use serde::Serialize;

use super::Report;
use crate::reconcile::Summary;
use crate::render::json_text::json_line;

/// The widget shows an error for anything with more than six digits.
const MOST: usize = 999_999;

/// All three keys are needed, also for a plan without changes.
#[derive(Serialize)]
struct Counts {
    create: usize,
    update: usize,
    delete: usize,
}

/// The whole document. What leaves live as it is (imports, moves, forgets) has no number here.
pub fn gitlab(report: &Report<'_>) -> String {
    let Report { destination: _, plan, created: _, saved: _, links: _ } = report;
    counts(plan.summary())
}

fn counts(summary: Summary) -> String {
    let Summary { import: _, add, change, destroy, forget: _, moved: _ } = summary;
    json_line(&Counts { create: add.min(MOST), update: change.min(MOST), delete: destroy.min(MOST) })
}

#[cfg(test)]
mod tests {
    use super::counts;
    use crate::reconcile::Summary;

    #[test]
    fn all_three_numbers_are_there_and_none_has_more_than_six_digits() {
        let summary = Summary { import: 7, add: 1_000_000, change: 2, destroy: 0, forget: 7, moved: 7 };
        assert_eq!(counts(summary), "{\"create\":999999,\"update\":2,\"delete\":0}\n");
    }
}
