//! `value-type`: a filter's value is not of its `dataType`.

use serde_json::Value;

use crate::diagnostic::{Amendment, Change, Edit, Finding, Fix, Written, literal, respelled};
use crate::lint::subject::text;
use crate::lint::{FilterAt, Gravity, Rule};
use crate::model::{DataType, FilterValue, Scalar};

/// A value that is not of the filter's type.
pub(in crate::lint) const RULE: Rule = Rule {
    id: "value-type",
    gravity: Gravity::Error,
    summary: "the filter's value is not of its dataType",
    what: "Looks at `value` (each item, for `in` and `not_in`) and `dataType` of each filter. No type is taken for another: `\"0.87\"` in quotes is no float, `45.0` is no integer. A whole number is a valid float.",
    why: "The API compares strictly: a session's number never equals a text, so the filter is false for every session, without any error, and the campaign invites nobody.",
    example: "- { attributeName: external.churn_probability, operator: greater_than, value: \"0.87\", dataType: float }",
    fix: "- { attributeName: external.churn_probability, operator: greater_than, value: 0.87, dataType: float }",
};

pub(in crate::lint) fn check(at: &FilterAt<'_>) -> Option<Finding> {
    let filter = at.filter();
    let data_type = filter.data_type;
    let (index, scalar) = filter.value.scalars().iter().enumerate().find(|(_, scalar)| !data_type.admits(scalar))?;
    let (pointer, path) = match filter.value {
        FilterValue::One(_) => ("/value".to_owned(), ".value".to_owned()),
        FilterValue::Many(_) => (format!("/value/{index}"), format!(".value[{index}]")),
    };
    let finding = at.error(RULE.id, (&pointer, &path), |field| {
        let name = data_type.as_str();
        format!("`{field}`: {} is no {name}; the API compares strictly, so this filter would silently never match", shown(scalar))
    });
    let written = text(at.sources, at.place(&pointer));
    let help = help(data_type, scalar, written);
    let finding = finding.fix(fix(at));
    Some(finding.help(if written.contains("${") { format!("{help}, where the variable is set in the project file") } else { help }))
}

/// Quotes too many or too few, around every value of the filter where that is all that is wrong.
fn fix(at: &FilterAt<'_>) -> Option<Fix> {
    let filter = at.filter();
    let index = at.subject.filter_index(at.position);
    let mut fix = Fix::new(String::new());
    for (item, scalar) in filter.value.scalars().iter().enumerate().filter(|(_, scalar)| !filter.data_type.admits(scalar)) {
        let (pointer, path) = match filter.value {
            FilterValue::One(_) => ("/value".to_owned(), ".value".to_owned()),
            FilterValue::Many(_) => (format!("/value/{item}"), format!(".value[{item}]")),
        };
        let place = at.place(&pointer);
        let written = text(at.sources, place);
        let value = meant(filter.data_type, scalar, written)?;
        let replacement = respelled(written, &value)?;
        let before = if fix.edits.is_empty() { "" } else { ", " };
        fix.description.push_str(&format!("{before}filters[{index}]{path}: {written} -> {replacement}"));
        let Written { document, pointer } = at.sources.written(at.subject.source, &format!("/filters/{index}{pointer}"));
        let change = Change { document, pointer, to: Amendment::Value(value) };
        fix = fix.and(Edit { place, replacement }, change);
    }
    Some(fix)
}

/// The value of the right type that stands there, but for the quotes.
fn meant(data_type: DataType, scalar: &Scalar, written: &str) -> Option<Value> {
    let value = match (data_type, scalar) {
        (DataType::String, Scalar::Number(_) | Scalar::Boolean(_)) => return Some(Value::from(written)),
        (DataType::Float | DataType::Integer | DataType::Boolean, Scalar::Text(text)) => literal(text)?,
        _ => return None,
    };
    let fits = match &value {
        Value::Bool(value) => data_type.admits(&Scalar::Boolean(*value)),
        Value::Number(number) => data_type.admits(&Scalar::Number(number.clone())),
        _ => false,
    };
    fits.then_some(value)
}

fn shown(scalar: &Scalar) -> String {
    match scalar {
        Scalar::Boolean(value) => format!("`{value}`"),
        Scalar::Number(value) => format!("the number `{value}`"),
        Scalar::Text(value) => {
            let short: String = value.chars().take(60).collect();
            format!("the text {short:?}")
        }
    }
}

fn help(data_type: DataType, scalar: &Scalar, written: &str) -> String {
    match (data_type, scalar) {
        (DataType::String, scalar) => {
            // What stands in the file: 1.10 must not become "1.1".
            let value = serde_json::to_string(scalar).unwrap_or_default();
            let plain = if written.is_empty() || written.starts_with(['*', '$']) { &value } else { written };
            format!("write \"{plain}\" in quotes")
        }
        (DataType::Boolean, Scalar::Text(text)) => match text.to_lowercase().as_str() {
            "true" | "yes" | "on" => "write true, without quotes".to_owned(),
            "false" | "no" | "off" => "write false, without quotes".to_owned(),
            _ => "write true or false, or set dataType: string".to_owned(),
        },
        (DataType::Boolean, _) => "write true or false".to_owned(),
        (DataType::Integer, Scalar::Number(number)) => match number.as_f64().filter(|float| float.fract() == 0.0 && float.abs() < 1e15) {
            Some(whole) => format!("write {whole:.0}"),
            None => "write a whole number, or set dataType: float".to_owned(),
        },
        (DataType::Integer | DataType::Float, Scalar::Text(text)) => match text.trim().parse::<serde_json::Number>() {
            Ok(number) if data_type.admits(&Scalar::Number(number.clone())) => format!("write {number} without quotes"),
            Ok(_) => "write a whole number without quotes, or set dataType: float".to_owned(),
            Err(_) => "write a number, or set dataType: string".to_owned(),
        },
        (DataType::Integer | DataType::Float, _) => "write a number, or set dataType: boolean".to_owned(),
    }
}
