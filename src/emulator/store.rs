//! The database: one file in the data folder. One thread writes; everybody reads the last committed state.

mod history;
mod memory;
mod open;
mod write;

use std::collections::BTreeMap;
use std::sync::mpsc::{Receiver, Sender, channel};
use std::sync::{Arc, Mutex, PoisonError, RwLock};
use std::thread::JoinHandle;

use redb::{Database, ReadOnlyTable, ReadableDatabase, ReadableTable, TableDefinition, TableError};
use tokio::sync::oneshot;
use uuid::Uuid;

use super::clock::Clock;
use super::contract::CampaignBody;
use super::page::PageRequest;
use crate::evaluate::ContactLedger;
use crate::model::Session;
pub(super) use history::{Hidden, History, ListView, PageShift};
pub(super) use memory::{Allowance, Triggered};
pub(super) use open::{OrganizationRecord, Unopened};
use write::Write;

/// Id as a number (its order is that of the UUID's text) to version, dateCreated, name, and the campaign as it is sent.
/// What a write or a name filter needs stands beside the JSON, so that neither parses it.
const CAMPAIGNS: TableDefinition<u128, (u64, &str, &str, &[u8])> = TableDefinition::new("campaigns");

/// Why a campaign could not be read or written.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub(super) enum StoreError {
    /// There is no campaign with that id.
    #[error("there is no such campaign")]
    NotFound,
    /// The campaign has another version than the write expects.
    #[error("the campaign has version {live}")]
    VersionMismatch {
        /// The version it has.
        live: u64,
    },
    /// The server is stopping.
    #[error("the server is stopping")]
    Closed,
    /// The disk or the database refused; the text says how.
    #[error("the emulator's database failed: {0}")]
    Failed(String),
}

impl<E: Into<redb::Error>> From<E> for StoreError {
    fn from(error: E) -> Self {
        Self::Failed(error.into().to_string())
    }
}

/// One page of campaigns: their JSON texts joined by commas, and how many there are on all pages.
pub(super) struct CampaignList {
    /// Campaigns in the order of their ids.
    pub entities: Vec<u8>,
    /// Campaigns that the filter lets through.
    pub total: usize,
}

/// The open database.
pub(super) struct Store {
    committed: Committed,
    history: Arc<History>,
    queue: Mutex<Option<Sender<Write>>>,
    writer: Mutex<Option<JoinHandle<()>>>,
}

/// The last committed state, for readers; `None` once the database is closed. A reader holds the lock while it reads, so
/// that nothing reads from a closed database.
type Committed = Arc<RwLock<Option<Snapshot>>>;

/// One committed state. It does not change while it is read.
struct Snapshot {
    /// All ids, ordered.
    ids: Arc<Vec<u128>>,
    campaigns: ReadOnlyTable<u128, (u64, &'static str, &'static str, &'static [u8])>,
    /// `None` while no contact was ever remembered.
    contacts: Option<ReadOnlyTable<&'static str, &'static [u8]>>,
}

impl Snapshot {
    fn take(database: &Database, ids: Arc<Vec<u128>>) -> Result<Self, StoreError> {
        let transaction = database.begin_read()?;
        let campaigns = transaction.open_table(CAMPAIGNS)?;
        let contacts = match transaction.open_table(memory::CONTACTS) {
            Ok(contacts) => Some(contacts),
            Err(TableError::TableDoesNotExist(_)) => None,
            Err(error) => return Err(error.into()),
        };
        Ok(Self { ids, campaigns, contacts })
    }

