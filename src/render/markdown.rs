//! Text from outside, made harmless in Markdown as GitHub and GitLab read it: no markup, no links, no mentions, and no
//! command to a CI runner that prints the document.

use std::collections::BTreeSet;
use std::fmt::Write;

use super::escape::inline;
use crate::model::CampaignKey;

/// Begins the hidden line by which a comment is found again. It stands once in a document, whatever names hold.
pub(super) const MARKER: &str = "<!-- campaignctl:";

/// Breaks what mentions, references and links are recognised by. Backslashes do not: they are recognised in the finished
/// page, where the backslash is gone.
const INVISIBLE_BREAK: &str = "&#8203;";

/// A code span that nothing breaks out of, for any place, tables too. `|` is spelled out like a control character: in a table
/// it would end the cell, and nothing can quote it inside a code span.
pub(super) fn code(text: &str) -> String {
    delimited(&spelled(text).replace('|', "\\u{7c}"))
}

/// A code span that nothing breaks out of, for any place but a table: `|` stays.
pub(super) fn code_outside_tables(text: &str) -> String {
    delimited(&spelled(text))
}

/// Running text without any markup of its own; also at the beginning of a line, and in a table.
pub(super) fn text(text: &str) -> String {
    let text = inline(text);
    let mut out = String::with_capacity(text.len() + 16);
    let mut rest = text.char_indices().peekable();
    while let Some((at, c)) = rest.next() {
        let (before, next) = (&text[..at], rest.peek().map(|(_, next)| *next));
        let joins = next.is_some_and(|next| next.is_alphanumeric() || matches!(next, '"' | '_' | '-'));
        let begins = at == 0;
        match c {
            '<' => out.push_str("&lt;"),
            '>' => out.push_str("&gt;"),
            '|' => out.push_str("&#124;"),
            // Blanks at an end would go, four of them at the beginning are code.
            ' ' if begins || next.is_none() => out.push_str("&#32;"),
            '&' => push(&mut out, "&amp;", joins),
            '@' | '%' => push(&mut out, c.encode_utf8(&mut [0; 4]), joins),
            '#' | '!' | '~' | '$' => {
                out.push('\\');
                push(&mut out, c.encode_utf8(&mut [0; 4]), joins);
            }
            // `http://`, `:tada:`, `::error::`; not the colons of a time.
            ':' => push(&mut out, ":", next.is_some_and(|next| next.is_alphabetic() || matches!(next, '/' | ':' | '+' | '-'))),
            '.' if ends_with(before, "www") => push(&mut out, ".", true),
            '-' if ends_with(before, "gh") => push(&mut out, "-", true),
            '\\' | '`' | '*' | '_' | '[' | ']' => out.extend(['\\', c]),
            '-' | '+' | '=' if begins => out.extend(['\\', c]),
            // `1. ` and `1) ` begin a list.
            '.' | ')' if !begins && before.bytes().all(|byte| byte.is_ascii_digit()) => out.extend(['\\', c]),
            c => out.push(c),
        }
    }
    out
}

fn push(out: &mut String, what: &str, broken: bool) {
    out.push_str(what);
    if broken {
        out.push_str(INVISIBLE_BREAK);
    }
}

fn ends_with(text: &str, end: &str) -> bool {
    text.len().checked_sub(end.len()).and_then(|at| text.get(at..)).is_some_and(|last| last.eq_ignore_ascii_case(end))
}

/// A sentence of ours with text from outside in it: what stands between backticks becomes code, and so do addresses and
/// flags, which people copy.
pub(super) fn prose(sentence: &str) -> String {
    let mut out = String::new();
    let mut rest = sentence;
    while let Some((before, after)) = rest.split_once('`') {
        let Some((inside, after)) = after.split_once('`') else { break };
        words(&mut out, before);
        out.push_str(&code_outside_tables(inside));
        rest = after;
    }
    words(&mut out, rest);
    out
}

/// A sentence about one thing, whose name stands between the first backtick and the last one, whatever it holds.
pub(super) fn prose_on(sentence: &str) -> String {
    match sentence.split_once('`').and_then(|(before, rest)| Some((before, rest.rsplit_once('`')?))) {
        Some((before, (name, after))) => format!("{}{}{}", between(before), code_outside_tables(name), between(after)),
        None => text(sentence),
    }
}

/// Text with addresses and flags as code, a flag together with its value.
fn words(out: &mut String, sentence: &str) {
    let is_address = |word: &str| word.strip_prefix("campaign.").is_some_and(|key| CampaignKey::new(key).is_ok());
    let is_flag = |word: &str| word.strip_prefix("--").is_some_and(|flag| flag.starts_with(|first: char| first.is_ascii_lowercase()));
    let is_value = |word: &str| is_address(word) || word.parse::<u64>().is_ok();
    let mut plain = String::new();
    let mut flag: Option<&str> = None;
    for word in sentence.split_inclusive(' ') {
        let name = word.trim_end_matches([' ', ',', ':', ';', '.']);
        let before = flag.take();
        match before {
            Some(before) if is_value(name) => {
                let _ = write!(out, "{}", code_outside_tables(&format!("{before}{name}")));
                plain = word[name.len()..].to_owned();
                continue;
            }
            Some(before) => {
                let name = before.trim_end();
                out.push_str(&code_outside_tables(name));
                plain = before[name.len()..].to_owned();
            }
            None => {}
        }
        if is_flag(name) && word.strip_suffix(' ') == Some(name) {
            out.push_str(&between(&plain));
            plain.clear();
            flag = Some(word);
        } else if is_flag(name) || is_address(name) {
            let _ = write!(out, "{}{}", between(&plain), code_outside_tables(name));
            plain = word[name.len()..].to_owned();
        } else {
            plain.push_str(word);
        }
    }
    if let Some(flag) = flag {
        out.push_str(&code_outside_tables(flag.trim_end()));
    }
    out.push_str(&between(&plain));
}

