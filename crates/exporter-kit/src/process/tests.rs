//! Compares the metrics with the actions of a process that does nothing else.
#![cfg(any(target_os = "linux", windows))]

use std::env;
use std::fs::File;
use std::process::Command;
use std::sync::mpsc;
use std::thread;
use std::time::{SystemTime, UNIX_EPOCH};

use super::*;

/// Runs `checks` as the only test of a new process, because other tests open files and start
/// threads. `module` and `name` are those of the calling test.
pub(super) fn in_own_process(module: &str, name: &str, checks: fn()) {
    const VARIABLE: &str = "EXPORTER_KIT_TEST_PROCESS";
    if env::var_os(VARIABLE).is_some() {
        return checks();
    }
    let (_, module) = module.split_once("::").unwrap();
    let test = format!("{module}::{name}");
    let mut command = Command::new(env::current_exe().unwrap());
    let output = command.args(["--exact", &test, "--test-threads=1"]).env(VARIABLE, "1").output();
    let output = output.unwrap();
    let printed = String::from_utf8_lossy(&output.stdout);
    assert!(output.status.success() && printed.contains("1 passed"), "{printed}");
}

fn read(metrics: &mut ProcessMetrics) -> Samples {
    let mut samples = Samples::default();
    metrics.write(&mut samples);
    samples
}

fn value<K: Scalar>(metrics: &mut ProcessMetrics, metric: &Definition<K, 0>) -> f64 {
    read(metrics).value(metric, []).unwrap_or_else(|| panic!("no {}", metric.name()))
}

#[test]
fn metrics_follow_the_process() {
    in_own_process(module_path!(), "metrics_follow_the_process", || {
        let metrics = &mut ProcessMetrics::default();
        // Wine 8 does not provide the number of handles.
        if cfg!(not(windows)) || read(metrics).value(&OPEN_FDS, []).is_some() {
            let fds = value(metrics, &OPEN_FDS);
            let file = File::open(env::current_exe().unwrap()).unwrap();
            assert_eq!(value(metrics, &OPEN_FDS), fds + 1.0);
            drop(file);
            assert_eq!(value(metrics, &OPEN_FDS), fds);
            assert!(value(metrics, &MAX_FDS) > fds);
        }

        let threads = value(metrics, &THREADS);
        let (end, ended) = mpsc::channel::<()>();
        let waiting = thread::Builder::new().spawn(move || ended.recv()).unwrap();
        assert_eq!(value(metrics, &THREADS), threads + 1.0);
        drop(end);
        waiting.join().unwrap().unwrap_err();

        let cpu = value(metrics, &CPU_SECONDS);
        let mut grown = 0.0;
        while grown < 0.02 {
            let now = value(metrics, &CPU_SECONDS) - cpu;
            assert!(now >= grown, "a counter went down: {now} after {grown}");
            grown = now;
        }
        assert!(grown < 1.0, "{grown} seconds of CPU time");

        const BYTES: usize = 64 << 20;
        let memory = [&RESIDENT_MEMORY, &VIRTUAL_MEMORY].map(|metric| value(metrics, metric));
        let block = std::hint::black_box(vec![1_u8; BYTES]);
        for (metric, before) in [&RESIDENT_MEMORY, &VIRTUAL_MEMORY].into_iter().zip(memory) {
            let more = value(metrics, metric) - before;
            assert!((more - BYTES as f64).abs() < 4e6, "{}: {more}", metric.name());
        }
        drop(block);

        let started = value(metrics, &START_TIME);
        let now = SystemTime::now().duration_since(UNIX_EPOCH).unwrap().as_secs_f64();
        assert!((0.0..60.0).contains(&(now - started)), "started at {started}, now {now}");
        assert_eq!(value(metrics, &START_TIME), started);
    });
}

#[test]
fn every_read_returns_the_same_series() {
    let metrics = &mut ProcessMetrics::default();
    let first = read(metrics).len();
    // Virtual memory is often unlimited, and Wine does not provide the number of handles.
    let expected = ProcessMetrics::definitions().len() - if cfg!(windows) { 2 } else { 1 };
    assert!(first >= expected, "{first}");
    assert_eq!(read(metrics).len(), first);
}

