//! Remembers which names of a source a regular expression wants: one scrape has the same names in
//! the same order as the last, and asking the expression again costs more than reading the source.

/// More names than any source has.
const MAX_NAMES: usize = 64 * 1024;

/// The decisions of the last scrape, in the order of the source.
#[derive(Debug, Default)]
pub(crate) struct Decisions {
    names: Vec<(Box<str>, bool)>,
    next: usize,
}

impl Decisions {
    /// Begins a scrape.
    pub(crate) fn rewind(&mut self) {
        self.next = 0;
    }

    /// Whether `name` is wanted: as at the last scrape, or as `decide` says for one that was not at
    /// this place then.
    pub(crate) fn wants(&mut self, name: &str, decide: impl FnOnce(&str) -> bool) -> bool {
        if let Some((known, wanted)) = self.names.get(self.next)
            && **known == *name
        {
            self.next += 1;
            return *wanted;
        }
        self.names.truncate(self.next);
        let wanted = decide(name);
        if self.next < MAX_NAMES {
            self.names.push((name.into(), wanted));
            self.next += 1;
        }
        wanted
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_name_is_decided_once_while_it_stays() {
        let (mut decisions, mut asked) = (Decisions::default(), 0);
        let mut scrape = |names: &[&str]| {
            decisions.rewind();
            let wants = |name: &&&str| {
                decisions.wants(name, |name| {
                    asked += 1;
                    name != "b"
                })
            };
            (names.iter().filter(wants).copied().collect::<String>(), asked)
        };
        assert_eq!(scrape(&["a", "b", "c"]), ("ac".to_owned(), 3));
        assert_eq!(scrape(&["a", "b", "c"]), ("ac".to_owned(), 3));
        assert_eq!(scrape(&["a", "c"]), ("ac".to_owned(), 4));
        assert_eq!(scrape(&["b"]), (String::new(), 5));
    }
}
