//! A sort order that is kept between scrapes, because the next scrape usually has the same one.

use std::cmp::Ordering;

/// Indices of a list in the order that sorts it.
#[derive(Debug, Default)]
pub(crate) struct Order(Vec<u32>);

impl Order {
    /// Sorts the indices `0..count`, stably. Returns whether no two compare as equal.
    pub(crate) fn sort(
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

    /// Resets to the indices `0..count`.
    pub(crate) fn reset(&mut self, count: usize) {
        self.0.clear();
        self.0.extend(0..count as u32);
    }

    pub(crate) fn indices(&self) -> &[u32] {
        &self.0
    }

    /// The buffer, so that the caller can shrink it.
    pub(crate) fn buffer(&mut self) -> &mut Vec<u32> {
        &mut self.0
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_kept_order_does_not_affect_sorting() {
        let mut order = Order::default();
        for (items, expected, is_strict) in [
            (&[3, 1, 2][..], &[1, 2, 0][..], true),
            (&[30, 10, 20], &[1, 2, 0], true),
            (&[1, 2, 3], &[0, 1, 2], true),
            (&[2, 1, 2, 1], &[1, 3, 0, 2], false),
            (&[1, 1], &[0, 1], false),
            (&[], &[], true),
        ] {
            let compare = |a: usize, b: usize| items[a].cmp(&items[b]);
            assert_eq!(order.sort(items.len(), compare), is_strict, "{items:?}");
            assert_eq!(order.indices(), expected, "{items:?}");
        }
    }
}
