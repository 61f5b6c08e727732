//! From what was certainly meant to the bytes that say so.

use serde_json::Value;

use super::problem::Remedy;
use crate::diagnostic::{Amendment, Span, respelled};
use crate::schema::{Meant, field_path};

/// The edit that writes what was meant at `span` of `text`; `None` where something stands there that cannot simply be replaced.
pub(super) fn remedy(meant: Meant, pointer: &str, span: Span, text: &str, document: u32) -> Option<Remedy> {
    let written = text.get(span.start as usize..span.end as usize)?;
    let (replacement, to) = match meant {
        Meant::Value(value) => (respelled(written, &value)?, Amendment::Value(value)),
        Meant::Text => {
            let value = Value::from(written);
            (respelled(written, &value)?, Amendment::Value(value))
        }
        Meant::Name(name) => (respelled(written, &Value::from(name.as_str()))?, Amendment::Name(name)),
    };
    let description = format!("{}: {written} -> {replacement}", field_path(pointer));
    Some(Remedy { description, span, replacement, document, pointer: pointer.to_owned(), to })
}
