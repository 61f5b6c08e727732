//! How many requests may go out: a bucket of tokens, and the server's own count. Pure: the clock is an argument.
//!
//! The platform counts in fixed windows of a minute whose beginning nobody is told. A bucket that refills steadily (GCRA)
//! lets through up to twice its size within such a window: a full bucket, and a minute's refill. So here a token goes back
//! a minute after its request was *answered*, not after it was sent. The server processes a request between the two, so
//! that of any two requests with one token the second is processed at least a minute after the first: no window of a
//! minute, wherever it begins, ever sees more requests than there are tokens, however long answers take.

use std::collections::VecDeque;
use std::num::NonZeroU32;
use std::time::Duration;

use tokio::time::Instant;

use super::limits::Quota;

/// The window of the limit.
pub(super) const WINDOW: Duration = Duration::from_secs(60);
/// How far a time in whole seconds can be off, whichever way the server rounds.
const ROUNDING: Duration = Duration::from_secs(1);

/// Counts the requests of one credential.
#[derive(Debug)]
pub(super) struct Bucket {
    /// Tokens there are; `None` where only the server's count is obeyed.
    size: Option<u32>,
    /// Requests a window allows, as the server said last.
    allowed: Option<u32>,
    in_flight: u32,
    /// When each token that is neither in the bucket nor in flight goes back: sorted.
    returns: VecDeque<Instant>,
    window: Option<Window>,
}

/// The server's window, as its answers tell of it.
#[derive(Debug, Clone, Copy)]
struct Window {
    /// It ends at this time or later.
    earliest: Instant,
    /// It has ended by this time.
    latest: Instant,
    /// Requests left when the last of the answered requests was processed. Those in flight may or may not be in it.
    remaining: u32,
}

/// When to ask again.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Wait {
    /// At this time.
    Until(Instant),
    /// When a request in flight has ended, at the latest at this time where there is one.
    Answer(Option<Instant>),
}

impl Bucket {
    /// A full bucket.
    pub(super) fn new(size: Option<NonZeroU32>) -> Self {
        Self { size: size.map(NonZeroU32::get), allowed: None, in_flight: 0, returns: VecDeque::new(), window: None }
    }

    /// Takes a token for a request that is sent now.
    ///
    /// # Errors
    /// When to ask again, where there is none.
    pub(super) fn take(&mut self, now: Instant) -> Result<(), Wait> {
        while self.returns.front().is_some_and(|at| *at <= now) {
            self.returns.pop_front();
        }
        self.window = self.window.filter(|window| now < window.latest);
        if let Some(size) = self.size() {
            let in_flight = usize::try_from(self.in_flight).unwrap_or(usize::MAX);
            if let Some(over) = in_flight.saturating_add(self.returns.len()).checked_sub(size) {
                return Err(self.returns.get(over).map_or(Wait::Answer(None), |at| Wait::Until(*at)));
            }
        }
        // Those in flight may all be missing in what the server counted so far.
        match (self.window, self.allowed) {
            (Some(window), _) if window.remaining == 0 => Err(Wait::Until(window.latest)),
            (Some(window), _) if self.in_flight >= window.remaining => Err(Wait::Answer(Some(window.latest))),
            (None, Some(allowed)) if self.in_flight >= allowed => Err(Wait::Answer(None)),
            _ => {
                self.in_flight += 1;
                Ok(())
            }
        }
    }

    /// The request that was sent at `sent` has ended, with what its answer said of the window.
    pub(super) fn ended(&mut self, sent: Instant, now: Instant, quota: Option<Quota>) {
        self.in_flight = self.in_flight.saturating_sub(1);
        if self.size.is_some() {
            self.returns.push_back(now + WINDOW);
        }
        match (quota, &mut self.window) {
            (Some(Quota { allowed, remaining, reset }), _) => {
                self.allowed = allowed.or(self.allowed);
                let earliest = (sent + reset).checked_sub(ROUNDING).unwrap_or(sent);
                self.learn(Window { earliest, latest: now + reset + ROUNDING, remaining });
            }
            // It may have been counted all the same.
            (None, Some(window)) => window.remaining = window.remaining.saturating_sub(1),
            (None, None) => {}
        }
    }

    /// Tokens there are. The server may allow fewer than we want; more than we want is never used.
    fn size(&self) -> Option<usize> {
        let size = self.size?.min(self.allowed.unwrap_or(u32::MAX));
        usize::try_from(size).ok()
    }

