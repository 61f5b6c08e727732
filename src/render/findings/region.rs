//! Where a place begins and ends, counted in each of the ways formats count.

use std::collections::BTreeMap;

use crate::diagnostic::{FileId, Place, SourceMap};

/// One end of a region.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) struct Point {
    /// Line, from 1.
    pub(super) line: usize,
    /// Column in characters, from 1.
    pub(super) column: usize,
    /// Column in UTF-16 code units, from 1.
    pub(super) utf16_column: usize,
    /// Byte of the file, from 0.
    pub(super) byte: usize,
}

/// What a place covers; `end` is one past its last character, blanks and line ends at its end left out.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) struct Region<'a> {
    pub(super) start: Point,
    pub(super) end: Point,
    /// The whole lines it touches, without the last line end.
    pub(super) lines: &'a str,
    /// The byte of the file at which `lines` begins.
    pub(super) lines_byte: usize,
}

/// Finds regions; remembers where the lines of each file begin, so that many findings in a large file cost one walk.
#[derive(Debug)]
pub(super) struct Regions<'a> {
    sources: &'a SourceMap,
    starts: BTreeMap<FileId, Vec<usize>>,
}

impl<'a> Regions<'a> {
    pub(super) fn new(sources: &'a SourceMap) -> Self {
        Self { sources, starts: BTreeMap::new() }
    }

    /// The region of a place. One in no file, or past its end, is empty.
    pub(super) fn region(&mut self, place: Place) -> Region<'a> {
        let text = self.sources.file(place.file).map_or("", |file| file.text.as_str());
        let starts = self.starts.entry(place.file).or_insert_with(|| {
            std::iter::once(0).chain(text.bytes().enumerate().filter(|(_, byte)| *byte == b'\n').map(|(at, _)| at + 1)).collect()
        });
        let start = floor(text, place.span.start as usize);
        let end = floor(text, place.span.end as usize).max(start);
        let end = start + text[start..end].trim_end().len();
        let first = line_of(starts, start);
        let last = line_of(starts, end);
        let lines_byte = starts[first];
        let lines_end = starts.get(last + 1).map_or(text.len(), |next| next - 1);
        Region {
            start: point(text, starts[first], first, start),
            end: point(text, starts[last], last, end),
            lines: text[lines_byte..lines_end].trim_end_matches('\r'),
            lines_byte,
        }
    }
}

/// The nearest character boundary at or before an offset.
fn floor(text: &str, offset: usize) -> usize {
    (0..=offset.min(text.len())).rev().find(|at| text.is_char_boundary(*at)).unwrap_or(0)
}

/// Which line, from 0, an offset is in. `starts` begins with 0.
fn line_of(starts: &[usize], offset: usize) -> usize {
    starts.partition_point(|start| *start <= offset).saturating_sub(1)
}

fn point(text: &str, line_start: usize, line: usize, byte: usize) -> Point {
    let before = &text[line_start..byte];
    Point { line: line + 1, column: before.chars().count() + 1, utf16_column: before.encode_utf16().count() + 1, byte }
}

#[cfg(test)]
mod tests {
    use super::{Point, Regions};
    use crate::diagnostic::{Place, SourceMap, Span};

    #[test]
    fn each_way_of_counting_is_right() {
        let mut sources = SourceMap::default();
        let file = sources.add_file("f.yaml", "a: 1\r\nä🎉: x\r\nb: [\r\n  y]\r\n", Vec::new());
        let mut regions = Regions::new(&sources);
        let mut at = |start, end| regions.region(Place { file, span: Span { start, end } });
        let x = at(14, 15);
        assert_eq!(x.start, Point { line: 2, column: 5, utf16_column: 6, byte: 14 });
        assert_eq!(x.end, Point { line: 2, column: 6, utf16_column: 7, byte: 15 });
        assert_eq!((x.lines, x.lines_byte), ("ä🎉: x", 6));
        let list = at(20, 29);
        assert_eq!((list.start.line, list.end.line, list.end.column), (3, 4, 5));
        assert_eq!(list.lines, "b: [\r\n  y]");
        let past = at(999, 1000);
        assert_eq!((past.start.line, past.start.column, past.lines), (5, 1, ""));
        assert_eq!(past.start, past.end);
    }
}