#[cfg(target_os = "linux")]
mod linux {
    use rustix::process::{Resource, Rlimit, getrlimit, setrlimit};

    use super::*;

    fn limit(resource: Resource, current: u64) {
        let maximum = getrlimit(resource).maximum;
        setrlimit(resource, Rlimit { current: Some(current), maximum }).unwrap();
    }

    #[test]
    fn metrics_agree_with_other_sources() {
        in_own_process(module_path!(), "metrics_agree_with_other_sources", || {
            let metrics = &mut ProcessMetrics::default();
            let _ = read(metrics);
            let fds = std::fs::read_dir("/proc/self/fd").unwrap().count() as f64;
            // Without the directory that `read_dir` had open.
            assert_eq!(value(metrics, &OPEN_FDS), fds - 1.0);

            let status = std::fs::read_to_string("/proc/self/status").unwrap();
            let status = |name: &str| -> f64 {
                let line = status.lines().find_map(|line| line.strip_prefix(name)).unwrap();
                line.split_whitespace().next().unwrap().parse().unwrap()
            };
            assert_eq!(value(metrics, &THREADS), status("Threads:"));
            for (metric, name) in [(&VIRTUAL_MEMORY, "VmSize:"), (&RESIDENT_MEMORY, "VmRSS:")] {
                let (found, expected) = (value(metrics, metric), status(name) * 1024.0);
                assert!((found - expected).abs() < 4e6, "{name} {expected}, {found}");
            }

            let stat = std::fs::read_to_string("/proc/self/stat").unwrap();
            let ticks = |field: usize| -> f64 {
                let (_, fields) = stat.rsplit_once(") ").unwrap();
                fields.split(' ').nth(field - 3).unwrap().parse().unwrap()
            };
            let per_second = rustix::param::clock_ticks_per_second() as f64;
            let cpu = (ticks(14) + ticks(15)) / per_second;
            assert!((value(metrics, &CPU_SECONDS) - cpu).abs() < 0.1, "{cpu}");
            let boot = std::fs::read_to_string("/proc/stat").unwrap();
            let boot = boot.lines().find_map(|line| line.strip_prefix("btime ")).unwrap();
            let started = boot.parse::<f64>().unwrap() + ticks(22) / per_second;
            let found = value(metrics, &START_TIME);
            assert!((found - started).abs() < 1.1, "{found}, {started}");
        });
    }

    #[test]
    fn limits_are_exposed_if_set() {
        in_own_process(module_path!(), "limits_are_exposed_if_set", || {
            let metrics = &mut ProcessMetrics::default();
            let unlimited = getrlimit(Resource::As).current.is_none();
            assert_eq!(read(metrics).value(&VIRTUAL_MEMORY_MAX, []).is_none(), unlimited);
            limit(Resource::As, 1 << 40);
            limit(Resource::Nofile, 64);
            assert_eq!(value(metrics, &VIRTUAL_MEMORY_MAX), (1_u64 << 40) as f64);
            assert_eq!(value(metrics, &MAX_FDS), 64.0);
        });
    }

    #[test]
    fn lack_of_descriptors_loses_no_series() {
        in_own_process(module_path!(), "lack_of_descriptors_loses_no_series", || {
            let metrics = &mut ProcessMetrics::default();
            let series = read(metrics).len();
            let late = &mut ProcessMetrics::default();
            limit(Resource::Nofile, 0);
            File::open("/proc/self/stat").unwrap_err();
            assert_eq!(read(metrics).len(), series);
            // A new reader has the values that need no file, and the rest once it can open files.
            assert!(read(late).value(&CPU_SECONDS, []).is_some());
            assert!(read(late).value(&OPEN_FDS, []).is_none());
            limit(Resource::Nofile, 64);
            assert_eq!(read(late).len(), series);
        });
    }
}