    /// All ids of the database.
    fn ids_of(database: &Database) -> Result<Vec<u128>, StoreError> {
        let campaigns = database.begin_read()?.open_table(CAMPAIGNS)?;
        campaigns.iter()?.map(|row| Ok(row?.0.value())).collect()
    }
}

impl Store {
    /// Starts serving an opened database: reads its ids, starts the thread that writes.
    ///
    /// # Errors
    /// [`StoreError::Failed`] when it cannot be read, or no thread can be started.
    pub fn serve(database: Database, clock: Clock) -> Result<Self, StoreError> {
        let ids = Arc::new(Snapshot::ids_of(&database)?);
        let committed: Committed = Arc::new(RwLock::new(Some(Snapshot::take(&database, ids)?)));
        let (queue, waiting): (Sender<Write>, Receiver<Write>) = channel();
        let shared = Arc::clone(&committed);
        let history = Arc::<History>::default();
        let shared_history = Arc::clone(&history);
        let writer = std::thread::Builder::new()
            .name("emulator-writer".to_owned())
            .spawn(move || write::run(database, clock, &waiting, &shared, &shared_history))
            .map_err(|error| StoreError::Failed(format!("no thread for writing: {error}")))?;
        Ok(Self { committed, history, queue: Mutex::new(Some(queue)), writer: Mutex::new(Some(writer)) })
    }

    /// Finishes the queued writes and closes the database; another process can open it when this returns.
    pub fn close(&self) {
        drop(self.queue.lock().unwrap_or_else(PoisonError::into_inner).take());
        let writer = self.writer.lock().unwrap_or_else(PoisonError::into_inner).take();
        if writer.is_some_and(|writer| writer.join().is_err()) {
            tracing::error!("the emulator's writer ended badly");
        }
    }

    /// The campaign as it is sent.
    pub fn campaign(&self, id: Uuid) -> Result<Vec<u8>, StoreError> {
        self.read(|snapshot| {
            let row = snapshot.campaigns.get(id.as_u128())?.ok_or(StoreError::NotFound)?;
            let (.., json) = row.value();
            Ok(json.to_vec())
        })
    }

    /// What the latest writes replaced.
    pub fn history(&self) -> &History {
        &self.history
    }

    /// The name of a campaign, if it is there and can be read.
    pub fn name(&self, id: Uuid) -> Option<String> {
        self.read(|snapshot| Ok(snapshot.campaigns.get(id.as_u128())?.map(|row| row.value().2.to_owned()))).ok().flatten()
    }

    /// All campaigns as they are sent, in the order of their ids.
    pub fn all(&self) -> Result<Vec<Vec<u8>>, StoreError> {
        self.read(|snapshot| snapshot.campaigns.iter()?.map(|row| Ok(row?.1.value().3.to_vec())).collect())
    }

    /// One page as a fault has it look, of all campaigns or of those with exactly that name.
    pub fn page_as(&self, page: PageRequest, name: Option<&str>, view: ListView) -> Result<CampaignList, StoreError> {
        let ListView { shift, hidden } = view;
        let mut rows = self.read(|snapshot| {
            let row = |row: redb::AccessGuard<'_, (u64, &'static str, &'static str, &'static [u8])>| {
                let (_, _, name, json) = row.value();
                (name.to_owned(), json.to_vec())
            };
            snapshot
                .campaigns
                .iter()?
                .map(|found| found.map(|(id, found)| (id.value(), row(found))))
                .collect::<Result<BTreeMap<_, _>, _>>()
                .map_err(StoreError::from)
        })?;
        self.history.undo(&hidden, |id, before| {
            match before {
                Some(campaign) => rows.insert(id, campaign.clone()),
                None => rows.remove(&id),
            };
        });
        let mut found: Vec<&[u8]> =
            rows.values().filter(|(found, _)| name.is_none_or(|name| name == found)).map(|(_, json)| json.as_slice()).collect();
        if shift == Some(PageShift::Forward) && !found.is_empty() {
            found.remove(0);
        }
        let total = found.len();
        let mut range = page.range(total);
        if shift == Some(PageShift::Back) && !range.is_empty() {
            range = range.start.saturating_sub(1)..range.end - 1;
        }
        let mut entities = Vec::new();
        for json in &found[range] {
            push_entity(&mut entities, json);
        }
        Ok(CampaignList { entities, total })
    }

