//! Checks a parsed document against the generated schema and says each violation in people's words.

use std::sync::OnceLock;

use jsonschema::error::{TypeKind, ValidationErrorKind};
use jsonschema::{ValidationError, Validator};
use serde_json::Value;

use super::conditions::is_condition;
use super::spelling::{self, is_same_word};
use super::words::{field_path, kind_of, list, quote, shorten, type_name};
use crate::diagnostic::{Part, nearest};

/// How many unknown fields of one mapping are told one by one; the rest is counted.
const MOST_UNKNOWN: usize = 100;

/// One way in which a document breaks its schema.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Violation {
    /// JSON pointer to the value; for an unknown field to the field; for a missing one to the mapping that lacks it.
    pub pointer: String,
    /// Which half of the entry is wrong: the key of an unknown field, else the value.
    pub part: Part,
    /// `unknown-field`, `missing-field`, `wrong-type`, `bad-value` or `exclusive-fields`.
    pub rule: &'static str,
    /// What is wrong; names the field path.
    pub message: String,
    /// What to write instead.
    pub help: Option<String>,
    /// What was meant, where that is certain.
    pub meant: Option<Meant>,
}

/// What somebody meant who wrote something else.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Meant {
    /// This value.
    Value(Value),
    /// The same characters, as text.
    Text,
    /// A field of this name.
    Name(String),
}

impl Violation {
    fn meaning(mut self, meant: Option<Meant>) -> Self {
        self.meant = meant;
        self
    }
}

/// Everything in which a campaign document breaks [`super::campaign`]; empty for a good one.
pub fn check_campaign(value: &Value) -> Vec<Violation> {
    static VALIDATOR: OnceLock<Validator> = OnceLock::new();
    let schema = super::campaign();
    check(VALIDATOR.get_or_init(|| compile(schema)), schema, value, "the campaign")
}

/// Everything in which an overlay breaks [`super::overlay`]; empty for a good one.
pub fn check_overlay(value: &Value) -> Vec<Violation> {
    static VALIDATOR: OnceLock<Validator> = OnceLock::new();
    let schema = super::overlay();
    check(VALIDATOR.get_or_init(|| compile(schema)), schema, value, "the overlay")
}

/// Everything in which a project file breaks [`super::project`]; empty for a good one.
pub fn check_project(value: &Value) -> Vec<Violation> {
    static VALIDATOR: OnceLock<Validator> = OnceLock::new();
    let schema = super::project();
    check(VALIDATOR.get_or_init(|| compile(schema)), schema, value, "the project file")
}

/// Everything in which a document of test cases breaks [`super::test`]; empty for a good one.
pub fn check_test(value: &Value) -> Vec<Violation> {
    static VALIDATOR: OnceLock<Validator> = OnceLock::new();
    let schema = super::test();
    check(VALIDATOR.get_or_init(|| compile(schema)), schema, value, "the test file")
}

fn compile(schema: &Value) -> Validator {
    jsonschema::draft202012::new(schema).expect("the generated schema is a valid schema: `tests/schema.rs` compiles it")
}

fn check(validator: &Validator, schema: &Value, value: &Value, whole: &str) -> Vec<Violation> {
    let mut found = Vec::new();
    if !validator.is_valid(value) {
        for error in validator.iter_errors(value).filter(|error| !is_condition(error.schema_path().as_str())) {
            Teller { error: &error, schema, whole }.tell(&mut found);
        }
        drop_echoes(&mut found);
    }
    if holds_rounded_float(value) {
        whole_numbers(schema, schema, value, &mut String::new(), &mut found);
    }
    found.into_iter().map(|(violation, _)| violation).collect()
}

/// A violation and, for an unknown field, the pointer of the field that was probably meant; for a missing one its own.
type Told = (Violation, Option<String>);

/// Drops what only repeats another violation: a missing field whose misspelt name is there, and a value that breaks a
/// second keyword because it has the wrong type.
fn drop_echoes(found: &mut Vec<Told>) {
    let pointers = |rule: &str, of: fn(&Told) -> Option<&String>| -> Vec<String> {
        found.iter().filter(|told| told.0.rule == rule).filter_map(of).cloned().collect()
    };
    let misspelt = pointers("unknown-field", |told| told.1.as_ref());
    let mistyped = pointers("wrong-type", |told| Some(&told.0.pointer));
    found.retain(|(violation, meant)| match violation.rule {
        "missing-field" => meant.as_ref().is_none_or(|meant| !misspelt.contains(meant)),
        "bad-value" => !mistyped.contains(&violation.pointer),
        _ => true,
    });
}

/// One validator error with what is needed to put it into words.
struct Teller<'a> {
    error: &'a ValidationError<'a>,
    schema: &'a Value,
    whole: &'a str,
}

