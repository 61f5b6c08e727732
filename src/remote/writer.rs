//! The one type that can change what is live.

use serde_json::Value;

use super::confirm::{Confirmed, created, deleted, differences, reads_as_created, updated};
use super::endpoint::campaigns;
use super::read_back::{Verdict, verdict};
use super::request::Request;
use super::session::{Session, Stopped, Tries};
use super::{Reader, RemoteError, RemoteErrorKind};
use crate::model::{CampaignId, CampaignSpec, LiveCampaign};
use crate::reconcile::{StoredField, stored_differently};

/// How often a campaign is read back that seems to have been written, but does not show it yet: reads lag behind writes.
const LOOKS: u32 = 3;

/// Creates, replaces and deletes campaigns.
///
/// | | sent again | when the answer is lost | when the answer is not about what was sent |
/// |---|---|---|---|
/// | `create` | only where nothing was done: 429, no connection, a token that had ended (once) | error with [`RemoteError::outcome_unknown`] | where it has the name, that campaign is read; else as lost |
/// | `update` | as `create`, and after 502, 503, 504 | read back: done, sent again, or a conflict | read back: done, a conflict, or unknown |
/// | `delete` | as `update` | read back: gone is done, else sent again | read back: gone is done, else unknown |
///
/// An error without `outcome_unknown` means that nothing was done by this call, a conflict apart: there
/// [`RemoteErrorKind::Overtaken`] leaves open whether somebody changed the campaign before or after it.
#[derive(Debug)]
pub struct Writer {
    reader: Reader,
}

/// A campaign that was written.
#[derive(Debug, Clone, PartialEq)]
pub struct Written {
    /// The campaign as the server stores it.
    pub campaign: LiveCampaign,
    /// What the server stores differently from what was sent.
    pub differs: Vec<StoredField>,
}

/// What reading back found of a write whose answer was lost, or is not about what was sent.
enum Seen {
    /// It was done: the campaign as it is now.
    Done(Box<Written>),
    /// It was not done.
    Untouched,
    /// Somebody else moved the campaign to this version, or deleted it.
    Overtaken { now: Option<u64>, by: Option<String> },
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

    /// Makes a campaign. Names are not unique: the same call twice makes two. Sent again only where the server certainly did
    /// nothing with it. Whether the id is a new one is for the caller to judge: a server that repeats an earlier answer has
    /// said nothing about this create.
    ///
    /// # Errors
    /// Any [`RemoteError`]; ask it for [`RemoteError::outcome_unknown`] before creating again. Where the answer is about
    /// another campaign, [`RemoteError::answered_about`] names that.
    pub async fn create(&self, body: &Value) -> Result<Written, RemoteError> {
        let request = campaigns::create(body);
        let answer = self.reader.session.execute(&request).await?;
        let campaign =
            campaigns::decode_one(&answer.body, None).map_err(|reason| Session::undecodable(&request, &answer, reason))?;
        let mismatched = |reason: &str| Session::mismatched(&request, &answer, reason, Some(campaign.id.clone()));
        let Some(sent) = campaigns::proposal(body) else { return Err(mismatched("what was sent cannot be compared with it")) };
        match created(&sent, &campaign) {
            Confirmed::Yes => Ok(Written { campaign, differs: Vec::new() }),
            Confirmed::No(reason) => Err(mismatched(&reason)),
            Confirmed::Partly(reason) => self.read_created(&request, &sent, &campaign, mismatched(&reason)).await,
        }
    }

    /// Reads the campaign that the answer to a create named, where it was not shown as it was sent.
    async fn read_created(
        &self,
        request: &Request,
        sent: &CampaignSpec,
        answer: &LiveCampaign,
        error: RemoteError,
    ) -> Result<Written, RemoteError> {
        let mut looks = 1;
        loop {
            match self.reader.campaign(&answer.id).await {
                Ok(Some(campaign)) if reads_as_created(sent, answer, &campaign) => {
                    return Ok(Written { differs: stored_differently(sent, &campaign.spec), campaign });
                }
                Ok(_) if looks < LOOKS => {
                    self.reader.session.patience(looks, request).await.map_err(RemoteError::in_doubt)?;
                    looks += 1;
                }
                Ok(_) => return Err(error.noted("reading that campaign does not show it")),
                Err(failed) => return Err(error.noted(format!("reading that campaign failed too: {failed}"))),
            }
        }
    }

