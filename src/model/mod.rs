//! The nouns: campaigns as authored, as sent and as live; environments; the three snapshots a plan is made of;
//! sessions and the decisions about them.

mod action;
mod address;
mod campaign;
mod decision;
mod desired;
mod destination;
mod document;
mod environment;
mod filter;
mod intent;
mod last_applied;
mod level;
mod lifecycle;
mod lint_warnings;
mod live;
mod moment;
mod queue_name;
mod redactor;
mod region;
mod replayed;
mod secret;
mod session;
mod state_location;
mod test_document;
mod throttling;

pub use action::{Action, ActionType, InviteConfig, RoutingConfig};
pub use address::{Address, CampaignKey, InvalidKey};
pub use campaign::{CampaignSpec, CampaignType, EvaluationMode};
pub use decision::{AskedCampaign, Decision, DecisionStatus, FilterFailure, FilterResult, Outcome, TriggerDecision};
pub use desired::{Desired, DesiredCampaign, Origin};
pub use destination::Destination;
pub use document::{ActionDocument, CampaignDocument, QueueIds, RoutingDocument, UnresolvedQueue};
pub use environment::{EnvironmentSettings, Guards, Limits, ProjectSettings, VariableValue};
pub use filter::{DataType, Filter, FilterValue, Operator, Scalar};
pub use intent::Intent;
pub use last_applied::{Created, LastApplied, Remembered};
pub use level::Level;
pub use lifecycle::{Hold, Lifecycle};
pub use lint_warnings::{LintWarning, LintWarnings};
pub use live::{CampaignId, Live, LiveCampaign, NamedEntity, Organization, UnmodelledField, UnreadableCampaign};
pub use moment::out_of_range;
pub use queue_name::{QueueName, QueueNames};
pub use redactor::Redactor;
pub use region::{REGIONS, Region, region};
pub use replayed::{
    AttributeUse, BadLine, BothWorlds, CampaignDecisions, Contender, Flip, FlipCause, FlipKind, LineCounts, Minute, Replayed,
    ReplayedCampaign, ReplayedQueue, SentTypes, SessionPlace, Share, Starved, Step, Timeline, TooLittle, Totals, Wanted, World,
};
pub use secret::Secret;
pub use session::{AttributeValue, EvaluationContext, JsonType, Session, TriggerRequest};
pub use state_location::{Provider, StateLocation, StateObject};
pub use test_document::{
    Attributes, CaseDefaults, CaseDocument, EarlierDocument, ExpectationDocument, FullExpectation, Keys, TestDocument,
};
pub use throttling::Throttling;
