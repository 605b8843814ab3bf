//! The samples that are not on the page, and why.

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
    /// The page is full, or a live metric has too many series.
    pub too_many: u64,
    /// The sample does not fit its definition.
    pub mismatch: u64,
}

impl Dropped {
    /// All of them.
    pub fn total(&self) -> u64 {
        self.by_reason().iter().map(|(_, samples)| samples).sum()
    }

    /// Each reason as the value of a label, with its number.
    pub(crate) const fn by_reason(&self) -> [(&'static str, u64); 5] {
        [
            ("duplicate", self.duplicate),
            ("mismatch", self.mismatch),
            ("not_finite", self.not_finite),
            ("too_long", self.too_long),
            ("too_many", self.too_many),
        ]
    }
}

/// Why one sample is left out.
#[derive(Clone, Copy, Debug)]
pub(super) enum Reason {
    NotFinite,
    TooLong,
    TooMany,
    /// With what is wrong about it.
    Mismatch(&'static str),
}
