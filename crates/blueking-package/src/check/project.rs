//! `project.yaml`, the definition for node management and for its successor, bk-nodemgr, whose source
//! was read but not run. The monitoring importers generate it again; it takes effect when the package
//! is uploaded directly.

use serde_json::{Map, Value};

use super::documents::quote;
use super::finding::{Consumer, Findings, Objection};
use super::layout::{Folder, Plugin};
use super::rule::rules;
use super::{version, yaml};
use crate::texts::{check as shared, check_meta as texts, sources};

rules! {
    /// The file exists.
    PROJECT_MISSING = "project-missing": Error,
        Import [Nodeman says "缺少project.yaml文件", Nodemgr] => texts::project_is_missing_advice;
    /// The file is a YAML mapping in UTF-8.
    PROJECT_YAML = "project-yaml": Error,
        Import [Nodeman says "project.yaml文件解析读取失败", Nodemgr];
    /// `name`, `version` and `category` are present, and `control` is a mapping. bk-nodemgr does not
    /// read the category, node management accepts a name or version that is null.
    PROJECT_KEYS = "project-keys": Error,
        Import [Nodeman says "project.yaml 文件信息缺失", Nodemgr];
    /// `name` is the plugin id.
    PROJECT_NAME = "project-name": Warning, SilentlyDropped [Nodeman] => shared::use_same_name;
    /// `version` equals the content of VERSION.
    PROJECT_VERSION = "project-version": Warning, SilentlyDropped [Nodeman]
        => texts::version_is_not_of_file_advice;
    /// `category` is official, external or scripts.
    PROJECT_CATEGORY = "project-category": Error,
        Import [Nodeman says "project.yaml 中 category 配置异常，请确认后重试"] => texts::category_advice;
    /// `auto_type` is 0, 1 or 2.
    PROJECT_AUTO_TYPE = "project-auto-type": Error,
        Import [Nodeman says "project.yaml 中 auto_type 配置异常，请确认后重试"] => texts::auto_type_advice;
    /// `port_range` is a string of ports and port ranges from 1 to 65535.
    PROJECT_PORT_RANGE = "project-port-range": Error, Import [Nodeman, Nodemgr]
        => texts::port_range_advice;
    /// `config_templates` is a list of objects with name, file_path, format, version,
    /// plugin_version and source_path, which is a text. `variables`, if there are any, are a mapping
    /// with the type of a JSON schema.
    PROJECT_TEMPLATES = "project-templates": Error, Import [Nodeman];
    /// The file of each template exists.
    PROJECT_TEMPLATE_FILE = "project-template-file": Error,
        Import [Nodeman says "找不到需要导入的配置模板文件 -> …"] => texts::template_is_not_packed_advice;
    /// Templates are `etc/*.tpl`: bk-nodemgr looks for no others.
    PROJECT_TEMPLATE_PLACE = "project-template-place": Warning, SilentlyDropped [Nodemgr]
        => texts::template_is_elsewhere_advice;
    /// `is_main_config` of a template, if there is one, is true or false.
    PROJECT_MAIN_CONFIG = "project-main-config": Warning, Import [Nodemgr]
        => texts::main_config_advice;
    /// The scripts of `control` exist.
    PROJECT_SCRIPT = "project-script": Warning, Run [Host] => texts::script_is_not_packed_advice;
}

pub(super) fn check(plugin: &Plugin<'_>, findings: &mut Findings) {
    for folder in &plugin.folders {
        let path = folder.file("project.yaml");
        if plugin.contents.is_linked(&path) {
            continue;
        }
        let Some(member) = plugin.contents.get(&path) else {
            findings.add(&PROJECT_MISSING, &path, "", shared::file_is_missing());
            continue;
        };
        // A document that is too large is already reported.
        let Some(bytes) = &member.bytes else { continue };
        let text = match str::from_utf8(bytes) {
            Ok(text) => text,
            Err(error) => {
                let message = shared::not_utf8(error.valid_up_to());
                findings.add(&PROJECT_YAML, &path, "", (message, shared::not_utf8_advice()));
                continue;
            }
        };
        if let Some(keys) = yaml::mapping(text, &path, &PROJECT_YAML, findings) {
            Project { keys: &keys, path: &path, folder, plugin }.check(findings);
        }
    }
}

