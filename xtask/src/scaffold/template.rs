//! Renders the templates. A template contains placeholders such as `@binary@`. Pure.

use anyhow::{Result, bail};

use super::names::Names;
use super::source::Source;

/// A file of the new exporter.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Rendered {
    /// Relative to the workspace's root.
    pub(crate) path: String,
    pub(crate) bytes: Vec<u8>,
}

macro_rules! templates {
    ($($path:literal),+ $(,)?) => {
        &[$(($path, include_str!(concat!("../../scaffold/", $path)))),+]
    };
}

/// Templates of every exporter, by their path in `xtask/scaffold`.
const COMMON: &[(&str, &str)] =
    templates!["crate/src/main.rs", "config/blueking.toml", "config/description.md"];

/// Templates of an exporter that reads a folder.
const FOLDER: &[(&str, &str)] = templates![
    "folder/crate/Cargo.toml",
    "folder/crate/src/collectors/mod.rs",
    "folder/crate/src/collectors/folder.rs",
    "folder/crate/tests/exporter/main.rs",
];

/// Templates of an exporter that reads a page over HTTP.
const HTTP: &[(&str, &str)] = templates![
    "http/crate/Cargo.toml",
    "http/crate/src/collectors/mod.rs",
    "http/crate/src/collectors/client.rs",
    "http/crate/src/collectors/status.rs",
    "http/crate/tests/exporter/main.rs",
];

const LOGO: &[u8] = include_bytes!("../../scaffold/config/logo.png");

/// Renders the files of a new exporter.
///
/// # Errors
/// A template has an unknown placeholder.
pub(crate) fn render(names: &Names, source: Source) -> Result<Vec<Rendered>> {
    let [code, config] = names.folders();
    let own = match source {
        Source::Folder => FOLDER,
        Source::Http => HTTP,
    };
    let prefix = format!("{}/", source.name());
    let path = |template: &str| {
        let template = template.strip_prefix(&*prefix).unwrap_or(template);
        let rest = template.strip_prefix("crate/").map(|rest| format!("{code}/{rest}"));
        rest.unwrap_or_else(|| template.replacen("config", &config, 1))
    };
    let common = [
        ("crate", names.crate_name().to_owned()),
        ("binary", names.binary()),
        ("subject", names.subject()),
        ("component", names.component().to_owned()),
        ("port", names.port().to_string()),
    ];
    let specific = source.values(&names.subject());
    let values: Vec<_> = common.into_iter().chain(specific).collect();
    let mut files = Vec::new();
    for (template, text) in COMMON.iter().chain(own) {
        let bytes = fill(template, text, &values)?.into_bytes();
        files.push(Rendered { path: path(template), bytes });
    }
    files.push(Rendered { path: path("config/logo.png"), bytes: LOGO.to_vec() });
    Ok(files)
}

/// Replaces each placeholder `@word@` by its value.
fn fill(template: &str, text: &str, values: &[(&str, String)]) -> Result<String> {
    let mut filled = String::new();
    let mut parts = text.split('@');
    filled.extend(parts.next());
    while let Some(word) = parts.next() {
        let known = values.iter().find(|(known, _)| *known == word);
        let (Some((_, value)), Some(rest)) = (known, parts.next()) else {
            bail!("xtask/scaffold/{template} has the unknown placeholder @{word}");
        };
        filled.push_str(value);
        filled.push_str(rest);
    }
    Ok(filled)
}

#[cfg(test)]
mod tests {
    use blueking_package::{Definitions, PackageDescription, check, plugin, v51};

    use super::*;
    use crate::samples::elf;

