//! How long the calls of one scrape of the defaults take on their own: the least that a scrape can.

use std::hint::black_box;
use std::io::Write as _;
use std::time::{Duration, Instant};

use super::ip::{self, Family};
use super::services::{Manager, process_start};
use super::{
    clock, disks, interfaces, memory, nt, pagefiles, performance, processes, processors, system,
    volumes,
};

const ROUNDS: usize = 40;

/// Longer than collectors of one scrape share the answers of volumes.
const PAUSE: Duration = Duration::from_millis(510);

#[test]
#[ignore = "a measurement, whose result people compare with the time of a scrape"]
fn calls_of_a_scrape() {
    let (mut buffer, mut manager) = (nt::Buffer::default(), Manager::open().unwrap());
    let mut calls = || {
        black_box(processors::read(&mut buffer).unwrap());
        black_box(performance::read(&mut buffer).is_ok());
        black_box((memory::physical().ok(), memory::commitment().ok(), memory::file_cache().ok()));
        black_box((memory::page_lists().ok(), pagefiles::read(&mut buffer).ok()));
        black_box((system::boot_time().ok(), system::exceptions().ok(), clock::zone()));
        black_box(processes::runnable(&mut buffer).ok());
        black_box((interfaces::interfaces().ok(), interfaces::addresses().ok()));
        black_box(Family::ALL.map(|family| (ip::tcp(family).ok(), ip::udp(family).ok())));
        black_box(volumes::answers());
        black_box(disks::disks().iter().map(disks::ask).collect::<Vec<_>>());
        let services = manager.services().unwrap();
        black_box(services.iter().map(|it| process_start(it.process)).collect::<Vec<_>>());
    };
    calls();
    let mut times: Vec<_> = (0..ROUNDS)
        .map(|_| {
            std::thread::sleep(PAUSE);
            let begun = Instant::now();
            calls();
            begun.elapsed()
        })
        .collect();
    times.sort_unstable();
    let line = format!("the calls alone take {:?} (median of {ROUNDS})\n", times[ROUNDS / 2]);
    std::io::stderr().write_all(line.as_bytes()).unwrap();
}
