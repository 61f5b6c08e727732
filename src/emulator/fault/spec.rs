//! The short form of a rule: `ROUTE[@N][%N][~P]:FAULT[=VALUE][,KEY=VALUE…]`.

use std::num::NonZeroU64;
use std::str::FromStr;
use std::time::Duration;

use serde_json::Value;

use super::kind::{Fault, WrittenFault};
use super::rule::{FaultRule, Times, When};
use super::script::FaultError;
use crate::emulator::route::Route;

impl FromStr for FaultRule {
    type Err = FaultError;

    /// Reads `ROUTE[@N][%N][~P]:FAULT[=VALUE][,KEY=VALUE…]`, e.g. `update@3:status-after-commit=503`.
    fn from_str(text: &str) -> Result<Self, FaultError> {
        read(text).map_err(FaultError)
    }
}

fn read(text: &str) -> Result<FaultRule, String> {
    let Some((place, what)) = text.split_once(':') else {
        return Err("write it as ROUTE:FAULT, e.g. `create:drop-after-commit`".to_owned());
    };
    let mut when = read_when(place)?;
    let mut options = what.split(',');
    let (name, value) = match options.next().unwrap_or_default().split_once('=') {
        Some((name, value)) => (name, Some(value)),
        None => (what.split(',').next().unwrap_or_default(), None),
    };
    let mut fault = read_fault(name, value)?;
    let mut times = None;
    for option in options {
        let Some((key, value)) = option.split_once('=') else {
            return Err(format!("after `{name}` come KEY=VALUE pairs; `{option}` is none"));
        };
        match key {
            "retry-after" => fault.retry_after = Some(number(key, value)?),
            "code" => fault.code = Some(value.to_owned()),
            "message" => fault.message = Some(value.to_owned()),
            "campaign" => when.campaign = Some(value.to_owned()),
            "method" => when.method = Some(value.to_owned()),
            "path" => when.path = Some(value.to_owned()),
            "times" => times = Some(read_times(value)?),
            _ => {
                let known = "retry-after, code, message, campaign, method, path, times";
                return Err(format!("there is no `{key}`; there are {known}"));
            }
        }
    }
    let rule = FaultRule { when, fault: Fault::try_from(fault)?, times };
    rule.check().map(|()| rule)
}

/// `ROUTE[@N][%N][~P]`
fn read_when(text: &str) -> Result<When, String> {
    let end = text.find(['@', '%', '~']).unwrap_or(text.len());
    let (name, mut rest) = text.split_at(end);
    let mut when = When::default();
    if name != "any" {
        let route = Route::NAMES.iter().find(|(known, _)| *known == name);
        let Some((_, route)) = route else {
            let names: Vec<&str> = Route::NAMES.iter().map(|(name, _)| *name).collect();
            return Err(format!("there is no route `{name}`; there are any, {}", names.join(", ")));
        };
        when.route = Some(*route);
    }
    while let Some(sign) = rest.chars().next() {
        let after = &rest[1..];
        let end = after.find(['@', '%', '~']).unwrap_or(after.len());
        let (value, next) = after.split_at(end);
        match sign {
            '@' => when.nth = Some(counted("@", value)?),
            '%' => when.every = Some(counted("%", value)?),
            _ => {
                let chance = value.parse().map_err(|_| format!("after `~` comes a probability such as 0.1; it is `{value}`"))?;
                when.probability = Some(chance);
            }
        }
        rest = next;
    }
    Ok(when)
}

fn read_fault(name: &str, value: Option<&str>) -> Result<WrittenFault, String> {
    let kind = match name {
        "status" => "status-before-commit",
        "throttled" => "throttled-token",
        "stale" => "stale-list",
        name => name,
    };
    let mut fault = WrittenFault { kind: kind.to_owned(), ..WrittenFault::default() };
    let needed = |example: &str| value.ok_or_else(|| format!("`{name}` needs a value, e.g. `{name}={example}`"));
    match kind {
        "status-before-commit" | "status-after-commit" => fault.status = Some(number(name, needed("503")?)?),
        "slow-body" | "delay" => fault.ms = Some(millis(needed("500ms")?)?),
        "stale-list" => {
            let value = needed("5")?;
            if let Some(writes) = value.strip_suffix("writes") {
                fault.writes = Some(number(name, writes)?);
            } else if value.bytes().all(|byte| byte.is_ascii_digit()) {
                fault.requests = Some(number(name, value)?);
            } else {
                let reason = |_| format!("`{name}` takes list requests (`5`), writes (`2writes`) or a time (`500ms`); it is `{value}`");
                fault.ms = Some(millis(value).map_err(reason)?);
            }
        }
        _ if value.is_some() && Fault::NAMES.contains(&kind) => return Err(format!("`{name}` takes no value")),
        _ => {}
    }
    Ok(fault)
}

fn read_times(text: &str) -> Result<Times, String> {
    let value = text.parse::<u64>().map_or_else(|_| Value::from(text), Value::from);
    Times::try_from(value)
}

fn counted(sign: &str, text: &str) -> Result<NonZeroU64, String> {
    text.parse().map_err(|_| format!("after `{sign}` comes a whole number from 1; it is `{text}`"))
}

fn number<N: FromStr>(name: &str, text: &str) -> Result<N, String> {
    text.parse().map_err(|_| format!("`{name}` takes a whole number; it is `{text}`"))
}

fn millis(text: &str) -> Result<u64, String> {
    let time = duration(text)?;
    u64::try_from(time.as_millis()).map_err(|_| format!("`{text}` is too long a time"))
}

/// A time such as `50ms`, `2s` or `1m`.
///
/// # Errors
/// A sentence on how to write one.
pub fn duration(text: &str) -> Result<Duration, String> {
    let end = text.find(|c: char| !c.is_ascii_digit()).unwrap_or(text.len());
    let (digits, unit) = text.split_at(end);
    let scale = match unit {
        "ms" => Some(1),
        "s" => Some(1_000),
        "m" => Some(60_000),
        _ => None,
    };
    let time = digits.parse::<u64>().ok().zip(scale).and_then(|(number, scale)| number.checked_mul(scale));
    time.map(Duration::from_millis).ok_or_else(|| format!("a time is written as 50ms, 2s or 1m; it is `{text}`"))
}

#[cfg(test)]
mod tests {
    use super::duration;

    #[test]
    fn times_have_a_unit() {
        let read = |text: &str| duration(text).map(|time| time.as_millis());
        assert_eq!([read("50ms"), read("2s"), read("1m"), read("0ms")], [Ok(50), Ok(2_000), Ok(60_000), Ok(0)]);
        for bad in ["", "50", "ms", "-1s", "1.5s", "1h", "99999999999999999999ms", "18446744073709551615m"] {
            assert!(read(bad).is_err(), "{bad}");
        }
    }
}
