//! What a scalar means: the core schema of YAML 1.2. `no`, `on` and `yes` are text.

use serde_json::{Number, Value};

/// Why a scalar has no value.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) enum Fault {
    /// `.inf` or `.nan`: JSON has no such number.
    NotFinite,
    /// An integer that fits neither `i64` nor `u64`, or a float beyond `f64`.
    OutOfRange,
    /// The text does not fit its tag, e.g. `!!int abc`.
    NotOfTag(&'static str),
}

/// The tags of the core schema that a scalar may carry.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum ScalarTag {
    Str,
    Int,
    Float,
    Bool,
    Null,
}

impl ScalarTag {
    /// By the word after `!!`.
    pub(super) fn of(suffix: &str) -> Option<Self> {
        Some(match suffix {
            "str" => Self::Str,
            "int" => Self::Int,
            "float" => Self::Float,
            "bool" => Self::Bool,
            "null" => Self::Null,
            _ => return None,
        })
    }
}

/// The value of a plain scalar without a tag.
pub(super) fn plain(text: &str) -> Result<Value, Fault> {
    let Some(first) = text.bytes().next() else { return Ok(Value::Null) };
    match first {
        b'n' | b'N' | b'~' if is_null(text) => Ok(Value::Null),
        b't' | b'T' | b'f' | b'F' => Ok(boolean(text).map_or_else(|| Value::from(text), Value::Bool)),
        b'0'..=b'9' | b'-' | b'+' | b'.' => number(text).unwrap_or_else(|| Ok(Value::from(text))),
        _ => Ok(Value::from(text)),
    }
}

/// The value of a scalar with a tag, however it is quoted.
pub(super) fn tagged(text: &str, tag: ScalarTag) -> Result<Value, Fault> {
    match tag {
        ScalarTag::Str => Ok(Value::from(text)),
        ScalarTag::Null if text.is_empty() || is_null(text) => Ok(Value::Null),
        ScalarTag::Null => Err(Fault::NotOfTag("!!null")),
        ScalarTag::Bool => boolean(text).map(Value::Bool).ok_or(Fault::NotOfTag("!!bool")),
        ScalarTag::Int => match number(text) {
            Some(Ok(Value::Number(number))) if !number.is_f64() => Ok(Value::Number(number)),
            Some(Err(fault)) => Err(fault),
            _ => Err(Fault::NotOfTag("!!int")),
        },
        ScalarTag::Float => match number(text) {
            Some(Ok(number)) => number.as_f64().and_then(Number::from_f64).map(Value::Number).ok_or(Fault::OutOfRange),
            Some(Err(fault)) => Err(fault),
            None => Err(Fault::NotOfTag("!!float")),
        },
    }
}

fn is_null(text: &str) -> bool {
    matches!(text, "null" | "Null" | "NULL" | "~")
}

fn boolean(text: &str) -> Option<bool> {
    match text {
        "true" | "True" | "TRUE" => Some(true),
        "false" | "False" | "FALSE" => Some(false),
        _ => None,
    }
}

/// A number of the core schema; `None` when the text is no number at all.
fn number(text: &str) -> Option<Result<Value, Fault>> {
    if let Some(digits) = text.strip_prefix("0o") {
        return based(digits, 8);
    }
    if let Some(digits) = text.strip_prefix("0x") {
        return based(digits, 16);
    }
    let unsigned = text.strip_prefix(['+', '-']).unwrap_or(text);
    if matches!(unsigned, ".inf" | ".Inf" | ".INF") || matches!(text, ".nan" | ".NaN" | ".NAN") {
        return Some(Err(Fault::NotFinite));
    }
    if !unsigned.is_empty() && unsigned.bytes().all(|byte| byte.is_ascii_digit()) {
        return Some(integer(text));
    }
    is_float(unsigned).then(|| {
        let float: f64 = text.parse().map_err(|_| Fault::OutOfRange)?;
        Number::from_f64(float).map(Value::Number).ok_or(Fault::OutOfRange)
    })
}

fn integer(text: &str) -> Result<Value, Fault> {
    let text = text.strip_prefix('+').unwrap_or(text);
    match text.parse::<i64>() {
        Ok(value) => Ok(value.into()),
        Err(_) => text.parse::<u64>().map(Value::from).map_err(|_| Fault::OutOfRange),
    }
}

fn based(digits: &str, radix: u32) -> Option<Result<Value, Fault>> {
    let all_digits = !digits.is_empty() && digits.chars().all(|digit| digit.is_digit(radix));
    all_digits.then(|| u64::from_str_radix(digits, radix).map(Value::from).map_err(|_| Fault::OutOfRange))
}

