//! Brings samples into the order of the page.

use super::{Block, Sample, Samples};
use crate::exposition::text::compare;

impl Samples {
    /// Brings the samples into the order of the page: family by family, series sorted, each once.
    pub(crate) fn arrange(&mut self) {
        let Self { text, samples, order, families, dropped, .. } = self;
        let text = text.as_slice();
        let series = |sample: &Sample| &text[sample.start as usize..sample.end as usize];
        let compare = |a: usize, b: usize| {
            let (a, b) = (&samples[a], &samples[b]);
            a.family.cmp(&b.family).then_with(|| {
                // Series of a family differ behind its name at the earliest.
                let name = families.get(a.family).name().len();
                compare(&series(a)[name..], &series(b)[name..])
            })
        };
        if !order.arrange(samples.len(), compare) {
            let mut places = order.places().to_vec();
            // Of equal series the first that came stays.
            places.dedup_by(|later, first| compare(*first as usize, *later as usize).is_eq());
            let kept: Vec<_> = places.iter().map(|&place| samples[place as usize]).collect();
            dropped.duplicate += (samples.len() - kept.len()) as u64;
            *samples = kept;
            order.reset(samples.len());
        }
        self.arranged = self.samples.len();
    }

    /// The blocks of an arranged set: each family with its samples.
    pub(crate) fn blocks(&self) -> impl Iterator<Item = Block<'_>> {
        let family = |place: u32| self.samples[place as usize].family;
        let arranged = &self.order.places()[..self.arranged];
        arranged.chunk_by(move |&a, &b| family(a) == family(b)).map(move |places| {
            let family = self.families.get(family(places[0]));
            Block::new(family, self.text.as_slice(), &self.numbers, &self.samples, places)
        })
    }
}
