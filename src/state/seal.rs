//! The checksum that a state and its lock carry, so that a flipped bit is never believed.
//!
//! A sealed document begins with `{"version":V,"checksum":"…",`. The checksum is the SHA-256, in hexadecimal, of the same
//! document without the checksum and without white space between its tokens. Every other byte is covered, whether it means
//! something or not; only a document that was indented anew is still whole.

use sha2::{Digest as _, Sha256};

/// Digits of a checksum.
const DIGITS: usize = 64;

/// What a text is, as far as its checksum tells.
#[derive(Debug, PartialEq, Eq)]
pub(super) enum Seal {
    /// It is as it was written; this is its content, without the checksum.
    Whole(Vec<u8>),
    /// Only the number of its format is not what was written.
    Renumbered,
    /// It is not as it was written.
    Broken,
    /// There is no checksum where one belongs.
    Absent,
}

/// Adds the checksum to a JSON object whose first member is `version`, a number, and not its only one.
pub(super) fn seal(content: &[u8]) -> Vec<u8> {
    let after_version = content.iter().position(|byte| *byte == b',').map_or(content.len(), |comma| comma + 1);
    let (version, rest) = content.split_at(after_version);
    [version, b"\"checksum\":\"", checksum(content).as_bytes(), b"\",", rest].concat()
}

/// Checks a text that should be of this format.
pub(super) fn open(text: &[u8], format: u32) -> Seal {
    let text = compact(text);
    let Some((version, found, rest)) = split(&text) else { return Seal::Absent };
    let format = format.to_string();
    let content = [b"{\"version\":", format.as_bytes(), b",", rest].concat();
    match (checksum(&content).as_bytes() == found, version == format.as_bytes()) {
        (true, true) => Seal::Whole(content),
        (true, false) => Seal::Renumbered,
        (false, _) => Seal::Broken,
    }
}

/// The number of the format, the checksum, and what follows them.
fn split(text: &[u8]) -> Option<(&[u8], &[u8], &[u8])> {
    let rest = text.strip_prefix(b"{\"version\":")?;
    let (version, rest) = rest.split_at(rest.iter().position(|byte| !byte.is_ascii_digit())?);
    let (found, rest) = rest.strip_prefix(b",\"checksum\":\"")?.split_at_checked(DIGITS)?;
    Some((version, found, rest.strip_prefix(b"\",")?))
}

fn checksum(content: &[u8]) -> String {
    Sha256::digest(content).iter().map(|byte| format!("{byte:02x}")).collect()
}

/// A JSON text without white space between its tokens.
fn compact(text: &[u8]) -> Vec<u8> {
    let mut out = Vec::with_capacity(text.len());
    let (mut in_text, mut is_escaped) = (false, false);
    for byte in text {
        if in_text {
            in_text = is_escaped || *byte != b'"';
            is_escaped = !is_escaped && *byte == b'\\';
        } else if matches!(byte, b' ' | b'\t' | b'\n' | b'\r') {
            continue;
        } else {
            in_text = *byte == b'"';
        }
        out.push(*byte);
    }
    out
}

#[cfg(test)]
mod tests {
    use super::{Seal, open, seal};

    const CONTENT: &str = r#"{"version":2,"name":"a \" b\\","n":[1,2.5,null]}"#;

    #[test]
    fn the_checksum_is_that_of_the_document_without_it() {
        let sealed = String::from_utf8(seal(CONTENT.as_bytes())).unwrap();
        let (start, end) = (r#"{"version":2,"checksum":""#, r#"","name":"a \" b\\","n":[1,2.5,null]}"#);
        // `printf %s "$CONTENT" | sha256sum`
        assert_eq!(sealed, format!("{start}{SUM}{end}"));
        assert_eq!(open(sealed.as_bytes(), 2), Seal::Whole(CONTENT.as_bytes().to_vec()));
    }
    const SUM: &str = "a9bfdecf12bc528afec19f330c558966fbbfea0c26d1d52ea1b31bdca4abdbe6";

    #[test]
    fn white_space_between_tokens_means_nothing_and_all_else_does() {
        let sealed = String::from_utf8(seal(CONTENT.as_bytes())).unwrap();
        let indented = format!(" {}\r\n", sealed.replace(",\"", " ,\n\t\"").replace("\":", "\" : "));
        assert_eq!(open(indented.as_bytes(), 2), Seal::Whole(CONTENT.as_bytes().to_vec()));
        let table = [
            (sealed.replace("a \\\"", "a  \\\""), Seal::Broken),
            (sealed.replace("2.5", "2.50"), Seal::Broken),
            (sealed.replace("\"n\":", "\"n\":0,\"n\":"), Seal::Broken),
            (sealed.replace(SUM, &SUM.to_uppercase()), Seal::Broken),
            (sealed.replace("version\":2", "version\":1"), Seal::Renumbered),
            (sealed.replace("version\":2", "version\":02"), Seal::Renumbered),
            (sealed.replace("checksum", "checksun"), Seal::Absent),
            (CONTENT.to_owned(), Seal::Absent),
            (String::new(), Seal::Absent),
        ];
        for (text, expected) in table {
            assert_eq!(open(text.as_bytes(), 2), expected, "{text}");
        }
    }
}
