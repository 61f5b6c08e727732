//! From what the user gave to one session, its time and its history.

use std::fs::{self, File};
use std::io::Read;
use std::path::{Path, PathBuf};

use jiff::Timestamp;

use super::Question;
use crate::diagnostic::ForeignEncoding;
use crate::evaluate::TimeFrom;
use crate::model::{AttributeValue, Session, SessionPlace};
use crate::ops::Failure;
use crate::replay::{PickError, Picked, ReplayError, Source, pick, read_one};

/// What to explain.
pub struct Request {
    /// The session.
    pub from: SessionFrom,
    /// Attributes that the session has instead, or on top.
    pub set: Vec<(String, AttributeValue)>,
    /// Whose session it is instead.
    pub contact: Option<String>,
    /// When it is decided instead of at its own time.
    pub at: Option<At>,
    /// Recordings of what came before.
    pub history: Vec<PathBuf>,
    /// The campaigns that are asked about, by key or id; none means all.
    pub campaigns: Vec<String>,
}

/// A time that the user gave.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum At {
    /// `now`
    Now,
    /// A moment.
    Moment(Timestamp),
}

/// Where the session comes from.
pub enum SessionFrom {
    /// Nowhere: it has what is set.
    Nothing,
    /// JSON on the command line.
    Text(String),
    /// A file with one session, or a line of a recording.
    File {
        /// The file.
        path: PathBuf,
        /// The line, from 1.
        line: Option<u64>,
    },
    /// A stream; it is called `-`.
    Stream(Box<dyn Read + Send>),
}

/// What a session looks like, for whoever has none.
const HINT: &str = "a session is what is sent to the trigger route, e.g. {\"contactId\": \"ext:1\", \"channelId\": \"webchat:x\", \
                    \"sessionData\": {\"session.page_views\": 4}}; `--set session.page_views=4` builds one";

/// Everything that is needed to ask.
pub(super) struct Opened {
    pub(super) question: Question,
    pub(super) contact: Option<String>,
    pub(super) place: Option<String>,
    pub(super) at_from: TimeFrom,
    pub(super) history: Vec<Source>,
    pub(super) files: Vec<String>,
}

/// Reads the session, finds its time and opens the history.
pub(super) fn open(request: Request) -> Result<Opened, Failure> {
    let Request { from, set, contact, at, history, campaigns: _ } = request;
    let typed = matches!(from, SessionFrom::Text(_));
    let path = if let SessionFrom::File { path, .. } = &from { Some(path.clone()) } else { None };
    let (mut picked, name) = picked(from)?;
    let changed = !set.is_empty() || contact.is_some();
    let contact = contact.or_else(|| typed.then(|| picked.session.contact_id.clone()));
    picked.session.attributes.extend(set);
    if let Some(contact) = &contact {
        picked.session.contact_id.clone_from(contact);
    }
    let files: Vec<String> = history.iter().map(|path| path.display().to_string()).collect();
    let place = path.zip(picked.line).and_then(|(path, line)| {
        let file = history.iter().position(|recording| is_same(recording, &path))?;
        Some(SessionPlace { file, line })
    });
    let own = match (picked.session.timestamp, picked.time_before, picked.time_after, place) {
        (Some(at), ..) => Some((at, TimeFrom::Session)),
        (None, Some(at), ..) => Some((at, TimeFrom::LineBefore)),
        (None, None, Some(at), _) => Some((at, TimeFrom::LineAfter)),
        (None, None, None, Some(_)) => Some((Timestamp::UNIX_EPOCH, TimeFrom::Nowhere)),
        (None, None, None, None) => None,
    };
    let (at, at_from) = match (at, own) {
        (Some(At::Moment(at)), _) => (at, TimeFrom::Flag),
        (Some(At::Now), _) | (None, None) => (this_second(), TimeFrom::Now),
        (None, Some(own)) => own,
    };
    let as_it_stands = !changed && own.is_some_and(|(own, _)| own == at);
    let history = history.iter().map(|path| source(path, "history")).collect::<Result<_, _>>()?;
    Ok(Opened { question: Question { picked, at, place, as_it_stands }, contact, place: name, at_from, history, files })
}

