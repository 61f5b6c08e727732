//! `/api/v2/organizations/me`: whose token this is.

use crate::model::Organization;
use crate::remote::request::Request;

/// The request for the organization of the token.
pub(in crate::remote) fn get() -> Request {
    Request::get("/api/v2/organizations/me")
}

/// Reads its answer.
pub(in crate::remote) fn decode(body: &str) -> Result<Organization, String> {
    serde_json::from_str(body).map_err(|error| format!("no organization with `id` and `name`: {error}"))
}
