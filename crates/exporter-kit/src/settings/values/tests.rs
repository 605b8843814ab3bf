use std::fs;
use std::path::{Path, PathBuf};

use super::super::argv;
use super::super::flag::AnyFlag;
use super::super::kit::{KIT_FLAGS, LISTEN_ADDRESS, MAX_CONNECTIONS, MAX_REQUESTS, SCRAPE_TIMEOUT};
use super::*;

const PASSWORD: Flag<String> = Flag::text("pool.password", "PASSWORD", "", "Password.").secret();
const CLUSTER: Flag<bool> = Flag::switch("pool.cluster", "Ask the cluster.");
const SOCKET: Flag<Path> = Flag::path("pool.socket", "/run/pool", "Socket.");
const MODE: Flag<String> =
    Flag::text("pool.mode", "MODE", "fast", "Mode.").one_of(&["fast", "slow"]);
const NAMES: Flag<[String]> = Flag::list("pool.names", "NAMES", "a", "Names.").commas();
const INCLUDE: Flag<Pattern> = Flag::pattern("pool.device-include", "", "Devices.");
const EXCLUDE: Flag<Pattern> = Flag::pattern("pool.device-exclude", "^lo$", "Devices.");
const UNIT_INCLUDE: Flag<Pattern> =
    Flag::pattern("pool.unit-include", ".+", "Units.").with_exclude().whole();
const UNIT_EXCLUDE: Flag<Pattern> = Flag::pattern("pool.unit-exclude", "scope$", "Units.");
const SERVER: Flag<String> = Flag::text("pool.server", "ADDRESS", "", "Server.").once();
const ALL: [&dyn AnyFlag; 10] = [
    &PASSWORD,
    &CLUSTER,
    &SOCKET,
    &MODE,
    &NAMES,
    &INCLUDE,
    &EXCLUDE,
    &UNIT_INCLUDE,
    &UNIT_EXCLUDE,
    &SERVER,
];

fn read(args: &[&str], environment: &[(&str, &str)]) -> Result<Settings, Vec<String>> {
    let args: Vec<_> = args.iter().map(|&arg| arg.to_owned()).collect();
    let variable = |name: &str| {
        let found = environment.iter().find(|(known, _)| *known == name);
        found.map(|(_, value)| (*value).to_owned())
    };
    let flags: Vec<_> = KIT_FLAGS.iter().chain(&ALL).map(|flag| flag.spec()).collect();
    let (typed, mut errors) = argv::read(&args, &flags);
    let (settings, more) = Settings::read("pool_exporter", &flags, typed, variable);
    errors.extend(more);
    if errors.is_empty() { Ok(settings) } else { Err(errors) }
}

/// A settings file with this text, its path, and the argument that names it.
fn file(text: &str) -> (tempfile::TempDir, PathBuf, String) {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("pool.toml");
    fs::write(&path, text).unwrap();
    let arg = format!("--config.file={}", path.display());
    (folder, path, arg)
}

#[test]
fn command_line_overrides_environment_overrides_file() {
    let (_folder, path, file) =
        file("web.listen-address = ':1'\nweb.max-requests = 1\nscrape.timeout = '1s'\n");
    let environment =
        [("POOL_EXPORTER_WEB_MAX_REQUESTS", "2"), ("POOL_EXPORTER_WEB_LISTEN_ADDRESS", ":2,:3")];
    let settings = read(&[&file, "--web.listen-address=:4"], &environment).unwrap();
    assert_eq!(settings.get(&LISTEN_ADDRESS), [":4"]);
    assert_eq!(settings.get(&MAX_REQUESTS), 2);
    assert_eq!(settings.get(&SCRAPE_TIMEOUT), Duration::from_secs(1));
    assert_eq!(settings.get(&SOCKET), Path::new("/run/pool"));
    let names = ["web.listen-address", "web.max-requests", "scrape.timeout", "pool.socket"];
    let origins = names.map(|name| settings.setting(name).origin.to_string());
    let line_3 = format!("{}:3", path.display());
    assert_eq!(origins, ["command line", "POOL_EXPORTER_WEB_MAX_REQUESTS", &line_3, "default"]);
}

#[test]
fn the_environment_can_name_the_file() {
    let (_folder, path, _) = file("pool.mode = 'slow'");
    let path = path.to_str().unwrap();
    let settings = read(&[], &[("POOL_EXPORTER_CONFIG_FILE", path)]).unwrap();
    assert_eq!(settings.get(&MODE), "slow");
}

