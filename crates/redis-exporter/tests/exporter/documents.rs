//! The READMEs name every flag of the exporter's own; docs/metrics.md has the metrics.

use serde_json::Value;

use crate::process::run;

#[test]
fn documents_of_each_language_list_every_own_flag() {
    let output = run(&["--describe"]);
    let description: Value = serde_json::from_slice(&output.stdout).unwrap();
    let flags = description["flags"].as_array().unwrap().iter();
    let names: Vec<_> = flags.map(|flag| flag["name"].as_str().unwrap()).collect();
    for file in ["README.md", "README.zh-CN.md"] {
        let path = format!("{}/{file}", env!("CARGO_MANIFEST_DIR"));
        let text = std::fs::read_to_string(path).unwrap();
        // Those of the kit are in the workspace's docs/web.md and docs/operations.md.
        for flag in names.iter().filter(|flag| flag.starts_with("redis.")) {
            assert!(text.contains(&format!("| `--{flag}` |")), "{file} lacks --{flag}");
        }
    }
}
