//! What became of each step.

use std::time::Instant;

use anyhow::Result;

/// How a step ended well.
#[derive(Debug)]
pub(crate) enum Done {
    /// So many tests passed; a step that is no test runner counts as one.
    Passed(usize),
    /// Some tests of a test runner failed.
    Mixed { passed: usize, failed: usize, skipped: usize, why: String },
    /// A tool is missing.
    Skipped(String),
}

/// The counts so far, and the lines that the end repeats.
#[derive(Debug, Default)]
pub(crate) struct Report {
    pub(crate) passed: usize,
    pub(crate) failed: usize,
    pub(crate) skipped: usize,
    troubles: Vec<String>,
}

impl Report {
    /// Runs a step and says how it went; whether it passed.
    pub(crate) fn step(&mut self, name: &str, work: impl FnOnce() -> Result<Done>) -> bool {
        println!("== {name}");
        let start = Instant::now();
        let done = work();
        let seconds = start.elapsed().as_secs_f64();
        match done {
            Ok(Done::Passed(count)) => {
                self.passed += count;
                println!("passed: {name} ({count}, {seconds:.1} s)");
                return true;
            }
            Ok(Done::Mixed { passed, failed, skipped, why }) => {
                self.passed += passed;
                self.failed += failed;
                self.skipped += skipped;
                self.trouble(format!("failed: {name}: {why}"));
            }
            Ok(Done::Skipped(reason)) => {
                self.skipped += 1;
                self.trouble(format!("skipped: {name}: {reason}"));
            }
            Err(error) => self.fail(name, &format!("{error:#}")),
        }
        false
    }

    /// Counts a failure without running anything.
    pub(crate) fn fail(&mut self, name: &str, why: &str) {
        self.failed += 1;
        self.trouble(format!("failed: {name}: {why}"));
    }

    fn trouble(&mut self, line: String) {
        println!("{line}");
        self.troubles.push(line);
    }

    /// Prints what needs attention again, each at no great length, and the counts as the last line.
    pub(crate) fn close(&self) {
        println!();
        for trouble in &self.troubles {
            for line in trouble.lines().take(20) {
                println!("{line}");
            }
        }
        println!("{}", self.counts());
    }

    fn counts(&self) -> String {
        let Self { passed, failed, skipped, .. } = self;
        format!("{passed} passed, {failed} failed, {skipped} skipped")
    }
}

#[cfg(test)]
mod tests {
    use anyhow::anyhow;

    use super::*;

    #[test]
    fn every_step_is_counted() {
        let mut report = Report::default();
        assert!(report.step("tests", || Ok(Done::Passed(40))));
        assert!(!report.step("wine", || Ok(Done::Skipped("no wine".to_owned()))));
        assert!(!report.step("dist", || Err(anyhow!("no"))));
        let why = "2 tests".to_owned();
        assert!(!report.step("more", || Ok(Done::Mixed { passed: 3, failed: 2, skipped: 1, why })));
        report.fail("rest", "no package");
        assert_eq!(report.counts(), "43 passed, 4 failed, 2 skipped");
        assert_eq!(report.troubles.len(), 4);
    }
}
