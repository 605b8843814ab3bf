//! Tests the web configuration with real files.

use std::fs;

use tempfile::TempDir;

use super::*;
use crate::settings;

const HASH: &str = "$2y$04$1TldWLfcCT8HVDUbCfhTqOVm50olXBS4Tw13svU6vOs4/Q6mqnHYW";

/// Creates a folder with the test certificates and a configuration, and returns its path.
fn folder(yaml: &str) -> (TempDir, PathBuf) {
    let folder = tempfile::tempdir().unwrap();
    let data = Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/data/tls");
    for entry in fs::read_dir(data).unwrap() {
        let from = entry.unwrap().path();
        fs::copy(&from, folder.path().join(from.file_name().unwrap())).unwrap();
    }
    fs::write(folder.path().join("empty.key"), "").unwrap();
    fs::write(folder.path().join("cut.crt"), "-----BEGIN CERTIFICATE-----\nMIIB\n").unwrap();
    let path = folder.path().join("web.yml");
    fs::write(&path, yaml).unwrap();
    (folder, path)
}

#[test]
fn faults_name_the_file_and_the_line() {
    let (_folder, path) = folder("\nnonsense: 1\nrate_limit: {burst: 2}\n");
    let faults = WebConfig::check(&path);
    let shown = path.display();
    let expected = [
        format!("{shown}:2: unknown key nonsense"),
        format!("{shown}:3: rate_limit: give both interval and burst"),
    ];
    assert_eq!(faults, expected);
    let missing = path.with_file_name("nowhere.yml");
    let faults = WebConfig::check(&missing);
    assert!(faults[0].starts_with(&format!("cannot read {}: ", missing.display())), "{faults:?}");
    fs::write(&path, b"basic_auth_users: \xff").unwrap();
    assert!(WebConfig::check(&path)[0].contains("cannot read"));
    fs::write(&path, vec![b'#'; 2 * 1024 * 1024]).unwrap();
    assert!(WebConfig::check(&path)[0].contains("larger than 1 MiB"));
}

#[test]
fn faults_are_reported_with_those_of_the_settings() {
    let (_folder, path) = folder("nonsense: 1\n");
    let args =
        ["--scrape.timeout=soon".into(), format!("--web.config.file={}", path.display()).into()];
    let flags = settings::all_flags(":0", &[], &[]);
    let errors = match settings::read("test_exporter", &flags, &[], &args) {
        Ok(settings::Command::Run(request)) => request.errors,
        other => panic!("{other:?}"),
    };
    assert_eq!(errors.len(), 2, "{errors:?}");
    assert_eq!(errors[1], format!("{}:1: unknown key nonsense", path.display()));
}

#[test]
fn file_without_settings_is_a_warning() {
    let (_folder, path) = folder("# nothing\n");
    let policy = Policy::read(&path, &mut Files::default()).unwrap();
    assert!(policy.warnings[0].contains("neither TLS nor basic auth"), "{:?}", policy.warnings);
}

#[test]
fn hangup_reads_files_that_look_unchanged() {
    let (_folder, path) = folder(&format!("basic_auth_users:\n  alice: {HASH}\n"));
    let long_ago = std::time::SystemTime::now() - Duration::from_secs(3600);
    let write = |user: &str| {
        fs::write(&path, format!("basic_auth_users:\n  {user}: {HASH}\n")).unwrap();
        fs::File::options().write(true).open(&path).unwrap().set_modified(long_ago).unwrap();
    };
    write("alice");
    let config = WebConfig::open(&path).unwrap();
    write("carol");
    config.refresh();
    let user = |config: &WebConfig| config.current().users[0].name.clone();
    assert_eq!(user(&config), "alice");
    config.reload();
    assert_eq!(user(&config), "carol");
    fs::write(&path, "").unwrap();
    config.reload();
    assert_eq!(user(&config), "carol");
}

#[test]
fn reload_error_is_kept_until_fixed() {
    let (_folder, path) = folder(&format!("basic_auth_users:\n  alice: {HASH}\n"));
    let mut config = WebConfig::open(&path).unwrap();
    config.check_interval = Duration::ZERO;
    let last_error = |config: &WebConfig| {
        config.refresh();
        assert_eq!(config.current().users.len(), 1);
        config.watch.lock().unwrap().last_error.clone()
    };
    assert_eq!(last_error(&config), None);
    fs::write(&path, "").unwrap();
    let removed = last_error(&config).unwrap();
    assert!(
        removed.ends_with("basic_auth_users was removed, which requires a restart"),
        "{removed}"
    );
    assert_eq!(last_error(&config), Some(removed));
    fs::write(&path, format!("basic_auth_users:\n  bob: {HASH}\n")).unwrap();
    assert_eq!(last_error(&config), None);
    assert_eq!(config.current().users[0].name, "bob");
}

