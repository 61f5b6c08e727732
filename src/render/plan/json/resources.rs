//! Campaigns with their values: as they will be, as they are live, as the files declare them.

use std::collections::BTreeMap;

use serde_json::Value;

use super::shape::{
    Configuration, ConfigurationModule, ConfigurationResource, Expression, Module, Object, PROVIDER, PROVIDER_KEY, ProviderConfig,
    Resource, STATE_VERSION, State, TERRAFORM_VERSION, TYPE, Values,
};
use crate::model::{CampaignId, CampaignKey};
use crate::reconcile::{Action, Change, LiveSide, Plan, Unchanged};

/// A live campaign as values: its body, its id and its version.
pub(super) fn of_live(live: &LiveSide) -> Object {
    let LiveSide { id, version, spec: _, unmodelled: _, modified_by: _, date_modified: _ } = live;
    values(live.body(), Some(id), Some(*version))
}

/// A body as values, with what the server says of it.
pub(super) fn values(body: Value, id: Option<&CampaignId>, version: Option<u64>) -> Object {
    let mut values = match body {
        Value::Object(values) => values,
        _ => Object::new(),
    };
    if let Some(id) = id {
        values.insert("id".to_owned(), Value::from(id.0.as_str()));
    }
    match version {
        Some(version) => values.insert("version".to_owned(), Value::from(version)),
        // The one an update is sent with is not the one it will have.
        None => values.remove("version"),
    };
    values
}

/// The campaign of a change as it will be; nothing when it will not be, or not be managed.
pub(super) fn after(change: &Change) -> Option<Object> {
    let live = change.live.as_ref();
    match change.action {
        Action::Create | Action::Update => Some(values(change.body.clone().unwrap_or_default(), live.map(|live| &live.id), None)),
        Action::Record => live.map(of_live),
        Action::Delete | Action::Forget => None,
    }
}

fn resource(key: &CampaignKey, values: Object) -> Resource {
    Resource {
        address: key.address().to_string(),
        mode: "managed",
        kind: TYPE,
        name: key.to_string(),
        provider_name: PROVIDER,
        schema_version: 0,
        values,
        sensitive_values: Object::new(),
    }
}

fn all(mut resources: Vec<Resource>) -> Values {
    resources.sort_by(|a, b| a.address.cmp(&b.address));
    Values { root_module: Module { resources } }
}

/// Every campaign as it will be after the apply.
pub(super) fn planned(plan: &Plan) -> Values {
    let changed = plan.changes.iter().filter_map(|change| after(change).map(|values| resource(&change.key, values)));
    let unchanged = plan.unchanged.iter().map(|unchanged| resource(&unchanged.key, of_live(&unchanged.live)));
    all(changed.chain(unchanged).collect())
}

/// Every managed campaign as it is live.
pub(super) fn prior(plan: &Plan) -> State {
    let changed = plan.changes.iter().filter_map(|change| change.live.as_ref().map(|live| resource(&change.key, of_live(live))));
    let unchanged = plan.unchanged.iter().map(|unchanged| resource(&unchanged.key, of_live(&unchanged.live)));
    let values = all(changed.chain(unchanged).collect());
    State { format_version: STATE_VERSION, terraform_version: TERRAFORM_VERSION, values }
}

/// Every declared campaign as it would be sent. Fields held at their live value have that value here too.
pub(super) fn configuration(plan: &Plan) -> Configuration {
    let changed = plan.changes.iter().filter_map(|change| {
        let desired = change.desired.as_ref()?;
        Some(declared(&change.key, serde_json::to_value(desired).unwrap_or_default()))
    });
    let unchanged = plan.unchanged.iter().map(|Unchanged { key, origin: _, live, last_applied: _, held: _ }| {
        // Live and declared mean the same.
        declared(key, serde_json::to_value(&live.spec).unwrap_or_default())
    });
    let mut resources: Vec<ConfigurationResource> = changed.chain(unchanged).collect();
    resources.sort_by(|a, b| a.address.cmp(&b.address));
    Configuration {
        provider_config: BTreeMap::from([(PROVIDER_KEY, ProviderConfig { name: PROVIDER_KEY, full_name: PROVIDER })]),
        root_module: ConfigurationModule { resources },
    }
}

fn declared(key: &CampaignKey, body: Value) -> ConfigurationResource {
    let fields = values(body, None, None);
    ConfigurationResource {
        address: key.address().to_string(),
        mode: "managed",
        kind: TYPE,
        name: key.to_string(),
        provider_config_key: PROVIDER_KEY,
        expressions: fields.into_iter().map(|(field, value)| (field, Expression { constant_value: value })).collect(),
        schema_version: 0,
    }
}
