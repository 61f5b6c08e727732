//! Times in arguments: `50ms`, `30s`, `90m`, `24h`, `7d`.

use jiff::SignedDuration;

/// A number and a unit; a day has 24 hours.
pub(super) fn duration(text: &str) -> Result<SignedDuration, String> {
    let hint = || "write a time such as 30s, 90m, 24h or 7d".to_owned();
    let digits = text.bytes().take_while(u8::is_ascii_digit).count();
    let (number, unit) = text.split_at(digits);
    let milliseconds = match unit {
        "ms" => 1,
        "s" => 1_000,
        "m" => 60_000,
        "h" => 3_600_000,
        "d" => 86_400_000,
        _ => return Err(hint()),
    };
    let number: u32 = number.parse().map_err(|_| hint())?;
    Ok(SignedDuration::from_millis(i64::from(number) * milliseconds))
}

#[cfg(test)]
mod tests {
    use super::duration;

    #[test]
    fn times_are_numbers_with_a_unit() {
        for (text, milliseconds) in [("50ms", 50), ("0s", 0), ("90m", 5_400_000), ("24h", 86_400_000), ("7d", 604_800_000)] {
            assert_eq!(duration(text).map(|time| time.as_millis()), Ok(milliseconds), "{text}");
        }
        for bad in ["", "h", "24", "-1h", "1.5h", "1y", "24 h", "99999999999999999999d", "1ü", "ü"] {
            assert!(duration(bad).is_err(), "{bad}");
        }
    }
}
