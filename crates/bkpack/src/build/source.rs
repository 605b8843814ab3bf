//! The hand-written files of a package, in one folder.

use std::fs;
use std::path::Path;

use anyhow::{Context, Result};
use blueking_package::check::{self, Finding};
use blueking_package::plugin;
use blueking_package::{PackageDescription, Problem, component_name_rules, plugin_id_rules, v51};

use crate::texts::{build as texts, programs};

/// The file in a package's folder with its description.
pub const DESCRIPTION: &str = "blueking.toml";

/// The hand-written files of a package.
#[derive(Debug)]
pub struct Source {
    /// Everything that the exporter's definitions do not provide.
    pub description: PackageDescription,
    /// The description page, without the tables of metrics.
    pub markdown: String,
    /// The picture, a PNG.
    pub logo: Vec<u8>,
    /// The release notes, from the description or else from the change log.
    pub release: String,
}

impl Source {
    /// Reads the files of a folder. `shown` names a path in messages. Returns also what is wrong
    /// with them, as far as that can be seen without the exporter.
    ///
    /// # Errors
    /// A file cannot be read, is not UTF-8 or is not valid TOML.
    pub fn read(
        folder: &Path,
        change_log: &str,
        shown: &dyn Fn(&Path) -> String,
    ) -> Result<(Self, Vec<Problem>)> {
        let path = folder.join(DESCRIPTION);
        let file = shown(&path);
        let text =
            String::from_utf8(read(&path, shown)?).with_context(|| texts::not_utf8(&file))?;
        let description = PackageDescription::parse(&file, &text)?;
        let markdown = read(&folder.join(v51::DESCRIPTION), shown)?;
        let logo = read(&folder.join(v51::LOGO), shown)?;
        let mut problems = problems_of_names(&description);
        problems.extend(problems_of_files(folder, &markdown, &logo, shown));
        let markdown = String::from_utf8_lossy(&markdown).into_owned();
        let release = plugin::release_notes(&description, change_log).unwrap_or_else(|rules| {
            problems.extend(rules);
            String::new()
        });
        Ok((Self { description, markdown, logo, release }, problems))
    }
}

/// The names become paths long before the complete packages are checked.
fn problems_of_names(description: &PackageDescription) -> Vec<Problem> {
    let PackageDescription { file, component_name, plugin_id, .. } = description;
    let rules = [
        ("component_name", component_name_rules(component_name)),
        ("plugin_id", plugin_id_rules(plugin_id)),
    ];
    let problems = rules.into_iter().flat_map(|(key, rules)| {
        rules.into_iter().map(move |rule| Problem {
            file: file.clone(),
            field: key.to_owned(),
            message: rule.message,
            advice: rule.advice,
        })
    });
    problems.collect()
}

/// Checks the files that are packed unchanged.
fn problems_of_files(
    folder: &Path,
    markdown: &[u8],
    logo: &[u8],
    shown: &dyn Fn(&Path) -> String,
) -> Vec<Problem> {
    let files = [(v51::DESCRIPTION, markdown), (v51::LOGO, logo)];
    let entries = files.map(|(name, bytes)| (name.to_owned(), bytes.to_vec()));
    // Findings on files that do not exist yet are ignored.
    let is_known = |finding: &Finding| files.iter().any(|(name, _)| finding.file == *name);
    let to_problem = |finding: Finding| Problem {
        file: shown(&folder.join(&finding.file)),
        field: finding.field,
        message: finding.message,
        advice: finding.advice,
    };
    let report = check::entries(&entries.into());
    report.findings.into_iter().filter(is_known).map(to_problem).collect()
}

fn read(path: &Path, shown: &dyn Fn(&Path) -> String) -> Result<Vec<u8>> {
    fs::read(path).with_context(|| programs::cannot_read(&shown(path)))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn problems_name_the_source_file() {
        let shown = |path: &Path| path.display().to_string();
        let problems = problems_of_files(Path::new("a"), b" \n", b"GIF89a", &shown);
        let files: Vec<_> = problems.iter().map(|problem| problem.file.as_str()).collect();
        assert_eq!(files, ["a/logo.png", "a/description.md"]);
    }
}
