//! JSON as text that is safe to print: to a terminal, and into a log that looks for commands.

use std::fmt::Write;

use serde::Serialize;

use super::escape::{CommandFinder, is_active};

/// What is written has texts, numbers, lists and keys that are texts.
const HAS_JSON: &str = "nothing in it has no JSON";

/// The value as indented JSON with a line end. What would act on a terminal is `\u`-escaped, and so is the bracket of a
/// command that a build agent obeys anywhere in a line (`##[…]`, `##vso[…]`, `##teamcity[…]`); a parser reads the same text
/// either way.
pub(super) fn json_text(value: &impl Serialize) -> String {
    harmless(&serde_json::to_string_pretty(value).expect(HAS_JSON))
}

/// As [`json_text`], on one line.
pub(super) fn json_line(value: &impl Serialize) -> String {
    harmless(&serde_json::to_string(value).expect(HAS_JSON))
}

fn harmless(plain: &str) -> String {
    let mut out = String::with_capacity(plain.len() + 1);
    let mut finder = CommandFinder::default();
    // Outside of strings, JSON has none of these characters but the line end, and no `#` after the last quote.
    for (at, c) in plain.char_indices() {
        if finder.next(at, c).is_some() || (is_active(c) && c != '\n') {
            for unit in c.encode_utf16(&mut [0; 2]) {
                // Writing to a String cannot fail.
                let _ = write!(out, "\\u{unit:04x}");
            }
        } else {
            out.push(c);
        }
    }
    out.push('\n');
    out
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::{json_line, json_text};

    #[test]
    fn nothing_in_it_acts_on_a_terminal_or_a_runner() {
        assert_eq!(
            json_text(&"##[add-mask]\u{1b}\u{9b}\u{202e}\u{e0041}🎉"),
            "\"##\\u005badd-mask]\\u001b\\u009b\\u202e\\udb40\\udc41🎉\"\n"
        );
        assert_eq!(json_line(&[["##vso[a] ##teamcity[b"], ["##"]]), "[[\"##vso\\u005ba] ##teamcity\\u005bb\"],[\"##\"]]\n");
        assert_eq!(json_line(&serde_json::json!({ "##": [[1]] })), "{\"##\":[[1]]}\n");
    }

    proptest! {
        #[test]
        fn it_says_the_same(text in any::<String>()) {
            prop_assert_eq!(&serde_json::from_str::<String>(&json_text(&text)).unwrap(), &text);
            let line = json_line(&[&text]);
            prop_assert_eq!(&serde_json::from_str::<[String; 1]>(&line).unwrap()[0], &text);
            prop_assert_eq!(line.lines().count(), 1);
        }
    }
}
