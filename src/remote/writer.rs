//! The one type that can change what is live.

use serde_json::Value;

use super::endpoint::campaigns;
use super::request::Request;
use super::session::Session;
use super::{Reader, RemoteError};
use crate::model::{CampaignId, LiveCampaign};

/// Creates, replaces and deletes campaigns. A write is sent once; it is repeated only where the server says that it was
/// not processed (429, or 401 with a stale token). Whoever calls resolves the errors whose outcome is unknown.
#[derive(Debug)]
pub struct Writer {
    reader: Reader,
}

impl Writer {
    /// Writes where `reader` reads, with its credentials, connections and limits.
    pub fn new(reader: Reader) -> Self {
        Self { reader }
    }

    /// The reader it was made from.
    pub fn reader(&self) -> &Reader {
        &self.reader
    }

    /// Makes a campaign. Names are not unique: the same call twice makes two.
    ///
    /// # Errors
    /// Any [`RemoteError`]; ask it for [`RemoteError::outcome_unknown`] before creating again.
    pub async fn create(&self, body: &Value) -> Result<LiveCampaign, RemoteError> {
        self.change(&campaigns::create(body), None).await
    }

    /// Replaces a campaign whole. `body` carries the `version` it was planned against; a field left out is reset.
    ///
    /// # Errors
    /// Any [`RemoteError`]; a conflict ([`RemoteError::is_conflict`]) where the live version is another.
    pub async fn update(&self, id: &CampaignId, body: &Value) -> Result<LiveCampaign, RemoteError> {
        self.change(&campaigns::update(id, body)?, Some(id)).await
    }

    /// Deletes a campaign; one that is not there is deleted.
    ///
    /// # Errors
    /// Any [`RemoteError`].
    pub async fn delete(&self, id: &CampaignId) -> Result<(), RemoteError> {
        let request = campaigns::delete(id)?;
        match self.reader.session.execute(&request).await {
            Err(error) if error.is_gone() => Ok(()),
            Err(error) => Err(error),
            // A page of something in between must not pass for a deletion.
            Ok(answer) if answer.body.trim_start().starts_with('<') => Err(Session::undecodable(&request, &answer, "an HTML page")),
            Ok(_) => Ok(()),
        }
    }

    async fn change(&self, request: &Request, id: Option<&CampaignId>) -> Result<LiveCampaign, RemoteError> {
        let answer = self.reader.session.execute(request).await?;
        campaigns::decode_one(&answer.body, id).map_err(|reason| Session::undecodable(request, &answer, reason))
    }
}
