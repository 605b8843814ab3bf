//! Generates the documents from a description and the exporter's definitions, and rejects input
//! that BlueKing would reject, drop or change.

use super::documents::{Documents, Meta, Version};
use super::{configuration, metrics, plain};
use crate::definitions::Definitions;
use crate::description::{PackageDescription, Sources};
use crate::problem::{Problem, Problems, Violation};
use crate::{markdown, names};

/// Longest display name and longest tag, in characters: the width of the database columns.
const NAME_LIMIT: usize = 64;

/// Generates the documents of a package.
///
/// # Errors
/// Every rule that the description or the definitions violate, with the location to correct.
pub fn generate(
    description: &PackageDescription,
    definitions: &Definitions,
) -> Result<Documents, Vec<Problem>> {
    let mut problems = Problems::default();
    let sources = Sources { description, definitions };
    sources.check(&mut problems);
    check_names(description, &mut problems);
    let version = description.plugin_version.parse().unwrap_or_else(|rule: Violation| {
        problems.add(description.location("plugin_version"), rule);
        Version { config: 0, info: 0 }
    });
    let documents = Documents {
        meta: Meta {
            plugin_id: description.plugin_id.clone(),
            display_name: description.display_name.clone(),
            label: description.label.clone(),
            tag: description.tag.clone(),
        },
        version,
        config: configuration::items(description, &mut problems),
        metrics: metrics::groups(sources, &mut problems),
    };
    problems.into_result(documents)
}

/// Fills in the description page: replaces each line `<!-- metrics -->` of `markdown` with a table
/// for each group of metrics.
pub fn fill_description(
    markdown: &str,
    description: &PackageDescription,
    definitions: &Definitions,
) -> String {
    markdown::fill(markdown, Sources { description, definitions }, |_| false)
}

fn check_names(description: &PackageDescription, problems: &mut Problems) {
    let PackageDescription { display_name, tag, label, .. } = description;
    for (key, text, rule) in [
        ("display_name", display_name, plain::plain_rule(display_name)),
        ("tag", tag, plain::plain_rule(tag)),
        ("label", label, names::identifier_rule(label)),
    ] {
        let rules = rule.into_iter().chain(names::length_rule(text, NAME_LIMIT));
        problems.add_all(&description.location(key), rules);
    }
}
