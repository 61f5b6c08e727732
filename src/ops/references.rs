//! References: the queues, skill groups and wrap-up codes that campaigns name, and whether the organization has them.

use std::collections::{BTreeMap, BTreeSet};

use super::connect::connect;
use super::validate::Validated;
use super::{Failure, Scope};
use crate::diagnostic::{DocumentId, Finding, Part, SourceMap, nearest};
use crate::lint;
use crate::model::{CampaignDocument, NamedEntity, QueueIds, RoutingDocument, UnresolvedQueue};
use crate::schema::field_path;

/// Rule id of these findings.
const RULE: &str = "unknown-reference";

/// What can be referred to.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
enum Kind {
    QueueName,
    QueueId,
    SkillGroup,
    WrapUpCode,
}

impl Kind {
    fn noun(self) -> &'static str {
        match self {
            Self::QueueName | Self::QueueId => "queue",
            Self::SkillGroup => "skill group",
            Self::WrapUpCode => "wrap-up code",
        }
    }
}

/// One reference of a document.
struct Reference<'a> {
    kind: Kind,
    text: &'a str,
    /// JSON pointer to it.
    pointer: String,
}

/// Every reference of a document. `index` tells where an action stands in the file's own list.
fn references<'a>(document: &'a CampaignDocument, index: &dyn Fn(usize) -> usize) -> Vec<Reference<'a>> {
    let mut found = Vec::new();
    for (position, action) in document.actions.iter().enumerate() {
        let Some(routing) = &action.routing_config else { continue };
        let RoutingDocument { queue, queue_id, skill_groups, wrap_up_code, priority_level: _, overflow_queue, overflow_queue_id } = routing;
        let at = format!("/actions/{}/routingConfig", index(position));
        let single = [
            (Kind::QueueName, "queue", queue),
            (Kind::QueueId, "queueId", queue_id),
            (Kind::WrapUpCode, "wrapUpCode", wrap_up_code),
            (Kind::QueueName, "overflowQueue", overflow_queue),
            (Kind::QueueId, "overflowQueueId", overflow_queue_id),
        ];
        for (kind, field, text) in single {
            if let Some(text) = text {
                found.push(Reference { kind, text, pointer: format!("{at}/{field}") });
            }
        }
        let groups = skill_groups.iter().enumerate();
        found.extend(groups.map(|(nth, text)| Reference { kind: Kind::SkillGroup, text, pointer: format!("{at}/skillGroups/{nth}") }));
    }
    found
}

