use std::time::Duration;

use log::LevelFilter;

use super::*;
use crate::constant_labels::ConstantLabels;
use crate::listen::ListenAddress;
use crate::logging::LogFormat;

const CPU: CollectorDef = CollectorDef::from_fn("cpu", "CPU", "CPU.", &[], |_| Ok(()));
const DISK: CollectorDef = CollectorDef::from_fn("disk", "磁盘", "Disks.", &[], |_| Ok(()));
const TCP: CollectorDef =
    CollectorDef::from_fn("tcp", "TCP", "Connections.", &[], |_| Ok(())).off_by_default();
const ELSEWHERE: CollectorDef =
    CollectorDef::from_fn("elsewhere", "别处", "Elsewhere.", &[], |_| Ok(())).systems(&[]);
const COLLECTORS: [CollectorDef; 4] = [CPU, DISK, TCP, ELSEWHERE];

fn run(args: &[&str]) -> Result<Command, Vec<String>> {
    let args: Vec<_> = args.iter().map(OsString::from).collect();
    let flags = all_flags(":9601", &[], &COLLECTORS);
    read("test_exporter", &flags, &COLLECTORS, &args)
}

fn request(args: &[&str]) -> Request {
    match run(args) {
        Ok(Command::Run(request)) => request,
        other => panic!("{other:?}"),
    }
}

fn errors(args: &[&str]) -> Vec<String> {
    request(args).errors
}

#[test]
fn defaults_and_flags_become_a_config() {
    let address = |text: &str| text.parse::<ListenAddress>().unwrap();
    let defaults = Config {
        listen_addresses: vec![address(":9601")],
        telemetry_path: "/metrics".to_owned(),
        enable_openmetrics: false,
        max_connections: 128,
        max_requests: 0,
        read_timeout: Duration::from_secs(5),
        write_timeout: Duration::from_secs(10),
        web_config_file: None,
        scrape_timeout: Duration::from_secs(10),
        labels: ConstantLabels::default(),
        log_level: LevelFilter::Info,
        log_format: LogFormat::Logfmt,
        exporter_metrics: true,
    };
    assert_eq!(request(&[]).config, defaults);
    let args = [
        "-web.listen-address",
        "[::1]:1",
        "--web.telemetry-path=/a/b",
        "--web.enable-openmetrics",
        "--scrape.timeout=1m",
        "--label=site=sz",
        "--label=env=a=b",
        "--log.level=debug",
        "--log.format=json",
        "--web.disable-exporter-metrics",
    ];
    let mut labels = ConstantLabels::default();
    labels.add("site", "sz").unwrap();
    labels.add("env", "a=b").unwrap();
    let expected = Config {
        labels,
        listen_addresses: vec![address("[::1]:1")],
        telemetry_path: "/a/b".to_owned(),
        enable_openmetrics: true,
        scrape_timeout: Duration::from_secs(60),
        log_level: LevelFilter::Debug,
        log_format: LogFormat::Json,
        exporter_metrics: false,
        ..defaults
    };
    assert_eq!(request(&args).config, expected);
}

#[test]
fn actions_ignore_other_errors() {
    assert!(matches!(run(&["--version", "-h"]), Ok(Command::Help)));
    assert!(matches!(run(&["--version", "--web.telemetry-path="]), Ok(Command::Version)));
    assert!(matches!(run(&["--describe", "--nonsense"]), Ok(Command::Describe)));
    assert!(matches!(run(&["--config.check"]), Ok(Command::Check(_))));
    assert!(matches!(run(&["--help", "--help=false"]), Ok(Command::Run(_))));
    assert!(run(&["--help=maybe"]).unwrap_err()[0].contains("true or false"));
}

#[test]
fn invalid_telemetry_paths_are_errors() {
    let paths =
        ["", "/", "metrics", "//metrics", "/a b", "/a?b", "/a#b", "/%61", "/指标", "/-/ready"];
    for path in paths {
        let errors = errors(&[&format!("--web.telemetry-path={path}")]);
        assert_eq!(errors.len(), 1, "{path}");
        assert!(errors[0].starts_with("--web.telemetry-path: "), "{errors:?}");
    }
}

