//! How fast it goes: the server's windows, pauses, what an outage costs, and the time there is. The clock stands still.

use std::collections::BTreeMap;
use std::num::NonZeroU32;

use super::super::limits::Quota;
use super::super::{Pace, RemoteError};
use super::*;

const MINUTE: u64 = 60_000;

/// A server that allows so many API requests in each window of a minute, answers 429 to the rest, and takes its time.
struct Windows {
    started: Instant,
    limit: u32,
    /// How far the first window has gone when the test begins, in milliseconds.
    offset: u64,
    /// Whether the answers have the platform's rate headers.
    tells: bool,
    /// The way there and the way back take up to this together, each request another part of it.
    latency: Duration,
    counts: Arc<Mutex<BTreeMap<u64, u32>>>,
}

impl Transport for Windows {
    fn send<'a>(&'a self, request: &'a Request, _: &'a Authorization) -> Sending<'a> {
        Box::pin(async move {
            let there = self.latency.mul_f64(f64::from(uuid::Uuid::new_v4().as_bytes()[0]) / 255.0);
            sleep(there).await;
            if request.target == Target::Login {
                return issue(0);
            }
            let now = u64::try_from(self.started.elapsed().as_millis()).unwrap() + self.offset;
            let (window, left) = (now / MINUTE, Duration::from_millis(MINUTE - now % MINUTE));
            let count = {
                let mut counts = self.counts.lock().unwrap();
                let count = counts.entry(window).or_default();
                *count += 1;
                *count
            };
            sleep(self.latency - there).await;
            let seconds = Duration::from_secs(left.as_secs());
            let quota = Quota { allowed: Some(self.limit), remaining: self.limit.saturating_sub(count), reset: seconds };
            let answered = if count > self.limit { throttled(left.as_secs() + 1) } else { answer(201, &small_campaign()) };
            answered.map(|answer| Answer { limits: Limits { quota: self.tells.then_some(quota), ..answer.limits }, ..answer })
        })
    }
}

/// Makes so many campaigns; tells how long that took and how many requests each window saw.
async fn create(count: usize, settings: Settings, limit: u32, offset: u64, tells: bool) -> (Duration, Vec<u32>) {
    let (started, counts) = (Instant::now(), Arc::default());
    let latency = Duration::from_millis(50);
    let server = Windows { started, limit, offset, tells, latency, counts: Arc::clone(&counts) };
    let credentials = Credentials::Client { id: "client".to_owned(), secret: Secret::new("hunter2hunter2") };
    let session = Session::new(Box::new(server), "script:".to_owned(), credentials, settings, NonZeroU32::new(300)).unwrap();
    let writer = Arc::new(Writer::new(Reader { session: Arc::new(session) }));
    let made = (0..count).map(|_| {
        let writer = Arc::clone(&writer);
        tokio::spawn(async move { writer.create(&small_body()).await })
    });
    for one in made.collect::<Vec<_>>() {
        one.await.unwrap().unwrap();
    }
    let counts = counts.lock().unwrap().values().copied().collect();
    (started.elapsed(), counts)
}

/// The shortest time in which so many requests fit through fixed windows of which the first begins with the first request:
/// all windows but the last are used up and waited for, and the rest goes as fast as it gets answers.
fn ideal(count: u64, limit: u64, parallelism: u64, latency: Duration) -> Duration {
    let windows = (count - 1) / limit;
    let rest = (count - windows * limit).div_ceil(parallelism);
    Duration::from_millis(windows * MINUTE) + latency * u32::try_from(rest).unwrap()
}

#[tokio::test(start_paused = true)]
async fn a_thousand_creates_keep_to_three_hundred_a_minute_and_lose_no_time() {
    let ideal = ideal(1000, 300, 16, Duration::from_millis(50));
    for tells in [false, true] {
        for offset in [0, 1, 500, 7_000, 30_000, 59_000, 59_999] {
            let settings = Settings { parallelism: 16, ..Settings::default() };
            let (took, windows) = create(1000, settings, 300, offset, tells).await;
            assert!(windows.iter().all(|count| *count <= 300), "{windows:?}");
            assert_eq!(windows.iter().sum::<u32>(), 1000, "none was refused");
            // Asked for is 5 %; it is about 0.1 %.
            assert!(took <= ideal.mul_f64(1.01), "{took:?} instead of {ideal:?}, headers {tells}, window begun {offset} ms before");
        }
    }
}

#[tokio::test(start_paused = true)]
async fn a_server_that_allows_fewer_is_kept_to_as_soon_as_it_says_so() {
    // 180 instead of 300; and without a limit of our own, or with a higher one, the same.
    let rate = |requests| Pace::PerMinute(NonZeroU32::new(requests).unwrap());
    for pace in [Pace::ByServer, rate(1000), Pace::Unlimited] {
        let settings = Settings { parallelism: 16, pace, ..Settings::default() };
        let (took, windows) = create(400, settings, 180, 0, true).await;
        assert!(windows.iter().all(|count| *count <= 180), "{pace:?} {windows:?}");
        assert!(took < Duration::from_secs(126), "{pace:?} {took:?}");
    }
    // And one that allows more is not asked for more than we want.
    let settings = Settings { parallelism: 16, pace: rate(100), ..Settings::default() };
    let (_, windows) = create(250, settings, 300, 0, true).await;
    assert_eq!(windows, [100, 100, 50]);
}

#[tokio::test(start_paused = true)]
async fn without_a_limit_it_is_as_fast_as_the_answers_come() {
    let settings = Settings { parallelism: 16, pace: Pace::Unlimited, ..Settings::default() };
    let (took, _) = create(1000, settings, u32::MAX, 0, false).await;
    // 1000 requests of 50 ms, 16 at a time, and one for the token; timers go by the millisecond, two for each request.
    assert!((3_200..=3_200 + 2 * 64).contains(&took.as_millis()), "{took:?}");
}

