//! Campaigns as hostile as the contract allows: every text that some reader or writer of YAML, some terminal or some editor has
//! stumbled over, and every number JSON can hold.
#![allow(dead_code, clippy::unwrap_used, reason = "each test binary uses a part of it, and may stop where it fails")]

use campaignctl::model::{
    Action, ActionType, CampaignSpec, CampaignType, DataType, EvaluationMode, Filter, FilterValue, InviteConfig, Operator, RoutingConfig,
    Scalar, Throttling,
};
use proptest::collection::vec;
use proptest::option;
use proptest::prelude::*;
use serde_json::Number;

/// Texts and parts of texts that have broken some reader or writer of YAML.
pub const PARTS: [&str; 62] = [
    " ",
    "  ",
    "\t",
    "\n",
    "\n\n",
    "\r",
    "\r\n",
    "\0",
    "\u{1b}[31m",
    "\u{7f}",
    "\u{85}",
    "\u{2028}",
    "\u{2029}",
    "\u{feff}",
    "\u{202e}",
    "\u{200b}",
    "\u{a0}",
    "\u{3000}",
    "\u{fffe}",
    "\u{1f389}",
    "e\u{301}",
    "\u{10ffff}",
    "\"",
    "'",
    "\\",
    ": ",
    ":",
    " #",
    "#",
    "- ",
    "-",
    "? ",
    "${x}",
    "${",
    "$${",
    "$",
    "}",
    "{",
    "[",
    "]",
    ", ",
    "&a",
    "*a",
    "!!str ",
    "|",
    ">",
    "%YAML",
    "@",
    "`",
    "---",
    "...",
    "<<",
    "no",
    "null",
    "~",
    "true",
    "1e3",
    "0x1f",
    "2026-11-20",
    "12:30:45",
    "a",
    "Pricing page",
];

pub fn text() -> BoxedStrategy<String> {
    let part = || prop::sample::select(&PARTS[..]).prop_map(str::to_owned);
    prop_oneof![
        4 => vec(part(), 0..8).prop_map(|parts| parts.concat()),
        1 => part(),
        1 => any::<String>(),
        2 => "[A-Za-z,.?!' ]{0,60}",
        1 => long(),
    ]
    .boxed()
}

/// Texts that are broken into lines, or would be.
fn long() -> BoxedStrategy<String> {
    let word = prop_oneof![8 => "[a-z]{1,12}", 1 => Just(String::new()), 1 => prop::sample::select(&PARTS[..]).prop_map(str::to_owned)];
    (vec(word, 20..60), prop::sample::select(vec![" ", " ", " ", "\n", "  ", "\u{a0}"])).prop_map(|(words, gap)| words.join(gap)).boxed()
}

/// What the contract asks of a name.
fn name() -> impl Strategy<Value = String> {
    let cut = |text: String| text.chars().take(256).collect::<String>();
    prop_oneof![text().prop_map(cut), vec(any::<char>(), 256).prop_map(String::from_iter)]
        .prop_filter("1 character at least", |name| !name.is_empty())
}

fn number(data_type: DataType) -> BoxedStrategy<Scalar> {
    let whole = prop_oneof![
        any::<i64>().prop_map(Number::from),
        any::<u64>().prop_map(Number::from),
        prop::sample::select(vec![0_i64, 1, 45, -1, 9_007_199_254_740_993]).prop_map(Number::from),
    ];
    let whole = whole.prop_map(Scalar::Number);
    if data_type == DataType::Integer {
        return whole.boxed();
    }
    let known = prop::sample::select(vec![0.72, 45.0, 1e300, -0.0, 0.0, 1.0, 5e-324, f64::MAX, 1e16, 123_456_789.123]);
    let float = prop_oneof![known, any::<f64>().prop_filter("JSON has only finite numbers", |number| number.is_finite())];
    prop_oneof![whole, float.prop_map(|number| Scalar::Number(Number::from_f64(number).unwrap()))].boxed()
}

