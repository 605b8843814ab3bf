//! Exposes many gauges with two labels, set at every scrape, to measure the cost of the kit itself.
//! `cargo run --release --example gauges -- --gauges.count=500`
#![expect(unsafe_code, reason = "a counting allocator")]

use std::alloc::{GlobalAlloc, Layout, System};
use std::process::ExitCode;
use std::sync::atomic::{AtomicU64, Ordering};

use exporter_kit::{
    CollectError, Collector, CollectorDef, Counter, Exporter, Flag, Gauge, Samples,
    ScheduledCollector,
};

const COUNT: Flag<u64> = Flag::number("gauges.count", "500", "How many gauges there are.");

const VALUE: Gauge<2> =
    Gauge::new("demo_value", "A made-up value.").labels(["shard", "item"]).zh("演示数值");

const ALLOCATIONS: Counter =
    Counter::new("demo_allocations_total", "Memory allocations of this process.")
        .zh("内存分配次数");

const RUNS: Counter =
    Counter::new("demo_runs_total", "How often the collector has run.").zh("采集次数");

/// The system allocator with a counter.
struct Counting;

static ALLOCATED: AtomicU64 = AtomicU64::new(0);

#[global_allocator]
static ALLOCATOR: Counting = Counting;

// SAFETY: every call is forwarded to the system allocator.
unsafe impl GlobalAlloc for Counting {
    unsafe fn alloc(&self, layout: Layout) -> *mut u8 {
        ALLOCATED.fetch_add(1, Ordering::Relaxed);
        // SAFETY: the caller upholds the contract.
        unsafe { System.alloc(layout) }
    }

    unsafe fn dealloc(&self, pointer: *mut u8, layout: Layout) {
        // SAFETY: the caller upholds the contract.
        unsafe { System.dealloc(pointer, layout) }
    }

    unsafe fn realloc(&self, pointer: *mut u8, layout: Layout, size: usize) -> *mut u8 {
        ALLOCATED.fetch_add(1, Ordering::Relaxed);
        // SAFETY: the caller upholds the contract.
        unsafe { System.realloc(pointer, layout, size) }
    }
}

struct Gauges {
    labels: Vec<(String, String)>,
    runs: u64,
}

impl Gauges {
    fn new(count: u64) -> Self {
        let labels = (0..count).map(|n| (format!("shard-{:03}", n / 10), format!("item-{n:05}")));
        Self { labels: labels.collect(), runs: 0 }
    }
}

impl Collector for Gauges {
    fn collect(&mut self, out: &mut Samples) -> Result<(), CollectError> {
        self.runs += 1;
        for (n, (shard, item)) in self.labels.iter().enumerate() {
            // Like most measured values, not a whole number.
            let value = (self.runs + n as u64) as f64 * 1.234_567;
            out.set(&VALUE, [shard, item], value);
        }
        out.set(&ALLOCATIONS, [], ALLOCATED.load(Ordering::Relaxed) as f64);
        out.set(&RUNS, [], self.runs as f64);
        Ok(())
    }
}

const GAUGES: CollectorDef = CollectorDef::new(
    "gauges",
    "演示指标",
    "Gauges with made-up values.",
    &[&VALUE, &ALLOCATIONS, &RUNS],
    |settings| Ok(ScheduledCollector::on_scrape(Gauges::new(settings.get(&COUNT)))),
);

fn main() -> ExitCode {
    Exporter::new("gauges_exporter", ":9603").flags(&[&COUNT]).collectors(&[GAUGES]).run()
}
