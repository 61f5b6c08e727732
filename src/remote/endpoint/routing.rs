//! `/api/v2/routing/…`: the names that campaigns refer to.

use crate::model::NamedEntity;
use crate::remote::list::Listing;
use crate::remote::page::{Envelope, Page};
use crate::remote::request::Request;

/// Largest page of queues the platform answers.
const PAGE_SIZE: u64 = 500;

/// All queues.
pub(in crate::remote) const QUEUES: Listing<NamedEntity> =
    Listing { page_size: PAGE_SIZE, request: page, decode: decode_page, id: |queue| &queue.id };

fn page(number: u64) -> Request {
    Request::get("/api/v2/routing/queues").query("pageSize", PAGE_SIZE).query("pageNumber", number)
}

fn decode_page(body: &str) -> Result<Page<NamedEntity>, String> {
    let envelope: Envelope<'_> = serde_json::from_str(body).map_err(|error| format!("no page of queues: {error}"))?;
    let decode = |raw: &&serde_json::value::RawValue| serde_json::from_str(raw.get());
    let items = envelope.entities.iter().map(decode).collect::<Result<_, _>>();
    Ok(Page { head: envelope.head(), items: items.map_err(|error| format!("a queue without `id` or `name`: {error}"))? })
}
