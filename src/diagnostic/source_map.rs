//! Which bytes of which file a value came from.

use std::collections::BTreeMap;

use super::{Overlaid, Written};

/// Index of a file in its [`SourceMap`].
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct FileId(u32);

/// One YAML document of a file.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct DocumentId {
    /// The file it stands in.
    pub file: FileId,
    /// Which document of the file, from 0.
    pub index: u32,
}

/// A range of bytes of one file, end exclusive.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Default)]
pub struct Span {
    /// First byte.
    pub start: u32,
    /// One past the last byte.
    pub end: u32,
}

impl Span {
    /// Whether all of `inner` is inside.
    pub fn holds(self, inner: Self) -> bool {
        self.start <= inner.start && inner.end <= self.end
    }
}

/// A range of bytes in a named file.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Place {
    /// The file.
    pub file: FileId,
    /// The bytes.
    pub span: Span,
}

/// Line and column as editors count them: from 1, columns in characters.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub struct LineColumn {
    /// Line, from 1.
    pub line: u32,
    /// Column in characters, from 1.
    pub column: u32,
}

/// Which half of a mapping entry is meant.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Part {
    /// The key, e.g. for an unknown field.
    Key,
    /// The value.
    Value,
}

/// Index of a node in its [`SourceTree`].
pub type NodeId = u32;

/// One value of a document and where it stands. The values themselves live elsewhere; this is only the map of them.
#[derive(Debug, Clone, PartialEq)]
pub struct Node {
    /// The bytes of the value.
    pub span: Span,
    /// What it is made of.
    pub kind: NodeKind,
}

/// What a node is made of.
#[derive(Debug, Clone, PartialEq)]
pub enum NodeKind {
    /// A scalar or an alias.
    Scalar,
    /// The items, in order.
    Sequence(Vec<NodeId>),
    /// Key, bytes of the key, value; in order.
    Mapping(Vec<(Box<str>, Span, NodeId)>),
}

/// Where every value of one document stands.
#[derive(Debug, Clone, PartialEq, Default)]
pub struct SourceTree {
    nodes: Vec<Node>,
    root: NodeId,
}

impl SourceTree {
    /// Adds a node; children first.
    pub fn add(&mut self, node: Node) -> NodeId {
        self.nodes.push(node);
        self.root = NodeId::try_from(self.nodes.len() - 1).unwrap_or(NodeId::MAX);
        self.root
    }

    /// The bytes of the whole document.
    pub fn root_span(&self) -> Span {
        self.node(self.root).map_or_else(Span::default, |node| node.span)
    }

    /// The node at `id`.
    pub fn node(&self, id: NodeId) -> Option<&Node> {
        self.nodes.get(id as usize)
    }

    /// The node that the JSON pointer names; `None` when it leads nowhere.
    pub fn find(&self, pointer: &str) -> Option<&Node> {
        let mut node = self.node(self.root)?;
        for step in pointer.split('/').skip(1) {
            let step = step.replace("~1", "/").replace("~0", "~");
            let child = match &node.kind {
                NodeKind::Scalar => None,
                NodeKind::Sequence(items) => step.parse::<usize>().ok().and_then(|index| items.get(index)).copied(),
                NodeKind::Mapping(entries) => entries.iter().find(|(key, ..)| **key == *step).map(|(.., value)| *value),
            };
            node = self.node(child?)?;
        }
        Some(node)
    }

    /// The bytes of every entry: a key with all of its value, or one item of a list. In order of their first bytes, so an
    /// entry comes before those inside it.
    pub fn entries(&self) -> Vec<Span> {
        let mut entries = Vec::new();
        // What is still to be visited, the next one last: documents are as deep as the loader allows, and no recursion.
        let mut waiting: Vec<(Option<Span>, NodeId)> = vec![(None, self.root)];
        while let Some((entry, id)) = waiting.pop() {
            entries.extend(entry);
            match self.node(id).map(|node| &node.kind) {
                Some(NodeKind::Sequence(items)) => {
                    waiting.extend(items.iter().rev().map(|item| (self.node(*item).map(|node| node.span), *item)));
                }
                Some(NodeKind::Mapping(fields)) => waiting.extend(fields.iter().rev().map(|(_, key, value)| {
                    let end = self.node(*value).map_or(key.end, |node| node.span.end.max(key.end));
                    (Some(Span { start: key.start, end }), *value)
                })),
                Some(NodeKind::Scalar) | None => {}
            }
        }
        entries
    }

    /// The bytes of the value or key that the JSON pointer names. When the pointer leads nowhere (a field that is
    /// missing), the bytes of the deepest value on the way.
    pub fn span(&self, pointer: &str, part: Part) -> Span {
        let Some(mut node) = self.node(self.root) else { return Span::default() };
        let mut span = node.span;
        for step in pointer.split('/').skip(1) {
            let step = step.replace("~1", "/").replace("~0", "~");
            let child = match &node.kind {
                NodeKind::Scalar => None,
                NodeKind::Sequence(items) => step.parse::<usize>().ok().and_then(|index| items.get(index)).map(|item| (None, *item)),
                NodeKind::Mapping(entries) => {
                    entries.iter().find(|(key, ..)| **key == *step).map(|(_, key_span, value)| (Some(*key_span), *value))
                }
            };
            let Some((key_span, child)) = child else { return span };
            let Some(next) = self.node(child) else { return span };
            node = next;
            span = match (part, key_span) {
                (Part::Key, Some(key_span)) => key_span,
                _ => node.span,
            };
        }
        span
    }
}

/// One file that was read.
#[derive(Debug, Clone, PartialEq)]
pub struct SourceFile {
    /// Path as people should see it: relative to the project where it is inside.
    pub path: String,
    /// Its text; empty when it could not be read as text.
    pub text: String,
    documents: Vec<SourceTree>,
}