#[test]
fn files_are_checked_at_the_interval() {
    let (_folder, path) = folder(&format!("basic_auth_users:\n  alice: {HASH}\n"));
    let mut config = WebConfig::open(&path).unwrap();
    config.check_interval = Duration::from_secs(3600);
    fs::write(&path, format!("basic_auth_users:\n  bob: {HASH}\n")).unwrap();
    assert!(!config.needs_refresh());
    config.check_interval = Duration::ZERO;
    assert!(config.needs_refresh());
    assert_eq!(config.current().users[0].name, "alice");
    config.refresh();
    assert_eq!(config.current().users[0].name, "bob");
}

#[cfg(feature = "tls")]
#[test]
fn certificate_and_key_errors_are_reported() {
    let cases = [
        ("server.crt", "nowhere.key", "web.yml:3: key_file: cannot read "),
        ("nowhere.crt", "server.key", "web.yml:2: cert_file: cannot read "),
        ("server.crt", "client.key", "the key is not that of the certificate in "),
        ("server.crt", "server-rsa.key", "the key is not that of the certificate in "),
        ("server.crt", "server-encrypted.key", "the key is encrypted"),
        ("server.crt", "empty.key", "no private key in PEM"),
        ("server.crt", "server.crt", "no private key in PEM"),
        ("server.key", "server.key", "no certificate in PEM"),
        ("cut.crt", "server.key", "no certificate in PEM"),
        ("server.crt", ".", "cannot read"),
    ];
    for (cert, key, expected) in cases {
        let (_folder, path) =
            folder(&format!("tls_server_config:\n  cert_file: {cert}\n  key_file: {key}\n"));
        let faults = WebConfig::check(&path);
        assert_eq!(faults.len(), 1, "{cert} {key}: {faults:?}");
        assert!(faults[0].contains(expected), "{cert} {key}: {faults:?}");
    }
    let (_folder, path) = folder(
        "tls_server_config:\n  cert_file: server.crt\n  key_file: client.key\n  client_ca_file: \
         empty.key\n  client_auth_type: RequireAndVerifyClientCert\n",
    );
    assert_eq!(WebConfig::check(&path).len(), 2, "all errors are reported together");
}

#[cfg(all(feature = "tls", unix))]
#[test]
fn world_readable_key_is_a_warning() {
    use std::os::unix::fs::PermissionsExt as _;

    let (folder, path) =
        folder("tls_server_config:\n  cert_file: server.crt\n  key_file: server.key\n");
    for (mode, warnings) in [(0o600, 0), (0o640, 0), (0o644, 1)] {
        let key = folder.path().join("server.key");
        fs::set_permissions(&key, fs::Permissions::from_mode(mode)).unwrap();
        let policy = Policy::read(&path, &mut Files::default()).unwrap();
        assert_eq!(policy.warnings.len(), warnings, "{mode:o}: {:?}", policy.warnings);
    }
}

#[cfg(all(feature = "tls", unix))]
#[test]
fn inline_key_in_a_readable_file_is_a_warning() {
    use std::os::unix::fs::PermissionsExt as _;

    let data = Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/data/tls");
    let indented = |name: &str| {
        let pem = fs::read_to_string(data.join(name)).unwrap();
        pem.lines().map(|line| format!("    {line}\n")).collect::<String>()
    };
    let (cert, key) = (indented("server.crt"), indented("server.key"));
    let (_folder, path) = folder(&format!("tls_server_config:\n  cert: |\n{cert}  key: |\n{key}"));
    for (mode, warnings) in [(0o600, 0), (0o644, 1)] {
        fs::set_permissions(&path, fs::Permissions::from_mode(mode)).unwrap();
        let policy = Policy::read(&path, &mut Files::default()).unwrap();
        assert_eq!(policy.warnings.len(), warnings, "{mode:o}: {:?}", policy.warnings);
        assert!(policy.warnings.iter().all(|warning| warning.contains("web.yml")));
    }
}

#[test]
fn reload_of_other_keys_keeps_the_rate_limit() {
    let limit = "rate_limit: {interval: 1h, burst: 1}\n";
    let (_folder, path) = folder(limit);
    let config = WebConfig::open(&path).unwrap();
    let now = Instant::now();
    assert_eq!((config.allows(now), config.allows(now)), (true, false));
    fs::write(
        &path,
        format!("{limit}http_server_config:\n  headers:\n    X-Frame-Options: deny\n"),
    )
    .unwrap();
    config.refresh();
    assert_eq!(config.headers().len(), 1);
    assert!(!config.allows(now));
    fs::write(&path, "rate_limit: {interval: 1h, burst: 2}\n").unwrap();
    config.refresh();
    assert!(config.allows(now), "another limit starts with a full bucket");
}
