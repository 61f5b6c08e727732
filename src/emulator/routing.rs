//! The lookups: the organization, queues, skill groups and wrap-up codes.

use std::sync::Arc;

use axum::Extension;
use axum::extract::Query;
use axum::response::{IntoResponse, Response};
use serde::Serialize;

use super::failure::{Failure, Problem};
use super::json_body::json_answer;
use super::page::{Parameters, enveloped, percent_encoded};
use super::sample::{DIVISION, QUEUES, SKILL_GROUPS, Sample, WRAP_UP_CODES};
use super::store::OrganizationRecord;

/// The path of the organization.
pub(super) const ORGANIZATION: &str = "/api/v2/organizations/me";
/// The path of the queues.
pub(super) const QUEUES_PATH: &str = "/api/v2/routing/queues";
/// The path of the skill groups.
pub(super) const SKILL_GROUPS_PATH: &str = "/api/v2/routing/skillgroups";
/// The path of the wrap-up codes.
pub(super) const WRAP_UP_CODES_PATH: &str = "/api/v2/routing/wrapupcodes";

/// The largest page of these lists.
const LARGEST_PAGE: u64 = 500;

/// The organization the database belongs to.
pub(super) async fn organization(Extension(organization): Extension<Arc<OrganizationRecord>>) -> Response {
    let OrganizationRecord { id, name } = &*organization;
    axum::Json(serde_json::json!({
        "id": id,
        "name": name,
        "defaultLanguage": "en_US",
        "defaultCountryCode": "US",
        "domain": "sample-organization",
        "state": "active",
        "version": 1,
        "selfUri": ORGANIZATION,
    }))
    .into_response()
}

/// One page of queues; `name` filters.
pub(super) async fn queues(Query(pairs): Query<Vec<(String, String)>>) -> Result<Response, Failure> {
    list(QUEUES, QUEUES_PATH, &Parameters(pairs))
}

/// One page of wrap-up codes; `name` filters.
pub(super) async fn wrap_up_codes(Query(pairs): Query<Vec<(String, String)>>) -> Result<Response, Failure> {
    list(WRAP_UP_CODES, WRAP_UP_CODES_PATH, &Parameters(pairs))
}

fn list(table: &[Sample], path: &str, parameters: &Parameters) -> Result<Response, Failure> {
    let page = parameters.page(LARGEST_PAGE)?;
    let name = parameters.get("name");
    let found: Vec<&Sample> = table.iter().filter(|sample| name.is_none_or(|pattern| matches(pattern, sample.name))).collect();
    let entities = entities(&found[page.range(found.len())], path);
    Ok(json_answer(page.envelope(&entities, found.len(), path, name)))
}

/// Skill groups by cursor: `after` is the id of the last one of the page before. `name` is the start of the name.
pub(super) async fn skill_groups(Query(pairs): Query<Vec<(String, String)>>) -> Result<Response, Failure> {
    let parameters = Parameters(pairs);
    let size = usize::try_from(parameters.page_size(LARGEST_PAGE)?).unwrap_or(usize::MAX);
    let start_of_name = parameters.get("name").unwrap_or_default().to_lowercase();
    let found: Vec<&Sample> = SKILL_GROUPS.iter().filter(|group| group.name.starts_with(&start_of_name)).collect();
    let start = match parameters.get("after") {
        None | Some("") => 0,
        Some(cursor) => {
            let place = found.iter().position(|group| group.id == cursor);
            let problem = || Problem::invalid_value("after", format!("`after` must be a cursor of this list; it is `{cursor}`"));
            place.ok_or_else(|| Failure::invalid(vec![problem()]))? + 1
        }
    };
    let end = start.saturating_add(size).min(found.len());
    let uri = |after: Option<&Sample>| {
        let mut uri = format!("{SKILL_GROUPS_PATH}?pageSize={size}");
        for (key, value) in [("name", parameters.get("name")), ("after", after.map(|group| group.id))] {
            if let Some(value) = value {
                uri.push_str(&format!("&{key}={}", percent_encoded(value)));
            }
        }
        uri
    };
    let before = |place: usize| place.checked_sub(1).and_then(|place| found.get(place)).copied();
    let tail = CursorTail {
        next_uri: (end < found.len()).then(|| uri(before(end))),
        self_uri: uri(before(start)),
        previous_uri: (start > 0).then(|| uri(before(start.saturating_sub(size)))),
    };
    Ok(json_answer(enveloped(&entities(&found[start..end], SKILL_GROUPS_PATH), &tail)))
}

/// The fields of a cursor page behind `entities`.
#[derive(Serialize)]
#[serde(rename_all = "camelCase")]
struct CursorTail {
    #[serde(skip_serializing_if = "Option::is_none")]
    next_uri: Option<String>,
    self_uri: String,
    #[serde(skip_serializing_if = "Option::is_none")]
    previous_uri: Option<String>,
}

/// The entities as JSON texts joined by commas.
fn entities(samples: &[&Sample], path: &str) -> Vec<u8> {
    let texts: Vec<String> = samples
        .iter()
        .map(|Sample { id, name }| {
            let division = serde_json::json!({ "id": DIVISION.id, "name": DIVISION.name });
            serde_json::json!({ "id": id, "name": name, "division": division, "selfUri": format!("{path}/{id}") }).to_string()
        })
        .collect();
    texts.join(",").into_bytes()
}

/// Whether a name fits a pattern that may begin and end with `*`; letter case means nothing.
fn matches(pattern: &str, name: &str) -> bool {
    let (pattern, name) = (pattern.to_lowercase(), name.to_lowercase());
    let (pattern, open_start) = pattern.strip_prefix('*').map_or((pattern.as_str(), false), |rest| (rest, true));
    let (pattern, open_end) = pattern.strip_suffix('*').map_or((pattern, false), |rest| (rest, true));
    match (open_start, open_end) {
        (false, false) => name == pattern,
        (true, false) => name.ends_with(pattern),
        (false, true) => name.starts_with(pattern),
        (true, true) => name.contains(pattern),
    }
}

#[cfg(test)]
mod tests {
    use super::matches;

    #[test]
    fn a_pattern_may_be_open_at_both_ends() {
        let table = [
            ("web support", true),
            ("Web Support", true),
            ("web*", true),
            ("*SUPPORT", true),
            ("*b s*", true),
            ("*", true),
            ("web", false),
            ("support*", false),
            ("w*t", false),
            ("", false),
        ];
        for (pattern, expected) in table {
            assert_eq!(matches(pattern, "Web Support"), expected, "{pattern}");
        }
    }
}
