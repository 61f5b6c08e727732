//! Campaign bodies for tests: one plain one, and generated ones of every shape the contract allows.
#![allow(dead_code, clippy::unwrap_used, reason = "each test binary uses a part of it, and may stop where it fails")]

use campaignctl::model::{
    Action, ActionType, CampaignSpec, CampaignType, DataType, EvaluationMode, Filter, FilterValue, InviteConfig, Operator, RoutingConfig,
    Scalar, Throttling,
};
use proptest::prelude::*;

/// A plain campaign of this name.
pub fn spec(name: &str) -> CampaignSpec {
    serde_json::from_value(serde_json::json!({
        "name": name,
        "description": "for tests",
        "enabled": true,
        "campaignType": "proactive",
        "evaluationMode": "realtime",
        "filters": [
            { "attributeName": "session.dwell_time_seconds", "operator": "greater_than", "value": 45, "dataType": "integer" },
            { "attributeName": "contact.is_authenticated", "operator": "equals", "value": true, "dataType": "boolean" }
        ],
        "actions": [{
            "type": "webchat_invite",
            "priority": 1,
            "config": { "inviteMessage": "Hello", "displayDuration": 300 },
            "routingConfig": { "queueId": "a1b2c3d4-e5f6-7890-abcd-ef1234567890", "skillGroups": ["web_support_tier1"] }
        }],
        "throttling": { "maxInvitesPerContact": 1, "cooldownSeconds": 86400, "maxInvitesPerMinute": 500 }
    }))
    .unwrap()
}

fn scalar(data_type: DataType) -> BoxedStrategy<Scalar> {
    match data_type {
        DataType::Boolean => any::<bool>().prop_map(Scalar::Boolean).boxed(),
        DataType::String => "[a-c\"\\\\\u{e4}\n]{0,3}".prop_map(Scalar::Text).boxed(),
        DataType::Integer => (-3i64..3).prop_map(|number| Scalar::Number(number.into())).boxed(),
        DataType::Float => prop_oneof![
            (-3i64..3).prop_map(|number| Scalar::Number(number.into())),
            (-2.0..2.0f64).prop_map(|number| Scalar::Number(serde_json::Number::from_f64(number).unwrap())),
        ]
        .boxed(),
    }
}

fn filter() -> impl Strategy<Value = Filter> {
    (0..3usize, prop::sample::select(&DataType::ALL[..]), prop::sample::select(&Operator::ALL[..])).prop_flat_map(
        |(name, data_type, operator)| {
            let operator = if operator.applies_to(data_type) { operator } else { Operator::Equals };
            let value = if operator.takes_list() {
                prop::collection::vec(scalar(data_type), 1..4).prop_map(FilterValue::Many).boxed()
            } else {
                scalar(data_type).prop_map(FilterValue::One).boxed()
            };
            let attribute_name = ["session.a", "external.b", "contact.c"][name].to_owned();
            value.prop_map(move |value| Filter { attribute_name: attribute_name.clone(), operator, value, data_type })
        },
    )
}

fn action() -> impl Strategy<Value = Action> {
    let config = (prop::option::of("[a-z ]{1,8}"), prop::option::of(1..9u64), any::<bool>()).prop_map(
        |(invite_message, display_duration, auto_dismiss_on_scroll)| InviteConfig {
            invite_message,
            display_duration,
            auto_dismiss_on_scroll,
        },
    );
    let routing = (
        prop::option::of(Just("a1b2c3d4-e5f6-7890-abcd-ef1234567890".to_owned())),
        prop::collection::vec("[ab]{1,2}", 0..3),
        prop::option::of("[a-z]{1,4}"),
        prop::option::of(0..=10u64),
    )
        .prop_map(|(queue_id, skill_groups, wrap_up_code, priority_level)| RoutingConfig {
            queue_id,
            skill_groups,
            wrap_up_code,
            priority_level,
            overflow_queue_id: None,
        });
    (1..3u64, prop::option::of(config), prop::option::of(routing)).prop_map(|(priority, config, routing_config)| Action {
        action_type: ActionType::WebchatInvite,
        priority,
        config,
        routing_config,
    })
}

fn throttling() -> impl Strategy<Value = Throttling> {
    (prop::option::of(0..3u64), prop::option::of(0..3u64), prop::option::of(1..3u64)).prop_map(
        |(max_invites_per_contact, cooldown_seconds, max_invites_per_minute)| Throttling {
            max_invites_per_contact,
            cooldown_seconds,
            max_invites_per_minute,
        },
    )
}

/// Any campaign the contract allows.
pub fn campaign() -> impl Strategy<Value = CampaignSpec> {
    (
        "[xyz]",
        "[ab\n]{0,3}",
        any::<bool>(),
        prop::sample::select(&[EvaluationMode::Realtime, EvaluationMode::Batch][..]),
        prop::collection::vec(filter(), 1..4),
        prop::collection::vec(action(), 1..3),
        prop::option::of(throttling()),
    )
        .prop_map(|(name, description, enabled, evaluation_mode, filters, actions, throttling)| CampaignSpec {
            name,
            description,
            enabled,
            campaign_type: CampaignType::Proactive,
            evaluation_mode,
            filters,
            actions,
            throttling,
        })
}

/// The same campaign written differently: lists in another order, `1` as `1.0` where the type is float, empty blocks.
pub fn respelled(spec: CampaignSpec) -> impl Strategy<Value = CampaignSpec> {
    let filters = Just(spec.filters.clone()).prop_shuffle();
    let actions = Just(spec.actions.clone()).prop_shuffle();
    (filters, actions, any::<bool>()).prop_map(move |(filters, actions, empty_blocks)| {
        let mut spec = CampaignSpec { filters, actions, ..spec.clone() };
        for filter in spec.filters.iter_mut().filter(|filter| filter.data_type == DataType::Float) {
            let respell = |scalar: &mut Scalar| {
                if let Scalar::Number(number) = scalar {
                    *number = serde_json::Number::from_f64(number.as_f64().unwrap()).unwrap();
                }
            };
            match &mut filter.value {
                FilterValue::One(scalar) => respell(scalar),
                FilterValue::Many(scalars) => {
                    scalars.iter_mut().for_each(respell);
                    scalars.reverse();
                }
            }
        }
        for action in &mut spec.actions {
            if let Some(routing) = &mut action.routing_config {
                routing.skill_groups.reverse();
                routing.queue_id = routing.queue_id.take().map(|id| id.to_uppercase());
            } else if empty_blocks {
                action.routing_config = Some(RoutingConfig::default());
            }
            if action.config.is_none() && empty_blocks {
                action.config = Some(InviteConfig::default());
            }
        }
        if spec.throttling.is_none() && empty_blocks {
            spec.throttling = Some(Throttling::default());
        }
        spec
    })
}
