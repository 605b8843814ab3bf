//! The flat zip of BlueKing 5.1: checks that the files exist, then the rules of each document.

use std::collections::BTreeMap;

use serde_json::Value;

use super::contents::{Contents, Member};
use super::executable;
use super::finding::{Findings, Objection, Stage};
use super::rule::{Rule, rules};
use crate::plugin::System;
use crate::problem::{Problem, Violation};
use crate::texts::{
    check as shared, check_archive, check_zip51 as texts, list, sources, sources_v51,
};
use crate::v51::{
    self, AIX_EXPORTER, CONFIG_SCHEMA, DESCRIPTION, EXPORTER_URL, INFO, LINUX_EXPORTER, LOGO,
    METRICS, WINDOWS_EXPORTER,
};

rules! {
    /// All five documents exist. Whether BlueKing requires the picture and the description is
    /// undocumented.
    ZIP_MISSING = "zip-missing": Error, Import [V51] => sources::add_it;
    /// Base names are unique: folders are ignored.
    ZIP_DUPLICATE_NAME = "zip-duplicate-name": Error, Import [V51] => texts::duplicate_name_advice;
    /// The archive has an executable for at least one system.
    ZIP_NO_EXECUTABLE = "zip-no-executable": Error, Import [V51];
    /// Each executable has the name that BlueKing expects.
    ZIP_EXECUTABLE_NAME = "zip-executable-name": Error, SilentlyDropped [V51]
        => check_archive::rename_the_file;
    /// The three JSON documents are valid JSON.
    ZIP_JSON = "zip-json": Error, Import [V51] => texts::not_json_advice;
    /// info.json names the component: at most 15 letters and digits.
    ZIP_INFO = "zip-info": Error, Import [V51];
    /// metrics.json is a list of result tables with a name and a description.
    ZIP_TABLE = "zip-table": Error, Import [V51];
    /// The fields of a result table have a name, a type, a unit and a description.
    ZIP_FIELD = "zip-field": Error, Import [V51];
    /// config_schema.json is a list of start parameters with name, mode, type, description and
    /// default.
    ZIP_PARAMETER = "zip-parameter": Error, Import [V51];
    /// `_exporter_url_` is a complete URL on the loopback address, and the exporter listens there.
    ZIP_URL = "zip-url": Error, Import [V51], Run [Host];
    /// No start parameter is a file: how its path reaches the exporter is undocumented.
    ZIP_FILE = "zip-file": Warning, Run [V51] => texts::file_parameter_advice;
    /// logo.png is a PNG picture of 155 by 65 pixels.
    ZIP_LOGO = "zip-logo": Error, Import [V51];
    /// description.md is UTF-8 and not empty.
    ZIP_DESCRIPTION = "zip-description": Error, Import [V51];
}

const EXECUTABLES: [(&str, Option<System>); 3] = [
    (LINUX_EXPORTER, Some(System::LinuxX86_64)),
    (WINDOWS_EXPORTER, Some(System::WindowsX86_64)),
    (AIX_EXPORTER, None),
];

pub(super) fn check(contents: &Contents, findings: &mut Findings) {
    let mut files: BTreeMap<&str, &Member> = BTreeMap::new();
    for member in &contents.members {
        if let Some(first) = files.insert(member.base_name(), member) {
            findings.add(&ZIP_DUPLICATE_NAME, &member.path, "", texts::duplicate_name(&first.path));
        }
    }
    check_executables(&files, findings);
    for name in [INFO, METRICS, CONFIG_SCHEMA, LOGO, DESCRIPTION] {
        match files.get(name) {
            Some(member) => check_document(name, member, findings),
            None => {
                let applies = |_: &Objection| ![LOGO, DESCRIPTION].contains(&name);
                findings.add_to(&ZIP_MISSING, applies, name, "", shared::file_is_missing());
            }
        }
    }
}

