//! Values and filters that are easily got wrong, and what our own evaluator says of them.

use campaignctl::evaluate::check;
use campaignctl::model::{BothWorlds, CampaignId, CampaignKey, CampaignSpec, Contender, Session};
use campaignctl::warehouse::Asked;
use serde_json::{Value, json};

/// Attributes, with names that need quoting everywhere.
pub const ATTRIBUTES: [&str; 4] = ["external.churn", "a.y", "odd '\"\\ /~*$[0]` \u{0} é", ""];

/// Values as JSON spells them.
pub const VALUES: [&str; 66] = [
    "null",
    "true",
    "false",
    "0",
    "-0",
    "-0.0",
    "0.0",
    "1",
    "-1",
    "1.0",
    "1e0",
    "10e-1",
    "2",
    "-2",
    "3",
    "45",
    "45.0",
    "0.5",
    "-0.5",
    "0.72",
    "0.720",
    "0.7200000000000001",
    "1.5",
    "5e-324",
    "1e2",
    "1E+2",
    "100",
    "100.0",
    "1e300",
    "-1e300",
    "1.7976931348623157e308",
    "9007199254740991",
    "9007199254740992",
    "9007199254740992.0",
    "9007199254740993",
    "9007199254740994.0",
    "-9007199254740993",
    "9223372036854775807",
    "9223372036854775808",
    "9223372036854775808.0",
    "-9223372036854775808",
    "-9223372036854775809",
    "18446744073709551615",
    "18446744073709551616",
    "18446744073709551616.0",
    "123456789012345678901234567890",
    "\"\"",
    "\"a\"",
    "\"A\"",
    "\"ab\"",
    "\"b\"",
    "\"ba\"",
    "\"a%b\"",
    "\"a_b\"",
    "\"%\"",
    "\"a\\\\b'c\\\"d\"",
    "\"\\u0061\"",
    "\"a\\u0000b\"",
    "\"a\\nb\"",
    "\"\\u00e9\"",
    "\"e\\u0301\"",
    "\"\\ud83d\\ude00x\"",
    "\"1\"",
    "\"true\"",
    "\"null\"",
    "\"18446744073709551616\"",
];

const OPERATORS: [&str; 12] = [
    "equals",
    "not_equals",
    "greater_than",
    "greater_than_or_equal",
    "less_than",
    "less_than_or_equal",
    "contains",
    "not_contains",
    "starts_with",
    "ends_with",
    "in",
    "not_in",
];

/// Numbers that come out of nowhere, the same on every run.
pub struct Dice(u64);

impl Dice {
    pub fn new(seed: u64) -> Self {
        Self(seed)
    }

    pub fn roll(&mut self, sides: usize) -> usize {
        self.0 = self.0.wrapping_mul(6_364_136_223_846_793_005).wrapping_add(1_442_695_040_888_963_407);
        (self.0 >> 33) as usize % sides
    }
}

/// A line of a recording.
pub struct Line {
    pub text: String,
    /// Whether it has something that only an engine which keeps the text as it is reads as we do: -0, an integer of more than 64
    /// bits, or a name that is sent twice.
    pub exotic: bool,
}

