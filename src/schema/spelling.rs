//! Which word was certainly meant: another casing, a symbol for an operator, a slip that only one word explains.

use serde_json::Value;

use crate::diagnostic::literal;

/// Words of so many characters or more may carry a slip and still be recognised for certain.
const SHORTEST: usize = 5;
/// Letters that a slip may get wrong.
const SLIPS: usize = 2;

/// What people write who come from other tools; only taken where the second word is allowed.
const OTHER_WORDS: [(&str, &str); 24] = [
    ("=", "equals"),
    ("==", "equals"),
    ("===", "equals"),
    ("eq", "equals"),
    ("!=", "not_equals"),
    ("!==", "not_equals"),
    ("<>", "not_equals"),
    ("ne", "not_equals"),
    (">", "greater_than"),
    ("gt", "greater_than"),
    (">=", "greater_than_or_equal"),
    ("gte", "greater_than_or_equal"),
    ("greater_or_equal", "greater_than_or_equal"),
    ("greater_than_or_equals", "greater_than_or_equal"),
    ("<", "less_than"),
    ("lt", "less_than"),
    ("<=", "less_than_or_equal"),
    ("lte", "less_than_or_equal"),
    ("less_or_equal", "less_than_or_equal"),
    ("less_than_or_equals", "less_than_or_equal"),
    ("bool", "boolean"),
    ("int", "integer"),
    ("double", "float"),
    ("str", "string"),
];

/// The one word of `words` that `word` can only mean; `None` where there is doubt.
pub(super) fn certain<'a>(word: &str, words: &[&'a str]) -> Option<&'a str> {
    let same = only(words.iter().copied().filter(|known| is_same_word(known, word)));
    let other = || {
        let (_, meant) = OTHER_WORDS.iter().find(|(other, _)| *other == word || (word.is_ascii() && is_same_word(other, word)))?;
        words.iter().copied().find(|known| known == meant)
    };
    let slip = || {
        let is_near = |known: &&str| {
            let (known, word) = (plain(known), plain(word));
            let lengths = known.chars().count().min(word.chars().count());
            lengths >= SHORTEST && word.len() <= 64 && strsim::damerau_levenshtein(&known, &word) <= SLIPS.min(lengths / SHORTEST)
        };
        only(words.iter().copied().filter(is_near))
    };
    same.or_else(other).or_else(slip)
}

/// Whether two words differ in nothing but casing and what joins their parts: `evaluation_mode` is `evaluationMode`.
pub(super) fn is_same_word(one: &str, other: &str) -> bool {
    let plain_one = plain(one);
    !plain_one.is_empty() && plain_one == plain(other)
}

/// The value of a JSON type that a text spells exactly, but for the quotes around it.
pub(super) fn unquoted(text: &str, kind: &str) -> Option<Value> {
    literal(text).filter(|value| match kind {
        "integer" => value.is_i64() || value.is_u64(),
        "number" => value.is_number(),
        "boolean" => value.is_boolean(),
        _ => false,
    })
}

fn plain(word: &str) -> String {
    word.chars().filter(|c| c.is_alphanumeric()).flat_map(char::to_lowercase).collect()
}

fn only<T>(mut found: impl Iterator<Item = T>) -> Option<T> {
    found.next().filter(|_| found.next().is_none())
}

#[cfg(test)]
mod tests {
    use super::{certain, is_same_word};
    use crate::model::{DataType, Operator};

    #[test]
    fn an_operator_is_recognised_or_left_alone() {
        let operators = Operator::ALL.map(Operator::as_str);
        let table = [
            ("greater_then", Some("greater_than")),
            ("GreaterThan", Some("greater_than")),
            ("greaterThan", Some("greater_than")),
            ("greater-than", Some("greater_than")),
            (">", Some("greater_than")),
            (">=", Some("greater_than_or_equal")),
            ("==", Some("equals")),
            ("GTE", Some("greater_than_or_equal")),
            ("equal", Some("equals")),
            ("not_equal", Some("not_equals")),
            ("startsWith", Some("starts_with")),
            ("notIn", Some("not_in")),
            ("lesser_than", None),
            ("is", None),
            ("has", None),
            ("", None),
            ("~", None),
            ("between", None),
            ("greater", None),
            ("matches", None),
        ];
        for (word, meant) in table {
            assert_eq!(certain(word, &operators), meant, "{word}");
        }
    }

    #[test]
    fn other_words_are_taken_only_where_they_are_allowed() {
        let types = DataType::ALL.map(DataType::as_str);
        assert_eq!(certain("bool", &types), Some("boolean"));
        assert_eq!(certain("number", &types), None);
        assert_eq!(certain(">", &types), None);
        assert_eq!(certain("real-time", &["realtime", "batch"]), Some("realtime"));
        assert!(is_same_word("evaluation_mode", "evaluationMode") && !is_same_word("_", "-"));
    }
}
