//! A case for a limit that no case looks at, ready to be pasted.

use std::collections::BTreeMap;

use jiff::{SignedDuration, Timestamp};

use super::boundary::{Boundary, Edge, Side};
use super::case::{Case, Earlier, Event};
use super::world::{Answer, Decided, World};
use crate::evaluate::ContactLimit;
use crate::model::{Attributes, CampaignKey, CampaignSpec, DecisionStatus, Session};

/// Most invites that one line of a history may stand for.
const MOST_TIMES: u64 = 100_000;

/// A case as it could be written: what the campaign decides today is what it expects.
#[derive(Debug, Clone, PartialEq)]
pub struct SuggestedCase {
    /// What it shows.
    pub name: String,
    /// The campaign that it speaks of.
    pub campaign: CampaignKey,
    /// Whether the session is for that campaign alone: another one would come in between.
    pub alone: bool,
    /// Attributes of the session.
    pub session: Attributes,
    /// An invite of the campaign before it.
    pub history: Option<SuggestedHistory>,
    /// What the campaign decides.
    pub status: DecisionStatus,
}

/// An earlier invite of a suggested case.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct SuggestedHistory {
    /// How many seconds before.
    pub seconds: u64,
    /// How often.
    pub times: u64,
    /// Another contact than that of the case.
    pub contact: Option<&'static str>,
}

/// A case for a boundary, with the contact and the time of a case that says neither; `None` where it would need more earlier
/// invites than a history may have, or where another limit of the campaign comes in between.
pub fn suggest(world: &World<'_>, boundary: &Boundary<'_>) -> Option<SuggestedCase> {
    let history = history(boundary.campaign.spec, &boundary.edge)?;
    let decide = |alone: bool| {
        let case = case(boundary, history.as_ref(), alone);
        let decided = world.run(&case).into_iter().find(|Decided { campaign, .. }| campaign.key == boundary.campaign.key);
        decided.and_then(|decided| decided.answer).map(|answer| Answer::status(&answer))
    };
    let wanted = |status: DecisionStatus| match boundary.edge {
        Edge::Filter { .. } => !matches!(status, DecisionStatus::Suppressed | DecisionStatus::Throttled),
        Edge::CooldownRuns => status == DecisionStatus::Suppressed,
        Edge::CooldownEnds | Edge::LastAllowed | Edge::LastOfMinute => status == DecisionStatus::Invited,
        Edge::MinuteFull => status == DecisionStatus::Throttled,
    };
    let together = decide(false).filter(|status| wanted(*status));
    let alone = together.is_none();
    Some(SuggestedCase {
        name: name(boundary),
        campaign: boundary.campaign.key.clone(),
        alone,
        session: boundary.session.clone(),
        status: together.or_else(|| decide(true).filter(|status| wanted(*status)))?,
        history,
    })
}

/// What must have happened before; `None` where that cannot be written.
fn history(spec: &CampaignSpec, edge: &Edge) -> Option<Option<SuggestedHistory>> {
    let limit = ContactLimit::of(spec);
    let max = limit.map_or(1, |limit| limit.max_invites);
    let cooldown = limit.and_then(|limit| u64::try_from(limit.cooldown.as_secs()).ok()).unwrap_or(0);
    let cap = spec.throttling.as_ref().and_then(|throttling| throttling.max_invites_per_minute).unwrap_or(1);
    let earlier = |seconds, times| SuggestedHistory { seconds, times, contact: None };
    let of_minute = |times| SuggestedHistory { seconds: 0, times, contact: Some("ext:others") };
    let history = match edge {
        Edge::Filter { .. } => return Some(None),
        Edge::CooldownRuns => earlier(cooldown.saturating_sub(1), max),
        Edge::CooldownEnds => earlier(cooldown, max),
        Edge::LastAllowed => earlier(cooldown.saturating_sub(1), max.saturating_sub(1)),
        Edge::LastOfMinute => of_minute(cap.saturating_sub(1)),
        Edge::MinuteFull => of_minute(cap),
    };
    (history.times <= MOST_TIMES).then_some(Some(history).filter(|history| history.times > 0))
}

fn case(boundary: &Boundary<'_>, history: Option<&SuggestedHistory>, alone: bool) -> Case {
    let (contact, at) = (Case::VISITOR, Case::NOON);
    let key = boundary.campaign.key;
    let earlier = |SuggestedHistory { seconds, times, contact: other }: &SuggestedHistory| Earlier {
        at: at.saturating_sub(SignedDuration::from_secs(i64::try_from(*seconds).unwrap_or(i64::MAX))).unwrap_or(Timestamp::MIN),
        times: *times,
        event: Event::Invited { campaign: key.clone(), contact: other.unwrap_or(contact).to_owned() },
    };
    let session = Session {
        contact_id: contact.to_owned(),
        channel_id: String::new(),
        attributes: boundary.session.clone(),
        timestamp: None,
        request_id: None,
        correlation_id: None,
    };
    Case {
        group: String::new(),
        name: String::new(),
        file: String::new(),
        line: 0,
        session,
        at,
        asked: alone.then(|| key.clone()),
        history: history.map(earlier).into_iter().collect(),
        expected: BTreeMap::new(),
        only: None,
    }
}

/// A name for the case, without words that only make sense here.
fn name(boundary: &Boundary<'_>) -> String {
    match &boundary.edge {
        Edge::Filter { index, side } => {
            let filter = &boundary.campaign.spec.filters[*index];
            let attribute = &filter.attribute_name;
            match side {
                Side::Number { limit, value } if limit == value => format!("{attribute} at exactly {limit}"),
                Side::Number { limit, value } => format!("{attribute} is {value} next to {limit}"),
                Side::Matches => format!("{attribute} {} holds", filter.operator),
                Side::Misses => format!("{attribute} {} does not hold", filter.operator),
                Side::Missing => format!("without {attribute}"),
                Side::OtherType => format!("{attribute} is no {}", filter.data_type.as_str()),
            }
        }
        Edge::CooldownRuns => "the cooldown has one more second to run".to_owned(),
        Edge::CooldownEnds => "the cooldown has just ended".to_owned(),
        Edge::LastAllowed => "the last invite of the contact within the cooldown".to_owned(),
        Edge::LastOfMinute => "the last invite of the minute".to_owned(),
        Edge::MinuteFull => "the invites of the minute are made".to_owned(),
    }
}
