//! Drift again and again: rounds until somebody says stop, and what is new in each.

use std::time::Duration;

use jiff::Timestamp;
use tokio::time::Instant;

use super::super::connect::Kept;
use super::super::{Failure, Scope};
use super::{Found, drift_again};
use crate::reconcile::{News, Standing, Unreadable};

/// One look at what is live.
#[derive(Debug)]
pub struct Round {
    /// When it began.
    pub began: Timestamp,
    /// How long it took.
    pub took: Duration,
    /// What was found, or why nothing was.
    pub outcome: Result<Found, Failure>,
    /// Whether it shows something else than the last round that found anything out.
    pub is_new: bool,
    /// What there is to say to somebody who was told only when something changed.
    pub news: Option<News>,
}

/// How the rounds went so far.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub struct Tally {
    /// Rounds, this one included.
    pub rounds: u64,
    /// Rounds that failed.
    pub failed: u64,
    /// Rounds that failed since the last good one.
    pub failed_in_a_row: u64,
    /// When the last good round began.
    pub last_success: Option<Timestamp>,
    /// Messages that arrived.
    pub delivered: u64,
    /// Messages that did not arrive, each try counted.
    pub undelivered: u64,
}

/// What became of a round's news.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Told {
    /// Nobody wants to be told, or there was no news.
    Untold,
    /// It arrived.
    Delivered,
    /// It did not arrive, and is told again in the next round.
    Undelivered,
}

/// How far rounds are apart: an interval, shortened or lengthened by up to a tenth, so that several jobs do not keep in step.
#[derive(Debug, Clone)]
pub struct Pacing {
    every: Duration,
    dice: u64,
}

impl Pacing {
    /// The same seed gives the same times.
    pub fn new(every: Duration, seed: u64) -> Self {
        Self { every, dice: seed }
    }

    /// From the beginning of one round to that of the next.
    pub fn next_interval(&mut self) -> Duration {
        // SplitMix64.
        self.dice = self.dice.wrapping_add(0x9e37_79b9_7f4a_7c15);
        let mut bits = (self.dice ^ (self.dice >> 30)).wrapping_mul(0xbf58_476d_1ce4_e5b9);
        bits = (bits ^ (bits >> 27)).wrapping_mul(0x94d0_49bb_1331_11eb);
        let drawn = u32::try_from(bits >> 32).map_or(0.5, |upper| f64::from(upper) / f64::from(u32::MAX));
        self.every.mul_f64(0.9 + 0.2 * drawn)
    }
}

impl Round {
    /// Whether everything could be compared.
    pub fn is_good(&self) -> bool {
        self.outcome.as_ref().is_ok_and(Found::is_complete)
    }
}

impl Found {
    /// Whether every campaign could be compared.
    pub fn is_complete(&self) -> bool {
        self.drift.unreadable.is_empty()
    }
}

/// Looks once, and then after each `pause` that answers true, until one answers false. Files, state and live are read anew each
/// time; the connections and the token are kept while the environment stays the same. No failure ends it.
///
/// `pause` is given the time until the next round. `tell` is given each round and says what became of its news: those that did
/// not arrive are news again.
pub async fn watch(
    scope: impl Fn() -> Result<Scope, Failure>,
    mut pacing: Pacing,
    mut pause: impl AsyncFnMut(Duration) -> bool,
    mut tell: impl AsyncFnMut(&Round, &Tally) -> Told,
) -> Tally {
    let kept = Kept::default();
    let mut memory = Memory::default();
    let mut tally = Tally::default();
    loop {
        let (began, started) = (Timestamp::now(), Instant::now());
        let outcome = match scope() {
            Ok(scope) => drift_again(scope, &kept).await,
            Err(failure) => Err(failure),
        };
        let round = memory.round(began, started.elapsed(), outcome);
        tally.count(&round);
        let told = tell(&round, &tally).await;
        tally.delivered += u64::from(told == Told::Delivered);
        tally.undelivered += u64::from(told == Told::Undelivered);
        memory.remember(&round, told);
        drop(round);
        if !pause(pacing.next_interval().saturating_sub(started.elapsed())).await {
            return tally;
        }
    }
}

/// What is known from earlier rounds: as much as drifted, however many rounds there were.
#[derive(Default)]
struct Memory {
    /// What was shown last.
    shown: Option<(Standing, Vec<Unreadable>, bool)>,
    /// What was told last.
    told: Standing,
}

impl Memory {
    fn round(&self, began: Timestamp, took: Duration, outcome: Result<Found, Failure>) -> Round {
        let is_new = outcome.as_ref().is_ok_and(|found| self.shown.as_ref() != Some(&shown(found)));
        let news = outcome.as_ref().ok().and_then(|found| self.news(found));
        Round { began, took, outcome, is_new, news }
    }

    /// That nothing is drifted any more is said only when everything could be compared.
    fn news(&self, found: &Found) -> Option<News> {
        let news = Standing::of(&found.drift).news(&self.told)?;
        let is_known = found.has_state && found.is_complete();
        (news != News::Resolved || is_known).then_some(news)
    }

    fn remember(&mut self, round: &Round, told: Told) {
        let Ok(found) = &round.outcome else { return };
        self.shown = Some(shown(found));
        if told == Told::Delivered {
            self.told = Standing::of(&found.drift);
        }
    }
}

fn shown(found: &Found) -> (Standing, Vec<Unreadable>, bool) {
    (Standing::of(&found.drift), found.drift.unreadable.clone(), found.has_state)
}

impl Tally {
    fn count(&mut self, round: &Round) {
        self.rounds += 1;
        if round.is_good() {
            self.failed_in_a_row = 0;
            self.last_success = Some(round.began);
        } else {
            self.failed += 1;
            self.failed_in_a_row += 1;
        }
    }
}

#[cfg(test)]
mod tests {
    use std::time::Duration;

    use super::Pacing;

    #[test]
    fn intervals_are_within_a_tenth_and_come_again_with_their_seed() {
        let every = Duration::from_secs(100);
        let drawn = |seed| {
            let mut pacing = Pacing::new(every, seed);
            (0..1_000).map(|_| pacing.next_interval()).collect::<Vec<_>>()
        };
        let first = drawn(7);
        assert!(first.iter().all(|wait| (90_000..=110_000).contains(&wait.as_millis())));
        assert!(first.iter().any(|wait| *wait < Duration::from_secs(92)) && first.iter().any(|wait| *wait > Duration::from_secs(108)));
        assert_eq!(first, drawn(7));
        assert_ne!(first, drawn(8));
        assert_eq!(Pacing::new(Duration::ZERO, 1).next_interval(), Duration::ZERO);
    }
}