/// Adds a finding for every reference that the organization does not have. Each kind is listed once, and only where some
/// campaign refers to it.
///
/// # Errors
/// A server that cannot be reached, is another organization, or does not let these credentials look.
pub async fn check_online(scope: &Scope, validated: &mut Validated) -> Result<(), Failure> {
    let Validated { loaded, findings } = validated;
    let whole = loaded.campaigns.iter().map(|campaign| (campaign.source, references(&campaign.document, &|position| position)));
    let partial = loaded.partial.iter().map(|campaign| {
        let index = |position: usize| campaign.actions_at.get(position).copied().unwrap_or(position);
        (campaign.source, references(&campaign.document, &index))
    });
    let used: Vec<(DocumentId, Vec<Reference<'_>>)> = whole.chain(partial).collect();
    let kinds: BTreeSet<Kind> = used.iter().flat_map(|(_, references)| references).map(|reference| reference.kind).collect();

    let connection = connect(scope).await?;
    let known = known(&connection.reader, &kinds).await;
    let environment = &connection.destination.environment.clone();
    connection.close().await;
    let known = known?;
    for (document, references) in used {
        for reference in references {
            findings.extend(check(&reference, &known, document, &loaded.sources, environment));
        }
    }
    lint::sort(findings, &loaded.sources);
    Ok(())
}

/// What the organization has, of the kinds that are used: text that may be referred to, and the ids that carry it.
type Known = BTreeMap<Kind, QueueIds>;

async fn known(reader: &crate::remote::Reader, kinds: &BTreeSet<Kind>) -> Result<Known, Failure> {
    let by_name = |entities: &[NamedEntity]| QueueIds::new(entities.iter().map(|entity| (entity.name.clone(), entity.id.clone())));
    let mut known = Known::new();
    if kinds.contains(&Kind::QueueName) || kinds.contains(&Kind::QueueId) {
        let queues = reader.queues().await?;
        known.insert(Kind::QueueName, by_name(&queues));
        let ids = queues.iter().map(|queue| (queue.id.to_ascii_lowercase(), queue.id.clone()));
        known.insert(Kind::QueueId, QueueIds::new(ids));
    }
    if kinds.contains(&Kind::SkillGroup) {
        known.insert(Kind::SkillGroup, by_name(&reader.skill_groups().await?));
    }
    if kinds.contains(&Kind::WrapUpCode) {
        known.insert(Kind::WrapUpCode, by_name(&reader.wrap_up_codes().await?));
    }
    Ok(known)
}

fn check(reference: &Reference<'_>, known: &Known, document: DocumentId, sources: &SourceMap, environment: &str) -> Option<Finding> {
    let Reference { kind, text, pointer } = reference;
    let known = known.get(kind)?;
    if *kind == Kind::QueueId {
        // A text that is no id at all is the business of `bad-id`.
        let is_uuid = uuid::Uuid::try_parse(text).is_ok();
        if !is_uuid || !known.ids(&text.to_ascii_lowercase()).is_empty() {
            return None;
        }
        let field = field_path(pointer);
        let message = format!("`{field}`: environment `{environment}` has no queue with the id {text}");
        let help = "copy the id of a queue of this environment, or name the queue: its id differs between environments";
        return Some(
            Finding::error(RULE, sources.place(document, pointer, Part::Value), message).field(field).label("no such queue").help(help),
        );
    }
    // A skill group or wrap-up code is sent by its name, so several of one name are no problem; a queue is sent by its id.
    let candidates = known.ids(text);
    if candidates.len() == 1 || (*kind != Kind::QueueName && !candidates.is_empty()) {
        return None;
    }
    let unresolved = UnresolvedQueue { pointer: pointer.clone(), name: (*text).to_owned(), candidates: candidates.to_vec() };
    Some(unknown_name(*kind, &unresolved, known, document, sources, environment))
}

/// A queue name of a document that no queue, or more than one, carries.
pub(super) fn unknown_queue(
    unresolved: &UnresolvedQueue,
    queues: &QueueIds,
    document: DocumentId,
    sources: &SourceMap,
    environment: &str,
) -> Finding {
    unknown_name(Kind::QueueName, unresolved, queues, document, sources, environment)
}

fn unknown_name(
    kind: Kind,
    unresolved: &UnresolvedQueue,
    known: &QueueIds,
    document: DocumentId,
    sources: &SourceMap,
    environment: &str,
) -> Finding {
    let UnresolvedQueue { pointer, name, candidates } = unresolved;
    let (noun, field) = (kind.noun(), field_path(pointer));
    let place = sources.place(document, pointer, Part::Value);
    if candidates.is_empty() {
        let help = advice(noun, name, known);
        let message = format!("`{field}`: environment `{environment}` has no {noun} named `{name}`");
        Finding::error(RULE, place, message).field(field).label(format!("no such {noun}")).help(help)
    } else {
        let message = format!("`{field}`: {} {noun}s of environment `{environment}` are named `{name}`", candidates.len());
        let help = format!("write the id instead: one of {}", candidates.join(", "));
        Finding::error(RULE, place, message).field(field).label("ambiguous").help(help)
    }
}

/// What to write instead of a name that nothing carries.
fn advice(noun: &str, name: &str, known: &QueueIds) -> String {
    let alike: Vec<String> = known.names().filter(|known| letters(known) == letters(name)).map(|known| format!("`{known}`")).collect();
    match (alike.as_slice(), nearest(name, known.names())) {
        ([only], _) => format!("names are exact: write {only}, which differs only in capitals or blanks"),
        ([_, _, ..], _) => format!("names are exact: write one of {}, which differ only in capitals or blanks", alike.join(", ")),
        ([], Some(near)) => format!("did you mean `{near}`? Names are compared exactly"),
        ([], None) => format!("create the {noun} in Genesys Cloud, or use the name of one that exists"),
    }
}

/// A name without what the eye passes over: capitals and blanks.
fn letters(name: &str) -> String {
    name.chars().filter(|c| !c.is_whitespace()).flat_map(char::to_lowercase).collect()
}
