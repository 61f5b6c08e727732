//! Looks at what is live. Nothing here can change anything.

use std::fmt;
use std::sync::Arc;

use super::endpoint::campaigns::Entry;
use super::endpoint::{campaigns, organization, routing};
use super::http::Http;
use super::session::Session;
use super::{Credentials, RemoteError, Server, Settings, list};
use crate::model::{CampaignId, Live, LiveCampaign, NamedEntity, Organization};

/// Reads from one server with one set of credentials. Clones, and the writer made from one, share the connections, the
/// token, the limits on parallel requests and on requests a minute, the pause that a `Retry-After` makes, the deadline, and
/// what there is for repetitions.
#[derive(Clone)]
pub struct Reader {
    pub(super) session: Arc<Session>,
}

impl Reader {
    /// Prepares a client; nothing is sent yet.
    ///
    /// # Errors
    /// Where TLS cannot be set up (no root certificates on this machine) or the given token can stand in no header.
    pub fn new(server: Server, credentials: Credentials, settings: Settings) -> Result<Self, RemoteError> {
        let transport = Box::new(Http::new(&server, &settings)?);
        let session = Session::new(transport, server.api_url().to_owned(), credentials, settings, server.requests_per_minute())?;
        Ok(Self { session: Arc::new(session) })
    }

    /// Begins another run with the same connections, token and limits: its time ([`Settings::deadline`]) counts from now, and
    /// what it may repeat is counted anew. Requests of an earlier run must have ended.
    pub fn begin_run(&self) {
        self.session.begin_run();
    }

    /// The organization of the credentials. `GET /api/v2/organizations/me`.
    ///
    /// # Errors
    /// Any [`RemoteError`].
    pub async fn organization(&self) -> Result<Organization, RemoteError> {
        let request = organization::get();
        let answer = self.session.execute(&request).await?;
        organization::decode(&answer.body).map_err(|reason| Session::undecodable(&request, &answer, reason))
    }

    /// All campaigns, ordered by id: one request per 100 of them, all but the first at once.
    ///
    /// # Errors
    /// Any [`RemoteError`]; `ListUnstable` where campaigns came and went during each of three readings. A campaign whose
    /// body cannot be read is no error: it is listed as unreadable.
    pub async fn campaigns(&self) -> Result<Live, RemoteError> {
        let mut live = Live::default();
        for entry in list::read(&self.session, &campaigns::CAMPAIGNS).await? {
            match entry {
                Entry::Readable(campaign) => live.campaigns.push(campaign),
                Entry::Unreadable(campaign) => live.unreadable.push(campaign),
            }
        }
        live.campaigns.sort_unstable_by(|a, b| a.id.cmp(&b.id));
        live.unreadable.sort_unstable_by(|a, b| a.id.cmp(&b.id));
        Ok(live)
    }

    /// One campaign, or nothing where the API says that there is none.
    ///
    /// # Errors
    /// Any [`RemoteError`]; `Undecodable` for a campaign whose body this version cannot read.
    pub async fn campaign(&self, id: &CampaignId) -> Result<Option<LiveCampaign>, RemoteError> {
        let request = campaigns::get(id)?;
        let answer = match self.session.execute(&request).await {
            Err(error) if error.is_gone() => return Ok(None),
            answer => answer?,
        };
        let campaign = campaigns::decode_one(&answer.body, Some(id));
        campaign.map(Some).map_err(|reason| Session::undecodable(&request, &answer, reason))
    }

    /// All queues, ordered by name, then id. `GET /api/v2/routing/queues`.
    ///
    /// # Errors
    /// Any [`RemoteError`].
    pub async fn queues(&self) -> Result<Vec<NamedEntity>, RemoteError> {
        let mut queues = list::read(&self.session, &routing::QUEUES).await?;
        queues.sort_unstable_by(|a, b| (&a.name, &a.id).cmp(&(&b.name, &b.id)));
        Ok(queues)
    }

    /// All wrap-up codes, in the server's order. `GET /api/v2/routing/wrapupcodes`.
    ///
    /// # Errors
    /// Any [`RemoteError`].
    pub async fn wrap_up_codes(&self) -> Result<Vec<NamedEntity>, RemoteError> {
        list::read(&self.session, &routing::WRAP_UP_CODES).await
    }

    /// All skill groups, in the server's order. `GET /api/v2/routing/skillgroups`.
    ///
    /// # Errors
    /// Any [`RemoteError`].
    pub async fn skill_groups(&self) -> Result<Vec<NamedEntity>, RemoteError> {
        list::read_by_cursor(&self.session, &routing::SKILL_GROUPS).await
    }

    /// Requests sent so far by this reader, its clones and its writer; those for tokens and repetitions count.
    pub fn requests_sent(&self) -> u64 {
        self.session.requests_sent()
    }
}

impl fmt::Debug for Reader {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Reader")
            .field("server", &self.session.api_url())
            .field("requests_sent", &self.requests_sent())
            .finish_non_exhaustive()
    }
}
