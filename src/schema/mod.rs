//! The JSON Schema of the files people write: generated from the model, committed for editors, and what `validate` checks
//! against. There is no second, hand-written set of shape checks.

mod check;
mod conditions;
mod overlay;
mod spelling;
mod tidy;
mod words;

use std::sync::OnceLock;

use schemars::{JsonSchema, generate::SchemaSettings, transform::RecursiveTransform};
use serde_json::{Value, json};

use crate::model::{CampaignDocument, CampaignSpec, ProjectSettings, TestDocument, TriggerRequest};

pub use check::{Meant, Violation, check_campaign, check_overlay, check_project, check_test};
pub use words::{field_path, list, shorten};

/// The schema of a campaign file (one document of it), JSON Schema 2020-12.
pub fn campaign() -> &'static Value {
    static SCHEMA: OnceLock<Value> = OnceLock::new();
    SCHEMA.get_or_init(|| {
        let mut schema = generate::<CampaignDocument>(
            "urn:campaignctl:schema:campaign",
            "One Predictive Engagement campaign: who is invited, what they see, where the conversation goes, and how often.",
        );
        conditions::add(&mut schema);
        schema
    })
}

/// The schema of an overlay: what is different for one campaign in one environment, JSON Schema 2020-12.
pub fn overlay() -> &'static Value {
    static SCHEMA: OnceLock<Value> = OnceLock::new();
    SCHEMA.get_or_init(|| overlay::of(campaign()))
}

/// The schema of the project file, `campaignctl.yaml`, JSON Schema 2020-12.
pub fn project() -> &'static Value {
    static SCHEMA: OnceLock<Value> = OnceLock::new();
    SCHEMA.get_or_init(|| {
        generate::<ProjectSettings>(
            "urn:campaignctl:schema:project",
            "The project file of campaignctl: where the campaigns are, and the targets they can be applied to.",
        )
    })
}

/// The schema of a file of test cases, `*.test.yaml`, JSON Schema 2020-12.
pub fn test() -> &'static Value {
    static SCHEMA: OnceLock<Value> = OnceLock::new();
    SCHEMA.get_or_init(|| {
        generate::<TestDocument>(
            "urn:campaignctl:schema:test",
            "Test cases for campaigns: sessions, what went before them, and what each campaign is to decide.",
        )
    })
}

/// The schema of a campaign's body as the API takes it: what is authored, without names and without the repo's own fields.
pub fn body() -> &'static Value {
    static SCHEMA: OnceLock<Value> = OnceLock::new();
    SCHEMA.get_or_init(|| generate::<CampaignSpec>("urn:campaignctl:schema:body", "The body of a campaign as the API takes it."))
}

/// The schema of a session as it is submitted for a decision.
pub fn trigger() -> &'static Value {
    static SCHEMA: OnceLock<Value> = OnceLock::new();
    SCHEMA.get_or_init(|| generate::<TriggerRequest>("urn:campaignctl:schema:trigger", "One contact session, submitted for a decision."))
}

/// The campaign schema exactly as it is committed in `schema/campaign.schema.json`.
pub fn campaign_text() -> String {
    text(campaign())
}

/// The overlay schema exactly as it is committed in `schema/overlay.schema.json`.
pub fn overlay_text() -> String {
    text(overlay())
}

/// The project schema exactly as it is committed in `schema/project.schema.json`.
pub fn project_text() -> String {
    text(project())
}

/// The test schema exactly as it is committed in `schema/test.schema.json`.
pub fn test_text() -> String {
    text(test())
}

/// Name of the committed schema of campaign files, in its folder.
pub const CAMPAIGN_FILE: &str = "campaign.schema.json";

/// The committed schema files: name under `schema/`, and content.
pub fn files() -> [(&'static str, String); 4] {
    [
        (CAMPAIGN_FILE, campaign_text()),
        ("overlay.schema.json", overlay_text()),
        ("project.schema.json", project_text()),
        ("test.schema.json", test_text()),
    ]
}

/// The schema of a document that the program writes: what is left out and what may be `null` is said as it is written, and
/// keys that come later are no error.
pub fn of_output<T: JsonSchema>(id: &str, description: &str) -> Value {
    let settings = SchemaSettings::draft2020_12().for_serialize().with_transform(RecursiveTransform(tidy::tidy_output));
    rooted::<T>(settings, id, description)
}

/// A schema as it is committed under `schema/`.
pub fn text(schema: &Value) -> String {
    format!("{schema:#}\n")
}

fn generate<T: JsonSchema>(id: &str, description: &str) -> Value {
    rooted::<T>(SchemaSettings::draft2020_12().for_deserialize().with_transform(RecursiveTransform(tidy::tidy)), id, description)
}

fn rooted<T: JsonSchema>(settings: SchemaSettings, id: &str, description: &str) -> Value {
    let mut schema = settings.into_generator().into_root_schema_for::<T>();
    schema.insert("$id".to_owned(), json!(id));
    schema.insert("description".to_owned(), json!(description));
    schema.to_value()
}
