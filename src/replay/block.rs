//! From a recording to blocks of whole lines: plain, gzip or zstd, whatever its first bytes say.

use std::io::{self, BufRead, BufReader, Read};

use flate2::bufread::MultiGzDecoder;
use ruzstd::decoding::{FrameDecoder, StreamingDecoder};

use crate::diagnostic::ForeignEncoding;

/// Bytes of a block, about.
const BLOCK: usize = 4 << 20;
/// The longest line that is looked at.
pub(super) const LONGEST_LINE: usize = 1 << 20;

const GZIP: [u8; 2] = [0x1f, 0x8b];
const ZSTD: [u8; 4] = [0x28, 0xb5, 0x2f, 0xfd];

/// Reads a recording block by block.
pub(super) struct Blocks {
    from: Box<dyn Read + Send>,
    /// The beginning of a line whose end was not read yet.
    rest: Vec<u8>,
    /// Whether nothing was read yet.
    is_new: bool,
    ended: bool,
}

/// Some whole lines.
pub(super) struct Block {
    pub(super) bytes: Vec<u8>,
    /// What follows them and was not read; its bytes are gone, and it counts as one line.
    pub(super) unread: Option<Unread>,
}

/// Why a part of a recording was not read.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Unread {
    /// A line that is too long.
    TooLong,
    /// All of the recording: it is in this encoding.
    Foreign(ForeignEncoding),
}

impl Unread {
    /// The reason as it is shown beside the place of the line.
    pub(super) fn reason(self) -> String {
        match self {
            Self::TooLong => format!("longer than {LONGEST_LINE} bytes"),
            Self::Foreign(foreign) => format!("the file is {}: {}", foreign.name(), ForeignEncoding::FIX),
        }
    }
}

impl Blocks {
    /// Looks at the first bytes to see whether it is compressed.
    pub(super) fn open(from: Box<dyn Read + Send>) -> io::Result<Self> {
        let mut from = BufReader::with_capacity(1 << 16, from);
        let head = peek(&mut from)?;
        let from: Box<dyn Read + Send> = if head.starts_with(&GZIP) {
            Box::new(MultiGzDecoder::new(from))
        } else if head.starts_with(&ZSTD) {
            Box::new(Frames { from: Some(from), frame: None })
        } else {
            Box::new(from)
        };
        Ok(Self { from, rest: Vec::new(), is_new: true, ended: false })
    }

    /// The next lines; `None` at the end.
    pub(super) fn next(&mut self) -> io::Result<Option<Block>> {
        if self.ended && self.rest.is_empty() {
            return Ok(None);
        }
        let mut bytes = std::mem::take(&mut self.rest);
        bytes.reserve(BLOCK.saturating_sub(bytes.len()));
        while !self.ended && bytes.len() < BLOCK {
            let wanted = (BLOCK - bytes.len()) as u64;
            self.ended = self.from.by_ref().take(wanted).read_to_end(&mut bytes)? == 0;
        }
        if std::mem::take(&mut self.is_new)
            && let Some(foreign) = ForeignEncoding::of(&bytes)
        {
            self.ended = true;
            return Ok(Some(Block { bytes: Vec::new(), unread: Some(Unread::Foreign(foreign)) }));
        }
        if self.ended {
            return Ok(Some(Block { bytes, unread: None }));
        }
        match bytes.iter().rposition(|byte| *byte == b'\n') {
            Some(end) if bytes.len() - end <= LONGEST_LINE => {
                self.rest = bytes.split_off(end + 1);
                Ok(Some(Block { bytes, unread: None }))
            }
            end => {
                bytes.truncate(end.map_or(0, |end| end + 1));
                self.skip_line()?;
                Ok(Some(Block { bytes, unread: Some(Unread::TooLong) }))
            }
        }
    }

    /// Drops everything up to the end of the line.
    fn skip_line(&mut self) -> io::Result<()> {
        let mut piece = vec![0; 1 << 16];
        loop {
            let read = match self.from.read(&mut piece) {
                Ok(0) => {
                    self.ended = true;
                    return Ok(());
                }
                Ok(read) => read,
                Err(error) if error.kind() == io::ErrorKind::Interrupted => continue,
                Err(error) => return Err(error),
            };
            if let Some(end) = piece[..read].iter().position(|byte| *byte == b'\n') {
                self.rest = piece[end + 1..read].to_vec();
                return Ok(());
            }
        }
    }
}

/// The first bytes, without taking them. A pipe may give fewer at a time than it has.
fn peek(from: &mut BufReader<Box<dyn Read + Send>>) -> io::Result<Vec<u8>> {
    Ok(from.fill_buf()?.iter().take(ZSTD.len()).copied().collect())
}

type Compressed = BufReader<Box<dyn Read + Send>>;
type Frame = StreamingDecoder<Compressed, FrameDecoder>;

/// The frames of a zstd stream, one after the other.
struct Frames {
    /// What follows the frames that were read.
    from: Option<Compressed>,
    frame: Option<Box<Frame>>,
}

impl Read for Frames {
    fn read(&mut self, into: &mut [u8]) -> io::Result<usize> {
        loop {
            if let Some(frame) = &mut self.frame {
                let read = frame.read(into)?;
                if read > 0 || into.is_empty() {
                    return Ok(read);
                }
            }
            if let Some(frame) = self.frame.take() {
                self.from = Some(frame.into_inner());
            }
            let Some(mut from) = self.from.take() else { return Ok(0) };
            if from.fill_buf()?.is_empty() {
                return Ok(0);
            }
            let frame = StreamingDecoder::new(from).map_err(|error| io::Error::new(io::ErrorKind::InvalidData, error.to_string()))?;
            self.frame = Some(Box::new(frame));
        }
    }
}