/// `(\.[0-9]+|[0-9]+(\.[0-9]*)?)([eE][-+]?[0-9]+)?`
fn is_float(text: &str) -> bool {
    let (mantissa, exponent) = match text.find(['e', 'E']) {
        Some(at) => (&text[..at], Some(&text[at + 1..])),
        None => (text, None),
    };
    let digits = |text: &str| text.bytes().all(|byte| byte.is_ascii_digit());
    let mantissa_good = match mantissa.split_once('.') {
        Some(("", fraction)) => !fraction.is_empty() && digits(fraction),
        Some((whole, fraction)) => digits(whole) && digits(fraction),
        None => !mantissa.is_empty() && digits(mantissa),
    };
    let exponent_good = exponent.is_none_or(|exponent| {
        let exponent = exponent.strip_prefix(['+', '-']).unwrap_or(exponent);
        !exponent.is_empty() && digits(exponent)
    });
    mantissa_good && exponent_good
}

#[cfg(test)]
mod tests {
    use serde_json::{Value, json};

    use super::{Fault, ScalarTag, plain, tagged};

    #[test]
    fn plain_scalars_follow_the_core_schema() {
        let table = [
            ("", json!(null)),
            ("~", json!(null)),
            ("null", json!(null)),
            ("Null", json!(null)),
            ("nUll", json!("nUll")),
            ("true", json!(true)),
            ("FALSE", json!(false)),
            ("no", json!("no")),
            ("on", json!("on")),
            ("yes", json!("yes")),
            ("y", json!("y")),
            ("0", json!(0)),
            ("-0", json!(0)),
            ("+12", json!(12)),
            ("-12", json!(-12)),
            ("0644", json!(644)),
            ("0o17", json!(15)),
            ("0xfF", json!(255)),
            ("0o8", json!("0o8")),
            ("0x", json!("0x")),
            ("-0x1", json!("-0x1")),
            ("0b1", json!("0b1")),
            ("1_000", json!("1_000")),
            ("9223372036854775807", json!(i64::MAX)),
            ("-9223372036854775808", json!(i64::MIN)),
            ("18446744073709551615", json!(u64::MAX)),
            ("1.10", json!(1.1)),
            ("45.", json!(45.0)),
            (".5", json!(0.5)),
            ("-.5e1", json!(-5.0)),
            ("1e3", json!(1000.0)),
            ("1E-3", json!(0.001)),
            (".", json!(".")),
            ("-", json!("-")),
            ("1.2.3", json!("1.2.3")),
            ("1e", json!("1e")),
            ("e1", json!("e1")),
            (".e1", json!(".e1")),
            ("2026-11-20", json!("2026-11-20")),
            ("12:30", json!("12:30")),
            ("inf", json!("inf")),
            ("NaN", json!("NaN")),
            ("+.nan", json!("+.nan")),
        ];
        for (text, value) in table {
            assert_eq!(plain(text), Ok(value), "{text}");
        }
    }

    #[test]
    fn numbers_that_json_cannot_hold_are_refused() {
        for text in [".inf", "-.Inf", "+.INF", ".nan", ".NaN"] {
            assert_eq!(plain(text), Err(Fault::NotFinite), "{text}");
        }
        for text in ["18446744073709551616", "-9223372036854775809", "0xFFFFFFFFFFFFFFFFF", "1e400", "-1e400"] {
            assert_eq!(plain(text), Err(Fault::OutOfRange), "{text}");
        }
    }

    #[test]
    fn a_float_keeps_being_a_float() {
        assert!(matches!(plain("45.0"), Ok(Value::Number(number)) if number.is_f64()));
        assert!(matches!(plain("45"), Ok(Value::Number(number)) if number.is_i64()));
    }

    #[test]
    fn tags_decide() {
        assert_eq!(tagged("45", ScalarTag::Str), Ok(json!("45")));
        assert_eq!(tagged("45", ScalarTag::Float), Ok(json!(45.0)));
        assert_eq!(tagged("45", ScalarTag::Int), Ok(json!(45)));
        assert_eq!(tagged("4.5", ScalarTag::Int), Err(Fault::NotOfTag("!!int")));
        assert_eq!(tagged("yes", ScalarTag::Bool), Err(Fault::NotOfTag("!!bool")));
        assert_eq!(tagged("", ScalarTag::Null), Ok(json!(null)));
    }
}
