//! The documents, of which each language is one text: README.md with docs/*.md, and README.zh-CN.md
//! with docs/zh/*.md. They name every flag, but those of collectors only in docs/metrics.md, which
//! is generated; their links lead somewhere; and the READMEs stay short.

mod links;

use std::fs;
use std::path::{Path, PathBuf};

use serde_json::Value;

use crate::process::run;

/// Each language's README, and the folder with the rest.
const LANGUAGES: [(&str, &str); 2] = [("README.md", "docs"), ("README.zh-CN.md", "docs/zh")];

const README_LINES: usize = 150;

fn workspace() -> PathBuf {
    [env!("CARGO_MANIFEST_DIR"), "..", ".."].iter().collect()
}

/// The Markdown files that are in the folder itself.
fn documents_in(folder: &Path) -> Vec<PathBuf> {
    let entries = fs::read_dir(folder).unwrap();
    let files = entries.map(|entry| entry.unwrap().path());
    files.filter(|path| path.extension().is_some_and(|extension| extension == "md")).collect()
}

#[test]
fn documents_of_each_language_list_every_flag() {
    let output = run(&["--describe"]);
    let description: Value = serde_json::from_slice(&output.stdout).unwrap();
    let flags = description["flags"].as_array().unwrap().iter();
    let general = flags.filter(|flag| flag["collector"].is_null());
    let names: Vec<_> = general.map(|flag| flag["name"].as_str().unwrap()).collect();
    let workspace = workspace();
    for (readme, folder) in LANGUAGES {
        let mut text = fs::read_to_string(workspace.join(readme)).unwrap();
        for path in documents_in(&workspace.join(folder)) {
            text += &fs::read_to_string(path).unwrap();
        }
        for flag in &names {
            let row = format!("| `--{flag}` |");
            assert!(text.contains(&row), "{readme} and {folder} lack --{flag}");
        }
    }
}

#[test]
fn links_of_documents_lead_to_files_and_headings() {
    let workspace = workspace();
    let mut paths = Vec::new();
    for folder in [".", "docs", "docs/zh"] {
        paths.extend(documents_in(&workspace.join(folder)));
    }
    for member in fs::read_dir(workspace.join("crates")).unwrap() {
        paths.extend(documents_in(&member.unwrap().path()));
    }
    assert!(paths.len() > LANGUAGES.len(), "{paths:?}");
    let broken: Vec<_> = paths.iter().flat_map(|path| links::broken(path)).collect();
    assert!(broken.is_empty(), "{}", broken.join("\n"));
}

#[test]
fn readme_is_short() {
    assert_short("README.md");
}

#[test]
fn chinese_readme_is_short() {
    assert_short("README.zh-CN.md");
}

fn assert_short(readme: &str) {
    let lines = fs::read_to_string(workspace().join(readme)).unwrap().lines().count();
    assert!(lines <= README_LINES, "{readme} has {lines} lines, more than {README_LINES}");
}

#[test]
fn description_does_not_depend_on_settings() {
    let plain = run(&["--describe"]).stdout;
    for args in [&["--collector.disable-defaults"][..], &["--collectors.enabled=mem"]] {
        assert_eq!(run(&[args, &["--describe"]].concat()).stdout, plain, "{args:?}");
    }
}
