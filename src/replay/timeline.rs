//! Invites by minute: the worst minute, and a timeline whose steps grow with the time it covers.

use std::collections::BTreeMap;

use jiff::Timestamp;

use crate::evaluate::UtcMinute;
use crate::model::{Minute, Step, Timeline};

/// Minutes that are kept, for sessions that come late.
const KEPT: usize = 1440;

/// Counts of one campaign, or one queue, over time.
#[derive(Debug, Default)]
pub(super) struct Minutes {
    counts: BTreeMap<UtcMinute, Counts>,
    worst: Option<(UtcMinute, Counts)>,
    /// The first minute of the timeline.
    start: i64,
    /// Minutes of a step.
    width: i64,
    steps: Vec<Step>,
}

#[derive(Debug, Clone, Copy, Default)]
struct Counts {
    invites: u64,
    throttled: u64,
}

impl Minutes {
    pub(super) fn invite(&mut self, at: Timestamp) {
        self.count(at, |counts| counts.invites += 1, |step| step.invites += 1);
    }

    pub(super) fn throttle(&mut self, at: Timestamp) {
        self.count(at, |counts| counts.throttled += 1, |step| step.throttled += 1);
    }

    fn count(&mut self, at: Timestamp, add: impl FnOnce(&mut Counts), grow: impl FnOnce(&mut Step)) {
        let minute = UtcMinute::of(at);
        let counts = self.counts.entry(minute).or_default();
        add(counts);
        let counts = *counts;
        if self.counts.len() > KEPT {
            self.counts.pop_first();
        }
        let busier = |worst: &(UtcMinute, Counts)| {
            let (sum, most) = (counts.invites + counts.throttled, worst.1.invites + worst.1.throttled);
            sum > most || (sum == most && minute < worst.0)
        };
        if self.worst.as_ref().is_none_or(busier) {
            self.worst = Some((minute, counts));
        }
        let step = self.step(minute);
        grow(step);
        step.peak = step.peak.max(counts.invites);
    }

    /// The step of a minute; the steps grow until there are few enough.
    fn step(&mut self, UtcMinute(minute): UtcMinute) -> &mut Step {
        if self.steps.is_empty() {
            (self.start, self.width) = (minute, 1);
        }
        // A session that came late may be earlier than the first.
        let mut place = self.place(minute);
        while place >= Timeline::STEPS {
            self.steps = self.steps.chunks(2).map(merged).collect();
            self.width *= 2;
            place = self.place(minute);
        }
        if self.steps.len() <= place {
            self.steps.resize(place + 1, Step::default());
        }
        &mut self.steps[place]
    }

    fn place(&self, minute: i64) -> usize {
        usize::try_from((minute - self.start).max(0) / self.width).unwrap_or(0)
    }

    pub(super) fn worst(&self) -> Option<Minute> {
        let (minute, Counts { invites, throttled }) = self.worst?;
        Some(Minute { start: begin(minute.0), invites, throttled })
    }

    /// Most invites in one minute.
    pub(super) fn peak(&self) -> u64 {
        self.steps.iter().map(|step| step.peak).max().unwrap_or(0)
    }

    pub(super) fn timeline(self) -> Timeline {
        let start = (!self.steps.is_empty()).then(|| begin(self.start));
        Timeline { start, step_minutes: u64::try_from(self.width).unwrap_or(0), steps: self.steps }
    }
}

fn merged(steps: &[Step]) -> Step {
    steps.iter().fold(Step::default(), |sum, step| {
        let Step { invites, peak, throttled } = step;
        Step { invites: sum.invites + invites, peak: sum.peak.max(*peak), throttled: sum.throttled + throttled }
    })
}

fn begin(minute: i64) -> Timestamp {
    Timestamp::from_second(minute.saturating_mul(60)).unwrap_or(Timestamp::MIN)
}

#[cfg(test)]
mod tests {
    use jiff::{SignedDuration, Timestamp};

    use super::Minutes;
    use crate::model::Timeline;

    #[test]
    fn a_timeline_loses_no_invite_and_no_peak_as_its_steps_grow() {
        let mut minutes = Minutes::default();
        let at = |minute: i64| Timestamp::UNIX_EPOCH + SignedDuration::from_mins(minute);
        for minute in 0..1000 {
            for _ in 0..=(minute % 7) {
                minutes.invite(at(minute));
            }
        }
        for _ in 0..3 {
            minutes.throttle(at(6));
        }
        assert_eq!(minutes.peak(), 7);
        let worst = minutes.worst().unwrap();
        assert_eq!((worst.start, worst.invites, worst.throttled), (at(6), 7, 3));
        let Timeline { start, step_minutes, steps } = minutes.timeline();
        assert_eq!((start, step_minutes), (Some(at(0)), 16));
        assert!(steps.len() <= Timeline::STEPS && steps.iter().all(|step| step.peak <= 7));
        let expected: i64 = (0..1000).map(|minute| minute % 7 + 1).sum();
        assert_eq!(steps.iter().map(|step| step.invites).sum::<u64>(), u64::try_from(expected).unwrap());
        assert_eq!(steps.iter().map(|step| step.throttled).sum::<u64>(), 3);
    }
}
