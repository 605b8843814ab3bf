//! Tests the scraper with collectors that fail, panic, hang or are slow.

use std::sync::atomic::{AtomicUsize, Ordering};
use std::sync::mpsc::{Receiver, Sender, channel};

use super::targets::MAX_TARGETS;
use super::*;
use crate::collector::CollectError;
use crate::metrics::Gauge;
use crate::workers::Workers;

const GOOD: Gauge = Gauge::new("good", "Of the good collector.");
const BAD: Gauge = Gauge::new("bad", "Of the bad collector.");

/// Longer than any run without a hanging collector takes.
const AMPLE: Duration = Duration::from_secs(60);

/// Enough for a good collector next to a hanging one, which times out.
const SHORT: Duration = Duration::from_secs(1);

fn fake<F>(collect: F) -> Box<dyn Collector>
where
    F: FnMut(&mut Samples) -> Result<(), CollectError> + Send + 'static,
{
    Box::new(collect)
}

fn good() -> Box<dyn Collector> {
    fake(|out| {
        out.set(&GOOD, [], 1.0);
        Ok(())
    })
}

/// Waiters are channels that receive the pages.
type TestScraper = Scraper<Waiter>;

struct Waiter(Sender<Arc<Page>>);

/// A scraper with workers, and a thread that replaces the event loop's timer.
struct Scraping(Arc<TestScraper>);

