//! A new text for a file: proof that it means what it should, and the writing.

use serde_json::Value;

use crate::diagnostic::Change;
use crate::edit::{Refused, Revision, Rewritten, amended, comments, revised};
use crate::load::{read_documents, replace};

/// Writes the files, each as a whole or not at all, and returns those that could not be written.
pub fn write(files: &[Rewritten]) -> Vec<Refused> {
    let mut refused = Vec::new();
    for Rewritten { path, shown, before, after, made: _ } in files {
        if let Err(error) = replace(path, before, after) {
            refused.push(Refused { shown: shown.clone(), reason: error.to_string() });
        }
    }
    refused
}

/// Whether the order of comments may change.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum CommentOrder {
    /// It may: they move with what they belong to.
    Free,
    /// It may not.
    Kept,
}

/// Proves that `after` holds the values of `before` with exactly these changes, and every comment.
///
/// # Errors
/// What is not so.
pub(super) fn prove(before: &str, after: &str, changes: &[&Change], order: CommentOrder) -> Result<(), String> {
    prove_each(before, after, order, |index, value| {
        let here: Vec<&Change> = changes.iter().copied().filter(|change| change.document.index == index).collect();
        match value {
            Some(value) => amended(value, &here).map(Some),
            None => here.is_empty().then_some(None),
        }
    })
}

/// Proves that `after` holds the values of `before` with this one revision made in one document, and every comment.
///
/// # Errors
/// What is not so.
pub(super) fn prove_revision(before: &str, after: &str, document: u32, revision: &Revision) -> Result<(), String> {
    prove_each(before, after, CommentOrder::Kept, |index, value| match value {
        Some(value) if index == document => revised(value, revision).map(Some),
        value => Some(value.cloned()),
    })
}

/// Proves that each document of `after` has the value that `intended` makes of the one in `before`.
fn prove_each(
    before: &str,
    after: &str,
    order: CommentOrder,
    intended: impl Fn(u32, Option<&Value>) -> Option<Option<Value>>,
) -> Result<(), String> {
    let (old, old_problems) = read_documents(before);
    let (new, new_problems) = read_documents(after);
    let intended: Option<Vec<_>> = (0..).zip(&old).map(|(index, value)| intended(index, value.as_ref())).collect();
    if intended.as_ref() != Some(&new) || new_problems > old_problems {
        return Err("the new text would not have the intended values".to_owned());
    }
    let (mut old, mut new) = (comments(before), comments(after));
    if order == CommentOrder::Free {
        old.sort_unstable();
        new.sort_unstable();
    }
    if old != new {
        return Err("a comment would be lost".to_owned());
    }
    Ok(())
}
