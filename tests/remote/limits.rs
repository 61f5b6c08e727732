//! What headers say of limits, as they come over the wire.

use std::num::NonZeroU32;

use campaignctl::remote::Pace;
use tokio::time::Instant;

use super::*;

/// How long the second of two requests waited for the first one's answer. The clock jumps whenever everything waits.
async fn wait_after(template: ResponseTemplate, pace: Pace) -> Duration {
    let server = MockServer::start().await;
    Mock::given(path(ORGANIZATION)).respond_with(template).up_to_n_times(1).mount(&server).await;
    answer(&server, "GET", organization()).await;
    let settings =
        Settings { pace, request_timeout: Duration::from_secs(100_000), connect_timeout: Duration::from_secs(100_000), ..settings() };
    let reader = Reader::new(Server::base_url(&server.uri()).unwrap(), Credentials::Token(Secret::new(TOKEN)), settings).unwrap();
    let before = Instant::now();
    // One that is told to wait sends itself again; one that is not needs another to see what it left behind.
    reader.organization().await.unwrap();
    if server.received_requests().await.unwrap().len() < 2 {
        reader.organization().await.unwrap();
    }
    before.elapsed()
}

#[tokio::test]
async fn a_wait_is_kept_however_it_is_written() {
    tokio::time::pause();
    let too_many = || ResponseTemplate::new(429).set_body_json(json!({"message": "slow down", "code": "too.many.requests", "status": 429}));
    let fine = || organization().insert_header("Inin-RateLimit-Allowed", "300");
    //  answer, seconds
    let table = [
        (too_many().insert_header("retry-after", "42"), 42),
        (
            too_many().insert_header("Retry-After", "Sat, 21 Nov 2026 08:00:30 GMT").insert_header("Date", "Sat, 21 Nov 2026 08:00:00 GMT"),
            30,
        ),
        (
            too_many()
                .insert_header("Retry-After", "0")
                .insert_header("X-RateLimit-Remaining", "0")
                .insert_header("X-RateLimit-Reset", "12"),
            13,
        ),
        (ResponseTemplate::new(503).insert_header("Retry-After", "7"), 7),
        // Not refused, but the last one of its window. A window may end up to a second after what is written.
        (fine().insert_header("ININ-RATELIMIT-COUNT", "300").insert_header("inin-ratelimit-reset", "57"), 58),
        (fine().insert_header("inin-ratelimit-count", "299").insert_header("inin-ratelimit-reset", "57"), 0),
        // The rest of a day: a 429 will say so.
        (fine().insert_header("inin-ratelimit-count", "300").insert_header("inin-ratelimit-reset", "40000"), 0),
        (organization().insert_header("x-ratelimit-remaining", "none").insert_header("x-ratelimit-reset", "60"), 0),
    ];
    for (template, seconds) in table {
        let shown = format!("{template:?}");
        let waited = wait_after(template, Pace::ByServer).await;
        assert_eq!(waited.as_secs(), seconds, "{waited:?} {shown}");
    }
}

#[tokio::test]
async fn a_limit_of_our_own_holds_on_this_machine_too() {
    tokio::time::pause();
    let waited = wait_after(organization(), Pace::PerMinute(NonZeroU32::new(1).unwrap())).await;
    assert_eq!(waited.as_secs(), 60);
}
