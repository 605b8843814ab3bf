//! The rules of `config_schema.json`.

use std::collections::BTreeSet;

use serde_json::Value;

use super::origin::Origin;
use super::rules::{self, ANY_LENGTH, Keys, Need, Object};
use super::{CONFIG_SCHEMA, EXPORTER_URL};
use crate::address::Address;
use crate::description::{LISTEN_FLAG, PATH_FLAG};
use crate::problem::{Location, Problems, Violation};
use crate::texts::{sources, sources_v51 as texts};

/// Longest name and longest description of a start parameter, in characters.
const TEXT_LIMIT: usize = 50;

/// Checks the parsed document.
pub(super) fn check(parameters: &Value, origin: Origin<'_>, problems: &mut Problems) {
    let Some(parameters) = rules::filled_list(parameters, Location::whole(CONFIG_SCHEMA), problems)
    else {
        return;
    };
    let mut names = BTreeSet::new();
    for (index, parameter) in parameters.iter().enumerate() {
        let position = format!("[{index}]");
        let location = Location::new(CONFIG_SCHEMA, &*position);
        let Some(parameter) = rules::object(parameter, location, problems) else { continue };
        check_parameter(index, &position, parameter, origin, problems);
        if let Some(name) = name_of(parameter).filter(|name| !name.is_empty())
            && !names.insert(name)
        {
            let rule = (texts::parameter_is_listed_twice(name), sources::list_it_once());
            problems.add(origin.parameter(name, "name"), rule);
        }
    }
    check_agreement(parameters, origin, problems);
}

fn check_parameter(
    index: usize,
    position: &str,
    parameter: &Object,
    origin: Origin<'_>,
    problems: &mut Problems,
) {
    let name = name_of(parameter);
    let label = name.filter(|name| !name.is_empty()).unwrap_or(position);
    let location = |key: &str| origin.parameter(label, key);
    let mut keys = Keys { object: parameter, location, problems };

    keys.text("name", Need::Key, TEXT_LIMIT);
    if name == Some("") && index > 0 {
        let rule = (texts::argument_is_not_first(index + 1), texts::argument_is_not_first_advice());
        keys.report("name", rule);
    }

    if let Some(mode) = keys.one_of("mode", &["cmd", "env", "collector"]) {
        let is_url = name == Some(EXPORTER_URL);
        if is_url && mode != "collector" {
            let rule = (texts::url_of_other_mode(mode), texts::url_of_other_mode_advice());
            keys.report("mode", rule);
        }
        if !is_url && mode == "collector" {
            let rule = (texts::mode_is_only_for_url(), texts::mode_is_only_for_url_advice());
            keys.report("mode", rule);
        }
    }

    keys.one_of("type", &["text", "password", "file"]);
    keys.text("description", Need::Filled, TEXT_LIMIT);
    keys.text("default", Need::Key, ANY_LENGTH);
    keys.optional_boolean("visible");
}

/// BlueKing scrapes the URL of one parameter and starts the exporter with others: both must specify
/// the same address.
fn check_agreement(parameters: &[Value], origin: Origin<'_>, problems: &mut Problems) {
    let location = |name| origin.parameter(name, "default");
    let url = match default_of(parameters, EXPORTER_URL) {
        Parameter::Default(url) => {
            MetricsUrl::parse(url).map_err(|rule| problems.add(location(EXPORTER_URL), rule)).ok()
        }
        Parameter::Mistyped => None,
        Parameter::Missing => {
            let rule = (texts::url_is_missing(), sources::add_it());
            problems.add(Location::new(CONFIG_SCHEMA, EXPORTER_URL), rule);
            None
        }
    };
    match default_of(parameters, LISTEN_FLAG) {
        Parameter::Default(listen) => match Address::parse(listen) {
            Err(rule) => problems.add(location(LISTEN_FLAG), rule),
            Ok(listen) => {
                let rule = url.as_ref().and_then(|url| url.differs_from(listen));
                problems.add_all(&location(LISTEN_FLAG), rule);
            }
        },
        Parameter::Mistyped => {}
        // Other exporters have other flags: `:9121`, `9121`.
        Parameter::Missing
            if url.as_ref().is_some_and(|url| names_port(parameters, url.address.port)) => {}
        Parameter::Missing => {
            let rule = (texts::listen_is_missing(), sources::add_it());
            problems.add(Location::new(CONFIG_SCHEMA, LISTEN_FLAG), rule);
        }
    }
    if let Parameter::Default(path) = default_of(parameters, PATH_FLAG) {
        if !path.starts_with('/') {
            problems.add(location(PATH_FLAG), (texts::path_without_slash(path), sources::add_it()));
        } else if let Some(url) = url.filter(|url| url.path != path) {
            let rule = (texts::path_differs(path, url.path), texts::make_them_equal());
            problems.add(location(PATH_FLAG), rule);
        }
    }
}

/// Whether a parameter that reaches the exporter has this port as its default.
fn names_port(parameters: &[Value], port: u16) -> bool {
    let port = port.to_string();
    parameters.iter().any(|parameter| {
        let default = parameter.get("default").and_then(Value::as_str).unwrap_or_default();
        parameter.get("mode").is_some_and(|mode| mode != "collector")
            && default.rsplit(':').next() == Some(&port)
    })
}

/// The parts of `http://host:port/path`.
struct MetricsUrl<'a> {
    address: Address<'a>,
    path: &'a str,
}

impl<'a> MetricsUrl<'a> {
    fn parse(url: &'a str) -> Result<Self, Violation> {
        let Some(rest) = url.strip_prefix("http://").or_else(|| url.strip_prefix("https://"))
        else {
            return Err(
                (texts::url_is_not_complete(url), texts::url_is_not_complete_advice()).into()
            );
        };
        let (authority, path) = rest.split_at(rest.find('/').unwrap_or(rest.len()));
        let address = Address::parse(authority)?;
        if !address.is_loopback() {
            let message = texts::host_is_not_loopback(address.host);
            return Err(Violation::new(message, texts::host_is_not_loopback_advice()));
        }
        Ok(Self { address, path })
    }

    /// Returns why BlueKing cannot reach an exporter with this listen address, if so.
    fn differs_from(&self, listen: Address<'_>) -> Option<Violation> {
        let message = if listen.port != self.address.port {
            texts::port_differs(listen.port, self.address.port)
        } else if !listen.answers_on_loopback() {
            texts::listens_elsewhere(listen.host, self.address.host)
        } else {
            return None;
        };
        Some(Violation::new(message, texts::make_them_equal()))
    }
}

enum Parameter<'v> {
    Missing,
    /// Present, but the default is not a string; reported by another rule.
    Mistyped,
    Default(&'v str),
}

fn default_of<'v>(parameters: &'v [Value], name: &str) -> Parameter<'v> {
    let found =
        parameters.iter().find(|parameter| parameter.get("name").is_some_and(|n| n == name));
    match found.map(|parameter| parameter.get("default").and_then(Value::as_str)) {
        None => Parameter::Missing,
        Some(None) => Parameter::Mistyped,
        Some(Some(default)) => Parameter::Default(default),
    }
}

fn name_of(parameter: &Object) -> Option<&str> {
    parameter.get("name").and_then(Value::as_str)
}
