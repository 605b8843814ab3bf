//! Parses the settings file: TOML whose keys are the names of flags, as `web.listen-address =
//! ":9601"` or in a table `[web]`.

use toml::de::{DeTable, DeValue};

use super::flag::{FlagSpec, nearest};

/// A setting of the file.
#[derive(Debug, PartialEq, Eq)]
pub(crate) struct Entry {
    pub(crate) flag: FlagSpec,
    pub(crate) values: Vec<String>,
    /// Counted from 1.
    pub(crate) line: usize,
}

/// Parses the text of a settings file. Returns the valid settings, and every error with its line
/// and what to do.
pub(crate) fn read(text: &str, flags: &[FlagSpec]) -> (Vec<Entry>, Vec<(usize, String)>) {
    // Editors on Windows may write a byte order mark.
    let text = text.strip_prefix('\u{feff}').unwrap_or(text);
    let line =
        |offset: usize| text.as_bytes()[..offset].iter().filter(|&&b| b == b'\n').count() + 1;
    let table = match DeTable::parse(text) {
        Ok(table) => table,
        Err(error) => {
            let offset = error.span().map_or(0, |span| span.start);
            let message = match setting_at(text, offset, flags) {
                Some(flag) => format!("{}: {}; {}", flag.name, error.message(), form(flag)),
                None => error.message().to_owned(),
            };
            return (Vec::new(), vec![(line(offset), message)]);
        }
    };
    let mut reader = Reader { flags, entries: Vec::new(), errors: Vec::new() };
    reader.table("", table.get_ref(), &line);
    (reader.entries, reader.errors)
}

struct Reader<'a> {
    flags: &'a [FlagSpec],
    entries: Vec<Entry>,
    errors: Vec<(usize, String)>,
}

impl Reader<'_> {
    fn table(&mut self, prefix: &str, table: &DeTable<'_>, line: &impl Fn(usize) -> usize) {
        for (key, value) in table {
            let name = format!("{prefix}{}", key.get_ref());
            let at = line(key.span().start);
            let known = find(&name, self.flags);
            if let DeValue::Table(inner) = value.get_ref() {
                match known.filter(|flag| flag.secret) {
                    // The keys of the table may be parts of a password.
                    Some(flag) => self.errors.push((at, format!("{name}: {}", form(flag)))),
                    None => self.table(&format!("{name}."), inner, line),
                }
                continue;
            }
            // To TOML, `web.x` and `"web.x"` are different keys.
            let duplicate =
                known.and_then(|flag| self.entries.iter().find(|entry| entry.flag == *flag));
            if let Some(first) = duplicate {
                self.errors.push((at.max(first.line), format!("{name} is given twice")));
                continue;
            }
            match known {
                Some(flag) => match values(flag, value.get_ref()) {
                    Ok(values) => self.entries.push(Entry { flag: *flag, values, line: at }),
                    Err(error) => {
                        let form = form(flag);
                        self.errors.push((at, format!("{name}: {error}; {form}")));
                    }
                },
                None => self.errors.push((at, unknown_setting(&name, self.flags))),
            }
        }
    }
}

/// How the value of a setting is written in TOML: in quotes that leave backslashes alone.
fn form(flag: &FlagSpec) -> String {
    let FlagSpec { name, placeholder, .. } = flag;
    match (flag.is_list(), flag.placeholder) {
        (true, _) => format!("write {name} = ['{placeholder}', '{placeholder}']"),
        (false, "") => format!("write {name} = true or false"),
        (false, _) => format!("write {name} = '{placeholder}'"),
    }
}

/// The setting whose value is at `offset`, where the text is not TOML: the last key before it, in
/// the section before that.
fn setting_at<'a>(text: &str, offset: usize, flags: &'a [FlagSpec]) -> Option<&'a FlagSpec> {
    let rest = text.get(offset..)?;
    let end = offset + rest.find('\n').unwrap_or(rest.len());
    let mut lines = text[..end].lines().rev().map(str::trim);
    let unquoted = |key: &str| key.replace(['"', '\'', ' '], "");
    let (key, _) = lines.find_map(|line| line.split_once('='))?;
    let section = lines.find_map(|line| line.strip_prefix('[')?.strip_suffix(']').map(unquoted));
    let prefix = section.map_or(String::new(), |section| format!("{section}."));
    find(&format!("{prefix}{}", unquoted(key)), flags)
}

