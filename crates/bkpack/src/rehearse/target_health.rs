//! Whether the monitored service answers. By convention, an exporter reports that in a metric whose
//! name ends in `_up`; if it is 0, most other metrics are absent for no other visible reason.

use std::collections::BTreeMap;

use blueking_package::agent::Sample;
use blueking_package::plugin::{self, ItemType};
use blueking_package::v51::{self, ParameterType};

use super::checklist::{Level, Notes};
use super::target::{Form, Target, Values};
use crate::texts::rehearse_page as texts;
use crate::texts::{list, remarked};

/// Words that mark a row as secret by its name.
const SECRET: [&str; 6] = ["password", "passwd", "secret", "token", "credential", "apikey"];

/// A row of the form.
#[derive(Debug)]
struct Row<'a> {
    name: &'a str,
    value: String,
    is_secret: bool,
}

/// Warns if a metric reports the service as down, and lists the rows that may configure its
/// address. Returns the name of the metric.
pub(super) fn check(
    samples: &[Sample],
    target: &Target,
    values: &Values,
    url: &str,
    notes: &mut Notes,
) -> Option<String> {
    let mut found = None;
    for Service { name, down, all, is_whole } in services(samples) {
        if down == all && is_whole {
            let rows = rows(target, values);
            let reasons = reasons(samples);
            notes.add(Level::Warning, "down", name, warning(name, &reasons, &rows, url));
            found.get_or_insert_with(|| name.to_owned());
        } else if down > 0 {
            notes.add(Level::Fact, "down", name, texts::partly_down(down, all, name));
        }
    }
    found
}

/// The metric that reports the whole service as down, if one does.
pub(crate) fn down(samples: &[Sample]) -> Option<&str> {
    let mut services = services(samples).into_iter();
    services.find(|service| service.down == service.all && service.is_whole).map(|found| found.name)
}

/// What a metric reports about the service.
struct Service<'a> {
    name: &'a str,
    /// Samples that are 0.
    down: usize,
    all: usize,
    /// Whether it is about the service as a whole.
    is_whole: bool,
}

fn services(samples: &[Sample]) -> Vec<Service<'_>> {
    let mut states: BTreeMap<&str, Vec<f64>> = BTreeMap::new();
    for sample in
        samples.iter().filter(|sample| sample.name == "up" || sample.name.ends_with("_up"))
    {
        states.entry(&sample.name).or_default().push(sample.value);
    }
    let mut found = Vec::new();
    for (name, seen) in &states {
        let down = seen.iter().filter(|&&state| state == 0.0).count();
        let is_whole = !is_detail(name, states.keys());
        found.push(Service { name, down, all: seen.len(), is_whole });
    }
    found
}

/// Samples that report why the last scrape failed, such as
/// `redis_exporter_last_scrape_error{err="auth"}`.
fn reasons(samples: &[Sample]) -> Vec<String> {
    let is_reason = |s: &&Sample| s.name.ends_with("_last_scrape_error") && s.value == 1.0;
    let format = |sample: &Sample| {
        let labels: Vec<_> =
            sample.labels.iter().map(|(name, value)| format!("{name}={value:?}")).collect();
        texts::is_one(&match &*labels {
            [] => sample.name.clone(),
            labels => format!("{}{{{}}}", sample.name, labels.join(",")),
        })
    };
    samples.iter().filter(is_reason).map(format).collect()
}

/// Whether another metric covers the whole service, such as `redis_up` for `redis_master_link_up`.
fn is_detail<'n>(name: &str, mut others: impl Iterator<Item = &'n &'n str>) -> bool {
    others.any(|other| {
        *other != name && other.strip_suffix("up").is_some_and(|whole| name.starts_with(whole))
    })
}

