//! `${name}` takes the value of an environment's variable; `$${` is a literal `${`.

use std::borrow::Cow;
use std::collections::{BTreeMap, BTreeSet};

use serde_json::Value;

use crate::model::VariableValue;

/// What `${name}` may stand for.
#[derive(Debug, Clone, Copy)]
pub(super) struct Variables<'a> {
    /// The values by name.
    pub(super) values: &'a BTreeMap<String, VariableValue>,
    /// Name of the environment they belong to, for messages.
    pub(super) environment: &'a str,
    /// Variables of the other environments, each with those that set it.
    pub(super) elsewhere: Option<&'a BTreeMap<&'a str, Vec<&'a str>>>,
}

impl Variables<'_> {
    /// The other environments that set a variable of this name.
    pub(super) fn environments_with(&self, name: &str) -> &[&str] {
        self.elsewhere.and_then(|known| known.get(name)).map_or(&[], Vec::as_slice)
    }
}

/// What a text came to.
#[derive(Debug, Clone, PartialEq)]
pub(super) enum Filled<'a> {
    /// The text was exactly `${name}`: the variable's value with its type.
    Whole(&'a Value),
    /// Text with the values put in as text.
    Text(String),
}

/// A `${` that cannot be filled in.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) enum Gap {
    /// No variable has this name.
    Unknown(String),
    /// No `}` follows.
    Unterminated,
    /// The text would grow past the limit.
    TooLong,
}

/// Fills in the variables of one scalar, and adds their names to `used`. `None` when there is no `${` in it.
///
/// # Errors
/// Every gap, in order. A text that would be longer than `limit` bytes is one.
pub(super) fn fill<'a>(
    text: &str,
    variables: Variables<'a>,
    limit: usize,
    used: &mut BTreeSet<String>,
) -> Option<Result<Filled<'a>, Vec<Gap>>> {
    if !text.contains("${") {
        return None;
    }
    let whole = text.strip_prefix("${").and_then(|rest| rest.strip_suffix('}')).filter(|name| !name.contains(['}', '{', '\n']));
    let mut value_of = |name: &str| {
        let value = variables.values.get(name)?;
        if !used.contains(name) {
            used.insert(name.to_owned());
        }
        Some(value)
    };
    if let Some(value) = whole.and_then(&mut value_of) {
        return Some(Ok(Filled::Whole(value)));
    }
    let mut filled = String::with_capacity(text.len());
    let mut gaps = Vec::new();
    let mut rest = text;
    while let Some(at) = rest.find("${") {
        let (before, after) = (&rest[..at], &rest[at + 2..]);
        if let Some(kept) = before.strip_suffix('$') {
            filled.push_str(kept);
            filled.push_str("${");
            rest = after;
            continue;
        }
        filled.push_str(before);
        // A name stays on its line and holds no brace: what does is a `${` that was never closed.
        let Some(end) = after.find(['}', '{', '\n']).filter(|end| after[*end..].starts_with('}')) else {
            gaps.push(Gap::Unterminated);
            rest = after;
            continue;
        };
        match value_of(&after[..end]) {
            Some(value) => filled.push_str(&as_text(value)),
            None => gaps.push(Gap::Unknown(after[..end].to_owned())),
        }
        rest = &after[end + 1..];
        if filled.len() > limit {
            return Some(Err(vec![Gap::TooLong]));
        }
    }
    filled.push_str(rest);
    Some(if gaps.is_empty() { Ok(Filled::Text(filled)) } else { Err(gaps) })
}

/// The names in the `${name}` of a text as it is written; those of `$${` are none.
pub fn variables_in(text: &str) -> Vec<&str> {
    let mut names = Vec::new();
    let mut rest = text;
    while let Some(at) = rest.find("${") {
        let (before, after) = (&rest[..at], &rest[at + 2..]);
        rest = after;
        if before.ends_with('$') {
            continue;
        }
        if let Some(end) = after.find(['}', '{', '\n']).filter(|end| after[*end..].starts_with('}')) {
            names.push(&after[..end]);
        }
    }
    names
}

/// A variable's value inside longer text.
pub(super) fn as_text(value: &Value) -> Cow<'_, str> {
    match value {
        Value::String(text) => Cow::Borrowed(text),
        other => Cow::Owned(other.to_string()),
    }
}

#[cfg(test)]
mod tests {
    use std::collections::{BTreeMap, BTreeSet};

    use serde_json::json;

    use super::{Filled, Gap, Variables, fill};

    #[test]
    fn scalars_are_filled_in() {
        let values: BTreeMap<_, _> = [("queue", json!("Web Support")), ("limit", json!(0.72)), ("on", json!(true))]
            .map(|(name, value)| (name.to_owned(), value))
            .into();
        let variables = Variables { values: &values, environment: "local", elsewhere: None };
        let text = |text: &str| Some(Ok(Filled::Text(text.to_owned())));
        let unknown = |name: &str| Gap::Unknown(name.to_owned());
        let table = [
            ("plain $5 {x}", None),
            ("${queue}", Some(Ok(Filled::Whole(&values["queue"])))),
            ("${limit}", Some(Ok(Filled::Whole(&values["limit"])))),
            ("a ${limit} b ${on}", text("a 0.72 b true")),
            ("${limit}${limit}", text("0.720.72")),
            ("$${queue}", text("${queue}")),
            ("$$${queue}", text("$${queue}")),
            ("$${", text("${")),
            ("${queue ${queue}", Some(Err(vec![Gap::Unterminated]))),
            ("${\nqueue}", Some(Err(vec![Gap::Unterminated]))),
            ("${queue", Some(Err(vec![Gap::Unterminated]))),
            ("${queu} ${} ${x", Some(Err(vec![unknown("queu"), unknown(""), Gap::Unterminated]))),
            ("ä${queue}ö", text("äWeb Supportö")),
        ];
        for (input, expected) in table {
            assert_eq!(fill(input, variables, 1000, &mut BTreeSet::new()), expected, "{input}");
        }
        let mut used = BTreeSet::new();
        assert_eq!(fill(&"${queue}".repeat(9), variables, 50, &mut used), Some(Err(vec![Gap::TooLong])));
        assert_eq!(fill("$${on} ${limit} ${other}", variables, 50, &mut used), Some(Err(vec![unknown("other")])));
        assert_eq!(used, ["limit", "queue"].map(str::to_owned).into());
    }
}