/// The flag that a key sets.
pub(super) fn find<'a>(name: &str, flags: &'a [FlagSpec]) -> Option<&'a FlagSpec> {
    // A collector with flags of its own is a table, whose key `enabled` is its switch.
    let collector = name.strip_suffix(".enabled");
    flags.iter().find(|flag| {
        (flag.name == name && !flag.action) || (flag.enables && collector == Some(flag.name))
    })
}

/// The error about a key that is not a flag, with what to do.
pub(super) fn unknown_setting(name: &str, flags: &[FlagSpec]) -> String {
    let advice = match (nearest(name, flags), collector_of(name)) {
        (Some(near), _) => format!("; did you mean {}?", near.name),
        (None, Some(collector)) if !flags.iter().any(|flag| flag.collector == collector) => {
            format!("; there is no collector {collector}")
        }
        _ => String::new(),
    };
    format!("unknown setting {name}{advice}")
}

/// The collector of a key such as `collector.iis.site-include`.
fn collector_of(name: &str) -> Option<&str> {
    let (collector, _) = name.strip_prefix("collector.")?.split_once('.')?;
    Some(collector)
}

fn values(flag: &FlagSpec, value: &DeValue<'_>) -> Result<Vec<String>, String> {
    match value {
        DeValue::Array(items) if flag.is_list() => {
            items.iter().map(|item| scalar(item.get_ref())).collect()
        }
        value => scalar(value).map(|text| flag.split(&text, flag.commas)),
    }
}

fn scalar(value: &DeValue<'_>) -> Result<String, String> {
    match value {
        DeValue::String(text) => Ok(text.to_string()),
        DeValue::Integer(number) => Ok(number.to_string()),
        DeValue::Float(number) => Ok(number.to_string()),
        DeValue::Boolean(value) => Ok(value.to_string()),
        other => {
            Err(format!("must be a string, number or boolean, but is of type {}", other.type_str()))
        }
    }
}

#[cfg(test)]
mod tests {
    use super::super::flag::{AnyFlag, Flag};
    use super::super::kit::KIT_FLAGS;
    use super::*;

    const CPU: FlagSpec =
        FlagSpec { enables: true, ..Flag::switch("collector.cpu", "CPU.").on().into_spec() };

    const PASSWORD: FlagSpec =
        Flag::text("pool.password", "PASSWORD", "", "Password.").secret().into_spec();

    type Read = Result<Vec<(String, String, usize)>, Vec<(usize, String)>>;

    fn run(text: &str) -> Read {
        let kit = KIT_FLAGS.iter().copied().map(AnyFlag::spec);
        let (entries, errors) = read(text, &kit.chain([CPU, PASSWORD]).collect::<Vec<_>>());
        if !errors.is_empty() {
            return Err(errors);
        }
        let mut entries: Vec<_> = entries
            .into_iter()
            .map(|entry| (entry.flag.name.to_owned(), entry.values.join("|"), entry.line))
            .collect();
        entries.sort_by_key(|(_, _, line)| *line);
        Ok(entries)
    }

    #[test]
    fn keys_are_flag_names_in_every_spelling() {
        let text = "\u{feff}# comment\nweb.listen-address = [\":1\", \"[::1]:2\"]\n\
                    \"web.telemetry-path\" = '/m'\r\n[web]\nmax-requests = 7\nenable-openmetrics = true\n\
                    [scrape]\ntimeout = 2.5\n";
        let expected = [
            ("web.listen-address", ":1|[::1]:2", 2),
            ("web.telemetry-path", "/m", 3),
            ("web.max-requests", "7", 5),
            ("web.enable-openmetrics", "true", 6),
            ("scrape.timeout", "2.5", 8),
        ];
        // A dotted key defines [web], which TOML forbids to define again.
        let text = text.replace("web.listen-address", "\"web.listen-address\"");
        let expected =
            expected.map(|(name, value, line)| (name.to_owned(), value.to_owned(), line));
        assert_eq!(run(&text), Ok(expected.to_vec()));
    }

