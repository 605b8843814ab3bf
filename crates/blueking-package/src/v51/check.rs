//! Checks an archive from its bytes alone, as BlueKing 5.1 would at import and a little more:
//! its importer does not look whether the executables can run.

use serde_json::Value;

use super::origin::Origin;
use super::{
    AIX_EXPORTER, CONFIG_SCHEMA, DESCRIPTION, Entries, INFO, LINUX_EXPORTER, LOGO, METRICS,
    WINDOWS_EXPORTER, info, logo, parameters, tables,
};
use crate::executable;
use crate::problem::{Place, Problem, Problems};

/// Checks the entries of an archive, as [`read`](super::read) returns them. Returns every rule
/// that they break; none means that BlueKing 5.1 can import the package.
pub fn check(entries: &Entries) -> Vec<Problem> {
    let mut problems = Problems::default();
    check_exporters(entries, &mut problems);
    check_documents(entries, Origin::Archive, &mut problems);
    check_file(entries, LOGO, &mut problems, logo::check);
    check_file(entries, DESCRIPTION, &mut problems, check_description);
    problems.into_vec()
}

/// Checks the three JSON documents among the entries.
pub(super) fn check_documents(entries: &Entries, origin: Origin<'_>, problems: &mut Problems) {
    type Check = fn(&Value, Origin<'_>, &mut Problems);
    let documents: [(&str, Check); 3] =
        [(INFO, info::check), (METRICS, tables::check), (CONFIG_SCHEMA, parameters::check)];
    for (name, check) in documents {
        let Some(bytes) = entries.get(name) else {
            problems.add(Place::whole(name), "The archive lacks this file; add it.");
            continue;
        };
        match serde_json::from_slice(bytes) {
            Ok(document) => check(&document, origin, problems),
            Err(error) => {
                problems.add(Place::whole(name), format!("The file is not JSON: {error}."));
            }
        }
    }
}

fn check_exporters(entries: &Entries, problems: &mut Problems) {
    let known = [LINUX_EXPORTER, WINDOWS_EXPORTER, AIX_EXPORTER];
    if !known.iter().any(|name| entries.contains_key(*name)) {
        let rule = format!(
            "The archive has no executable; add {LINUX_EXPORTER}, {WINDOWS_EXPORTER} or both."
        );
        problems.add(Place::whole(LINUX_EXPORTER), rule);
    }
    for name in entries.keys() {
        // BlueKing would pass over the file without a word, and over its system with it.
        if name.to_lowercase().starts_with("exporter") && !known.contains(&&**name) {
            let rule = format!("BlueKing looks only for {}; rename the file.", known.join(", "));
            problems.add(Place::whole(name), rule);
        }
    }
    type Check = fn(&[u8]) -> Result<(), String>;
    let executables: [(&str, Check); 2] = [
        (LINUX_EXPORTER, executable::check_elf_x86_64),
        (WINDOWS_EXPORTER, executable::check_pe_x86_64),
    ];
    for (name, check) in executables {
        if entries.contains_key(name) {
            check_file(entries, name, problems, check);
        }
    }
}

fn check_description(bytes: &[u8]) -> Result<(), String> {
    match str::from_utf8(bytes) {
        Err(error) => Err(format!(
            "The text is not UTF-8 from byte {} on; save it as UTF-8.",
            error.valid_up_to()
        )),
        Ok(text) if text.trim().is_empty() => {
            Err("The text is empty; describe the component for operators.".to_owned())
        }
        Ok(_) => Ok(()),
    }
}

fn check_file(
    entries: &Entries,
    name: &str,
    problems: &mut Problems,
    check: fn(&[u8]) -> Result<(), String>,
) {
    let verdict = match entries.get(name) {
        Some(bytes) => check(bytes),
        None => Err("The archive lacks this file; add it.".to_owned()),
    };
    if let Err(rule) = verdict {
        problems.add(Place::whole(name), rule);
    }
}
