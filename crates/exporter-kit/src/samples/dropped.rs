//! The samples that are not on the page, and why.

use std::fmt;

/// How many samples were left out, by reason: each would have spoiled the page for one scraper or
/// another, or broken a bound.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Dropped {
    /// The value is NaN or infinite.
    pub not_finite: u64,
    /// The line would have nearly 64 KiB or more.
    pub too_long: u64,
    /// The series is there already.
    pub duplicate: u64,
    /// No metric or label can have the name that the source has.
    pub bad_name: u64,
    /// The page is full, or a live metric has too many series.
    pub too_many: u64,
    /// The sample does not fit its definition.
    pub mismatch: u64,
}

impl Dropped {
    /// All of them.
    pub fn total(&self) -> u64 {
        let Self { not_finite, too_long, duplicate, bad_name, too_many, mismatch } = self;
        not_finite + too_long + duplicate + bad_name + too_many + mismatch
    }
}

impl fmt::Display for Dropped {
    fn fmt(&self, out: &mut fmt::Formatter<'_>) -> fmt::Result {
        let reasons = [
            (self.not_finite, "not a finite number"),
            (self.too_long, "too long"),
            (self.duplicate, "there already"),
            (self.bad_name, "named as no metric can be"),
            (self.too_many, "too many"),
            (self.mismatch, "not as defined"),
        ];
        let mut separator = "";
        for (samples, reason) in reasons.iter().filter(|(samples, _)| *samples > 0) {
            write!(out, "{separator}{samples} {reason}")?;
            separator = ", ";
        }
        Ok(())
    }
}

/// Why one sample is left out.
#[derive(Clone, Copy, Debug)]
pub(super) enum Reason {
    NotFinite,
    TooLong,
    TooMany,
    BadName,
    /// With what is wrong about it.
    Mismatch(&'static str),
}
