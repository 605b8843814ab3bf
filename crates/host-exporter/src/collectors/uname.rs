//! The kernel's name, release and version, and the host's name: uname(2).

use exporter_kit::{CollectError, CollectorDef, Gauge, Samples};

use super::node::gauge;

const INFO: Gauge<6> = gauge(
    "node_uname_info",
    "内核与主机名",
    "Constant 1, with the kernel's release and version and the host's names as labels.",
)
.labels(["sysname", "release", "version", "machine", "nodename", "domainname"]);

pub(super) const DEF: CollectorDef = CollectorDef::from_fn(
    "uname",
    "系统标识",
    "Kernel release, machine and host name.",
    &[&INFO],
    collect,
)
.source("uname(2)");

fn collect(out: &mut Samples) -> Result<(), CollectError> {
    let name = rustix::system::uname();
    let texts = [
        name.sysname(),
        name.release(),
        name.version(),
        name.machine(),
        name.nodename(),
        name.domainname(),
    ];
    let labels = texts.map(|text| text.to_str().unwrap_or_default());
    out.set(&INFO, labels, 1.0);
    Ok(())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_kernel_that_runs_is_named() {
        let mut out = Samples::default();
        collect(&mut out).unwrap();
        let release = std::fs::read_to_string("/proc/sys/kernel/osrelease").unwrap();
        let page = out.page();
        assert!(page.contains("sysname=\"Linux\""), "{page}");
        assert!(page.contains(&format!("release=\"{}\"", release.trim())), "{page}");
    }
}
