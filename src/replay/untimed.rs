//! Sessions before the first time of their recording: they are held back until a time is known, and count at that time.

use jiff::Timestamp;

use super::batch::Record;
use super::order::HELD;

/// Sessions without a time, by recording.
pub(super) struct Untimed {
    by_file: Vec<Vec<Record>>,
    held: usize,
}

impl Untimed {
    pub(super) fn new(files: usize) -> Self {
        Self { by_file: (0..files).map(|_| Vec::new()).collect(), held: 0 }
    }

    /// Holds sessions back, in the order of their lines.
    pub(super) fn hold(&mut self, file: usize, records: Vec<Record>) {
        self.held += records.len();
        self.by_file[file].extend(records);
    }

    /// Whether nothing is held back.
    pub(super) fn is_empty(&self) -> bool {
        self.held == 0
    }

    /// Whether so many are held back that memory would grow with the recording.
    pub(super) fn is_full(&self) -> bool {
        self.held > HELD
    }

    /// Lets go of the sessions of one recording, which count at this time.
    pub(super) fn release(&mut self, file: usize, at: Timestamp) -> Vec<Record> {
        let mut records = std::mem::take(&mut self.by_file[file]);
        self.held -= records.len();
        records.iter_mut().for_each(|record| record.at = at);
        records
    }

    /// Lets go of all sessions.
    pub(super) fn release_all(&mut self, at: Timestamp) -> Vec<Record> {
        (0..self.by_file.len()).flat_map(|file| self.release(file, at)).collect()
    }
}
