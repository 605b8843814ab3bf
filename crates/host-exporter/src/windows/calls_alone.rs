//! The calls of one scrape of the defaults on their own: the least that a scrape can take, which
//! `cargo xtask bench windows` compares with a scrape.

use std::env;
use std::hint::black_box;
use std::io::Write as _;
use std::time::{Duration, Instant};

use super::ip::{self, Family};
use super::services::{Manager, process_start};
use super::{
    clock, disks, interfaces, memory, nt, pagefiles, performance, processes, processors, system,
    topology, version, volumes,
};

/// How often the benchmark has the calls made; without it they are made once and not timed.
const TIMES: &str = "CALLS_ALONE_TIMES";

/// Longer than collectors of one scrape share the answers of volumes.
const PAUSE: Duration = Duration::from_millis(510);

#[test]
fn calls_of_a_scrape_are_answered() {
    let (mut buffer, mut manager) = (nt::Buffer::default(), Manager::open().unwrap());
    let mut table = Vec::new();
    let mut calls = || {
        black_box(processors::read(&mut buffer).unwrap());
        black_box(performance::read(&mut buffer).is_ok());
        black_box((memory::physical().ok(), memory::commitment().ok(), memory::file_cache().ok()));
        black_box((memory::page_lists().ok(), pagefiles::read(&mut buffer).ok()));
        black_box((system::boot_time().ok(), system::exceptions().ok(), clock::zone()));
        black_box(processes::runnable(&mut buffer).ok());
        black_box((interfaces::interfaces().ok(), interfaces::addresses().ok()));
        black_box(Family::ALL.map(|family| (ip::tcp(family).ok(), ip::udp(family).ok())));
        black_box(Family::ALL.map(|family| ip::tcp_states(family, &mut table).ok()));
        black_box((topology::read().ok(), version::computer_names()));
        black_box(volumes::answers());
        black_box(disks::disks().iter().map(disks::ask).collect::<Vec<_>>());
        let services = manager.services().unwrap();
        black_box(services.iter().map(|it| process_start(it.process)).collect::<Vec<_>>());
    };
    calls();
    let times = env::var(TIMES).map_or(0, |times| times.parse().unwrap());
    for _ in 0..times {
        std::thread::sleep(PAUSE);
        let begun = Instant::now();
        calls();
        let line = format!("\ncalls alone: {} s\n", begun.elapsed().as_secs_f64());
        std::io::stderr().write_all(line.as_bytes()).unwrap();
    }
}
