//! One line of a recording: a session as it is sent to the trigger route, read without building what nobody asks for.
//!
//! What is a session here is one for [`Session`](crate::model::Session), and has the same values; on top of the contract's
//! fields a line may name a campaign, by `campaign` (its key) or `campaignId`.

use std::borrow::Cow;
use std::fmt;

use jiff::Timestamp;
use serde::Deserialize;
use serde::de::{self, DeserializeSeed, Deserializer, IgnoredAny, MapAccess, Visitor};

use super::scan::scan;
use crate::diagnostic::{ForeignEncoding, without_mark};
use crate::evaluate::{Matcher, Seen};
use crate::model::out_of_range;

/// The values of the attributes that filters look at, in the places of the [`Matcher`], and what lets the next line be read
/// faster.
pub(super) struct Row<'de> {
    pub(super) values: Vec<Seen<'de>>,
    /// The attributes of the line before and their places, in their order: most lines have the same. Names that JSON has to
    /// escape are never taken for the same.
    pub(super) usual: Vec<(Option<String>, Option<usize>)>,
    /// Attributes that no filter looks at; collected while this is some.
    pub(super) unused: Option<std::collections::BTreeSet<String>>,
}

/// What a line says beside its attributes.
#[derive(Debug, Default, PartialEq)]
pub(super) struct Line<'de> {
    pub(super) contact: Cow<'de, str>,
    pub(super) at: Option<Timestamp>,
    pub(super) request_id: Option<Cow<'de, str>>,
    pub(super) campaign: Option<Cow<'de, str>>,
    pub(super) campaign_id: Option<Cow<'de, str>>,
}

/// Whether there is nothing on a line, but for a byte order mark.
pub(super) fn is_blank(line: &[u8]) -> bool {
    without_mark(line).iter().all(u8::is_ascii_whitespace)
}

/// Reads one line. A byte order mark at its beginning is skipped: there it began a file, which others may have been appended to.
pub(super) fn read<'de>(line: &'de [u8], row: &mut Row<'de>, matcher: &Matcher) -> Result<Line<'de>, String> {
    let text = without_mark(line);
    let mut json = serde_json::Deserializer::from_slice(text);
    let read = LineSeed { row, matcher }.deserialize(&mut json).and_then(|read| json.end().map(|()| read));
    let line = read.map_err(|error| something_else(text).unwrap_or_else(|| without_values(&error.to_string())))?;
    let empty = |name: &str| Err(format!("`{name}` is empty"));
    if line.contact.is_empty() {
        return empty("contactId");
    }
    if line.request_id.as_ref().is_some_and(|id| id.is_empty()) {
        return empty("requestId");
    }
    Ok(line)
}

/// What a line is that could not be read, where that is something well known.
fn something_else(line: &[u8]) -> Option<String> {
    if let Some(foreign) = ForeignEncoding::of(line) {
        return Some(format!("it is {}: {}", foreign.name(), ForeignEncoding::FIX));
    }
    match line.trim_ascii() {
        [b'[', ..] => Some("a JSON array; write one JSON object per line: jq -c '.[]'".to_owned()),
        b"{" => Some("a JSON object over several lines; write one JSON object per line: jq -c .".to_owned()),
        _ => None,
    }
}

/// What is wrong, without the value that is: it may be whose session it was. Of the place the column is left, for every line
/// is line 1 to its parser.
pub(super) fn without_values(error: &str) -> String {
    let (what, column) = match error.rsplit_once(" at line 1 column ") {
        Some((what, "0")) => (what, String::new()),
        Some((what, column)) => (what, format!(" at column {column}")),
        None => (error, String::new()),
    };
    let what = match (what.split_once(": "), what.rfind(", expected ")) {
        (Some((kind @ ("invalid type" | "invalid value" | "invalid length"), value)), Some(expected)) => {
            let noun: String = value.chars().take_while(|c| c.is_ascii_alphabetic() || *c == ' ').collect();
            format!("{kind}: {}{}", noun.trim_end(), &what[expected..])
        }
        _ => what.to_owned(),
    };
    what + &column
}

/// Reads one line that is known to be text: the fast way where it is plain.
pub(super) fn read_text<'de>(line: &'de str, row: &mut Row<'de>, matcher: &Matcher) -> Result<Line<'de>, String> {
    match scan(line, row, matcher) {
        Some(line) => Ok(line),
        None => {
            row.clear();
            read(line.as_bytes(), row, matcher)
        }
    }
}