    /// One page of all campaigns.
    pub fn page(&self, page: PageRequest) -> Result<CampaignList, StoreError> {
        self.read(|snapshot| {
            let total = snapshot.ids.len();
            let ids = &snapshot.ids[page.range(total)];
            let mut entities = Vec::with_capacity(ids.len() * 1024);
            if let [first, ..] = ids {
                let last = ids.last().unwrap_or(first);
                for row in snapshot.campaigns.range::<u128>(first..=last)? {
                    push_entity(&mut entities, row?.1.value().3);
                }
            }
            Ok(CampaignList { entities, total })
        })
    }

    /// One page of the campaigns with exactly that name.
    pub fn page_of_name(&self, page: PageRequest, name: &str) -> Result<CampaignList, StoreError> {
        self.read(|snapshot| {
            let wanted = page.range(usize::MAX);
            let (mut entities, mut total) = (Vec::new(), 0);
            for row in snapshot.campaigns.iter()? {
                let row = row?.1;
                let (_, _, found, json) = row.value();
                if found == name {
                    if wanted.contains(&total) {
                        push_entity(&mut entities, json);
                    }
                    total += 1;
                }
            }
            Ok(CampaignList { entities, total })
        })
    }

    /// What is remembered of a contact; empty for one that was never heard of.
    pub fn contact(&self, contact_id: &str) -> Result<ContactLedger, StoreError> {
        self.read(|snapshot| {
            let Some(contacts) = &snapshot.contacts else { return Ok(ContactLedger::default()) };
            let row = contacts.get(contact_id)?;
            row.map_or_else(|| Ok(ContactLedger::default()), |row| memory::contact_of(row.value()))
        })
    }

    fn read<T>(&self, look: impl FnOnce(&Snapshot) -> Result<T, StoreError>) -> Result<T, StoreError> {
        let committed = self.committed.read().unwrap_or_else(PoisonError::into_inner);
        look(committed.as_ref().ok_or(StoreError::Closed)?)
    }

    /// Stores a new campaign and returns its id and the campaign as it is sent.
    pub async fn create(&self, body: CampaignBody, modified_by: &str) -> Result<(Uuid, Vec<u8>), StoreError> {
        let (answer, answered) = oneshot::channel();
        let id = Uuid::new_v4();
        let json = self.write(Write::Put { id, expected: None, body, modified_by: modified_by.into(), answer }, answered).await?;
        Ok((id, json))
    }

    /// Replaces the campaign if it has the expected version, and returns it as it is sent.
    pub async fn replace(&self, id: Uuid, expected: u64, body: CampaignBody, modified_by: &str) -> Result<Vec<u8>, StoreError> {
        let (answer, answered) = oneshot::channel();
        self.write(Write::Put { id, expected: Some(expected), body, modified_by: modified_by.into(), answer }, answered).await
    }

    /// Removes the campaign.
    pub async fn delete(&self, id: Uuid) -> Result<(), StoreError> {
        let (answer, answered) = oneshot::channel();
        self.write(Write::Delete { id, answer }, answered).await
    }

    /// Decides about a session.
    pub async fn trigger(&self, id: Uuid, session: Session) -> Result<Triggered, StoreError> {
        let (answer, answered) = oneshot::channel();
        self.write(Write::Trigger { id, session: Box::new(session), answer }, answered).await
    }

    async fn write<T>(&self, write: Write, answered: oneshot::Receiver<Result<T, StoreError>>) -> Result<T, StoreError> {
        let queue = self.queue.lock().unwrap_or_else(PoisonError::into_inner).clone();
        queue.and_then(|queue| queue.send(write).ok()).ok_or(StoreError::Closed)?;
        answered.await.unwrap_or_else(|_| Err(StoreError::Failed("the write was given up".to_owned())))
    }
}

impl Drop for Store {
    fn drop(&mut self) {
        self.close();
    }
}

/// Adds a campaign to a list of JSON texts.
fn push_entity(entities: &mut Vec<u8>, json: &[u8]) {
    if !entities.is_empty() {
        entities.push(b',');
    }
    entities.extend_from_slice(json);
}

#[cfg(test)]
mod tests;