    /// The definitions of the template exporter, as far as packages need them.
    fn definitions(names: &Names, source: Source) -> Definitions {
        let (binary, subject) = (names.binary(), names.subject());
        let metric = |group: &str, name: String, labels: &[&str]| {
            serde_json::json!({
                "name": name, "kind": "gauge", "labels": labels, "zh": "值", "group": group
            })
        };
        let own = |name: &str| metric("collectors", format!("{binary}_{name}"), &["collector"]);
        let process = |name: &str, labels: &[&str]| metric("process", name.to_owned(), labels);
        let build = ["version", "revision", "rustversion", "target"];
        let name = |rest: &str| format!("{subject}_{rest}");
        let (group, flag, of_source) = match source {
            Source::Folder => (
                "folder",
                "folder.path".to_owned(),
                vec![
                    metric("folder", name("entries"), &["kind"]),
                    metric("folder", name("size_bytes"), &[]),
                ],
            ),
            Source::Http => (
                "status",
                format!("{subject}.url"),
                vec![
                    metric("status", name("up"), &[]),
                    metric("status", name("workers"), &["state"]),
                    metric("status", name("requests_total"), &[]),
                ],
            ),
        };
        let mut json = serde_json::json!({
            "schema": 1,
            "name": binary,
            "version": "0.1.0",
            "flags": [
                {"name": "web.listen-address"}, {"name": "web.telemetry-path"}, {"name": flag}
            ],
            "labels": {
                "code": "状态码", "collector": "采集项", "kind": "类型", "state": "状态", "revision": "源码版本",
                "rustversion": "Rust版本", "target": "编译平台", "version": "程序版本",
            },
            "groups": [
                {"name": group, "zh": "目录", "enabled": true},
                {"name": "collectors", "zh": "采集项状态", "enabled": true},
                {"name": "process", "zh": "采集进程", "enabled": true},
            ],
            "metrics": [
                own("scrape_collector_success"),
                own("scrape_collector_duration_seconds"),
                own("scrape_collector_timeout"),
                own("scrape_collector_last_success_timestamp_seconds"),
                own("scrape_collector_age_seconds"),
                own("scrape_errors_total"),
                own("scrape_samples_discarded_total"),
                metric("process", format!("{binary}_build_info"), &build),
                process("promhttp_metric_handler_requests_in_flight", &[]),
                process("promhttp_metric_handler_requests_total", &["code"]),
                process("process_threads", &[]),
                process("process_virtual_memory_max_bytes", &[]),
            ],
        });
        json["metrics"].as_array_mut().unwrap().splice(0..0, of_source);
        Definitions::parse("--describe", &json.to_string()).unwrap()
    }

    #[test]
    fn rendered_files_can_be_packaged() {
        for (name, source) in [
            ("a-exporter", Source::Folder),
            ("redis-exporter", Source::Http),
            ("fifteen-letters-exporter", Source::Folder),
            ("fifteen-letters-exporter", Source::Http),
        ] {
            let names = Names::choose(name, None, &[]).unwrap();
            let files = render(&names, source).unwrap();
            let file = |end: &str| files.iter().find(|file| file.path.ends_with(end)).unwrap();
            let text = String::from_utf8(file("blueking.toml").bytes.clone()).unwrap();
            let description = PackageDescription::parse("blueking.toml", &text).unwrap();
            let definitions = definitions(&names, source);
            let markdown = String::from_utf8(file("description.md").bytes.clone()).unwrap();
            let logo = file("logo.png").bytes.clone();
            let folder = tempfile::tempdir().unwrap();

            let zip = folder.path().join("a.zip");
            let documents = v51::generate(&description, &definitions).unwrap();
            let text = v51::fill_description(&markdown, &description, &definitions);
            let metric = if source == Source::Folder { "size_bytes" } else { "workers" };
            assert!(text.contains(&format!("| `{}_{metric}` |", names.subject())), "{text}");
            let package = v51::Package {
                documents,
                description: text,
                logo: logo.clone(),
                linux: Some(elf(62, &[])),
                windows: None,
            };
            v51::write(&zip, &package).unwrap();

            let tgz = folder.path().join("a.tgz");
            let documents = plugin::generate(&description, &definitions).unwrap();
            let executables = [(plugin::System::LinuxX86_64, elf(62, &[]))].into_iter().collect();
            // Without the change log, which covers other exporters.
            let release = plugin::release_notes(&description, "").unwrap();
            assert!(release.starts_with("首个版本"), "{release}");
            let text = plugin::fill_description(&markdown, &description, &definitions);
            let package =
                plugin::Package { documents, description: text, release, logo, executables };
            plugin::write(&tgz, &package).unwrap();
            for path in [zip, tgz] {
                let report = check::file(&path).unwrap();
                assert!(report.is_clean(), "{name}: {:?}", report.findings);
            }
        }
    }

    #[test]
    fn files_have_the_paths_of_the_workspace() {
        let names = Names::choose("redis-exporter", None, &[]).unwrap();
        let files = render(&names, Source::Http).unwrap();
        let paths: Vec<_> = files.iter().map(|file| &*file.path).collect();
        assert_eq!(paths[0], "crates/redis-exporter/src/main.rs");
        for path in
            ["config/redis-exporter/logo.png", "crates/redis-exporter/src/collectors/client.rs"]
        {
            assert!(paths.contains(&path), "{paths:?}");
        }
        let main = String::from_utf8(files[0].bytes.clone()).unwrap();
        assert!(main.contains(r#"Exporter::new("redis_exporter", ":9601")"#), "{main}");
    }

    #[test]
    fn unknown_placeholder_is_an_error() {
        let values = [("a", "1".to_owned())];
        assert_eq!(fill("t", "x@a@y@a@", &values).unwrap(), "x1y1");
        for text in ["@b@", "@a", "x@"] {
            assert!(fill("t", text, &values).is_err(), "{text}");
        }
    }
}
