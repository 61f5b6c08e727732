//! One rule a file: what people should know of it, then one function.

pub(super) mod bad_allow;
pub(super) mod bad_id;
pub(super) mod bad_level;
pub(super) mod batch_on_chat;
pub(super) mod cap_over_limit;
pub(super) mod duplicate_filter;
pub(super) mod duplicate_key;
pub(super) mod duplicate_name;
pub(super) mod idle_overlay;
pub(super) mod list_operator;
pub(super) mod message_length;
pub(super) mod missing_routing;
pub(super) mod no_cooldown;
pub(super) mod no_overflow;
pub(super) mod operator_type;
pub(super) mod overflow_is_primary;
pub(super) mod redundant_filter;
pub(super) mod shadowed_campaign;
pub(super) mod suppression_collision;
pub(super) mod throttling_off;
pub(super) mod unnamespaced_attribute;
pub(super) mod unsatisfiable_filters;
pub(super) mod unused_allow;
pub(super) mod unused_variable;
pub(super) mod value_type;
