//! The prover never makes a wrong claim: thousands of random filters, each witness and each denial checked with the
//! evaluator that decides for real.

#![allow(clippy::unwrap_used, reason = "a test may stop where it fails")]

use std::collections::BTreeMap;

use campaignctl::evaluate::analysis::{Audience, Contradiction, Verdict, implied_by};
use campaignctl::evaluate::check;
use campaignctl::model::{AttributeValue, DataType, Filter, FilterValue, Operator, Scalar};
use proptest::prelude::*;
use serde_json::{Number, json};

const TEXTS: [&str; 12] = ["", "a", "b", "ab", "ba", "aba", "bab", "abc", "/p", "/p/q", "q", "ä"];
const NUMBERS: [&str; 20] = [
    "0",
    "1",
    "2",
    "3",
    "-1",
    "0.0",
    "-0.0",
    "0.5",
    "0.72",
    "1.0",
    "1.5",
    "2.5",
    "9007199254740992",
    "9007199254740993",
    "9007199254740992.0",
    "18446744073709551615",
    "-9223372036854775808",
    "1.8446744073709552e19",
    "1e300",
    "-1e300",
];

fn number(text: &str) -> Number {
    serde_json::from_str(text).unwrap()
}

fn scalar(data_type: DataType) -> BoxedStrategy<Scalar> {
    match data_type {
        DataType::Boolean => any::<bool>().prop_map(Scalar::Boolean).boxed(),
        DataType::String => prop::sample::select(&TEXTS[..]).prop_map(|text| Scalar::Text(text.to_owned())).boxed(),
        DataType::Float => prop::sample::select(&NUMBERS[..]).prop_map(|text| Scalar::Number(number(text))).boxed(),
        DataType::Integer => prop::sample::select(&NUMBERS[..])
            .prop_map(|text| Scalar::Number(number(text)))
            .prop_filter("an integer", |scalar| DataType::Integer.admits(scalar))
            .boxed(),
    }
}

/// Any filter the contract takes, on one of two attributes, with few values, so that filters meet.
fn filter() -> impl Strategy<Value = Filter> {
    let typed = (prop::sample::select(&Operator::ALL[..]), prop::sample::select(&DataType::ALL[..]))
        .prop_filter("an operator of the type", |(operator, data_type)| operator.applies_to(*data_type));
    (typed, prop::sample::select(&["s.a", "s.b"][..])).prop_flat_map(|((operator, data_type), name)| {
        let value = if operator.takes_list() {
            prop::collection::vec(scalar(data_type), 1..4).prop_map(FilterValue::Many).boxed()
        } else {
            scalar(data_type).prop_map(FilterValue::One).boxed()
        };
        value.prop_map(move |value| Filter { attribute_name: name.to_owned(), operator, value, data_type })
    })
}

/// One attribute more often than two, so that several filters meet on it.
fn filters(most: usize) -> impl Strategy<Value = Vec<Filter>> {
    prop_oneof![
        3 => prop::collection::vec(filter().prop_map(|filter| Filter { attribute_name: "s.a".to_owned(), ..filter }), 1..=most),
        1 => prop::collection::vec(filter(), 1..=most),
    ]
}

fn holds(filters: &[Filter], session: &BTreeMap<String, AttributeValue>) -> bool {
    filters.iter().all(|filter| check(filter, session.get(&filter.attribute_name)).passed())
}

/// Sessions with every combination of interesting values.
fn sessions() -> Vec<BTreeMap<String, AttributeValue>> {
    let mut values: Vec<Option<Scalar>> = vec![None, Some(Scalar::Boolean(true)), Some(Scalar::Boolean(false))];
    values.extend(TEXTS.iter().chain(&["c", "abab", "/p/qq", "xay", "ab ba"]).map(|text| Some(Scalar::Text((*text).to_owned()))));
    values.extend(NUMBERS.iter().map(|text| Some(Scalar::Number(number(text)))));
    values.extend(
        ["4", "-2", "0.25", "0.7200000000000001", "9007199254740994", "1e308", "5e-324"].map(|text| Some(Scalar::Number(number(text)))),
    );
    let session = |a: &Option<Scalar>, b: &Option<Scalar>| {
        let entries = [("s.a", a), ("s.b", b)];
        entries.into_iter().filter_map(|(name, value)| Some((name.to_owned(), AttributeValue::Scalar(value.clone()?)))).collect()
    };
    values.iter().flat_map(|a| values.iter().map(move |b| (a, b))).map(|(a, b)| session(a, b)).collect()
}

thread_local! {
    static SESSIONS: Vec<BTreeMap<String, AttributeValue>> = sessions();
}

