//! Reads a whole list: the first page, then the others at once; again if it changed meanwhile.

use std::collections::BTreeSet;
use std::sync::Arc;

use tokio::task::JoinSet;

use super::page::{Fit, Page, fit, pages};
use super::request::Request;
use super::session::Session;
use super::{RemoteError, RemoteErrorKind};

/// How often a list that changes under our eyes is read.
const READINGS: u32 = 3;
/// Most pages of a list by cursor. Every one has 500 entries, so this is no list that anybody has.
const MOST_CURSOR_PAGES: usize = 2_000;

/// A list of the API.
pub(super) struct Listing<T> {
    /// Entities asked for a page.
    pub(super) page_size: u64,
    /// The request for one page, counted from 1.
    pub(super) request: fn(u64) -> Request,
    /// Reads the body of one page.
    pub(super) decode: fn(&str) -> Result<Page<T>, String>,
    /// What tells two entries apart.
    pub(super) id: fn(&T) -> &str,
}

/// A list of the API that has no pages to count: each one names the cursor of the next.
pub(super) struct CursorListing<T> {
    /// The request for the first page, or for the one after a cursor.
    pub(super) request: fn(Option<&str>) -> Request,
    /// Reads the body of one page.
    pub(super) decode: fn(&str) -> Result<CursorPage<T>, String>,
    /// What tells two entries apart.
    pub(super) id: fn(&T) -> &str,
}

/// One page of a list by cursor, decoded.
pub(super) struct CursorPage<T> {
    pub(super) items: Vec<T>,
    /// Cursor of the next page; `None` on the last one.
    pub(super) next: Option<String>,
}

/// Reads a list by cursor, one page after the other. An entry that comes twice is taken once. A cursor that comes twice
/// would go on for ever and is refused, and so are new ones without end.
pub(super) async fn read_by_cursor<T>(session: &Session, listing: &CursorListing<T>) -> Result<Vec<T>, RemoteError> {
    let mut items = Vec::new();
    let mut ids = BTreeSet::new();
    let mut seen: BTreeSet<String> = BTreeSet::new();
    let mut cursor: Option<String> = None;
    loop {
        let request = (listing.request)(cursor.as_deref());
        let answer = session.execute(&request).await?;
        let page = (listing.decode)(&answer.body).map_err(|reason| Session::undecodable(&request, &answer, reason))?;
        items.extend(page.items.into_iter().filter(|item| ids.insert((listing.id)(item).to_owned())));
        let Some(next) = page.next else { return Ok(items) };
        if !seen.insert(next.clone()) {
            return Err(Session::undecodable(&request, &answer, "the list goes round in circles".to_owned()));
        }
        if seen.len() >= MOST_CURSOR_PAGES {
            let reason = format!("the list has more than {MOST_CURSOR_PAGES} pages");
            return Err(Session::undecodable(&request, &answer, reason));
        }
        cursor = Some(next);
    }
}

/// Reads a list that was the same from its first page to its last. Where it was not, it is read again; a server that keeps
/// sending some entries twice, of as many different ones as it says there are, is believed the last time, without them.
pub(super) async fn read<T: Send + 'static>(session: &Arc<Session>, listing: &Listing<T>) -> Result<Vec<T>, RemoteError> {
    let mut reason = String::new();
    for reading in 1..=READINGS {
        if reading > 1 {
            session.patience(reading, &(listing.request)(1)).await?;
        }
        let read = read_pages(session, listing).await?;
        let totals = read.iter().map(|page| page.head.total);
        let ids = read.iter().flat_map(|page| &page.items).map(listing.id);
        match fit(totals, ids) {
            Fit::Whole => return Ok(read.into_iter().flat_map(|page| page.items).collect()),
            Fit::Repeated(_) if reading == READINGS => {
                let mut seen = BTreeSet::new();
                let items = read.into_iter().flat_map(|page| page.items);
                return Ok(items.filter(|item| seen.insert((listing.id)(item).to_owned())).collect());
            }
            Fit::Repeated(why) | Fit::Torn(why) => {
                tracing::debug!(path = (listing.request)(1).path, reading, why, "the list changed while it was read");
                reason = why;
            }
        }
    }
    let kind = RemoteErrorKind::ListUnstable { readings: READINGS, reason };
    Err(RemoteError::of(&(listing.request)(1), kind, None))
}

/// Reads every page once. The session bounds how many are under way; an error drops those that still are.
async fn read_pages<T: Send + 'static>(session: &Arc<Session>, listing: &Listing<T>) -> Result<Vec<Page<T>>, RemoteError> {
    let request = (listing.request)(1);
    let answer = session.execute(&request).await?;
    let undecodable = |reason| Session::undecodable(&request, &answer, reason);
    let first = (listing.decode)(&answer.body).map_err(undecodable)?;
    let count = pages(first.head, listing.page_size).map_err(undecodable)?;
    let mut under_way = JoinSet::new();
    for number in 2..=count {
        let (session, request, decode) = (Arc::clone(session), (listing.request)(number), listing.decode);
        under_way.spawn(async move {
            let answer = session.execute(&request).await?;
            decode(&answer.body).map_err(|reason| Session::undecodable(&request, &answer, reason))
        });
    }
    let mut read = vec![first];
    while let Some(joined) = under_way.join_next().await {
        // A task ends without a result only if it panicked or the runtime is going down.
        read.push(joined.map_err(|error| RemoteError::setup(format!("reading a page was cut off: {error}")))??);
    }
    Ok(read)
}
