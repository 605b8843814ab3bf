//! An exporter for many targets: it tries a TCP connection to the one that a request names.
//!
//! ```sh
//! cargo run -p exporter-kit --example probe -- --collector.tcp.targets='(db|web)-\\d+:\\d+'
//! curl '127.0.0.1:9692/probe?target=db-1:5432'
//! ```

use std::net::{TcpStream, ToSocketAddrs};
use std::process::ExitCode;
use std::time::{Duration, Instant};

use exporter_kit::{
    CollectError, CollectorDef, Exporter, Flag, Gauge, Pattern, Samples, ScheduledCollector, Unit,
};

const UP: Gauge = Gauge::new("tcp_up", "Whether the target accepted a connection (1) or not (0).")
    .zh("是否可连接");
const DURATION: Gauge = Gauge::new("tcp_connect_duration_seconds", "How long the attempt took.")
    .unit(Unit::Seconds)
    .zh("连接耗时");

const TARGETS: Flag<Pattern> = Flag::pattern(
    "collector.tcp.targets",
    "",
    "Targets that /probe?target= may name; none without it.",
);

/// A collector with targets and without anything to collect at `/metrics`.
pub(crate) const TCP: CollectorDef = CollectorDef::from_fn(
    "tcp",
    "TCP连接",
    "Whether TCP ports accept connections.",
    &[&UP, &DURATION],
    |_| Ok(()),
)
.flags(&[&TARGETS])
.targets(|_, target| {
    let (host, port) = target.rsplit_once(':').ok_or("the target is not HOST:PORT")?;
    let address = (host.to_owned(), port.parse::<u16>()?);
    let collect = move |out: &mut Samples| connect(&address, out);
    Ok(ScheduledCollector::on_scrape(collect).label("host", host)?)
})
.allowed_targets(&TARGETS);

fn connect(address: &(String, u16), out: &mut Samples) -> Result<(), CollectError> {
    let begun = Instant::now();
    let deadline = out.deadline().unwrap_or(begun + Duration::from_secs(5));
    let result = address.to_socket_addrs().and_then(|mut addresses| {
        let address = addresses.next().ok_or(std::io::ErrorKind::NotFound)?;
        let rest = deadline.saturating_duration_since(Instant::now());
        TcpStream::connect_timeout(&address, rest.max(Duration::from_millis(1)))
    });
    out.set(&UP, [], if result.is_ok() { 1.0 } else { 0.0 });
    out.set(&DURATION, [], begun.elapsed().as_secs_f64());
    // The page says that the target is down, and the log why.
    result.map(drop).map_err(CollectError::partial)
}

#[allow(dead_code, reason = "a test includes this file for its collector")]
fn main() -> ExitCode {
    Exporter::new("probe_exporter", "127.0.0.1:9692").collectors(&[TCP]).run()
}