impl Teller<'_> {
    fn tell(&self, found: &mut Vec<Told>) {
        let subject = self.subject();
        let got = kind_of(self.error.instance());
        let told = match self.error.kind() {
            ValidationErrorKind::AdditionalProperties { unexpected } => {
                found.extend(unexpected.iter().take(MOST_UNKNOWN).map(|name| self.unknown(name)));
                let Some(more) = unexpected.len().checked_sub(MOST_UNKNOWN).filter(|more| *more > 0) else { return };
                self.value("unknown-field", format!("{subject} has {more} more unknown fields"), Some("is this the right file?".to_owned()))
            }
            ValidationErrorKind::Required { property } => {
                found.push(self.missing(property.as_str().unwrap_or_default()));
                return;
            }
            ValidationErrorKind::Type { kind } => {
                let help = self.type_help().unwrap_or_else(|| format!("write {}", expected(kind)));
                self.value("wrong-type", format!("{subject}: expected {}, got {got}", expected(kind)), Some(help))
                    .meaning(self.type_meant())
            }
            ValidationErrorKind::Enum { options } => self.not_one_of(&subject, options),
            ValidationErrorKind::Constant { expected_value } => self.not_one_of(&subject, &Value::Array(vec![(**expected_value).clone()])),
            ValidationErrorKind::Minimum { limit } => self.bad(format!("{subject}: {got} is too small"), format!("write {limit} or more")),
            ValidationErrorKind::Maximum { limit } => self.bad(format!("{subject}: {got} is too large"), format!("write {limit} or less")),
            ValidationErrorKind::MinLength { limit: 1 } => {
                self.bad(format!("{subject}: the text is empty"), "write some text, or leave the field out".to_owned())
            }
            ValidationErrorKind::MinLength { limit } => {
                self.bad(format!("{subject}: the text is too short"), format!("write at least {limit} characters"))
            }
            ValidationErrorKind::MaxLength { limit } => {
                let length = self.error.instance().as_str().map_or(0, |text| text.chars().count());
                self.bad(
                    format!("{subject}: the text has {length} characters, {limit} are allowed"),
                    format!("shorten it to {limit} characters"),
                )
            }
            ValidationErrorKind::MinItems { limit } => {
                self.bad(format!("{subject}: the list is too short"), format!("it needs at least {}", counted(*limit, "item")))
            }
            ValidationErrorKind::MinProperties { limit } => {
                self.bad(format!("{subject}: the mapping is too short"), format!("it needs at least {}", counted(*limit, "entry")))
            }
            ValidationErrorKind::Pattern { pattern } => {
                let words = self.keyword("patternErrorMessage").and_then(Value::as_str);
                self.bad(
                    format!("{subject}: {got} has the wrong form"),
                    words.map_or_else(|| format!("it must match `{pattern}`"), str::to_owned),
                )
            }
            ValidationErrorKind::PropertyNames { error } => self.bad_name(error),
            ValidationErrorKind::Not { schema } => self.exclusive(schema),
            _ => self.value("bad-value", format!("{subject}: {}", shorten(&self.error.to_string())), None),
        };
        found.push((told, None));
    }

    fn pointer(&self) -> &str {
        self.error.instance_path().as_str()
    }

    /// The field in backticks, or what the whole document is called.
    fn subject(&self) -> String {
        match field_path(self.pointer()) {
            path if path.is_empty() => self.whole.to_owned(),
            path => format!("`{path}`"),
        }
    }

    /// A keyword that stands beside the broken one.
    fn keyword(&self, name: &str) -> Option<&Value> {
        let path = self.error.schema_path().as_str();
        let parent = path.rsplit_once('/').map_or("", |(parent, _)| parent);
        self.schema.pointer(parent)?.get(name)
    }

    fn value(&self, rule: &'static str, message: String, help: Option<String>) -> Violation {
        Violation { pointer: self.pointer().to_owned(), part: Part::Value, rule, message, help, meant: None }
    }

    fn bad(&self, message: String, help: String) -> Violation {
        self.value("bad-value", message, Some(help))
    }

    fn unknown(&self, name: &str) -> Told {
        let pointer = format!("{}/{}", self.pointer(), escape(name));
        let allowed: Vec<&str> = self
            .keyword("properties")
            .and_then(Value::as_object)
            .map(|fields| fields.keys().map(String::as_str).collect())
            .unwrap_or_default();
        let meant = nearest(name, allowed.iter().copied());
        let help = match meant {
            Some(meant) => format!("did you mean `{meant}`?"),
            None => format!("fields here: {}", list(&allowed, "and")),
        };
        let message = format!("unknown field `{}`", field_path(&pointer));
        let certain = meant.filter(|meant| is_same_word(meant, name) && self.is_only_spelling(meant));
        let certain = certain.map(|meant| Meant::Name(meant.to_owned()));
        let meant = meant.map(|meant| format!("{}/{}", self.pointer(), escape(meant)));
        (Violation { pointer, part: Part::Key, rule: "unknown-field", message, help: Some(help), meant: certain }, meant)
    }

    /// Whether just one field of the mapping spells this name, rightly or not.
    fn is_only_spelling(&self, name: &str) -> bool {
        let fields = self.error.instance().as_object();
        fields.is_some_and(|fields| fields.keys().filter(|field| is_same_word(field, name)).count() == 1)
    }

    fn missing(&self, name: &str) -> Told {
        let field = self.keyword("properties").and_then(|fields| resolve(self.schema, fields.get(name)?));
        let help = match field.map(|field| (field.get("enum"), field.get("examples"))) {
            Some((Some(Value::Array(words)), _)) => format!("add `{name}:` with {}", one_of(words)),
            Some((_, Some(Value::Array(examples)))) if !examples.is_empty() => {
                format!("add it, for example `{name}: {}`", plain(&examples[0]))
            }
            _ => format!("add `{name}:`"),
        };
        let message = format!("{} lacks the field `{name}`", self.subject());
        let pointer = format!("{}/{}", self.pointer(), escape(name));
        (self.value("missing-field", message, Some(help)), Some(pointer))
    }

    fn not_one_of(&self, subject: &str, options: &Value) -> Violation {
        let words = options.as_array().map(Vec::as_slice).unwrap_or_default();
        let texts: Vec<&str> = words.iter().filter_map(Value::as_str).collect();
        let got = self.error.instance().as_str().map_or_else(|| kind_of(self.error.instance()), quote);
        let word = self.error.instance().as_str();
        let certain = word.and_then(|word| spelling::certain(word, &texts));
        match certain.or_else(|| word.and_then(|word| nearest(word, texts.iter().copied()))) {
            Some(meant) => self
                .bad(format!("{subject}: {got} is not {}", one_of(words)), format!("did you mean `{meant}`?"))
                .meaning(certain.map(|word| Meant::Value(Value::from(word)))),
            None => self.bad(format!("{subject}: {got} means nothing here"), format!("write {}", one_of(words))),
        }
    }

    fn bad_name(&self, error: &ValidationError<'_>) -> Violation {
        let name = error.instance().as_str().unwrap_or_default();
        let names = error.schema_path().as_str().rsplit_once('/').and_then(|(names, _)| self.schema.pointer(names));
        let words = names.and_then(|names| names.get("patternErrorMessage")).and_then(Value::as_str);
        Violation {
            pointer: format!("{}/{}", self.pointer(), escape(name)),
            part: Part::Key,
            rule: "bad-value",
            message: format!("{}: {} is no name that can be used here", self.subject(), quote(name)),
            help: Some(words.map_or_else(|| error.to_string(), str::to_owned)),
            meant: None,
        }
    }

    /// `not: {required: […]}`: fields that exclude each other. The last of them is the one to point at.
    fn exclusive(&self, schema: &Value) -> Violation {
        let fields: Vec<&str> = schema
            .get("required")
            .and_then(Value::as_array)
            .map(|names| names.iter().filter_map(Value::as_str).collect())
            .unwrap_or_default();
        let last = fields.last().copied().unwrap_or_default();
        Violation {
            pointer: format!("{}/{}", self.pointer(), escape(last)),
            part: Part::Key,
            rule: "exclusive-fields",
            message: format!("{}: {} exclude each other", self.subject(), list(&fields, "and")),
            help: Some(format!("keep one of {}", list(&fields, "and"))),
            meant: None,
        }
    }

    /// The one type that the value is to have, where there is just one. That an overlay may say `null` is beside the point.
    fn only_type(&self) -> Option<&str> {
        let ValidationErrorKind::Type { kind } = self.error.kind() else { return None };
        match names_of(kind).as_slice() {
            [only] => Some(only),
            _ => None,
        }
    }

    /// The value that stands there with quotes too many or too few.
    fn type_meant(&self) -> Option<Meant> {
        match (self.only_type()?, &**self.error.instance()) {
            ("string", Value::Number(_) | Value::Bool(_)) => Some(Meant::Text),
            (kind, Value::String(text)) => spelling::unquoted(text, kind).map(Meant::Value),
            _ => None,
        }
    }

    /// The slips behind a wrong type that can be named: quotes around a number or a word, a single item without its list.
    fn type_help(&self) -> Option<String> {
        let kind = self.only_type()?;
        let instance = self.error.instance();
        match (kind, &**instance) {
            (_, Value::Null) => Some("write a value, or leave the field out".to_owned()),
            ("integer" | "number" | "boolean", Value::String(text))
                if serde_json::from_str::<Value>(text).is_ok_and(|v| !v.is_string()) =>
            {
                Some(format!("write {} without quotes", shorten(text)))
            }
            ("boolean", Value::String(text)) if matches!(text.to_lowercase().as_str(), "yes" | "on" | "y") => {
                Some("write `true`: `yes` and `on` are plain text in YAML 1.2".to_owned())
            }
            ("boolean", Value::String(text)) if matches!(text.to_lowercase().as_str(), "no" | "off" | "n") => {
                Some("write `false`: `no` and `off` are plain text in YAML 1.2".to_owned())
            }
            ("string", Value::Number(number)) => Some(format!("put it in quotes: \"{number}\"")),
            ("string", Value::Bool(value)) => Some(format!("put it in quotes: \"{value}\"")),
            ("array", Value::Object(_)) => Some("start each item with `- `".to_owned()),
            ("array", scalar) if !scalar.is_array() => Some(format!("write it as a list: [{}]", plain(scalar))),
            _ => None,
        }
    }
}