struct Project<'p> {
    keys: &'p Map<String, Value>,
    path: &'p str,
    folder: &'p Folder,
    plugin: &'p Plugin<'p>,
}

impl Project<'_> {
    fn check(&self, findings: &mut Findings) {
        for key in ["name", "version", "category"] {
            if self.keys.get(key).is_none_or(Value::is_null) {
                let message = shared::key_is_missing(key);
                let applies = |objection: &Objection| match objection.consumer {
                    Consumer::Nodemgr => key != "category",
                    _ => !self.keys.contains_key(key),
                };
                let advice = sources::add_it();
                if key == "category" && self.keys.contains_key(key) {
                    continue;
                }
                findings.add_or_warn(&PROJECT_KEYS, applies, self.path, key, (message, advice));
            }
        }
        if self.keys.get("control").is_some_and(|control| !control.is_object()) {
            let message = texts::control_is_not_a_mapping();
            let advice = texts::control_is_not_a_mapping_advice();
            findings.add(&PROJECT_KEYS, self.path, "control", (message, advice));
        }
        self.check_identity(findings);
        self.check_enums(findings);
        self.check_port_range(findings);
        self.check_templates(findings);
        self.check_scripts(findings);
    }

    fn check_identity(&self, findings: &mut Findings) {
        if let Some(name) = self.keys.get("name").filter(|name| !name.is_null())
            && *name != *self.plugin.id
        {
            let message = texts::name_is_not_the_id(&name.to_string(), &self.plugin.id);
            findings.add(&PROJECT_NAME, self.path, "name", message);
        }
        let file = self.plugin.contents.get(&self.folder.file("VERSION"));
        let Some(bytes) = file.and_then(|file| file.bytes.as_deref()) else { return };
        let wanted = String::from_utf8_lossy(bytes).trim().to_owned();
        let found = match self.keys.get("version") {
            Some(Value::String(text)) => text.clone(),
            Some(Value::Number(number)) => number.to_string(),
            _ => return,
        };
        // An invalid VERSION is reported separately.
        if version::read(&wanted).is_some() && found != wanted {
            let message = texts::version_is_not_of_file(&found, &wanted);
            findings.add(&PROJECT_VERSION, self.path, "version", message);
        }
    }

    fn check_enums(&self, findings: &mut Findings) {
        if let Some(category) = self.keys.get("category")
            && !["official", "external", "scripts"].iter().any(|known| category == known)
        {
            let message = texts::category_is(&category.to_string());
            findings.add(&PROJECT_CATEGORY, self.path, "category", message);
        }
        if let Some(auto_type) = self.keys.get("auto_type")
            && !auto_type.is_boolean()
            && !auto_type.as_f64().is_some_and(|number| [0.0, 1.0, 2.0].contains(&number))
        {
            let message = texts::auto_type_is(&auto_type.to_string());
            findings.add(&PROJECT_AUTO_TYPE, self.path, "auto_type", message);
        }
    }

    fn check_port_range(&self, findings: &mut Findings) {
        let Some(range) = self.keys.get("port_range").filter(|range| !is_falsy(range)) else {
            return;
        };
        if !range.as_str().is_some_and(is_port_range) {
            let message = texts::port_range_is(&range.to_string());
            findings.add(&PROJECT_PORT_RANGE, self.path, "port_range", message);
        }
    }

    fn check_templates(&self, findings: &mut Findings) {
        let Some(templates) = self.keys.get("config_templates") else { return };
        let Some(templates) = templates.as_array() else {
            let message = texts::templates_are_not_a_list();
            let advice = texts::templates_are_not_a_list_advice();
            findings.add(&PROJECT_TEMPLATES, self.path, "config_templates", (message, advice));
            return;
        };
        for (index, template) in templates.iter().enumerate() {
            let place = format!("config_templates[{index}]");
            let keys = ["name", "file_path", "format", "version", "plugin_version", "source_path"];
            for key in keys.into_iter().filter(|key| template.get(key).is_none()) {
                let message = shared::key_is_missing(key);
                findings.add(&PROJECT_TEMPLATES, self.path, &place, (message, sources::add_it()));
            }
            if let Some(value) = template.get("is_main_config")
                && !is_flag(value)
            {
                let message = texts::main_config_is(&value.to_string());
                findings.add(&PROJECT_MAIN_CONFIG, self.path, &place, message);
            }
            if let Some(variables) = template.get("variables").filter(|value| !is_falsy(value))
                && !is_schema(variables)
            {
                let message = shared::value_is("variables", &quote(variables));
                let advice = texts::variables_advice();
                findings.add(&PROJECT_TEMPLATES, self.path, &place, (message, advice));
            }
            let source = template.get("source_path");
            if let Some(other) = source.filter(|source| !source.is_string()) {
                let message = shared::value_is("source_path", &quote(other));
                findings.add(&PROJECT_TEMPLATES, self.path, &place, (message, shared::use_path()));
            }
            let Some(source) = source.and_then(Value::as_str) else {
                continue;
            };
            let inner = source.trim_start_matches("./").strip_prefix("etc/");
            if inner.is_none_or(|name| name.contains('/') || !name.ends_with(".tpl")) {
                let message = texts::template_is_elsewhere(source);
                findings.add(&PROJECT_TEMPLATE_PLACE, self.path, &place, message);
            }
            let path = resolved(&self.folder.file(source));
            if source.starts_with('/') || !self.plugin.contents.contains(&path) {
                let message = texts::template_is_not_packed(source);
                findings.add(&PROJECT_TEMPLATE_FILE, self.path, &place, message);
            }
        }
    }

    fn check_scripts(&self, findings: &mut Findings) {
        let Some(control) = self.keys.get("control").and_then(Value::as_object) else { return };
        for (action, command) in control {
            let script = command.as_str().and_then(|command| command.split_whitespace().next());
            let script = script.map(|script| script.trim_start_matches("./"));
            let Some(script) = script
                .filter(|script| [".sh", ".bat", ".ksh"].iter().any(|end| script.ends_with(end)))
            else {
                continue;
            };
            if !self.plugin.contents.contains(&self.folder.file(script)) {
                let message = texts::script_is_not_packed(&quote(command));
                let place = format!("control.{action}");
                findings.add(&PROJECT_SCRIPT, self.path, &place, message);
            }
        }
    }
}