/// Sessions with every value under every name, and many more with several; among them lines that are no sessions.
pub fn sessions(count: usize) -> Vec<Line> {
    let mut dice = Dice::new(7);
    let name = |attribute: &str| serde_json::to_string(attribute).unwrap();
    let mut lines = Vec::new();
    let mut push = |data: &[(&str, &str)], more: &str, number: usize| {
        let exotic_value = |value: &str| {
            let digits = value.trim_start_matches('-');
            let is_integer = !digits.is_empty() && digits.bytes().all(|byte| byte.is_ascii_digit());
            value == "-0" || (is_integer && value.parse::<i64>().is_err() && value.parse::<u64>().is_err())
        };
        let twice = data.iter().enumerate().any(|(at, (name, _))| data[..at].iter().any(|(other, _)| other == name));
        let exotic = twice || data.iter().any(|(_, value)| exotic_value(value));
        let fields: Vec<String> = data.iter().map(|(attribute, value)| format!("{}:{value}", name(attribute))).collect();
        let text = format!(r#"{{"contactId":"ext:{number}","channelId":"web","sessionData":{{{}}}{more}}}"#, fields.join(","));
        lines.push(Line { text, exotic });
    };
    for (number, value) in VALUES.iter().enumerate() {
        for attribute in ATTRIBUTES {
            push(&[(attribute, value)], "", number);
        }
    }
    for number in lines_left(count) {
        let several = 1 + dice.roll(5);
        let data: Vec<(&str, &str)> =
            (0..several).map(|_| (ATTRIBUTES[dice.roll(ATTRIBUTES.len())], VALUES[dice.roll(VALUES.len())])).collect();
        let more = match dice.roll(12) {
            0 => r#","campaign":"c0""#,
            1 => r#","campaign":"nobody""#,
            2 => r#","campaignId":"id-1""#,
            3 => r#","campaign":null,"campaignId":null"#,
            4 => r#","campaign":"c1","campaignId":"id-0""#,
            _ => "",
        };
        push(&data, more, 1000 + number);
    }
    let none = [
        "no json",
        "{}",
        "[]",
        "null",
        r#"{"contactId":"","channelId":"web","sessionData":{"a.y":1}}"#,
        r#"{"contactId":1,"channelId":"web","sessionData":{"a.y":1}}"#,
        r#"{"contactId":"x","sessionData":{"a.y":1}}"#,
        r#"{"contactId":"x","channelId":"web","sessionData":null}"#,
        r#"{"contactId":"x","channelId":"web","sessionData":[]}"#,
    ];
    lines.extend(none.map(|text| Line { text: text.to_owned(), exotic: false }));
    lines
}

fn lines_left(count: usize) -> std::ops::Range<usize> {
    0..count.saturating_sub(VALUES.len() * ATTRIBUTES.len())
}

/// Campaigns of one filter: every operator with every type and values of all kinds, also those that the contract refuses.
pub fn campaigns() -> Vec<Owned> {
    let values: Vec<Value> =
        VALUES.iter().map(|value| serde_json::from_str::<Value>(value).unwrap()).filter(|value| !value.is_null()).collect();
    let mut dice = Dice::new(11);
    let mut filters: Vec<Value> = Vec::new();
    for operator in OPERATORS {
        for data_type in ["float", "integer", "boolean", "string"] {
            let fits = |value: &&Value| match data_type {
                "float" => value.is_number(),
                "integer" => value.is_i64() || value.is_u64(),
                "boolean" => value.is_boolean(),
                _ => value.is_string(),
            };
            let of_type: Vec<&Value> = values.iter().filter(fits).collect();
            let takes_list = operator.ends_with("in") && !operator.starts_with("cont");
            for round in 0..14 {
                let mut one = || match dice.roll(12) {
                    0 if round > 10 => values[dice.roll(values.len())].clone(),
                    _ => of_type[dice.roll(of_type.len())].clone(),
                };
                let value = match takes_list != (round == 13) {
                    true => Value::from((0..round % 5).map(|_| one()).collect::<Vec<_>>()),
                    false => one(),
                };
                let attribute = ATTRIBUTES[dice.roll(ATTRIBUTES.len())];
                filters.push(json!({ "attributeName": attribute, "operator": operator, "value": value, "dataType": data_type }));
            }
        }
    }
    let pairs: Vec<Value> =
        (0..60).map(|_| json!([filters[dice.roll(filters.len())], filters[dice.roll(filters.len())]])).chain([json!([])]).collect();
    let alone = filters.iter().map(|filter| json!([filter]));
    let all: Vec<Value> = alone.chain(pairs).collect();
    let live = |place: usize| all[(place * 7 + 3) % all.len()].clone();
    all.iter().enumerate().map(|(place, filters)| Owned::new(place, (place % 3 > 0).then(|| live(place)), Some(filters.clone()))).collect()
}

/// A campaign with its bodies.
pub struct Owned {
    pub who: Contender,
    pub live: Option<CampaignSpec>,
    pub desired: Option<CampaignSpec>,
}

impl Owned {
    pub fn new(place: usize, live: Option<Value>, desired: Option<Value>) -> Self {
        let key = (!place.is_multiple_of(17) || place == 0).then(|| CampaignKey::new(format!("c{place}")).unwrap());
        let id = (key.is_none() || place.is_multiple_of(2) || place == 1).then(|| CampaignId(format!("id-{place}")));
        let who = Contender { key, id, name: format!("it's \"{place}\" \\ %'; DROP TABLE x; -- \u{1b}[31m\n") };
        let spec = |filters: Value, enabled: bool| {
            let body = json!({
                "name": "x", "enabled": enabled, "campaignType": "proactive", "evaluationMode": "realtime", "filters": filters,
                "actions": [{ "type": "webchat_invite", "priority": 1 }],
            });
            serde_json::from_value::<CampaignSpec>(body).unwrap()
        };
        let off = place % 23 == 5;
        Self { who, live: live.map(|filters| spec(filters, true)), desired: desired.map(|filters| spec(filters, !off)) }
    }

    pub fn asked(&self) -> Asked<'_> {
        Asked { who: self.who.clone(), spec: BothWorlds { live: self.live.as_ref(), desired: self.desired.as_ref() } }
    }

    /// Whether it matches in each world: live, desired.
    pub fn matches(&self, session: &Recorded) -> (bool, bool) {
        let Recorded { session, key: named_key, id: named_id } = session;
        let Contender { key, id, name: _ } = &self.who;
        let is = |named: &Option<String>, own: Option<&str>| named.as_deref().is_none_or(|named| own == Some(named));
        let offered = is(named_key, key.as_ref().map(|key| key.as_str())) && is(named_id, id.as_ref().map(|id| id.0.as_str()));
        let holds = |spec: &Option<CampaignSpec>| {
            offered
                && spec.as_ref().is_some_and(|spec| {
                    spec.enabled && spec.filters.iter().all(|filter| check(filter, session.attributes.get(&filter.attribute_name)).passed())
                })
        };
        (holds(&self.live), holds(&self.desired))
    }
}

/// A session of a recording, with the campaign that it names.
pub struct Recorded {
    session: Session,
    key: Option<String>,
    id: Option<String>,
}

impl Recorded {
    /// That of a line; `None` where it is no session.
    pub fn of(line: &str) -> Option<Self> {
        let session: Session = serde_json::from_str(line).ok().filter(|session: &Session| !session.contact_id.is_empty())?;
        let value: Value = serde_json::from_str(line).unwrap();
        let named = |field: &str| value.get(field).and_then(Value::as_str).map(str::to_owned);
        Some(Self { session, key: named("campaign"), id: named("campaignId") })
    }
}