fn warning(metric: &str, reasons: &[String], rows: &[Row<'_>], url: &str) -> String {
    let labels: Vec<_> =
        rows.iter().filter(|row| !is_own_address(&row.value, url)).map(Row::label).collect();
    let down = match reasons {
        [] => texts::down(metric),
        reasons => texts::down_because(metric, &list(reasons)),
    };
    match &*labels {
        [] => texts::down_without_rows(&down),
        rows => texts::down_with_rows(&down, &list(rows)),
    }
}

/// The rows that are passed to the exporter, with their current values.
fn rows<'a>(target: &'a Target, values: &Values) -> Vec<Row<'a>> {
    let value = |name: &str, default: String| values.get(name).cloned().unwrap_or(default);
    match &target.form {
        Form::Plugin(items) => {
            let items = items.iter().filter(|item| item.mode != plugin::Mode::Collector);
            let row = |item: &'a plugin::ConfigItem| Row {
                name: &item.name,
                value: value(&item.name, item.default_text()),
                is_secret: matches!(item.input, ItemType::Password | ItemType::Encrypt),
            };
            items.map(row).collect()
        }
        Form::Component(rows) => {
            let rows = rows.iter().filter(|row| row.mode != v51::Mode::Collector);
            let row = |row: &'a v51::StartParameter| Row {
                name: &row.name,
                value: value(&row.name, row.default.clone()),
                is_secret: row.input == ParameterType::Password,
            };
            rows.map(row).collect()
        }
    }
}

/// The values of the rows for passwords.
pub(super) fn secrets(target: &Target, values: &Values) -> Vec<String> {
    let rows = rows(target, values).into_iter();
    rows.filter(|row| row.is_secret).map(|row| row.value).collect()
}

/// Whether a value is the exporter's own scrape address or path.
fn is_own_address(value: &str, url: &str) -> bool {
    let address = url.strip_prefix("http://").unwrap_or(url);
    let (address, path) = address.split_at(address.find('/').unwrap_or(address.len()));
    let is_address = value.contains("${port}") || value == address;
    is_address || (!path.is_empty() && value == path)
}

impl Row<'_> {
    fn label(&self) -> String {
        let name = self.name.to_lowercase();
        let is_secret = self.is_secret
            || (!name.ends_with("file") && SECRET.iter().any(|word| name.contains(word)));
        let value = match (&*self.value, is_secret) {
            ("", _) => texts::empty(),
            (_, true) => texts::hidden(),
            // Database URLs have user and password before an `@`.
            (value, false) => match value.rsplit_once('@') {
                Some((_, host)) => format!("…@{host}"),
                None => value.to_owned(),
            },
        };
        remarked(self.name, &value)
    }
}

#[cfg(test)]
mod tests {
    use blueking_package::agent::{Declared, Page};
    use blueking_package::plugin::{ConfigItem, System};
    use blueking_package::v51::{EXPORTER_URL, Mode, StartParameter};

    use super::super::checklist::{Checklist, ProgressTo};
    use super::super::described::Described;
    use super::*;

    const URL: &str = "http://127.0.0.1:9602/metrics";

    fn target() -> Target {
        let row = |name: &str, mode, input, default: &str| StartParameter {
            default: default.to_owned(),
            mode,
            input,
            name: name.to_owned(),
            description: String::new(),
            visible: true,
        };
        let text = ParameterType::Text;
        let rows = vec![
            row(EXPORTER_URL, Mode::Collector, text, URL),
            row("--web.listen-address", Mode::Cmd, text, "127.0.0.1:9602"),
            row("--web.telemetry-path", Mode::Cmd, text, "/metrics"),
            row("--db.address", Mode::Cmd, text, "127.0.0.1:1"),
            row("--db.url", Mode::Cmd, text, "db://me:s3cret@host:1/x"),
            row("--db.password-file", Mode::Cmd, text, "/etc/pw"),
            row("DB_TOKEN", Mode::Env, text, "s3cret"),
            row("DB_PW", Mode::Env, ParameterType::Password, "s3cret"),
            row("DB_USER", Mode::Env, text, ""),
        ];
        Target {
            id: "db".to_owned(),
            version: None,
            system: System::LinuxX86_64,
            form: Form::Component(rows),
            declared: Declared::default(),
            described: Described::default(),
            files: Vec::new(),
            lacking: Vec::new(),
        }
    }

