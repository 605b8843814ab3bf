//! The results of the steps.

use std::time::Instant;

use anyhow::Result;

/// The result of a step without an error.
#[derive(Debug)]
pub(crate) enum Done {
    /// The number of passed tests; a step other than a test runner counts as one.
    Passed(usize),
    /// Some tests of a test runner failed.
    Mixed { passed: usize, failed: usize, skipped: usize, why: String },
    /// A tool is missing.
    Skipped(String),
}

/// The counts, and the messages to repeat at the end.
#[derive(Debug, Default)]
pub(crate) struct Report {
    pub(crate) passed: usize,
    pub(crate) failed: usize,
    pub(crate) skipped: usize,
    problems: Vec<String>,
}

impl Report {
    /// Runs a step and prints its result; returns whether it passed.
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
                self.problem(format!("failed: {name}: {why}"));
            }
            Ok(Done::Skipped(reason)) => {
                self.skipped += 1;
                self.problem(format!("skipped: {name}: {reason}"));
            }
            Err(error) => self.fail(name, &format!("{error:#}")),
        }
        false
    }

    /// Records a failure without running a step.
    pub(crate) fn fail(&mut self, name: &str, why: &str) {
        self.failed += 1;
        self.problem(format!("failed: {name}: {why}"));
    }

    fn problem(&mut self, line: String) {
        println!("{line}");
        self.problems.push(line);
    }

    /// Repeats the problems, truncated, and prints the counts as the last line.
    pub(crate) fn close(&self) {
        println!();
        for problem in &self.problems {
            for line in problem.lines().take(20) {
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
    fn steps_are_counted() {
        let mut report = Report::default();
        assert!(report.step("tests", || Ok(Done::Passed(40))));
        assert!(!report.step("wine", || Ok(Done::Skipped("no wine".to_owned()))));
        assert!(!report.step("dist", || Err(anyhow!("no"))));
        let why = "2 tests".to_owned();
        assert!(!report.step("more", || Ok(Done::Mixed { passed: 3, failed: 2, skipped: 1, why })));
        report.fail("rest", "no package");
        assert_eq!(report.counts(), "43 passed, 4 failed, 2 skipped");
        assert_eq!(report.problems.len(), 4);
    }
}