#[test]
fn all_errors_are_reported_together() {
    let args = [
        "--web.listen-address=9601",
        "--web.listen-address=x",
        "--web.telemetry-path=",
        "--web.max-connections=0",
        "--web.max-requests=-1",
        "--web.read-timeout=0",
        "--web.write-timeout=0",
        "--scrape.timeout=soon",
        "--log.level=loud",
        "--collectors.enabled=cqu",
    ];
    assert_eq!(errors(&args).len(), args.len());
    // Unknown flags, unknown keys of the file, and invalid values of both.
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("x.toml");
    std::fs::write(&path, "nonsense = 1\nlog.level = \"loud\"\n").unwrap();
    let file = format!("--config.file={}", path.display());
    let errors = errors(&["--nonsense", &file, "--web.max-requests=-1"]);
    let place = path.display();
    for expected in [
        "unknown flag \"--nonsense\"".to_owned(),
        format!("{place}:1: unknown setting nonsense"),
        format!("{place}:2: log.level: must be"),
        "--web.max-requests: must be an integer".to_owned(),
    ] {
        assert!(errors.iter().any(|error| error.starts_with(&expected)), "{errors:?}");
    }
    assert_eq!(errors.len(), 4, "{errors:?}");
}

#[test]
fn collectors_are_enabled_by_switch_list_and_default() {
    let enabled = |args: &[&str]| {
        let request = request(args);
        assert_eq!(request.errors, [""; 0], "{args:?}");
        let names = request.enabled.iter().map(|index| COLLECTORS[*index].name);
        names.collect::<Vec<_>>().join(" ")
    };
    for (args, expected) in [
        (&[][..], "cpu disk"),
        (&["--no-collector.cpu"], "disk"),
        (&["--collector.cpu=false"], "disk"),
        (&["--collector.tcp"], "cpu disk tcp"),
        (&["--collector.disable-defaults"], ""),
        (&["--collector.disable-defaults", "--collector.cpu"], "cpu"),
        (&["--collectors.enabled=tcp,disk"], "disk tcp"),
        (&["--collectors.enabled=[defaults], tcp"], "cpu disk tcp"),
        (&["--collectors.enabled", "tcp", "--collectors.enabled", "cpu"], "cpu tcp"),
        (&["--collectors.enabled=tcp", "--collector.cpu"], "cpu tcp"),
        (&["--collectors.enabled=tcp,cpu", "--no-collector.tcp"], "cpu"),
    ] {
        assert_eq!(enabled(args), expected, "{args:?}");
    }
    assert!(errors(&["--collectors.enabled=cqu"])[0].contains("did you mean cpu?"));
}

#[test]
fn requested_collector_of_another_system_is_a_warning() {
    assert_eq!(request(&[]).warnings, [""; 0]);
    for args in [["--collector.elsewhere"], ["--collectors.enabled=elsewhere"]] {
        let request = request(&args);
        assert_eq!(request.warnings, ["collectors for other systems are ignored: elsewhere"]);
        assert!(request.errors.is_empty() && !request.enabled.contains(&3));
    }
}

#[test]
fn help_lists_flags_and_defaults() {
    const OWN: &[&dyn AnyFlag] = &[
        &Flag::text("pool.password", "PASSWORD", "", "Password.").secret(),
        &Flag::pattern("pool.names", "", "Names."),
        &Flag::pattern("pool.jobs", "a", "Jobs.").whole(),
    ];
    const TARGETS: Flag<Pattern> = Flag::pattern("collector.x.targets", "", "Targets.");
    let collectors =
        [&COLLECTORS[..], &[CPU.flags(&[&TARGETS]).allowed_targets(&TARGETS)]].concat();
    let flags = all_flags(":9601", OWN, &collectors);
    let help = help("host_exporter", "", &flags, &COLLECTORS);
    for flag in &flags {
        assert!(help.contains(&flag.usage()), "{}: {help}", flag.name);
    }
    for text in [
        "[default: :9601]",
        "[default: 10s]",
        "Only from the environment or the file.",
        "Names. The expression matches anywhere.\n",
        "Targets. The expression matches the whole text.\n",
        "Jobs. The expression matches the whole text. [default: a]\n",
        "HOST_EXPORTER_WEB_LISTEN_ADDRESS",
        "  --[no-]collector.cpu            CPU. [default: on]\n",
        "Connections. [default: off]\n",
    ] {
        assert!(help.contains(text), "{text} in {help}");
    }
}
