//! Starting and stopping: who has the folder, who has the port, what is in the file.

use std::path::Path;
use std::time::Duration;

use redb::{Database, TableDefinition};

use super::{Clock, Emulator, EmulatorError, Options};

fn options(data: &Path) -> Options {
    Options::new(data)
}

async fn start_now(data: &Path) -> Result<Emulator, EmulatorError> {
    Emulator::start_with(options(data), Clock::default(), Duration::ZERO).await
}

#[tokio::test]
async fn one_folder_has_one_emulator() {
    let folder = tempfile::tempdir().expect("a folder");
    let data = folder.path().join("new/folders");
    let first = start_now(&data).await.expect("the first one");
    let error = start_now(&data).await.expect_err("the second one");
    assert!(matches!(error, EmulatorError::DatabaseInUse { .. }), "{error}");
    assert_eq!(error.to_string(), format!("the emulator's database `{}` is in use", data.join("emulator.redb").display()));
    assert!(error.hint().contains("another campaignctl command is using this environment's emulator"), "{}", error.hint());

    // Dropping is enough, and it is enough at once.
    drop(first);
    let third = start_now(&data).await.expect("the folder is free");
    third.stop().await;
    start_now(&data).await.expect("the folder is free").stop().await;
}

#[tokio::test]
async fn a_start_waits_for_the_command_before_it() {
    let folder = tempfile::tempdir().expect("a folder");
    let first = start_now(folder.path()).await.expect("the first one");
    let second = tokio::spawn(Emulator::start(options(folder.path())));
    // The second one has been refused once when it comes back here.
    tokio::task::yield_now().await;
    assert!(!second.is_finished());
    first.stop().await;
    second.await.expect("a task").expect("the folder became free").stop().await;
}

#[tokio::test]
async fn a_port_that_is_taken_is_named() {
    let folder = tempfile::tempdir().expect("a folder");
    let taken = std::net::TcpListener::bind("127.0.0.1:0").expect("a port");
    let port = taken.local_addr().expect("an address").port();
    let error = Emulator::start(Options { port, ..options(folder.path()) }).await.expect_err("taken");
    assert!(matches!(error, EmulatorError::PortInUse { port: named } if named == port));
    assert_eq!(error.to_string(), format!("port {port} of 127.0.0.1 is in use"));
}

#[tokio::test]
async fn a_folder_that_is_none_is_named() {
    let folder = tempfile::tempdir().expect("a folder");
    let file = folder.path().join("file");
    std::fs::write(&file, "").expect("a file");
    let error = start_now(&file).await.expect_err("no folder");
    assert!(matches!(error, EmulatorError::DataFolder { .. }), "{error}");
    assert!(error.to_string().contains(&file.display().to_string()));

    std::fs::create_dir(folder.path().join("emulator.redb")).expect("a folder in place of the database");
    let error = start_now(folder.path()).await.expect_err("no file");
    assert!(matches!(error, EmulatorError::DataFolder { .. }), "{error}");
}

#[tokio::test]
async fn a_file_that_is_no_database_is_left_alone() {
    let folder = tempfile::tempdir().expect("a folder");
    let file = folder.path().join("emulator.redb");
    std::fs::write(&file, "somebody's notes, not a database").expect("a file");
    let error = start_now(folder.path()).await.expect_err("no database");
    assert!(matches!(error, EmulatorError::Corrupt { .. }), "{error}");
    assert!(error.hint().contains("move"), "{}", error.hint());
    assert_eq!(std::fs::read_to_string(&file).expect("a file"), "somebody's notes, not a database");
}

#[tokio::test]
async fn a_database_whose_making_was_cut_short_is_made_again() {
    let folder = tempfile::tempdir().expect("a folder");
    std::fs::write(folder.path().join("emulator.redb"), [0; 4096]).expect("a file");
    start_now(folder.path()).await.expect("made again").stop().await;
}

#[tokio::test]
async fn a_newer_format_is_not_touched() {
    let folder = tempfile::tempdir().expect("a folder");
    start_now(folder.path()).await.expect("made").stop().await;
    let database = Database::open(folder.path().join("emulator.redb")).expect("a database");
    let transaction = database.begin_write().expect("a transaction");
    transaction.open_table(TableDefinition::<&str, &str>::new("facts")).expect("facts").insert("format", "9").expect("written");
    transaction.commit().expect("committed");
    drop(database);
    let error = start_now(folder.path()).await.expect_err("too new");
    assert!(matches!(error, EmulatorError::NewerFormat { found: 9, known: 1, .. }), "{error}");
}
