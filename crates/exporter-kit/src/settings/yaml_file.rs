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
        Err((line, error)) => {
            let error = match setting_at(text, line, flags) {
                Some(flag) => format!("{}: {error}; {}", flag.name, form(flag)),
                None => error,
            };
            reader.errors.push((line, error));
        }
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
            let known = find(&name, self.flags);
            match value {
                // The keys of the section may be parts of a password.
                Value::Map(_) if known.is_some_and(|flag| flag.secret) => {
                    self.errors.push((*line, format!("{name}: must be one text in quotes")));
                }
                Value::Map(entries) => self.section(&format!("{name}."), entries),
                // An empty section.
                Value::Null => {}
                Value::Text(text) => self.setting(&name, text, *line),
                Value::List => self.errors.push((
                    *line,
                    match known {
                        Some(flag) => format!("{name}: must be one text; {}", form(flag)),
                        None => unknown_setting(&name, self.flags),
                    },
                )),
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

/// How the value of a setting is written in YAML: in quotes that leave backslashes alone.
fn form(flag: &FlagSpec) -> String {
    let FlagSpec { name, placeholder, .. } = flag;
    match (flag.is_list(), flag.placeholder) {
        (true, _) => format!("write {name}: '{placeholder},{placeholder}'"),
        (false, "") => format!("write {name}: true or false"),
        (false, _) => format!("write {name}: '{placeholder}'"),
    }
}

/// The setting whose value is in a line, counted from 1, where the text is not YAML: the last key
/// up to there, in the sections with less indentation before it.
fn setting_at<'a>(text: &'a str, line: usize, flags: &'a [FlagSpec]) -> Option<&'a FlagSpec> {
    let key = |line: &'a str| {
        let key = line.split_once(':')?.0.trim_start();
        Some((line.len() - line.trim_start().len(), key.trim_matches(['"', '\''])))
    };
    let lines: Vec<&str> = text.lines().take(line).collect();
    let mut keys = lines.iter().rev().filter_map(|line| key(line));
    let (mut indentation, name) = keys.next()?;
    let mut name = name.to_owned();
    for (of_section, section) in keys {
        if of_section < indentation {
            indentation = of_section;
            name = format!("{section}.{name}");
        }
    }
    find(&name, flags)
}

#[cfg(test)]
mod tests {
    use super::super::flag::{AnyFlag, Flag};
    use super::super::kit::{COLLECTORS_ENABLED, KIT_FLAGS};
    use super::super::pattern::Pattern;
    use super::*;

    const INCLUDE: Flag<Pattern> = Flag::pattern("collector.service.include", "", "Services.");
    const VOLUMES: Flag<Pattern> = Flag::pattern("collector.disk.volume-exclude", "", "Volumes.");
    const PASSWORD: Flag<String> =
        Flag::text("pool.password", "PASSWORD", "", "Password.").secret();
    const SERVICE: FlagSpec =
        FlagSpec { enables: true, ..Flag::switch("collector.service", "S.").on().into_spec() };

    type Found = (&'static str, String, usize);

    fn run(text: &str) -> (Vec<Found>, Vec<(usize, String)>) {
        let own: [&dyn AnyFlag; 4] = [&INCLUDE, &VOLUMES, &COLLECTORS_ENABLED, &PASSWORD];
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
            ("log.level: [a]", "log.level: must be one text; write log.level: 'LEVEL'"),
            ("web:\n  listen-address: [a]", "write web.listen-address: 'ADDRESS,ADDRESS'"),
            ("web:\n  listen-adress: [a]", "did you mean web.listen-address?"),
            ("pool: {password: [geheim]}", "pool.password: must be one text"),
            ("pool:\n  password: @geheim", "write pool.password: 'PASSWORD'"),
            ("log:\n  level: info\npool:\n  'password': 'geheim", "write pool.password: "),
            ("pool.password: *geheim", "write pool.password: 'PASSWORD'"),
            ("pool:\n  password:\n    geheim: 1", "pool.password: must be one text"),
            ("pool.password geheim", "must begin with a key"),
            ("log.level: a\nlog: {level: b}", "log.level is given twice"),
            ("a: b: c", ""),
        ] {
            let (entries, errors) = run(text);
            assert_eq!(errors.len(), 1, "{text}: {entries:?} {errors:?}");
            assert!(errors[0].1.contains(expected), "{text}: {errors:?}");
            assert!(errors[0].0 <= text.lines().count(), "{text}: {errors:?}");
            assert!(!errors[0].1.contains("geheim"), "{text}: {errors:?}");
        }
    }
}
