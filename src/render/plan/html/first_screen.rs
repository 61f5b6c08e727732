//! The first screen of the page: where, until when, what visitors notice, what is dangerous, who else touched it, what it
//! costs, and why it is refused.

use std::collections::BTreeMap;

use super::super::goal::{Way, way_back};
use super::super::refusal::{Refused, refused};
use super::super::summary::{counts, dangerous, effects, moved_live, warnings};
use super::super::{Report, Saved};
use super::change::{News, action_id, name, news};
use super::prose::{Moment, Span, advice, count, sentence};
use crate::model::{Destination, LintWarning};
use crate::reconcile::{Action, Cause, DangerKind, Effect, Plan};
use crate::render::escape::inline;

/// Lines of the first screen for one kind of news; what is beyond is counted, and stands below in full.
const MOST_ON_TOP: usize = 20;

/// So many dangerous changes are told with all that is dangerous about them; of more, only the worst is told on top.
const TOLD_IN_FULL: usize = 5;

/// What the first screen says.
pub(super) struct FirstScreen {
    pub(super) environment: String,
    pub(super) organization: String,
    pub(super) organization_id: String,
    pub(super) server: String,
    pub(super) created: Moment,
    pub(super) saved: Option<SavedPlan>,
    /// What the plan leads back to.
    pub(super) back: Option<Back>,
    /// `1 to add, 2 to change, 0 to destroy.`
    pub(super) counts: String,
    pub(super) cards: Vec<Card>,
    pub(super) refusals: Vec<Refusal>,
    pub(super) dangers: Vec<Dangerous>,
    pub(super) dangerous: usize,
    pub(super) live: Vec<News>,
    pub(super) live_verdict: Option<String>,
    pub(super) moved_live: usize,
    pub(super) changes: usize,
    pub(super) requests: String,
    /// `3 in the campaign files, 2 about campaigns of this plan`
    pub(super) warnings: Option<String>,
    pub(super) warned: Vec<Warned>,
}

/// What a rule warns of in the file of a changed campaign.
pub(super) struct Warned {
    pub(super) key: String,
    pub(super) message: Vec<Span>,
    pub(super) rule: String,
    pub(super) place: String,
}

/// A plan that lies in a file.
pub(super) struct SavedPlan {
    pub(super) file: String,
    pub(super) expires: Moment,
    pub(super) expired: bool,
    /// Whether a limit stands in its way.
    pub(super) refused: bool,
}

/// A way back.
pub(super) struct Back {
    pub(super) title: String,
    pub(super) meaning: &'static str,
    pub(super) settled: Option<String>,
    pub(super) nothing: &'static str,
}

/// How many campaigns have one effect on visitors.
pub(super) struct Card {
    pub(super) effect: &'static str,
    pub(super) count: usize,
    pub(super) words: String,
}

/// Why the plan is refused.
pub(super) struct Refusal {
    pub(super) message: Vec<Span>,
    pub(super) hint: Vec<Span>,
}

/// A dangerous change in short.
pub(super) struct Dangerous {
    pub(super) key: String,
    pub(super) name: Option<String>,
    pub(super) sentences: Vec<Vec<Span>>,
    /// How many sentences more stand at the change itself.
    pub(super) more: usize,
}

/// One choice of the filter.
pub(super) struct Choice {
    pub(super) value: String,
    pub(super) label: String,
    pub(super) count: usize,
}

/// Choices of the filter that belong together.
pub(super) struct Choices {
    pub(super) label: &'static str,
    pub(super) choices: Vec<Choice>,
}

