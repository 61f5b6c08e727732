//! The numbers beside a number: the next integer, and the next float with as many digits as people wrote.

use serde_json::Number;

use crate::model::DataType;

/// The number one step above or below; `None` past the end of what JSON numbers of the type hold.
///
/// The step of an integer is 1, that of a float one of its last written digit: 0.73 follows 0.72, and 151 follows 150.
pub(super) fn neighbour(number: &Number, data_type: DataType, up: bool) -> Option<Number> {
    if let Some(whole) = whole(number) {
        let beside = if up { whole + 1 } else { whole - 1 };
        return i64::try_from(beside).map(Number::from).ok().or_else(|| u64::try_from(beside).map(Number::from).ok());
    }
    if data_type == DataType::Integer {
        return None;
    }
    let float = number.as_f64()?;
    let beside = decimal_neighbour(float, up).filter(|beside| if up { *beside > float } else { *beside < float });
    Number::from_f64(beside.unwrap_or_else(|| if up { float.next_up() } else { float.next_down() }))
}

fn whole(number: &Number) -> Option<i128> {
    number.as_i64().map(i128::from).or_else(|| number.as_u64().map(i128::from))
}

/// One of the last digit of the shortest text for the float.
fn decimal_neighbour(float: f64, up: bool) -> Option<f64> {
    let text = format!("{float:e}");
    let (mantissa, exponent) = text.split_once('e')?;
    let exponent: i32 = exponent.parse().ok()?;
    let digits = mantissa.split_once('.').map_or(0, |(_, digits)| digits.len());
    let digits: i32 = i32::try_from(digits).ok()?;
    let whole: i64 = mantissa.replace('.', "").parse().ok()?;
    let beside = if up { whole + 1 } else { whole - 1 };
    format!("{beside}e{}", exponent - digits).parse().ok().filter(|float: &f64| float.is_finite())
}

#[cfg(test)]
mod tests {
    use serde_json::Number;

    use super::neighbour;
    use crate::model::DataType;

    #[test]
    fn the_neighbour_is_one_step_away() {
        let table = [
            ("0.72", "0.73", "0.71"),
            ("45", "46", "44"),
            ("0.1", "0.2", "0.0"),
            ("-0.5", "-0.4", "-0.6"),
            ("0", "1", "-1"),
            ("99.5", "99.6", "99.4"),
            ("1e-7", "2e-7", "0.0"),
            ("18446744073709551614", "18446744073709551615", "18446744073709551613"),
        ];
        for (text, above, below) in table {
            let number: Number = serde_json::from_str(text).unwrap();
            let beside = |up| neighbour(&number, DataType::Float, up).unwrap().as_f64().unwrap();
            assert_eq!((beside(true), beside(false)), (above.parse().unwrap(), below.parse().unwrap()), "{text}");
        }
        let largest: Number = serde_json::from_str("18446744073709551615").unwrap();
        assert_eq!(neighbour(&largest, DataType::Integer, true), None);
    }

    #[test]
    fn every_float_has_a_neighbour_on_either_side() {
        for float in [0.1 + 0.2, 1e300, 5e-324, 123_456_789.123_456_79, -1e-300] {
            let number = Number::from_f64(float).unwrap();
            assert!(neighbour(&number, DataType::Float, true).unwrap().as_f64().unwrap() > float);
            assert!(neighbour(&number, DataType::Float, false).unwrap().as_f64().unwrap() < float);
        }
    }
}
