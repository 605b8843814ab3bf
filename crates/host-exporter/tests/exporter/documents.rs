//! The READMEs name every flag but those of collectors, which docs/metrics.md has.

use serde_json::Value;

use crate::process::run;

#[test]
fn both_readmes_list_every_flag() {
    let output = run(&["--describe"]);
    let description: Value = serde_json::from_slice(&output.stdout).unwrap();
    let flags = description["flags"].as_array().unwrap().iter();
    let general = flags.filter(|flag| flag["collector"].is_null());
    let names: Vec<_> = general.map(|flag| flag["name"].as_str().unwrap()).collect();
    for file in ["README.md", "README.zh-CN.md"] {
        let path = format!("{}/../../{file}", env!("CARGO_MANIFEST_DIR"));
        let text = std::fs::read_to_string(path).unwrap();
        for flag in &names {
            assert!(text.contains(&format!("| `--{flag}` |")), "{file} lacks --{flag}");
        }
    }
}

#[test]
fn the_description_is_the_same_whatever_the_settings() {
    let plain = run(&["--describe"]).stdout;
    for args in [&["--collector.disable-defaults"][..], &["--collectors.enabled=mem"]] {
        assert_eq!(run(&[args, &["--describe"]].concat()).stdout, plain, "{args:?}");
    }
}