#[test]
fn lists_accumulate_and_other_flags_keep_the_last() {
    let args = ["--web.listen-address=:1", "-web.listen-address", ":2", "--web.max-requests=1"];
    let settings = read(&[&args[..], &["--web.max-requests=2"]].concat(), &[]).unwrap();
    assert_eq!(settings.get(&LISTEN_ADDRESS), [":1", ":2"]);
    assert_eq!(settings.get(&MAX_REQUESTS), 2);
    let environment = [("POOL_EXPORTER_WEB_LISTEN_ADDRESS", ":3,:4")];
    assert_eq!(read(&[], &environment).unwrap().get(&LISTEN_ADDRESS), [":3", ":4"]);
    assert_eq!(read(&[], &[]).unwrap().get(&NAMES), ["a"]);
    assert_eq!(read(&["--pool.names=b,c", "--pool.names=d"], &[]).unwrap().get(&NAMES).len(), 3);
}

#[test]
fn commas_separate_values_wherever_they_are_given() {
    let names = |text: &str| {
        let (_folder, _, file) = file(text);
        read(&[&file], &[]).unwrap().get(&NAMES).to_vec()
    };
    assert_eq!(names("pool.names = 'b, c'"), ["b", "c"]);
    assert_eq!(names("pool.names = ['b,c', 'd']"), ["b,c", "d"], "an array has one in each item");
    assert_eq!(read(&["--pool.names=b, c"], &[]).unwrap().get(&NAMES), ["b", "c"]);
    let environment = [("POOL_EXPORTER_POOL_NAMES", "b, c")];
    assert_eq!(read(&[], &environment).unwrap().get(&NAMES), ["b", "c"]);
}

#[test]
fn flag_that_is_given_once_rejects_two() {
    let errors = read(&["--pool.server=a", "--pool.server", "b"], &[]).unwrap_err();
    assert_eq!(errors, ["--pool.server: is given twice; give it once"]);
    let settings = read(&["--pool.server=a"], &[("POOL_EXPORTER_POOL_SERVER", "b")]).unwrap();
    assert_eq!(settings.get(&SERVER), "a", "the command line overrides the environment");
}

#[test]
fn switches_accept_the_booleans_of_go() {
    for (text, on) in [("1", true), ("T", true), ("false", false), ("0", false)] {
        let arg = format!("--pool.cluster={text}");
        assert_eq!(read(&[&arg], &[]).unwrap().get(&CLUSTER), on, "{text}");
    }
    assert!(read(&["--pool.cluster"], &[]).unwrap().get(&CLUSTER));
    assert!(!read(&["--pool.cluster", "--no-pool.cluster"], &[]).unwrap().get(&CLUSTER));
}

#[test]
fn errors_have_their_origin() {
    let (_folder, path, file) = file("pool.cluster = 7\nnonsense = 1\nweb.max-connections = 0\n");
    let environment =
        [("POOL_EXPORTER_POOL_CLUSTER", "x"), ("POOL_EXPORTER_SCRAPE_TIMEOUT", "soon")];
    let args = [&*file, "--web.read-timeout=0", "--pool.mode=odd", "--pool.device-include=a(b"];
    let errors = read(&[&args[..], &["--web.max-requests"]].concat(), &environment).unwrap_err();
    let place = path.display();
    let expected = [
        "--web.max-requests needs a value: --web.max-requests=NUMBER".to_owned(),
        format!("{place}:2: unknown setting nonsense"),
        format!("{place}:3: web.max-connections: must be an integer of at least 1, not \"0\""),
        "POOL_EXPORTER_POOL_CLUSTER: must be true or false, not \"x\"".to_owned(),
        "POOL_EXPORTER_SCRAPE_TIMEOUT: must be a duration such as 500ms, 10s or 1m, not \"soon\""
            .to_owned(),
        "--web.read-timeout: must be longer than 0, such as 5s".to_owned(),
        "--pool.mode: must be one of fast, slow, not \"odd\"".to_owned(),
    ];
    for expected in &expected {
        assert!(errors.contains(expected), "{expected}: {errors:?}");
    }
    let pattern = "--pool.device-include: \"a(b\" is not a valid regular expression: ";
    assert!(errors.iter().any(|error| error.starts_with(pattern)), "{errors:?}");
    assert_eq!(errors.len(), expected.len() + 1, "{errors:?}");
    let missing = read(&["--config.file=/nowhere/x.toml"], &[]).unwrap_err();
    assert!(missing[0].starts_with("--config.file: cannot read /nowhere/x.toml: "), "{missing:?}");
}

