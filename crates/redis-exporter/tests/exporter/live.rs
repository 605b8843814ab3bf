//! The page of a healthy Redis.

use std::collections::BTreeSet;

use serde_json::Value;

use crate::process::{error, run, start};
use crate::redis::Redis;

#[test]
fn page_matches_the_state_of_redis() {
    let redis = Redis::start(&[]);
    redis.send(&[
        "SET a 1",
        "SET b 2 EX 1000",
        "GET a",
        "GET none",
        "NOSUCH",
        "SELECT 3",
        "SET c 3",
    ]);
    let exporter = start(&[&redis.flag()], &[]);
    let page = exporter.scrape();
    for (series, expected) in [
        ("redis_up", 1.0),
        ("redis_exporter_last_scrape_error{err=\"\"}", 0.0),
        ("redis_exporter_ping_duration_seconds_count", 1.0),
        ("redis_connected_clients", 1.0),
        ("redis_db_keys{db=\"db0\"}", 2.0),
        ("redis_db_keys_expiring{db=\"db0\"}", 1.0),
        ("redis_db_keys{db=\"db3\"}", 1.0),
        ("redis_keyspace_hits_total", 1.0),
        ("redis_keyspace_misses_total", 1.0),
        ("redis_commands_total{cmd=\"set\"}", 3.0),
        ("redis_commands_latency_seconds_count{cmd=\"set\"}", 3.0),
        ("redis_commands_latency_seconds_bucket{cmd=\"set\",le=\"+Inf\"}", 3.0),
        ("redis_errors_total{err=\"ERR\"}", 1.0),
        ("redis_exporter_scrape_collector_success{collector=\"redis\"}", 1.0),
    ] {
        assert_eq!(page.value(series), Some(expected), "{series} in {}", page.text());
    }
    assert!(page.value("redis_memory_used_bytes").unwrap() > 500_000.0);
    assert!(
        page.text().contains("redis_instance_info{role=\"master\",redis_version=\""),
        "{}",
        page.text()
    );
    assert_eq!(exporter.scrape().value("redis_exporter_ping_duration_seconds_count"), Some(2.0));
    assert_eq!(exporter.kill(), "", "nothing is logged");
}

/// The names of all samples that `--describe` declares.
fn declared() -> BTreeSet<String> {
    let output = run(&["--describe"]);
    let description: Value = serde_json::from_slice(&output.stdout).unwrap();
    let metrics = description["metrics"].as_array().unwrap().iter();
    let names = metrics.flat_map(|metric| {
        let name = metric["name"].as_str().unwrap();
        let suffixes: &[&str] = match metric["kind"].as_str().unwrap() {
            "histogram" => &["_bucket", "_sum", "_count"],
            "summary" => &["", "_sum", "_count"],
            _ => &[""],
        };
        suffixes.iter().map(move |suffix| format!("{name}{suffix}"))
    });
    names.collect()
}

#[test]
fn every_sample_is_declared() {
    let redis = Redis::start(&[]);
    let page = start(&[&redis.flag()], &[]).scrape();
    let declared = declared();
    let series = page.text().lines().filter(|line| !line.starts_with('#'));
    for name in series.map(|line| line.split(['{', ' ']).next().unwrap()) {
        assert!(declared.contains(name), "{name}");
    }
}

#[test]
fn unix_socket_is_an_address() {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("redis@1.sock");
    let path = path.to_str().unwrap();
    let redis = Redis::start(&["--unixsocket", path]);
    let exporter = start(&[&format!("--redis.address=unix://{path}")], &[]);
    let page = exporter.scrape();
    assert_eq!((page.value("redis_up"), error(&page)), (Some(1.0), ""), "{}", page.text());
    assert!(page.has("redis_config_maxclients") && page.has("redis_slowlog_length"));
    drop(redis);
    let page = exporter.scrape();
    assert_eq!((page.value("redis_up"), error(&page)), (Some(0.0), "connect"));
    let log = exporter.kill();
    assert!(log.contains(&format!("cannot connect to unix://{path}")), "{log}");
}

