//! The time in which a disk was busy: what is not its idle time.

/// Adds up the busy time between answers of a disk, in units of 100 ns.
#[derive(Clone, Copy, Debug, Default)]
pub(super) struct Busy {
    /// The time and the idle time of the last answer.
    last: Option<(u64, u64)>,
    total: u64,
}

/// Longer than the time between two scrapes.
const MAX_STEP: u64 = 24 * 3600 * 10_000_000;

impl Busy {
    /// The busy time since the first answer. A step of the system's clock, by which disks tell
    /// time, does not count.
    pub(super) fn at(&mut self, time: u64, idle: u64) -> u64 {
        if let Some((last_time, last_idle)) = self.last
            && let Some(passed) = time.checked_sub(last_time).filter(|passed| *passed < MAX_STEP)
            && let Some(idle) = idle.checked_sub(last_idle)
        {
            self.total += passed.saturating_sub(idle);
        }
        self.last = Some((time, idle));
        self.total
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_time_that_was_not_idle_counts() {
        let mut busy = Busy::default();
        for (time, idle, expected) in [
            (1000, 500, 0),
            (1100, 530, 70),
            // Rounding may make it idle for longer than time has passed.
            (1200, 631, 70),
            // The clock was set back, then the disk was attached again, then the clock set ahead.
            (900, 700, 70),
            (1000, 10, 70),
            (1000 + MAX_STEP, 20, 70),
            (1010 + MAX_STEP, 20, 80),
        ] {
            assert_eq!(busy.at(time, idle), expected, "{time}");
        }
    }
}
