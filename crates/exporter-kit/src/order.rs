//! An order that is kept from one time to the next, since the next mostly has the same.

use std::cmp::Ordering;

/// The places of things, sorted.
#[derive(Debug, Default)]
pub(crate) struct Order(Vec<u32>);

impl Order {
    /// Sorts the places `0..count`; equal ones stay in their order. Whether no two are equal.
    pub(crate) fn arrange(
        &mut self,
        count: usize,
        compare: impl Fn(usize, usize) -> Ordering,
    ) -> bool {
        let compare = |a: &u32, b: &u32| compare(*a as usize, *b as usize);
        let is_strict = |order: &[u32]| order.is_sorted_by(|a, b| compare(a, b).is_lt());
        if self.0.len() == count && is_strict(&self.0) {
            return true;
        }
        self.reset(count);
        self.0.sort_unstable_by(|a, b| compare(a, b).then(a.cmp(b)));
        is_strict(&self.0)
    }

    /// Takes the places `0..count` as they are.
    pub(crate) fn reset(&mut self, count: usize) {
        self.0.clear();
        self.0.extend(0..count as u32);
    }

    pub(crate) fn places(&self) -> &[u32] {
        &self.0
    }

    /// For who gives memory back.
    pub(crate) fn buffer(&mut self) -> &mut Vec<u32> {
        &mut self.0
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn places_are_sorted_whatever_was_there_before() {
        let mut order = Order::default();
        for (things, expected, is_strict) in [
            (&[3, 1, 2][..], &[1, 2, 0][..], true),
            (&[30, 10, 20], &[1, 2, 0], true),
            (&[1, 2, 3], &[0, 1, 2], true),
            (&[2, 1, 2, 1], &[1, 3, 0, 2], false),
            (&[1, 1], &[0, 1], false),
            (&[], &[], true),
        ] {
            let compare = |a: usize, b: usize| things[a].cmp(&things[b]);
            assert_eq!(order.arrange(things.len(), compare), is_strict, "{things:?}");
            assert_eq!(order.places(), expected, "{things:?}");
        }
    }
}
