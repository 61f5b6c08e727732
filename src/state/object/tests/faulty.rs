//! A line to a bucket that fails: before a write arrives, or after it was done.

use std::collections::VecDeque;
use std::sync::atomic::{AtomicBool, AtomicUsize, Ordering};
use std::sync::{Arc, Mutex};

use async_trait::async_trait;
use futures_util::stream::BoxStream;
use object_store::memory::InMemory;
use object_store::path::Path;
use object_store::{
    CopyOptions, Error, GetOptions, GetResult, ListResult, MultipartUpload, ObjectMeta, ObjectStore, PutMultipartOptions, PutOptions,
    PutPayload, PutResult, Result,
};
use tokio::sync::Notify;

/// What happens to one write.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Fault {
    /// Nothing.
    None,
    /// It never arrives.
    Before,
    /// It is done, and the answer is lost.
    After,
    /// It is done, the answer is lost, and the client sends it again: it is refused for what it did itself.
    Again,
    /// It is on its way until it is let through.
    Late,
}

/// The line.
#[derive(Debug)]
pub(super) struct Faulty {
    inner: Arc<InMemory>,
    faults: Mutex<VecDeque<Fault>>,
    down: AtomicBool,
    writes: AtomicUsize,
    /// A late write has set out, and may arrive.
    late: (Notify, Notify),
}

fn lost() -> Error {
    Error::Generic { store: "test", source: "the line broke".into() }
}

impl Faulty {
    pub(super) fn new(inner: Arc<InMemory>) -> Self {
        Self { inner, faults: Mutex::default(), down: AtomicBool::new(false), writes: AtomicUsize::new(0), late: Default::default() }
    }

    /// What happens to the next writes, in order.
    pub(super) fn next(&self, faults: impl IntoIterator<Item = Fault>) {
        self.faults.lock().unwrap().extend(faults);
    }

    /// Whether the line is cut altogether.
    pub(super) fn cut(&self, down: bool) {
        self.down.store(down, Ordering::SeqCst);
    }

    /// Waits until a late write has set out.
    pub(super) async fn set_out(&self) {
        self.late.0.notified().await;
    }

    /// Lets it arrive.
    pub(super) fn let_through(&self) {
        self.late.1.notify_one();
    }

    /// Writes that arrived.
    pub(super) fn writes(&self) -> usize {
        self.writes.load(Ordering::SeqCst)
    }
}

impl std::fmt::Display for Faulty {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str("faulty")
    }
}

#[async_trait]
impl ObjectStore for Faulty {
    async fn put_opts(&self, location: &Path, payload: PutPayload, options: PutOptions) -> Result<PutResult> {
        // Others get their turn here, as they would over a network.
        tokio::task::yield_now().await;
        if self.down.load(Ordering::SeqCst) {
            return Err(lost());
        }
        let fault = self.faults.lock().unwrap().pop_front().unwrap_or(Fault::None);
        if fault == Fault::Before {
            return Err(lost());
        }
        if fault == Fault::Late {
            self.late.0.notify_one();
            self.late.1.notified().await;
        }
        self.writes.fetch_add(1, Ordering::SeqCst);
        let done = self.inner.put_opts(location, payload.clone(), options.clone()).await;
        match fault {
            Fault::After if done.is_ok() => Err(lost()),
            Fault::Again if done.is_ok() => self.inner.put_opts(location, payload, options).await,
            _ => done,
        }
    }

    async fn get_opts(&self, location: &Path, options: GetOptions) -> Result<GetResult> {
        tokio::task::yield_now().await;
        if self.down.load(Ordering::SeqCst) { Err(lost()) } else { self.inner.get_opts(location, options).await }
    }

    async fn put_multipart_opts(&self, location: &Path, options: PutMultipartOptions) -> Result<Box<dyn MultipartUpload>> {
        self.inner.put_multipart_opts(location, options).await
    }

    fn delete_stream(&self, locations: BoxStream<'static, Result<Path>>) -> BoxStream<'static, Result<Path>> {
        self.inner.delete_stream(locations)
    }

    fn list(&self, prefix: Option<&Path>) -> BoxStream<'static, Result<ObjectMeta>> {
        self.inner.list(prefix)
    }

    async fn list_with_delimiter(&self, prefix: Option<&Path>) -> Result<ListResult> {
        self.inner.list_with_delimiter(prefix).await
    }

    async fn copy_opts(&self, from: &Path, to: &Path, options: CopyOptions) -> Result<()> {
        self.inner.copy_opts(from, to, options).await
    }
}
