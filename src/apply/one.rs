//! One change: look again, then write.

use super::{Outcome, StoredDifferently};
use crate::model::{CampaignId, LiveCampaign};
use crate::reconcile::{Action, Change, LiveSide};
use crate::remote::{RemoteError, Writer, Written};

/// Makes one change. Before an update or delete the live campaign is read once more: unless it is exactly what the plan
/// saw, nothing is written.
pub(super) async fn make(change: &Change, writer: &Writer) -> (Outcome, Option<RemoteError>) {
    match attempt(change, writer).await {
        Ok(outcome) => (outcome, None),
        Err(error) => (of_error(&error), Some(error)),
    }
}

async fn attempt(change: &Change, writer: &Writer) -> Result<Outcome, RemoteError> {
    let missing = |what: &str| Outcome::Failed { reason: format!("the plan holds no {what} for this campaign"), hint: None };
    match (change.action, &change.live, &change.body) {
        (Action::Create, _, Some(body)) => Ok(written(writer.create(body).await?)),
        (Action::Create, ..) => Ok(missing("body")),
        (Action::Update, Some(planned), Some(body)) => match writer.reader().campaign(&planned.id).await? {
            None => Ok(Outcome::Conflict { reason: "it was deleted since the plan".to_owned() }),
            Some(now) => match difference(planned, &now) {
                Some(reason) => Ok(Outcome::Conflict { reason }),
                None => Ok(written(writer.update(&planned.id, body).await?)),
            },
        },
        (Action::Delete, Some(planned), _) => match writer.reader().campaign(&planned.id).await? {
            None => Ok(done(&planned.id)),
            Some(now) => match difference(planned, &now) {
                Some(reason) => Ok(Outcome::Conflict { reason }),
                None => {
                    writer.delete_version(&planned.id, planned.version).await?;
                    Ok(done(&planned.id))
                }
            },
        },
        (Action::Record | Action::Forget, Some(planned), _) => Ok(done(&planned.id)),
        _ => Ok(missing("live campaign")),
    }
}

fn done(id: &CampaignId) -> Outcome {
    Outcome::Done { id: id.clone(), stored: None }
}

fn written(Written { campaign, differs }: Written) -> Outcome {
    let LiveCampaign { id, spec, .. } = campaign;
    let stored = (!differs.is_empty()).then(|| Box::new(StoredDifferently { body: spec, fields: differs }));
    Outcome::Done { id, stored }
}

/// What somebody did to a live campaign since the plan.
fn difference(planned: &LiveSide, now: &LiveCampaign) -> Option<String> {
    if planned.version == now.version && planned.spec == now.spec && planned.unmodelled == now.unmodelled {
        return None;
    }
    let who = now.modified_by.as_ref().map(|who| format!(" by {who:?}")).unwrap_or_default();
    let when = now.date_modified.map(|when| format!(" at {when:.0}")).unwrap_or_default();
    Some(format!("it was changed since the plan{who}{when}: version {} is now {}", planned.version, now.version))
}

fn of_error(error: &RemoteError) -> Outcome {
    let reason = error.to_string();
    if error.is_conflict() {
        Outcome::Conflict { reason }
    } else if error.not_attempted() {
        let hint = error.hint().map(|hint| format!("; {hint}")).unwrap_or_default();
        Outcome::NotAttempted { reason: format!("{reason}{hint}") }
    } else if error.outcome_unknown() {
        Outcome::Unknown { reason }
    } else {
        Outcome::Failed { reason, hint: error.hint() }
    }
}