fn scalar(data_type: DataType) -> BoxedStrategy<Scalar> {
    match data_type {
        DataType::Boolean => any::<bool>().prop_map(Scalar::Boolean).boxed(),
        DataType::String => text().prop_map(Scalar::Text).boxed(),
        DataType::Integer | DataType::Float => number(data_type),
    }
}

fn filter() -> impl Strategy<Value = Filter> {
    let typed = (prop::sample::select(&Operator::ALL[..]), prop::sample::select(&DataType::ALL[..]))
        .prop_filter("an operator of the type", |(operator, data_type)| operator.applies_to(*data_type));
    ("[a-z][a-zA-Z0-9_]{0,8}(\\.[a-zA-Z0-9_]{1,8}){1,2}", typed).prop_flat_map(|(attribute_name, (operator, data_type))| {
        let value = if operator.takes_list() {
            vec(scalar(data_type), 0..6).prop_map(FilterValue::Many).boxed()
        } else {
            scalar(data_type).prop_map(FilterValue::One).boxed()
        };
        value.prop_map(move |value| Filter { attribute_name: attribute_name.clone(), operator, value, data_type })
    })
}

/// Ids of the queues that `tests/adopt.rs` knows, in both cases, and of none.
fn queue_id() -> impl Strategy<Value = Option<String>> {
    option::of(prop::sample::select(vec![
        "a1b2c3d4-e5f6-7890-abcd-ef1234567890",
        "A1B2C3D4-E5F6-7890-ABCD-EF1234567890",
        "b2c3d4e5-f6a7-8901-bcde-f12345678901",
        "c3d4e5f6-a7b8-9012-cdef-123456789012",
        "d4e5f6a7-b8c9-0123-def1-234567890123",
        "e5f6a7b8-c9d0-1234-ef12-345678901234",
        "00000000-0000-4000-8000-000000000000",
    ]))
    .prop_map(|id| id.map(str::to_owned))
}

fn action() -> impl Strategy<Value = Action> {
    let some_text = || text().prop_filter("1 character at least", |text| !text.is_empty());
    let config = (option::of(some_text()), option::of(1_u64..), any::<bool>()).prop_map(
        |(invite_message, display_duration, auto_dismiss_on_scroll)| InviteConfig {
            invite_message,
            display_duration,
            auto_dismiss_on_scroll,
        },
    );
    let routing = (queue_id(), vec(text(), 0..4), option::of(text()), option::of(0_u64..=10), queue_id()).prop_map(
        |(queue_id, skill_groups, wrap_up_code, priority_level, overflow_queue_id)| RoutingConfig {
            queue_id,
            skill_groups,
            wrap_up_code,
            priority_level,
            overflow_queue_id,
        },
    );
    (1_u64.., option::of(config), option::of(routing)).prop_map(|(priority, config, routing_config)| Action {
        action_type: ActionType::WebchatInvite,
        priority,
        config,
        routing_config,
    })
}

/// Any campaign the contract allows.
pub fn campaign() -> impl Strategy<Value = CampaignSpec> {
    let mode = prop::sample::select(vec![EvaluationMode::Realtime, EvaluationMode::Batch]);
    let count = || option::of(prop_oneof![Just(0_u64), Just(1), Just(500), any::<u64>()]);
    let throttling = (count(), count(), count()).prop_map(|(max_invites_per_contact, cooldown_seconds, max_invites_per_minute)| {
        Throttling { max_invites_per_contact, cooldown_seconds, max_invites_per_minute: max_invites_per_minute.filter(|most| *most > 0) }
    });
    (name(), text(), any::<bool>(), mode, vec(filter(), 1..5), vec(action(), 1..4), option::of(throttling)).prop_map(
        |(name, description, enabled, evaluation_mode, filters, actions, throttling)| CampaignSpec {
            name,
            description,
            enabled,
            campaign_type: CampaignType::Proactive,
            evaluation_mode,
            filters,
            actions,
            throttling,
        },
    )
}
