//! Flags in every form, and what wrong use is answered with.

use std::net::TcpListener;

use serde_json::Value;

use exporter_kit::testing::{Response, get};

use crate::process::{run, run_in, start, start_as_it_is};

#[test]
fn every_form_of_a_flag_is_taken() {
    let forms: [&[&str]; 4] = [
        &["--web.listen-address=127.0.0.1:0", "--web.telemetry-path=/m"],
        &["--web.listen-address", "127.0.0.1:0", "--web.telemetry-path", "/m"],
        &["-web.listen-address=127.0.0.1:0", "-web.telemetry-path=/m"],
        &["-web.listen-address", "127.0.0.1:0", "-web.telemetry-path", "/m"],
    ];
    for form in forms {
        let exporter = start_as_it_is(form);
        assert!(exporter.address().ip().is_loopback());
        assert_eq!(exporter.get("/m").status, 200, "{form:?}");
        assert_eq!(exporter.get("/metrics").status, 404, "{form:?}");
    }
}

#[test]
fn all_interfaces_are_both_families() {
    let exporter = start_as_it_is(&["--web.listen-address=:0"]);
    let port = exporter.address().port();
    assert_eq!(get(([127, 0, 0, 1], port).into(), "/metrics").status, 200);
    if TcpListener::bind("[::1]:0").is_ok() {
        let loopback = std::net::Ipv6Addr::LOCALHOST;
        assert_eq!(get((loopback, port).into(), "/metrics").status, 200);
    }
}

#[test]
fn wrong_use_is_one_clear_line_and_exit_code_2() {
    let cases: [(&[&str], &str); 10] = [
        (&["--web.telemetry-path="], "--web.telemetry-path: the path is empty"),
        (&["--web.telemetry-path=/"], "--web.telemetry-path: / is the landing page"),
        (&["--web.telemetry-path", "metrics"], "give /metrics"),
        (&["--web.listen-address=9601"], "such as :9601"),
        (&["--web.listen-address", "127.0.0.1:99999"], "no port from 0 to 65535"),
        (&["-web.listen-address"], "--web.listen-address needs a value"),
        (&["--web.listen-adress=:1"], "did you mean --web.listen-address?"),
        (&["--collector.cpu.enabled=metrics"], "did you mean --collector.cpu?"),
        (&["--version=maybe"], "--version: must be true or false"),
        (&["start"], "argument 1 does not belong to a flag"),
    ];
    for (args, expected) in cases {
        let output = run(args);
        let stderr = String::from_utf8(output.stderr).unwrap();
        assert_eq!(output.status.code(), Some(2), "{args:?}: {stderr}");
        assert!(stderr.starts_with("host_exporter: ") && stderr.contains(expected), "{stderr}");
        assert_eq!(stderr.lines().count(), 1, "{stderr}");
        assert!(output.stdout.is_empty());
    }
}

#[test]
fn unavailable_address_is_one_error_line() {
    let taken = TcpListener::bind("127.0.0.1:0").unwrap();
    // 192.0.2.0/24 is for documentation: no host has it.
    for address in [taken.local_addr().unwrap().to_string(), "192.0.2.1:0".to_owned()] {
        let output = run(&["--web.listen-address", &address]);
        let stderr = String::from_utf8(output.stderr).unwrap();
        assert_eq!(output.status.code(), Some(1), "{stderr}");
        assert_eq!(stderr.lines().count(), 1, "{stderr}");
        let start = format!("host_exporter: cannot listen on {address}: ");
        assert!(stderr.starts_with(&start) && stderr.contains("--web.listen-address"), "{stderr}");
    }
}

#[test]
fn help_and_version_go_to_stdout() {
    let help = run(&["--help"]);
    assert!(help.status.success() && help.stderr.is_empty());
    let text = String::from_utf8(help.stdout).unwrap();
    for word in ["--web.listen-address=ADDRESS", "[default: :9601]", "--web.telemetry-path=PATH"] {
        assert!(text.contains(word), "{text}");
    }
    let version = run(&["-version=true"]);
    assert!(version.status.success());
    let text = String::from_utf8(version.stdout).unwrap();
    let start = concat!("host_exporter ", env!("CARGO_PKG_VERSION"), " (");
    assert!(text.starts_with(start) && text.lines().count() == 1, "{text}");
}

