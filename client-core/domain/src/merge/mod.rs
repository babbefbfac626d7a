//! Records that turned out to be one: the same customer, entered twice.
//!
//! A record says what it was merged into in [`FIELD`]; clearing that undoes it. Nothing else is written
//! anywhere: both histories stay, and whoever shows a reference shows what it comes to.

use std::collections::{BTreeMap, BTreeSet};

use crate::schema::Kind;

/// The field that names the record that this one was merged into. Kinds that have it can be merged.
pub const FIELD: &str = "merged_into";

/// Whether records of this kind can be merged.
#[must_use]
pub fn possible(kind: &Kind) -> bool {
    kind.field(FIELD).is_some_and(|f| f.target.as_deref() == Some(kind.key.as_str()))
}

/// What each merged record comes to: chains are followed to their end, and records that were merged in a
/// circle, by people who did not know of each other, come to the smallest of the circle. What is absent
/// from the answer stands for itself.
#[must_use]
pub fn resolve<K: Ord + Copy>(merged: &BTreeMap<K, K>) -> BTreeMap<K, K> {
    let mut out = BTreeMap::new();
    for start in merged.keys() {
        let mut path = vec![*start];
        let mut seen = BTreeSet::from([*start]);
        let mut at = *start;
        let end = loop {
            let Some(next) = merged.get(&at) else { break at };
            if let Some(known) = out.get(next) {
                break *known;
            }
            if !seen.insert(*next) {
                let circle = path.iter().skip_while(|k| *k != next);
                break circle.min().copied().unwrap_or(*next);
            }
            path.push(*next);
            at = *next;
        };
        out.extend(path.into_iter().filter(|k| *k != end).map(|k| (k, end)));
    }
    out
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used)]
    use super::*;
    use proptest::prelude::*;

    fn map(pairs: &[(u8, u8)]) -> BTreeMap<u8, u8> {
        pairs.iter().copied().collect()
    }

    #[test]
    fn chains_end_and_circles_come_to_the_smallest() {
        assert_eq!(resolve(&map(&[(1, 2)])), map(&[(1, 2)]));
        assert_eq!(resolve(&map(&[(1, 2), (2, 3)])), map(&[(1, 3), (2, 3)]));
        assert_eq!(resolve(&map(&[(3, 2), (2, 1)])), map(&[(3, 1), (2, 1)]));
        assert_eq!(resolve(&map(&[(5, 6), (6, 5)])), map(&[(6, 5)]));
        assert_eq!(resolve(&map(&[(1, 6), (6, 5), (5, 7), (7, 6)])), map(&[(1, 5), (6, 5), (7, 5)]));
        assert_eq!(resolve(&map(&[(9, 9)])), map(&[]));
    }

    proptest! {
        #[test]
        fn what_is_resolved_is_final(pairs in prop::collection::btree_map(0u8..12, 0u8..12, 0..12)) {
            let once = resolve(&pairs);
            // Idempotent: the answer is its own resolution, and nothing it names is merged itself.
            prop_assert_eq!(&resolve(&once), &once);
            for (source, end) in &once {
                prop_assert_ne!(source, end);
                prop_assert!(!once.contains_key(end));
                // A record and what it was merged into come to the same.
                let next = pairs[source];
                prop_assert_eq!(once.get(&next).copied().unwrap_or(next), *end);
            }
            // Whatever was merged is in it, but for the one that a circle comes to.
            for source in pairs.keys().filter(|s| !once.contains_key(*s)) {
                prop_assert!(once.values().any(|end| end == source) || pairs[source] == *source);
            }
        }

        #[test]
        fn the_order_of_ids_decides_only_circles(
            pairs in prop::collection::btree_map(0u8..12, 0u8..12, 0..12),
            turn in Just((0u8..12).collect::<Vec<_>>()).prop_shuffle(),
        ) {
            let name = |id: u8| turn[usize::from(id)];
            let renamed = pairs.iter().map(|(a, b)| (name(*a), name(*b))).collect();
            let (plain, renamed) = (resolve(&pairs), resolve(&renamed));
            let end = |map: &BTreeMap<u8, u8>, id: u8| map.get(&id).copied().unwrap_or(id);
            for a in 0u8..12 {
                for b in 0u8..12 {
                    // Which records are one does not depend on what their ids are.
                    prop_assert_eq!(
                        end(&plain, a) == end(&plain, b),
                        end(&renamed, name(a)) == end(&renamed, name(b))
                    );
                }
            }
        }
    }
}
