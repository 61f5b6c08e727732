//! Recordings from people: with a byte order mark, in UTF-16, as a JSON array, and with lines that cannot be read.

use std::io::{Cursor, Write};

use campaignctl::diagnostic::ForeignEncoding;
use campaignctl::model::{LineCounts, Replayed, TooLittle};
use campaignctl::replay::{PickError, Source, pick, read_one};
use serde_json::json;

use super::recordings::{Recording, contested, spec};

const MARK: &str = "\u{feff}";

fn lines(count: u64) -> String {
    (0..count)
        .map(|nth| {
            let at = jiff::Timestamp::from_second(1_700_000_000 + i64::try_from(nth).unwrap()).unwrap();
            format!(r#"{{"contactId":"c{nth}","channelId":"w","sessionData":{{"a.x":1}},"evaluationContext":{{"timestamp":"{at}"}}}}"#)
                + "\n"
        })
        .collect()
}

fn replay(recording: &Recording) -> Replayed {
    let campaign = spec(&json!([{ "attributeName": "a.x", "operator": "equals", "value": 1, "dataType": "integer" }]));
    recording.replay(vec![contested("c0", None, Some(&campaign))])
}

fn gzip(bytes: &[u8]) -> Vec<u8> {
    let mut encoder = flate2::write::GzEncoder::new(Vec::new(), flate2::Compression::fast());
    encoder.write_all(bytes).unwrap();
    encoder.finish().unwrap()
}

fn zstd(bytes: &[u8]) -> Vec<u8> {
    ruzstd::encoding::compress_to_vec(bytes, ruzstd::encoding::CompressionLevel::Fastest)
}

fn utf16(text: &str, bytes: fn(u16) -> [u8; 2]) -> Vec<u8> {
    text.encode_utf16().flat_map(bytes).collect()
}

fn utf32(text: &str) -> Vec<u8> {
    text.chars().flat_map(|c| u32::from(c).to_le_bytes()).collect()
}

#[test]
fn a_byte_order_mark_begins_a_file_and_is_no_part_of_it() {
    let plain = lines(5);
    let expected = replay(&Recording::of(plain.as_bytes()));
    assert_eq!((expected.lines.sessions, expected.lines.bad), (5, 0));
    let marked = format!("{MARK}{plain}");
    for bytes in [marked.clone().into_bytes(), gzip(marked.as_bytes()), zstd(marked.as_bytes())] {
        assert_eq!(replay(&Recording::of(&bytes)), expected);
    }
    // `cat a b`, whatever each of them is compressed with.
    let twice = replay(&Recording::of((plain.clone() + &plain).as_bytes()));
    for bytes in [marked.repeat(2).into_bytes(), gzip(marked.as_bytes()).repeat(2), zstd(marked.as_bytes()).repeat(2)] {
        assert_eq!(replay(&Recording::of(&bytes)), twice);
    }
    // A file of nothing but the mark, and a blank line after one.
    for blank in [MARK.to_owned(), format!("{MARK}\r\n"), format!("{MARK}\n{MARK} \n")] {
        let replayed = replay(&Recording::of(blank.as_bytes()));
        assert_eq!((replayed.lines, replayed.too_little()), (LineCounts::default(), Some(TooLittle::NoSession)), "{blank:?}");
    }
}

#[test]
fn a_byte_order_mark_in_a_line_is_data() {
    let within = lines(1).replace("\"c0\"", &format!("\"c{MARK}0\""));
    assert_eq!(read_one(within.as_bytes()).unwrap().session.contact_id, format!("c{MARK}0"));
    assert_eq!(replay(&Recording::of(within.as_bytes())).lines.sessions, 1);
    for bad in [
        format!("{MARK}{MARK}{}", lines(1)),
        lines(1).replace("\"sessionData\"", &format!("{MARK}\"sessionData\"")),
        format!(" {MARK}{}", lines(1)),
    ] {
        let replayed = replay(&Recording::of(bad.as_bytes()));
        assert_eq!((replayed.lines.sessions, replayed.lines.bad), (0, 1), "{bad:?}");
    }
}

#[test]
fn other_encodings_are_named_and_not_read() {
    let marked = format!("{MARK}{}", lines(100));
    let table: [(Vec<u8>, &str); 7] = [
        (utf16(&marked, u16::to_le_bytes), "UTF-16"),
        (utf16(&marked, u16::to_be_bytes), "UTF-16"),
        (utf16(&lines(100), u16::to_le_bytes), "UTF-16"),
        (utf16(&lines(100), u16::to_be_bytes), "UTF-16"),
        (utf32(&marked), "UTF-32"),
        (gzip(&utf16(&marked, u16::to_le_bytes)), "UTF-16"),
        (zstd(&utf16(&marked, u16::to_be_bytes)), "UTF-16"),
    ];
    for (bytes, name) in table {
        let replayed = replay(&Recording::of(&bytes));
        assert_eq!((replayed.lines.sessions, replayed.lines.bad, replayed.too_little()), (0, 1, Some(TooLittle::NoSession)));
        assert_eq!(replayed.bad_lines.len(), 1);
        let fix = "save it as UTF-8; PowerShell: `… | Out-File -Encoding utf8`";
        assert_eq!((replayed.bad_lines[0].at.line, replayed.bad_lines[0].reason.clone()), (1, format!("the file is {name}: {fix}")));
        for line in [None, Some(1), Some(7)] {
            let source = Source { name: "file".to_owned(), from: Box::new(Cursor::new(bytes.clone())) };
            let error = pick(source, line).unwrap_err();
            assert!(matches!(error, PickError::Foreign(ForeignEncoding::Utf16 | ForeignEncoding::Utf32)), "{error}");
            assert_eq!(error.to_string(), format!("is {name}"));
        }
    }
    // Appended to a file that can be read, it is named where it begins.
    let appended = [lines(3).into_bytes(), utf16(&marked, u16::to_le_bytes)].concat();
    let replayed = replay(&Recording::of(&appended));
    assert_eq!((replayed.lines.sessions, replayed.too_little()), (3, Some(TooLittle::BadLines)));
    assert_eq!(replayed.bad_lines[0].at.line, 4);
    assert!(replayed.bad_lines.iter().all(|bad| bad.reason.starts_with("it is UTF-16: save it as UTF-8")), "{:?}", replayed.bad_lines);
}

#[test]
fn json_that_is_not_one_object_a_line_is_named() {
    let objects: Vec<serde_json::Value> = lines(3).lines().map(|line| serde_json::from_str(line).unwrap()).collect();
    let array = "a JSON array; write one JSON object per line: jq -c '.[]'";
    let table = [
        (serde_json::to_string(&objects).unwrap(), array),
        (serde_json::to_string_pretty(&objects).unwrap(), array),
        (format!("{MARK}{}", serde_json::to_string(&objects).unwrap()), array),
        (serde_json::to_string_pretty(&objects[0]).unwrap(), "a JSON object over several lines; write one JSON object per line: jq -c ."),
    ];
    for (text, reason) in table {
        let replayed = replay(&Recording::of(text.as_bytes()));
        assert_eq!((replayed.lines.sessions, replayed.too_little()), (0, Some(TooLittle::NoSession)));
        assert_eq!(replayed.bad_lines[0].reason, reason);
    }
    // One session may be spread over lines, but an array of them is named.
    assert!(read_one(serde_json::to_string_pretty(&objects[0]).unwrap().as_bytes()).is_ok());
    assert_eq!(read_one(serde_json::to_string_pretty(&objects).unwrap().as_bytes()).unwrap_err(), array);
}

#[test]
fn one_line_in_a_hundred_may_be_unreadable_and_no_more() {
    // Sessions, lines that are none, and whether that is too little to judge by.
    let table = [
        (0, 0, Some(TooLittle::NoSession)),
        (0, 1, Some(TooLittle::NoSession)),
        (1, 0, None),
        (1, 1, Some(TooLittle::BadLines)),
        (98, 1, Some(TooLittle::BadLines)),
        (99, 1, None),
        (100, 1, None),
        (197, 2, Some(TooLittle::BadLines)),
        (198, 2, None),
        (989, 10, Some(TooLittle::BadLines)),
        (990, 10, None),
        (9_900, 100, None),
        (9_899, 100, Some(TooLittle::BadLines)),
        (u64::MAX - 1, 1, None),
    ];
    for (sessions, bad, expected) in table {
        let replayed = Replayed { lines: LineCounts { sessions, bad, ..LineCounts::default() }, ..Replayed::default() };
        assert_eq!(replayed.too_little(), expected, "{sessions} sessions, {bad} bad lines");
    }
    let text = |bad: usize| lines(198) + &"NaN\n".repeat(bad);
    assert_eq!(replay(&Recording::of(text(2).as_bytes())).too_little(), None);
    assert_eq!(replay(&Recording::of(text(3).as_bytes())).too_little(), Some(TooLittle::BadLines));
}

#[test]
fn one_recording_of_several_that_cannot_be_read_is_too_little() {
    let unread = utf16(&lines(100), u16::to_le_bytes);
    let good = || Recording::of(lines(1_000).as_bytes());
    let replayed = replay(&good().and(Recording::of(&unread)).and(good()));
    assert_eq!((replayed.lines.sessions, replayed.lines.bad, replayed.too_little()), (2_000, 1, Some(TooLittle::NoSessionIn(1))));
    // One in which nothing was recorded is not.
    let replayed = replay(&good().and(Recording::of(b"")).and(Recording::of(b"\n\n")));
    assert_eq!((replayed.lines.sessions, replayed.without_sessions.len(), replayed.too_little()), (1_000, 0, None));
    // Its line is shown, however many of others come before it.
    let replayed = replay(&Recording::of((lines(5_000) + &"NaN\n".repeat(30)).as_bytes()).and(Recording::of(b"NaN\n")));
    assert_eq!((replayed.without_sessions.as_slice(), replayed.bad_lines.len()), (&[1][..], 11));
    assert_eq!((replayed.bad_lines[10].at.file, replayed.bad_lines[10].at.line), (1, 1));
}
