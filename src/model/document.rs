//! A campaign as people write it: the API's fields, queues by name if they like, and how the repo manages it.

use std::collections::{BTreeMap, BTreeSet};

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use super::{
    Action, ActionType, CampaignSpec, CampaignType, EvaluationMode, Filter, InviteConfig, Lifecycle, QueueName, QueueNames, RoutingConfig,
    Throttling,
};

/// One Predictive Engagement campaign: who is invited, what they see, where the conversation goes, and how often.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "camelCase")]
#[schemars(deny_unknown_fields, title = "Campaign")]
pub struct CampaignDocument {
    /// Stable id of the campaign in this repo; the file name without its ending when left out. Needed in a file with
    /// several documents. Never sent.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    #[schemars(
        regex(pattern = r"^[A-Za-z0-9][A-Za-z0-9_-]{0,127}$"),
        example = &"pricing-churn",
        extend("patternErrorMessage" = "a key has letters, digits, `_` and `-`, starts with a letter or digit, and has at most 128 characters")
    )]
    pub key: Option<String>,
    /// The key this campaign had before, when it was renamed: the live campaign stays as it is. Never sent.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    #[schemars(
        regex(pattern = r"^[A-Za-z0-9][A-Za-z0-9_-]{0,127}$"),
        extend("patternErrorMessage" = "a key has letters, digits, `_` and `-`, starts with a letter or digit, and has at most 128 characters")
    )]
    pub previously: Option<String>,
    /// Display name, 1 to 256 characters. The platform does not keep names unique; this repo does.
    #[schemars(length(min = 1, max = 256), example = &"Pricing page, high churn risk")]
    pub name: String,
    /// Free text for people: why the campaign exists. Default: empty.
    #[serde(default)]
    pub description: String,
    /// Whether triggers of this campaign are decided at all. A disabled campaign invites nobody. Default: false.
    #[serde(default)]
    pub enabled: bool,
    /// Kind of campaign; `proactive` is the only one.
    pub campaign_type: CampaignType,
    /// When a trigger is decided. `batch` queues it for 30 to 120 seconds: the visitor of a web page is gone by then.
    pub evaluation_mode: EvaluationMode,
    /// Conditions on the session. All of them must hold; their order means nothing.
    #[schemars(length(min = 1))]
    pub filters: Vec<Filter>,
    /// What happens on a match; the lowest priority number goes first.
    #[schemars(length(min = 1))]
    pub actions: Vec<ActionDocument>,
    /// How often a contact may be invited. Without it every trigger invites again.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub throttling: Option<Throttling>,
    /// How this repo manages the campaign. Never sent.
    #[serde(default)]
    pub lifecycle: Lifecycle,
}

/// What happens when the campaign matches.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "camelCase")]
#[schemars(deny_unknown_fields, rename = "Action")]
pub struct ActionDocument {
    /// Kind of action; `webchat_invite` is the only one.
    #[serde(rename = "type")]
    pub action_type: ActionType,
    /// Order of the actions: 1 goes first.
    #[schemars(range(min = 1), example = 1)]
    pub priority: u64,
    /// What the visitor sees.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub config: Option<InviteConfig>,
    /// Where an accepted invite is routed. Without a queue and skill groups it lands in the channel's shared default queue.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub routing_config: Option<RoutingDocument>,
}

/// Where an accepted invite is routed: queues by name or by id.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "camelCase")]
#[schemars(
    deny_unknown_fields,
    rename = "RoutingConfig",
    extend("allOf" = [{ "not": { "required": ["queue", "queueId"] } }, { "not": { "required": ["overflowQueue", "overflowQueueId"] } }])
)]
pub struct RoutingDocument {
    /// Name of the queue that takes the conversation; looked up in the organization. Instead of `queueId`.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    #[schemars(length(min = 1), example = &"Web Support")]
    pub queue: Option<String>,
    /// Id (UUID) of the queue that takes the conversation. Instead of `queue`.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    #[schemars(example = &"a1b2c3d4-e5f6-7890-abcd-ef1234567890")]
    pub queue_id: Option<String>,
    /// Names of the skill groups whose agents may take it. A set: order means nothing.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    #[schemars(example = ["web_support_tier1"])]
    pub skill_groups: Vec<String>,
    /// Wrap-up code for conversations that started from this invite.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    #[schemars(example = &"proactive_invite_accepted")]
    pub wrap_up_code: Option<String>,
    /// Place in the queue, 0 to 10: higher goes first.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    #[schemars(range(max = 10), example = 5)]
    pub priority_level: Option<u64>,
    /// Name of the queue that takes over when the first one is full. Instead of `overflowQueueId`.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    #[schemars(length(min = 1), example = &"General")]
    pub overflow_queue: Option<String>,
    /// Id (UUID) of the queue that takes over when the first one is full. Instead of `overflowQueue`.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub overflow_queue_id: Option<String>,
}

/// Queue names of one organization and the ids that carry each name, for turning names into ids.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct QueueIds {
    ids_by_name: BTreeMap<String, Vec<String>>,
}