/// Whether Python takes a value for false.
fn is_falsy(value: &Value) -> bool {
    match value {
        Value::Null => true,
        Value::Bool(flag) => !flag,
        Value::Number(number) => number.as_f64() == Some(0.0),
        Value::String(text) => text.is_empty(),
        Value::Array(list) => list.is_empty(),
        Value::Object(map) => map.is_empty(),
    }
}

/// Whether node management takes a value for the schema of a template's variables.
fn is_schema(value: &Value) -> bool {
    let types = ["object", "array", "string", "number", "integer", "boolean"];
    value.is_object()
        && value.get("type").is_none_or(|kind| types.iter().any(|known| kind == known))
}

/// A path without `.` and `..`.
fn resolved(path: &str) -> String {
    let mut parts = Vec::new();
    for part in path.split('/') {
        match part {
            "" | "." => {}
            ".." => {
                parts.pop();
            }
            part => parts.push(part),
        }
    }
    parts.join("/")
}

/// Whether bk-nodemgr takes a value for true or false.
fn is_flag(value: &Value) -> bool {
    value.is_boolean()
        || value.as_str().is_some_and(|text| {
            ["true", "false"].iter().any(|flag| text.eq_ignore_ascii_case(flag))
        })
}

/// Whether a text is a comma-separated list of `port` or `port-port`, as node management reads it:
/// with blanks and with the digits of any script.
pub(super) fn is_port_range(text: &str) -> bool {
    let port = |text: &str| {
        let text = version::ascii(text.trim());
        let is_number = text.bytes().all(|byte| byte.is_ascii_digit());
        text.parse::<u16>().ok().filter(|port| is_number && *port > 0)
    };
    text.split(',').all(|part| match part.split_once('-') {
        Some((from, to)) => port(from).zip(port(to)).is_some_and(|(from, to)| from <= to),
        None => port(part).is_some(),
    })
}

#[cfg(test)]
mod tests {
    use super::is_port_range;

    #[test]
    fn port_ranges_are_validated() {
        for text in ["9601", "10000-65535", " 9601 ,10000 - 65535", "1, 2, 3-4", "９６０１"] {
            assert!(is_port_range(text), "{text}");
        }
        for text in
            ["", "0", "65536", "9601,", "10-9", "99999,10000-65535", "a-b", "1-2-3", "+1", "1.0"]
        {
            assert!(!is_port_range(text), "{text}");
        }
    }
}
