//! A script: rules in an order, and the seed of their chances. As JSON, or as short texts.

use std::str::FromStr;

use serde::{Deserialize, Serialize};
use serde_json::Value;

use super::rule::FaultRule;
use crate::diagnostic::{ForeignEncoding, without_mark};

/// Rules, of which the first that fits a request decides how it ends.
#[derive(Debug, Clone, Default, PartialEq, Serialize)]
pub struct FaultScript {
    /// Where chances come from; the emulator's own seed by default.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub seed: Option<u64>,
    /// The rules.
    #[serde(rename = "faults")]
    pub rules: Vec<FaultRule>,
}

/// Why a script, or a rule of one, cannot be read.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("{0}")]
pub struct FaultError(pub(super) String);

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct WrittenScript {
    #[serde(default)]
    seed: Option<u64>,
    faults: Vec<Value>,
}

impl FaultScript {
    /// Reads `{"seed": 7, "faults": […]}`, where a fault is an object with `when`, `fault` and `times`, or a short text as
    /// [`FaultRule::from_str`] reads it.
    ///
    /// # Errors
    /// What is wrong, and in which of the faults.
    pub fn from_json(json: &[u8]) -> Result<Self, FaultError> {
        let json = without_mark(json);
        if let Some(foreign) = ForeignEncoding::of(json) {
            return Err(FaultError(format!("the file is {}: {}", foreign.name(), ForeignEncoding::FIX)));
        }
        let written: WrittenScript = serde_json::from_slice(json).map_err(|error| FaultError(format!("no script of faults: {error}")))?;
        let rules = written.faults.into_iter().enumerate().map(|(place, value)| {
            let rule = match value {
                Value::String(text) => FaultRule::from_str(&text).map_err(|FaultError(reason)| reason),
                value => serde_json::from_value(value).map_err(|error| error.to_string()).and_then(|rule: FaultRule| {
                    rule.check()?;
                    Ok(rule)
                }),
            };
            rule.map_err(|reason| FaultError(format!("faults[{place}]: {reason}")))
        });
        Ok(Self { seed: written.seed, rules: rules.collect::<Result<_, _>>()? })
    }

    /// Reads rules in their short form, e.g. `create:drop-after-commit`.
    ///
    /// # Errors
    /// As [`FaultRule::from_str`].
    pub fn of(specs: &[&str]) -> Result<Self, FaultError> {
        let read = |spec: &&str| spec.parse().map_err(|FaultError(reason)| FaultError(format!("`{spec}`: {reason}")));
        Ok(Self { seed: None, rules: specs.iter().map(read).collect::<Result<_, _>>()? })
    }
}

impl From<Vec<FaultRule>> for FaultScript {
    fn from(rules: Vec<FaultRule>) -> Self {
        Self { seed: None, rules }
    }
}
