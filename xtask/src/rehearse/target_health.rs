//! Whether what an exporter watches answers. By a custom of Prometheus, an exporter tells that in a
//! metric whose name ends in `_up`; where it is 0, most others are missing, and no step shows why.

use std::collections::BTreeMap;

use blueking_package::agent::Sample;
use blueking_package::plugin::{self, ItemType};
use blueking_package::v51::{self, ParameterType};

use super::checklist::{Level, Notes};
use super::target::{Form, Target, Values};

/// Words in the name of a row whose value nobody else should read.
const SECRET: [&str; 6] = ["password", "passwd", "secret", "token", "credential", "apikey"];

/// A row of the form.
#[derive(Debug)]
struct Row<'a> {
    name: &'a str,
    value: String,
    is_secret: bool,
}

/// Warns where a metric says that nothing answers, with the rows in which one may say where it is;
/// the name of that metric.
pub(super) fn look(
    samples: &[Sample],
    target: &Target,
    values: &Values,
    url: &str,
    notes: &mut Notes,
) -> Option<String> {
    let mut found = None;
    let mut states: BTreeMap<&str, Vec<f64>> = BTreeMap::new();
    for sample in samples.iter().filter(|one| one.name == "up" || one.name.ends_with("_up")) {
        states.entry(&sample.name).or_default().push(sample.value);
    }
    for (name, seen) in &states {
        let down = seen.iter().filter(|&&state| state == 0.0).count();
        if down == seen.len() && !is_detail(name, states.keys()) {
            let rows = rows(target, values);
            let reasons = reasons(samples);
            notes.add(Level::Warning, "down", *name, told(name, &reasons, &rows, url));
            found.get_or_insert_with(|| (*name).to_owned());
        } else if down > 0 {
            let text = format!(
                "{down} of {} samples of {name} are 0: what these are about does not answer, and other \
                 metrics of it may be missing",
                seen.len()
            );
            notes.add(Level::Fact, "down", *name, text);
        }
    }
    found
}

/// Samples by which an exporter says why its last scrape failed, such as
/// `redis_exporter_last_scrape_error{err="auth"}`.
fn reasons(samples: &[Sample]) -> Vec<String> {
    let is_one = |one: &&Sample| one.name.ends_with("_last_scrape_error") && one.value == 1.0;
    let shown = |one: &Sample| {
        let labels: Vec<_> =
            one.labels.iter().map(|(name, value)| format!("{name}={value:?}")).collect();
        match &*labels {
            [] => format!("{} is 1", one.name),
            labels => format!("{}{{{}}} is 1", one.name, labels.join(",")),
        }
    };
    samples.iter().filter(is_one).map(shown).collect()
}

/// Whether another of the metrics tells of the whole, as `redis_up` beside `redis_master_link_up`.
fn is_detail<'n>(name: &str, mut others: impl Iterator<Item = &'n &'n str>) -> bool {
    others.any(|other| {
        *other != name && other.strip_suffix("up").is_some_and(|whole| name.starts_with(whole))
    })
}

fn told(metric: &str, reasons: &[String], rows: &[Row<'_>], url: &str) -> String {
    let shown: Vec<_> =
        rows.iter().filter(|row| !is_of_the_page(&row.value, url)).map(Row::shown).collect();
    let why = if reasons.is_empty() { String::new() } else { format!(" ({})", reasons.join(", ")) };
    let begin = format!(
        "{metric} is 0{why}: what the exporter watches does not answer, or refuses, so most of its \
         metrics are missing here; rehearse with one that answers"
    );
    match &*shown {
        [] => format!(
            "{begin}, where the exporter looks for it by itself: the form has no row for it"
        ),
        rows => format!(
            "{begin}, and say where it is, and what it asks for, with --param NAME=VALUE; the form has {}",
            rows.join(", ")
        ),
    }
}

/// The rows with what they hold now, without those that the exporter does not get.
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

/// Whether a value says where the exporter itself is scraped.
fn is_of_the_page(value: &str, url: &str) -> bool {
    let address = url.strip_prefix("http://").unwrap_or(url);
    let (address, path) = address.split_at(address.find('/').unwrap_or(address.len()));
    let is_address = value.contains("${port}") || value == address;
    is_address || (!path.is_empty() && value == path)
}

impl Row<'_> {
    fn shown(&self) -> String {
        let name = self.name.to_lowercase();
        let is_secret = self.is_secret
            || (!name.ends_with("file") && SECRET.iter().any(|word| name.contains(word)));
        match (&*self.value, is_secret) {
            ("", _) => format!("{} (empty)", self.name),
            (_, true) => format!("{} (hidden)", self.name),
            // Addresses of databases have user and password before an `@`.
            (value, false) => match value.rsplit_once('@') {
                Some((_, host)) => format!("{} (…@{host})", self.name),
                None => format!("{} ({value})", self.name),
            },
        }
    }
}

