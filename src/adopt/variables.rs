//! Which variable of the environment stands for a value.

use std::collections::BTreeMap;

use serde_json::{Number, Value};

use crate::model::VariableValue;

/// The variables of an environment by their values. A value that two variables have stands for neither.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Variables {
    by_text: BTreeMap<String, Option<String>>,
    by_number: BTreeMap<String, Option<String>>,
}

impl Variables {
    /// Takes texts and numbers. `true` and `false`, empty texts, 0 and 1 are left out: they stand for everything.
    pub fn new(values: &BTreeMap<String, VariableValue>) -> Self {
        let mut variables = Self::default();
        for (name, value) in values {
            let (map, value) = match value {
                Value::String(text) if !text.is_empty() => (&mut variables.by_text, text.clone()),
                Value::Number(number) if number.as_f64().is_none_or(|number| number != 0.0 && number != 1.0) => {
                    (&mut variables.by_number, number.to_string())
                }
                _ => continue,
            };
            map.entry(value).and_modify(|other| *other = None).or_insert_with(|| Some(name.clone()));
        }
        variables
    }

    /// A text as it is written in a file: `${name}` where one variable has exactly this value, else with every `${` escaped.
    pub(super) fn text(&self, text: &str) -> Value {
        self.whole(text).unwrap_or_else(|| literal(text))
    }

    /// `${name}`, where one variable has exactly this text.
    pub(super) fn whole(&self, text: &str) -> Option<Value> {
        self.by_text.get(text).and_then(named)
    }

    /// A number as it is written in a file. `45` and `45.0` are different ones.
    pub(super) fn number(&self, number: &Number) -> Value {
        self.by_number.get(&number.to_string()).and_then(named).unwrap_or_else(|| Value::Number(number.clone()))
    }
}

/// A text that stands for itself: in a file `${` begins a variable.
pub(super) fn literal(text: &str) -> Value {
    Value::String(text.replace("${", "$${"))
}

fn named(name: &Option<String>) -> Option<Value> {
    name.as_ref().map(|name| Value::String(format!("${{{name}}}")))
}

#[cfg(test)]
mod tests {
    use serde_json::{Number, json};

    use super::Variables;

    #[test]
    fn a_value_is_put_back_where_one_variable_has_it() {
        let values = [
            ("queue", json!("Web Support")),
            ("one", json!("twice")),
            ("other", json!("twice")),
            ("limit", json!(45)),
            ("share", json!(0.72)),
            ("least", json!(1)),
            ("none", json!(0.0)),
            ("on", json!(true)),
            ("empty", json!("")),
            ("digits", json!("500")),
        ];
        let variables = Variables::new(&values.map(|(name, value)| (name.to_owned(), value)).into());
        let texts = [
            ("Web Support", "${queue}"),
            ("Web Support ", "Web Support "),
            ("twice", "twice"),
            ("", ""),
            ("true", "true"),
            ("500", "${digits}"),
            ("${queue}", "$${queue}"),
            ("a $${b} ${c", "a $$${b} $${c"),
        ];
        for (text, written) in texts {
            assert_eq!(variables.text(text), json!(written), "{text}");
        }
        for (number, written) in
            [("45", json!("${limit}")), ("45.0", json!(45.0)), ("0.72", json!("${share}")), ("1", json!(1)), ("500", json!(500))]
        {
            let parsed: Number = number.parse().expect("a number");
            assert_eq!(variables.number(&parsed), written, "{number}");
        }
    }
}
