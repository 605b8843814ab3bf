//! The READMEs of this crate name every flag of the exporter's own, and the documents of the
//! workspace those of the kit; docs/metrics.md has the metrics.

use std::fs;
use std::path::PathBuf;

use serde_json::Value;

use crate::process::run;

#[test]
fn documents_of_each_language_list_every_flag() {
    let output = run(&["--describe"]);
    let description: Value = serde_json::from_slice(&output.stdout).unwrap();
    let flags = description["flags"].as_array().unwrap().iter();
    let general = flags.filter(|flag| flag["collector"].is_null());
    let names: Vec<_> = general.map(|flag| flag["name"].as_str().unwrap()).collect();
    let package = PathBuf::from(env!("CARGO_MANIFEST_DIR"));
    let workspace = package.join("../..");
    for (readme, folder) in [("README.md", "docs"), ("README.zh-CN.md", "docs/zh")] {
        let own = fs::read_to_string(package.join(readme)).unwrap();
        let mut shared = fs::read_to_string(workspace.join(readme)).unwrap();
        for entry in fs::read_dir(workspace.join(folder)).unwrap() {
            let path = entry.unwrap().path();
            if path.extension().is_some_and(|extension| extension == "md") {
                shared += &fs::read_to_string(path).unwrap();
            }
        }
        for flag in &names {
            let text = if flag.starts_with("redis.") { &own } else { &shared };
            assert!(text.contains(&format!("| `--{flag}` |")), "{readme}, {folder}: no --{flag}");
        }
    }
}
