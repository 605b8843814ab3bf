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
    #[cfg(target_os = "linux")] cpu,
    disk,
    #[cfg(target_os = "linux")] diskstats,
    #[cfg(target_os = "linux")] filesystem,
    #[cfg(target_os = "linux")] loadavg,
    #[cfg(target_os = "linux")] mdadm,
    mem,
    #[cfg(target_os = "linux")] meminfo,
    #[cfg(target_os = "linux")] swap,
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn all_collectors_follow_the_conventions() {
        assert_eq!(exporter_kit::lint(ALL, LABELS), []);
    }
}
