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
    #[cfg(target_os = "linux")] buddyinfo,
    #[cfg(target_os = "linux")] cgroups,
    #[cfg(target_os = "linux")] cpu,
    #[cfg(target_os = "linux")] cpu_vulnerabilities,
    disk,
    #[cfg(target_os = "linux")] entropy,
    #[cfg(target_os = "linux")] filefd,
    #[cfg(target_os = "linux")] interrupts,
    #[cfg(target_os = "linux")] kernel_hung,
    #[cfg(target_os = "linux")] ksmd,
    #[cfg(target_os = "linux")] loadavg,
    mem,
    #[cfg(target_os = "linux")] meminfo,
    #[cfg(target_os = "linux")] meminfo_numa,
    #[cfg(target_os = "linux")] os,
    #[cfg(target_os = "linux")] pressure,
    #[cfg(target_os = "linux")] processes,
    #[cfg(target_os = "linux")] schedstat,
    #[cfg(target_os = "linux")] selinux,
    #[cfg(target_os = "linux")] slabinfo,
    #[cfg(target_os = "linux")] softirqs,
    #[cfg(target_os = "linux")] stat,
    #[cfg(target_os = "linux")] swap,
    #[cfg(target_os = "linux")] sysctl,
    #[cfg(target_os = "linux")] textfile,
    #[cfg(target_os = "linux")] time,
    #[cfg(target_os = "linux")] uname,
    #[cfg(target_os = "linux")] vmstat,
    #[cfg(target_os = "linux")] zoneinfo,
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn all_collectors_follow_the_conventions() {
        assert_eq!(exporter_kit::lint(ALL, LABELS), []);
    }
}
