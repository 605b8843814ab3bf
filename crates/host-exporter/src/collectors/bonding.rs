//! Bonds of network devices: `/sys/class/net/bonding_masters`.

use std::path::PathBuf;

use exporter_kit::{CollectError, CollectorDef, Gauge, Samples, ScheduledCollector};

use super::node::gauge;
use crate::files::Folder;
use crate::host::Host;
use crate::text::fields;

const SLAVES: Gauge<1> =
    gauge("node_bonding_slaves", "聚合成员数", "Devices that are in the bond.").labels(["master"]);
const ACTIVE: Gauge<1> = gauge(
    "node_bonding_active",
    "聚合有效成员数",
    "Devices of the bond whose link works, as its monitor sees it.",
)
.labels(["master"]);

pub(super) const DEF: CollectorDef = CollectorDef::new(
    "bonding",
    "网卡聚合",
    "How many devices bonds have, and how many of them work.",
    &[&SLAVES, &ACTIVE],
    |settings| {
        let path: PathBuf = Host::new(settings).sys("class/net");
        let collect = move |out: &mut Samples| {
            // Without the module, or in a container without sysfs, no bonds are listed.
            bonds(&Folder::open(&path).ok_or(CollectError::NoData)?, out)
        };
        Ok(ScheduledCollector::on_scrape(collect))
    },
)
.source("/sys/class/net/*/bonding");

fn bonds(devices: &Folder, out: &mut Samples) -> Result<(), CollectError> {
    let masters = devices.text("bonding_masters").ok_or(CollectError::NoData)?;
    for master in fields(masters.trimmed().unwrap_or_default()) {
        let Some(folder) = devices.folder(master) else { continue };
        let Some(slaves) = folder.text("bonding/slaves") else { continue };
        let (mut all, mut active) = (0, 0);
        for slave in fields(slaves.trimmed().unwrap_or_default()) {
            all += 1;
            // The device itself reports its role in the bond, whatever the kernel calls the link
            // from the bond to it.
            let status = devices.folder(slave).and_then(|it| it.text("bonding_slave/mii_status"));
            let is_up = |text: &str| text == "up";
            active += u32::from(status.is_some_and(|it| it.trimmed().is_some_and(is_up)));
        }
        out.set(&SLAVES, [master], f64::from(all));
        out.set(&ACTIVE, [master], f64::from(active));
    }
    Ok(())
}

#[cfg(test)]
mod tests {
    use std::fs;

    use super::*;

    #[test]
    fn devices_of_bonds_are_counted() {
        let root = tempfile::tempdir().unwrap();
        let mut out = Samples::default();
        let open = || Folder::open(root.path()).unwrap();
        assert!(matches!(bonds(&open(), &mut out), Err(CollectError::NoData)));
        for (file, text) in [
            ("bonding_masters", "bond0 bond1 bond2\n"),
            ("bond0/bonding/slaves", "eth0 eth1 eth2\n"),
            ("bond1/bonding/slaves", "\n"),
            ("bond2/mtu", "1500\n"),
            ("eth0/bonding_slave/mii_status", "up\n"),
            ("eth1/bonding_slave/mii_status", "down\n"),
        ] {
            let file = root.path().join(file);
            fs::create_dir_all(file.parent().unwrap()).unwrap();
            fs::write(file, text).unwrap();
        }
        bonds(&open(), &mut out).unwrap();
        let values = |bond: &str| [&SLAVES, &ACTIVE].map(|metric| out.value(metric, [bond]));
        assert_eq!(values("bond0"), [Some(3.0), Some(1.0)]);
        assert_eq!(values("bond1"), [Some(0.0), Some(0.0)]);
        assert_eq!(values("bond2"), [None, None]);
    }
}
