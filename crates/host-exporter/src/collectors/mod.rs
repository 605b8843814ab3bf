//! The collectors, one file each. A new collector is one file and one line in [`ALL`].

mod labels;
#[cfg(target_os = "linux")]
mod node;

use exporter_kit::{CollectorDef, System};

pub(crate) use self::labels::LABELS;

/// Makes the modules and the list of their definitions out of one line each.
macro_rules! collectors {
    ($($(#[cfg(target_os = $system:tt)])? $name:ident,)*) => {
        $($(#[cfg(target_os = $system)])? mod $name;)*

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
    #[cfg(target_os = "linux")] bonding,
    #[cfg(target_os = "linux")] conntrack,
    #[cfg(target_os = "linux")] cpu,
    disk,
    #[cfg(target_os = "linux")] fibrechannel,
    #[cfg(target_os = "linux")] infiniband,
    #[cfg(target_os = "linux")] ipvs,
    #[cfg(target_os = "linux")] loadavg,
    mem,
    #[cfg(target_os = "linux")] meminfo,
    #[cfg(target_os = "linux")] netclass,
    #[cfg(target_os = "linux")] netdev,
    #[cfg(target_os = "linux")] netstat,
    #[cfg(target_os = "linux")] nfs,
    #[cfg(target_os = "linux")] nfsd,
    #[cfg(target_os = "linux")] qdisc,
    #[cfg(target_os = "linux")] sockstat,
    #[cfg(target_os = "linux")] softnet,
    #[cfg(target_os = "linux")] tcpstat,
    #[cfg(target_os = "linux")] udp_queues,
    #[cfg(target_os = "linux")] xfrm,
}

#[cfg(test)]
mod tests {
    use exporter_kit::{Finding, Severity};

    use super::*;

    /// What is wrong with names that node_exporter has made, and cannot be helped: BlueKing 5.1
    /// stores no longer ones, and has a label `ip` of its own.
    fn is_known(finding: &Finding) -> bool {
        let theirs = |metric: &str| !metric.starts_with("sys_");
        finding.severity == Severity::Warning
            && theirs(finding.subject)
            && (finding.message.contains("BlueKing 5.1 takes")
                || finding.subject == "node_udp_queues" && finding.message.contains("label ip"))
    }

    #[test]
    fn all_collectors_follow_the_conventions() {
        let mut findings = exporter_kit::lint(ALL, LABELS);
        findings.retain(|finding| !is_known(finding));
        assert_eq!(findings, []);
    }
}
