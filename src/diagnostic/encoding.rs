//! How text from people is encoded. This tool reads UTF-8, with or without a byte order mark, and names what it cannot read.

/// The byte order mark that some editors and shells write before UTF-8.
const MARK: &[u8] = b"\xEF\xBB\xBF";

/// An encoding that this tool recognizes and does not read.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum ForeignEncoding {
    /// UTF-16 of either byte order: what `>` writes in Windows PowerShell.
    Utf16,
    /// UTF-32 of either byte order.
    Utf32,
}

impl ForeignEncoding {
    /// What to do about it.
    pub const FIX: &str = "save it as UTF-8; PowerShell: `… | Out-File -Encoding utf8`";

    /// Recognizes an encoding by the first bytes of a text: its byte order mark, or the zeros beside an ASCII character.
    pub fn of(bytes: &[u8]) -> Option<Self> {
        match bytes {
            // Before UTF-16, whose mark is the first half of this one.
            [0xFF, 0xFE, 0, 0, ..] | [0, 0, 0xFE, 0xFF, ..] => Some(Self::Utf32),
            [0xFF, 0xFE, ..] | [0xFE, 0xFF, ..] => Some(Self::Utf16),
            [first, 0, 0, 0, ..] | [0, 0, 0, first, ..] if *first != 0 => Some(Self::Utf32),
            [first, 0, ..] | [0, first, ..] if *first != 0 => Some(Self::Utf16),
            _ => None,
        }
    }

    /// Its name.
    pub fn name(self) -> &'static str {
        match self {
            Self::Utf16 => "UTF-16",
            Self::Utf32 => "UTF-32",
        }
    }
}

/// The bytes after the byte order mark of UTF-8, if they begin with one.
pub fn without_mark(bytes: &[u8]) -> &[u8] {
    bytes.strip_prefix(MARK).unwrap_or(bytes)
}

#[cfg(test)]
mod tests {
    use super::ForeignEncoding::{self, Utf16, Utf32};
    use super::without_mark;

    #[test]
    fn encodings_are_known_by_their_first_bytes() {
        let table: [(&[u8], Option<ForeignEncoding>); 17] = [
            (b"\xFF\xFE{\0", Some(Utf16)),
            (b"\xFE\xFF\0{", Some(Utf16)),
            (b"\xFF\xFE", Some(Utf16)),
            (b"{\0\"\0", Some(Utf16)),
            (b"\0{\0\"", Some(Utf16)),
            (b"a\0", Some(Utf16)),
            (b"\xFF\xFE\0\0{\0\0\0", Some(Utf32)),
            (b"\0\0\xFE\xFF\0\0\0{", Some(Utf32)),
            (b"{\0\0\0\"\0\0\0", Some(Utf32)),
            (b"\0\0\0{\0\0\0\"", Some(Utf32)),
            (b"", None),
            (b"{", None),
            (b"\0", None),
            (b"\0\0\0\0", None),
            (b"{\"a\": \"\0\"}", None),
            (b"\xEF\xBB\xBF{}", None),
            ("ä\0".as_bytes(), None),
        ];
        for (bytes, expected) in table {
            assert_eq!(ForeignEncoding::of(bytes), expected, "{bytes:?}");
        }
    }

    #[test]
    fn only_a_mark_at_the_beginning_is_one() {
        assert_eq!(without_mark(b"\xEF\xBB\xBF{}"), b"{}");
        assert_eq!(without_mark(b"\xEF\xBB\xBF\xEF\xBB\xBF{}"), b"\xEF\xBB\xBF{}");
        assert_eq!(without_mark(b" \xEF\xBB\xBF{}"), b" \xEF\xBB\xBF{}");
        assert_eq!(without_mark(b"\xEF\xBB"), b"\xEF\xBB");
    }
}
