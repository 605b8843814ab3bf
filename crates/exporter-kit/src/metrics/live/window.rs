//! The state of a live summary: count and sum of all observations, and sketches of the last ten
//! minutes. Quantiles since the start would hardly reflect recent observations.

use std::fmt;
use std::time::{Duration, Instant};

use sketches_ddsketch::{Config, DDSketch};

/// The number of parts of the window. The oldest is discarded at a time.
const PARTS: usize = 5;

/// The duration of a part.
const PART: Duration = Duration::from_secs(120);

/// The maximum relative error of a quantile.
const ACCURACY: f64 = 0.01;

/// The maximum number of bins of a sketch, which cover 17 orders of magnitude. In a wider range the
/// smallest values are less accurate.
const BINS: u32 = 2048;

/// Numbers closer to 0 count as 0.
const SMALLEST: f64 = 1e-9;

pub(super) struct Window {
    count: u64,
    sum: f64,
    parts: [DDSketch; PARTS],
    current: usize,
    /// The start of the current part.
    since: Instant,
}

impl Window {
    pub(super) fn new(now: Instant) -> Self {
        let parts = std::array::from_fn(|_| sketch());
        Self { count: 0, sum: 0.0, parts, current: 0, since: now }
    }

    pub(super) fn observe(&mut self, value: f64, now: Instant) {
        self.rotate(now);
        self.count += 1;
        self.sum += value;
        self.parts[self.current].add(value);
    }

    pub(super) fn count(&self) -> u64 {
        self.count
    }

    pub(super) fn sum(&self) -> f64 {
        self.sum
    }

    /// The values of the quantiles; empty if the window has no observations.
    pub(super) fn quantiles(&mut self, quantiles: &[f64], now: Instant) -> Vec<f64> {
        self.rotate(now);
        let mut all = sketch();
        for part in &self.parts {
            // Merging fails only for sketches of different accuracy.
            let _ = all.merge(part);
        }
        quantiles.iter().map_while(|&quantile| all.quantile(quantile).ok().flatten()).collect()
    }

    /// Discards the parts that are too old.
    fn rotate(&mut self, now: Instant) {
        for _ in 0..PARTS {
            if now.saturating_duration_since(self.since) < PART {
                return;
            }
            self.since += PART;
            self.current = (self.current + 1) % PARTS;
            self.parts[self.current] = sketch();
        }
        // The last observation is older than the window.
        self.since = now;
    }
}

/// An empty sketch, which takes no memory yet.
fn sketch() -> DDSketch {
    DDSketch::new(Config::new(ACCURACY, BINS, SMALLEST))
}

impl fmt::Debug for Window {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{} observations, sum {}", self.count, self.sum)
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    const QUANTILES: [f64; 5] = [0.0, 0.5, 0.9, 0.99, 1.0];

    #[test]
    fn quantiles_need_observations() {
        let now = Instant::now();
        let mut window = Window::new(now);
        assert!(window.quantiles(&QUANTILES, now).is_empty());
        assert_eq!((window.count(), window.sum()), (0, 0.0));
    }

    #[test]
    fn only_quantiles_are_limited_to_ten_minutes() {
        let start = Instant::now();
        let mut window = Window::new(start);
        let mut median = |minute: u64, value: Option<f64>| {
            let now = start + Duration::from_secs(minute * 60);
            if let Some(value) = value {
                window.observe(value, now);
            }
            let median = window.quantiles(&[0.5], now).first().map(|median| median.round());
            (median, window.count(), window.sum())
        };
        assert_eq!(median(0, Some(100.0)), (Some(100.0), 1, 100.0));
        assert_eq!(median(1, Some(100.0)), (Some(100.0), 2, 200.0));
        assert_eq!(median(7, Some(10.0)), (Some(100.0), 3, 210.0));
        assert_eq!(median(9, None), (Some(100.0), 3, 210.0));
        assert_eq!(median(10, None), (Some(10.0), 3, 210.0));
        assert_eq!(median(15, None), (Some(10.0), 3, 210.0));
        assert_eq!(median(16, None), (None, 3, 210.0));
        assert_eq!(median(1_000_000, Some(5.0)), (Some(5.0), 4, 215.0));
    }

    proptest! {
        #![proptest_config(ProptestConfig { failure_persistence: None, ..Default::default() })]

        #[test]
        fn quantiles_are_within_one_percent(
            mut values in prop::collection::vec(prop_oneof![-1e6..1e6, 1e-6..1e-3, Just(0.0)], 1..200),
        ) {
            let now = Instant::now();
            let mut window = Window::new(now);
            values.iter().for_each(|&value| window.observe(value, now));
            let found = window.quantiles(&QUANTILES, now);
            values.sort_unstable_by(f64::total_cmp);
            prop_assert_eq!(found.len(), QUANTILES.len());
            for (quantile, found) in QUANTILES.iter().zip(found) {
                let expected = values[(quantile * (values.len() - 1) as f64) as usize];
                let error = (found - expected).abs();
                prop_assert!(
                    error <= expected.abs() * 1.0001 * ACCURACY + SMALLEST,
                    "quantile {} is {} and not {}", quantile, found, expected
                );
            }
        }
    }
}
