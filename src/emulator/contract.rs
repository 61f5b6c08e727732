//! What a body must be: the schema of [`CampaignSpec`] as the wire has it, and the rules a schema cannot say.

mod body;
mod rules;
mod session;
mod wire_schema;

use std::sync::{Arc, OnceLock};

use jsonschema::error::ValidationErrorKind;
use jsonschema::paths::LocationSegment;
use jsonschema::{ValidationError, Validator};
use serde::Deserialize;
use serde_json::Value;

pub(super) use body::{CAMPAIGNS, CampaignBody, ServerFields};

use super::failure::{Failure, Problem};
use super::server::UnknownFields;
use crate::model::{CampaignSpec, Session};

/// The longest value that a message repeats, in characters.
const SHOWN_VALUE: usize = 80;

/// The checks of the bodies: the two that a campaign is written with, and that of a session.
pub(super) struct Contract {
    create: Validator,
    replace: Validator,
    trigger: Validator,
}

impl Contract {
    /// The checks, compiled the first time they are asked for: emulators of one process share them.
    pub fn shared(unknown_fields: UnknownFields) -> Arc<Self> {
        static STRICT: OnceLock<Arc<Contract>> = OnceLock::new();
        static LENIENT: OnceLock<Arc<Contract>> = OnceLock::new();
        let compiled = match unknown_fields {
            UnknownFields::Reject => &STRICT,
            UnknownFields::Keep => &LENIENT,
        };
        Arc::clone(compiled.get_or_init(|| Arc::new(Self::new(unknown_fields))))
    }

    /// Compiles the schemas.
    pub fn new(unknown_fields: UnknownFields) -> Self {
        Self {
            create: wire_schema::create(unknown_fields),
            replace: wire_schema::replace(unknown_fields),
            trigger: wire_schema::trigger(unknown_fields),
        }
    }

    /// The body of a POST.
    ///
    /// # Errors
    /// All problems of the body.
    pub fn create(&self, body: Value) -> Result<CampaignBody, Failure> {
        checked(&self.create, body)
    }

    /// The body of a PUT, and the version it expects to replace.
    ///
    /// # Errors
    /// All problems of the body.
    pub fn replace(&self, body: Value) -> Result<(CampaignBody, u64), Failure> {
        let version = body.get("version").and_then(Value::as_u64);
        let checked = checked(&self.replace, body)?;
        // The schema asks for it; without it here the two would disagree.
        let problem = || Problem { code: "missing.field", field: "version".to_owned(), message: "`version` is required".to_owned() };
        Ok((checked, version.ok_or_else(|| Failure::invalid(vec![problem()]))?))
    }

    /// The body of a trigger.
    ///
    /// # Errors
    /// All problems of the body.
    pub fn session(&self, body: Value) -> Result<Session, Failure> {
        let mut problems: Vec<Problem> = self.trigger.iter_errors(&body).flat_map(|error| problems_of(&error)).collect();
        problems.extend(session::broken_rules(&body));
        if problems.is_empty() {
            Session::deserialize(body)
                .map_err(|error| Failure::invalid(vec![Problem::invalid_value("", format!("the body is no session: {error}"))]))
        } else {
            Err(Failure::invalid(problems))
        }
    }
}

fn checked(schema: &Validator, body: Value) -> Result<CampaignBody, Failure> {
    let mut problems: Vec<Problem> = schema.iter_errors(&body).flat_map(|error| problems_of(&error)).collect();
    match CampaignSpec::deserialize(&body) {
        Ok(spec) => problems.extend(rules::broken_rules(&spec)),
        Err(error) if problems.is_empty() => problems.push(Problem::invalid_value("", format!("the body is no campaign: {error}"))),
        Err(_) => {}
    }
    match body {
        Value::Object(fields) if problems.is_empty() => Ok(CampaignBody::new(fields)),
        _ => Err(Failure::invalid(problems)),
    }
}

/// What one error of the schema says to the caller; several unknown fields are one error but several problems.
fn problems_of(error: &ValidationError<'_>) -> Vec<Problem> {
    let field = field_path(error.instance_path().segments());
    match error.kind() {
        ValidationErrorKind::AdditionalProperties { unexpected } => {
            let unknown = |name: &String| {
                let field = joined(&field, name);
                Problem { code: "unknown.field", message: format!("`{field}` is not a field of the contract"), field }
            };
            unexpected.iter().map(unknown).collect()
        }
        ValidationErrorKind::Required { property } => {
            let field = joined(&field, property.as_str().unwrap_or_default());
            vec![Problem { code: "missing.field", message: format!("`{field}` is required"), field }]
        }
        _ => {
            let named = if field.is_empty() { "the body".to_owned() } else { format!("`{field}`") };
            let instance = error.instance().to_string();
            let reason = if instance.chars().count() > SHOWN_VALUE {
                let shown: String = instance.chars().take(SHOWN_VALUE).collect();
                error.masked_with(format!("{shown}…")).to_string()
            } else {
                error.to_string()
            };
            vec![Problem::invalid_value(field, format!("{named}: {reason}"))]
        }
    }
}

/// `filters[1].value`: a path as people call it.
fn field_path<'a>(segments: impl Iterator<Item = LocationSegment<'a>>) -> String {
    segments.fold(String::new(), |path, segment| match segment {
        LocationSegment::Property(name) => joined(&path, &name),
        LocationSegment::Index(index) => format!("{path}[{index}]"),
    })
}

fn joined(path: &str, name: &str) -> String {
    if path.is_empty() { name.to_owned() } else { format!("{path}.{name}") }
}

#[cfg(test)]
mod tests;
