//! The comments of a text: nobody may lose one.

use granit_parser::{Event, Options, Parser};

/// Every comment of a text, with its `#`, in order. In a text that breaks off, those up to there and of the documents after it.
pub fn comments(text: &str) -> Vec<&str> {
    let mut parser = Parser::new_from_str_with_options(text, options());
    let mut found = Vec::new();
    while let Some(next) = parser.next_event() {
        match next {
            Ok((Event::Comment(..), span)) => found.extend(span.byte_range().and_then(|range| Some((range.start, text.get(range)?)))),
            Ok(_) => {}
            Err(_) if matches!(parser.proceed_next_document(), Ok(true)) => {}
            Err(_) => break,
        }
    }
    found.sort_unstable_by_key(|(start, _)| *start);
    found.into_iter().map(|(_, comment)| comment.trim_end()).collect()
}

/// How this room parses: with comments and the names of anchors.
pub(super) fn options() -> Options {
    let mut options = Options::default();
    options.set_emit_comments(true);
    options.emit_anchor_events = true;
    options.flow_nesting_limit = DEEPEST;
    options.block_nesting_limit = DEEPEST;
    options
}

/// Deeper than any document that the loader takes.
const DEEPEST: usize = 80;

#[cfg(test)]
mod tests {
    use super::comments;

    #[test]
    fn a_comment_is_what_yaml_takes_for_one() {
        let text = "# a\nx: 'a # b' # c\ny: |\n  # d\n# e\nz: [1, # f\n  2] #g\nw: a#b\n";
        assert_eq!(comments(text), ["# a", "# c", "# e", "# f", "#g"]);
        assert_eq!(comments("a: [ # x\n"), ["# x"]);
    }
}
