//! Breaks a sentence at its blanks, so that no line is wider than asked for.

use unicode_width::{UnicodeWidthChar, UnicodeWidthStr};

/// The narrowest column that text is still broken into; less would be a letter a line.
const NARROWEST: usize = 12;

/// The text in lines of at most `width` columns. A word that is wider than a line is broken too.
pub(super) fn wrap(text: &str, width: usize) -> String {
    let width = width.max(NARROWEST);
    let mut out = String::with_capacity(text.len() + text.len() / width);
    let mut used = 0;
    for word in text.split(' ') {
        if used > 0 {
            if used + 1 + word.width() <= width {
                out.push(' ');
                used += 1;
            } else {
                out.push('\n');
                used = 0;
            }
        }
        for c in word.chars() {
            let columns = c.width().unwrap_or(0);
            if used + columns > width {
                out.push('\n');
                used = 0;
            }
            out.push(c);
            used += columns;
        }
    }
    out
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;
    use unicode_width::UnicodeWidthStr;

    use super::wrap;

    #[test]
    fn lines_break_at_blanks_and_long_words_anywhere() {
        assert_eq!(wrap("write a number, or set dataType: string", 20), "write a number, or\nset dataType: string");
        assert_eq!(wrap("abcdefghijklmnopqrstuvwxyz", 12), "abcdefghijkl\nmnopqrstuvwx\nyz");
        assert_eq!(wrap("日本語日本語日本語", 12), "日本語日本語\n日本語");
        assert_eq!(wrap("", 20), "");
    }

    proptest! {
        #[test]
        fn nothing_is_lost_and_no_line_is_too_wide(text in "[ a-z日é🎉]{0,200}", width in 12_usize..80) {
            let wrapped = wrap(&text, width);
            prop_assert!(wrapped.lines().all(|line| line.width() <= width));
            let dense = |text: &str| text.replace([' ', '\n'], "");
            prop_assert_eq!(dense(&wrapped), dense(&text));
        }
    }
}