/// All files that were read, and where every value of them stands.
#[derive(Debug, Clone, PartialEq, Default)]
pub struct SourceMap {
    files: Vec<SourceFile>,
    /// The documents that another one was merged into.
    overlaid: BTreeMap<DocumentId, Overlaid>,
}

impl SourceMap {
    /// Adds a file with its documents.
    pub fn add_file(&mut self, path: impl Into<String>, text: impl Into<String>, documents: Vec<SourceTree>) -> FileId {
        self.files.push(SourceFile { path: path.into(), text: text.into(), documents });
        FileId(u32::try_from(self.files.len() - 1).unwrap_or(u32::MAX))
    }

    /// The file of an id that this map gave out.
    pub fn file(&self, id: FileId) -> Option<&SourceFile> {
        self.files.get(id.0 as usize)
    }

    /// All files, in the order they were added.
    pub fn files(&self) -> impl Iterator<Item = (FileId, &SourceFile)> {
        (0..).map(FileId).zip(&self.files)
    }

    /// Path of the file, or an empty text for an id of another map.
    pub fn path(&self, id: FileId) -> &str {
        self.file(id).map_or("", |file| &file.path)
    }

    /// Says what an overlay changed in a document: from now on its pointers are those of the merged one.
    pub fn overlay(&mut self, base: DocumentId, overlaid: Overlaid) {
        self.overlaid.insert(base, overlaid);
    }

    /// What an overlay changed in a document, where there is one.
    pub fn overlaid(&self, base: DocumentId) -> Option<&Overlaid> {
        self.overlaid.get(&base)
    }

    /// Where the value that a JSON pointer names was written: in the document itself, or in an overlay of it.
    pub fn written(&self, document: DocumentId, pointer: &str) -> Written {
        match self.overlaid.get(&document) {
            Some(overlaid) => overlaid.written(document, pointer),
            None => Written { document, pointer: pointer.to_owned() },
        }
    }

    /// Where the value (or its key) that a JSON pointer names stands: in the document itself, or in an overlay of it.
    pub fn place(&self, document: DocumentId, pointer: &str, part: Part) -> Place {
        if self.overlaid.contains_key(&document) {
            let Written { document, pointer } = self.written(document, pointer);
            return self.place_in(document, &pointer, part);
        }
        self.place_in(document, pointer, part)
    }

    /// Where a value stands in exactly this document.
    fn place_in(&self, document: DocumentId, pointer: &str, part: Part) -> Place {
        let tree = self.file(document.file).and_then(|file| file.documents.get(document.index as usize));
        Place { file: document.file, span: tree.map_or_else(Span::default, |tree| tree.span(pointer, part)) }
    }

    /// Whether a place is in this document. Where a file has one, every place of the file is.
    pub fn is_in(&self, place: Place, document: DocumentId) -> bool {
        let Some(file) = self.file(document.file).filter(|_| place.file == document.file) else { return false };
        let tree = file.documents.get(document.index as usize);
        file.documents.len() <= 1 || tree.is_some_and(|tree| tree.root_span().holds(place.span))
    }

    /// Line and column of the first byte of a place.
    pub fn position(&self, place: Place) -> LineColumn {
        let text = self.file(place.file).map_or("", |file| file.text.as_str());
        line_column(text, place.span.start as usize)
    }
}

/// Line and column of a byte offset; an offset past the end is the end.
fn line_column(text: &str, offset: usize) -> LineColumn {
    let mut offset = offset.min(text.len());
    while !text.is_char_boundary(offset) {
        offset -= 1;
    }
    let before = &text[..offset];
    let line_start = before.rfind('\n').map_or(0, |newline| newline + 1);
    let count = |n: usize| u32::try_from(n).unwrap_or(u32::MAX);
    LineColumn {
        line: count(before.bytes().filter(|byte| *byte == b'\n').count()).saturating_add(1),
        column: count(before[line_start..].chars().count()).saturating_add(1),
    }
}

#[cfg(test)]
mod tests {
    use super::{LineColumn, Node, NodeKind, Part, SourceMap, SourceTree, Span, line_column};

    #[test]
    fn columns_count_characters_and_lines_count_newlines() {
        let text = "a: 1\nä: x\n";
        assert_eq!(line_column(text, 0), LineColumn { line: 1, column: 1 });
        assert_eq!(line_column(text, 8), LineColumn { line: 2, column: 3 });
        assert_eq!(line_column(text, 999), LineColumn { line: 3, column: 1 });
    }

    #[test]
    fn a_pointer_finds_its_bytes_and_a_missing_field_its_parent() {
        // {a: [x]}
        let mut tree = SourceTree::default();
        let x = tree.add(Node { span: Span { start: 5, end: 6 }, kind: NodeKind::Scalar });
        let list = tree.add(Node { span: Span { start: 4, end: 7 }, kind: NodeKind::Sequence(vec![x]) });
        tree.add(Node { span: Span { start: 0, end: 8 }, kind: NodeKind::Mapping(vec![("a".into(), Span { start: 1, end: 2 }, list)]) });
        let mut sources = SourceMap::default();
        let file = sources.add_file("f.yaml", "{a: [x]}", vec![tree]);
        let document = super::DocumentId { file, index: 0 };
        let at = |pointer, part| sources.place(document, pointer, part).span;
        assert_eq!(at("/a/0", Part::Value), Span { start: 5, end: 6 });
        assert_eq!(at("/a", Part::Key), Span { start: 1, end: 2 });
        assert_eq!(at("/a/7/b", Part::Value), Span { start: 4, end: 7 });
        assert_eq!(at("/nothing", Part::Value), Span { start: 0, end: 8 });
    }
}
