//! Checks the three JSON documents, either from an archive or before packing.

use serde_json::Value;

use super::origin::Origin;
use super::{CONFIG_SCHEMA, Documents, INFO, METRICS, info, parameters, tables};
use crate::problem::{Problem, Problems};

/// Returns the problems of a document of an archive, by its base name.
pub(crate) fn problems_of(name: &str, document: &Value) -> Vec<Problem> {
    let mut problems = Problems::default();
    check_document(name, document, Origin::Archive, &mut problems);
    problems.into_vec()
}

/// Checks the documents generated from `origin`, in their serialised form.
pub(super) fn check_documents(documents: &Documents, origin: Origin<'_>, problems: &mut Problems) {
    for (name, bytes) in documents.to_entries() {
        let document = serde_json::from_slice(&bytes).expect("serialised JSON is valid");
        check_document(&name, &document, origin, problems);
    }
}

fn check_document(name: &str, document: &Value, origin: Origin<'_>, problems: &mut Problems) {
    match name {
        INFO => info::check(document, origin, problems),
        METRICS => tables::check(document, origin, problems),
        CONFIG_SCHEMA => parameters::check(document, origin, problems),
        _ => {}
    }
}
