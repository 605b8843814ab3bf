#![allow(unsafe_code)]
#[test]
fn bench_throwaway() {
    use crate::definition::*;
    use crate::samples::Samples;
    use std::alloc::{GlobalAlloc, Layout, System};
    use std::sync::atomic::{AtomicU64, Ordering};
    struct C;
    static N: AtomicU64 = AtomicU64::new(0);
    unsafe impl GlobalAlloc for C {
        unsafe fn alloc(&self, l: Layout) -> *mut u8 {
            N.fetch_add(1, Ordering::Relaxed);
            unsafe { System.alloc(l) }
        }
        unsafe fn dealloc(&self, p: *mut u8, l: Layout) {
            unsafe { System.dealloc(p, l) }
        }
    }
    #[global_allocator]
    static A: C = C;
    const G: Gauge<2> =
        Gauge::new("bench_queue_depth_bytes", "Depth of the queue.").labels(["queue", "direction"]);
    let names: Vec<String> = (0..250).map(|n| format!("queue-{n:04}")).collect();
    for families in [1usize, 500] {
        let many: Vec<Gauge<2>> = (0..families)
            .map(|n| {
                Gauge::new(format!("bench_queue_depth_{n:04}_bytes").leak(), "Depth of the queue.")
                    .labels(["queue", "direction"])
            })
            .collect();
        let _ = G;
        let mut s = Samples::default();
        let mut out = Vec::new();
        let mut best = u128::MAX;
        let mut allocs = 0;
        for round in 0..5000 {
            let n0 = N.load(Ordering::Relaxed);
            let t = std::time::Instant::now();
            s.clear();
            out.clear();
            let mut k = 0;
            for n in &names {
                for d in ["in", "out"] {
                    s.set(&many[k % families], [n, d], 0.1 * round as f64 + k as f64 * 1.37);
                    k += 1;
                }
            }
            s.arrange();
            crate::exposition::encode([&s], crate::exposition::Format::Text, &mut out);
            best = best.min(t.elapsed().as_nanos());
            allocs = N.load(Ordering::Relaxed) - n0;
        }
        eprintln!(
            "families {families}: {best} ns per page, {} bytes, {allocs} allocations",
            out.len()
        );
    }
}
