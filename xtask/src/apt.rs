//! Installs Debian packages with `apt-get`. Installed packages are never upgraded or removed.

use std::path::Path;
use std::process::Command;

use anyhow::{Context, Result, bail, ensure};

use bkpack::process;

/// Whether this system has `apt-get`.
pub(crate) fn is_available() -> bool {
    process::find("apt-get").is_some()
}

/// Whether the current user is root.
pub(crate) fn is_root() -> bool {
    matches!(Rights::of_this_user(), Ok(Rights::Root))
}

/// The line that announces an [`install`].
pub(crate) fn announcement(packages: &[&str]) -> String {
    format!("apt-get install --no-install-recommends {}", packages.join(" "))
}

/// Updates the package lists. It fails if any source is unreachable, although the others may
/// have every package that is needed.
pub(crate) fn update(logs: &Path) -> Result<()> {
    let mut command = Rights::of_this_user()?.apt_get(&["update"]);
    process::run(&mut command, &logs.join("apt-update.log"))
}

/// The version that would be installed; `None` if no package source has the package.
pub(crate) fn candidate(package: &str) -> Option<String> {
    let mut command = Command::new("apt-cache");
    candidate_in(&process::output(command.env("LC_ALL", "C").args(["policy", package]))?)
}

/// Installs packages and their dependencies; installed packages stay unchanged.
pub(crate) fn install(packages: &[&str], logs: &Path) -> Result<()> {
    let missing: Vec<_> =
        packages.iter().copied().filter(|package| candidate(package).is_none()).collect();
    ensure!(missing.is_empty(), "no package source has {}", missing.join(", "));
    let rights = Rights::of_this_user()?;
    let mut command = rights.apt_get(&install_arguments(packages));
    process::run(&mut command, &logs.join("apt-install.log"))
        .with_context(|| format!("cannot install {}", packages.join(", ")))
}

fn install_arguments<'a>(packages: &[&'a str]) -> Vec<&'a str> {
    let options = ["install", "--yes", "--no-install-recommends", "--no-upgrade", "--no-remove"];
    [&options, packages].concat()
}

fn candidate_in(policy: &str) -> Option<String> {
    let line = policy.lines().find_map(|line| line.trim().strip_prefix("Candidate:"))?;
    Some(line.trim()).filter(|version| *version != "(none)").map(str::to_owned)
}

/// How the current user runs `apt-get`.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Rights {
    Root,
    Sudo,
}

impl Rights {
    fn of_this_user() -> Result<Self> {
        let id = process::output(Command::new("id").arg("-u")).context("cannot run `id -u`")?;
        match (id.trim(), process::find("sudo")) {
            ("0", _) => Ok(Self::Root),
            (_, Some(_)) => Ok(Self::Sudo),
            (_, None) => {
                bail!("apt-get needs root and sudo is not installed: run this command as root")
            }
        }
    }

    fn apt_get(self, arguments: &[&str]) -> Command {
        // sudo drops the environment, so `env` sets it again.
        let words = ["env", "DEBIAN_FRONTEND=noninteractive", "LC_ALL=C", "apt-get"];
        let mut command = match self {
            Self::Root => Command::new(words[0]),
            Self::Sudo => {
                let mut command = Command::new("sudo");
                command.arg(words[0]);
                command
            }
        };
        // Another apt-get, such as unattended upgrades, may hold the lock for a while.
        command.args(&words[1..]).args(["-o", "DPkg::Lock::Timeout=300"]).args(arguments);
        command
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn apt_get_runs_directly_as_root_else_through_sudo() {
        let arguments = install_arguments(&["rustc-web", "cargo-web"]);
        let expected = "env DEBIAN_FRONTEND=noninteractive LC_ALL=C apt-get -o \
                        DPkg::Lock::Timeout=300 install --yes --no-install-recommends \
                        --no-upgrade --no-remove rustc-web cargo-web";
        assert_eq!(process::command_line(&Rights::Root.apt_get(&arguments)), expected);
        let sudo = process::command_line(&Rights::Sudo.apt_get(&arguments));
        assert_eq!(sudo, format!("sudo {expected}"));
    }

    #[test]
    fn candidate_is_read_from_the_policy() {
        for (policy, expected) in [
            (
                "rustc-web:\n  Installed: (none)\n  Candidate: 1.96.0+dfsg1-1\n",
                Some("1.96.0+dfsg1-1"),
            ),
            ("rustc-web:\n  Installed: (none)\n  Candidate: (none)\n", None),
            ("", None),
        ] {
            assert_eq!(candidate_in(policy).as_deref(), expected);
        }
    }
}
