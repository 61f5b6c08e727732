//! A line of a recording is read as a session is, or refused as one is.

use campaignctl::evaluate::{Matcher, Seen, check};
use campaignctl::model::{Filter, Session};
use proptest::prelude::*;
use serde_json::json;

use super::generated::{filter, value};
use super::recordings::{Recording, contested};

proptest! {
    #![proptest_config(ProptestConfig { failure_persistence: None, ..ProptestConfig::with_cases(2000) })]

    /// All campaigns at once are matched as each filter alone is.
    #[test]
    fn the_matcher_says_what_each_filter_says(
        campaigns in prop::collection::vec(prop::collection::vec(filter(), 0..4), 1..80),
        sessions in prop::collection::vec(prop::collection::btree_map(prop::sample::select(vec!["a.x", "a.y", "a.z"]), value(), 0..4), 1..8),
    ) {
        let campaigns: Vec<Vec<Filter>> = serde_json::from_value(json!(campaigns)).unwrap();
        let matcher = Matcher::new(campaigns.iter().map(|filters| Some(&filters[..])));
        let mut matched = vec![0; matcher.words()];
        for session in sessions {
            let session: Session =
                serde_json::from_value(json!({ "contactId": "c", "channelId": "w", "sessionData": session })).unwrap();
            let row: Vec<Seen<'_>> = matcher.names().map(|name| Seen::of(session.attributes.get(name))).collect();
            let any = matcher.matches(&row, &mut matched);
            let mut expected_any = false;
            for (bit, filters) in campaigns.iter().enumerate() {
                let expected = filters.iter().all(|filter| check(filter, session.attributes.get(&filter.attribute_name)).passed());
                expected_any |= expected;
                // Once nothing is left, the words may stop anywhere.
                let found = any && matched[bit / 64] & (1 << (bit % 64)) != 0;
                prop_assert_eq!(found, expected, "{:?} {:?}", filters, session);
            }
            prop_assert_eq!(any, expected_any);
        }
    }

    /// Damage of any kind: what is no session for the model is a bad line, and nothing else is.
    #[test]
    fn a_line_is_a_session_where_the_model_says_so(
        contact in prop::sample::select(vec![r#""ext:1""#, r#""a\u00e4\n""#, r#""""#, "1", "null", r#""\ud800""#]),
        data in prop::sample::select(vec![
            r#"{"a.x":1}"#, r#"{"a.x":[1]}"#, r#"{"a.x":{}}"#, r#"{"b.y":[1]}"#, r#"{"a.x":1,"a.x":"two"}"#, r#"{"a.x":1e999}"#,
            r#"{"a.x":-0}"#, r#"{"a.x":01}"#, r#"{"a.x":18446744073709551616}"#, r#"{"a\u002ex":0.5}"#, "[]", "null", "{}", "{",
        ]),
        context in prop::sample::select(vec![
            "", r#","evaluationContext":null"#, r#","evaluationContext":{"timestamp":"2024-05-21T10:00:00Z"}"#,
            r#","evaluationContext":{"timestamp":"yesterday"}"#, r#","evaluationContext":{"requestId":7}"#,
            r#","evaluationContext":{"requestId":"r","correlationId":"c","more":[{}]}"#, r#","contactId":"again""#, r#","more":{"a":[1,2]}"#,
        ]),
        cut in prop::option::weighted(0.2, 0..120usize),
        flip in prop::option::weighted(0.2, (0..120usize, any::<u8>())),
    ) {
        let mut line = format!(r#"{{"contactId":{contact},"channelId":"w","sessionData":{data}{context}}}"#).into_bytes();
        if let Some(cut) = cut { line.truncate(cut.max(1)); }
        if let Some((at, byte)) = flip && byte != b'\n' && at < line.len() { line[at] = byte; }
        prop_assume!(!line.iter().all(u8::is_ascii_whitespace) && line[0] != b'[');
        let session = serde_json::from_slice::<Session>(&line).ok();
        let session = session.filter(|session| {
            !session.contact_id.is_empty() && !session.channel_id.is_empty() && session.request_id.as_deref() != Some("")
        });
        let filter = json!({ "attributeName": "a.x", "operator": "greater_than", "value": 0, "dataType": "float" });
        let spec = super::recordings::spec(&json!([filter]));
        let replayed = Recording::of(&line).replay(vec![contested("c0", None, Some(&spec))]);
        prop_assert_eq!((replayed.lines.sessions, replayed.lines.bad), (u64::from(session.is_some()), u64::from(session.is_none())));
        if let Some(session) = session {
            let passed = spec.filters.iter().all(|filter| check(filter, session.attributes.get("a.x")).passed());
            // `campaign` is no field of the contract, and a damaged name of a field may have become it.
            prop_assume!(replayed.lines.strangers == 0);
            prop_assert_eq!(replayed.totals.desired.invites, u64::from(passed));
        }
    }
}
