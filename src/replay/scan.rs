//! The fast way to read a line: what nearly every line looks like, and nothing else. Whatever is not plain (an escape, an
//! exponent, a long number, an unknown or repeated field, damage) is left to the slow way, so that there is one judge of what
//! a session is.

use std::borrow::Cow;

use super::session::{Line, Row};
use crate::evaluate::{Matcher, Seen};

/// Reads a plain line; `None` where it is not plain. The row may then hold some of its values.
pub(super) fn scan<'de>(line: &'de str, row: &mut Row<'de>, matcher: &Matcher) -> Option<Line<'de>> {
    let mut text = Scanner { text: line, at: 0 };
    let mut read = Line::default();
    let (mut contact, mut channel, mut data, mut context) = (false, false, false, false);
    text.open(b'{')?;
    let mut more = true;
    while more {
        let name = text.name()?;
        let again = match name {
            "contactId" => {
                read.contact = Cow::Borrowed(text.not_empty()?);
                std::mem::replace(&mut contact, true)
            }
            "channelId" => {
                text.not_empty()?;
                std::mem::replace(&mut channel, true)
            }
            "sessionData" => {
                text.data(row, matcher)?;
                std::mem::replace(&mut data, true)
            }
            "evaluationContext" => {
                text.context(&mut read)?;
                std::mem::replace(&mut context, true)
            }
            "campaign" => read.campaign.replace(Cow::Borrowed(text.string()?)).is_some(),
            "campaignId" => read.campaign_id.replace(Cow::Borrowed(text.string()?)).is_some(),
            _ => return None,
        };
        if again {
            return None;
        }
        more = text.goes_on()?;
    }
    text.blanks();
    (contact && channel && data && text.at == line.len()).then_some(read)
}

struct Scanner<'de> {
    text: &'de str,
    at: usize,
}

/// What a fraction of so many digits is divided by. Each power is exact, and so is every whole number below 2^53: one division
/// then rounds once, as it should.
const TENS: [f64; 16] = [1e0, 1e1, 1e2, 1e3, 1e4, 1e5, 1e6, 1e7, 1e8, 1e9, 1e10, 1e11, 1e12, 1e13, 1e14, 1e15];
/// Digits of a number with a fraction: whatever they are, the whole of them stays below 2^53.
const FRACTION_DIGITS: usize = 15;
/// Digits of an integer: whatever they are, it fits in 63 bits.
const INTEGER_DIGITS: usize = 18;

impl<'de> Scanner<'de> {
    fn peek(&self) -> Option<u8> {
        self.text.as_bytes().get(self.at).copied()
    }

    fn blanks(&mut self) {
        while matches!(self.peek(), Some(b' ' | b'\t' | b'\r' | b'\n')) {
            self.at += 1;
        }
    }

    fn eat(&mut self, byte: u8) -> Option<()> {
        (self.peek()? == byte).then(|| self.at += 1)
    }

    /// The beginning of an object that is not empty.
    fn open(&mut self, byte: u8) -> Option<()> {
        self.blanks();
        self.eat(byte)?;
        self.blanks();
        Some(())
    }

    /// Whether a comma comes, and not the end of the object.
    fn goes_on(&mut self) -> Option<bool> {
        self.blanks();
        let more = match self.peek()? {
            b',' => true,
            b'}' => false,
            _ => return None,
        };
        self.at += 1;
        self.blanks();
        Some(more)
    }