    /// The notes on a page, each prefixed with its level.
    fn lines(page: &str, target: &Target, values: &Values) -> Vec<String> {
        let mut list = Checklist::new(ProgressTo::Stderr);
        list.step("scrape", |notes| {
            let samples = Page::read(page.as_bytes()).samples;
            check(&samples, target, values, URL, notes);
            Ok(((), String::new()))
        });
        list.notes().map(|note| format!("{} {}", note.level.name(), note.text)).collect()
    }

    #[test]
    fn down_service_is_reported_with_the_form() {
        let values = Values::from([("--db.address".to_owned(), "10.0.0.1:5".to_owned())]);
        let text = lines("db_up 0\n", &target(), &values).concat();
        let begin =
            "warning db_up is 0: the monitored service does not answer or rejects requests, so ";
        assert!(text.starts_with(begin), "{text}");
        let rows = "; the form has --db.address (10.0.0.1:5), --db.url (…@host:1/x), \
                    --db.password-file (/etc/pw), DB_TOKEN (hidden), DB_PW (hidden), DB_USER (empty)";
        assert!(text.ends_with(rows), "{text}");

        let bare = Target { form: Form::Component(Vec::new()), ..target() };
        let text = lines("up{a=\"1\"} 0\nup{a=\"2\"} 0\n", &bare, &Values::new()).concat();
        assert!(text.contains("the form has no row for it"), "{text}");
    }

    #[test]
    fn reason_of_the_failed_scrape_is_reported() {
        let page = "db_up 0\ndb_exporter_last_scrape_error{err=\"dial\"} 0\n\
                    db_exporter_last_scrape_error{err=\"auth\"} 1\nx_last_scrape_error 1\n";
        let text = lines(page, &target(), &Values::new()).concat();
        let why = "db_up is 0 (db_exporter_last_scrape_error{err=\"auth\"} is 1, \
                   x_last_scrape_error is 1): the";
        assert!(text.contains(why), "{text}");
    }

    #[test]
    fn own_address_and_secrets_are_not_listed() {
        let item = |name: &str, mode, input, default: &str| ConfigItem {
            name: name.to_owned(),
            mode,
            input,
            default: default.into(),
            description: String::new(),
            visible: true,
            file_base64: None,
        };
        let items = vec![
            item("port", plugin::Mode::Collector, ItemType::Text, "9602"),
            item("--web.listen-address", plugin::Mode::OptCmd, ItemType::Text, "${host}:${port}"),
            item("--db.address", plugin::Mode::OptCmd, ItemType::Text, "127.0.0.1:1"),
            item("DB_PW", plugin::Mode::Env, ItemType::Password, "s3cret"),
            item("DB_PIN", plugin::Mode::Env, ItemType::Encrypt, "s3cret"),
        ];
        let plugin = Target { form: Form::Plugin(items), ..target() };
        let text = lines("db_up 0\n", &plugin, &Values::new()).concat();
        let rows = "; the form has --db.address (127.0.0.1:1), DB_PW (hidden), DB_PIN (hidden)";
        assert!(text.ends_with(rows), "{text}");
    }

    #[test]
    fn partly_down_service_is_only_a_fact() {
        let notes = |page| lines(page, &target(), &Values::new());
        let text = notes("link_up{a=\"1\"} 0\nlink_up{a=\"2\"} 1\n");
        assert!(text[0].starts_with("fact 1 of 2 samples of link_up are 0"), "{text:?}");
        let text = notes("db_up 1\ndb_master_link_up 0\n");
        assert!(text[0].starts_with("fact 1 of 1 samples of db_master_link_up"), "{text:?}");
        assert_eq!(notes("db_up 1\nbackup 0\ndb_up_total 0\n"), [""; 0]);
    }
}