#[test]
fn targets_of_requests_are_those_allowed() {
    let (own, other) = (Redis::start(&[]), Redis::start(&[]));
    other.send(&["SELECT 3", "SET a 1"]);
    let allowed = format!("--redis.targets=27\\.0\\.0\\.1:\\d|127\\.0\\.0\\.1:{}", other.port());
    let exporter = start(&[&own.flag(), &allowed], &[]);
    for target in ["127.0.0.1:PORT", "redis://127.0.0.1:PORT", "redis%3A%2F%2F127.0.0.1%3APORT"] {
        let target = target.replace("PORT", &other.port().to_string());
        let page = exporter.get(&format!("/scrape?target={target}"));
        assert_eq!(page.status, 200, "{}", page.body);
        assert!(page.body.contains("\nredis_db_keys{db=\"db3\"} 1\n"), "{}", page.body);
        assert!(!page.body.contains("\nprocess_") && page.body.contains("\nredis_up 1\n"));
    }
    let own_port = own.port();
    for (query, why) in [
        (format!("?target=127.0.0.1:{own_port}"), "does not allow"),
        ("?target=127.0.0.1".to_owned(), "such as 127.0.0.1:6379"),
        ("?target=u:secret@127.0.0.1:1".to_owned(), "no user or password"),
        (String::new(), "the parameter target is missing"),
    ] {
        let response = exporter.get(&format!("/scrape{query}"));
        assert_eq!(response.status, 400, "{query}");
        assert!(response.body.contains(why) && !response.body.contains("secret"), "{response:?}");
    }
    let page = exporter.scrape();
    assert_eq!(page.value("redis_target_scrape_request_errors_total"), Some(4.0));
    assert_eq!(page.value("redis_db_keys{db=\"db3\"}"), Some(0.0), "{}", page.text());
    drop(other);
    let port = allowed.rsplit(':').next().unwrap();
    let page = exporter.get(&format!("/scrape?target=127.0.0.1:{port}"));
    assert!(page.status == 200 && page.body.contains("\nredis_up 0\n"), "{}", page.body);
}

#[test]
fn targets_are_refused_by_default() {
    let redis = Redis::start(&[]);
    let exporter = start(&[&redis.flag()], &[]);
    let response = exporter.get(&format!("/scrape?target=127.0.0.1:{}", redis.port()));
    assert_eq!(response.status, 400);
    assert!(response.body.contains("start with --redis.targets"), "{}", response.body);
}

#[test]
fn replica_and_master_report_each_other() {
    let master = Redis::start(&[]);
    let port = master.port().to_string();
    let replica = Redis::start(&["--replicaof", "127.0.0.1", &port]);
    let exporter = start(&[&replica.flag()], &[]);
    let link = format!("redis_master_link_up{{master_host=\"127.0.0.1\",master_port=\"{port}\"}}");
    let page = exporter.scrape_until(|page| page.value(&link) == Some(1.0));
    assert!(page.text().contains("redis_instance_info{role=\"slave\""), "{}", page.text());
    let page = start(&[&master.flag()], &[]).scrape();
    assert_eq!(page.value("redis_connected_slaves"), Some(1.0), "{}", page.text());
    assert!(page.has("redis_connected_slave_offset_bytes"), "{}", page.text());
}

#[test]
fn passwords_are_never_logged() {
    let redis = Redis::start(&["--requirepass", "right one"]);
    let variable = "REDIS_EXPORTER_REDIS_PASSWORD";
    let exporter = start(&[&redis.flag()], &[(variable, "right one")]);
    assert_eq!(exporter.scrape().value("redis_up"), Some(1.0));

    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("password");
    std::fs::write(&path, "wrong\n").unwrap();
    let exporter = start(&[&redis.flag(), "--redis.password-file", path.to_str().unwrap()], &[]);
    assert_eq!(error(&exporter.scrape()), "auth");
    std::fs::write(&path, "right one\n").unwrap();
    let page = exporter.scrape();
    assert_eq!(page.value("redis_up"), Some(1.0), "the file is read again");
    assert!(page.has("redis_memory_used_bytes"));
    assert!(!exporter.kill().contains("right one"));
}

#[test]
fn replies_are_kept_and_up_is_not() {
    let redis = Redis::start(&[]);
    let exporter = start(&[&redis.flag(), "--redis.interval=1h"], &[]);
    let calls = "redis_commands_total{cmd=\"info\"}";
    let first = exporter.scrape();
    assert!(first.value("redis_exporter_replies_age_seconds").unwrap() < 60.0);
    redis.send(&["INFO"]);
    assert_eq!(exporter.scrape().value(calls), first.value(calls), "it is not asked again");
    drop(redis);
    let page = exporter.scrape();
    assert_eq!((page.value("redis_up"), error(&page)), (Some(0.0), "connect"));
    assert!(page.has("redis_connected_clients"), "the last good samples stay, with their age");
}
