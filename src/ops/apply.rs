//! `apply`: a plan made under the lock of the state, shown, agreed to, then done.

use super::connect::release;
use super::plan::{Planned, Request, prepare};
use super::replay::Recordings;
use super::{Class, Failure};
use crate::apply::{Event, Memory, Options, Report, Stop, execute};
use crate::remote::Writer;
use crate::state::Holder;

/// Takes the lock and makes the plan that [`apply`] will do.
///
/// # Errors
/// As [`super::plan::plan`]; when another command holds the lock; and a recording that cannot be read.
pub async fn prepare_apply(request: Request, holder: Holder, recordings: Option<Recordings>) -> Result<Planned, Failure> {
    prepare(request, Some(holder), recordings).await
}

/// Does a plan that was made under the lock.
///
/// # Errors
/// A plan that is refused, or was made without the lock, is not started. What happens once it is started is in the report.
pub async fn apply(planned: Planned, options: Options, stop: Stop, events: impl FnMut(Event)) -> Result<Report, Failure> {
    let Planned { destination: _, created: _, plan, requests: _, warnings: _, snapshots: _, connection, document, lock } = planned;
    let Some(lock) = lock else {
        return Err(Failure::new("this plan was made without the lock of the state", "run `campaignctl apply`"));
    };
    if !plan.refusals.is_empty() {
        connection.close().await;
        release(Some(lock)).await;
        let hint = Some("see the refusals of the plan".to_owned());
        return Err(Failure { class: Class::Guard, message: "the plan is refused".to_owned(), hint, findings: None });
    }
    let mut memory = Memory { document, lock };
    let report = execute(plan, Writer::new(connection.reader.clone()), &mut memory, options, stop, events).await;
    connection.close().await;
    release(Some(memory.lock)).await;
    Ok(report)
}