/// Puts the first screen together.
pub(super) fn first_screen(report: &Report<'_>) -> FirstScreen {
    let Report { destination, plan, created, saved, links: _ } = report;
    let Destination { environment, organization, server } = destination;
    let dangerous = dangerous(plan);
    let told = if dangerous.len() > TOLD_IN_FULL { 1 } else { usize::MAX };
    let moved = moved_live(plan);
    FirstScreen {
        environment: inline(environment),
        organization: inline(&organization.name),
        organization_id: inline(&organization.id),
        server: inline(server),
        created: Moment::from(*created),
        saved: saved.map(|Saved { file, expires, expired }| SavedPlan {
            file: inline(file),
            expires: Moment::from(expires),
            expired,
            refused: !plan.refusals.is_empty(),
        }),
        back: way_back(plan).map(|Way { title, meaning, settled, nothing }| Back {
            title: inline(&title),
            meaning,
            settled: settled.as_deref().map(inline),
            nothing,
        }),
        counts: counts(plan.summary()),
        cards: cards(plan),
        refusals: plan.refusals.iter().map(|refusal| in_words(refused(refusal, environment))).collect(),
        dangers: dangerous
            .iter()
            .take(MOST_ON_TOP)
            .map(|change| Dangerous {
                key: change.key.as_str().to_owned(),
                name: name(change),
                sentences: change.dangers.iter().take(told).map(|danger| sentence(&danger.sentence)).collect(),
                more: change.dangers.len().saturating_sub(told),
            })
            .collect(),
        dangerous: dangerous.len(),
        live: moved.iter().take(MOST_ON_TOP).map(|moved| news(moved, &plan.goal)).collect(),
        live_verdict: if moved.is_empty() { nobody_moved(plan) } else { None },
        moved_live: moved.len(),
        changes: plan.changes.len(),
        requests: count(plan.requests(), "API request"),
        warnings: warnings(plan),
        warned: plan.warnings.changed.iter().map(warned).collect(),
    }
}

fn warned(LintWarning { key, rule, message, place }: &LintWarning) -> Warned {
    Warned { key: key.as_str().to_owned(), message: sentence(message), rule: inline(rule), place: inline(place) }
}

fn in_words(Refused { message, hint }: Refused) -> Refusal {
    Refusal { message: sentence(&message), hint: advice(&hint) }
}

fn cards(plan: &Plan) -> Vec<Card> {
    let numbers: BTreeMap<Effect, usize> = plan.effects().into_iter().collect();
    let card = |(effect, words): (Effect, String)| {
        let count = numbers.get(&effect).copied().unwrap_or_default();
        // The number stands large above the words.
        let words = words.strip_prefix(&format!("{count} ")).unwrap_or(&words).to_owned();
        Card { effect: effect.id(), count, words }
    };
    effects(plan).into_iter().map(card).collect()
}

/// What can be said of live when nobody else changed it; nothing where the plan changes no live campaign.
fn nobody_moved(plan: &Plan) -> Option<String> {
    let updates: Vec<_> = plan.changes.iter().filter(|change| change.action == Action::Update).collect();
    let unknown = updates.iter().filter(|change| change.fields.iter().any(|field| field.cause == Cause::Unknown)).count();
    match (updates.len(), unknown) {
        (0, _) => None,
        (_, 0) => Some("Nobody else changed these campaigns since they were applied.".to_owned()),
        (_, 1) => Some("1 campaign was not applied by this tool before, so nobody can say who moved what.".to_owned()),
        (_, more) => Some(format!("{more} campaigns were not applied by this tool before, so nobody can say who moved what.")),
    }
}

/// What the changes can be filtered by; only what some change is.
pub(super) fn choices(plan: &Plan) -> Vec<Choices> {
    let choice = |value: String, label: String, count: usize| Choice { value, label, count };
    let having = |kind: DangerKind| plan.changes.iter().filter(|change| change.dangers.iter().any(|danger| danger.kind == kind)).count();
    let doing = |action: Action| plan.changes.iter().filter(|change| change.action == action).count();
    let mut danger = vec![choice("danger".to_owned(), "anything dangerous".to_owned(), dangerous(plan).len())];
    danger.extend(DangerKind::ALL.map(|kind| choice(format!("danger-{}", kind.id()), kind.title().to_owned(), having(kind))));
    let effects =
        plan.effects().into_iter().map(|(effect, count)| choice(format!("effect-{}", effect.id()), effect.verb(true).to_owned(), count));
    let live = vec![choice("live".to_owned(), "changed live by somebody else".to_owned(), plan.moved_live().len())];
    let kinds = [
        (Action::Create, "created"),
        (Action::Update, "updated"),
        (Action::Delete, "destroyed"),
        (Action::Forget, "no longer managed"),
        (Action::Record, "moved or imported"),
    ];
    let actions = kinds.map(|(action, words)| choice(format!("do-{}", action_id(action)), words.to_owned(), doing(action)));
    let mut groups = vec![
        Choices { label: "Danger", choices: danger },
        Choices { label: "Live", choices: live },
        Choices { label: "For visitors", choices: effects.collect() },
        Choices { label: "What is done", choices: actions.into() },
    ];
    for group in &mut groups {
        group.choices.retain(|choice| choice.count > 0);
    }
    groups.retain(|group| !group.choices.is_empty());
    groups
}
