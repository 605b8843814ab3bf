//! Sorts samples into the order of the page.

use super::{Block, Sample, Samples};
use crate::exposition::text::compare;

impl Samples {
    /// Sorts the samples into the order of the page, by family and series, and drops duplicates.
    pub(crate) fn sort_and_dedup(&mut self) {
        let Self { text, samples, order, families, discarded, .. } = self;
        let text = text.as_slice();
        let series = |sample: &Sample| &text[sample.start as usize..sample.end as usize];
        let compare = |a: usize, b: usize| {
            let (a, b) = (&samples[a], &samples[b]);
            a.family.cmp(&b.family).then_with(|| {
                // The series of a family share its name as a prefix.
                let name = families.get(a.family).name().len();
                compare(&series(a)[name..], &series(b)[name..])
            })
        };
        if !order.sort(samples.len(), compare) {
            let mut indices = order.indices().to_vec();
            // If series are equal, the first one wins.
            indices.dedup_by(|later, first| compare(*first as usize, *later as usize).is_eq());
            let kept: Vec<_> = indices.iter().map(|&index| samples[index as usize]).collect();
            discarded.duplicate += (samples.len() - kept.len()) as u64;
            *samples = kept;
            order.reset(samples.len());
        }
        self.sorted = self.samples.len();
    }

    /// The blocks of a sorted set: each family with its samples.
    pub(crate) fn blocks(&self) -> impl Iterator<Item = Block<'_>> {
        let family = |index: u32| self.samples[index as usize].family;
        let sorted = &self.order.indices()[..self.sorted];
        sorted.chunk_by(move |&a, &b| family(a) == family(b)).map(move |indices| {
            let family = self.families.get(family(indices[0]));
            Block::new(family, self.text.as_slice(), &self.numbers, &self.samples, indices)
        })
    }
}
