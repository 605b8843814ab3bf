//! Continues the kernel's 32-bit counters where they wrap: busy servers get there within hours, and
//! in a sum of several a wrap would look like a restart.

/// One counter. It must be read more often than it wraps.
#[derive(Clone, Copy, Debug, Default)]
pub(crate) struct Wide {
    last: u32,
    wrapped: u64,
}

impl Wide {
    /// The count in 64 bits, for the current value of the counter.
    pub(crate) fn at(&mut self, value: u32) -> f64 {
        if value < self.last {
            self.wrapped += 1 << 32;
        }
        self.last = value;
        (self.wrapped + u64::from(value)) as f64
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_wrapped_counter_goes_on() {
        let mut wide = Wide::default();
        let values = [u32::MAX, u32::MAX, 0, 5, 4].map(|value| wide.at(value));
        let wrap = 4_294_967_296.0;
        assert_eq!(values, [wrap - 1.0, wrap - 1.0, wrap, wrap + 5.0, 2.0 * wrap + 4.0]);
    }
}