impl QueueIds {
    /// Indexes (name, id) pairs.
    pub fn new(queues: impl IntoIterator<Item = (String, String)>) -> Self {
        let mut ids_by_name: BTreeMap<String, Vec<String>> = BTreeMap::new();
        for (name, id) in queues {
            ids_by_name.entry(name).or_default().push(id);
        }
        Self { ids_by_name }
    }

    /// All names, sorted.
    pub fn names(&self) -> impl Iterator<Item = &str> {
        self.ids_by_name.keys().map(String::as_str)
    }

    /// The name that stands for this id: the queue's own, when no other queue carries it. Ids are compared whatever their case.
    pub fn name_of(&self, id: &str) -> Option<&str> {
        let mut names = self.ids_by_name.iter().filter(|(_, ids)| matches!(ids.as_slice(), [only] if only.eq_ignore_ascii_case(id)));
        match (names.next(), names.next()) {
            (Some((name, _)), None) => Some(name),
            _ => None,
        }
    }

    /// What the queues with these ids are called.
    pub fn names_of(&self, ids: &BTreeSet<String>) -> QueueNames {
        let mut by_id: BTreeMap<String, QueueName> = BTreeMap::new();
        for (name, with_name) in &self.ids_by_name {
            let known = match with_name.as_slice() {
                [_] => QueueName::Unique(name.clone()),
                several => QueueName::Shared { name: name.clone(), queues: several.len() },
            };
            by_id.extend(with_name.iter().map(|id| (id.to_ascii_lowercase(), known.clone())));
        }
        QueueNames::new(ids.iter().map(|id| (id.clone(), by_id.remove(&id.to_ascii_lowercase()).unwrap_or(QueueName::Missing))))
    }

    /// The ids that carry exactly this name.
    pub fn ids(&self, name: &str) -> &[String] {
        self.ids_by_name.get(name).map_or(&[], Vec::as_slice)
    }
}

/// A queue name that no queue, or more than one queue, carries.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct UnresolvedQueue {
    /// JSON pointer to the name in the document, e.g. `/actions/0/routingConfig/queue`.
    pub pointer: String,
    /// The name that was looked up.
    pub name: String,
    /// The ids that carry the name: none, or several.
    pub candidates: Vec<String>,
}

impl CampaignDocument {
    /// Whether any action names a queue, so that resolving needs the organization's queues.
    pub fn names_queues(&self) -> bool {
        let routing = self.actions.iter().filter_map(|action| action.routing_config.as_ref());
        routing.into_iter().any(|routing| routing.queue.is_some() || routing.overflow_queue.is_some())
    }

    /// The body to send: names replaced by ids, the repo's own fields left out.
    ///
    /// # Errors
    /// Every queue name that `queues` does not hold exactly once.
    pub fn resolve(&self, queues: &QueueIds) -> Result<CampaignSpec, Vec<UnresolvedQueue>> {
        let Self {
            key: _,
            previously: _,
            lifecycle: _,
            name,
            description,
            enabled,
            campaign_type,
            evaluation_mode,
            filters,
            actions,
            throttling,
        } = self;
        let mut unresolved = Vec::new();
        let actions = actions.iter().enumerate().map(|(index, action)| action.resolve(index, queues, &mut unresolved)).collect();
        if !unresolved.is_empty() {
            return Err(unresolved);
        }
        Ok(CampaignSpec {
            name: name.clone(),
            description: description.clone(),
            enabled: *enabled,
            campaign_type: *campaign_type,
            evaluation_mode: *evaluation_mode,
            filters: filters.clone(),
            actions,
            throttling: throttling.clone(),
        })
    }
}

impl ActionDocument {
    fn resolve(&self, index: usize, queues: &QueueIds, unresolved: &mut Vec<UnresolvedQueue>) -> Action {
        let Self { action_type, priority, config, routing_config } = self;
        let routing_config = routing_config.as_ref().map(|routing| {
            let RoutingDocument { queue, queue_id, skill_groups, wrap_up_code, priority_level, overflow_queue, overflow_queue_id } =
                routing;
            let mut id_of = |field: &str, name: &Option<String>, id: &Option<String>| {
                let Some(name) = name else { return id.clone() };
                match queues.ids(name) {
                    [only] => Some(only.clone()),
                    candidates => {
                        let pointer = format!("/actions/{index}/routingConfig/{field}");
                        unresolved.push(UnresolvedQueue { pointer, name: name.clone(), candidates: candidates.to_vec() });
                        None
                    }
                }
            };
            RoutingConfig {
                queue_id: id_of("queue", queue, queue_id),
                skill_groups: skill_groups.clone(),
                wrap_up_code: wrap_up_code.clone(),
                priority_level: *priority_level,
                overflow_queue_id: id_of("overflowQueue", overflow_queue, overflow_queue_id),
            }
        });
        Action { action_type: *action_type, priority: *priority, config: config.clone(), routing_config }
    }
}
