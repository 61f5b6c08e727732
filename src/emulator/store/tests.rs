//! What goes into one commit, and what a reader sees.

use std::sync::mpsc::channel;
use std::sync::{Arc, LazyLock, RwLock};
use std::time::Duration;

use serde_json::{Value, json};
use tokio::sync::oneshot;
use uuid::Uuid;

use super::write::{self, Write};
use super::{Committed, History, Snapshot, Store, StoreError, Unopened};
use crate::emulator::clock::Clock;
use crate::emulator::contract::{CampaignBody, Contract};
use crate::emulator::page::PageRequest;
use crate::emulator::server::UnknownFields;

static CONTRACT: LazyLock<Contract> = LazyLock::new(|| Contract::new(UnknownFields::Reject));

fn body(name: &str) -> CampaignBody {
    let body = json!({
        "name": name, "campaignType": "proactive", "evaluationMode": "realtime",
        "filters": [{ "attributeName": "a.b", "operator": "equals", "value": true, "dataType": "boolean" }],
        "actions": [{ "type": "webchat_invite", "priority": 1 }],
    });
    CONTRACT.create(body).expect("a valid body")
}

async fn database(folder: &tempfile::TempDir) -> redb::Database {
    Unopened::in_folder(folder.path()).open(Duration::ZERO).await.expect("an open database").0
}

#[tokio::test]
async fn writes_of_one_commit_see_each_other() {
    let folder = tempfile::tempdir().expect("a folder");
    let database = database(&folder).await;
    let committed: Committed = Arc::new(RwLock::new(Some(Snapshot::take(&database, Arc::default()).expect("a snapshot"))));
    let (queue, waiting) = channel();
    let id = Uuid::new_v4();
    let put = |expected| {
        let (answer, answered) = oneshot::channel();
        queue.send(Write::Put { id, expected, body: body("x"), modified_by: "me".into(), answer }).expect("a queue");
        answered
    };
    // All of this is queued before the writer starts, so it is one commit.
    let created = put(None);
    let first = put(Some(1));
    let late = put(Some(1));
    let second = put(Some(2));
    let (answer, deleted) = oneshot::channel();
    queue.send(Write::Delete { id, answer }).expect("a queue");
    let gone = put(Some(3));
    drop(queue);
    write::run(database, Clock::default(), &waiting, &committed, &History::default());

    let version = |json: Vec<u8>| serde_json::from_slice::<Value>(&json).expect("JSON")["version"].as_u64();
    assert_eq!(created.await.expect("an answer").map(version), Ok(Some(1)));
    assert_eq!(first.await.expect("an answer").map(version), Ok(Some(2)));
    assert_eq!(late.await.expect("an answer"), Err(StoreError::VersionMismatch { live: 2 }));
    assert_eq!(second.await.expect("an answer").map(version), Ok(Some(3)));
    assert_eq!(deleted.await.expect("an answer"), Ok(()));
    assert_eq!(gone.await.expect("an answer"), Err(StoreError::NotFound));
    assert!(committed.read().expect("a lock").is_none(), "closed");
}

#[tokio::test]
async fn a_closed_store_says_so_and_lets_the_database_go() {
    let folder = tempfile::tempdir().expect("a folder");
    let store = Store::serve(database(&folder).await, Clock::default()).expect("a store");
    let (id, json) = store.create(body("x"), "me").await.expect("created");
    assert_eq!(store.campaign(id), Ok(json.clone()));
    store.close();
    assert_eq!(store.campaign(id), Err(StoreError::Closed));
    assert_eq!(store.create(body("x"), "me").await.expect_err("closed"), StoreError::Closed);

    let again = Store::serve(database(&folder).await, Clock::default()).expect("a store");
    assert_eq!(again.campaign(id), Ok(json));
}

#[tokio::test]
async fn a_page_is_the_stored_bytes_in_the_order_of_ids() {
    let folder = tempfile::tempdir().expect("a folder");
    let store = Store::serve(database(&folder).await, Clock::default()).expect("a store");
    let mut created = Vec::new();
    for number in 0..10 {
        created.push(store.create(body(&format!("campaign {}", number % 2)), "me").await.expect("created"));
    }
    created.sort_by_key(|(id, _)| id.to_string());
    let expected: Vec<&str> = created.iter().map(|(_, json)| std::str::from_utf8(json).expect("text")).collect();
    let all = store.page(PageRequest { size: 4, number: 2 }).expect("a page");
    assert_eq!((std::str::from_utf8(&all.entities), all.total), (Ok(&*expected[4..8].join(",")), 10));
    let odd: Vec<&str> = expected.into_iter().filter(|json| json.contains("campaign 1")).collect();
    let named = store.page_of_name(PageRequest { size: 3, number: 2 }, "campaign 1").expect("a page");
    assert_eq!((std::str::from_utf8(&named.entities), named.total), (Ok(&*odd[3..].join(",")), 5));
}
