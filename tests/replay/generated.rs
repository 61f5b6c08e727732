//! Campaigns and sessions for properties.

use campaignctl::model::CampaignSpec;
use proptest::prelude::*;
use serde_json::{Value, json};

/// Attribute values near the values that filters name, of all types.
pub fn value() -> impl Strategy<Value = Value> {
    prop_oneof![
        prop::sample::select(vec![
            json!(null),
            json!(true),
            json!(false),
            json!(0),
            json!(-1),
            json!(1),
            json!(2),
            json!(1.0),
            json!(0.5),
            json!(1.5),
            json!(-0.0),
            json!(9_007_199_254_740_992_u64),
            json!(9_007_199_254_740_993_u64),
            json!(9_007_199_254_740_992.0),
            json!(u64::MAX),
            json!(i64::MIN),
            json!(1e300),
            json!("a"),
            json!("ab"),
            json!("b"),
            json!(""),
            json!("ä\n\"b"),
            json!("1"),
        ]),
        (-3..4i64).prop_map(Value::from),
    ]
}

/// Filters of all operators and types, sound or not.
pub fn filter() -> impl Strategy<Value = Value> {
    let attribute = prop::sample::select(vec!["a.x", "a.y", "a.z"]);
    let operator = prop::sample::select(vec![
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
    ]);
    let data_type = prop::sample::select(vec!["float", "integer", "boolean", "string"]);
    let scalar = value().prop_filter("no null in filters", |value| !value.is_null());
    (attribute, operator, data_type, prop::collection::vec(scalar, 1..4), 0..20u8).prop_map(
        |(attribute, operator, data_type, values, odd)| {
            // Mostly a value of the type, so that filters hold now and then.
            let fits = |value: &Value| match data_type {
                "float" => value.is_number(),
                "integer" => value.is_i64() || value.is_u64(),
                "boolean" => value.is_boolean(),
                _ => value.is_string(),
            };
            let fallback = match data_type {
                "float" => json!(0.5),
                "integer" => json!(1),
                "boolean" => json!(true),
                _ => json!("a"),
            };
            let values: Vec<Value> =
                values.into_iter().map(|value| if fits(&value) || odd == 0 { value } else { fallback.clone() }).collect();
            let takes_list = operator == "in" || operator == "not_in";
            let value = if takes_list != (odd == 1) { Value::from(values) } else { values[0].clone() };
            json!({ "attributeName": attribute, "operator": operator, "value": value, "dataType": data_type })
        },
    )
}

pub fn campaign() -> impl Strategy<Value = CampaignSpec> {
    let throttling = prop_oneof![
        Just(None),
        (0..4u64, prop::sample::select(vec![0, 30, 60, 61, 600]), prop::option::of(1..4u64)).prop_map(|(per_contact, cooldown, cap)| {
            let mut throttling = json!({ "maxInvitesPerContact": per_contact, "cooldownSeconds": cooldown });
            if let Some(cap) = cap {
                throttling["maxInvitesPerMinute"] = json!(cap);
            }
            Some(throttling)
        }),
    ];
    let filters = prop::collection::vec(filter(), 1..3);
    (prop::bool::weighted(0.9), prop::bool::weighted(0.1), filters, 1..3u64, throttling, 0..3u8).prop_map(
        |(enabled, batch, filters, priority, throttling, queue)| {
            let routing = (queue > 0).then(|| json!({ "queueId": format!("q{queue}") }));
            let mut body = json!({
                "name": "x", "enabled": enabled, "campaignType": "proactive",
                "evaluationMode": if batch { "batch" } else { "realtime" },
                "filters": filters,
                "actions": [{ "type": "webchat_invite", "priority": priority }],
            });
            if let Some(routing) = routing {
                body["actions"][0]["routingConfig"] = routing;
            }
            if let Some(throttling) = throttling {
                body["throttling"] = throttling;
            }
            serde_json::from_value(body).unwrap()
        },
    )
}

/// A session at so many seconds after the start; now and then one that names a campaign, or none that is late.
pub fn session() -> impl Strategy<Value = Value> {
    let attributes = prop::collection::btree_map(prop::sample::select(vec!["a.x", "a.y", "a.z", "b.unused"]), value(), 0..5);
    (0..6u8, 0..400i64, attributes, prop::option::weighted(0.2, 0..6u8), prop::option::weighted(0.2, 0..4u8)).prop_map(
        |(contact, seconds, attributes, only, request)| {
            let at = jiff::Timestamp::from_second(1_700_000_000 + seconds).unwrap();
            let mut line = json!({
                "contactId": format!("ext:{contact}"), "channelId": "webchat:x", "sessionData": attributes,
                "evaluationContext": { "timestamp": at },
            });
            if let Some(only) = only {
                line["campaign"] = json!(format!("c{only}"));
            }
            if let Some(request) = request {
                line["evaluationContext"]["requestId"] = json!(format!("r{request}"));
            }
            line
        },
    )
}
