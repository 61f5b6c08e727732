//! Comments that allow findings: what they say, and which bytes they speak of.

use super::problem::offset;
use crate::diagnostic::{ALLOW_MARKER, Allow, AllowedRule, FileId, Place, SourceTree, Span};

/// One comment of a file that has no number yet.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub(super) struct AllowComment {
    rules: Vec<(String, Span)>,
    reason: String,
    span: Span,
    covers: Option<Span>,
}

impl AllowComment {
    /// The comment, once its file has a number.
    pub(super) fn into_allow(self, file: FileId) -> Allow {
        let Self { rules, reason, span, covers } = self;
        let rules = rules.into_iter().map(|(id, span)| AllowedRule { id, place: Place { file, span } }).collect();
        Allow { rules, reason, place: Place { file, span }, covers }
    }

    /// The bytes it speaks of.
    pub(super) fn covers(&self) -> Option<Span> {
        self.covers
    }
}

/// Whether comments must be looked for at all: asking the parser for them costs time, and hardly any file has one.
pub(super) fn may_be_in(text: &str) -> bool {
    text.contains(ALLOW_MARKER)
}

/// Reads the comments of one document (`comments` are their bytes, with the `#`), in order. Other comments are left out.
pub(super) fn read(text: &str, comments: impl IntoIterator<Item = Span>, tree: &SourceTree) -> Vec<AllowComment> {
    let mut entries = None;
    let read = comments.into_iter().filter_map(|span| {
        let comment = said(text, span)?;
        let covers = covered(text, span, tree.root_span(), entries.get_or_insert_with(|| tree.entries()));
        Some(AllowComment { covers, ..comment })
    });
    read.collect()
}

/// What a comment says, if it is meant for us. One that cannot be read names no rule.
fn said(text: &str, span: Span) -> Option<AllowComment> {
    let comment = text.get(span.start as usize..span.end as usize)?;
    let after_marker = comment.trim_start_matches('#').trim_start().strip_prefix(ALLOW_MARKER)?;
    let unread = AllowComment { span, ..AllowComment::default() };
    let Some((list, reason)) = after_marker
        .trim_start()
        .strip_prefix("allow")
        .and_then(|rest| rest.trim_start().strip_prefix('('))
        .and_then(|rest| rest.split_once(')'))
    else {
        return Some(unread);
    };
    // Both are parts of `text`, so their addresses tell where they stand.
    let at = |part: &str| part.as_ptr() as usize - text.as_ptr() as usize;
    let rule = |part: &str| {
        let id = part.trim();
        // Nothing between two commas: the comma, or the bracket, is what can be shown.
        let (start, end) = if id.is_empty() { (at(part), at(part) + part.len() + 1) } else { (at(id), at(id) + id.len()) };
        (id.to_owned(), Span { start: offset(start), end: offset(end) })
    };
    Some(AllowComment { rules: list.split(',').map(rule).collect(), reason: reason.trim().to_owned(), ..unread })
}

/// The bytes a comment speaks of. Before the first key: the whole document. Behind something: the outermost entry that
/// begins on its line, or else the innermost that ends there. On a line of its own: the outermost entry of the next line
/// that has one.
fn covered(text: &str, comment: Span, root: Span, entries: &[Span]) -> Option<Span> {
    if comment.start < root.start {
        return Some(root);
    }
    let before = text.get(..comment.start as usize)?;
    let line = offset(before.rfind('\n').map_or(0, |newline| newline + 1));
    if before.get(line as usize..)?.trim().is_empty() {
        return entries.iter().find(|entry| entry.start >= comment.end).copied();
    }
    let on_line = |at: u32| line <= at && at <= comment.start;
    let begins = entries.iter().find(|entry| on_line(entry.start));
    begins.or_else(|| entries.iter().rev().find(|entry| on_line(entry.end))).copied()
}

#[cfg(test)]
mod tests {
    use crate::load::parse::parse;

