//! Parses a settings file in YAML, which windows_exporter's users have: its keys are names of flags
//! as those of the TOML file are, in sections or with dots.

use super::file::{Entry, find, unknown_setting};
use super::flag::FlagSpec;
use crate::web::yaml::{self, Value};

/// As [`file::read`](super::file::read), for YAML.
pub(crate) fn read(text: &str, flags: &[FlagSpec]) -> (Vec<Entry>, Vec<(usize, String)>) {
    let mut reader = Reader { flags, entries: Vec::new(), errors: Vec::new() };
    match yaml::read(text) {
        Ok(root) => reader.section("", &root),
        Err(fault) => reader.errors.push(fault),
    }
    (reader.entries, reader.errors)
}

struct Reader<'a> {
    flags: &'a [FlagSpec],
    entries: Vec<Entry>,
    errors: Vec<(usize, String)>,
}

impl Reader<'_> {
    fn section(&mut self, prefix: &str, entries: &[yaml::Entry]) {
        for yaml::Entry { key, line, value } in entries {
            let name = format!("{prefix}{key}");
            match value {
                Value::Map(entries) => self.section(&format!("{name}."), entries),
                // An empty section.
                Value::Null => {}
                Value::Text(text) => self.setting(&name, text, *line),
                Value::List => {
                    let error = format!("{name}: must be one text, with commas between values");
                    self.errors.push((*line, error));
                }
            }
        }
    }

    fn setting(&mut self, name: &str, text: &str, line: usize) {
        let Some(flag) = find(name, self.flags) else {
            self.errors.push((line, unknown_setting(name, self.flags)));
            return;
        };
        if self.entries.iter().any(|entry| entry.flag == *flag) {
            self.errors.push((line, format!("{name} is given twice")));
            return;
        }
        let values = flag.split(text, flag.is_list());
        self.entries.push(Entry { flag: *flag, values, line });
    }
}

#[cfg(test)]
mod tests {
    use super::super::flag::{AnyFlag, Flag};
    use super::super::kit::{COLLECTORS_ENABLED, KIT_FLAGS};
    use super::super::pattern::Pattern;
    use super::*;

    const INCLUDE: Flag<Pattern> = Flag::pattern("collector.service.include", "", "Services.");
    const VOLUMES: Flag<Pattern> = Flag::pattern("collector.disk.volume-exclude", "", "Volumes.");
    const SERVICE: FlagSpec =
        FlagSpec { enables: true, ..Flag::switch("collector.service", "S.").on().into_spec() };

    type Found = (&'static str, String, usize);

    fn run(text: &str) -> (Vec<Found>, Vec<(usize, String)>) {
        let own: [&dyn AnyFlag; 3] = [&INCLUDE, &VOLUMES, &COLLECTORS_ENABLED];
        let flags = KIT_FLAGS.iter().copied().chain(own).map(AnyFlag::spec);
        let (entries, errors) = read(text, &flags.chain([SERVICE]).collect::<Vec<_>>());
        let entry = |it: Entry| (it.flag.name, it.values.join("|"), it.line);
        (entries.into_iter().map(entry).collect(), errors)
    }

    #[test]
    fn sections_and_dots_are_flag_names() {
        let text = "# of another exporter\ncollectors:\n  enabled: cpu, service\n\
                    collector:\n  service:\n    include: \"W32.+\"\nlog:\n  level: debug\n\
                    web.listen-address: ':9182,[::1]:9182'\nprocess:\n";
        let expected = [
            ("collectors.enabled", "cpu|service", 3),
            ("collector.service.include", "W32.+", 6),
            ("log.level", "debug", 8),
            ("web.listen-address", ":9182|[::1]:9182", 9),
        ];
        let expected = expected.map(|(name, value, line)| (name, value.to_owned(), line));
        assert_eq!(run(text), (expected.to_vec(), Vec::new()));
        let (entries, _) = run("collector: {service: {enabled: false}}");
        assert_eq!(entries, [("collector.service", "false".to_owned(), 1)]);
    }

    #[test]
    fn keys_of_other_exporters_are_answered_by_ours() {
        for (text, expected) in [
            (
                "telemetry:\n  path: /m",
                "unknown setting telemetry.path; did you mean web.telemetry-path?",
            ),
            ("telemetry.max-requests: 5", "did you mean web.max-requests?"),
            ("scrape:\n  timeout-margin: 0.5", "did you mean scrape.timeout?"),
            ("collector.disk.volume-blacklist: D", "did you mean collector.disk.volume-exclude?"),
            ("collector:\n  iis:\n    site-include: a", "there is no collector iis"),
            ("nonsense: 1", "unknown setting nonsense"),
            ("help: true", "unknown setting help"),
            ("log.level: [a]", "must be one text"),
            ("log.level: a\nlog: {level: b}", "log.level is given twice"),
            ("a: b: c", ""),
        ] {
            let (entries, errors) = run(text);
            assert_eq!(errors.len(), 1, "{text}: {entries:?} {errors:?}");
            assert!(errors[0].1.contains(expected), "{text}: {errors:?}");
            assert!(errors[0].0 <= text.lines().count(), "{text}: {errors:?}");
        }
    }
}
