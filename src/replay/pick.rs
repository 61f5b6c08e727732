//! One session: a line of a recording, or a document of its own.

use std::io;

use jiff::Timestamp;

use super::block::{Block, Blocks, LONGEST_LINE, Unread};
use super::run::Source;
use super::session::{Row, is_blank, read, without_values};
use crate::diagnostic::{ForeignEncoding, without_mark};
use crate::evaluate::Matcher;
use crate::model::Session;

/// One session, as a recording may have it.
#[derive(Debug, Clone, PartialEq)]
pub struct Picked {
    /// The session.
    pub session: Session,
    /// The key of the campaign that it names.
    pub campaign: Option<String>,
    /// The id of the campaign that it names.
    pub campaign_id: Option<String>,
    /// In a recording: the time of the last session before it that has one. A session without a time is decided then.
    pub time_before: Option<Timestamp>,
    /// In a recording, where neither the session nor one before it has a time: the first time after it. It is decided then.
    pub time_after: Option<Timestamp>,
    /// Its line, from 1, where it stands on one.
    pub line: Option<u64>,
}

/// Why there is no session.
#[derive(Debug, thiserror::Error)]
pub enum PickError {
    /// It cannot be read, or is damaged.
    #[error("cannot be read: {0}")]
    Read(#[from] io::Error),
    /// The recording ends before the line.
    #[error("has {lines} lines")]
    NoLine {
        /// How many it has.
        lines: u64,
    },
    /// The line, or the whole, is no session.
    #[error("is no session: {0}")]
    NoSession(String),
    /// It is in an encoding that is not read.
    #[error("is {}", .0.name())]
    Foreign(ForeignEncoding),
    /// There is more than one session, and no line is named.
    #[error("has several sessions")]
    Several,
}

/// The session on a line, from 1, of a recording, plain or compressed; without a line the only session there is, which may
/// be spread over several lines.
///
/// # Errors
/// It cannot be read, there is no such line, or what is there is no session.
pub fn pick(source: Source, line: Option<u64>) -> Result<Picked, PickError> {
    let mut blocks = Blocks::open(source.from)?;
    let Some(wanted) = line else { return only(&mut blocks) };
    let (mut lines, mut last) = (0, None);
    while let Some(block) = blocks.next()? {
        let bytes = block.bytes.strip_suffix(b"\n").unwrap_or(&block.bytes);
        let count = if block.bytes.is_empty() { 0 } else { memchr::memchr_iter(b'\n', bytes).count() as u64 + 1 };
        if wanted <= lines + count {
            let here: Vec<&[u8]> = bytes.split(|byte| *byte == b'\n').take(usize::try_from(wanted - lines).unwrap_or(0)).collect();
            let Some((line, earlier)) = here.split_last() else { break };
            let picked = read_one(line).map_err(PickError::NoSession)?;
            let time_before = first_time(earlier.iter().rev().copied()).or(last);
            let time_after = match picked.session.timestamp.or(time_before) {
                Some(_) => None,
                None => time_after(bytes.split(|byte| *byte == b'\n').skip(here.len()), &mut blocks)?,
            };
            return Ok(Picked { time_before, time_after, line: Some(wanted), ..picked });
        }
        last = first_time(bytes.rsplit(|byte| *byte == b'\n')).or(last);
        lines += count + u64::from(block.unread.is_some());
        match block.unread {
            Some(Unread::Foreign(foreign)) => return Err(PickError::Foreign(foreign)),
            Some(unread) if lines == wanted => return Err(PickError::NoSession(unread.reason())),
            Some(Unread::TooLong) | None => {}
        }
    }
    Err(PickError::NoLine { lines })
}

/// The only session of a document.
fn only(blocks: &mut Blocks) -> Result<Picked, PickError> {
    let Some(block) = blocks.next()? else { return Err(PickError::NoSession("it is empty".to_owned())) };
    if let Block { unread: Some(Unread::Foreign(foreign)), .. } = block {
        return Err(PickError::Foreign(foreign));
    }
    if block.unread.is_some() || block.bytes.len() > LONGEST_LINE {
        // A recording is told from a session that is too long by its first line.
        let first = block.bytes.split(|byte| *byte == b'\n').find(|line| !is_blank(line));
        let is_recording = first.is_some_and(|line| read_one(line).is_ok());
        return Err(if is_recording { PickError::Several } else { PickError::NoSession(format!("longer than {LONGEST_LINE} bytes")) });
    }
    let mut lines = block.bytes.split(|byte| *byte == b'\n').enumerate().filter(|(_, line)| !is_blank(line));
    match (lines.next(), lines.next()) {
        (None, _) => Err(PickError::NoSession("it is empty".to_owned())),
        (Some((nth, line)), None) => {
            let picked = read_one(line).map_err(PickError::NoSession)?;
            Ok(Picked { line: Some(nth as u64 + 1), ..picked })
        }
        (Some((_, first)), Some(_)) => read_one(&block.bytes).map_err(|reason| match read_one(first) {
            Ok(_) => PickError::Several,
            Err(_) => PickError::NoSession(reason),
        }),
    }
}

/// The first time in the rest of a recording.
fn time_after<'l>(here: impl Iterator<Item = &'l [u8]>, blocks: &mut Blocks) -> Result<Option<Timestamp>, io::Error> {
    let mut found = first_time(here);
    while found.is_none()
        && let Some(block) = blocks.next()?
    {
        found = first_time(block.bytes.split(|byte| *byte == b'\n'));
    }
    Ok(found)
}

/// The first time in these lines.
fn first_time<'l>(mut lines: impl Iterator<Item = &'l [u8]>) -> Option<Timestamp> {
    let matcher = Matcher::new([]);
    lines.find_map(|line| read(line, &mut Row::new(&matcher), &matcher).ok()?.at)
}

/// One session as JSON.
///
/// # Errors
/// Why it is none.
pub fn read_one(json: &[u8]) -> Result<Picked, String> {
    let matcher = Matcher::new([]);
    let mut row = Row::new(&matcher);
    let line = read(json, &mut row, &matcher)?;
    let session: Session = serde_json::from_slice(without_mark(json)).map_err(|error| without_values(&error.to_string()))?;
    let [campaign, campaign_id] = [line.campaign, line.campaign_id].map(|name| name.map(std::borrow::Cow::into_owned));
    Ok(Picked { session, campaign, campaign_id, time_before: None, time_after: None, line: None })
}
