//! What values come to when changes are made to them.

use serde_json::{Map, Value};

use crate::diagnostic::{Amendment, Change};

/// The value of one document with these changes made; `None` when one of them speaks of something that is not there, or names a
/// field like one that is. Pointers count before any change.
pub fn amended(value: &Value, changes: &[&Change]) -> Option<Value> {
    let mut value = value.clone();
    for Change { pointer, to, .. } in changes {
        if let Amendment::Value(new) = to {
            *value.pointer_mut(pointer)? = new.clone();
        }
    }
    // Later items first, so that the pointers to the earlier ones hold.
    let mut removals: Vec<(&str, usize)> = Vec::new();
    for change in changes.iter().filter(|change| change.to == Amendment::Removed) {
        let (list, index) = change.pointer.rsplit_once('/')?;
        removals.push((list, index.parse().ok()?));
    }
    removals.sort_unstable();
    for (list, index) in removals.into_iter().rev() {
        let items = value.pointer_mut(list)?.as_array_mut()?;
        (index < items.len()).then(|| items.remove(index))?;
    }
    // Inner fields first, so that the pointers to them hold.
    let mut renames: Vec<(&str, &str, &str)> = Vec::new();
    for change in changes {
        if let Amendment::Name(new) = &change.to {
            let (mapping, old) = change.pointer.rsplit_once('/')?;
            renames.push((mapping, old, new));
        }
    }
    renames.sort_by_key(|(mapping, ..)| std::cmp::Reverse(mapping.len()));
    for (mapping, old, new) in renames {
        rename(value.pointer_mut(mapping)?.as_object_mut()?, &old.replace("~1", "/").replace("~0", "~"), new)?;
    }
    Some(value)
}

fn rename(fields: &mut Map<String, Value>, old: &str, new: &str) -> Option<()> {
    if fields.contains_key(new) {
        return None;
    }
    let value = fields.remove(old)?;
    fields.insert(new.to_owned(), value);
    Some(())
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::amended;
    use crate::diagnostic::{Amendment, Change, DocumentId, SourceMap};

    #[test]
    fn changes_are_made_by_the_old_pointers() {
        let file = SourceMap::default().add_file("a.yaml", "", Vec::new());
        let change = |pointer: &str, to| Change { document: DocumentId { file, index: 0 }, pointer: pointer.to_owned(), to };
        let value = json!({ "l": [1, 2, 3], "m": { "a": 1 }, "b": 0 });
        let changes = [
            change("/l/1", Amendment::Removed),
            change("/l/2", Amendment::Value(json!("three"))),
            change("/m", Amendment::Name("n".to_owned())),
            change("/m/a", Amendment::Name("c".to_owned())),
        ];
        let all: Vec<&Change> = changes.iter().collect();
        assert_eq!(amended(&value, &all), Some(json!({ "l": [1, "three"], "n": { "c": 1 }, "b": 0 })));
        for wrong in
            [change("/x", Amendment::Value(json!(1))), change("/l/7", Amendment::Removed), change("/m", Amendment::Name("b".to_owned()))]
        {
            assert_eq!(amended(&value, &[&wrong]), None, "{wrong:?}");
        }
    }
}
