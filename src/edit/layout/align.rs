//! Lines on their way out, and where the comments behind them stand: two blanks after the text, or all in one column where
//! they stood in one column.

use super::tree::Comment;

/// Blanks between a text and the comment behind it.
const GAP: usize = 2;

/// One line without its line break.
#[derive(Debug, Default)]
pub(super) struct Line {
    pub(super) text: String,
    pub(super) comment: Option<Comment>,
    /// A line of a block scalar: every blank in it counts.
    pub(super) verbatim: bool,
}

impl Line {
    fn width(&self) -> usize {
        self.text.chars().count()
    }
}

/// The lines as text.
pub(super) fn join(lines: &[Line]) -> String {
    let mut out = String::new();
    let mut at = 0;
    while at < lines.len() {
        let column = |line: &Line| line.comment.as_ref().map(|comment| comment.column);
        // Lines in a row whose comments stood in one column.
        let alike = match column(&lines[at]) {
            None => 1,
            wanted => lines[at..].iter().take_while(|line| column(line) == wanted).count(),
        };
        let run = &lines[at..at + alike];
        let target = run.iter().map(Line::width).max().unwrap_or(0) + GAP;
        for line in run {
            put(&mut out, line, target);
        }
        at += alike;
    }
    out
}

fn put(out: &mut String, line: &Line, column: usize) {
    let Line { text, comment, verbatim } = line;
    match comment {
        Some(comment) => {
            out.push_str(text);
            out.extend(std::iter::repeat_n(' ', column.saturating_sub(line.width())));
            out.push_str(&comment.text);
        }
        None => out.push_str(if *verbatim { text } else { text.trim_end_matches([' ', '\t']) }),
    }
    out.push('\n');
}
