//! Text from outside, made harmless for Markdown: no markup, no HTML, no mentions, no links.

use super::escape::inline;

/// An inline code span that nothing in the text can break out of, also inside a cell of a table.
pub(super) fn code(text: &str) -> String {
    let text = inline(text);
    let longest = text.split(|c| c != '`').map(str::len).max().unwrap_or_default();
    let fence = "`".repeat(longest + 1);
    // In a table a bar ends the cell, inside code too, unless a backslash stands before it.
    let text = text.replace('|', "\\|");
    let padded = text.is_empty() || text.starts_with(['`', ' ']) || text.ends_with(['`', ' ']);
    if padded { format!("{fence} {text} {fence}") } else { format!("{fence}{text}{fence}") }
}

/// Running text in which every character stands for itself.
pub(super) fn text(text: &str) -> String {
    let mut out = String::with_capacity(text.len());
    for c in inline(text).chars() {
        match c {
            '&' | '<' | '>' | '@' | '#' | ':' | '`' | '*' | '_' | '~' | '[' | ']' | '(' | ')' | '!' | '|' | '\\' | '$' | '+' | '='
            | '{' | '}' | '"' | '\'' => out.push_str(&format!("&#{};", c as u32)),
            // A word with a dot in it may become a link.
            '.' | '/' | '-' => out.push_str(&format!("&#{};", c as u32)),
            c => out.push(c),
        }
    }
    out
}
