//! Any campaign the contract allows.

use campaignctl::model::{
    Action, ActionType, CampaignSpec, CampaignType, DataType, EvaluationMode, Filter, FilterValue, InviteConfig, Operator, RoutingConfig,
    Scalar, Throttling,
};
use proptest::collection::vec;
use proptest::option;
use proptest::prelude::*;

pub fn any_spec() -> impl Strategy<Value = CampaignSpec> {
    let mode = prop_oneof![Just(EvaluationMode::Realtime), Just(EvaluationMode::Batch)];
    (text(1..=256), text(0..=40), any::<bool>(), mode, vec(filter(), 1..5), vec(action(), 1..4), option::of(throttling())).prop_map(
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

/// Any characters, control characters and those beyond 16 bits included.
fn text(length: std::ops::RangeInclusive<usize>) -> impl Strategy<Value = String> {
    vec(any::<char>(), length).prop_map(String::from_iter)
}

fn filter() -> impl Strategy<Value = Filter> {
    let typed = (proptest::sample::select(Operator::ALL.to_vec()), proptest::sample::select(DataType::ALL.to_vec()))
        .prop_filter("an operator of the type", |(operator, data_type)| operator.applies_to(*data_type));
    ("[a-z][a-zA-Z0-9_]{0,8}(\\.[a-zA-Z0-9_]{1,8}){1,2}", typed).prop_flat_map(|(attribute_name, (operator, data_type))| {
        let value = if operator.takes_list() {
            vec(scalar(data_type), 0..4).prop_map(FilterValue::Many).boxed()
        } else {
            scalar(data_type).prop_map(FilterValue::One).boxed()
        };
        value.prop_map(move |value| Filter { attribute_name: attribute_name.clone(), operator, value, data_type })
    })
}

fn scalar(data_type: DataType) -> BoxedStrategy<Scalar> {
    let integer = || prop_oneof![any::<i64>().prop_map(|n| Scalar::Number(n.into())), any::<u64>().prop_map(|n| Scalar::Number(n.into()))];
    match data_type {
        DataType::Boolean => any::<bool>().prop_map(Scalar::Boolean).boxed(),
        DataType::String => text(0..=20).prop_map(Scalar::Text).boxed(),
        DataType::Integer => integer().boxed(),
        DataType::Float => {
            let finite = any::<f64>().prop_filter_map("a finite number", |n| serde_json::Number::from_f64(n).map(Scalar::Number));
            prop_oneof![finite, integer()].boxed()
        }
    }
}

fn action() -> impl Strategy<Value = Action> {
    (1u64.., option::of(config()), option::of(routing())).prop_map(|(priority, config, routing_config)| Action {
        action_type: ActionType::WebchatInvite,
        priority,
        config,
        routing_config,
    })
}

fn config() -> impl Strategy<Value = InviteConfig> {
    (option::of(text(1..=40)), option::of(1u64..), any::<bool>()).prop_map(|(invite_message, display_duration, auto_dismiss_on_scroll)| {
        InviteConfig { invite_message, display_duration, auto_dismiss_on_scroll }
    })
}

fn routing() -> impl Strategy<Value = RoutingConfig> {
    let id = || option::of(any::<u128>().prop_map(|id| uuid::Uuid::from_u128(id).to_string()));
    (id(), vec(text(0..=10), 0..3), option::of(text(0..=10)), option::of(0u64..=10), id()).prop_map(
        |(queue_id, skill_groups, wrap_up_code, priority_level, overflow_queue_id)| RoutingConfig {
            queue_id,
            skill_groups,
            wrap_up_code,
            priority_level,
            overflow_queue_id,
        },
    )
}

fn throttling() -> impl Strategy<Value = Throttling> {
    (option::of(any::<u64>()), option::of(any::<u64>()), option::of(1u64..)).prop_map(
        |(max_invites_per_contact, cooldown_seconds, max_invites_per_minute)| Throttling {
            max_invites_per_contact,
            cooldown_seconds,
            max_invites_per_minute,
        },
    )
}
