//! A document as it is written: values in their own spelling, comments with what they belong to.

/// A comment.
#[derive(Debug, Clone, PartialEq)]
pub(super) struct Comment {
    /// Its text, with the `#`.
    pub(super) text: String,
    /// Column of the `#`, from 0.
    pub(super) column: usize,
    /// Whether the line before it is blank.
    pub(super) blank_before: bool,
}

/// One document of a file.
#[derive(Debug, Clone, PartialEq, Default)]
pub(super) struct Document {
    /// Comments before the `---` of the first document.
    pub(super) prologue: Vec<Comment>,
    /// Whether it starts with `---`.
    pub(super) marked: bool,
    /// The comment on the line of the `---`.
    pub(super) marker: Option<Comment>,
    /// Comments on top that belong to the whole document.
    pub(super) head: Vec<Comment>,
    /// Whether a blank line follows the head.
    pub(super) head_gap: bool,
    /// Its value.
    pub(super) root: Option<Node>,
    /// Comments after the value.
    pub(super) tail: Vec<Comment>,
}

/// One value, or one key.
#[derive(Debug, Clone, PartialEq)]
pub(super) struct Node {
    /// Its anchor and tag, as written; empty for most.
    pub(super) properties: String,
    /// What it is.
    pub(super) content: Content,
    /// Whether it stands on a later line than the `key:` or `-` it belongs to.
    pub(super) broken: bool,
    /// The comment on the line of that `key:` or `-`, when the value itself stands on a later one.
    pub(super) opening: Option<Comment>,
    /// Comment lines between that line and a scalar.
    pub(super) inner: Vec<Comment>,
    /// The comment on the line on which it ends.
    pub(super) eol: Option<Comment>,
    /// Comment lines after the last thing in it.
    pub(super) closing: Vec<Comment>,
}

/// What a value is.
#[derive(Debug, Clone, PartialEq)]
pub(super) enum Content {
    /// Nothing is written.
    Empty,
    /// A plain or quoted scalar, or an alias, as written.
    Scalar(String),
    /// A block of lines: `|` or `>`.
    Lines(Lines),
    /// A list of `- ` lines.
    Items(Vec<Item>),
    /// A mapping of `key:` lines.
    Entries(Vec<Entry>),
    /// `[ ]`, `{ }`, or one `key: value` of a `[ ]`.
    Flow(Flow),
}

/// A block scalar.
#[derive(Debug, Clone, PartialEq)]
pub(super) struct Lines {
    /// `|-` and its like.
    pub(super) header: String,
    /// The comment after it.
    pub(super) comment: Option<Comment>,
    /// The lines without their indentation.
    pub(super) lines: Vec<String>,
    /// Columns by which the lines are indented more than what holds them, where the header says so.
    pub(super) indent: Option<usize>,
    /// Whether line breaks at the end belong to the text (`|+`).
    pub(super) keeps_end: bool,
}

/// One item of a list.
#[derive(Debug, Clone, PartialEq)]
pub(super) struct Item {
    /// Comment lines above it.
    pub(super) before: Vec<Comment>,
    /// Whether the line before its own is blank.
    pub(super) blank_before: bool,
    /// The item.
    pub(super) value: Node,
}

/// One entry of a mapping.
#[derive(Debug, Clone, PartialEq)]
pub(super) struct Entry {
    /// Comment lines above it.
    pub(super) before: Vec<Comment>,
    /// Whether the line before its own is blank.
    pub(super) blank_before: bool,
    /// Its key.
    pub(super) key: Node,
    /// Its value.
    pub(super) value: Node,
}

/// A collection in brackets.
#[derive(Debug, Clone, PartialEq)]
pub(super) struct Flow {
    pub(super) content: FlowContent,
    /// The comment after the opening bracket.
    pub(super) opened: Option<Comment>,
    /// Whether a line break stands before each item.
    pub(super) breaks: Vec<bool>,
    /// Whether one stands before the closing bracket.
    pub(super) closing_break: bool,
    /// Whether a comma stands before the closing bracket.
    pub(super) closing_comma: bool,
}

/// What is in the brackets.
#[derive(Debug, Clone, PartialEq)]
pub(super) enum FlowContent {
    /// `[a, b]`
    Items(Vec<Item>),
    /// `{ a: b }`
    Entries(Vec<Entry>),
    /// `a: b` in a list
    Pair(Box<Entry>),
}

impl Node {
    /// A value without anything around it.
    pub(super) fn bare(content: Content) -> Self {
        Self { properties: String::new(), content, broken: false, opening: None, inner: Vec::new(), eol: None, closing: Vec::new() }
    }

    /// Whether its first line may stand on the line of a `- `.
    pub(super) fn joins_dash(&self) -> bool {
        matches!(self.content, Content::Items(_) | Content::Entries(_)) && self.properties.is_empty() && self.opening.is_none()
    }
}
