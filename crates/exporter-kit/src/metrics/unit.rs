//! The units of values: base units, and percent for compatibility with existing dashboards.

/// The unit of a metric's values.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum Unit {
    /// No unit: a count, a state, an identifier.
    #[default]
    None,
    /// Percent, 0 to 100. The base unit is [`Unit::Ratio`]; percent is for established metrics.
    Percent,
    /// A ratio, 0 to 1.
    Ratio,
    /// Bytes.
    Bytes,
    /// Seconds.
    Seconds,
    /// Degrees Celsius.
    Celsius,
    /// Cycles per second.
    Hertz,
    /// Volts.
    Volts,
    /// Amperes.
    Amperes,
    /// Watts.
    Watts,
    /// Joules.
    Joules,
}

impl Unit {
    pub(crate) const ALL: [Self; 11] = [
        Self::None,
        Self::Percent,
        Self::Ratio,
        Self::Bytes,
        Self::Seconds,
        Self::Celsius,
        Self::Hertz,
        Self::Volts,
        Self::Amperes,
        Self::Watts,
        Self::Joules,
    ];

    /// The name of the unit in `--describe` and as a suffix of metric names; empty for
    /// [`Unit::None`].
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::None => "",
            Self::Percent => "percent",
            Self::Ratio => "ratio",
            Self::Bytes => "bytes",
            Self::Seconds => "seconds",
            Self::Celsius => "celsius",
            Self::Hertz => "hertz",
            Self::Volts => "volts",
            Self::Amperes => "amperes",
            Self::Watts => "watts",
            Self::Joules => "joules",
        }
    }
}
