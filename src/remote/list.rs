//! Reads a whole list: the first page, then the others at once; again if it changed meanwhile.

use std::sync::Arc;

use tokio::task::JoinSet;

use super::page::{Page, consistent, pages};
use super::request::Request;
use super::session::Session;
use super::{RemoteError, RemoteErrorKind};

/// How often a list that changes under our eyes is read.
const READINGS: u32 = 3;

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

/// Reads a list that was the same from its first page to its last.
pub(super) async fn read<T: Send + 'static>(session: &Arc<Session>, listing: &Listing<T>) -> Result<Vec<T>, RemoteError> {
    let mut reason = String::new();
    for _ in 0..READINGS {
        let read = read_pages(session, listing).await?;
        let totals = read.iter().map(|page| page.head.total);
        let ids = read.iter().flat_map(|page| &page.items).map(listing.id);
        match consistent(totals, ids) {
            Ok(()) => return Ok(read.into_iter().flat_map(|page| page.items).collect()),
            Err(unstable) => reason = unstable,
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