#[test]
fn settings_come_from_flag_environment_and_file() {
    let folder = tempfile::tempdir().unwrap();
    let file = folder.path().join("host.toml");
    std::fs::write(&file, "web.max-requests = 7\nweb.telemetry-path = '/from-file'\n").unwrap();
    let file = file.to_str().unwrap();
    let output = run_in(
        &["--config.file", file, "--config.check", "--web.max-connections=9"],
        &[
            ("HOST_EXPORTER_WEB_TELEMETRY_PATH", "/from-environment"),
            ("HOST_EXPORTER_WEB_READ_TIMEOT", "7s"),
        ],
    );
    let doubt = "host_exporter: warning: HOST_EXPORTER_WEB_READ_TIMEOT is set but is not a setting; \
                 did you mean HOST_EXPORTER_WEB_READ_TIMEOUT?\n";
    assert_eq!(String::from_utf8(output.stderr).unwrap(), doubt);
    let text = String::from_utf8(output.stdout).unwrap();
    assert!(output.status.success(), "{text}");
    for line in [
        "web.max-connections = 9  # command line".to_owned(),
        "web.telemetry-path = \"/from-environment\"  # HOST_EXPORTER_WEB_TELEMETRY_PATH".to_owned(),
        format!("web.max-requests = 7  # {file}:1"),
        "web.listen-address = \":9601\"  # default".to_owned(),
    ] {
        assert!(text.lines().any(|found| found == line), "{line} in {text}");
    }
    std::fs::write(file, "web.max-requests = 7\n\nweb.telemetry-pat = 1\n").unwrap();
    let output = run(&["--config.file", file, "--config.check"]);
    let stderr = String::from_utf8(output.stderr).unwrap();
    assert_eq!(output.status.code(), Some(2));
    let expected = format!("{file}:3: unknown setting web.telemetry-pat; did you mean");
    assert!(stderr.contains(&expected), "{stderr}");
}

#[cfg(feature = "web-config")]
#[test]
fn settings_of_windows_exporter_are_understood() {
    let folder = tempfile::tempdir().unwrap();
    let file = folder.path().join("config.yaml");
    let text = "collectors:\n  enabled: cpu,service,logical_disk\ncollector:\n  service:\n    \
                include: W32.+\n  logical_disk:\n    volume-exclude: D.+\nweb:\n  \
                listen-address: \":9182\"\nlog:\n  level: debug\n";
    std::fs::write(&file, text).unwrap();
    let file = file.to_str().unwrap();
    let output = run(&["--config.file", file, "--config.check"]);
    let text = String::from_utf8(output.stdout).unwrap();
    assert!(output.status.success(), "{}", String::from_utf8_lossy(&output.stderr));
    for line in [
        format!("collectors.enabled = [\"cpu\", \"service\", \"logical_disk\"]  # {file}:2"),
        format!("collector.service.include = \"W32.+\"  # {file}:5"),
        format!("collector.logical_disk.volume-exclude = \"D.+\"  # {file}:7"),
        format!("web.listen-address = \":9182\"  # {file}:9"),
    ] {
        assert!(text.lines().any(|found| found == line), "{line} in {text}");
    }
    std::fs::write(file, "telemetry:\n  path: /m\ncollector:\n  iis:\n    site-include: a\n")
        .unwrap();
    let output = run(&["--config.file", file, "--config.check"]);
    let stderr = String::from_utf8(output.stderr).unwrap();
    assert_eq!(output.status.code(), Some(2));
    assert!(stderr.contains(":2: unknown setting telemetry.path; did you mean web."), "{stderr}");
    assert!(
        stderr.contains(":5: unknown setting collector.iis.site-include; there is"),
        "{stderr}"
    );
}