fn scraper(collectors: Vec<(&'static str, Box<dyn Collector>)>) -> Scraping {
    let collectors =
        collectors.into_iter().map(|(name, collector)| scheduled(name, collector, None));
    started(collectors.collect())
}

fn started(collectors: Vec<(CollectorDef, ScheduledCollector)>) -> Scraping {
    started_with(
        collectors,
        PageSettings { exporter_metrics: true, labels: ConstantLabels::default() },
    )
}

fn started_with(
    collectors: Vec<(CollectorDef, ScheduledCollector)>,
    settings: PageSettings,
) -> Scraping {
    let build = Build { version: "1", revision: "r", rust: "1.95", target: "t" };
    let workers = Workers::new();
    let deliver = |waiters: Vec<Waiter>, page: Arc<Page>| {
        for Waiter(sender) in waiters {
            let _ = sender.send(Arc::clone(&page));
        }
    };
    let metrics = SelfMetrics::new("test_exporter", "test_exporter");
    let scraper =
        Scraper::new(metrics, build, settings, collectors, Arc::clone(&workers), Box::new(deliver));
    let scraper = Arc::new(scraper);
    scraper.start_background().unwrap();
    let performing = Arc::clone(&scraper);
    workers.start(Arc::new(move |job| performing.perform(job))).unwrap();
    let ticking = Arc::downgrade(&scraper);
    let tick = move || {
        while let Some(scraper) = ticking.upgrade() {
            let now = Instant::now();
            scraper.tick(now);
            workers.tick(now);
            drop(scraper);
            thread::sleep(Duration::from_millis(1));
        }
    };
    thread::Builder::new().spawn(tick).unwrap();
    Scraping(scraper)
}

fn scheduled(
    name: &'static str,
    collector: Box<dyn Collector>,
    interval: Option<Duration>,
) -> (CollectorDef, ScheduledCollector) {
    let def = CollectorDef::from_fn(name, "", "", &[&GOOD, &BAD], |_| Ok(()));
    (def, ScheduledCollector { collector, interval, labels: ConstantLabels::default() })
}

fn target_of(collector: Box<dyn Collector>) -> ScheduledCollector {
    ScheduledCollector { collector, interval: None, labels: ConstantLabels::default() }
}

fn page(scraper: &Scraping, timeout: Duration) -> String {
    ask(scraper, timeout, Selection::All)
}

fn ask(scraper: &Scraping, timeout: Duration, selection: Selection) -> String {
    text(&request(scraper, timeout, selection))
}

/// Requests a page, which arrives on the channel.
fn request(scraper: &Scraping, timeout: Duration, selection: Selection) -> Receiver<Arc<Page>> {
    let (sender, receiver) = channel();
    let request = ScrapeRequest { timeout, selection, format: Format::Text };
    scraper.0.request(&request, Waiter(sender), false);
    receiver
}

fn text(receiver: &Receiver<Arc<Page>>) -> String {
    String::from_utf8(receiver.recv().unwrap().body().to_vec()).unwrap()
}

/// The value of a series on a page.
fn value(page: &str, series: &str) -> Option<f64> {
    let rest = page.lines().find_map(|line| line.strip_prefix(series)?.strip_prefix(' '))?;
    Some(rest.parse().unwrap())
}

fn self_metric(page: &str, name: &str, collector: &str) -> Option<f64> {
    value(page, &format!("test_exporter_scrape_{name}{{collector=\"{collector}\"}}"))
}

/// A collector that reports when it has begun, and continues on a signal.
fn gated() -> (Box<dyn Collector>, Receiver<()>, Sender<()>) {
    let (begun_sender, begun) = channel();
    let (gate, gate_receiver) = channel();
    let collector = fake(move |out| {
        out.set(&BAD, [], 1.0);
        let _ = begun_sender.send(());
        gate_receiver.recv().map_err(|_| "the test is over".into())
    });
    (collector, begun, gate)
}

#[test]
fn failing_collector_loses_only_its_samples() {
    let failing = fake(|out| {
        out.set(&BAD, [], 1.0);
        Err("no luck".into())
    });
    let scraper = scraper(vec![("bad", failing), ("good", good())]);
    for errors in [1.0, 2.0] {
        let page = page(&scraper, AMPLE);
        assert_eq!((value(&page, "good"), value(&page, "bad")), (Some(1.0), None));
        assert_eq!(self_metric(&page, "collector_success", "bad"), Some(0.0));
        assert_eq!(self_metric(&page, "collector_success", "good"), Some(1.0));
        assert_eq!(self_metric(&page, "errors_total", "bad"), Some(errors));
        assert_eq!(self_metric(&page, "errors_total", "good"), Some(0.0));
    }
}

#[test]
fn partial_failure_keeps_its_samples() {
    let partial = fake(|out| {
        out.set(&BAD, [], 0.0);
        Err(CollectError::partial("no luck"))
    });
    let scraper = scraper(vec![("bad", partial), ("good", good())]);
    let page = page(&scraper, AMPLE);
    assert_eq!((value(&page, "good"), value(&page, "bad")), (Some(1.0), Some(0.0)));
    assert_eq!(self_metric(&page, "collector_success", "bad"), Some(0.0));
    assert_eq!(self_metric(&page, "errors_total", "bad"), Some(1.0));
}

#[test]
fn deadline_precedes_the_page() {
    for (timeout, least, most) in [(60.0, 59.0, 59.75), (1.0, 0.1, 0.9), (0.5, 0.05, 0.45)] {
        let left = fake(|out| {
            let deadline = out.deadline().ok_or("a run has a deadline")?;
            out.set(&BAD, [], deadline.duration_since(Instant::now()).as_secs_f64());
            Ok(())
        });
        let scraper = scraper(vec![("bad", left)]);
        let page = page(&scraper, Duration::from_secs_f64(timeout));
        let left = value(&page, "bad").unwrap();
        assert!((least..=most).contains(&left), "{left} s of {timeout} s");
    }
}

#[test]
fn target_has_a_page_of_its_own() {
    let scraper = scraper(vec![("good", good())]);
    let def = scheduled("bad", good(), None).0;
    let select = |target: &str| {
        let collector = move || {
            let number: f64 = target.parse().map_err(|_| "not a number")?;
            let collector = fake(move |out| {
                out.set(&BAD, [], number);
                Ok(())
            });
            target_of(collector).label("site", target).map_err(CollectError::from)
        };
        scraper.0.select_target(def, target, collector)
    };
    assert_eq!(select("x").unwrap_err().to_string(), "not a number");
    for target in ["7", "8", "7"] {
        let page = ask(&scraper, AMPLE, select(target).unwrap());
        let label = format!("{{site=\"{target}\"");
        assert_eq!(value(&page, &format!("bad{label}}}")), Some(target.parse().unwrap()));
        assert!(page.contains(&format!("collector_success{label},collector=\"bad\"}} 1\n")));
        assert!(page.lines().all(|line| line.starts_with('#') || line.contains(&label)), "{page}");
        let others = ["good ", "process_", "test_exporter_build_info", "promhttp_"];
        assert!(!others.iter().any(|name| page.contains(name)), "{page}");
    }
    let page = page(&scraper, AMPLE);
    assert_eq!((value(&page, "good"), value(&page, "bad")), (Some(1.0), None));
    // Beyond the limit, the target that was asked longest ago gives way.
    for number in 0..MAX_TARGETS + 9 {
        let page = ask(&scraper, AMPLE, select(&number.to_string()).unwrap());
        assert_eq!(value(&page, &format!("bad{{site=\"{number}\"}}")), Some(number as f64));
    }
    assert_eq!(scraper.0.lock().slots.len(), 1 + MAX_TARGETS);
}

#[test]
fn label_of_a_target_may_not_be_that_of_a_metric() {
    const OWN: Gauge<1> = Gauge::new("own", "Own.").labels(["site"]);
    let scraper = scraper(Vec::new());
    let def = CollectorDef::from_fn("own", "", "", &[&OWN], |_| Ok(()));
    let build = || Ok(target_of(good()).label("site", "sz")?);
    let error = scraper.0.select_target(def, "a", build).unwrap_err().to_string();
    assert_eq!(error, "own has a label site of its own; choose another name");
}

#[test]
fn targets_are_not_read_in_the_background() {
    let scraper = scraper(Vec::new());
    let def = scheduled("bad", good(), None).0;
    let build = || Ok(ScheduledCollector { interval: Some(AMPLE), ..target_of(good()) });
    let error = scraper.0.select_target(def, "a", build).unwrap_err().to_string();
    assert_eq!(error, "targets are not read in the background; use ScheduledCollector::on_scrape");
}

#[test]
fn labels_of_settings_are_on_every_sample() {
    let mut labels = ConstantLabels::default();
    labels.add("site", "sz").unwrap();
    let background = Duration::from_secs(3600);
    let collectors =
        vec![scheduled("good", good(), None), scheduled("bad", good(), Some(background))];
    let scraper = started_with(collectors, PageSettings { exporter_metrics: true, labels });
    for _ in 0..2 {
        let page = page(&scraper, AMPLE);
        assert!(page.contains("\ngood{site=\"sz\"} "), "{page}");
        let is_labelled = |line: &str| line.starts_with('#') || line.contains("{site=\"sz\"");
        assert!(page.lines().all(is_labelled), "{page}");
    }
}

#[test]
fn targets_in_use_do_not_give_way() {
    let scraper = scraper(Vec::new());
    let def = scheduled("bad", good(), None).0;
    let (gated, begun, gate) = gated();
    let first = scraper.0.select_target(def, "gated", || Ok(target_of(gated))).unwrap();
    let page = request(&scraper, AMPLE, first.clone());
    begun.recv().unwrap();
    for number in 0..MAX_TARGETS + 2 {
        let selection =
            scraper.0.select_target(def, &number.to_string(), || Ok(target_of(good()))).unwrap();
        assert_ne!(selection, first);
    }
    gate.send(()).unwrap();
    assert_eq!(value(&text(&page), "bad"), Some(1.0));
}

#[test]
fn panicking_collector_loses_only_its_samples() {
    let panicking = fake(|out| {
        out.set(&BAD, [], 1.0);
        panic!("on purpose");
    });
    let scraper = scraper(vec![("bad", panicking), ("good", good())]);
    for errors in [1.0, 2.0] {
        let page = page(&scraper, AMPLE);
        assert_eq!((value(&page, "good"), value(&page, "bad")), (Some(1.0), None));
        assert_eq!(self_metric(&page, "collector_success", "bad"), Some(0.0));
        assert_eq!(self_metric(&page, "errors_total", "bad"), Some(errors));
    }
}

#[test]
fn no_data_and_unsupported_are_not_failures() {
    let silent = fake(|_| Err(CollectError::NoData));
    let foreign = fake(|_| Err(CollectError::Unsupported));
    let page = page(&scraper(vec![("silent", silent), ("foreign", foreign)]), AMPLE);
    for collector in ["silent", "foreign"] {
        assert_eq!(self_metric(&page, "collector_success", collector), Some(1.0));
        assert_eq!(self_metric(&page, "errors_total", collector), Some(0.0));
    }
}

#[test]
fn hanging_collector_is_late_and_not_run_again() {
    let (hanging, begun, gate) = gated();
    let scraper = scraper(vec![("bad", hanging), ("good", good())]);
    for late in [1.0, 2.0, 3.0] {
        let page = page(&scraper, SHORT);
        assert_eq!((value(&page, "good"), value(&page, "bad")), (Some(1.0), None));
        assert_eq!(self_metric(&page, "collector_success", "bad"), Some(0.0));
        assert_eq!(self_metric(&page, "collector_timeout", "bad"), Some(1.0));
        assert_eq!(self_metric(&page, "collector_timeout", "good"), Some(0.0));
        assert_eq!(self_metric(&page, "errors_total", "bad"), Some(late));
        let duration = self_metric(&page, "collector_duration_seconds", "bad").unwrap();
        assert!(duration >= SHORT.as_secs_f64() / 2.0, "{duration}");
    }
    assert_eq!(begun.try_iter().count(), 1, "run once");
    gate.send(()).unwrap();
    gate.send(()).unwrap();
    // It takes part again once its worker has returned it; until then scrapes go without it.
    let back = std::iter::repeat_with(|| page(&scraper, AMPLE))
        .find(|page| value(page, "bad").is_some())
        .unwrap();
    assert_eq!(self_metric(&back, "collector_success", "bad"), Some(1.0));
    assert_eq!(self_metric(&back, "collector_timeout", "bad"), Some(0.0));
}

#[test]
fn slow_collector_does_not_delay_the_others() {
    let (sender, receiver) = channel();
    // The first can finish only after the second has run, so both must run at the same time.
    let slow = fake(move |out| {
        receiver.recv()?;
        out.set(&BAD, [], 1.0);
        Ok(())
    });
    let quick = fake(move |out| {
        out.set(&GOOD, [], 1.0);
        Ok(sender.send(())?)
    });
    let page = page(&scraper(vec![("slow", slow), ("quick", quick)]), AMPLE);
    assert_eq!((value(&page, "good"), value(&page, "bad")), (Some(1.0), Some(1.0)));
}

#[test]
fn equal_requests_share_a_young_run() {
    static RUNS: AtomicUsize = AtomicUsize::new(0);
    let counting = fake(|out| {
        RUNS.fetch_add(1, Ordering::Relaxed);
        out.set(&GOOD, [], 1.0);
        Ok(())
    });
    let (gated, begun, gate) = gated();
    let scraper = scraper(vec![("good", counting), ("bad", gated)]);
    let first = request(&scraper, AMPLE, Selection::All);
    begun.recv().unwrap();
    let others: Vec<_> = (0..10).map(|_| request(&scraper, AMPLE, Selection::All)).collect();
    // A shorter timeout needs a separate run, with the samples available by then.
    let hasty = page(&scraper, SHORT);
    assert_eq!((value(&hasty, "good"), value(&hasty, "bad")), (Some(1.0), None));
    gate.send(()).unwrap();
    for receiver in others.iter().chain([&first]) {
        let page = text(receiver);
        assert_eq!((value(&page, "good"), value(&page, "bad")), (Some(1.0), Some(1.0)));
    }
    assert_eq!(RUNS.load(Ordering::Relaxed), 2);
}

#[test]
fn run_without_waiters_ends() {
    let (gated, begun, gate) = gated();
    let scraper = scraper(vec![("bad", gated), ("good", good())]);
    let (sender, receiver) = channel();
    let request = ScrapeRequest { timeout: AMPLE, selection: Selection::All, format: Format::Text };
    scraper.0.request(&request, Waiter(sender), false);
    begun.recv().unwrap();
    assert_eq!(scraper.0.lock().runs.len(), 1);
    scraper.0.abandon(|_| true);
    assert!(scraper.0.lock().runs.is_empty());
    assert!(receiver.recv().is_err(), "no page is delivered");
    gate.send(()).unwrap();
}

#[test]
fn self_metrics_need_no_collectors() {
    let page = page(&scraper(Vec::new()), AMPLE);
    let build =
        r#"test_exporter_build_info{version="1",revision="r",rustversion="1.95",target="t"}"#;
    assert_eq!(value(&page, build), Some(1.0));
    let process = value(&page, "process_cpu_seconds_total");
    assert_eq!(process.is_some(), cfg!(any(target_os = "linux", windows)));
}

#[test]
fn selection_runs_and_shows_only_its_collectors() {
    let unselected = fake(|_| Err("must not run".into()));
    let scraper = scraper(vec![("bad", unselected), ("good", good())]);
    assert_eq!(scraper.0.names(), ["bad", "good"]);
    let page = ask(&scraper, AMPLE, Selection::Some(vec![1]));
    assert_eq!(value(&page, "good"), Some(1.0));
    assert_eq!(self_metric(&page, "collector_success", "good"), Some(1.0));
    assert_eq!(self_metric(&page, "collector_success", "bad"), None);
    let all = ask(&scraper, AMPLE, Selection::All);
    assert_eq!(self_metric(&all, "errors_total", "bad"), Some(1.0));
}

#[test]
fn different_selections_run_concurrently() {
    let (gated, begun, gate) = gated();
    let scraper = scraper(vec![("good", good()), ("bad", gated)]);
    let bad = request(&scraper, AMPLE, Selection::Some(vec![1]));
    begun.recv().unwrap();
    let good = ask(&scraper, AMPLE, Selection::Some(vec![0]));
    assert_eq!(value(&good, "good"), Some(1.0));
    assert_eq!(self_metric(&good, "collector_success", "bad"), None);
    let all = page(&scraper, SHORT);
    assert_eq!((value(&all, "good"), value(&all, "bad")), (Some(1.0), None));
    assert_eq!(self_metric(&all, "collector_timeout", "bad"), Some(1.0));
    gate.send(()).unwrap();
    assert_eq!(value(&text(&bad), "bad"), Some(1.0), "its timeout had not expired");
}

#[test]
fn run_waits_for_a_collector_of_another_run() {
    let (gated, begun, gate) = gated();
    let scraper = scraper(vec![("good", good()), ("bad", gated)]);
    let bad = request(&scraper, AMPLE, Selection::Some(vec![1]));
    begun.recv().unwrap();
    let all = request(&scraper, AMPLE, Selection::All);
    gate.send(()).unwrap();
    assert_eq!(value(&text(&bad), "bad"), Some(1.0));
    gate.send(()).unwrap();
    let all = text(&all);
    assert_eq!((value(&all, "good"), value(&all, "bad")), (Some(1.0), Some(1.0)));
}

#[test]
fn background_collector_never_delays_a_scrape() {
    let (gated, begun, gate) = gated();
    let interval = Some(Duration::from_secs(3600));
    let scraper = started(vec![scheduled("cached", gated, interval)]);
    begun.recv().unwrap();
    let before = page(&scraper, AMPLE);
    assert_eq!(self_metric(&before, "errors_total", "cached"), Some(0.0));
    assert_eq!(self_metric(&before, "collector_success", "cached"), None);
    gate.send(()).unwrap();
    // Its thread will store the samples; no scrape waits for that.
    let after = std::iter::repeat_with(|| page(&scraper, AMPLE))
        .find(|page| value(page, "bad").is_some())
        .unwrap();
    assert!(after.contains("# HELP bad Of the bad collector. Cached: read every 1h.\n"), "{after}");
    assert_eq!(self_metric(&after, "collector_success", "cached"), Some(1.0));
    assert!(self_metric(&after, "collector_age_seconds", "cached").unwrap() < 3600.0);
    assert!(self_metric(&after, "collector_last_success_timestamp_seconds", "cached").is_some());
}
