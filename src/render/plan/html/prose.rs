//! Words for the page: text from outside made visible, names of fields in sentences, moments as people say them.
//!
//! Nothing here escapes HTML: the templates do that, for every value and without exception.

use jiff::Timestamp;
use jiff::tz::TimeZone;

use super::super::super::escape::inline;

/// Text whose line breaks are shown as line breaks; everything else that acts is spelled out.
pub(super) fn lines(text: &str) -> String {
    text.split('\n').map(inline).collect::<Vec<_>>().join("\n")
}

/// A stretch of a sentence.
#[derive(Debug, PartialEq, Eq)]
pub(super) struct Span {
    /// Whether it is a name or a command, as opposed to words.
    pub(super) code: bool,
    pub(super) text: String,
}

/// A sentence of ours, in which names stand between backticks.
pub(super) fn sentence(text: &str) -> Vec<Span> {
    let stretches: Vec<&str> = text.split('`').collect();
    // An odd backtick came from outside; then none of them is taken for a mark.
    if stretches.len().is_multiple_of(2) {
        return vec![Span { code: false, text: lines(text) }];
    }
    let spans = stretches.iter().enumerate().map(|(index, text)| Span { code: index % 2 == 1, text: lines(text) });
    spans.filter(|span| !span.text.is_empty()).collect()
}

/// A sentence that says what to do: its flags (`--max-deletes 1`) and commands are set apart too.
pub(super) fn advice(text: &str) -> Vec<Span> {
    let mut out: Vec<Span> = Vec::new();
    for Span { code, text } in sentence(text) {
        for (index, line) in text.split_inclusive('\n').enumerate() {
            let is_command = index > 0 && line.trim_start().starts_with("campaignctl ");
            match line.find("--").filter(|_| !code && !is_command) {
                Some(start) => {
                    let end = line[start..].match_indices([' ', ',']).nth(1).map_or(line.len(), |(at, _)| start + at);
                    out.push(Span { code: false, text: line[..start].to_owned() });
                    out.push(Span { code: true, text: line[start..end].to_owned() });
                    out.push(Span { code: false, text: line[end..].to_owned() });
                }
                None => out.push(Span { code: code || is_command, text: line.to_owned() }),
            }
        }
    }
    out.retain(|span| !span.text.is_empty());
    out
}

/// A moment, for machines and for people.
#[derive(Debug)]
pub(super) struct Moment {
    pub(super) machine: String,
    pub(super) words: String,
}

impl From<Timestamp> for Moment {
    fn from(at: Timestamp) -> Self {
        let words = at.to_zoned(TimeZone::UTC).strftime("%-d %B %Y, %H:%M UTC").to_string();
        Self { machine: format!("{at:.0}"), words }
    }
}

/// `3 campaigns`
pub(super) fn count(count: usize, noun: &str) -> String {
    format!("{count} {}", super::super::summary::plural(count, noun))
}

#[cfg(test)]
mod tests {
    use super::{Moment, advice, lines, sentence};

    #[test]
    fn names_in_a_sentence_are_set_apart() {
        let spans = sentence("without `throttling` more\u{202e}");
        let shown: Vec<(bool, &str)> = spans.iter().map(|span| (span.code, span.text.as_str())).collect();
        assert_eq!(shown, [(false, "without "), (true, "throttling"), (false, " more\\u{202e}")]);
        assert_eq!(sentence("a ` alone")[0].text, "a ` alone");
    }

    #[test]
    fn the_way_out_stands_out() {
        let code = |text: &str| advice(text).into_iter().filter(|span| span.code).map(|span| span.text).collect::<Vec<_>>();
        assert_eq!(
            code("if that is meant, add --max-deletes 3 for this run, or raise `guards.maxDeletes`"),
            ["--max-deletes 3", "guards.maxDeletes"]
        );
        assert_eq!(code("bring its file back, or add --allow-destroy campaign.a for this run"), ["--allow-destroy campaign.a"]);
        assert_eq!(
            code("say which one is meant:\n  campaignctl import -e x campaign.a --id 1"),
            ["  campaignctl import -e x campaign.a --id 1"]
        );
    }

    #[test]
    fn a_line_break_stays_one() {
        assert_eq!(lines("Hello\nthere\r\t\u{0}"), "Hello\nthere\\r\\t\\u{0}");
    }

    #[test]
    fn a_moment_reads_as_a_date() {
        let moment = Moment::from("2026-11-20T14:02:09.5Z".parse::<jiff::Timestamp>().unwrap());
        assert_eq!((moment.words.as_str(), moment.machine.as_str()), ("20 November 2026, 14:02 UTC", "2026-11-20T14:02:09Z"));
    }
}
