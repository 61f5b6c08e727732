//! Invites over time: both worlds on one axis, as marks of a line of text and as values of a drawing.

use jiff::{SignedDuration, Timestamp};

use crate::model::{BothWorlds, CampaignDecisions, Replayed, ReplayedCampaign, Timeline};

/// Marks of a line of text.
pub(super) const MARKS: usize = 48;

/// What stands for nothing, and for more and more.
const LEVELS: [char; 9] = ['·', '▁', '▂', '▃', '▄', '▅', '▆', '▇', '█'];

/// A time axis that all campaigns share.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) struct Axis {
    /// When the first mark begins.
    pub(super) start: Timestamp,
    /// Minutes of a mark.
    pub(super) minutes: u64,
    /// How many marks there are.
    pub(super) marks: usize,
}

/// One campaign in one world, by mark.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub(super) struct Series {
    /// Invites.
    pub(super) invites: Vec<u64>,
    /// Invites in the busiest minute.
    pub(super) peaks: Vec<u64>,
}

/// An axis over all invites with at most so many marks; `None` where there are no invites.
pub(super) fn axis(replayed: &Replayed, most: usize) -> Option<Axis> {
    let worlds = replayed.contenders.iter().flat_map(|campaign| [&campaign.decided.live, &campaign.decided.desired]).flatten();
    let timelines: Vec<&Timeline> = worlds.map(|decided| &decided.timeline).collect();
    let start = timelines.iter().filter_map(|timeline| timeline.start).min()?.min(replayed.from.unwrap_or(Timestamp::MAX));
    let start = Timestamp::from_second(start.as_second().div_euclid(60) * 60).unwrap_or(start);
    let end = |timeline: &&Timeline| Some(at(timeline, timeline.start?, timeline.steps.len()));
    let steps_end = timelines.iter().filter_map(end).max()?;
    // The minute of the last session is part of it.
    let sessions_end = replayed.to.and_then(|to| to.checked_add(SignedDuration::from_mins(1)).ok()).unwrap_or(Timestamp::MIN);
    let span = u64::try_from(steps_end.max(sessions_end).duration_since(start).as_secs().div_euclid(60)).unwrap_or(0).max(1);
    let mut minutes = timelines.iter().map(|timeline| timeline.step_minutes).max().unwrap_or(1).max(1);
    while span.div_ceil(minutes) > most as u64 {
        minutes *= 2;
    }
    Some(Axis { start, minutes, marks: usize::try_from(span.div_ceil(minutes)).unwrap_or(most) })
}

/// When a step begins.
fn at(timeline: &Timeline, start: Timestamp, step: usize) -> Timestamp {
    let minutes = timeline.step_minutes.saturating_mul(step as u64);
    start.checked_add(SignedDuration::from_mins(i64::try_from(minutes).unwrap_or(i64::MAX / 60))).unwrap_or(Timestamp::MAX)
}

impl Axis {
    /// When a mark begins.
    pub(super) fn mark(&self, mark: usize) -> Timestamp {
        let minutes = i64::try_from(self.minutes.saturating_mul(mark as u64)).unwrap_or(i64::MAX / 60);
        self.start.checked_add(SignedDuration::from_mins(minutes)).unwrap_or(Timestamp::MAX)
    }

    /// The steps of a timeline on this axis, each where it begins.
    pub(super) fn series(&self, decided: Option<&CampaignDecisions>) -> Series {
        let mut series = Series { invites: vec![0; self.marks], peaks: vec![0; self.marks] };
        let Some((timeline, start)) = decided.and_then(|decided| Some((&decided.timeline, decided.timeline.start?))) else { return series };
        for (nth, step) in timeline.steps.iter().enumerate() {
            let minutes = at(timeline, start, nth).duration_since(self.start).as_secs().div_euclid(60);
            let mark = usize::try_from(u64::try_from(minutes).unwrap_or(0) / self.minutes).unwrap_or(0).min(self.marks.saturating_sub(1));
            if let (Some(invites), Some(peak)) = (series.invites.get_mut(mark), series.peaks.get_mut(mark)) {
                *invites += step.invites;
                *peak = (*peak).max(step.peak);
            }
        }
        series
    }

    /// Both worlds of a campaign.
    pub(super) fn both(&self, campaign: &ReplayedCampaign) -> BothWorlds<Series> {
        let BothWorlds { live, desired } = &campaign.decided;
        BothWorlds { live: self.series(live.as_ref()), desired: self.series(desired.as_ref()) }
    }
}

/// One mark for each number; both lines of a campaign are drawn to the same measure.
pub(super) fn line(numbers: &[u64], highest: u64) -> String {
    let top = LEVELS.len() as u64 - 1;
    let level = |number: u64| {
        if number == 0 { 0 } else { (u128::from(number) * u128::from(top)).div_ceil(u128::from(highest.max(1))).min(u128::from(top)) }
    };
    numbers.iter().map(|number| LEVELS.get(usize::try_from(level(*number)).unwrap_or(0)).copied().unwrap_or('█')).collect()
}

#[cfg(test)]
mod tests {
    use super::{axis, line};
    use crate::model::{BothWorlds, CampaignDecisions, Contender, Replayed, ReplayedCampaign, Step, Timeline};

    #[test]
    fn no_invite_is_lost_on_the_way_to_an_axis() {
        let step = |invites| Step { invites, peak: invites, throttled: 0 };
        let decided = |start: &str, step_minutes, count: u64| CampaignDecisions {
            timeline: Timeline { start: Some(start.parse().unwrap()), step_minutes, steps: (1..=count).map(step).collect() },
            ..CampaignDecisions::default()
        };
        let both =
            BothWorlds { live: Some(decided("2026-11-20T10:03:00Z", 1, 50)), desired: Some(decided("2026-11-20T10:00:00Z", 4, 100)) };
        let who = Contender { key: None, id: None, name: String::new() };
        let campaign = ReplayedCampaign { who, decided: both, gained: 0, lost: 0 };
        let replayed = Replayed { contenders: vec![campaign], ..Replayed::default() };
        for most in [1, 7, 48, 120] {
            let axis = axis(&replayed, most).unwrap();
            assert!(axis.marks <= most && axis.minutes >= 4, "{axis:?}");
            let both = axis.both(&replayed.contenders[0]);
            assert_eq!(both.live.invites.iter().sum::<u64>(), 50 * 51 / 2);
            assert_eq!(both.desired.invites.iter().sum::<u64>(), 100 * 101 / 2);
            assert_eq!(both.desired.peaks.iter().max(), Some(&100));
        }
    }

    #[test]
    fn a_line_shows_what_there_is_and_what_there_is_not() {
        assert_eq!(line(&[0, 1, 50, 100], 100), "·▁▄█");
        assert_eq!(line(&[0, 0], 0), "··");
        assert_eq!(line(&[u64::MAX], u64::MAX), "█");
    }
}