    /// Replaces a campaign whole. `body` carries the `version` it was planned against; a field left out is reset. When the
    /// answer is lost the campaign is read back: as sent and one version on is done, the planned version is sent again. When
    /// the answer is not about what was sent it is read back too, and never sent again.
    ///
    /// # Errors
    /// Any [`RemoteError`]; a conflict ([`RemoteError::is_conflict`]) where the live version is another;
    /// [`RemoteError::outcome_unknown`] where the answer was lost and reading back failed too.
    pub async fn update(&self, id: &CampaignId, body: &Value) -> Result<Written, RemoteError> {
        let request = campaigns::update(id, body)?;
        let sent = campaigns::replacement(id, body);
        let mut tries = Tries::default();
        let mut answered = None;
        loop {
            let stopped = match self.reader.session.push(&request, &mut tries).await {
                Ok(answer) => match (campaigns::decode_one(&answer.body, Some(id)), &sent) {
                    (Ok(campaign), Some(sent)) => match updated(sent, &campaign) {
                        Confirmed::Yes => return Ok(Written { campaign, differs: Vec::new() }),
                        Confirmed::Partly(reason) | Confirmed::No(reason) => {
                            answered = Some(campaign);
                            Session::mismatched(&request, &answer, &reason, None).into()
                        }
                    },
                    (Ok(_), None) => Session::mismatched(&request, &answer, "what was sent cannot be compared with it", None).into(),
                    (Err(reason), _) => Session::undecodable(&request, &answer, reason).into(),
                },
                Err(stopped) => stopped,
            };
            if !tries.in_doubt && !stopped.error.outcome_unknown() {
                return Err(stopped.error);
            }
            tries.in_doubt = true;
            let Some(sent) = &sent else { return Err(stopped.error.in_doubt()) };
            match self.look(id, sent, answered.as_ref(), &request, &stopped).await? {
                Seen::Done(written) => return Ok(*written),
                Seen::Overtaken { now, by } => return Err(overtaken(&request, &stopped, sent.version, now, by)),
                Seen::Untouched => self.again(&request, &mut tries, stopped).await?,
            }
        }
    }

    /// Deletes a campaign, whatever its version; one that is not there is deleted. When the answer is lost the campaign is
    /// read back: gone is done, anything else is sent again. An answer that is not 204 leaves it unknown, unless it is gone.
    ///
    /// # Errors
    /// Any [`RemoteError`]; [`RemoteError::outcome_unknown`] where the answer was lost and reading back failed too.
    pub async fn delete(&self, id: &CampaignId) -> Result<(), RemoteError> {
        self.remove(id, None).await
    }

    /// Deletes a campaign that was read at `version`, as [`Writer::delete`] does; but when the answer is lost and reading
    /// back finds another version, it is not sent again. The API has no conditional delete: the first try is not refused.
    ///
    /// # Errors
    /// As [`Writer::delete`]; a conflict where the version moved while it was not known whether the deletion was done.
    pub async fn delete_version(&self, id: &CampaignId, version: u64) -> Result<(), RemoteError> {
        self.remove(id, Some(version)).await
    }

    async fn remove(&self, id: &CampaignId, planned: Option<u64>) -> Result<(), RemoteError> {
        let request = campaigns::delete(id)?;
        let mut tries = Tries::default();
        loop {
            let stopped = match self.reader.session.push(&request, &mut tries).await {
                Ok(answer) => match deleted(&answer) {
                    Confirmed::Yes => return Ok(()),
                    Confirmed::Partly(reason) | Confirmed::No(reason) => Session::mismatched(&request, &answer, &reason, None).into(),
                },
                Err(Stopped { error, .. }) if error.is_gone() => return Ok(()),
                Err(stopped) => stopped,
            };
            if !tries.in_doubt && !stopped.error.outcome_unknown() {
                return Err(stopped.error);
            }
            tries.in_doubt = true;
            let Some(now) = self.read_until_gone(id, &request, &stopped).await? else { return Ok(()) };
            match planned.filter(|planned| *planned != now.version) {
                Some(planned) => return Err(overtaken(&request, &stopped, planned, Some(now.version), now.modified_by)),
                None => self.again(&request, &mut tries, stopped).await?,
            }
        }
    }

