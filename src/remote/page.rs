//! Lists come in pages. Which pages are still to read, and whether they fit together: pure.

use std::collections::HashSet;

use serde::Deserialize;
use serde_json::value::RawValue;

/// Most pages that are believed; a server that announces more is not read at all.
const MOST_PAGES: u64 = 20_000;

/// The platform's page envelope, as far as it is trusted: links are not followed.
#[derive(Debug, Deserialize)]
#[serde(rename_all = "camelCase")]
pub(super) struct Envelope<'a> {
    #[serde(borrow)]
    pub(super) entities: Vec<&'a RawValue>,
    total: u64,
    page_size: Option<u64>,
    page_count: Option<u64>,
}

/// The numbers of a page.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) struct Head {
    /// Entities on all pages together.
    pub(super) total: u64,
    /// Entities a page holds at most; a server may allow fewer than were asked for.
    pub(super) page_size: Option<u64>,
    /// Pages there are.
    pub(super) page_count: Option<u64>,
}

/// One page, decoded.
#[derive(Debug)]
pub(super) struct Page<T> {
    pub(super) head: Head,
    pub(super) items: Vec<T>,
}

impl Envelope<'_> {
    pub(super) fn head(&self) -> Head {
        Head { total: self.total, page_size: self.page_size, page_count: self.page_count }
    }
}

/// How many pages there are, the first included, when `asked` entities a page were asked for. Counted from the total, so
/// that a wrong page count can neither lose campaigns nor keep us reading.
///
/// # Errors
/// Where the numbers of the first page contradict each other.
pub(super) fn pages(head: Head, asked: u64) -> Result<u64, String> {
    let Head { total, page_size, page_count } = head;
    let size = page_size.unwrap_or(asked).min(asked);
    if total == 0 {
        return Ok(1);
    }
    if size == 0 {
        return Err(format!("the list has {total} entries on pages of none"));
    }
    let needed = total.div_ceil(size);
    if let Some(count) = page_count.filter(|count| *count < needed) {
        return Err(format!("the list has {total} entries, which do not fit on {count} pages of {size}"));
    }
    if needed > MOST_PAGES {
        return Err(format!("the list has {needed} pages; at most {MOST_PAGES} are read"));
    }
    Ok(needed)
}

/// What pages that were read one after the other are together.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) enum Fit {
    /// One list: all of the same total, and as many entries, all different.
    Whole,
    /// As many different entries as there should be, but some came twice: without those it is the whole list, unless
    /// something moved while it was read.
    Repeated(String),
    /// No list, and why: entries came or went while it was read.
    Torn(String),
}

/// How pages of these totals, with entries of these ids, fit together.
pub(super) fn fit<'a>(totals: impl IntoIterator<Item = u64>, ids: impl IntoIterator<Item = &'a str>) -> Fit {
    let mut totals = totals.into_iter();
    let total = totals.next().unwrap_or(0);
    if let Some(other) = totals.find(|other| *other != total) {
        return Fit::Torn(format!("one page says there are {total} entries, another {other}"));
    }
    let mut seen = HashSet::new();
    let repeated = ids.into_iter().filter(|id| !seen.insert(*id)).count();
    let distinct = seen.len();
    if u64::try_from(distinct) != Ok(total) {
        return Fit::Torn(format!("there should be {total} entries, but {distinct} different ones came"));
    }
    if repeated > 0 { Fit::Repeated(format!("{repeated} of {total} entries came more than once")) } else { Fit::Whole }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::{Fit, Head, MOST_PAGES, fit, pages};

    #[test]
    fn a_nonsensical_first_page_is_rejected() {
        //  total, page_size, page_count, pages
        let table = [
            (0, Some(100), Some(0), Some(1)),
            (0, Some(0), None, Some(1)),
            (1, Some(100), Some(1), Some(1)),
            (101, Some(100), Some(2), Some(2)),
            (101, Some(100), None, Some(2)),
            (101, Some(25), Some(5), Some(5)),
            (101, None, None, Some(2)),
            (101, Some(500), Some(2), Some(2)),
            (101, Some(100), Some(u64::MAX), Some(2)),
            (101, Some(100), Some(1), None),
            (101, Some(0), Some(5), None),
            (u64::MAX, Some(100), Some(u64::MAX), None),
        ];
        for (total, page_size, page_count, expected) in table {
            let head = Head { total, page_size, page_count };
            assert_eq!(pages(head, 100).ok(), expected, "{head:?}");
        }
    }

    #[test]
    fn pages_that_disagree_are_no_list() {
        assert_eq!(fit([2, 2], ["a", "b"]), Fit::Whole);
        assert_eq!(fit([0], []), Fit::Whole);
        assert!(matches!(fit([2, 3], ["a", "b"]), Fit::Torn(_)));
        assert!(matches!(fit([2], ["a", "a"]), Fit::Torn(_)));
        assert!(matches!(fit([2], ["a"]), Fit::Torn(_)));
        assert!(matches!(fit([1], ["a", "b"]), Fit::Torn(_)));
        assert!(matches!(fit([2, 2], ["a", "b", "a"]), Fit::Repeated(_)));
    }

    proptest! {
        #[test]
        fn the_plan_covers_the_list_exactly(
            total in 0_u64..2_000_000, size in 0_u64..600, count in proptest::option::of(0_u64..50_000), asked in 1_u64..500
        ) {
            let head = Head { total, page_size: Some(size), page_count: count };
            if let Ok(planned) = pages(head, asked) {
                let size = size.min(asked);
                prop_assert!((1..=MOST_PAGES).contains(&planned));
                prop_assert!(total == 0 || planned * size >= total, "an entry is on no page");
                prop_assert!(total == 0 || (planned - 1) * size < total, "a page without entries is read");
            }
        }

        #[test]
        fn a_server_that_keeps_the_contract_is_read_with_the_fewest_requests(total in 0_u64..1_000_000) {
            let head = Head { total, page_size: Some(100), page_count: Some(total.div_ceil(100)) };
            prop_assert_eq!(pages(head, 100), Ok(total.div_ceil(100).max(1)));
        }
    }
}
