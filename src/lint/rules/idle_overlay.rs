//! `idle-overlay`: an overlay that changes nothing.

use crate::diagnostic::{Finding, Part, SourceMap};
use crate::lint::{Gravity, OverlayAt, Rule, Settings, Subject};
use crate::model::Level;

/// An overlay that changes nothing.
pub(in crate::lint) const RULE: Rule = Rule {
    id: "idle-overlay",
    gravity: Gravity::Warning(Level::Warn),
    summary: "an overlay says what the campaign file says anyway",
    what: "Compares each campaign of the environment with and without its overlay, variables filled in.",
    why: "Most often the campaign file was changed to the overlay's value, or the overlay was copied and never adapted: whoever reads it believes that this environment is different, and the next change of the campaign file does not reach it.",
    example: "# campaigns/pricing-churn.yaml\nthrottling: { maxInvitesPerMinute: 50 }\n# environments/staging/pricing-churn.yaml\nthrottling: { maxInvitesPerMinute: 50 }",
    fix: "# environments/staging/pricing-churn.yaml\nthrottling: { maxInvitesPerMinute: 5 }   # or no such file",
};

pub(in crate::lint) fn check(_: &[Subject<'_>], sources: &SourceMap, settings: &Settings<'_>) -> Vec<Finding> {
    let idle = settings.overlays.iter().filter(|overlay| settings.complete && !overlay.changes);
    let finding = |OverlayAt { key, document, changes: _ }: &OverlayAt<'_>| {
        let environment = settings.environment;
        let message = format!("this overlay changes nothing of {} in environment `{environment}`", key.address());
        Finding::warning(RULE.id, sources.place(*document, "", Part::Value), message)
            .help("delete the file, or write what is different in this environment")
    };
    idle.map(finding).collect()
}