    /// Answers come in any order: what they say is put together where it is of one window, and forgotten where it is of
    /// one that has ended.
    fn learn(&mut self, said: Window) {
        self.window = match self.window {
            Some(known) if said.latest < known.earliest => Some(known),
            Some(known) if said.earliest <= known.latest => Some(Window {
                earliest: known.earliest.max(said.earliest),
                latest: known.latest.min(said.latest),
                remaining: known.remaining.min(said.remaining),
            }),
            _ => Some(said),
        };
    }
}

#[cfg(test)]
mod tests {
    use std::collections::BTreeMap;

    use proptest::prelude::*;

    use super::*;

    fn seconds(seconds: u64) -> Duration {
        Duration::from_secs(seconds)
    }

    fn bucket(size: u32) -> Bucket {
        Bucket::new(NonZeroU32::new(size))
    }

    fn quota(allowed: u32, remaining: u32, reset: u64) -> Option<Quota> {
        Some(Quota { allowed: Some(allowed), remaining, reset: seconds(reset) })
    }

    #[test]
    fn a_token_goes_back_a_minute_after_the_answer() {
        let start = Instant::now();
        let mut bucket = bucket(2);
        assert_eq!((bucket.take(start), bucket.take(start)), (Ok(()), Ok(())));
        assert_eq!(bucket.take(start), Err(Wait::Answer(None)));
        bucket.ended(start, start + seconds(5), None);
        assert_eq!(bucket.take(start + seconds(5)), Err(Wait::Until(start + seconds(65))));
        assert_eq!(bucket.take(start + seconds(65)), Ok(()));
        assert_eq!(bucket.take(start + seconds(65)), Err(Wait::Answer(None)));
    }

    #[test]
    fn the_server_may_allow_fewer_and_never_makes_us_faster() {
        let start = Instant::now();
        for (wanted, allowed, used) in [(10, 4, 4), (4, 10, 4)] {
            let mut bucket = bucket(wanted);
            bucket.take(start).unwrap();
            bucket.ended(start, start, quota(allowed, 100, 60));
            let more = (0..20).take_while(|_| bucket.take(start).is_ok()).count();
            assert_eq!(1 + more, used, "{wanted} {allowed}");
        }
    }

    #[test]
    fn few_that_are_left_are_not_exceeded_by_those_in_flight() {
        let start = Instant::now();
        let mut bucket = Bucket::new(None);
        for _ in 0..3 {
            bucket.take(start).unwrap();
        }
        bucket.ended(start, start, quota(300, 3, 30));
        // Two in flight that the server may not have counted: one more fits.
        assert_eq!(bucket.take(start), Ok(()));
        let latest = start + seconds(31);
        assert_eq!(bucket.take(start), Err(Wait::Answer(Some(latest))));
        for remaining in [2, 1, 0] {
            bucket.ended(start, start, quota(300, remaining, 30));
        }
        assert_eq!(bucket.take(start), Err(Wait::Until(latest)));
        assert_eq!(bucket.take(latest), Ok(()));
    }

    #[test]
    fn an_answer_that_came_late_says_nothing_of_the_new_window() {
        let start = Instant::now();
        let mut bucket = Bucket::new(None);
        bucket.take(start).unwrap();
        bucket.take(start + seconds(20)).unwrap();
        bucket.ended(start + seconds(20), start + seconds(20), quota(300, 9, 60));
        bucket.ended(start, start + seconds(21), quota(300, 0, 2));
        assert_eq!(bucket.take(start + seconds(21)), Ok(()));
    }

    #[test]
    fn a_request_without_an_answer_counts() {
        let start = Instant::now();
        let mut bucket = Bucket::new(None);
        bucket.take(start).unwrap();
        bucket.take(start).unwrap();
        bucket.ended(start, start, quota(300, 1, 30));
        bucket.ended(start, start, None);
        assert_eq!(bucket.take(start), Err(Wait::Until(start + seconds(31))));
    }

    /// A server that counts in fixed windows, from `offset` before the first request on.
    struct Windows {
        limit: u32,
        offset: u64,
        counts: BTreeMap<u64, u32>,
    }