#[cfg(test)]
mod tests {
    use blueking_package::agent::{Declared, Page};
    use blueking_package::plugin::{ConfigItem, System};
    use blueking_package::v51::{EXPORTER_URL, Mode, StartParameter};

    use super::super::checklist::{Checklist, ProgressTo};
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
            files: Vec::new(),
            lacking: Vec::new(),
        }
    }

    /// What is told of a page, with the level before it.
    fn lines(page: &str, target: &Target, values: &Values) -> Vec<String> {
        let mut list = Checklist::new(ProgressTo::Stderr);
        list.step("scrape", |notes| {
            let samples = Page::read(page.as_bytes()).samples;
            look(&samples, target, values, URL, notes);
            Ok(((), String::new()))
        });
        list.notes().map(|note| format!("{} {}", note.level.label(), note.text)).collect()
    }

    #[test]
    fn who_does_not_answer_is_told_with_the_rows_that_say_where_it_is() {
        let values = Values::from([("--db.address".to_owned(), "10.0.0.1:5".to_owned())]);
        let told = lines("db_up 0\n", &target(), &values).concat();
        let begin =
            "warning db_up is 0: what the exporter watches does not answer, or refuses, so ";
        assert!(told.starts_with(begin), "{told}");
        let rows = "; the form has --db.address (10.0.0.1:5), --db.url (…@host:1/x), \
                    --db.password-file (/etc/pw), DB_TOKEN (hidden), DB_PW (hidden), DB_USER (empty)";
        assert!(told.ends_with(rows), "{told}");

        let bare = Target { form: Form::Component(Vec::new()), ..target() };
        let told = lines("up{a=\"1\"} 0\nup{a=\"2\"} 0\n", &bare, &Values::new()).concat();
        assert!(told.contains("the form has no row for it"), "{told}");
    }

    #[test]
    fn why_the_last_scrape_failed_is_told_where_the_page_says_it() {
        let page = "db_up 0\ndb_exporter_last_scrape_error{err=\"dial\"} 0\n\
                    db_exporter_last_scrape_error{err=\"auth\"} 1\nx_last_scrape_error 1\n";
        let told = lines(page, &target(), &Values::new()).concat();
        let why = "db_up is 0 (db_exporter_last_scrape_error{err=\"auth\"} is 1, \
                   x_last_scrape_error is 1): what";
        assert!(told.contains(why), "{told}");
    }

    #[test]
    fn rows_of_a_plugin_are_told_without_its_own_address_and_its_secrets() {
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
        let told = lines("db_up 0\n", &plugin, &Values::new()).concat();
        let rows = "; the form has --db.address (127.0.0.1:1), DB_PW (hidden), DB_PIN (hidden)";
        assert!(told.ends_with(rows), "{told}");
    }

    #[test]
    fn a_part_that_is_down_is_no_warning_and_what_is_up_is_not_told() {
        let of = |page| lines(page, &target(), &Values::new());
        let told = of("link_up{a=\"1\"} 0\nlink_up{a=\"2\"} 1\n");
        assert!(told[0].starts_with("fact 1 of 2 samples of link_up are 0"), "{told:?}");
        let told = of("db_up 1\ndb_master_link_up 0\n");
        assert!(told[0].starts_with("fact 1 of 1 samples of db_master_link_up"), "{told:?}");
        assert_eq!(of("db_up 1\nbackup 0\ndb_up_total 0\n"), [""; 0]);
    }
}
