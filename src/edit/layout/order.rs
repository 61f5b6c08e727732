//! The order of keys: one table, the API's order, with the repo's own fields where people look for them.

use super::tree::{Comment, Content, Document, Entry, FlowContent, Node};

/// In which order keys are put.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Order {
    /// A campaign's.
    Campaign,
    /// They stay as they are written.
    AsWritten,
}

/// The fields of one kind of mapping, in order.
struct Shape {
    /// JSON pointer to such a mapping, with `*` for every item of a list.
    pointer: &'static str,
    fields: &'static [&'static str],
}

const SHAPES: [Shape; 7] = [
    Shape {
        pointer: "",
        fields: &[
            "key",
            "previously",
            "name",
            "description",
            "enabled",
            "campaignType",
            "evaluationMode",
            "filters",
            "actions",
            "throttling",
            "lifecycle",
        ],
    },
    Shape { pointer: "/filters/*", fields: &["attributeName", "operator", "value", "dataType"] },
    Shape { pointer: "/actions/*", fields: &["type", "priority", "config", "routingConfig"] },
    Shape { pointer: "/actions/*/config", fields: &["inviteMessage", "displayDuration", "autoDismissOnScroll"] },
    Shape {
        pointer: "/actions/*/routingConfig",
        fields: &["queue", "queueId", "skillGroups", "wrapUpCode", "priorityLevel", "overflowQueue", "overflowQueueId"],
    },
    Shape { pointer: "/throttling", fields: &["maxInvitesPerContact", "cooldownSeconds", "maxInvitesPerMinute"] },
    Shape { pointer: "/lifecycle", fields: &["preventDestroy", "keep", "ignoreChanges", "ignoreUntil"] },
];

/// The order of fields in every mapping of a campaign: JSON pointer (`*` for every item of a list), fields.
pub fn field_orders() -> impl Iterator<Item = (&'static str, &'static [&'static str])> {
    SHAPES.iter().map(|shape| (shape.pointer, shape.fields))
}

/// Puts the keys of a document in order, and takes the comments of the whole document to its top.
pub(super) fn arrange(document: &mut Document, order: Order) {
    let Some(root) = &mut document.root else { return };
    let first = match &mut root.content {
        Content::Entries(entries) => entries.first_mut().map(|entry| (&mut entry.before, &mut entry.blank_before)),
        Content::Items(items) => items.first_mut().map(|item| (&mut item.before, &mut item.blank_before)),
        _ => None,
    };
    if let Some((before, blank_before)) = first {
        (document.head, document.head_gap) = take_head(before, blank_before);
    }
    // A value must stay behind the anchor it repeats.
    if order == Order::Campaign && !has_anchor(root) {
        sort(root, &mut String::new());
    }
}

/// The comments above the first entry that speak of the whole document, and whether a blank line follows them. What stands
/// right above the entry goes where the entry goes, unless it is one block with a line for an editor or a tool.
fn take_head(before: &mut Vec<Comment>, blank_before: &mut bool) -> (Vec<Comment>, bool) {
    let last_block = before.iter().rposition(|comment| comment.blank_before).unwrap_or(0);
    let count =
        if *blank_before || before.get(last_block).is_some_and(|comment| is_for_tools(&comment.text)) { before.len() } else { last_block };
    let rest = before.split_off(count);
    let head = std::mem::replace(before, rest);
    let gap = before.first_mut().map_or(blank_before, |comment| &mut comment.blank_before);
    let gap = std::mem::take(gap) && !head.is_empty();
    (head, gap)
}

fn is_for_tools(comment: &str) -> bool {
    ["yaml-language-server:", "campaignctl:", "vim:", "-*-", "SPDX-", "Copyright"].iter().any(|word| comment.contains(word))
}

fn has_anchor(node: &Node) -> bool {
    node.properties.contains('&') || children(node).any(has_anchor)
}

fn children(node: &Node) -> Box<dyn Iterator<Item = &Node> + '_> {
    match &node.content {
        Content::Empty | Content::Scalar(_) | Content::Lines(_) => Box::new(std::iter::empty()),
        Content::Items(items) => Box::new(items.iter().map(|item| &item.value)),
        Content::Entries(entries) => Box::new(entries.iter().flat_map(|entry| [&entry.key, &entry.value])),
        Content::Flow(flow) => match &flow.content {
            FlowContent::Items(items) => Box::new(items.iter().map(|item| &item.value)),
            FlowContent::Entries(entries) => Box::new(entries.iter().flat_map(|entry| [&entry.key, &entry.value])),
            FlowContent::Pair(entry) => Box::new([&entry.key, &entry.value].into_iter()),
        },
    }
}

fn sort(node: &mut Node, pointer: &mut String) {
    match &mut node.content {
        Content::Items(items) => items.iter_mut().for_each(|item| below(&mut item.value, pointer, "*")),
        Content::Entries(entries) => sort_entries(entries, pointer),
        Content::Flow(flow) => match &mut flow.content {
            FlowContent::Items(items) => items.iter_mut().for_each(|item| below(&mut item.value, pointer, "*")),
            FlowContent::Entries(entries) => sort_entries(entries, pointer),
            FlowContent::Pair(_) => {}
        },
        Content::Empty | Content::Scalar(_) | Content::Lines(_) => {}
    }
}

fn below(node: &mut Node, pointer: &mut String, step: &str) {
    let length = pointer.len();
    pointer.push('/');
    pointer.push_str(step);
    sort(node, pointer);
    pointer.truncate(length);
}

/// Known fields in the table's order; unknown ones after them, as they are written.
fn sort_entries(entries: &mut [Entry], pointer: &mut String) {
    for entry in entries.iter_mut() {
        let name = name(&entry.key).to_owned();
        below(&mut entry.value, pointer, &name);
    }
    if let Some(shape) = SHAPES.iter().find(|shape| shape.pointer == pointer) {
        let rank = |entry: &Entry| shape.fields.iter().position(|field| *field == name(&entry.key)).unwrap_or(usize::MAX);
        entries.sort_by_key(rank);
    }
}

/// The name of a field, without the quotes it may have.
fn name(key: &Node) -> &str {
    match &key.content {
        Content::Scalar(text) => text.trim_matches(['"', '\'']),
        _ => "",
    }
}
