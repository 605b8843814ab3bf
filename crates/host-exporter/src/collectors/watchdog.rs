//! Watchdogs, which restart the machine when it hangs: `/sys/class/watchdog`.

use std::path::Path;

use exporter_kit::{CollectError, CollectorDef, Gauge, Samples, ScheduledCollector, Unit};

use super::node::gauge;
use crate::files::Folder;
use crate::host::Host;

const fn watchdog(name: &'static str, zh: &'static str, help: &'static str) -> Gauge<1> {
    gauge(name, zh, help).labels(["name"])
}

const ACCESS_CS0: Gauge<1> = watchdog(
    "node_watchdog_access_cs0",
    "看门狗CS0访问",
    "Whether the boot ROM is mapped as the first chip (1) or not (0).",
);
const BOOT_STATUS: Gauge<1> = watchdog(
    "node_watchdog_bootstatus",
    "看门狗启动状态",
    "Status bits of the watchdog at the machine's start; 32 if it was the cause.",
);
const FIRMWARE: Gauge<1> =
    watchdog("node_watchdog_fw_version", "看门狗固件版本", "Version of the watchdog's firmware.");
const NO_WAY_OUT: Gauge<1> = watchdog(
    "node_watchdog_nowayout",
    "看门狗不可停止",
    "Whether the watchdog cannot be stopped once it runs (1) or can be (0).",
);
const PRETIMEOUT: Gauge<1> = watchdog(
    "node_watchdog_pretimeout_seconds",
    "看门狗预超时",
    "How long before the restart the watchdog warns.",
)
.unit(Unit::Seconds);
const TIME_LEFT: Gauge<1> = watchdog(
    "node_watchdog_timeleft_seconds",
    "看门狗剩余时间",
    "Time until the restart, unless the watchdog is reset before.",
)
.unit(Unit::Seconds);
const TIMEOUT: Gauge<1> = watchdog(
    "node_watchdog_timeout_seconds",
    "看门狗超时",
    "How long the watchdog waits for the machine.",
)
.unit(Unit::Seconds);

const INFO: Gauge<6> =
    gauge("node_watchdog_info", "看门狗信息", "Constant 1, with what the watchdog says of itself.")
        .labels(["name", "options", "identity", "state", "status", "pretimeout_governor"]);

const NUMBERS: [(&str, &Gauge<1>); 7] = [
    ("access_cs0", &ACCESS_CS0),
    ("bootstatus", &BOOT_STATUS),
    ("fw_version", &FIRMWARE),
    ("nowayout", &NO_WAY_OUT),
    ("pretimeout", &PRETIMEOUT),
    ("timeleft", &TIME_LEFT),
    ("timeout", &TIMEOUT),
];

pub(super) const DEF: CollectorDef = CollectorDef::new(
    "watchdog",
    "看门狗",
    "Timeouts and states of the watchdogs.",
    &[&ACCESS_CS0, &BOOT_STATUS, &FIRMWARE, &NO_WAY_OUT, &PRETIMEOUT, &TIME_LEFT, &TIMEOUT, &INFO],
    |settings| {
        let path = Host::new(settings).sys("class/watchdog");
        Ok(ScheduledCollector::on_scrape(move |out: &mut Samples| collect(&path, out)))
    },
)
.source("/sys/class/watchdog");

fn collect(path: &Path, out: &mut Samples) -> Result<(), CollectError> {
    let class = Folder::open(path).ok_or(CollectError::NoData)?;
    class.names(|name| {
        let Some(folder) = class.folder(name) else { return };
        for (file, metric) in NUMBERS {
            if let Some(number) = folder.number(file) {
                out.set(metric, [name], number);
            }
        }
        let files = ["options", "identity", "state", "status", "pretimeout_governor"];
        let texts = files.map(|file| folder.text(file));
        let text = |at: usize| texts[at].as_ref().and_then(|text| text.trimmed());
        let [options, identity, state, status, governor] =
            [0, 1, 2, 3, 4].map(|at| text(at).unwrap_or_default());
        out.set(&INFO, [name, options, identity, state, status, governor], 1.0);
    });
    Ok(())
}

#[cfg(test)]
mod tests {
    use std::fs;

    use super::*;

    #[test]
    fn a_watchdog_says_what_its_driver_knows() {
        let root = tempfile::tempdir().unwrap();
        let folder = root.path().join("watchdog1");
        fs::create_dir(&folder).unwrap();
        let files =
            [("timeout", "30\n"), ("timeleft", "x\n"), ("state", "active\n"), ("status", "0x0\n")];
        for (name, text) in files {
            fs::write(folder.join(name), text).unwrap();
        }
        let mut out = Samples::default();
        collect(root.path(), &mut out).unwrap();
        assert_eq!(out.value(&TIMEOUT, ["watchdog1"]), Some(30.0));
        assert_eq!(out.value(&INFO, ["watchdog1", "", "", "active", "0x0", ""]), Some(1.0));
        assert_eq!(out.len(), 2);
    }
}
