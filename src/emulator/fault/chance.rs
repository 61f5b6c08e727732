//! Chance that can be repeated: the same seed, rule and request give the same answer, whatever else happens.

/// Whether a chance of `probability` (0 to 1) comes true for the `nth` request of rule number `rule`.
pub(super) fn comes_true(seed: u64, rule: usize, nth: u64, probability: f64) -> bool {
    let bits = mixed(mixed(seed ^ mixed(rule as u64)) ^ nth);
    // The upper 53 bits are a number from 0 to 1 that a float holds exactly.
    #[allow(clippy::cast_precision_loss, reason = "53 bits fit")]
    let drawn = (bits >> 11) as f64 / (1u64 << 53) as f64;
    drawn < probability
}

/// SplitMix64: neighbouring numbers come out as if they had nothing to do with each other.
fn mixed(number: u64) -> u64 {
    let mut bits = number.wrapping_add(0x9e37_79b9_7f4a_7c15);
    bits = (bits ^ (bits >> 30)).wrapping_mul(0xbf58_476d_1ce4_e5b9);
    bits = (bits ^ (bits >> 27)).wrapping_mul(0x94d0_49bb_1331_11eb);
    bits ^ (bits >> 31)
}

#[cfg(test)]
mod tests {
    use super::comes_true;

    #[test]
    fn chance_is_fair_and_differs_by_seed_and_rule() {
        let drawn = |seed, rule| (0..10_000).map(|nth| comes_true(seed, rule, nth, 0.25)).collect::<Vec<_>>();
        let first = drawn(7, 0);
        let hits = first.iter().filter(|hit| **hit).count();
        assert!((2_300..2_700).contains(&hits), "{hits}");
        assert_eq!(first, drawn(7, 0));
        assert_ne!(first, drawn(8, 0));
        assert_ne!(first, drawn(7, 1));
        assert!((0..1_000).all(|nth| comes_true(1, 0, nth, 1.0) && !comes_true(1, 0, nth, 0.0)));
    }
}
