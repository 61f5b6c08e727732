//! The fields of a live campaign as they are written in a file: defaults left out, queues by name, variables put back.

use serde_json::{Map, Value, json};

use super::Variables;
use super::variables::literal;
use crate::model::{Action, CampaignSpec, Filter, FilterValue, InviteConfig, QueueIds, RoutingConfig, Scalar, Throttling};

/// What the state remembers of the lifecycle of a campaign whose file is gone.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub struct Flags {
    /// `lifecycle.preventDestroy`.
    pub prevent_destroy: bool,
    /// `lifecycle.keep`.
    pub keep: bool,
}

/// The document that declares this live campaign.
pub fn document(spec: &CampaignSpec, flags: Flags, queues: &QueueIds, variables: &Variables) -> Value {
    let CampaignSpec { name, description, enabled, campaign_type, evaluation_mode, filters, actions, throttling } = spec;
    // A campaign is known by its name, in every environment.
    let mut fields = Fields::default();
    fields.put("name", literal(name));
    fields.put_if(!description.is_empty(), "description", || variables.text(description));
    fields.put_if(*enabled, "enabled", || Value::Bool(true));
    fields.put("campaignType", campaign_type.as_str());
    fields.put("evaluationMode", evaluation_mode.as_str());
    fields.put("filters", filters.iter().map(|filter| written_filter(filter, variables)).collect::<Vec<_>>());
    fields.put("actions", actions.iter().map(|action| written_action(action, queues, variables)).collect::<Vec<_>>());
    fields.put_block("throttling", throttling.as_ref().map(|throttling| written_throttling(throttling, variables)));
    fields.put_block("lifecycle", Some(written_flags(flags)));
    fields.into_value()
}

/// The fields of a mapping. Their order is that of `fmt`, whatever order they come in.
#[derive(Default)]
struct Fields(Map<String, Value>);

impl Fields {
    fn put(&mut self, name: &str, value: impl Into<Value>) {
        self.0.insert(name.to_owned(), value.into());
    }

    fn put_if(&mut self, is_there: bool, name: &str, value: impl FnOnce() -> Value) {
        if is_there {
            self.put(name, value());
        }
    }

    fn put_some<T>(&mut self, name: &str, value: Option<T>, written: impl FnOnce(T) -> Value) {
        if let Some(value) = value {
            self.put(name, written(value));
        }
    }

    /// An empty block means the same as none.
    fn put_block(&mut self, name: &str, block: Option<Self>) {
        if let Some(block) = block.filter(|block| !block.0.is_empty()) {
            self.put(name, block.into_value());
        }
    }

    fn into_value(self) -> Value {
        Value::Object(self.0)
    }
}

fn written_filter(filter: &Filter, variables: &Variables) -> Value {
    let Filter { attribute_name, operator, value, data_type } = filter;
    let scalar = |scalar: &Scalar| match scalar {
        Scalar::Boolean(value) => Value::Bool(*value),
        Scalar::Number(number) => variables.number(number),
        Scalar::Text(text) => variables.text(text),
    };
    let value = match value {
        FilterValue::One(one) => scalar(one),
        FilterValue::Many(many) => many.iter().map(scalar).collect(),
    };
    json!({ "attributeName": literal(attribute_name), "operator": operator.as_str(), "value": value, "dataType": data_type.as_str() })
}

fn written_action(action: &Action, queues: &QueueIds, variables: &Variables) -> Value {
    let Action { action_type, priority, config, routing_config } = action;
    let mut fields = Fields::default();
    fields.put("type", action_type.as_str());
    fields.put("priority", *priority);
    fields.put_block("config", config.as_ref().map(|config| written_config(config, variables)));
    fields.put_block("routingConfig", routing_config.as_ref().map(|routing| written_routing(routing, queues, variables)));
    fields.into_value()
}

fn written_config(config: &InviteConfig, variables: &Variables) -> Fields {
    let InviteConfig { invite_message, display_duration, auto_dismiss_on_scroll } = config;
    let mut fields = Fields::default();
    fields.put_some("inviteMessage", invite_message.as_ref(), |message| variables.text(message));
    fields.put_some("displayDuration", *display_duration, Value::from);
    fields.put_if(*auto_dismiss_on_scroll, "autoDismissOnScroll", || Value::Bool(true));
    fields
}

fn written_routing(routing: &RoutingConfig, queues: &QueueIds, variables: &Variables) -> Fields {
    let RoutingConfig { queue_id, skill_groups, wrap_up_code, priority_level, overflow_queue_id } = routing;
    let mut fields = Fields::default();
    let mut put_queue = |id: &Option<String>, by_name: &str, by_id: &str| {
        let Some(id) = id else { return };
        let name = queues.name_of(id).filter(|name| !name.is_empty());
        // A variable is what the team calls the queue, in whatever way it does.
        match (name.and_then(|name| variables.whole(name)), variables.whole(id), name) {
            (Some(variable), ..) => fields.put(by_name, variable),
            (None, Some(variable), _) => fields.put(by_id, variable),
            (None, None, Some(name)) => fields.put(by_name, literal(name)),
            (None, None, None) => fields.put(by_id, literal(id)),
        }
    };
    put_queue(queue_id, "queue", "queueId");
    put_queue(overflow_queue_id, "overflowQueue", "overflowQueueId");
    fields.put_if(!skill_groups.is_empty(), "skillGroups", || skill_groups.iter().map(|group| variables.text(group)).collect());
    fields.put_some("wrapUpCode", wrap_up_code.as_ref(), |code| variables.text(code));
    fields.put_some("priorityLevel", *priority_level, Value::from);
    fields
}

fn written_throttling(throttling: &Throttling, variables: &Variables) -> Fields {
    let Throttling { max_invites_per_contact, cooldown_seconds, max_invites_per_minute } = throttling;
    let mut fields = Fields::default();
    fields.put_some("maxInvitesPerContact", *max_invites_per_contact, |count| variables.number(&count.into()));
    fields.put_some("cooldownSeconds", *cooldown_seconds, |count| variables.number(&count.into()));
    fields.put_some("maxInvitesPerMinute", *max_invites_per_minute, |count| variables.number(&count.into()));
    fields
}

fn written_flags(flags: Flags) -> Fields {
    let Flags { prevent_destroy, keep } = flags;
    let mut fields = Fields::default();
    fields.put_if(prevent_destroy, "preventDestroy", || Value::Bool(true));
    fields.put_if(keep, "keep", || Value::Bool(true));
    fields
}
