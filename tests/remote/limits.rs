//! What headers say of limits, as they come over the wire. No test waits: a deadline before the end of a wait is told at once.

use std::num::NonZeroU32;

use campaignctl::remote::Pace;

use super::*;

/// Whether a request, or the next one, waits for longer than `seconds` after this answer.
async fn waits_longer_than(seconds: u64, template: ResponseTemplate, pace: Pace) -> bool {
    let server = MockServer::start().await;
    Mock::given(path(ORGANIZATION)).respond_with(template).up_to_n_times(1).mount(&server).await;
    answer(&server, "GET", organization()).await;
    let settings = Settings { pace, deadline: Some(Duration::from_secs(seconds)), ..settings() };
    let reader = Reader::new(Server::base_url(&server.uri()).unwrap(), Credentials::Token(Secret::new(TOKEN)), settings).unwrap();
    for _ in 0..2 {
        match reader.organization().await {
            Ok(_) => {}
            Err(error) if error.not_attempted() => {
                assert!(error.to_string().starts_with("the time limit of "), "{error}");
                assert_eq!(server.received_requests().await.unwrap().len(), 1);
                return true;
            }
            Err(error) => panic!("{error}"),
        }
    }
    false
}

#[tokio::test]
async fn a_wait_is_kept_however_it_is_written() {
    let too_many = || ResponseTemplate::new(429).set_body_json(json!({"message": "slow down", "code": "too.many.requests", "status": 429}));
    let fine = || organization().insert_header("Inin-RateLimit-Allowed", "300");
    let dated = |at: &str| too_many().insert_header("Retry-After", at).insert_header("Date", "Sat, 21 Nov 2026 08:00:00 GMT");
    //  answer, seconds that are surely waited for
    let table = [
        (too_many().insert_header("retry-after", "42"), Some(41)),
        (dated("Sat, 21 Nov 2026 08:00:30 GMT"), Some(29)),
        (dated("Sat, 21 Nov 2026 07:00:00 GMT"), None),
        (
            too_many()
                .insert_header("Retry-After", "0")
                .insert_header("X-RateLimit-Remaining", "0")
                .insert_header("X-RateLimit-Reset", "12"),
            Some(12),
        ),
        (ResponseTemplate::new(503).insert_header("Retry-After", "7"), Some(6)),
        // Not refused, but the last one of its window. A window may end up to a second after what is written.
        (fine().insert_header("ININ-RATELIMIT-COUNT", "300").insert_header("inin-ratelimit-reset", "57"), Some(57)),
        (fine().insert_header("inin-ratelimit-count", "299").insert_header("inin-ratelimit-reset", "57"), None),
        // The rest of a day: a 429 will say so.
        (fine().insert_header("inin-ratelimit-count", "300").insert_header("inin-ratelimit-reset", "40000"), None),
        (organization().insert_header("x-ratelimit-remaining", "none").insert_header("x-ratelimit-reset", "60"), None),
    ];
    for (template, seconds) in table {
        let shown = format!("{template:?}");
        let waits = waits_longer_than(seconds.unwrap_or(5), template, Pace::ByServer).await;
        assert_eq!(waits, seconds.is_some(), "{seconds:?} {shown}");
    }
}

#[tokio::test]
async fn a_limit_of_our_own_holds_on_this_machine_too() {
    let one = Pace::PerMinute(NonZeroU32::new(1).unwrap());
    assert!(waits_longer_than(59, organization(), one).await);
    assert!(!waits_longer_than(59, organization(), Pace::ByServer).await);
}
