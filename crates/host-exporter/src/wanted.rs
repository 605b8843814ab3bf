//! Remembers which names a filter wants: a regular expression is dear, and names stay.

use exporter_kit::Filter;

/// A filter with its answers for the names of the last round. Names that come in the order of the
/// last round, as those of the kernel do, are found at once; those that have gone are forgotten.
#[derive(Debug)]
pub(crate) struct Wanted {
    filter: Filter,
    known: Vec<(String, bool)>,
    at: usize,
}

impl Wanted {
    pub(crate) fn new(filter: Filter) -> Self {
        Self { filter, known: Vec::new(), at: 0 }
    }

    /// Begins a round through all names. What the last round has not reached is forgotten.
    pub(crate) fn begin(&mut self) {
        self.known.truncate(self.at);
        self.at = 0;
    }

    /// Whether there was no name at all in this round.
    pub(crate) fn is_empty(&self) -> bool {
        self.at == 0
    }

    /// Whether the filter wants this name.
    pub(crate) fn wants(&mut self, name: &str) -> bool {
        let is_it = |(known, _): &(String, bool)| known == name;
        match self.known[self.at..].iter().take(NEAR).position(is_it) {
            Some(gone) => drop(self.known.drain(self.at..self.at + gone)),
            None => self.known.insert(self.at, (name.to_owned(), self.filter.wants(name))),
        }
        self.at += 1;
        self.known[self.at - 1].1
    }
}

/// How many names that have gone are looked past.
const NEAR: usize = 4;

#[cfg(test)]
mod tests {
    use exporter_kit::Pattern;

    use super::*;

    #[test]
    fn answers_follow_names_that_come_and_go() {
        let exclude = Pattern::new("^veth").unwrap();
        let mut wanted = Wanted::new(Filter::new(None, Some(exclude)));
        let rounds = [
            &["lo", "veth1", "veth2", "eth0"][..],
            &["lo", "eth0"],
            &["eth0", "lo", "veth3"],
            &[],
            &["veth1", "veth1"],
        ];
        for names in rounds {
            wanted.begin();
            for name in names {
                assert_eq!(wanted.wants(name), !name.starts_with("veth"), "{name}");
            }
            assert!(wanted.at == names.len() && wanted.known.len() <= 6);
        }
        wanted.begin();
        assert_eq!(wanted.known.len(), 2);
    }
}