impl Row<'_> {
    pub(super) fn new(matcher: &Matcher) -> Self {
        Self { values: vec![Seen::Missing; matcher.attributes()], usual: Vec::new(), unused: None }
    }

    /// The place of an attribute that is not the usual one here.
    pub(super) fn place(&mut self, nth: usize, name: &str, matcher: &Matcher) -> Option<usize> {
        let place = matcher.place(name);
        if let (None, Some(unused)) = (place, &mut self.unused) {
            unused.insert(name.to_owned());
        }
        let is_plain = !name.contains(|c: char| c == '"' || c == '\\' || c < ' ');
        self.usual.truncate(nth);
        self.usual.push((is_plain.then(|| name.to_owned()), place));
        place
    }

    pub(super) fn clear(&mut self) {
        self.values.fill(Seen::Missing);
    }
}

struct LineSeed<'r, 'de> {
    row: &'r mut Row<'de>,
    matcher: &'r Matcher,
}

/// The fields of a line.
#[derive(Deserialize)]
#[serde(field_identifier, rename_all = "camelCase")]
enum Field {
    ContactId,
    ChannelId,
    SessionData,
    EvaluationContext,
    Campaign,
    CampaignId,
    #[serde(other)]
    Other,
}

#[derive(Deserialize)]
#[serde(rename_all = "camelCase")]
struct Context<'a> {
    #[serde(default)]
    timestamp: Option<At>,
    #[serde(default, borrow)]
    request_id: Option<Text<'a>>,
    #[serde(default, borrow, rename = "correlationId")]
    _correlation_id: Option<Text<'a>>,
}

/// A time, read as the model reads it; what is none is not repeated in the error.
struct At(Timestamp);

impl<'de> Deserialize<'de> for At {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        let text = Text::deserialize(deserializer)?.0;
        text.parse().map(Self).map_err(|_| {
            let wrong = out_of_range(&text).unwrap_or_else(|| "is no time such as 2026-11-20T14:02:00Z".to_owned());
            de::Error::custom(format!("`timestamp` {wrong}"))
        })
    }
}

/// Text, borrowed where it has no escapes.
#[derive(Deserialize)]
struct Text<'a>(#[serde(borrow)] Cow<'a, str>);

impl<'de> DeserializeSeed<'de> for LineSeed<'_, 'de> {
    type Value = Line<'de>;

    fn deserialize<D: Deserializer<'de>>(self, deserializer: D) -> Result<Line<'de>, D::Error> {
        deserializer.deserialize_map(self)
    }
}

impl<'de> Visitor<'de> for LineSeed<'_, 'de> {
    type Value = Line<'de>;

    fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("a session: an object with `contactId`, `channelId` and `sessionData`")
    }

    fn visit_map<A: MapAccess<'de>>(self, mut map: A) -> Result<Line<'de>, A::Error> {
        let Self { row, matcher } = self;
        let mut line = Line::default();
        let (mut contact, mut channel, mut data, mut context) = (false, false, false, false);
        while let Some(field) = map.next_key::<Field>()? {
            match field {
                Field::ContactId => {
                    once(&mut contact, "contactId")?;
                    line.contact = map.next_value::<Text<'de>>()?.0;
                }
                Field::ChannelId => {
                    once(&mut channel, "channelId")?;
                    if map.next_value::<Text<'de>>()?.0.is_empty() {
                        return Err(de::Error::custom("`channelId` is empty"));
                    }
                }
                Field::SessionData => {
                    once(&mut data, "sessionData")?;
                    map.next_value_seed(Data { row: &mut *row, matcher })?;
                }
                Field::EvaluationContext => {
                    once(&mut context, "evaluationContext")?;
                    if let Some(Context { timestamp, request_id, _correlation_id }) = map.next_value::<Option<Context<'de>>>()? {
                        line.at = timestamp.map(|At(at)| at);
                        line.request_id = request_id.map(|text| text.0);
                    }
                }
                Field::Campaign => line.campaign = map.next_value::<Option<Text<'de>>>()?.map(|text| text.0),
                Field::CampaignId => line.campaign_id = map.next_value::<Option<Text<'de>>>()?.map(|text| text.0),
                Field::Other => {
                    map.next_value::<IgnoredAny>()?;
                }
            }
        }
        for (there, name) in [(contact, "contactId"), (channel, "channelId"), (data, "sessionData")] {
            if !there {
                return Err(de::Error::missing_field(name));
            }
        }
        Ok(line)
    }
}

fn once<E: de::Error>(seen: &mut bool, name: &'static str) -> Result<(), E> {
    if std::mem::replace(seen, true) { Err(de::Error::duplicate_field(name)) } else { Ok(()) }
}