/// Text that stands between other text: its outer blanks are ordinary ones.
fn between(part: &str) -> String {
    let inner = part.trim_matches(' ');
    let start = part.len() - part.trim_start_matches(' ').len();
    let (before, after) = if inner.is_empty() { (part, "") } else { (&part[..start], &part[start + inner.len()..]) };
    format!("{before}{}{after}", text(inner))
}

/// A fenced block of these lines. Whatever they hold, none of them ends the block or begins with a command to a CI runner.
pub(super) fn fenced(language: &str, lines: &[String]) -> String {
    let lines: Vec<String> = lines.iter().map(|line| of_block(line)).collect();
    let longest = lines.iter().flat_map(|line| line.split(|c| c != '`')).map(str::len).max().unwrap_or(0);
    let fence = "`".repeat(3.max(longest + 1));
    let mut out = format!("{fence}{language}\n");
    for line in lines {
        out.push_str(&line);
        out.push('\n');
    }
    out.push_str(&fence);
    out.push('\n');
    out
}

fn of_block(line: &str) -> String {
    let line = spelled(line);
    let blanks = line.len() - line.trim_start().len();
    if line[blanks..].starts_with("::") { format!("{}\\u{{3a}}{}", &line[..blanks], &line[blanks + 1..]) } else { line }
}

/// At most so many characters, and how many more there are. The second value says whether something was left out.
pub(super) fn cut(text: &str, most: usize) -> (String, bool) {
    match text.char_indices().nth(most) {
        None => (text.to_owned(), false),
        Some((end, _)) => (format!("{}… ({} more characters)", &text[..end], text[end..].chars().count()), true),
    }
}

/// One line, with everything spelled out that would act where code is shown: on a terminal, on a build agent, on a script that
/// looks for [`MARKER`].
fn spelled(text: &str) -> String {
    inline(text).replace(MARKER, "<\\u{21}-- campaignctl:")
}

/// The content between as many backticks as stand nowhere in it.
fn delimited(content: &str) -> String {
    if content.is_empty() {
        return "` `".to_owned();
    }
    let runs: BTreeSet<usize> = content.split(|c| c != '`').map(str::len).collect();
    let delimiter = "`".repeat((1..).find(|length| !runs.contains(length)).unwrap_or(1));
    let at_both_ends = |c: char| content.starts_with(c) && content.ends_with(c);
    let blank = content.trim_matches(' ').is_empty();
    let padding = if content.starts_with('`') || content.ends_with('`') || (at_both_ends(' ') && !blank) { " " } else { "" };
    format!("{delimiter}{padding}{content}{padding}{delimiter}")
}

#[cfg(test)]
mod tests {
    use super::{code, code_outside_tables, cut, fenced, prose, prose_on, text};

    #[test]
    fn a_code_span_has_no_way_out() {
        assert_eq!(code("campaign.a"), "`campaign.a`");
        assert_eq!(code("a`b"), "``a`b``");
        assert_eq!(code("`a``b"), "``` `a``b ```");
        assert_eq!(code(" a "), "`  a  `");
        assert_eq!(code(""), "` `");
        assert_eq!(code("a\n::error::x"), "`a\\n::error::x`");
        assert_eq!(code("a|b"), "`a\\u{7c}b`");
        assert_eq!(code_outside_tables("a|b ##[error]x"), "`a|b #\\u{23}[error]x`");
        assert_eq!(code("<!-- campaignctl:plan environment=production -->"), "`<\\u{21}-- campaignctl:plan environment=production -->`");
    }

    #[test]
    fn running_text_is_only_text() {
        assert_eq!(text("Ask @team about #12, see http://a.b or www.a.b"), {
            "Ask @&#8203;team about \\#&#8203;12, see http:&#8203;//a.b or www.&#8203;a.b"
        });
        assert_eq!(text("<b>&amp; [x](y) ![z](w)"), "&lt;b&gt;&amp;&#8203;amp; \\[x\\](y) \\!\\[z\\](w)");
        assert_eq!(text("::error::x"), ":&#8203;:&#8203;error:&#8203;:&#8203;x");
        assert_eq!(text("1. one"), "1\\. one");
        assert_eq!(text("- one"), "\\- one");
        assert_eq!(text("    code"), "&#32;   code");
        assert_eq!(text("a|b\n"), "a&#124;b\\\\n");
        assert_eq!(text("at 14:02:00Z"), "at 14:02:00Z");
    }

    #[test]
    fn a_sentence_keeps_its_code_and_its_names() {
        assert_eq!(
            prose("add --allow-destroy campaign.a-1, or raise `guards.maxDeletes`"),
            "add `--allow-destroy campaign.a-1`, or raise `guards.maxDeletes`"
        );
        assert_eq!(prose("add --force now, or --quiet."), "add `--force` now, or `--quiet`.");
        assert_eq!(prose_on("without `filters[a`b]` all match"), "without ``filters[a`b]`` all match");
        assert_eq!(prose("one ` and @all"), "one \\` and @&#8203;all");
    }

    #[test]
    fn a_block_ends_where_it_should() {
        let lines = ["+ ```".to_owned(), "::add-mask::x".to_owned(), "a\n```".to_owned()];
        assert_eq!(fenced("diff", &lines), "````diff\n+ ```\n\\u{3a}:add-mask::x\na\\n```\n````\n");
    }

    #[test]
    fn a_long_text_says_how_much_is_missing() {
        assert_eq!(cut("äöü", 3), ("äöü".to_owned(), false));
        assert_eq!(cut("äöüß", 3), ("äöü… (1 more characters)".to_owned(), true));
    }
}
