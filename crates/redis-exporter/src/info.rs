//! Parser for the reply to `INFO`: lines `key:value`, some with `name=value` lists. It accepts any
//! text and skips what it cannot parse.

use std::collections::HashMap;

/// A parsed `INFO` reply.
#[derive(Debug, Default)]
pub(crate) struct Info<'a> {
    lines: Vec<(&'a str, &'a str)>,
    /// Positions by key; the first one for a duplicate key.
    by_key: HashMap<&'a str, usize>,
}

impl<'a> Info<'a> {
    /// Reads the text; lines without a colon and headings (`# Server`) are skipped.
    pub(crate) fn parse(text: &'a str) -> Self {
        let mut info = Self::default();
        let lines = text.lines().filter(|line| !line.starts_with('#'));
        for (key, value) in lines.filter_map(|line| line.split_once(':')) {
            info.by_key.entry(key).or_insert(info.lines.len());
            info.lines.push((key, value.trim()));
        }
        info
    }

    /// The value of a key as text.
    pub(crate) fn text(&self, key: &str) -> Option<&'a str> {
        self.by_key.get(key).map(|at| self.lines[*at].1)
    }

    /// The value of a key as a [`number`].
    pub(crate) fn number(&self, key: &str) -> Option<f64> {
        number(self.text(key)?)
    }

    /// All lines, in the order of the reply.
    pub(crate) fn lines(&self) -> impl Iterator<Item = (&'a str, &'a str)> {
        self.lines.iter().copied()
    }

    /// The lines whose keys start with `prefix`, as the rest of the key and the list. A key that
    /// repeats is here as often.
    pub(crate) fn lists(&self, prefix: &str) -> impl Iterator<Item = (&'a str, List<'a>)> {
        self.lines().filter_map(move |(key, value)| Some((key.strip_prefix(prefix)?, List(value))))
    }
}

/// A list such as `keys=2,expires=1`.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct List<'a>(&'a str);

impl<'a> List<'a> {
    /// The value of a name as text.
    pub(crate) fn text(&self, name: &str) -> Option<&'a str> {
        let mut pairs = self.0.split(',').filter_map(|pair| pair.split_once('='));
        pairs.find(|(key, _)| *key == name).map(|(_, value)| value)
    }

    /// The value of a name as a number, if it is at least 0.
    pub(crate) fn number(&self, name: &str) -> Option<f64> {
        number(self.text(name)?).filter(|number| *number >= 0.0)
    }
}

/// A text as a number; a state is 1 if it is good and 0 otherwise. A number that wrapped below zero is
/// negative again.
pub(crate) fn number(text: &str) -> Option<f64> {
    match text {
        "ok" | "up" | "yes" | "true" => return Some(1.0),
        "err" | "down" | "no" | "false" | "fail" => return Some(0.0),
        _ => {}
    }
    // Some differences fall below zero and are printed as unsigned numbers near 2^64.
    if let Ok(unsigned) = text.parse::<u64>() {
        return Some(unsigned.cast_signed() as f64);
    }
    // Rust also parses inf and nan.
    let number: f64 = text.parse().ok()?;
    number.is_finite().then_some(number)
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    #[test]
    fn keys_numbers_and_states_are_read() {
        let text = "# Server\r\nredis_version:7.0.15\r\nos:Linux 6 x86_64\r\n\r\nnothing\r\n\
                    used_cpu_sys:0.013\r\nused_memory:941152\r\nrdb_last_bgsave_status:err\r\n\
                    aof_last_write_status:ok\r\nsecond:-1\r\nused_memory:2\r\nconfig_file:\r\n";
        let info = Info::parse(text);
        assert_eq!(info.text("os"), Some("Linux 6 x86_64"));
        for (key, expected) in [
            ("redis_version", None),
            ("nothing", None),
            ("config_file", None),
            ("used_cpu_sys", Some(0.013)),
            ("used_memory", Some(941_152.0)),
            ("rdb_last_bgsave_status", Some(0.0)),
            ("aof_last_write_status", Some(1.0)),
            ("second", Some(-1.0)),
        ] {
            assert_eq!(info.number(key), expected, "{key}");
        }
    }

    #[test]
    fn lists_are_read_by_their_prefix() {
        let text = "db0:keys=2,expires=1,avg_ttl=-5\r\ndb1:keys=x\r\ndb0:keys=9\r\ndbx\r\n";
        let info = Info::parse(text);
        let lists: Vec<_> = info.lists("db").collect();
        let names: Vec<_> = lists.iter().map(|(name, _)| *name).collect();
        assert_eq!(names, ["0", "1", "0"]);
        let numbers = ["keys", "expires", "avg_ttl", "gone"].map(|name| lists[0].1.number(name));
        assert_eq!(numbers, [Some(2.0), Some(1.0), None, None]);
        assert_eq!(lists[1].1.number("keys"), None);
    }

    #[test]
    fn non_numeric_words_have_no_number() {
        for text in ["inf", "nan", "-infinity", "NaN", "1e999", "", "-", "0x10", "1 "] {
            assert_eq!(number(text), None, "{text}");
        }
    }

    #[test]
    fn numbers_that_wrapped_are_negative() {
        for (text, expected) in [
            ("18446744073709551615", -1.0),
            ("18446744073709547520", -4096.0),
            ("9223372036854775808", -9_223_372_036_854_775_808.0),
            ("9223372036854775807", 9_223_372_036_854_775_807.0),
            ("4294967295", 4_294_967_295.0),
            ("-3", -3.0),
        ] {
            assert_eq!(number(text), Some(expected), "{text}");
            let line = format!("x:n={text}");
            let unsigned = Info::parse(&line).lists("x").next().unwrap().1.number("n");
            assert_eq!(unsigned, Some(expected).filter(|it| *it >= 0.0), "{text}");
        }
    }

    proptest! {
        #[test]
        fn any_text_can_be_queried(text in "\\PC*", key in "\\PC{0,3}") {
            let info = Info::parse(&text);
            let _ = info.number(&key);
            for (_, list) in info.lists(&key) {
                let _ = list.number(&key);
            }
        }

        #[test]
        fn numbers_are_finite(text in "[-+.e0-9infatyNI]{0,12}") {
            prop_assert!(number(&text).is_none_or(f64::is_finite));
        }
    }
}
