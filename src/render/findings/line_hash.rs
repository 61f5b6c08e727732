//! GitHub's hash of a line: what `primaryLocationLineHash` holds when its own uploader fills it in.

use std::collections::BTreeMap;

/// Characters from the beginning of the line on that are hashed, blanks and tabs not counted.
const WINDOW: usize = 100;

/// The hash of every line of a file, as `hash:count`: the same hash a second time in one file has the count 2.
///
/// A line is known by its first hundred characters, reaching into the lines that follow, so it keeps its hash when it moves
/// and loses it when it changes. The numbers are those of GitHub's uploader, which warns when it finds others.
pub(super) fn line_hashes(text: &str) -> Vec<String> {
    let (units, starts) = significant(text);
    let mut counts: BTreeMap<u64, u32> = BTreeMap::new();
    let mut hashes = Vec::with_capacity(starts.len());
    for start in starts {
        let padded = units[start..].iter().copied().chain(std::iter::repeat(0)).take(WINDOW);
        let hash = padded.fold(0_u64, |hash, unit| hash.wrapping_mul(37).wrapping_add(u64::from(unit)));
        let count = counts.entry(hash).or_default();
        *count += 1;
        hashes.push(format!("{hash:x}:{count}"));
    }
    hashes
}

/// The UTF-16 code units that count (no blanks, no tabs, one line feed for every line end, an end mark), and where each line
/// begins among them.
fn significant(text: &str) -> (Vec<u16>, Vec<usize>) {
    let [tab, blank, feed, return_] = [b'\t', b' ', b'\n', b'\r'].map(u16::from);
    let (mut units, mut starts) = (Vec::with_capacity(text.len() + 1), Vec::new());
    let (mut line_start, mut after_return) = (true, false);
    for unit in text.encode_utf16().chain([u16::MAX]) {
        let skipped = unit == blank || unit == tab || (after_return && unit == feed);
        after_return = !skipped && unit == return_;
        if skipped {
            continue;
        }
        if line_start {
            starts.push(units.len());
        }
        line_start = unit == feed || unit == return_;
        units.push(if unit == return_ { feed } else { unit });
    }
    (units, starts)
}

#[cfg(test)]
mod tests {
    use super::line_hashes;

    /// Computed with GitHub's uploader.
    #[test]
    fn the_numbers_are_those_of_github() {
        assert_eq!(line_hashes(""), ["c129715d7a2bc9a3:1"]);
        assert_eq!(
            line_hashes(" a\nb\n  \t\tc\n d"),
            ["271789c17abda88f:1", "54703d4cd895b18:1", "180aee12dab6264:1", "a23a3dc5e078b07b:1"]
        );
    }

    #[test]
    fn line_ends_and_indentation_do_not_matter_and_twins_are_counted() {
        assert_eq!(line_hashes("a\r\n  b\r\n"), line_hashes("a\nb\n"));
        let long = "x".repeat(200);
        let hashes = line_hashes(&format!("{long}\n{long}\n"));
        assert_eq!(hashes.len(), 3);
        assert!(hashes[0].ends_with(":1") && hashes[1].ends_with(":2"), "{hashes:?}");
    }
}
