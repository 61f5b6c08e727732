//! "Did you mean": the nearest of the words that would have been right.

/// Longer words than this, in bytes, are no slip of the pen, and comparing them would cost their square.
const LONGEST: usize = 64;

/// The candidate closest to `word`, if it is close enough to be a slip of the pen.
pub fn nearest<'a>(word: &str, candidates: impl IntoIterator<Item = &'a str>) -> Option<&'a str> {
    if word.len() > LONGEST {
        return None;
    }
    let lower = word.to_lowercase();
    candidates
        .into_iter()
        .map(|candidate| (strsim::damerau_levenshtein(&lower, &candidate.to_lowercase()), candidate))
        .filter(|(distance, candidate)| *distance <= 1 + candidate.chars().count().min(word.chars().count()) / 4)
        .min()
        .map(|(_, candidate)| candidate)
}

#[cfg(test)]
mod tests {
    use super::nearest;

    #[test]
    fn a_slip_is_recognised_and_a_stranger_is_not() {
        let fields = ["name", "filters", "evaluationMode", "enabled"];
        assert_eq!(nearest("filter", fields), Some("filters"));
        assert_eq!(nearest("evaluation_mode", fields), Some("evaluationMode"));
        assert_eq!(nearest("Enabled", fields), Some("enabled"));
        assert_eq!(nearest("colour", fields), None);
        assert_eq!(nearest("x", []), None);
    }
}