#[test]
fn durations_have_units_or_are_seconds() {
    for (text, milliseconds) in [("500ms", 500), ("10s", 10_000), ("1m 30s", 90_000), ("2.5", 2500)]
    {
        let settings = read(&["--scrape.timeout", text], &[]).unwrap();
        assert_eq!(settings.get(&SCRAPE_TIMEOUT), Duration::from_millis(milliseconds));
    }
}

#[test]
fn include_and_exclude_are_mutually_exclusive() {
    let filter = |args: &[&str]| read(args, &[]).map(|it| it.filter(&INCLUDE, &EXCLUDE));
    let wants = |filter: Filter| ["lo", "eth0", "veth1"].map(|name| filter.wants(name));
    assert_eq!(filter(&[]).map(wants), Ok([false, true, true]));
    assert_eq!(filter(&["--pool.device-exclude=^v"]).map(wants), Ok([true, true, false]));
    assert_eq!(filter(&["--pool.device-exclude="]).map(wants), Ok([true; 3]));
    // The default of the other is cleared.
    assert_eq!(filter(&["--pool.device-include=^(lo|eth)"]).map(wants), Ok([true, true, false]));
    let both = filter(&["--pool.device-include=a", "--pool.device-exclude=b"]).unwrap_err();
    assert!(both.len() == 1 && both[0].contains("--pool.device-exclude is given too"), "{both:?}");
}

#[test]
fn with_exclude_allows_both_patterns() {
    let wants = |args: &[&str]| {
        let filter = read(args, &[]).unwrap().filter(&UNIT_INCLUDE, &UNIT_EXCLUDE);
        ["a.service", "b.service", "c.scope"].map(|name| filter.wants(name))
    };
    assert_eq!(wants(&[]), [true, true, false]);
    // The default of the other is kept.
    assert_eq!(wants(&["--pool.unit-include=[ac]"]), [false, false, false]);
    assert_eq!(wants(&["--pool.unit-include=[ac].*"]), [true, false, false]);
    let both = ["--pool.unit-include=[ac].*", "--pool.unit-exclude=^a"];
    assert_eq!(wants(&both), [false, false, true]);
}

#[test]
fn secrets_are_not_typed_and_not_shown() {
    let errors = read(&["--pool.password=geheim"], &[]).unwrap_err();
    assert!(errors[0].contains("POOL_EXPORTER_POOL_PASSWORD"), "{errors:?}");
    assert!(!errors[0].contains("geheim"), "{errors:?}");
    let settings = read(&[], &[("POOL_EXPORTER_POOL_PASSWORD", "ge\"heim")]).unwrap();
    let error = settings.error(&PASSWORD, r#"ge"heim or "ge\"heim" has a quote"#).to_string();
    assert_eq!(error, "POOL_EXPORTER_POOL_PASSWORD: … or \"…\" has a quote");
    let settings = read(&[], &[("POOL_EXPORTER_POOL_PASSWORD", "geheim")]).unwrap();
    assert_eq!(settings.get(&PASSWORD), "geheim");
    let text = settings.to_toml();
    let line = "# pool.password = …  # not shown; POOL_EXPORTER_POOL_PASSWORD\n";
    assert!(text.contains(line) && !text.contains("geheim"), "{text}");
    assert!(read(&[], &[]).unwrap().to_toml().contains("pool.password = \"\"  # default\n"));
}

#[test]
fn effective_settings_are_a_settings_file() {
    let args = [
        "--web.listen-address=:1",
        "--web.listen-address=:2",
        "--pool.socket=/a\"\\",
        "--web.max-requests=7",
        "--web.max-connections=007",
    ];
    let settings = read(&args, &[]).unwrap();
    let text = settings.to_toml();
    for line in [
        "web.listen-address = [\":1\", \":2\"]  # command line\n",
        "scrape.timeout = \"10s\"  # default\n",
        "web.max-requests = 7  # command line\n",
        "pool.cluster = false  # default\n",
    ] {
        assert!(text.contains(line), "{text}");
    }
    let (_folder, _, file) = file(&text);
    let again = read(&[&file], &[]).unwrap();
    assert_eq!(again.get(&LISTEN_ADDRESS), settings.get(&LISTEN_ADDRESS));
    assert_eq!(again.get(&SOCKET), Path::new("/a\"\\"));
    assert_eq!((again.get(&MAX_REQUESTS), again.get(&MAX_CONNECTIONS)), (7, 7));
    assert_eq!(again.setting("web.max-connections").text(), "007");
}
