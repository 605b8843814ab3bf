//! Views of sorted samples for the encoder: a block for each family, an item for each sample.

use super::{Family, Sample};

/// The samples of one family.
#[derive(Clone, Copy)]
pub(crate) struct Block<'a> {
    pub(crate) family: &'a Family,
    text: &'a [u8],
    numbers: &'a [f64],
    samples: &'a [Sample],
    /// Indices of the family's samples, sorted by series.
    order: &'a [u32],
}

/// One sample of a block.
#[derive(Clone, Copy)]
pub(crate) struct Item<'a> {
    pub(crate) series: &'a [u8],
    /// The value, or the sum of a histogram or summary.
    pub(crate) value: f64,
    /// The cumulative counts of a histogram's buckets or the values of a summary's quantiles (NaN
    /// if unknown), followed by the total count. Empty for the other kinds.
    pub(crate) numbers: &'a [f64],
}

impl<'a> Block<'a> {
    pub(super) fn new(
        family: &'a Family,
        text: &'a [u8],
        numbers: &'a [f64],
        samples: &'a [Sample],
        order: &'a [u32],
    ) -> Self {
        Self { family, text, numbers, samples, order }
    }

    pub(crate) fn items(self) -> impl Iterator<Item = Item<'a>> {
        let each = self.family.numbers();
        self.order.iter().map(move |&index| {
            let sample = &self.samples[index as usize];
            Item {
                series: self.series(index),
                value: sample.value,
                numbers: &self.numbers[sample.numbers as usize..][..each],
            }
        })
    }

    /// The lines of gauges or counters, as few slices as possible.
    pub(crate) fn lines(self) -> impl Iterator<Item = &'a [u8]> {
        let sample = move |index: u32| &self.samples[index as usize];
        let rows = self.order.chunk_by(move |&a, &b| sample(a).line_end == sample(b).start);
        rows.filter_map(move |row| {
            let (first, last) = (sample(*row.first()?), sample(*row.last()?));
            self.text.get(first.start as usize..last.line_end as usize)
        })
    }

    pub(crate) fn name(self) -> &'a [u8] {
        self.family.name().as_bytes()
    }

    pub(crate) fn len(self) -> usize {
        self.order.len()
    }

    /// The series of the first sample.
    pub(crate) fn first_series(self) -> Option<&'a [u8]> {
        self.order.first().map(|&index| self.series(index))
    }

    /// The first sample as a block, and the rest.
    pub(crate) fn split_first(self) -> (Self, Self) {
        let (first, rest) = self.order.split_at(self.order.len().min(1));
        (Self { order: first, ..self }, Self { order: rest, ..self })
    }

    fn series(self, index: u32) -> &'a [u8] {
        let sample = &self.samples[index as usize];
        &self.text[sample.start as usize..sample.end as usize]
    }
}