/// Whether a float without a fraction is in there (`45.0`, `1e3`): JSON Schema takes it for an integer, the API does not.
fn holds_rounded_float(value: &Value) -> bool {
    match value {
        Value::Number(number) => number.is_f64() && number.as_f64().is_some_and(|float| float.fract() == 0.0),
        Value::Array(items) => items.iter().any(holds_rounded_float),
        Value::Object(fields) => fields.values().any(holds_rounded_float),
        _ => false,
    }
}

/// Reports `45.0` where the schema wants an integer.
fn whole_numbers(root: &Value, schema: &Value, value: &Value, pointer: &mut String, found: &mut Vec<Told>) {
    let Some(schema) = resolve(root, schema) else { return };
    let length = pointer.len();
    match value {
        Value::Number(number) if number.is_f64() && schema.get("type").is_some_and(is_integer) => {
            let path = field_path(pointer);
            let help = number.as_f64().filter(|float| float.fract() == 0.0).map(|float| format!("write {float:.0}"));
            if help.is_some() {
                found.retain(|(other, _)| other.pointer != *pointer);
                let message = format!("`{path}`: expected a whole number, got the number `{number}`");
                found.push((
                    Violation { pointer: pointer.clone(), part: Part::Value, rule: "wrong-type", message, help, meant: None },
                    None,
                ));
            }
        }
        Value::Array(items) => {
            for (index, item) in items.iter().enumerate() {
                pointer.push_str(&format!("/{index}"));
                whole_numbers(root, &schema["items"], item, pointer, found);
                pointer.truncate(length);
            }
        }
        Value::Object(fields) => {
            for (name, field) in fields {
                let below = schema.get("properties").and_then(|known| known.get(name)).unwrap_or(&schema["additionalProperties"]);
                pointer.push('/');
                pointer.push_str(&escape(name));
                whole_numbers(root, below, field, pointer, found);
                pointer.truncate(length);
            }
        }
        _ => {}
    }
}