/// Now, to the second: nothing that decides is finer, and people read it.
fn this_second() -> Timestamp {
    let now = Timestamp::now();
    Timestamp::from_second(now.as_second()).unwrap_or(now)
}

/// The session, and what its place is called.
fn picked(from: SessionFrom) -> Result<(Picked, Option<String>), Failure> {
    match from {
        SessionFrom::Nothing => {
            // An empty id is nobody's, so nothing is remembered of it.
            let nobody = Session {
                contact_id: String::new(),
                channel_id: String::new(),
                attributes: std::collections::BTreeMap::new(),
                timestamp: None,
                request_id: None,
                correlation_id: None,
            };
            Ok((Picked { session: nobody, campaign: None, campaign_id: None, time_before: None, time_after: None, line: None }, None))
        }
        SessionFrom::Text(text) => {
            let picked = read_one(text.as_bytes()).map_err(|reason| Failure::new(format!("--session is no session: {reason}"), HINT))?;
            Ok((picked, None))
        }
        SessionFrom::Stream(from) => {
            let picked = pick(Source { name: "-".to_owned(), from }, None).map_err(|error| refused(&error, "-", None))?;
            Ok((picked, Some("-".to_owned())))
        }
        SessionFrom::File { path, line } => {
            let source = source(&path, "session")?;
            let name = source.name.clone();
            let picked = pick(source, line).map_err(|error| refused(&error, &name, line))?;
            Ok((picked, Some(line.map_or(name.clone(), |line| format!("{name}:{line}")))))
        }
    }
}

fn refused(error: &PickError, name: &str, line: Option<u64>) -> Failure {
    let what = if name == "-" { "standard input".to_owned() } else { format!("`{name}`") };
    match (error, line) {
        (PickError::Several, _) if name == "-" => {
            Failure::new("standard input has several sessions", "send one; for one of many, `head -n 1`")
        }
        (PickError::Several, _) => {
            Failure::new(format!("{what} has several sessions"), format!("name a line: `campaignctl explain {name}:1`"))
        }
        (PickError::NoLine { lines }, Some(line)) => {
            Failure::new(format!("{what} has no line {line}"), format!("it has {lines}; lines are counted from 1"))
        }
        (PickError::NoSession(reason), Some(line)) => Failure::new(format!("line {line} of {what} is no session: {reason}"), HINT),
        (PickError::Foreign(_), _) => Failure::new(format!("{what} {error}"), ForeignEncoding::FIX),
        (PickError::Read(_), _) => Failure::new(format!("{what} {error}"), "record it again; plain, gzip and zstd are read"),
        _ => Failure::new(format!("{what} {error}"), HINT),
    }
}

/// A history that cannot be read.
pub(super) fn unreadable(error: &ReplayError) -> Failure {
    Failure::new(format!("the history: {error}"), "leave it out, or record it again; plain, gzip and zstd are read")
}

fn source(path: &Path, what: &str) -> Result<Source, Failure> {
    let name = path.display().to_string();
    let hint = match what {
        "session" => "name a file with one session, FILE:LINE of a recording, or `-` for standard input",
        _ => "name files with one session a line: plain, .gz or .zst",
    };
    let file = File::open(path).map_err(|error| Failure::new(format!("the {what} `{name}` cannot be read: {error}"), hint))?;
    if file.metadata().is_ok_and(|metadata| metadata.is_dir()) {
        return Err(Failure::new(format!("the {what} `{name}` is a folder"), hint));
    }
    Ok(Source { name, from: Box::new(file) })
}

/// Whether both paths lead to one file.
fn is_same(a: &Path, b: &Path) -> bool {
    a == b || fs::canonicalize(a).is_ok_and(|a| fs::canonicalize(b).is_ok_and(|b| a == b))
}
