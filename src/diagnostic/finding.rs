//! One finding.

use super::{Fix, Place};

/// How bad a finding is. Ordered: errors sort first.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Severity {
    /// The campaign cannot be applied.
    Error,
    /// It can be applied, but somebody should look.
    Warning,
}

/// Something wrong in a file, with its place and its remedy.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Finding {
    /// Id of the rule that found it, e.g. `value-type`.
    pub rule: &'static str,
    /// How bad it is.
    pub severity: Severity,
    /// What is wrong, in one sentence; names the field path where there is one.
    pub message: String,
    /// The value or key it speaks of.
    pub place: Place,
    /// The field as people call it, e.g. `filters[1].value`; empty for a finding about a whole file.
    pub field: String,
    /// What stands at `place`, in a few words under the underline; may be empty.
    pub label: String,
    /// Other places that belong to it, e.g. the first of two duplicates.
    pub also: Vec<Label>,
    /// What to do about it.
    pub help: Option<String>,
    /// How to mend it without asking, where what was meant is certain.
    pub fix: Option<Fix>,
}

/// A second place of a finding, and what it has to do with it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Label {
    /// Where.
    pub place: Place,
    /// What stands there.
    pub text: String,
}

impl Finding {
    /// An error at a place; fill in the rest with the methods below.
    pub fn error(rule: &'static str, place: Place, message: impl Into<String>) -> Self {
        Self {
            rule,
            severity: Severity::Error,
            message: message.into(),
            place,
            field: String::new(),
            label: String::new(),
            also: Vec::new(),
            help: None,
            fix: None,
        }
    }

    /// A warning at a place; fill in the rest with the methods below.
    pub fn warning(rule: &'static str, place: Place, message: impl Into<String>) -> Self {
        Self { severity: Severity::Warning, ..Self::error(rule, place, message) }
    }

    /// Names the field (`filters[1].value`).
    #[must_use]
    pub fn field(mut self, field: impl Into<String>) -> Self {
        self.field = field.into();
        self
    }

    /// Says what stands at the place.
    #[must_use]
    pub fn label(mut self, label: impl Into<String>) -> Self {
        self.label = label.into();
        self
    }

    /// Adds a second place.
    #[must_use]
    pub fn also(mut self, place: Place, text: impl Into<String>) -> Self {
        self.also.push(Label { place, text: text.into() });
        self
    }

    /// Says what to do about it.
    #[must_use]
    pub fn help(mut self, help: impl Into<String>) -> Self {
        self.help = Some(help.into());
        self
    }

    /// Says how to mend it.
    #[must_use]
    pub fn fix(mut self, fix: Option<Fix>) -> Self {
        self.fix = fix;
        self
    }
}
