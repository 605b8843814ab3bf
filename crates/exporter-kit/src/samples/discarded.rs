//! Counts of the samples that are not on the page, by reason.

use std::fmt;

/// How many samples were discarded, by reason: each would have made the page invalid for some
/// scraper, or exceeded a limit.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Discarded {
    /// The value is NaN or infinite.
    pub not_finite: u64,
    /// The line would be nearly 64 KiB or longer.
    pub too_long: u64,
    /// The series is a duplicate.
    pub duplicate: u64,
    /// The source has a name that is invalid for a metric or label.
    pub bad_name: u64,
    /// The page is full, or a live metric has too many series.
    pub too_many: u64,
    /// The sample does not match its definition.
    pub mismatch: u64,
}

impl Discarded {
    /// The sum over all reasons.
    pub fn total(&self) -> u64 {
        let Self { not_finite, too_long, duplicate, bad_name, too_many, mismatch } = self;
        not_finite + too_long + duplicate + bad_name + too_many + mismatch
    }
}

impl fmt::Display for Discarded {
    fn fmt(&self, out: &mut fmt::Formatter<'_>) -> fmt::Result {
        let reasons = [
            (self.not_finite, "not a finite number"),
            (self.too_long, "too long"),
            (self.duplicate, "duplicate"),
            (self.bad_name, "with an invalid name"),
            (self.too_many, "too many"),
            (self.mismatch, "not matching the definition"),
        ];
        let mut separator = "";
        for (samples, reason) in reasons.iter().filter(|(samples, _)| *samples > 0) {
            write!(out, "{separator}{samples} {reason}")?;
            separator = ", ";
        }
        Ok(())
    }
}

/// Why a sample is discarded.
#[derive(Clone, Copy, Debug)]
pub(super) enum Reason {
    NotFinite,
    TooLong,
    TooMany,
    BadName,
    /// With an explanation.
    Mismatch(&'static str),
}