/// Whether a `type` takes whole numbers and no others.
fn is_integer(kind: &Value) -> bool {
    match kind {
        Value::Array(kinds) => kinds.iter().any(|name| name == "integer") && !kinds.iter().any(|name| name == "number"),
        name => name == "integer",
    }
}

/// The schema itself, or the one its `$ref` names.
fn resolve<'a>(root: &'a Value, schema: &'a Value) -> Option<&'a Value> {
    match schema.get("$ref").and_then(Value::as_str) {
        Some(reference) => root.pointer(reference.strip_prefix('#')?),
        None => Some(schema),
    }
}

fn expected(kind: &TypeKind) -> String {
    let mut names = names_of(kind);
    // "`true` or `false`" brings its own "or" and ends the row.
    names.sort_by_key(|name| *name == "boolean");
    names.into_iter().map(type_name).collect::<Vec<_>>().join(", ")
}

/// The types that a value may have, but for `null`.
fn names_of(kind: &TypeKind) -> Vec<&'static str> {
    match kind {
        TypeKind::Single(only) => vec![only.as_str()],
        TypeKind::Multiple(several) => several.iter().map(|one| one.as_str()).filter(|name| *name != "null").collect(),
    }
}

fn one_of(words: &[Value]) -> String {
    let words: Vec<&str> = words.iter().filter_map(Value::as_str).collect();
    if words.len() > 1 { format!("one of {}", list(&words, "or")) } else { list(&words, "or") }
}

fn counted(count: u64, noun: &str) -> String {
    if count == 1 { format!("one {noun}") } else { format!("{count} {noun}s") }
}

/// A value as it may be written in YAML.
fn plain(value: &Value) -> String {
    value.as_str().map_or_else(|| shorten(&value.to_string()), shorten)
}

/// A name as one step of a JSON pointer.
fn escape(name: &str) -> String {
    name.replace('~', "~0").replace('/', "~1")
}