    /// The name of a field, and what is between it and its value.
    fn name(&mut self) -> Option<&'de str> {
        let name = self.string()?;
        self.blanks();
        self.eat(b':')?;
        self.blanks();
        Some(name)
    }

    /// Text without escapes.
    fn string(&mut self) -> Option<&'de str> {
        self.eat(b'"')?;
        let start = self.at;
        let rest = &self.text.as_bytes()[start..];
        let end = rest.iter().position(|byte| *byte == b'"' || *byte == b'\\' || *byte < b' ')?;
        self.at = start + end;
        self.eat(b'"')?;
        self.text.get(start..start + end)
    }

    fn not_empty(&mut self) -> Option<&'de str> {
        self.string().filter(|text| !text.is_empty())
    }

    fn data(&mut self, row: &mut Row<'de>, matcher: &Matcher) -> Option<()> {
        self.open(b'{')?;
        if self.eat(b'}').is_some() {
            return Some(());
        }
        let mut nth = 0;
        loop {
            let place = self.attribute(nth, row, matcher)?;
            nth += 1;
            let value = self.value()?;
            if let Some(place) = place {
                row.values[place] = value;
            }
            if !self.goes_on()? {
                return Some(());
            }
        }
    }

    /// The place of an attribute. Most lines have those of the line before, in its order.
    fn attribute(&mut self, nth: usize, row: &mut Row<'de>, matcher: &Matcher) -> Option<Option<usize>> {
        if let Some((Some(usual), place)) = row.usual.get(nth) {
            let rest = &self.text.as_bytes()[self.at..];
            if rest.len() > usual.len() + 2
                && rest[0] == b'"'
                && rest[1..=usual.len()] == *usual.as_bytes()
                && rest[usual.len() + 1..usual.len() + 3] == *b"\":"
            {
                self.at += usual.len() + 3;
                self.blanks();
                return Some(*place);
            }
        }
        let name = self.name()?;
        Some(row.place(nth, name, matcher))
    }

    fn value(&mut self) -> Option<Seen<'de>> {
        match self.peek()? {
            b'"' => self.string().map(|text| Seen::Text(Cow::Borrowed(text))),
            b't' => self.word("true", Seen::Boolean(true)),
            b'f' => self.word("false", Seen::Boolean(false)),
            b'n' => self.word("null", Seen::Null),
            _ => self.number(),
        }
    }

    fn word(&mut self, word: &str, value: Seen<'de>) -> Option<Seen<'de>> {
        let end = self.at + word.len();
        (self.text.as_bytes().get(self.at..end)? == word.as_bytes()).then(|| {
            self.at = end;
            value
        })
    }

    #[allow(clippy::cast_precision_loss, reason = "15 digits stay below 2^53")]
    fn number(&mut self) -> Option<Seen<'de>> {
        let negative = self.eat(b'-').is_some();
        let start = self.at;
        let mut digits = 0_u64;
        let whole = self.digits(&mut digits)?;
        // A zero stands alone.
        if whole > 1 && self.text.as_bytes()[start] == b'0' {
            return None;
        }
        let value = if self.eat(b'.').is_some() {
            let fraction = self.digits(&mut digits)?;
            if whole + fraction > FRACTION_DIGITS {
                return None;
            }
            let value = digits as f64 / TENS[fraction];
            Seen::Float(if negative { -value } else { value })
        } else {
            // `-0` is a float: JSON has it for the float's sake.
            if whole > INTEGER_DIGITS || (negative && digits == 0) {
                return None;
            }
            let value = i64::try_from(digits).ok()?;
            Seen::Signed(if negative { -value } else { value })
        };
        (!matches!(self.peek(), Some(b'e' | b'E'))).then_some(value)
    }

    /// Digits, at least one; how many.
    fn digits(&mut self, sum: &mut u64) -> Option<usize> {
        let start = self.at;
        while let Some(digit @ b'0'..=b'9') = self.peek() {
            // More digits than that are not plain, whatever the sum.
            *sum = sum.wrapping_mul(10).wrapping_add(u64::from(digit - b'0'));
            self.at += 1;
        }
        (self.at > start).then_some(self.at - start)
    }

    fn context(&mut self, line: &mut Line<'de>) -> Option<()> {
        self.open(b'{')?;
        let mut correlation = false;
        loop {
            let again = match self.name()? {
                "timestamp" => line.at.replace(self.string()?.parse().ok()?).is_some(),
                "requestId" => line.request_id.replace(Cow::Borrowed(self.not_empty()?)).is_some(),
                "correlationId" => {
                    self.string()?;
                    std::mem::replace(&mut correlation, true)
                }
                _ => return None,
            };
            if again {
                return None;
            }
            if !self.goes_on()? {
                return Some(());
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;
    use serde_json::json;

    use super::super::session::{Row, read};
    use super::scan;
    use crate::evaluate::Matcher;
    use crate::model::Filter;

    fn filters() -> Vec<Filter> {
        let filter = |name: &str| json!({ "attributeName": name, "operator": "equals", "value": 1, "dataType": "float" });
        serde_json::from_value(json!(["a.x", "a.y", "a\\b"].map(filter))).unwrap()
    }

    /// Pieces of JSON, plain or not.
    fn value() -> impl Strategy<Value = String> {
        prop_oneof![
            "-?(0|[1-9][0-9]{0,20})",
            "-?(0|[1-9][0-9]{0,9})\\.[0-9]{1,12}",
            "-?[0-9]{0,3}\\.?[0-9]{0,3}([eE][+-]?[0-9]{1,2})?",
            prop::sample::select(vec![
                "true",
                "false",
                "null",
                "tru",
                "nulll",
                "[1]",
                "{}",
                "\"\"",
                "\"a\\nb\"",
                "\"\\u00e4\"",
                "\"ä\"",
                "\"a"
            ])
            .prop_map(str::to_owned),
            "\"[a-z/ äöü€😀]{0,12}\"",
        ]
    }

    fn line() -> impl Strategy<Value = String> {
        let name = prop::sample::select(vec!["a.x", "a.y", "a\\\\b", "a\\b", "b.z", "b.z2", "", "a\\u002ex"]);
        let data = prop::collection::vec((name, value(), "[ \t]{0,1}"), 0..4).prop_map(|fields| {
            fields.iter().map(|(name, value, blank)| format!("{blank}\"{name}\":{blank}{value}")).collect::<Vec<_>>().join(",")
        });
        let context = prop::sample::select(vec![
            "",
            ",\"evaluationContext\":{}",
            ",\"evaluationContext\":null",
            ",\"evaluationContext\":{\"timestamp\":\"2024-05-21T10:00:00.25Z\",\"correlationId\":\"\"}",
            ",\"evaluationContext\":{\"requestId\":\"r\",\"requestId\":\"s\"}",
            ",\"evaluationContext\":{\"timestamp\":\"2024-05-21 10:00:00+02:00\",\"requestId\":\"r\"}",
            ",\"evaluationContext\":{\"timestamp\":\"yesterday\"}",
            ",\"campaign\":\"a\",\"campaignId\":\"b\"",
            ",\"campaign\":null",
            ",\"channelId\":\"again\"",
            ",\"more\":1",
        ]);
        let damage = prop::option::weighted(0.3, (0..200usize, any::<u8>()));
        (data, context, "[ \t\r]{0,2}", damage).prop_map(|(data, context, blank, damage)| {
            let mut line =
                format!("{blank}{{\"contactId\":\"ext:1\",{blank}\"channelId\":\"w\",\"sessionData\":{{{data}}}{context}}}{blank}")
                    .into_bytes();
            if let Some((at, byte)) = damage
                && at < line.len()
            {
                line[at] = byte;
            }
            String::from_utf8_lossy(&line).into_owned()
        })
    }

    proptest! {
        #![proptest_config(ProptestConfig { failure_persistence: None, ..ProptestConfig::with_cases(20_000) })]

        /// Several lines in a row, because each is read with what the one before it had.
        #[test]
        fn what_is_read_fast_is_what_is_read_slowly(lines in prop::collection::vec(line(), 1..4)) {
            let filters = filters();
            let matcher = Matcher::new([Some(&filters[..])]);
            let (mut fast, mut slow) = (Row::new(&matcher), Row::new(&matcher));
            for line in &lines {
                fast.clear();
                slow.clear();
                let found = scan(line, &mut fast, &matcher);
                let expected = read(line.as_bytes(), &mut slow, &matcher);
                if let Some(found) = found {
                    prop_assert_eq!(Ok(&found), expected.as_ref(), "{}", line);
                    // By their text: 0.0 equals -0.0, and is another number.
                    prop_assert_eq!(format!("{:?}", fast.values), format!("{:?}", slow.values), "{}", line);
                }
            }
        }
    }

    #[test]
    fn what_nearly_every_line_looks_like_is_plain() {
        let filters = filters();
        let matcher = Matcher::new([Some(&filters[..])]);
        let mut row = Row::new(&matcher);
        for line in [
            r#"{"contactId":"ext:1","channelId":"webchat:x","sessionData":{"a.x":0.8731,"a.y":45,"b.z":"/pricing","b.w":true},"evaluationContext":{"timestamp":"2024-05-21T14:32:11Z","requestId":"r","correlationId":"c"}}"#,
            r#"{ "contactId": "ext:1", "channelId": "webchat:x", "sessionData": { "a.x": -1, "b.z": null } }"#,
        ] {
            row.clear();
            assert!(scan(line, &mut row, &matcher).is_some(), "{line}");
        }
    }
}