#[test]
fn printed_settings_are_a_settings_file() {
    let folder = tempfile::tempdir().unwrap();
    let file = folder.path().join("host.toml");
    let args = ["--config.check", "--no-collector.mem", "--label=a=1, b=2"];
    let printed = run(&args).stdout;
    std::fs::write(&file, &printed).unwrap();
    let again = run(&["--config.check", "--config.file", file.to_str().unwrap()]);
    assert!(again.status.success(), "{}", String::from_utf8_lossy(&again.stderr));
    let values = |text: Vec<u8>| {
        let text = String::from_utf8(text).unwrap();
        let lines = text.lines().filter(|line| !line.starts_with('#'));
        lines.map(|line| line.rsplit_once("  # ").unwrap().0.to_owned()).collect::<Vec<_>>()
    };
    assert_eq!(values(again.stdout), values(printed));
}

#[cfg(feature = "web-config")]
#[test]
fn web_configuration_is_checked_and_applied() {
    let folder = tempfile::tempdir().unwrap();
    let file = folder.path().join("web.yml");
    // The password is `test`.
    let hash = "$2b$04$gGxAUIQ5/3QgnwYWsf0mSe9xABwT0JCtt9VFsxlflp0IUFx7dKNbK";
    std::fs::write(&file, format!("basic_auth_users:\n  alice: {hash}\n")).unwrap();
    let flag = format!("--web.config.file={}", file.display());
    let exporter = start(&[&flag]);
    let Response { status, body, .. } = exporter.get("/metrics");
    assert_eq!((status, body.starts_with("# 401 ")), (401, true), "{body}");
    let address = format!("alice:test@{}", exporter.address());
    let page = ureq::get(format!("http://{address}/metrics")).call().unwrap();
    assert_eq!(page.status(), 200);
    std::fs::write(&file, "basic_auth_users:\n  alice: test\nrate_limit: {burst: 2}\n").unwrap();
    let output = run(&[&flag]);
    let stderr = String::from_utf8(output.stderr).unwrap();
    assert_eq!(output.status.code(), Some(2), "{stderr}");
    let lines: Vec<_> = stderr.lines().collect();
    assert_eq!(lines.len(), 2, "{stderr}");
    let start = format!("host_exporter: {}:", file.display());
    assert!(lines[0].starts_with(&format!("{start}2: basic_auth_users: alice: ")), "{stderr}");
    assert!(lines[1].starts_with(&format!("{start}3: rate_limit: give both")), "{stderr}");
}

#[test]
fn several_addresses_are_listened_on() {
    let exporter = start(&["--web.listen-address=[::1]:0"]);
    assert_eq!(exporter.get("/metrics").status, 200);
}

#[test]
fn description_names_every_metric_on_the_page() {
    let output = run(&["--describe"]);
    let description: Value = serde_json::from_slice(&output.stdout).unwrap();
    let text = |value: &Value| value.as_str().unwrap().to_owned();
    let names = |list: &str| -> Vec<String> {
        description[list].as_array().unwrap().iter().map(|it| text(&it["name"])).collect()
    };
    let (described, patterns) = (names("metrics"), names("patterns"));
    let is_described = |name: &str| {
        let matches = |pattern: &String| name.starts_with(pattern.trim_end_matches('*'));
        described.iter().any(|known| known == name) || patterns.iter().any(matches)
    };
    let page = start(&[]).scrape();
    for name in page.names() {
        assert!(is_described(name), "{name} is not described");
    }
    for metric in description["metrics"].as_array().unwrap() {
        assert!(!text(&metric["zh"]).is_empty(), "{metric} has no Chinese description");
    }
}

#[test]
#[cfg(unix)]
fn a_request_to_end_is_followed() {
    use rustix::process::{Pid, Signal, kill_process};

    for signal in [Signal::TERM, Signal::INT] {
        let exporter = start(&[]);
        let _idle = std::net::TcpStream::connect(exporter.address()).unwrap();
        kill_process(Pid::from_raw(exporter.id().cast_signed()).unwrap(), signal).unwrap();
        let (status, log) = exporter.wait();
        assert!(status.success() && log.lines().count() == 1, "{signal:?}: {status}, {log}");
        assert!(log.contains(" stopped by SIG"), "{log}");
    }
}
