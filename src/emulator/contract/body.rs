//! A campaign body that was checked, and the campaign that is made of it.

use serde_json::{Map, Value, json};

/// The path of all campaigns.
pub(in crate::emulator) const CAMPAIGNS: &str = "/api/v2/analytics/predictiveengagement/campaigns";

/// Fields that the server sets; what a body says of them is not kept.
const SERVER_FIELDS: [&str; 6] = ["id", "version", "dateCreated", "dateModified", "modifiedBy", "selfUri"];

/// A checked body: the fields of a campaign that a client decides.
#[derive(Debug, Clone, PartialEq)]
pub(in crate::emulator) struct CampaignBody(Map<String, Value>);

/// The fields of a campaign that the server decides.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(in crate::emulator) struct ServerFields<'a> {
    /// UUID.
    pub id: uuid::Uuid,
    /// From 1, one more at each change.
    pub version: u64,
    /// RFC 3339, UTC.
    pub date_created: &'a str,
    /// RFC 3339, UTC.
    pub date_modified: &'a str,
    /// Client id of the last change.
    pub modified_by: &'a str,
}

impl CampaignBody {
    /// Takes the fields of a body, without those of the server and with the defaults of the contract filled in.
    pub(super) fn new(mut fields: Map<String, Value>) -> Self {
        for name in SERVER_FIELDS {
            fields.remove(name);
        }
        fields.entry("description").or_insert_with(|| "".into());
        fields.entry("enabled").or_insert_with(|| false.into());
        let actions = fields.get_mut("actions").and_then(Value::as_array_mut);
        for action in actions.into_iter().flatten() {
            if let Some(config) = action.get_mut("config").and_then(Value::as_object_mut) {
                config.entry("autoDismissOnScroll").or_insert_with(|| false.into());
            }
        }
        Self(fields)
    }

    /// Name of the campaign.
    pub fn name(&self) -> &str {
        self.0.get("name").and_then(Value::as_str).unwrap_or_default()
    }

    /// The campaign as it is stored and sent.
    pub fn campaign(&self, server: ServerFields<'_>) -> Vec<u8> {
        let ServerFields { id, version, date_created, date_modified, modified_by } = server;
        let set_by_server = json!({
            "id": id.to_string(),
            "version": version,
            "dateCreated": date_created,
            "dateModified": date_modified,
            "modifiedBy": modified_by,
            "selfUri": format!("{CAMPAIGNS}/{id}"),
        });
        let mut fields = self.0.clone();
        if let Value::Object(set_by_server) = set_by_server {
            fields.extend(set_by_server);
        }
        Value::Object(fields).to_string().into_bytes()
    }
}