    impl Windows {
        fn process(&mut self, millis: u64, tells: bool) -> Option<Quota> {
            let (window, into) = ((millis + self.offset) / 60_000, (millis + self.offset) % 60_000);
            let count = self.counts.entry(window).or_default();
            *count += 1;
            tells.then(|| Quota {
                allowed: Some(self.limit),
                remaining: self.limit.saturating_sub(*count),
                reset: Duration::from_millis(60_000 - into),
            })
        }
    }

    /// Lets requests that want to go out at these times go through a bucket; tells when each was processed, in order.
    fn run(size: u32, wanted: &[(u64, u64, u64)], mut server: Windows, tells: bool) -> (Vec<u64>, Windows) {
        let start = Instant::now();
        let at = |millis: u64| start + Duration::from_millis(millis);
        let mut bucket = bucket(size);
        // Sent at, processed at, answered at; and what the answer said.
        let mut flying: Vec<(u64, u64, u64, Option<Option<Quota>>)> = Vec::new();
        let mut processed = Vec::new();
        let mut waiting: Vec<_> = wanted.to_vec();
        waiting.sort_unstable();
        let mut waiting = waiting.into_iter().peekable();
        let mut now = 0;
        let mut blocked_until = 0;
        while waiting.peek().is_some() || !flying.is_empty() {
            for flight in flying.iter_mut().filter(|flight| flight.1 <= now && flight.3.is_none()) {
                processed.push(flight.1);
                flight.3 = Some(server.process(flight.1, tells));
            }
            flying.sort_by_key(|flight| flight.2);
            while flying.first().is_some_and(|flight| flight.2 <= now) {
                let (sent, _, answered, quota) = flying.remove(0);
                bucket.ended(at(sent), at(answered), quota.flatten());
                blocked_until = 0;
            }
            while now >= blocked_until
                && let Some((_, there, back)) = waiting.peek().copied().filter(|(wanted, ..)| *wanted <= now)
            {
                match bucket.take(at(now)) {
                    Ok(()) => {
                        flying.push((now, now + there, now + there + back, None));
                        waiting.next();
                    }
                    Err(Wait::Until(until) | Wait::Answer(Some(until))) => {
                        blocked_until = u64::try_from((until - start).as_millis()).unwrap().max(now + 1);
                    }
                    Err(Wait::Answer(None)) => blocked_until = u64::MAX,
                }
            }
            if flying.iter().any(|flight| (flight.1 <= now && flight.3.is_none()) || flight.2 <= now) {
                continue;
            }
            let next = flying.iter().flat_map(|flight| [flight.1, flight.2]).filter(|time| *time > now);
            let next = next.chain(waiting.peek().map(|(wanted, ..)| (*wanted).max(blocked_until)).filter(|time| *time > now));
            let Some(next) = next.min() else { break };
            now = next;
        }
        (processed, server)
    }

    proptest! {
        #![proptest_config(ProptestConfig::with_cases(128))]

        #[test]
        fn no_minute_ever_sees_more_than_the_limit(
            limit in 1_u32..12,
            // When it wants to go out; how long it takes there; how long the answer takes back: milliseconds.
            wanted in prop::collection::vec((0_u64..200_000, 0_u64..5_000, 0_u64..5_000), 1..60),
            offset in 0_u64..60_000,
            tells in any::<bool>(),
        ) {
            let (mut processed, server) = run(limit, &wanted, Windows { limit, offset, counts: BTreeMap::new() }, tells);
            prop_assert_eq!(processed.len(), wanted.len());
            prop_assert!(server.counts.values().all(|count| *count <= limit), "{:?}", server.counts);
            processed.sort_unstable();
            for (first, last) in processed.iter().zip(processed.iter().skip(limit as usize)) {
                prop_assert!(last - first >= 60_000, "{} in less than a minute: {:?}", limit + 1, processed);
            }
        }

        #[test]
        fn a_server_that_allows_fewer_than_wanted_is_not_overrun_once_it_said_so(
            limit in 2_u32..12,
            wanted in prop::collection::vec((1_000_u64..200_000, 0_u64..500, 0_u64..500), 1..60),
            offset in 0_u64..60_000,
        ) {
            // One request before the others, so that its answer tells the limit.
            let wanted: Vec<_> = [(0, 0, 0)].into_iter().chain(wanted).collect();
            let (_, server) = run(300, &wanted, Windows { limit, offset, counts: BTreeMap::new() }, true);
            prop_assert!(server.counts.values().all(|count| *count <= limit), "{:?}", server.counts);
        }
    }
}
