//! `/api/v2/routing/…`: the names that campaigns refer to.

use serde::Deserialize;
use serde_json::value::RawValue;

use crate::model::NamedEntity;
use crate::remote::http;
use crate::remote::list::{CursorListing, CursorPage, Listing};
use crate::remote::page::{Envelope, Page};
use crate::remote::request::Request;

/// Largest page of these lists the platform answers.
const PAGE_SIZE: u64 = 500;

/// All queues.
pub(in crate::remote) const QUEUES: Listing<NamedEntity> = Listing {
    page_size: PAGE_SIZE,
    request: |number| page("/api/v2/routing/queues", number),
    decode: |body| decode_page(body, "queue"),
    id: |queue| &queue.id,
};

/// All wrap-up codes.
pub(in crate::remote) const WRAP_UP_CODES: Listing<NamedEntity> = Listing {
    page_size: PAGE_SIZE,
    request: |number| page("/api/v2/routing/wrapupcodes", number),
    decode: |body| decode_page(body, "wrap-up code"),
    id: |code| &code.id,
};

/// All skill groups. The platform lists them by cursor, without a total.
pub(in crate::remote) const SKILL_GROUPS: CursorListing<NamedEntity> =
    CursorListing { request: skill_groups_after, decode: decode_skill_groups, id: |group| &group.id };

fn page(path: &str, number: u64) -> Request {
    Request::get(path).query("pageSize", PAGE_SIZE).query("pageNumber", number)
}

fn decode_page(body: &str, what: &str) -> Result<Page<NamedEntity>, String> {
    let envelope: Envelope<'_> = serde_json::from_str(body).map_err(|error| format!("no page of {what}s: {error}"))?;
    Ok(Page { head: envelope.head(), items: named(&envelope.entities, what)? })
}

fn named(entities: &[&RawValue], what: &str) -> Result<Vec<NamedEntity>, String> {
    let decode = |raw: &&RawValue| serde_json::from_str(raw.get());
    entities.iter().map(decode).collect::<Result<_, _>>().map_err(|error| format!("a {what} without `id` or `name`: {error}"))
}

fn skill_groups_after(cursor: Option<&str>) -> Request {
    let request = Request::get("/api/v2/routing/skillgroups").query("pageSize", PAGE_SIZE);
    match cursor {
        Some(cursor) => request.query("after", cursor),
        None => request,
    }
}

/// A page by cursor; the cursor of the next one stands in `nextUri`, which is not followed itself.
#[derive(Deserialize)]
#[serde(rename_all = "camelCase")]
struct CursorEnvelope<'a> {
    #[serde(borrow)]
    entities: Vec<&'a RawValue>,
    next_uri: Option<String>,
}

fn decode_skill_groups(body: &str) -> Result<CursorPage<NamedEntity>, String> {
    let CursorEnvelope { entities, next_uri } = serde_json::from_str(body).map_err(|error| format!("no page of skill groups: {error}"))?;
    let next = match next_uri.filter(|uri| !uri.is_empty()) {
        Some(uri) => Some(http::query_value(&uri, "after").ok_or("the next page of skill groups has no cursor")?),
        None => None,
    };
    Ok(CursorPage { items: named(&entities, "skill group")?, next })
}
