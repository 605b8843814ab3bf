//! The READMEs name what the binary has, all of it.

use serde_json::Value;

use crate::process::run;

#[test]
fn both_readmes_list_every_flag_and_metric() {
    let output = run(&["--describe"]);
    let description: Value = serde_json::from_slice(&output.stdout).unwrap();
    let names = |key: &str| {
        let items = description[key].as_array().unwrap().iter();
        items.map(|item| item["name"].as_str().unwrap().to_owned()).collect::<Vec<_>>()
    };
    for file in ["README.md", "README.zh-CN.md"] {
        let path = format!("{}/{file}", env!("CARGO_MANIFEST_DIR"));
        let text = std::fs::read_to_string(path).unwrap();
        // Those of the kit are in the README of the workspace.
        for flag in names("flags").iter().filter(|flag| flag.starts_with("redis.")) {
            assert!(text.contains(&format!("| `--{flag}` |")), "{file} lacks --{flag}");
        }
        let own = |metric: &&String| {
            metric.starts_with("redis_") && !metric.starts_with("redis_exporter_scrape_")
        };
        for metric in names("metrics").iter().filter(own) {
            assert!(text.contains(&format!("| `{metric}` |")), "{file} lacks {metric}");
        }
    }
}
