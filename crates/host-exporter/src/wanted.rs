//! Remembers what is known of names from round to round: asking a regular expression is dear, and
//! names stay.

use exporter_kit::Filter;

/// What is known of the names of the last round. Names that come in the order of the last round, as
/// those of the kernel do, are found at once; those that have gone are forgotten.
#[derive(Debug)]
pub(crate) struct Known<T> {
    names: Vec<(String, T)>,
    at: usize,
}

impl<T> Known<T> {
    pub(crate) fn new() -> Self {
        Self { names: Vec::new(), at: 0 }
    }

    /// Begins a round through all names. What the last round has not reached is forgotten.
    pub(crate) fn begin(&mut self) {
        self.names.truncate(self.at);
        self.at = 0;
    }

    /// What is known of this name, which `find_out` tells when it is new.
    pub(crate) fn look_up(&mut self, name: &str, find_out: impl FnOnce(&str) -> T) -> &mut T {
        let is_it = |(known, _): &(String, T)| known == name;
        match self.names[self.at..].iter().take(NEAR).position(is_it) {
            Some(0) => {}
            Some(gone) => drop(self.names.drain(self.at..self.at + gone)),
            None => self.names.insert(self.at, (name.to_owned(), find_out(name))),
        }
        self.at += 1;
        &mut self.names[self.at - 1].1
    }
}

/// A filter with its answers for the names of the last round.
#[derive(Debug)]
pub(crate) struct Wanted {
    filter: Filter,
    known: Known<bool>,
}

impl Wanted {
    pub(crate) fn new(filter: Filter) -> Self {
        Self { filter, known: Known::new() }
    }

    /// Begins a round through all names.
    pub(crate) fn begin(&mut self) {
        self.known.begin();
    }

    /// Whether the filter wants this name.
    pub(crate) fn wants(&mut self, name: &str) -> bool {
        *self.known.look_up(name, |name| self.filter.wants(name))
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
            assert!(wanted.known.at == names.len() && wanted.known.names.len() <= 6);
        }
        wanted.begin();
        assert_eq!(wanted.known.names.len(), 2);
    }
}