    /// What each comment of the first document names and covers, as text.
    fn told(text: &str) -> Vec<(String, String, String)> {
        let parsed = parse(text, None);
        let shown = |comment: &super::AllowComment| {
            let rules: Vec<&str> = comment.rules.iter().map(|(_, span)| &text[span.start as usize..span.end as usize]).collect();
            let covers = comment.covers.map_or("nothing", |span| &text[span.start as usize..span.end as usize]);
            (rules.join(" "), comment.reason.clone(), covers.to_owned())
        };
        parsed.documents[0].allows.iter().map(shown).collect()
    }

    #[test]
    fn a_comment_covers_the_entry_it_stands_at() {
        let table = [
            ("# campaignctl: allow(a) why\nx: 1\ny: 2\n", "x: 1\ny: 2"),
            ("# campaignctl: allow(a) why\n---\nx: 1\n", "x: 1"),
            ("--- # campaignctl: allow(a) why\nx: 1\n", "x: 1"),
            ("x: 1\ny: 2 # campaignctl: allow(a) why\n", "y: 2"),
            ("x: 1\n# campaignctl: allow(a) why\n# more\n\ny:\n  z: 2\nw: 3\n", "y:\n  z: 2"),
            ("x: 1\ny: # campaignctl: allow(a) why\n  z: 2\nw: 3\n", "y:\n  z: 2"),
            ("l:\n  # campaignctl: allow(a) why\n  - { x: 1, y: 2 }\n  - 2\n", "{ x: 1, y: 2 }"),
            ("l:\n  - x: 1 # campaignctl: allow(a) why\n    y: 2\n  - 2\n", "x: 1\n    y: 2"),
            ("l:\n  - x: 1\n    y: 2 # campaignctl: allow(a) why\n", "y: 2"),
            ("l: {\n  x: 1\n} # campaignctl: allow(a) why\nm: 1\n", "l: {\n  x: 1\n}"),
            ("l: [\n  1, # campaignctl: allow(a) why\n  2\n]\n", "1"),
            ("x: |  # campaignctl: allow(a) why\n  # campaignctl: allow(b) text\ny: 1\n", "x: |\n  # campaignctl: allow(b) text\n"),
            ("x: 1\n# campaignctl: allow(a) why\n", "nothing"),
            ("x: 1\n# campaignctl: allow(a) why\n---\ny: 1\n", "nothing"),
        ];
        for (text, covers) in table {
            // The header of a block scalar holds the comment itself.
            let without = |text: &str| text.replace("  # campaignctl: allow(a) why", "").replace(" # campaignctl: allow(a) why", "");
            let told: Vec<_> = told(text).into_iter().map(|(rules, reason, covers)| (rules, reason, without(&covers))).collect();
            assert_eq!(told, [("a".to_owned(), "why".to_owned(), covers.to_owned())], "{text}");
        }
    }

    #[test]
    fn what_stands_in_text_is_no_comment() {
        for text in [
            "x: \"# campaignctl: allow(a) why\"\n",
            "x: '# campaignctl: allow(a) why'\n",
            "x: a# campaignctl\n",
            "x: 1 # see campaignctl: allow(a)\n",
        ] {
            assert_eq!(told(text), [], "{text}");
        }
    }

    #[test]
    fn the_words_of_a_comment_are_read() {
        let table = [
            ("#campaignctl:allow(a)why", "a", "why"),
            ("## campaignctl:  allow ( a , b-c )  two of them ", "a b-c", "two of them"),
            ("# campaignctl: allow(a)", "a", ""),
            ("# campaignctl: allow(a,) why", "a )", "why"),
            ("# campaignctl: allow() why", ")", "why"),
            ("# campaignctl: allow a why", "", ""),
            ("# campaignctl: deny(a) why", "", ""),
            ("# campaignctl: allow(ä) ö", "ä", "ö"),
        ];
        for (comment, rules, reason) in table {
            let told = told(&format!("ü: 1\n{comment}\ny: 2\n"));
            assert_eq!(told, [(rules.to_owned(), reason.to_owned(), "y: 2".to_owned())], "{comment}");
        }
    }
}