    /// Reads a campaign back that is to be deleted; several times where the server says that it did something.
    async fn read_until_gone(&self, id: &CampaignId, request: &Request, stopped: &Stopped) -> Result<Option<LiveCampaign>, RemoteError> {
        let mut looks = 1;
        loop {
            match self.read_back(id, stopped).await? {
                Some(_) if is_success(&stopped.error) && looks < LOOKS => {
                    self.reader.session.patience(looks, request).await.map_err(RemoteError::in_doubt)?;
                    looks += 1;
                }
                read => return Ok(read),
            }
        }
    }

    /// Looks what became of a replacement. `answered` is what its answer showed, where that could be read.
    async fn look(
        &self,
        id: &CampaignId,
        sent: &LiveCampaign,
        answered: Option<&LiveCampaign>,
        request: &Request,
        stopped: &Stopped,
    ) -> Result<Seen, RemoteError> {
        let session = &self.reader.session;
        let mut looks = 1;
        loop {
            let Some(now) = self.read_back(id, stopped).await? else { return Ok(Seen::Overtaken { now: None, by: None }) };
            match verdict(sent, &now, answered, session.client_id()) {
                Verdict::Done | Verdict::StoredDifferently => {
                    let differs = differences(sent, &now);
                    return Ok(Seen::Done(Box::new(Written { campaign: now, differs })));
                }
                Verdict::Overtaken => return Ok(Seen::Overtaken { now: Some(now.version), by: now.modified_by }),
                Verdict::Untouched if seems_done(&stopped.error) && looks < LOOKS => {
                    session.patience(looks, request).await.map_err(RemoteError::in_doubt)?;
                    looks += 1;
                }
                Verdict::Untouched => return Ok(Seen::Untouched),
            }
        }
    }

    /// The campaign as it is now; where it cannot be read, the write stays in doubt.
    async fn read_back(&self, id: &CampaignId, stopped: &Stopped) -> Result<Option<LiveCampaign>, RemoteError> {
        let read = self.reader.campaign(id).await;
        read.map_err(|error| stopped.error.clone().in_doubt().noted(format!("reading it back failed too: {error}")))
    }

    /// Waits before a write is sent again that was not done.
    async fn again(&self, request: &Request, tries: &mut Tries, stopped: Stopped) -> Result<(), RemoteError> {
        let Stopped { error, again } = stopped;
        let error = error.not_done();
        match again {
            Some(delay) => self.reader.session.repeat(request, tries, delay, error, false).await,
            None if error.is_conflict() => Err(error),
            None if seems_done(&error) => Err(error.in_doubt().noted("reading it back does not show it")),
            None => Err(error.noted("it was read back, and is as it was before")),
        }
    }
}

/// Whether an answer to a write in doubt says that it was done: refused because its version is no longer live, or a success
/// that cannot be read or does not fit. Reading back may lag behind it.
fn seems_done(error: &RemoteError) -> bool {
    error.is_conflict() || is_success(error)
}

/// Whether the server answered with a success, whatever else that answer said.
fn is_success(error: &RemoteError) -> bool {
    matches!(error.kind(), RemoteErrorKind::Undecodable { status: 200..=299, .. } | RemoteErrorKind::Mismatched { .. })
}

fn overtaken(request: &Request, stopped: &Stopped, planned: u64, now: Option<u64>, by: Option<String>) -> RemoteError {
    let kind = RemoteErrorKind::Overtaken { lost: stopped.error.to_string(), planned, now, by };
    RemoteError::of(request, kind, None)
}