/// `sessionData`
struct Data<'r, 'de> {
    row: &'r mut Row<'de>,
    matcher: &'r Matcher,
}

impl<'de> DeserializeSeed<'de> for Data<'_, 'de> {
    type Value = ();

    fn deserialize<D: Deserializer<'de>>(self, deserializer: D) -> Result<(), D::Error> {
        deserializer.deserialize_map(self)
    }
}

impl<'de> Visitor<'de> for Data<'_, 'de> {
    type Value = ();

    fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("an object of attributes")
    }

    fn visit_map<A: MapAccess<'de>>(self, mut map: A) -> Result<(), A::Error> {
        let Self { row, matcher } = self;
        let mut nth = 0;
        while let Some(place) = map.next_key_seed(Attribute { row: &mut *row, matcher, nth })? {
            nth += 1;
            match place {
                Some(place) => row.values[place] = map.next_value_seed(Value)?,
                None => map.next_value_seed(UnusedValue)?,
            }
        }
        Ok(())
    }
}

/// The name of an attribute, as its place.
struct Attribute<'r, 'de> {
    row: &'r mut Row<'de>,
    matcher: &'r Matcher,
    nth: usize,
}

impl<'de> DeserializeSeed<'de> for Attribute<'_, 'de> {
    type Value = Option<usize>;

    fn deserialize<D: Deserializer<'de>>(self, deserializer: D) -> Result<Option<usize>, D::Error> {
        deserializer.deserialize_str(self)
    }
}

impl Visitor<'_> for Attribute<'_, '_> {
    type Value = Option<usize>;

    fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("the name of an attribute")
    }

    fn visit_str<E: de::Error>(self, name: &str) -> Result<Option<usize>, E> {
        let Self { row, matcher, nth } = self;
        match row.usual.get(nth) {
            Some((Some(usual), place)) if usual == name => Ok(*place),
            _ => Ok(row.place(nth, name, matcher)),
        }
    }
}

struct Value;

impl<'de> DeserializeSeed<'de> for Value {
    type Value = Seen<'de>;

    fn deserialize<D: Deserializer<'de>>(self, deserializer: D) -> Result<Seen<'de>, D::Error> {
        deserializer.deserialize_any(self)
    }
}

impl<'de> Visitor<'de> for Value {
    type Value = Seen<'de>;

    fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("a boolean, a number, a string or null")
    }
    fn visit_unit<E: de::Error>(self) -> Result<Seen<'de>, E> {
        Ok(Seen::Null)
    }
    fn visit_bool<E: de::Error>(self, value: bool) -> Result<Seen<'de>, E> {
        Ok(Seen::Boolean(value))
    }
    fn visit_i64<E: de::Error>(self, value: i64) -> Result<Seen<'de>, E> {
        Ok(Seen::Signed(value))
    }
    fn visit_u64<E: de::Error>(self, value: u64) -> Result<Seen<'de>, E> {
        Ok(i64::try_from(value).map_or(Seen::Unsigned(value), Seen::Signed))
    }
    fn visit_f64<E: de::Error>(self, value: f64) -> Result<Seen<'de>, E> {
        Ok(Seen::Float(value))
    }
    fn visit_borrowed_str<E: de::Error>(self, value: &'de str) -> Result<Seen<'de>, E> {
        Ok(Seen::Text(Cow::Borrowed(value)))
    }
    fn visit_str<E: de::Error>(self, value: &str) -> Result<Seen<'de>, E> {
        Ok(Seen::Text(Cow::Owned(value.to_owned())))
    }
}

/// The value of an attribute that no filter looks at: it must be one, that is all.
struct UnusedValue;

impl<'de> DeserializeSeed<'de> for UnusedValue {
    type Value = ();

    fn deserialize<D: Deserializer<'de>>(self, deserializer: D) -> Result<(), D::Error> {
        deserializer.deserialize_any(self)
    }
}

impl Visitor<'_> for UnusedValue {
    type Value = ();

    fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        Visitor::expecting(&Value, f)
    }
    fn visit_unit<E: de::Error>(self) -> Result<(), E> {
        Ok(())
    }
    fn visit_bool<E: de::Error>(self, _: bool) -> Result<(), E> {
        Ok(())
    }
    fn visit_i64<E: de::Error>(self, _: i64) -> Result<(), E> {
        Ok(())
    }
    fn visit_u64<E: de::Error>(self, _: u64) -> Result<(), E> {
        Ok(())
    }
    fn visit_f64<E: de::Error>(self, _: f64) -> Result<(), E> {
        Ok(())
    }
    fn visit_str<E: de::Error>(self, _: &str) -> Result<(), E> {
        Ok(())
    }
}
