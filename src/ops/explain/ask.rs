//! The question put to every campaign of each world, after the history.

use jiff::Timestamp;

use crate::evaluate::{Explanation, NotAsked, check, explain};
use crate::model::{AskedCampaign, CampaignSpec, LineCounts, Session, SessionPlace, World};
use crate::replay::{Before, Contest, Earlier, Past, Picked, ReplayError, Source, remember};

/// One session that is to be explained.
#[derive(Debug, Clone, PartialEq)]
pub struct Question {
    /// The session.
    pub picked: Picked,
    /// When it is decided.
    pub at: Timestamp,
    /// Its line in the history, where it is one of it.
    pub place: Option<SessionPlace>,
    /// Whether the line is asked about as it stands there, at its own time.
    pub as_it_stands: bool,
}

/// What all campaigns answer.
#[derive(Debug, Clone, PartialEq)]
pub struct Answered {
    /// Whether the session names a campaign that nobody has.
    pub stranger: bool,
    /// When they answer: as the question says, or for a line without a time as a replay decides it.
    pub at: Timestamp,
    /// The earlier session of the same request.
    pub repeats: Option<Earlier>,
    /// Sessions of the history that some campaign matches.
    pub decided: u64,
    /// What was read of the history.
    pub lines: LineCounts,
    /// Of each world the answers: campaigns that are switched on in their order, then the others.
    pub worlds: Vec<(World, Vec<Answer>)>,
}

/// What one campaign answers.
#[derive(Debug, Clone, PartialEq)]
pub struct Answer {
    /// Its place in the contest.
    pub campaign: usize,
    /// Its answer.
    pub answer: Result<Explanation, NotAsked>,
}

/// Decides the history, then asks every campaign of these worlds. `progress` is told how many sessions were read.
///
/// # Errors
/// The history cannot be read.
pub fn ask(
    contest: &Contest<'_>,
    worlds: &[World],
    question: &Question,
    history: Vec<Source>,
    progress: &mut dyn FnMut(u64),
) -> Result<Answered, ReplayError> {
    let Question { picked, at, place, as_it_stands } = question;
    let named = contest.named(picked.campaign.as_deref(), picked.campaign_id.as_deref());
    let only = named.unwrap_or(None);
    let matches = named.is_ok() && matches(contest, &picked.session, only);
    let mut past = Past::default();
    if !history.is_empty() {
        let before = Before {
            contact: &picked.session.contact_id,
            request: picked.session.request_id.as_deref(),
            only,
            at: *at,
            place: *place,
            is_recorded: *as_it_stands && place.is_some() && matches,
        };
        past = remember(history, contest, &before, progress)?;
    }
    let Past { mut ledger, repeats, at: decided_at, decided, lines } = past;
    let at = decided_at.unwrap_or(*at);
    // Only a session that something matches is a request that counts.
    let repeats = repeats.filter(|_| matches);
    let skipped = |campaign: usize| match (named, only) {
        (Err(_), _) => Some(NotAsked::NamesAnother),
        (_, Some(only)) if only != campaign => Some(NotAsked::NamesAnother),
        _ => repeats.map(|_| NotAsked::Repeated),
    };
    let answers = |world: World| {
        let (asked, rest): (Vec<usize>, Vec<usize>) = places(contest, world).into_iter().partition(|place| skipped(*place).is_none());
        let names: Vec<String> = asked.iter().map(|place| contest.campaigns()[*place].who.called()).collect();
        let specs = asked.iter().zip(&names).filter_map(|(place, id)| Some(AskedCampaign { id, spec: spec(contest, *place, world)? }));
        let explained = explain(&specs.collect::<Vec<_>>(), &picked.session, ledger.of_mut(world), at);
        let answers = asked.iter().zip(explained).map(|(campaign, explanation)| Answer { campaign: *campaign, answer: Ok(explanation) });
        let rest = rest.iter().filter_map(|campaign| Some(Answer { campaign: *campaign, answer: Err(skipped(*campaign)?) }));
        (world, answers.chain(rest).collect())
    };
    let worlds = worlds.iter().copied().map(answers).collect();
    Ok(Answered { stranger: named.is_err(), at, repeats, decided, lines, worlds })
}

fn spec<'a>(contest: &Contest<'a>, place: usize, world: World) -> Option<&'a CampaignSpec> {
    *contest.campaigns()[place].spec.of(world)
}

/// The campaigns of a world: those that are switched on, in their order, then the others.
fn places(contest: &Contest<'_>, world: World) -> Vec<usize> {
    let mut places: Vec<usize> = contest.asked(world).collect();
    let off = (0..contest.campaigns().len()).filter(|place| spec(contest, *place, world).is_some_and(|spec| !spec.enabled));
    places.extend(off);
    places
}

/// Whether the filters of some campaign that may be asked hold, in either world.
fn matches(contest: &Contest<'_>, session: &Session, only: Option<usize>) -> bool {
    let holds =
        |spec: &CampaignSpec| spec.filters.iter().all(|filter| check(filter, session.attributes.get(&filter.attribute_name)).passed());
    [World::Live, World::Desired].into_iter().any(|world| {
        let mut asked = contest.asked(world).filter(|place| only.is_none_or(|only| only == *place));
        asked.any(|place| spec(contest, place, world).is_some_and(holds))
    })
}
