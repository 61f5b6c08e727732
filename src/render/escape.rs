//! Text from outside, made harmless for a terminal: no control characters, no escape sequences, nothing that hides or
//! reorders what is read.

use std::fmt::Write;

/// Whether a character would act on a terminal, or make it show something else than what is there.
pub(super) fn is_active(c: char) -> bool {
    c.is_control()
        || matches!(c,
            '\u{00ad}'
            | '\u{061c}'
            | '\u{180e}'
            | '\u{200b}'..='\u{200f}'
            | '\u{2028}'..='\u{202e}'
            | '\u{2060}'..='\u{206f}'
            | '\u{feff}'
            | '\u{fff9}'..='\u{fffb}'
            | '\u{e0000}'..='\u{e007f}')
}

fn push_escaped(out: &mut String, c: char) {
    match c {
        '\n' => out.push_str("\\n"),
        '\r' => out.push_str("\\r"),
        '\t' => out.push_str("\\t"),
        // Writing to a String cannot fail.
        c => drop(write!(out, "\\u{{{:x}}}", c as u32)),
    }
}

/// Finds what a build agent obeys anywhere in a line: `##[add-mask]…` of GitHub Actions and Azure Pipelines, `##vso[…]` of
/// Azure Pipelines, `##teamcity[…]` of TeamCity. GitHub's newer form, `::add-mask::`, and the markers of Buildkite (`---`)
/// and GitLab (`section_start:`, which needs control characters) count only at the start of a line, where no text from outside
/// is ever written.
///
/// Whatever the word between `##` and `[` is, it counts: agents compare it without regard to case and skip characters that
/// are not seen.
#[derive(Debug, Default)]
pub(super) struct CommandFinder {
    /// Number of `#` since the last white space or quote, and where the last of them is.
    hashes: usize,
    last: usize,
}

impl CommandFinder {
    /// Takes the next character, which is at `at`. For the bracket of a command it returns where its last `#` is.
    pub(super) fn next(&mut self, at: usize, c: char) -> Option<usize> {
        match c {
            '#' => *self = Self { hashes: self.hashes + 1, last: at },
            '[' => return std::mem::take(self).command(),
            c if c.is_whitespace() || c == '"' => *self = Self::default(),
            _ => {}
        }
        None
    }

    fn command(self) -> Option<usize> {
        (self.hashes > 1).then_some(self.last)
    }
}

/// The text with one `#` of each command of build agents spelled out.
fn without_commands(text: String) -> String {
    changed(text, "\\u{23}")
}

/// The text with a blank in each command of build agents, for lines that show a file as it is.
pub(super) fn with_broken_commands(text: String) -> String {
    changed(text, "# ")
}

/// The text with something else for the last `#` of each command.
fn changed(mut text: String, instead: &str) -> String {
    if text.contains('[') && text.contains('#') {
        let mut finder = CommandFinder::default();
        let found: Vec<usize> = text.char_indices().filter_map(|(at, c)| finder.next(at, c)).collect();
        for at in found.into_iter().rev() {
            text.replace_range(at..=at, instead);
        }
    }
    text
}

/// The text with active characters spelled out; for names in running text.
pub fn inline(text: &str) -> String {
    let mut out = String::with_capacity(text.len());
    for c in text.chars() {
        if is_active(c) { push_escaped(&mut out, c) } else { out.push(c) }
    }
    without_commands(out)
}

/// The text in double quotes, with quotes, backslashes and active characters spelled out.
pub fn quoted(text: &str) -> String {
    let mut out = String::with_capacity(text.len() + 2);
    out.push('"');
    for c in text.chars() {
        match c {
            '"' => out.push_str("\\\""),
            '\\' => out.push_str("\\\\"),
            c if is_active(c) => push_escaped(&mut out, c),
            c => out.push(c),
        }
    }
    out.push('"');
    without_commands(out)
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::{inline, quoted};

    #[test]
    fn an_escape_sequence_is_shown_not_obeyed() {
        assert_eq!(inline("a\u{1b}[31mred\u{7}"), "a\\u{1b}[31mred\\u{7}");
        assert_eq!(quoted("say \"hi\"\n"), "\"say \\\"hi\\\"\\n\"");
        assert_eq!(quoted("C1 \u{9b}31m, right-to-left \u{202e}txt"), "\"C1 \\u{9b}31m, right-to-left \\u{202e}txt\"");
        assert_eq!(inline("##[add-mask]x ###[y"), "#\\u{23}[add-mask]x ##\\u{23}[y");
        assert_eq!(inline("x##vso[task.setvariable]y ##TeamCity['"), "x#\\u{23}vso[task.setvariable]y #\\u{23}TeamCity['");
        assert_eq!(inline("##\u{34f}vso[a] #\u{fe0f}#[b]"), "#\\u{23}\u{34f}vso[a] #\u{fe0f}\\u{23}[b]");
        assert_eq!(inline("## Sale [today], #1 [x], a[0]#2"), "## Sale [today], #1 [x], a[0]#2");
        assert_eq!(inline("Grüße, 日本語 🎉"), "Grüße, 日本語 🎉");
    }

    proptest! {
        #[test]
        fn nothing_active_survives(text in any::<String>()) {
            prop_assert!(!inline(&text).chars().any(super::is_active));
            prop_assert!(!quoted(&text).chars().any(super::is_active));
            let command = format!("##[{text}##[");
            prop_assert!(!inline(&command).contains("##["));
            for command in ["##vso[", "##VSO[", "##teamcity["] {
                let hostile = [&text, command, &text].concat();
                prop_assert!(!inline(&hostile).contains(command) && !quoted(&hostile).contains(command));
            }
        }
    }
}
