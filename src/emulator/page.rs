//! Pages: what a list request asks for, and the envelope around the entities it gets.

use std::fmt::Write as _;
use std::ops::RangeInclusive;

use serde::Serialize;

use super::failure::{Failure, Problem};

/// Entities of a page when the request does not say.
const DEFAULT_SIZE: u64 = 25;

/// The query parameters of a list request, as they came.
pub(super) struct Parameters(pub Vec<(String, String)>);

impl Parameters {
    /// The parameter's value; the first one when it is given twice.
    pub fn get(&self, name: &str) -> Option<&str> {
        self.0.iter().find(|(key, _)| key == name).map(|(_, value)| value.as_str())
    }

    /// A whole number within `allowed`, or a problem.
    fn number(&self, name: &str, default: u64, allowed: &RangeInclusive<u64>) -> Result<u64, Problem> {
        let Some(text) = self.get(name) else { return Ok(default) };
        match text.parse() {
            Ok(number) if allowed.contains(&number) => Ok(number),
            _ => {
                let (least, most) = (allowed.start(), allowed.end());
                let range = if *most == u64::MAX { format!("{least} or more") } else { format!("{least} to {most}") };
                Err(Problem::invalid_value(name, format!("`{name}` must be a whole number, {range}; it is `{text}`")))
            }
        }
    }

    /// `pageSize` alone, for lists that are paged by cursor.
    pub fn page_size(&self, largest: u64) -> Result<u64, Failure> {
        self.number("pageSize", DEFAULT_SIZE, &(1..=largest)).map_err(|problem| Failure::invalid(vec![problem]))
    }

    /// `pageSize` and `pageNumber`; both problems are told when both are wrong.
    pub fn page(&self, largest: u64) -> Result<PageRequest, Failure> {
        let size = self.number("pageSize", DEFAULT_SIZE, &(1..=largest));
        let number = self.number("pageNumber", 1, &(1..=u64::MAX));
        match (size, number) {
            (Ok(size), Ok(number)) => Ok(PageRequest { size, number }),
            (size, number) => Err(Failure::invalid([size.err(), number.err()].into_iter().flatten().collect())),
        }
    }
}

/// Which page is asked for.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) struct PageRequest {
    /// Entities of a full page.
    pub size: u64,
    /// From 1.
    pub number: u64,
}

impl PageRequest {
    /// The places of the page's entities among `total`, from 0; empty past the last page.
    pub fn range(self, total: usize) -> std::ops::Range<usize> {
        let place = |page: u64| usize::try_from(page.saturating_mul(self.size)).unwrap_or(usize::MAX).min(total);
        place(self.number - 1)..place(self.number)
    }

    /// The page as JSON. `entities` are complete JSON texts joined by commas, `path` and `name` (the filter) make the URIs.
    pub fn envelope(self, entities: &[u8], total: usize, path: &str, name: Option<&str>) -> Vec<u8> {
        let total = total as u64;
        let page_count = total.div_ceil(self.size);
        let uri = |number: u64| {
            let mut uri = format!("{path}?pageSize={}&pageNumber={number}", self.size);
            if let Some(name) = name {
                uri.push_str("&name=");
                uri.push_str(&percent_encoded(name));
            }
            uri
        };
        let tail = PageTail {
            page_size: self.size,
            page_number: self.number,
            total,
            page_count,
            first_uri: uri(1),
            next_uri: (self.number < page_count).then(|| uri(self.number + 1)),
            last_uri: uri(page_count.max(1)),
            self_uri: uri(self.number),
        };
        enveloped(entities, &tail)
    }
}

/// `entities` in front of the fields of `tail`, in one JSON object. The entities are copied, not parsed.
pub(super) fn enveloped(entities: &[u8], tail: &impl Serialize) -> Vec<u8> {
    const HEAD: &[u8] = b"{\"entities\":[";
    let tail = serde_json::to_vec(tail).expect("texts and numbers are JSON");
    let fields = tail.strip_prefix(b"{").unwrap_or(&tail);
    let mut json = Vec::with_capacity(HEAD.len() + entities.len() + 2 + fields.len());
    json.extend_from_slice(HEAD);
    json.extend_from_slice(entities);
    json.extend_from_slice(b"],");
    json.extend_from_slice(fields);
    json
}

/// The fields of the page envelope behind `entities`.
#[derive(Serialize)]
#[serde(rename_all = "camelCase")]
struct PageTail {
    page_size: u64,
    page_number: u64,
    total: u64,
    page_count: u64,
    first_uri: String,
    #[serde(skip_serializing_if = "Option::is_none")]
    next_uri: Option<String>,
    last_uri: String,
    self_uri: String,
}

/// Text as it may stand in a query.
pub(super) fn percent_encoded(text: &str) -> String {
    text.bytes().fold(String::with_capacity(text.len()), |mut encoded, byte| {
        if byte.is_ascii_alphanumeric() || b"-._~".contains(&byte) {
            encoded.push(char::from(byte));
        } else {
            // Writing to a `String` cannot fail.
            let _ = write!(encoded, "%{byte:02X}");
        }
        encoded
    })
}

#[cfg(test)]
mod tests {
    use super::{PageRequest, Parameters, percent_encoded};

    fn parameters(pairs: &[(&str, &str)]) -> Parameters {
        Parameters(pairs.iter().map(|(key, value)| ((*key).to_owned(), (*value).to_owned())).collect())
    }

    #[test]
    fn a_page_is_read_or_refused() {
        assert_eq!(parameters(&[]).page(100).expect("defaults"), PageRequest { size: 25, number: 1 });
        let given = parameters(&[("pageSize", "100"), ("pageNumber", "7")]);
        assert_eq!(given.page(100).expect("in range"), PageRequest { size: 100, number: 7 });
        for bad in ["0", "101", "-1", "x", "", "1.0", "99999999999999999999"] {
            assert!(parameters(&[("pageSize", bad)]).page(100).is_err(), "pageSize={bad}");
        }
        for bad in ["0", "-1", "x", ""] {
            assert!(parameters(&[("pageNumber", bad)]).page(100).is_err(), "pageNumber={bad}");
        }
    }

    #[test]
    fn ranges_end_at_the_total_and_never_overflow() {
        assert_eq!(PageRequest { size: 100, number: 3 }.range(250), 200..250);
        assert_eq!(PageRequest { size: 100, number: 4 }.range(250), 250..250);
        assert_eq!(PageRequest { size: 100, number: u64::MAX }.range(250), 250..250);
    }

    #[test]
    fn the_filter_stays_in_the_uris() {
        assert_eq!(percent_encoded("a b&c=ä"), "a%20b%26c%3D%C3%A4");
        let json = PageRequest { size: 1, number: 1 }.envelope(b"{},{}", 2, "/x", Some("a b"));
        let page: serde_json::Value = serde_json::from_slice(&json).expect("JSON");
        assert_eq!(page["nextUri"], "/x?pageSize=1&pageNumber=2&name=a%20b");
        assert_eq!(page["entities"].as_array().map(Vec::len), Some(2));
    }
}