#[tokio::test(start_paused = true)]
async fn a_retry_after_of_any_answer_holds_reads_writes_and_logins() {
    let late = || {
        let limits = Limits { retry_after: Some(Duration::from_secs(30)), quota: None };
        Ok(Answer { status: 503, correlation_header: None, limits, body: "{}".to_owned(), redactor: Arc::default() })
    };
    let (reader, seen) = reader(move |before| match before {
        0 => late(),
        // Longer, then shorter: neither ends the pause of 30 s early.
        1 => throttled(40),
        2 => throttled(1),
        3 => answer(401, &json!({})),
        _ => organization(),
    });
    let writer = Writer::new(reader.clone());
    // A create that is not sent again holds the others all the same.
    assert!(writer.create(&json!({})).await.unwrap_err().outcome_unknown());
    let reads = [0, 1].map(|_| {
        let reader = reader.clone();
        tokio::spawn(async move { reader.organization().await })
    });
    for read in reads {
        read.await.unwrap().unwrap();
    }
    let seen = seen.lock().unwrap();
    let at: Vec<_> = seen.iter().map(|(at, _, target, _)| (*at, *target)).collect();
    let expected = [
        (0, Target::Login),
        (100, Target::Api),
        // Both reads at the end of the pause; one is told 40 s, the other 1 s: both wait 40 s.
        (30_200, Target::Api),
        (30_200, Target::Api),
        (70_300, Target::Api),
        (70_300, Target::Api),
        // One of them had an old token.
        (70_400, Target::Login),
        (70_500, Target::Api),
    ];
    assert_eq!(at, expected);
}

#[tokio::test(start_paused = true)]
async fn an_outage_costs_a_fifth_more_requests_and_no_storm() {
    let (reader, seen) = reader(|_| answer(503, &json!({"message": "down"})));
    let mut texts = Vec::new();
    for _ in 0..100 {
        texts.push(reader.organization().await.unwrap_err().to_string());
    }
    assert_eq!(times(&seen).len(), 120);
    assert!(!texts[0].contains("not tried again"), "{}", texts[0]);
    let last = texts.last().unwrap();
    assert!(last.contains("down; not tried again, because too many requests of this run had to be sent again already"), "{last}");
}

#[tokio::test(start_paused = true)]
async fn no_request_starts_after_the_deadline() {
    let limited = |seconds| Settings { deadline: Some(Duration::from_secs(seconds)), ..Settings::default() };
    // A pause that ends after it: told at once, with what the server said.
    let (reader, seen) = reader_with(limited(30), |_| throttled(60), issue);
    let before = Instant::now();
    let error = reader.organization().await.unwrap_err();
    assert!(before.elapsed() < Duration::from_secs(1), "{:?}", before.elapsed());
    assert!(matches!(error.kind(), RemoteErrorKind::DeadlineExceeded { .. }) && error.not_attempted() && error.concerns_every_request());
    assert_eq!(
        error.to_string(),
        "the time limit of 30s is over; GET /api/v2/organizations/me was not sent again after: API error: 429 on GET \
         /api/v2/organizations/me: slow down (correlation id c-429)"
    );
    assert!(error.hint().unwrap().contains("--timeout"));
    let create = Writer::new(reader).create(&json!({})).await.unwrap_err();
    assert!(create.not_attempted() && !create.outcome_unknown(), "{create}");
    assert_eq!(times(&seen).len(), 1);

    // Requests that wait for their turn: those under way are finished, the others are never begun.
    let settings = Settings { parallelism: 2, deadline: Some(Duration::from_millis(250)), ..Settings::default() };
    let (reader, seen) = reader_with(settings, |_| organization(), issue);
    let tasks = [0; 6].map(|_| {
        let reader = reader.clone();
        tokio::spawn(async move { reader.organization().await })
    });
    let mut ended = Vec::new();
    for task in tasks {
        ended.push(task.await.unwrap());
    }
    assert_eq!(times(&seen), [100, 100, 200, 200]);
    assert_eq!(ended.iter().filter(|one| one.is_ok()).count(), 4);
    assert!(ended.into_iter().filter_map(Result::err).all(|error| error.not_attempted()));
}

#[tokio::test(start_paused = true)]
async fn a_token_that_ends_amid_creates_is_renewed_once_and_nothing_is_lost() {
    let seen = Seen::default();
    let script = Script {
        started: Instant::now(),
        latency: Duration::from_millis(100),
        seen: Arc::clone(&seen),
        // The first token is refused from the ninth request on: all eight workers hold it then.
        api: Box::new(|before| {
            if (8..16).contains(&before) {
                answer(401, &json!({"message": "token expired", "code": "authentication.required", "status": 401}))
            } else {
                answer(201, &small_campaign())
            }
        }),
        login: Box::new(issue),
    };
    let credentials = Credentials::Client { id: "client".to_owned(), secret: Secret::new("hunter2hunter2") };
    let session = Session::new(Box::new(script), "script:".to_owned(), credentials, Settings::default(), None).unwrap();
    let writer = Arc::new(Writer::new(Reader { session: Arc::new(session) }));
    let made = (0..16).map(|_| {
        let writer = Arc::clone(&writer);
        tokio::spawn(async move { writer.create(&small_body()).await })
    });
    let made: Vec<_> = made.collect();
    for one in made {
        let one: Result<_, RemoteError> = one.await.unwrap();
        one.unwrap();
    }
    assert_eq!((times(&seen).len(), logins(&seen)), (24, 2));
}
