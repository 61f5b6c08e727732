//! Sets of whole numbers: one closed interval, some numbers left out, perhaps only some named ones.
//!
//! Floats are such a set too: [`float_key`] numbers all finite 64-bit floats in their order, without gaps, so that "greater
//! than 0.72" is "from the next float on".

use std::collections::BTreeSet;

/// Whole numbers that are in the interval, not left out and, where some are named, named.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Integers {
    low: i128,
    high: i128,
    left_out: BTreeSet<i128>,
    named: Option<BTreeSet<i128>>,
}

/// Most members that are counted one by one.
const COUNTABLE: i128 = 4096;

impl Integers {
    pub(super) fn between(low: i128, high: i128) -> Self {
        Self { low, high, left_out: BTreeSet::new(), named: None }
    }

    pub(super) fn none() -> Self {
        Self::between(1, 0)
    }

    /// Only these numbers, as far as they are in the set.
    pub(super) fn only(mut self, named: BTreeSet<i128>) -> Self {
        self.named = Some(match self.named {
            Some(before) => before.intersection(&named).copied().collect(),
            None => named,
        });
        self
    }

    /// Without these numbers.
    pub(super) fn without(mut self, left_out: impl IntoIterator<Item = i128>) -> Self {
        self.left_out.extend(left_out);
        self
    }

    pub(super) fn contains(&self, number: i128) -> bool {
        let Self { low, high, left_out, named } = self;
        (*low..=*high).contains(&number) && !left_out.contains(&number) && named.as_ref().is_none_or(|named| named.contains(&number))
    }

    pub(super) fn intersect(&self, other: &Self) -> Self {
        let both = Self::between(self.low.max(other.low), self.high.min(other.high));
        let both = both.without(self.left_out.iter().chain(&other.left_out).copied());
        [&self.named, &other.named].into_iter().flatten().fold(both, |both, named| both.only(named.clone()))
    }

    /// The smallest member.
    pub(super) fn first(&self) -> Option<i128> {
        match &self.named {
            Some(named) => named.iter().copied().find(|number| self.contains(*number)),
            // Only numbers that are left out have to be passed over, so this ends soon.
            None => (self.low..=self.high).find(|number| !self.left_out.contains(number)),
        }
    }

    /// The largest member.
    fn last(&self) -> Option<i128> {
        match &self.named {
            Some(named) => named.iter().rev().copied().find(|number| self.contains(*number)),
            None => (self.low..=self.high).rev().find(|number| !self.left_out.contains(number)),
        }
    }

    /// A member that reads well: one of these if it is in the set, else the smallest or largest.
    pub(super) fn example(&self, preferred: impl IntoIterator<Item = i128>) -> Option<i128> {
        preferred.into_iter().find(|number| self.contains(*number)).or_else(|| self.first())
    }

    /// Whether every member is in `other`. Exact.
    pub(super) fn is_within(&self, other: &Self) -> bool {
        let (Some(first), Some(last)) = (self.first(), self.last()) else { return true };
        if let Some(named) = &self.named {
            return named.iter().filter(|number| self.contains(**number)).all(|number| other.contains(*number));
        }
        if other.named.is_some() {
            // More members than can be named are not all named.
            return last - first < COUNTABLE && (first..=last).filter(|number| self.contains(*number)).all(|number| other.contains(number));
        }
        other.low <= first && last <= other.high && other.left_out.iter().all(|number| !self.contains(*number))
    }
}

/// The place of a float among all finite floats; `0.0` and `-0.0`, which are equal, have one place.
pub(super) fn float_key(float: f64) -> i128 {
    let magnitude = i128::from(float.to_bits() & !(1 << 63));
    if float.is_sign_negative() { -magnitude } else { magnitude }
}

/// The float at a place.
pub(super) fn float_at(key: i128) -> f64 {
    let magnitude = f64::from_bits(u64::try_from(key.unsigned_abs()).unwrap_or(f64::MAX.to_bits()));
    if key < 0 { -magnitude } else { magnitude }
}

/// The place of the largest finite float.
pub(super) fn largest_float() -> i128 {
    float_key(f64::MAX)
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::{Integers, float_at, float_key, largest_float};

    #[test]
    fn floats_are_numbered_in_their_order_without_gaps() {
        for float in [0.0, 0.72, -0.72, 1.0, 5e-324, f64::MAX, f64::MIN] {
            assert_eq!(float_at(float_key(float)), float);
        }
        assert_eq!(float_key(0.0), float_key(-0.0));
        assert_eq!(float_key(0.72_f64.next_up()), float_key(0.72) + 1);
        assert_eq!(float_key((-0.72_f64).next_up()), float_key(-0.72) + 1);
        assert_eq!(float_key(5e-324), 1);
        assert_eq!(float_at(largest_float()), f64::MAX);
    }

    fn set() -> impl Strategy<Value = Integers> {
        let numbers = || prop::collection::btree_set(-6i128..6, 0..4);
        (-6i128..6, -6i128..6, numbers(), prop::option::of(numbers())).prop_map(|(low, high, left_out, named)| {
            let set = Integers::between(low, high).without(left_out);
            match named {
                Some(named) => set.only(named),
                None => set,
            }
        })
    }

    proptest! {
        #[test]
        fn sets_are_what_their_members_are(a in set(), b in set()) {
            let members = |set: &Integers| (-9..9).filter(|number| set.contains(*number)).collect::<Vec<i128>>();
            let both = a.intersect(&b);
            prop_assert_eq!(members(&both), members(&a).into_iter().filter(|number| b.contains(*number)).collect::<Vec<_>>());
            prop_assert_eq!(both.first(), members(&both).first().copied());
            prop_assert_eq!(a.is_within(&b), members(&a).into_iter().all(|number| b.contains(number)));
        }
    }
}
