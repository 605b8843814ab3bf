//! What a server refuses, does not answer or breaks off: the page says why, and keeps what was read
//! before. What was refused is not asked again.

use std::time::Instant;

use crate::fake::{Answer, Fake, INFO};
use crate::process::{error, start};
use crate::redis::Redis;

#[test]
fn reason_is_on_the_page_whatever_fails() {
    use Answer::{Bulk, Close, Hang, Line};
    let cases: [(&'static str, Answer, f64, &str, bool); 26] = [
        ("INFO", Line("-NOPERM this user has no permissions"), 1.0, "refused", false),
        ("INFO", Line("-BUSY Redis is busy running a script"), 1.0, "refused", false),
        ("INFO", Line("-ERR unknown command 'INFO'"), 1.0, "refused", false),
        ("INFO", Line("-LOADING Redis is loading the dataset"), 1.0, "loading", false),
        ("INFO", Line("-MASTERDOWN Link with MASTER is down"), 1.0, "master_down", false),
        ("INFO", Line("-DENIED Redis is running in protected mode"), 0.0, "refused", false),
        ("INFO", Line("-NOAUTH Authentication required."), 0.0, "auth", false),
        ("INFO", Line("+OK"), 0.0, "lost", false),
        ("INFO", Bulk(""), 0.0, "lost", false),
        ("INFO", Line("HTTP/1.1 400 Bad Request"), 0.0, "lost", false),
        ("INFO", Hang, 0.0, "timeout", false),
        ("INFO", Close, 0.0, "lost", false),
        // What fails beside INFO leaves its samples.
        ("PING", Hang, 1.0, "timeout", true),
        ("PING", Close, 1.0, "lost", true),
        ("PING", Line("-NOAUTH Authentication required."), 1.0, "auth", true),
        ("PING", Line("-LOADING Redis is loading the dataset"), 1.0, "loading", true),
        ("PING", Line("-MISCONF Redis cannot save"), 1.0, "", true),
        ("CONFIG", Hang, 1.0, "timeout", true),
        ("CONFIG", Line("-NOPERM this user has no permissions"), 1.0, "refused", true),
        ("CONFIG", Line("-ERR unknown command 'CONFIG'"), 1.0, "", true),
        ("CONFIG", Line("-ERR not on this plan"), 1.0, "refused", true),
        ("LATENCY", Close, 1.0, "lost", true),
        ("SLOWLOG", Line("-BUSY Redis is busy running a script"), 1.0, "refused", true),
        ("SLOWLOG", Line("+unexpected"), 1.0, "refused", true),
        ("GREETING", Line("-ERR max number of clients reached"), 0.0, "max_clients", false),
        ("GREETING", Line("-DENIED Redis is running in protected mode"), 0.0, "refused", false),
    ];
    for (command, answer, up, why, has_info) in cases {
        for password in ["", "secret"] {
            let redis = Fake::start(&[("AUTH", Line("+OK")), (command, answer)]);
            let environment = [("REDIS_EXPORTER_REDIS_PASSWORD", password)];
            let exporter = start(&[&redis.flag(), "--redis.timeout=300ms"], &environment);
            let page = exporter.scrape();
            let seen = (page.value("redis_up"), error(&page), page.has("redis_connected_clients"));
            assert_eq!(seen, (Some(up), why, has_info), "{command} {why}: {}", page.text());
            let value = page.value(&format!("redis_exporter_last_scrape_error{{err=\"{why}\"}}"));
            assert_eq!(value, Some(if why.is_empty() { 0.0 } else { 1.0 }));
            assert!(!exporter.kill().contains(": secret"));
        }
    }
}

#[test]
fn refused_commands_are_asked_once() {
    let no = Answer::Line("-NOPERM this user has no permissions");
    let redis = Fake::start(&[("CONFIG", no), ("LATENCY", no), ("SLOWLOG", no)]);
    let exporter = start(&[&redis.flag()], &[]);
    let counts = || ["CONFIG", "LATENCY", "SLOWLOG", "INFO"].map(|command| redis.count(command));
    for scrape in 1..4 {
        let page = exporter.scrape();
        // LATENCY and SLOWLOG have two subcommands each.
        assert_eq!(counts(), [1, 2, 2, scrape]);
        let refused = "redis_exporter_refused_commands{cmd=\"config|get\"}";
        assert_eq!((page.value(refused), error(&page)), (Some(1.0), "refused"), "{}", page.text());
    }
    // Another run of the server may have other rules.
    redis.answer("INFO", Answer::Bulk("redis_version:7.0.15\r\nrun_id:b\r\n"));
    redis.answer("CONFIG", Answer::Line("*0"));
    redis.answer("LATENCY", Answer::Line("*0"));
    let page = exporter.scrape();
    assert_eq!((counts(), error(&page)), ([2, 4, 4, 4], "refused"));
    assert!(!page.text().contains("cmd=\"config|get\""), "{}", page.text());
}

#[test]
fn what_the_server_lacks_is_not_a_failure() {
    let redis = Fake::start(&[("CONFIG", Answer::Line("-ERR unknown command 'CONFIG'"))]);
    let exporter = start(&[&redis.flag()], &[]);
    for _ in 0..2 {
        let page = exporter.scrape();
        assert_eq!((error(&page), redis.count("CONFIG")), ("", 1), "{}", page.text());
        let refused = "redis_exporter_refused_commands{cmd=\"config|get\"}";
        assert_eq!(page.value(refused), Some(1.0), "{}", page.text());
    }
}

#[test]
fn refusal_that_may_pass_stays_on_the_page_and_is_logged_once() {
    let redis = Fake::start(&[("CONFIG", Answer::Line("-ERR the proxy does not pass this"))]);
    let exporter = start(&[&redis.flag()], &[]);
    for _ in 0..3 {
        let page = exporter.scrape();
        assert_eq!((error(&page), redis.count("CONFIG")), ("refused", 1), "{}", page.text());
        let success = "redis_exporter_scrape_collector_success{collector=\"redis\"}";
        assert_eq!(page.value(success), Some(1.0));
    }
    let log = exporter.kill();
    let lines = log.lines().filter(|line| line.contains("does not pass this"));
    assert!(lines.count() == 1 && !log.contains("works again"), "{log}");
}

#[test]
fn replies_are_not_kept_longer_than_their_interval() {
    let redis = Fake::start(&[]);
    let exporter = start(&[&redis.flag(), "--redis.interval=1s"], &[]);
    assert!(exporter.scrape().has("redis_connected_clients"));
    redis.answer("INFO", Answer::Close);
    let page = exporter.scrape_until(|page| !page.has("redis_connected_clients"));
    assert_eq!((page.value("redis_up"), error(&page)), (Some(0.0), "lost"), "{}", page.text());
    assert!(!page.has("redis_exporter_replies_age_seconds"));
}

#[test]
fn variables_of_another_exporter_are_named() {
    let redis = Fake::start(&[]);
    let environment = [("REDIS_ADDR", "redis://db:6379"), ("REDIS_PASSWORD", "topsecret")];
    let exporter = start(&[&redis.flag()], &environment);
    exporter.scrape();
    let log = exporter.kill();
    assert!(log.contains("REDIS_PASSWORD is not read; set REDIS_EXPORTER_REDIS_PASSWORD"), "{log}");
    assert!(!log.contains("REDIS_ADDR is") && !log.contains("topsecret"), "{log}");
}

#[test]
fn spellings_of_a_target_share_its_refusals() {
    let redis = Fake::start(&[("CONFIG", Answer::Line("-NOPERM this user has no permissions"))]);
    let allowed = "--redis.targets=127\\.0\\.0\\.1:\\d+";
    let exporter = start(&["--redis.address=127.0.0.1:1", allowed], &[]);
    let address = redis.flag().replace("--redis.address=", "");
    for target in [&*address, &format!("redis://{address}"), &format!("tcp://{address}/00")] {
        let page = exporter.get(&format!("/scrape?target={target}")).body;
        assert!(page.contains("redis_exporter_refused_commands{cmd=\"config|get\"} 1\n"), "{page}");
        assert_eq!(redis.count("CONFIG"), 1, "{target}");
    }
    let log = exporter.kill();
    assert!(log.contains(&format!("{address}: Redis refused config|get")), "{log}");
}

#[test]
fn refused_info_is_not_asked_again() {
    let redis =
        Fake::start(&[("INFO", Answer::Line("-NOPERM no")), ("PING", Answer::Line("-NOPERM no"))]);
    let exporter = start(&[&redis.flag()], &[]);
    for _ in 0..3 {
        let page = exporter.scrape();
        assert_eq!((page.value("redis_up"), error(&page)), (Some(1.0), "refused"));
        assert_eq!([redis.count("PING"), redis.count("INFO")], [1, 1]);
    }
}

#[test]
fn login_is_not_tried_again_at_once() {
    let wrong = Answer::Line("-WRONGPASS invalid username-password pair or user is disabled.");
    login_is_tried_once(wrong);
    login_is_tried_once(Answer::Line("-ERR the proxy knows no such tenant"));
}

fn login_is_tried_once(wrong: Answer) {
    let redis = Fake::start(&[("AUTH", wrong)]);
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("password");
    let file = format!("--redis.password-file={}", path.display());
    std::fs::write(&path, "first").unwrap();
    let exporter = start(&[&redis.flag(), &file], &[]);
    for _ in 0..3 {
        let page = exporter.scrape();
        assert_eq!((page.value("redis_up"), error(&page)), (Some(0.0), "auth"));
        assert_eq!([redis.count("AUTH"), redis.count("INFO")], [1, 0]);
    }
    // Another password is tried at once.
    redis.answer("AUTH", Answer::Line("+OK"));
    std::fs::write(&path, "second").unwrap();
    let page = exporter.scrape();
    assert_eq!((page.value("redis_up"), error(&page)), (Some(1.0), ""), "{}", page.text());
    assert_eq!(redis.count("AUTH"), 2);
}

#[test]
fn ping_is_not_repeated_while_the_state_lasts() {
    const LOADING: &str = "redis_version:7.0.15\r\nrun_id:a\r\nloading:1\r\n";
    let refusal = Answer::Line("-LOADING Redis is loading the dataset in memory");
    let redis = Fake::start(&[("INFO", Answer::Bulk(LOADING)), ("PING", refusal)]);
    let exporter = start(&[&redis.flag()], &[]);
    for scrape in 1..4 {
        assert_eq!(error(&exporter.scrape()), "loading");
        assert_eq!([redis.count("PING"), redis.count("INFO")], [1, scrape]);
    }
    redis.answer("PING", Answer::Line("+PONG"));
    redis.answer("INFO", Answer::Bulk(INFO));
    let page = exporter.scrape();
    assert_eq!((error(&page), redis.count("PING")), ("", 2), "{}", page.text());
}

#[test]
fn old_redis_is_not_asked_for_what_it_lacks() {
    let redis = Fake::start(&[
        ("INFO", Answer::Bulk("redis_version:6.2.14\r\nrun_id:a\r\n")),
        ("CONFIG", Answer::Line("*0")),
    ]);
    assert_eq!(error(&start(&[&redis.flag()], &[]).scrape()), "");
    assert_eq!([redis.count("CONFIG"), redis.count("LATENCY")], [5, 1], "one setting to a command");
}

#[test]
fn scrapes_add_nothing_to_the_errors_of_redis() {
    let redis = Redis::start(&["--user", "poor", "on", ">secret", "+ping", "+info"]);
    let environment = [("REDIS_EXPORTER_REDIS_PASSWORD", "secret")];
    let exporter = start(&[&redis.flag(), "--redis.username=poor"], &environment);
    let errors = || {
        let page = exporter.scrape();
        assert_eq!(error(&page), "refused", "{}", page.text());
        page.value("redis_total_error_replies").unwrap()
    };
    // INFO was answered before the first refusals.
    let (first, second, third) = (errors(), errors(), errors());
    assert!(second > first && third == second, "{first} {second} {third}");
}

#[test]
fn user_of_the_documents_may_run_all_commands() {
    for readme in ["README.md", "README.zh-CN.md"] {
        let path = std::path::Path::new(env!("CARGO_MANIFEST_DIR")).join(readme);
        let text = std::fs::read_to_string(path).unwrap();
        let lines: Vec<_> =
            text.lines().filter(|line| line.starts_with("ACL SETUSER exporter ")).collect();
        let [line, sentinel_line] = lines[..] else { panic!("{lines:?}") };
        let redis = Redis::start(&[]);
        let sentinel = Redis::sentinel_of(&redis);
        for (redis, line, family) in [
            (&redis, line, "redis_config_maxmemory"),
            (&sentinel, sentinel_line, "redis_sentinel_master_status"),
        ] {
            redis.send(&[&line.replace("PASSWORD", "secret")]);
            let environment = [("REDIS_EXPORTER_REDIS_PASSWORD", "secret")];
            let exporter = start(&[&redis.flag(), "--redis.username=exporter"], &environment);
            let page = exporter.scrape();
            assert_eq!(error(&page), "", "{}", page.text());
            assert!(!page.has("redis_exporter_refused_commands"), "{}", page.text());
            assert!(page.has(family), "{}", page.text());
        }
    }
}

#[test]
fn password_file_that_hangs_is_bounded() {
    let redis = Fake::start(&[]);
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("password");
    // Nothing ever writes to the pipe.
    let mode = rustix::fs::Mode::from_raw_mode(0o600);
    rustix::fs::mknodat(rustix::fs::CWD, &path, rustix::fs::FileType::Fifo, mode, 0).unwrap();
    let file = format!("--redis.password-file={}", path.display());
    let exporter = start(&[&redis.flag(), &file, "--redis.timeout=300ms"], &[]);
    for _ in 0..2 {
        let page = exporter.scrape();
        let seen = (page.value("redis_up"), error(&page));
        assert_eq!(seen, (Some(0.0), "password_file"), "{}", page.text());
    }
}

#[test]
fn each_reason_is_logged_once() {
    let [loading, busy] = ["-LOADING Redis is loading", "-BUSY a script"].map(Answer::Line);
    let redis = Fake::start(&[]);
    let exporter = start(&[&redis.flag()], &[]);
    for answer in [loading, loading, busy, loading, Answer::Bulk(INFO), busy] {
        redis.answer("INFO", answer);
        exporter.scrape();
    }
    let log = exporter.kill();
    let said = ["when its data is loaded", "SCRIPT KILL", "works again", "SCRIPT KILL"];
    // Each command that the fake does not know has a line of its own.
    let lines: Vec<_> = log.lines().filter(|line| !line.contains("metrics made of it")).collect();
    assert_eq!(lines.len(), said.len(), "{log}");
    for (line, said) in lines.into_iter().zip(said) {
        assert!(line.contains(said), "{log}");
    }
}

#[test]
fn page_comes_before_the_scraper_gives_up() {
    let redis = Fake::start(&[("INFO", Answer::Hang)]);
    let exporter = start(&[&redis.flag(), "--redis.timeout=60s", "--scrape.timeout=1s"], &[]);
    for _ in 0..2 {
        let begun = Instant::now();
        let page = exporter.scrape();
        assert_eq!(
            (page.value("redis_up"), error(&page)),
            (Some(0.0), "timeout"),
            "{}",
            page.text()
        );
        assert!(begun.elapsed().as_secs_f64() < 0.95, "{:?}", begun.elapsed());
    }
}