    #[test]
    fn collectors_are_enabled_by_name_or_in_a_table() {
        for text in [
            "collector.cpu = false",
            "[collector]\ncpu = false",
            "[collector.cpu]\nenabled = false",
        ] {
            let (name, value, _) = run(text).unwrap().remove(0);
            assert_eq!((&*name, &*value), ("collector.cpu", "false"), "{text}");
        }
    }

    #[test]
    fn errors_have_their_line() {
        let cases = [
            ("web.listen-address = \n", 1, ""),
            ("\n\nweb.listen-adress = ':1'", 3, "did you mean web.listen-address?"),
            ("nonsense = 1", 1, "unknown setting nonsense"),
            ("web.telemetry-path = ['/a']", 1, "but is of type array"),
            ("'log.level' = 'warn'\n[log]\nlevel = 'info'", 3, "log.level is given twice"),
            ("help = true", 1, "unknown setting help"),
            ("scrape.timeout = 1979-05-27", 1, "must be a string"),
            ("pool.password = ['a']", 1, "pool.password: must be a string"),
            ("web.listen-address = [{a = 1}]", 1, "write web.listen-address = ['ADDRESS'"),
        ];
        for (text, line, expected) in cases {
            let errors = run(text).unwrap_err();
            assert_eq!(errors.len(), 1, "{errors:?}");
            assert!(errors[0].0 == line && errors[0].1.contains(expected), "{text:?}: {errors:?}");
        }
    }

    #[test]
    fn errors_of_syntax_name_the_setting() {
        for (text, line, expected) in [
            ("pool.password = geheim", 1, "write pool.password = 'PASSWORD'"),
            ("[web]\n\n[pool]\n'password' = 'geheim", 4, "write pool.password = 'PASSWORD'"),
            ("[pool]\npassword = \"ge\\heim\"", 2, "write pool.password = 'PASSWORD'"),
            ("[web]\nlisten-address = [\n  :1,\n]", 3, "write web.listen-address = ['ADDRESS'"),
            ("web.enable-openmetrics = yes", 1, "write web.enable-openmetrics = true or false"),
        ] {
            let errors = run(text).unwrap_err();
            assert!(errors[0].0 == line && errors[0].1.contains(expected), "{text:?}: {errors:?}");
            assert!(!errors[0].1.contains("geheim"), "{errors:?}");
        }
        assert!(!run("nonsense = geheim").unwrap_err()[0].1.contains("write"));
    }

    #[test]
    fn passwords_are_not_in_errors() {
        for text in [
            "geheim",
            "pool.password geheim",
            "pool.password = geheim",
            "pool.password = 'geheim",
            "pool.password = geheim'",
            "pool.password = 'x' geheim",
            "pool.password = \"\\geheim\"",
            "pool.password = ['geheim']",
            "pool.password = {geheim = 1}",
            "pool.password.geheim = 1",
            "[pool.password]\ngeheim = 'geheim'",
            "pool.password = 'geheim'\npool.password = 'geheim'",
            "'pool.password' = 'geheim'\n[pool]\npassword = 'geheim'",
            "pool.passwort = 'geheim'",
        ] {
            let errors = run(text).unwrap_err();
            assert!(!errors.is_empty(), "{text}");
            assert!(!format!("{errors:?}").contains("geheim"), "{text}: {errors:?}");
        }
    }

    #[test]
    fn all_errors_are_reported_together() {
        let errors = run("a = 1\nweb.telemetry-path = {x = 1, y = 2}\nb.c = 2").unwrap_err();
        assert_eq!(errors.len(), 4, "{errors:?}");
    }
}
