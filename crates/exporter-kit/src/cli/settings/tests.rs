use std::fs;
use std::path::PathBuf;

use super::super::flags::{
    KIT_FLAGS, LISTEN_ADDRESS, MAX_REQUESTS, SCRAPE_TIMEOUT, TELEMETRY_PATH,
};
use super::*;

const PASSWORD: Flag = Flag::value("pool.password", "PASSWORD", "", "Password.").secret();

fn read(args: &[&str], environment: &[(&str, &str)]) -> Result<Settings, Vec<String>> {
    let args: Vec<_> = args.iter().map(|&arg| arg.to_owned()).collect();
    let variable = |name: &str| {
        let found = environment.iter().find(|(known, _)| *known == name);
        found.map(|(_, value)| (*value).to_owned())
    };
    let flags = [KIT_FLAGS, &[PASSWORD]].concat();
    let (settings, errors) = Settings::read("pool_exporter", &flags, &args, variable);
    if errors.is_empty() { Ok(settings) } else { Err(errors) }
}

/// A settings file with this text, and its path as an argument.
fn file(text: &str) -> (tempfile::TempDir, PathBuf, String) {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("pool.toml");
    fs::write(&path, text).unwrap();
    let arg = format!("--config.file={}", path.display());
    (folder, path, arg)
}

#[test]
fn the_command_line_wins_over_the_environment_and_that_over_the_file() {
    let (_folder, path, file) =
        file("web.listen-address = ':1'\nweb.max-requests = 1\nscrape.timeout = '1s'\n");
    let environment =
        [("POOL_EXPORTER_WEB_MAX_REQUESTS", "2"), ("POOL_EXPORTER_WEB_LISTEN_ADDRESS", ":2,:3")];
    let settings = read(&[&file, "--web.listen-address=:4"], &environment).unwrap();
    assert_eq!(settings.texts(LISTEN_ADDRESS), [":4"]);
    assert_eq!(settings.parse::<u32>(MAX_REQUESTS), Ok(2));
    assert_eq!(settings.duration(SCRAPE_TIMEOUT), Ok(Duration::from_secs(1)));
    assert_eq!(settings.text(TELEMETRY_PATH), "/metrics");
    let origins: Vec<_> = [LISTEN_ADDRESS, MAX_REQUESTS, SCRAPE_TIMEOUT, TELEMETRY_PATH]
        .map(|name| settings.setting(name).origin.to_string())
        .into();
    let line_3 = format!("{}:3", path.display());
    assert_eq!(origins, ["command line", "POOL_EXPORTER_WEB_MAX_REQUESTS", &line_3, "default"]);
}

#[test]
fn the_environment_can_name_the_file() {
    let (_folder, path, _) = file("web.telemetry-path = '/m'");
    let path = path.to_str().unwrap();
    let settings = read(&[], &[("POOL_EXPORTER_CONFIG_FILE", path)]).unwrap();
    assert_eq!(settings.text(TELEMETRY_PATH), "/m");
}

#[test]
fn repeatable_flags_gather_and_others_keep_the_last() {
    let args = ["--web.listen-address=:1", "-web.listen-address", ":2", "--web.max-requests=1"];
    let settings = read(&[&args[..], &["--web.max-requests=2"]].concat(), &[]).unwrap();
    assert_eq!(settings.texts(LISTEN_ADDRESS), [":1", ":2"]);
    assert_eq!(settings.text(MAX_REQUESTS), "2");
    let environment = [("POOL_EXPORTER_WEB_LISTEN_ADDRESS", ":3,:4")];
    assert_eq!(read(&[], &environment).unwrap().texts(LISTEN_ADDRESS), [":3", ":4"]);
}

#[test]
fn a_switch_takes_the_words_of_go() {
    for (word, on) in [("1", true), ("T", true), ("false", false), ("0", false)] {
        let arg = format!("--web.enable-openmetrics={word}");
        assert_eq!(read(&[&arg], &[]).unwrap().is_on("web.enable-openmetrics"), on, "{word}");
    }
}

