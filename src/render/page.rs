//! A document that may only be so long: it takes what it must, then what there is room for, and says what it leaves out.

/// The longest document for a comment, in bytes: what one comment or issue of GitHub holds.
pub(super) const COMMENT_LIMIT: usize = 65_536;

/// Room for the lines that say what was left out.
const RESERVE: usize = 1_000;

/// The document so far.
#[derive(Debug)]
pub(super) struct Page {
    text: String,
    limit: usize,
}

impl Page {
    /// An empty document of at most so many bytes.
    pub(super) fn new(limit: usize) -> Self {
        Self { text: String::new(), limit }
    }

    /// Adds what must not be missing; whoever writes it keeps it short.
    pub(super) fn always(&mut self, text: &str) {
        self.text.push_str(text);
    }

    /// Whether so many bytes more still leave room to say what is left out.
    pub(super) fn has_room(&self, bytes: usize) -> bool {
        self.text.len() + bytes + RESERVE <= self.limit
    }

    /// Adds lines under a heading, at most so many and as far as there is room; how many are left out is said by `left_out`.
    pub(super) fn lines(&mut self, heading: &str, lines: &[String], most: usize, left_out: impl Fn(usize) -> String) {
        if lines.is_empty() {
            return;
        }
        let mut taken = 0;
        for line in lines.iter().take(most) {
            let heading = if taken == 0 { heading } else { "" };
            // The lines that say what is left out are short, and there are few of them.
            if !self.has_room(heading.len() + line.len()) {
                break;
            }
            self.text.push_str(heading);
            self.text.push_str(line);
            taken += 1;
        }
        if taken < lines.len() {
            self.text.push_str(&left_out(lines.len() - taken));
        }
    }

    /// The whole document.
    pub(super) fn finish(self) -> String {
        self.text
    }
}

/// A name as it stands in a comment of HTML, which `--` and `>` would end.
pub(super) fn marker(name: &str) -> String {
    name.chars().filter(|c| c.is_ascii_alphanumeric() || matches!(c, '_' | '-')).collect()
}
