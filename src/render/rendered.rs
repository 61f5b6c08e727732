//! Campaigns as one environment makes them, as YAML that can be compared with that of another environment.

use super::escape::inline;
use crate::edit::annotated;
use crate::load::{Mark, RenderedCampaign};

/// One document a campaign; a comment behind every line that an overlay or a variable made.
pub fn yaml(campaigns: &[RenderedCampaign]) -> String {
    let mut out = String::new();
    for RenderedCampaign { key, origin, value, marks } in campaigns {
        out.push_str(&format!("---\n# {} ({}:{})\n", key.address(), inline(&origin.file), origin.line));
        out.push_str(&annotated(value, &|pointer| marks.get(pointer).map(comment)));
    }
    out
}

/// `environments/production/x.yaml:3, ${cap}`
fn comment(mark: &Mark) -> String {
    let Mark { overlay, variables } = mark;
    let overlay = overlay.iter().map(|(file, line)| format!("{file}:{line}"));
    let parts: Vec<String> = overlay.chain(variables.iter().map(|name| format!("${{{name}}}"))).collect();
    inline(&parts.join(", "))
}