fn check_executables(files: &BTreeMap<&str, &Member>, findings: &mut Findings) {
    let known = EXECUTABLES.map(|(name, _)| name);
    if !known.iter().any(|name| files.contains_key(name)) {
        let message = texts::no_executable();
        let advice = texts::no_executable_advice(LINUX_EXPORTER, WINDOWS_EXPORTER);
        findings.add(&ZIP_NO_EXECUTABLE, LINUX_EXPORTER, "", (message, advice));
    }
    for (name, member) in files {
        // BlueKing would silently ignore the file and its system.
        if name.to_lowercase().starts_with("exporter") && !known.contains(name) {
            let message = texts::executable_name(&list(&known));
            findings.add(&ZIP_EXECUTABLE_NAME, &member.path, "", message);
        }
    }
    for (name, system) in EXECUTABLES {
        if let Some((member, system)) = files.get(name).zip(system) {
            executable::check_file(member, system, findings);
        }
    }
}

fn check_document(name: &str, member: &Member, findings: &mut Findings) {
    let path = &member.path;
    if name == LOGO {
        if let Err(violation) = v51::logo::check(&member.head) {
            add_violation(&ZIP_LOGO, path, "", violation, findings);
        }
        return;
    }
    // A document that is too large is already reported.
    let Some(bytes) = &member.bytes else { return };
    if name == DESCRIPTION {
        if let Err(violation) = check_description(bytes) {
            add_violation(&ZIP_DESCRIPTION, path, "", violation, findings);
        }
        return;
    }
    match serde_json::from_slice(bytes) {
        Ok(document) => {
            if name == CONFIG_SCHEMA {
                check_files(&document, path, findings);
            }
            for problem in v51::problems_of(name, &document) {
                let rule = rule_of(name, &problem);
                let Problem { field, message, advice, .. } = problem;
                add_violation(rule, path, &field, Violation { message, advice }, findings);
            }
        }
        Err(error) => {
            findings.add(&ZIP_JSON, path, "", shared::file_is_not_json(&error.to_string()));
        }
    }
}

fn check_files(document: &Value, path: &str, findings: &mut Findings) {
    for item in document.as_array().into_iter().flatten().filter(|item| item["type"] == "file") {
        let field = item["name"].as_str().unwrap_or_default();
        findings.add(&ZIP_FILE, path, field, texts::file_parameter());
    }
}

fn check_description(bytes: &[u8]) -> Result<(), Violation> {
    let text = str::from_utf8(bytes).map_err(|error| {
        let message = sources_v51::description_is_not_utf8(error.valid_up_to());
        Violation::new(message, sources_v51::description_is_not_utf8_advice())
    })?;
    if text.trim().is_empty() {
        let advice = sources_v51::description_is_empty_advice();
        return Err(Violation::new(sources::text_is_empty(), advice));
    }
    Ok(())
}

/// The rule that a problem violates, determined by its location.
fn rule_of(document: &str, problem: &Problem) -> &'static Rule {
    let field = &problem.field;
    let key = field.rsplit('.').next().unwrap_or_default();
    match document {
        INFO => &ZIP_INFO,
        METRICS
            if !field.contains('.') || ["table_name", "table_desc", "fields"].contains(&key) =>
        {
            &ZIP_TABLE
        }
        METRICS => &ZIP_FIELD,
        _ if ["name", "mode", "type", "description", "visible"].contains(&key) => &ZIP_PARAMETER,
        _ if field.starts_with(EXPORTER_URL) || field.starts_with("--web.") => &ZIP_URL,
        _ => &ZIP_PARAMETER,
    }
}

/// Adds a problem of a document as a finding.
fn add_violation(
    rule: &'static Rule,
    path: &str,
    field: &str,
    Violation { message, advice }: Violation,
    findings: &mut Findings,
) {
    // The import checks the URL itself, but not that the exporter listens there.
    let is_elsewhere = rule.id == ZIP_URL.id && !field.starts_with(EXPORTER_URL);
    let applies = |objection: &Objection| {
        rule.id != ZIP_URL.id || (objection.stage == Stage::Run) == is_elsewhere
    };
    findings.add_to(rule, applies, path, field, (message, advice));
}
