//! What a change of filters means for who matches, proven where the analysis can decide it, in words.

use super::{FieldChange, FieldPath, FieldValue, FilterPart};
use crate::evaluate::analysis::{Audience, Reach, Verdict};
use crate::model::{Filter, FilterValue, Operator};

/// The filters of a campaign, and the sessions that they let in.
pub(super) struct Filters {
    audience: Audience,
}

/// Characters of one value in a sentence; the fields below have all of it.
const VALUE: usize = 60;

impl Filters {
    pub(super) fn of(filters: &[Filter]) -> Self {
        Self { audience: Audience::of(filters) }
    }

    /// Whether certainly no session matches.
    pub(super) fn match_nobody(&self) -> bool {
        self.audience.is_inhabited() == Verdict::No
    }

    /// Whether some session can match that does not match the others.
    pub(super) fn let_in_more_than(&self, other: &Self) -> bool {
        self.audience.exceeds(&other.audience) != Some(false)
    }

    /// That every session matches which has the attributes at all, as a sentence; `None` where that is not certain.
    pub(super) fn keep_nobody_out(&self) -> Option<String> {
        let mut needed = Vec::new();
        for (name, set) in self.audience.attributes() {
            needed.push(match set.reach() {
                Reach::Every => format!("`{name}`"),
                Reach::NotNegative => format!("`{name}` of 0 or more"),
                Reach::Some => return None,
            });
        }
        Some(match needed.as_slice() {
            [] => "there is no filter: every session matches".to_owned(),
            needed => format!("no filter keeps visitors out: every session that has {} matches", needed.join(" and ")),
        })
    }

    /// How visitors come to match who did not match before, a sentence for each attribute; nothing where certainly none do.
    pub(super) fn widened_from(&self, before: &Self, changes: &[FieldChange]) -> Vec<String> {
        let (after, before) = (&self.audience, &before.audience);
        let widened = after.exceeds(before);
        if widened == Some(false) {
            return Vec::new();
        }
        let is_narrowed_too = before.exceeds(after) == Some(true);
        let attributes = before.attributes().map(|(name, _)| (name, after.exceeds_in(name, before)));
        let open = attributes.filter(|(_, exceeds)| *exceeds != Some(false));
        open.map(|(name, exceeds)| {
            let what = loosened(name, changes);
            match (widened.is_some() && exceeds.is_some(), is_narrowed_too) {
                (true, false) => format!("{what}: more visitors match"),
                (true, true) => format!("{what}: more visitors match, others no longer do"),
                (false, _) => format!("{what}: more visitors can match"),
            }
        })
        .collect()
    }
}

/// The changed filters of an attribute that let in more each on their own, in words.
fn loosened(name: &str, changes: &[FieldChange]) -> String {
    let of_attribute = changes.iter().filter(|change| match &change.path {
        FieldPath::Filter { attribute, .. } | FieldPath::FilterOperator { attribute, .. } => attribute == name,
        _ => false,
    });
    // A value that changes with its type says both.
    let with_value = |change: &&FieldChange| {
        let value = change.path.with_part(FilterPart::Value);
        change.path == value || !changes.iter().any(|other| other.path == value)
    };
    let of_attribute = of_attribute.filter(with_value);
    let changed: Vec<Changed> = of_attribute.filter_map(|change| Changed::of(name, change)).collect();
    let mut words: Vec<&String> = changed.iter().filter(|changed| changed.loosens).map(|changed| &changed.words).collect();
    if words.is_empty() {
        words = changed.iter().map(|changed| &changed.words).collect();
    }
    words.dedup();
    match words.as_slice() {
        [] => format!("the filters of `{name}` change"),
        words => words.iter().map(|words| words.as_str()).collect::<Vec<_>>().join(" and "),
    }
}

/// A filter that changes.
struct Changed {
    words: String,
    /// Whether it lets in more than before, or that could not be decided.
    loosens: bool,
}

impl Changed {
    /// `None` for a filter that only comes.
    fn of(name: &str, change: &FieldChange) -> Option<Self> {
        let before = filter(name, &change.path, change.before.as_ref());
        let after = filter(name, &change.path, change.after.as_ref());
        match (before, after) {
            (Some(before), Some(after)) => {
                let with_type = before.data_type != after.data_type;
                let words = format!("`{name}` {} -> {}", comparison(&before, with_type), comparison(&after, with_type));
                let loosens = Audience::of(&[after]).exceeds(&Audience::of(&[before])) != Some(false);
                Some(Self { words, loosens })
            }
            (Some(before), None) => Some(Self { words: format!("`{name}` {} is dropped", comparison(&before, false)), loosens: true }),
            (None, Some(_)) => None,
            // Only the type of the value changes.
            (None, None) => {
                let word = |value: &Option<FieldValue>| match value {
                    Some(FieldValue::Word(word)) => Some(*word),
                    _ => None,
                };
                let (before, after) = (word(&change.before)?, word(&change.after)?);
                let FieldPath::Filter { operator, .. } = &change.path else { return None };
                Some(Self { words: format!("`{name}` {operator} ({before}) -> {operator} ({after})"), loosens: true })
            }
        }
    }
}

/// The filter on one side of a change; `None` where there is none, or only its type is told.
fn filter(name: &str, path: &FieldPath, value: Option<&FieldValue>) -> Option<Filter> {
    let of = |operator: Operator, value: FilterValue, data_type| Filter { attribute_name: name.to_owned(), operator, value, data_type };
    match (path, value?) {
        (_, FieldValue::Comparison(operator, condition)) => Some(of(*operator, condition.value.clone(), condition.data_type)),
        (FieldPath::Filter { operator, part: FilterPart::Whole | FilterPart::Value, .. }, FieldValue::Condition(condition)) => {
            Some(of(*operator, condition.value.clone(), condition.data_type))
        }
        _ => None,
    }
}

/// `greater_than 31`
fn comparison(filter: &Filter, with_type: bool) -> String {
    let Filter { attribute_name: _, operator, value, data_type } = filter;
    let text = serde_json::to_string(value).unwrap_or_default();
    let mut shown: String = text.chars().take(VALUE).collect();
    if shown.len() < text.len() {
        shown.push('…');
    }
    let data_type = if with_type { format!(" ({})", data_type.as_str()) } else { String::new() };
    format!("{operator} {shown}{data_type}")
}
