//! The command line of `dist`.

use std::str::FromStr;

use gumdrop::Options;

use crate::dist::{Target, Targets, ToolchainChoice};

/// Builds all exporters for every target, checks them, and packs them into target/dist.
#[derive(Debug, Default, Options)]
pub(crate) struct Dist {
    #[options(no_short, help = "print this help")]
    help: bool,
    #[options(
        no_short,
        meta = "ROUTE",
        parse(try_from_str),
        help = "source of std and linkers for the targets: auto (the default), rustup, cross \
                (in containers) or distro"
    )]
    pub(crate) toolchain: ToolchainChoice,
    #[options(no_short, help = "install what is missing, after announcing it")]
    pub(crate) setup: bool,
    #[options(
        no_short,
        help = "also build standalone executables with TLS, for containers too (target/dist/standalone)"
    )]
    pub(crate) standalone: bool,
    #[options(
        short = "p",
        meta = "NAME",
        help = "only the packages of this exporter, without bkpack; those of others stay"
    )]
    pub(crate) package: Option<String>,
    #[options(no_short, help = "replace packages that are for more targets than these")]
    pub(crate) force: bool,
    #[options(no_short, help = "print the plan and exit")]
    pub(crate) dry_run: bool,
    #[options(
        no_short,
        meta = "LIST",
        parse(try_from_str),
        help = "targets, separated by commas: linux,linux-aarch64,windows (the default); windows7 \
                replaces windows on hosts older than Windows 10"
    )]
    pub(crate) targets: Targets,
}

impl FromStr for ToolchainChoice {
    type Err = String;

    fn from_str(text: &str) -> Result<Self, String> {
        match text {
            "auto" => Ok(Self::Auto),
            "rustup" => Ok(Self::Rustup),
            "cross" => Ok(Self::Cross),
            "distro" => Ok(Self::Distro),
            _ => Err(format!("{text:?} is not one of auto, rustup, cross and distro")),
        }
    }
}

impl FromStr for Targets {
    type Err = String;

    fn from_str(text: &str) -> Result<Self, String> {
        let mut targets = text
            .split(',')
            .map(|name| {
                let known = Target::ALL.into_iter().find(|target| target.name() == name);
                known.ok_or_else(|| {
                    let names = Target::ALL.map(Target::name).join(", ");
                    format!("{name:?} is not one of {names}")
                })
            })
            .collect::<Result<Vec<_>, _>>()?;
        targets.sort();
        targets.dedup();
        if targets.contains(&Target::Windows) && targets.contains(&Target::Windows7) {
            return Err("a package has only one executable for Windows: give windows or windows7"
                .to_owned());
        }
        Ok(Self(targets))
    }
}

#[cfg(test)]
mod tests {
    use super::super::{Command, parsed};
    use super::*;

    fn dist(words: &[&str]) -> Result<Dist, String> {
        match parsed(&[&["dist"], words].concat())? {
            Command::Dist(dist) => Ok(dist),
            command => panic!("{command:?}"),
        }
    }

    #[test]
    fn flags_have_defaults() {
        let dist = dist(&[]).unwrap();
        assert_eq!(dist.toolchain, ToolchainChoice::Auto);
        assert_eq!(dist.targets.0, [Target::Linux, Target::LinuxAarch64, Target::Windows]);
        assert!(!dist.setup && !dist.dry_run);
    }

    #[test]
    fn both_forms_of_a_value_are_accepted() {
        for arguments in [
            &["--toolchain=distro", "--targets=windows,linux,windows", "--dry-run"][..],
            &["--toolchain", "distro", "--targets", "linux,windows", "--dry-run"],
            &["-p", "a", "--force", "--toolchain=distro", "--targets=linux,windows", "--dry-run"],
        ] {
            let dist = dist(arguments).unwrap();
            assert_eq!(dist.toolchain, ToolchainChoice::Distro);
            assert_eq!(dist.targets.0, [Target::Linux, Target::Windows]);
            assert!(dist.dry_run);
        }
    }

    #[test]
    fn usage_errors_are_reported() {
        for (arguments, expected) in [
            (&["--toolchain=nix"][..], "not one of auto, rustup, cross and distro"),
            (&["--targets=linux,aix"], "not one of linux, linux-aarch64, windows, windows7"),
            (&["--targets="], "not one of linux, linux-aarch64, windows, windows7"),
            (&["--targets=windows,windows7"], "only one executable for Windows"),
            (&["--setup=true"], "setup"),
            (&["--offline"], "offline"),
            (&["everything"], "everything"),
        ] {
            let error = dist(arguments).unwrap_err();
            assert!(error.contains(expected) && error.contains("--help"), "{error}");
        }
    }
}
