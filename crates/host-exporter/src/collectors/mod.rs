//! The collectors, one file each. A new collector is one file and one line in [`ALL`].

mod labels;
#[cfg_attr(
    not(any(target_os = "linux", windows)),
    allow(dead_code, reason = "other systems have a few collectors only")
)]
mod node;

use exporter_kit::{CollectorDef, System};

pub(crate) use self::labels::LABELS;

/// Makes the modules and the list of their definitions out of one line each.
macro_rules! collectors {
    ($($(#[cfg(target_os = $system:tt)])? $name:ident,)*) => {
        $($(#[cfg(target_os = $system)])? mod $name;)*

        /// Every collector of any system's build.
        pub(crate) const NAMES: &[&str] = &[$(stringify!($name)),*];

        /// Every collector of this system's build.
        pub(crate) const ALL: &[CollectorDef] = &[$(
            $(#[cfg(target_os = $system)])?
            $name::DEF.systems(systems!($($system)?)).counters_may_reset(),
        )*];
    };
}

macro_rules! systems {
    ("linux") => {
        &[System::Linux]
    };
    ("windows") => {
        &[System::Windows]
    };
    () => {
        System::ALL
    };
}

collectors! {
    #[cfg(target_os = "linux")] arp,
    #[cfg(target_os = "linux")] bcache,
    #[cfg(target_os = "linux")] bcachefs,
    #[cfg(target_os = "linux")] bonding,
    #[cfg(target_os = "linux")] btrfs,
    #[cfg(target_os = "linux")] buddyinfo,
    #[cfg(target_os = "linux")] cgroup,
    #[cfg(target_os = "linux")] cgroups,
    #[cfg(target_os = "linux")] conntrack,
    #[cfg(target_os = "linux")] cpu,
    #[cfg(target_os = "linux")] cpu_vulnerabilities,
    #[cfg(target_os = "linux")] cpufreq,
    #[cfg(target_os = "linux")] diskstats,
    #[cfg(target_os = "linux")] dmi,
    #[cfg(target_os = "linux")] dmmultipath,
    #[cfg(target_os = "linux")] edac,
    #[cfg(target_os = "linux")] entropy,
    #[cfg(target_os = "linux")] fibrechannel,
    #[cfg(target_os = "linux")] filefd,
    #[cfg(target_os = "linux")] filesystem,
    disk, // behind filesystem, whose answers it takes
    #[cfg(target_os = "linux")] hwmon,
    #[cfg(target_os = "linux")] infiniband,
    #[cfg(target_os = "linux")] interrupts,
    #[cfg(target_os = "linux")] ipvs,
    #[cfg(target_os = "linux")] kernel_hung,
    #[cfg(target_os = "linux")] ksmd,
    #[cfg(target_os = "linux")] loadavg,
    #[cfg(target_os = "linux")] mdadm,
    mem,
    #[cfg(target_os = "linux")] meminfo,
    #[cfg(target_os = "linux")] meminfo_numa,
    #[cfg(target_os = "linux")] mountstats,
    #[cfg(target_os = "linux")] netclass,
    #[cfg(target_os = "linux")] netdev,
    #[cfg(target_os = "linux")] netstat,
    #[cfg(target_os = "linux")] nfs,
    #[cfg(target_os = "linux")] nfsd,
    #[cfg(target_os = "linux")] nvme,
    #[cfg(target_os = "linux")] os,
    #[cfg(target_os = "linux")] powersupplyclass,
    #[cfg(target_os = "linux")] pressure,
    #[cfg(target_os = "linux")] process_groups,
    #[cfg(target_os = "linux")] processes,
    #[cfg(target_os = "linux")] qdisc,
    #[cfg(target_os = "linux")] rapl,
    #[cfg(target_os = "linux")] rates,
    #[cfg(target_os = "linux")] schedstat,
    #[cfg(target_os = "linux")] selinux,
    #[cfg(target_os = "linux")] slabinfo,
    #[cfg(target_os = "linux")] sockstat,
    #[cfg(target_os = "linux")] softirqs,
    #[cfg(target_os = "linux")] softnet,
    #[cfg(target_os = "linux")] stat,
    #[cfg(target_os = "linux")] swap,
    #[cfg(target_os = "linux")] sysctl,
    #[cfg(target_os = "linux")] system,
    #[cfg(target_os = "linux")] systemd,
    #[cfg(target_os = "linux")] tapestats,
    #[cfg(target_os = "linux")] tcpstat,
    textfile,
    #[cfg(target_os = "linux")] thermal_zone,
    #[cfg(target_os = "linux")] time,
    #[cfg(target_os = "linux")] timex,
    #[cfg(target_os = "linux")] udp_queues,
    #[cfg(target_os = "linux")] uname,
    #[cfg(target_os = "linux")] vmstat,
    #[cfg(target_os = "linux")] watchdog,
    #[cfg(target_os = "linux")] xfrm,
    #[cfg(target_os = "linux")] xfs,
    #[cfg(target_os = "linux")] zfs,
    #[cfg(target_os = "linux")] zoneinfo,
}

/// Makes the modules of the folder `windows`, and the lists, out of the names.
macro_rules! windows_collectors {
    ($($name:ident,)*) => {
        /// Every collector of the folder `windows`.
        #[cfg(test)]
        pub(crate) const WINDOWS_NAMES: &[&str] = &[$(stringify!($name)),*];

        /// Collectors under the names of windows_exporter, with their twins under those of
        /// node_exporter. Other systems describe them and test their pure part.
        #[cfg_attr(
            not(any(windows, test)),
            allow(dead_code, reason = "other systems only describe the Windows collectors")
        )]
        pub(crate) mod windows {
            mod definitions;
            mod io;
            $(mod $name;)*

            use exporter_kit::{CollectorDef, System};

            /// Every collector of this folder.
            pub(crate) const ALL: &[CollectorDef] =
                &[$($name::DEF.systems(&[System::Windows]).counters_may_reset(),)*];
        }
    };
}

windows_collectors! {
    cpu,
    cpu_info,
    diskdrive,
    logical_disk,
    memory,
    net,
    os,
    pagefile,
    physical_disk,
    process,
    service,
    system,
    tcp,
    time,
    udp,
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_collector_is_called_as_its_file_is() {
        let names: Vec<_> = ALL.iter().map(CollectorDef::name).collect();
        assert!(names.iter().all(|name| NAMES.contains(name)), "{names:?}");
    }

    #[test]
    fn all_collectors_follow_the_conventions() {
        let found = exporter_kit::lint(ALL, LABELS);
        let found: Vec<_> = found.iter().map(ToString::to_string).collect();
        // The package for BlueKing leaves it out.
        let expected = "node_udp_queues: warning: BlueKing overwrites the label ip.";
        assert!(found.iter().all(|finding| finding == expected), "{found:?}");
    }

    #[cfg(target_os = "linux")]
    #[test]
    fn metrics_of_both_systems_are_defined_alike() {
        let of_linux: Vec<_> = ALL.iter().flat_map(CollectorDef::metrics).collect();
        let mut shared = 0;
        for metric in windows::ALL.iter().flat_map(CollectorDef::metrics) {
            let it = metric.describe();
            let same =
                of_linux.iter().map(|metric| metric.describe()).find(|on| on.name == it.name);
            if let Some(on_linux) = same {
                shared += 1;
                assert_eq!((it.kind, it.labels), (on_linux.kind, on_linux.labels), "{}", it.name);
                assert_eq!(
                    (it.unit, it.compatible_with),
                    (on_linux.unit, on_linux.compatible_with)
                );
            }
        }
        assert!(shared > 50, "{shared}");
    }

    #[test]
    fn windows_collectors_follow_the_conventions() {
        let names: Vec<_> = windows::ALL.iter().map(CollectorDef::name).collect();
        assert_eq!(names, WINDOWS_NAMES);
        let found = exporter_kit::lint(windows::ALL, LABELS);
        // Four retired names are those of today without _total, as which OpenMetrics names the
        // families of today. Prometheus takes such a page, and its text format has no such rule.
        let is_expected = |finding: &&exporter_kit::Finding| {
            finding.subject.starts_with("windows_net_packets_")
                && finding.message.ends_with(&format!(" belongs to {}_total.", finding.subject))
        };
        let unexpected: Vec<_> = found.iter().filter(|finding| !is_expected(finding)).collect();
        assert!(unexpected.is_empty() && found.len() == 4, "{found:?}");
    }
}