#[test]
fn every_error_is_told_with_its_source() {
    let (_folder, path, file) = file("web.enable-openmetrics = 7\nnonsense = 1\n");
    let environment = [("POOL_EXPORTER_WEB_ENABLE_OPENMETRICS", "x")];
    let errors = read(&[&file, "--web.max-requests"], &environment).unwrap_err();
    let expected = [
        "--web.max-requests needs a value: --web.max-requests=NUMBER".to_owned(),
        format!("{}:2: unknown setting nonsense", path.display()),
        "POOL_EXPORTER_WEB_ENABLE_OPENMETRICS: must be true or false, not \"x\"".to_owned(),
    ];
    for expected in expected {
        assert!(errors.contains(&expected), "{expected}: {errors:?}");
    }
    let missing = read(&["--config.file=/nowhere/x.toml"], &[]).unwrap_err();
    assert!(missing[0].starts_with("--config.file: cannot read /nowhere/x.toml: "), "{missing:?}");
}

#[test]
fn values_of_a_type_say_what_is_wrong_with_them() {
    let environment = [("POOL_EXPORTER_SCRAPE_TIMEOUT", "soon")];
    let settings = read(&["--web.max-requests=many"], &environment).unwrap();
    let error = settings.parse::<u32>(MAX_REQUESTS).unwrap_err().to_string();
    assert!(error.starts_with("--web.max-requests: \"many\": "), "{error}");
    let error = settings.duration(SCRAPE_TIMEOUT).unwrap_err().to_string();
    assert!(error.starts_with("POOL_EXPORTER_SCRAPE_TIMEOUT: \"soon\" is no time"), "{error}");
}

#[test]
fn times_are_read_with_units_and_as_seconds() {
    for (text, milliseconds) in [("500ms", 500), ("10s", 10_000), ("1m 30s", 90_000), ("2.5", 2500)]
    {
        let settings = read(&["--scrape.timeout", text], &[]).unwrap();
        assert_eq!(settings.duration(SCRAPE_TIMEOUT), Ok(Duration::from_millis(milliseconds)));
    }
}

#[test]
fn a_secret_is_never_typed_and_never_shown() {
    let errors = read(&["--pool.password=geheim"], &[]).unwrap_err();
    assert!(errors[0].contains("POOL_EXPORTER_POOL_PASSWORD"), "{errors:?}");
    assert!(!errors[0].contains("geheim"), "{errors:?}");
    let settings = read(&[], &[("POOL_EXPORTER_POOL_PASSWORD", "geheim")]).unwrap();
    assert_eq!(settings.text("pool.password"), "geheim");
    let text = settings.to_toml();
    let line = "# pool.password = …  # not shown; POOL_EXPORTER_POOL_PASSWORD\n";
    assert!(text.contains(line) && !text.contains("geheim"), "{text}");
    assert!(read(&[], &[]).unwrap().to_toml().contains("pool.password = \"\"  # default\n"));
    let error = settings.parse::<u32>("pool.password").unwrap_err().to_string();
    assert!(!error.contains("geheim"), "{error}");
}

#[test]
fn the_effective_settings_are_a_settings_file() {
    let args = [
        "--web.listen-address=:1",
        "--web.listen-address=:2",
        "--web.telemetry-path=/a\"\\",
        "--web.max-requests=7",
        "--web.max-connections=007",
    ];
    let settings = read(&args, &[]).unwrap();
    let text = settings.to_toml();
    assert!(text.contains("web.listen-address = [\":1\", \":2\"]  # command line\n"), "{text}");
    assert!(text.contains("scrape.timeout = \"10s\"  # default\n"), "{text}");
    assert!(text.contains("web.max-requests = 7  # command line\n"), "{text}");
    let (_folder, _, file) = file(&text);
    let again = read(&[&file], &[]).unwrap();
    assert_eq!(again.texts(LISTEN_ADDRESS), settings.texts(LISTEN_ADDRESS));
    assert_eq!(again.text(TELEMETRY_PATH), "/a\"\\");
    assert_eq!((again.text(MAX_REQUESTS), again.text("web.max-connections")), ("7", "007"));
}
