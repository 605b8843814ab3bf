//! Caches a value per name between scrapes: matching a regular expression is expensive, and names
//! rarely change.

use exporter_kit::Filter;

/// The values of the names of the last round. Names in the order of the last round, as the kernel
/// lists them, are found at once; names that have disappeared are dropped.
#[derive(Debug)]
pub(crate) struct Known<T> {
    /// All names in one buffer: hundreds of separate strings would be scattered over memory.
    text: String,
    /// The end of each name, and its value.
    names: Vec<(usize, T)>,
    at: usize,
}

impl<T> Known<T> {
    pub(crate) fn new() -> Self {
        Self { text: String::new(), names: Vec::new(), at: 0 }
    }

    /// Starts a round through all names. Names that the last round did not reach are dropped.
    pub(crate) fn begin(&mut self) {
        self.text.truncate(self.start(self.at));
        self.names.truncate(self.at);
        self.at = 0;
    }

    /// The value of this name, computed by `find_out` if the name is new.
    pub(crate) fn look_up(&mut self, name: &str, find_out: impl FnOnce(&str) -> T) -> &mut T {
        let start = self.start(self.at);
        let (mut from, mut gone) = (start, None);
        for (number, (end, _)) in self.names[self.at..].iter().take(NEAR).enumerate() {
            if &self.text[from..*end] == name {
                gone = Some(number);
                break;
            }
            from = *end;
        }
        match gone {
            Some(0) => {}
            Some(gone) => {
                self.text.drain(start..from);
                self.names.drain(self.at..self.at + gone);
                self.names[self.at..].iter_mut().for_each(|(end, _)| *end -= from - start);
            }
            None => {
                self.text.insert_str(start, name);
                self.names[self.at..].iter_mut().for_each(|(end, _)| *end += name.len());
                self.names.insert(self.at, (start + name.len(), find_out(name)));
            }
        }
        self.at += 1;
        &mut self.names[self.at - 1].1
    }

    /// The start of the name at this index.
    fn start(&self, at: usize) -> usize {
        at.checked_sub(1).map_or(0, |before| self.names[before].0)
    }
}

/// A filter that caches its results for the names of the last round.
#[derive(Debug)]
pub(crate) struct Wanted {
    filter: Filter,
    known: Known<bool>,
}

impl Wanted {
    pub(crate) fn new(filter: Filter) -> Self {
        Self { filter, known: Known::new() }
    }

    /// Starts a round through all names.
    pub(crate) fn begin(&mut self) {
        self.known.begin();
    }

    /// Whether the filter wants this name.
    pub(crate) fn wants(&mut self, name: &str) -> bool {
        *self.known.look_up(name, |name| self.filter.wants(name))
    }
}

/// The number of disappeared names to skip in a search.
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
            assert!(wanted.known.text.starts_with(&names.concat()), "{}", wanted.known.text);
        }
        wanted.begin();
        assert_eq!((wanted.known.names.len(), &*wanted.known.text), (2, "veth1veth1"));
    }
}
