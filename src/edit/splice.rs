//! Puts new bytes in the place of old ones; what is not replaced stays byte for byte.

use std::ops::Range;

/// Bytes of a text, and what comes in their place.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Splice<'a> {
    /// The bytes that go.
    pub range: Range<usize>,
    /// The text that comes.
    pub replacement: &'a str,
}

/// The text with every splice made. `None` when two of them overlap, or one lies outside of the text or inside a character.
pub fn splice(text: &str, splices: &[Splice<'_>]) -> Option<String> {
    let mut ordered: Vec<&Splice<'_>> = splices.iter().collect();
    ordered.sort_by_key(|splice| (splice.range.start, splice.range.end));
    let mut out = String::with_capacity(text.len());
    let mut from = 0;
    for Splice { range, replacement } in ordered {
        out.push_str(text.get(from..range.start)?);
        out.push_str(replacement);
        from = range.end.max(range.start);
    }
    out.push_str(text.get(from..)?);
    Some(out)
}

#[cfg(test)]
mod tests {
    use super::{Splice, splice};

    #[test]
    fn splices_keep_the_rest_and_never_overlap() {
        let at = |start, end, replacement| Splice { range: start..end, replacement };
        assert_eq!(splice("äbc", &[at(3, 4, "C"), at(2, 3, "")]).as_deref(), Some("äC"));
        assert_eq!(splice("abc", &[at(0, 2, "x"), at(1, 3, "y")]), None);
        assert_eq!(splice("ä", &[at(1, 2, "")]), None);
        assert_eq!(splice("a", &[at(1, 9, "")]), None);
        assert_eq!(splice("abc", &[]).as_deref(), Some("abc"));
    }
}