fn any_session(test: impl Fn(&BTreeMap<String, AttributeValue>) -> bool) -> bool {
    SESSIONS.with(|sessions| sessions.iter().any(test))
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(4000))]

    #[test]
    fn satisfiable_is_shown_and_unsatisfiable_is_true(filters in filters(4)) {
        match Audience::of(&filters).is_inhabited() {
            Verdict::Yes(session) => prop_assert!(holds(&filters, &session), "{session:?}"),
            Verdict::No => {
                prop_assert!(!any_session(|session| holds(&filters, session)));
                prop_assert!(!Contradiction::find(filters.iter().enumerate()).is_empty());
            }
            Verdict::Unknown => {}
        }
    }

    #[test]
    fn filters_that_are_said_to_contradict_do(filters in filters(4)) {
        for Contradiction { attribute, filters: indices } in Contradiction::find(filters.iter().enumerate()) {
            let named: Vec<Filter> = indices.iter().map(|index| filters[*index].clone()).collect();
            prop_assert!(named.iter().all(|filter| filter.attribute_name == attribute));
            prop_assert!(!any_session(|session| holds(&named, session)));
        }
    }

    #[test]
    fn what_is_said_to_be_implied_changes_nothing(filters in filters(4), index in 0..4usize) {
        if let Some(by) = implied_by(&filters, index) {
            let implying: Vec<Filter> = by.iter().map(|other| filters[*other].clone()).collect();
            let with: Vec<Filter> = implying.iter().chain([&filters[index]]).cloned().collect();
            prop_assert!(!any_session(|session| holds(&implying, session) != holds(&with, session)));
        }
    }

    #[test]
    fn two_filters_never_imply_each_other_away(filters in filters(3)) {
        let removed: Vec<usize> = (0..filters.len()).filter(|index| implied_by(&filters, *index).is_some_and(|by| by.len() == 1)).collect();
        let left: Vec<Filter> = (0..filters.len()).filter(|index| !removed.contains(index)).map(|index| filters[index].clone()).collect();
        prop_assert!(!any_session(|session| holds(&left, session) != holds(&filters, session)), "{removed:?}");
    }

    #[test]
    fn an_overlap_is_shown_and_its_denial_is_true(a in filters(3), b in filters(3)) {
        let (first, second) = (Audience::of(&a), Audience::of(&b));
        match first.intersect(&second).is_inhabited() {
            Verdict::Yes(session) => prop_assert!(holds(&a, &session) && holds(&b, &session), "{session:?}"),
            Verdict::No => prop_assert!(!any_session(|session| holds(&a, session) && holds(&b, session))),
            Verdict::Unknown => {}
        }
    }

    #[test]
    fn an_audience_within_another_is_shown_and_true(a in filters(3), b in filters(2)) {
        match Audience::of(&a).is_within(&Audience::of(&b)) {
            Verdict::Yes(session) => {
                prop_assert!(holds(&a, &session) && holds(&b, &session));
                prop_assert!(!any_session(|session| holds(&a, session) && !holds(&b, session)));
            }
            Verdict::No | Verdict::Unknown => {}
        }
    }
}

fn parse(filters: serde_json::Value) -> Vec<Filter> {
    serde_json::from_value(filters).unwrap()
}

#[test]
fn the_classics_are_decided() {
    let filter = |operator: &str, value: serde_json::Value, data_type: &str| json!({ "attributeName": "s.a", "operator": operator, "value": value, "dataType": data_type });
    let unsatisfiable = [
        json!([filter("greater_than", json!(5), "integer"), filter("less_than", json!(3), "integer")]),
        json!([filter("greater_than", json!(5), "integer"), filter("less_than", json!(6), "integer")]),
        json!([filter("equals", json!(true), "boolean"), filter("equals", json!(false), "boolean")]),
        json!([filter("equals", json!("a"), "string"), filter("equals", json!(1), "integer")]),
        json!([filter("in", json!(["a", "b"]), "string"), filter("not_in", json!(["b", "a"]), "string")]),
        json!([filter("starts_with", json!("/a"), "string"), filter("starts_with", json!("/b"), "string")]),
        json!([filter("equals", json!("/a/b"), "string"), filter("not_contains", json!("/b"), "string")]),
        json!([filter("greater_than", json!(0.72), "float"), filter("less_than_or_equal", json!(0.72), "float")]),
    ];
    for filters in unsatisfiable {
        assert_eq!(Audience::of(&parse(filters.clone())).is_inhabited(), Verdict::No, "{filters}");
    }
    let satisfiable = [
        json!([filter("greater_than", json!(5), "float"), filter("less_than", json!(6), "float")]),
        json!([
            filter("starts_with", json!("/a"), "string"),
            filter("ends_with", json!("z"), "string"),
            filter("contains", json!("m"), "string")
        ]),
        json!([filter("not_equals", json!("a"), "string"), filter("not_contains", json!("b"), "string")]),
    ];
    for filters in satisfiable {
        assert!(matches!(Audience::of(&parse(filters.clone())).is_inhabited(), Verdict::Yes(_)), "{filters}");
    }
    let redundant = [
        (json!([filter("greater_than", json!(5), "integer"), filter("greater_than", json!(3), "integer")]), 1),
        (json!([filter("in", json!(["a"]), "string"), filter("in", json!(["a", "b"]), "string")]), 1),
        (json!([filter("starts_with", json!("/pricing/enterprise"), "string"), filter("starts_with", json!("/pricing"), "string")]), 1),
        (json!([filter("equals", json!("x"), "string"), filter("not_equals", json!("y"), "string")]), 1),
        (json!([filter("not_contains", json!("a"), "string"), filter("not_contains", json!("ab"), "string")]), 1),
        (json!([filter("equals", json!(1), "integer"), filter("greater_than", json!(0.5), "float")]), 1),
    ];
    for (filters, index) in redundant {
        let filters = parse(filters);
        assert_eq!(implied_by(&filters, index), Some(vec![0]), "{filters:?}");
        assert_eq!(implied_by(&filters, 0), None, "{filters:?}");
    }
}
