//! `rate_limit` of the web configuration: a token bucket, with one token per request.

use std::time::{Duration, Instant};

/// One request per interval, with up to `burst` requests at once after a pause.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct RateLimit {
    /// Never zero.
    pub(crate) interval: Duration,
    pub(crate) burst: u32,
}

/// The token bucket of a limit.
#[derive(Debug)]
pub(crate) struct Bucket {
    pub(crate) limit: RateLimit,
    /// When the bucket will be full again.
    full_at: Instant,
}

impl Bucket {
    pub(crate) fn new(limit: RateLimit, now: Instant) -> Self {
        Self { limit, full_at: now }
    }

    /// Takes a token if one is available.
    pub(crate) fn allows(&mut self, now: Instant) -> bool {
        let RateLimit { interval, burst } = self.limit;
        // An overflow of the clock counts as no token.
        let Some(full_at) = self.full_at.max(now).checked_add(interval) else { return false };
        let is_allowed = full_at.saturating_duration_since(now) <= interval.saturating_mul(burst);
        if is_allowed {
            self.full_at = full_at;
        }
        is_allowed
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn burst_then_one_request_per_interval() {
        let begun = Instant::now();
        let limit = RateLimit { interval: Duration::from_secs(2), burst: 3 };
        let mut bucket = Bucket::new(limit, begun);
        // Seconds from the start, and whether a request is allowed at that time.
        let cases = [
            (0.0, true),
            (0.0, true),
            (0.5, true),
            (0.5, false),
            (1.9, false),
            (2.0, true),
            (3.0, false),
            (4.0, true),
            (60.0, true),
            (60.0, true),
            (60.0, true),
            (60.0, false),
        ];
        for (at, expected) in cases {
            let now = begun + Duration::from_secs_f64(at);
            assert_eq!(bucket.allows(now), expected, "after {at} s");
        }
    }

    #[test]
    fn huge_interval_does_not_overflow() {
        let begun = Instant::now();
        for (interval, burst) in [(Duration::MAX, 1), (Duration::MAX / 4, u32::MAX)] {
            let mut bucket = Bucket::new(RateLimit { interval, burst }, begun);
            let allowed = (0..20).filter(|_| bucket.allows(begun)).count();
            assert!(allowed < 20, "{interval:?}: {allowed}");
        }
    }
}
