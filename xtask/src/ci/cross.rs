//! Builds the packages in containers with `cross`. Uses a temporary Docker daemon and images built
//! from Debian packages; nothing is pulled.

use std::collections::BTreeMap;
use std::env;
use std::fs;
use std::path::{Path, PathBuf};
use std::process::{Command, Stdio};
use std::time::{Duration, SystemTime};

use anyhow::{Context, Result, bail, ensure};
use tempfile::TempDir;

use super::package::{self, this_program};
use super::rehearsal;
use super::report::{Done, Report};
use super::tools::Tools;
use crate::apt;
use crate::dist::{Engine, Target, image_variable, now};
use crate::workspace::Workspace;
use bkpack::process;
use bkpack::server::Server;

/// The Debian release of the images.
const RELEASE: &str = "bookworm";

const BASE: &str = "exporter-base";

/// The images: the stage in the Dockerfile, the name, and the targets built in it.
const IMAGES: [(&str, &str, &[Target]); 2] = [
    ("linux", "exporter-linux", &[Target::Linux, Target::LinuxAarch64]),
    ("windows", "exporter-windows", &[Target::Windows]),
];

/// A daemon starts within a second or two, and stops its containers before it exits.
const DAEMON_LIMIT: Duration = Duration::from_secs(60);

/// Builds the packages, and runs the same checks on them as on those of the distro route.
pub(crate) fn check(workspace: &Workspace, tools: &Tools, report: &mut Report) {
    if !apt::is_root() || !apt::is_available() {
        report.step("packages built in containers", || {
            Ok(Done::Skipped("a Docker daemon needs root, on Debian".to_owned()))
        });
        return;
    }
    if !install(tools, report) {
        return;
    }
    let before = toolchains();
    let mut daemon = None;
    report.step("start of a Docker daemon", || {
        daemon = Some(Daemon::start(workspace, &tools.logs)?);
        Ok(Done::Passed(1))
    });
    let Some(daemon) = daemon else { return };
    let built = images(workspace, &daemon, tools, report) && {
        let start = now();
        report.step("cargo xtask dist --toolchain cross", || dist(workspace, &daemon))
            && report.step("builds are in the engine's events", || {
                check_events(&daemon, start, &tools.logs.join("events.log"))
            })
    };
    report.step("stop of the Docker daemon", || daemon.stop());
    report.step("the user's toolchains are unchanged", || unchanged(&before?, &toolchains()?));
    if !built {
        return report.fail("the packaged binaries", "there is no package to test");
    }
    if let Some(package) = package::check_dist(workspace, report) {
        rehearsal::check(workspace, &package, tools, report);
    }
}

/// Installs missing Debian packages; returns whether all are installed.
fn install(tools: &Tools, report: &mut Report) -> bool {
    let installed = [
        ("docker.io", process::find("dockerd").is_some()),
        ("debootstrap", process::find("debootstrap").is_some()),
        ("wine64", tools.wine().is_some()),
        ("gcc-mingw-w64-x86-64", tools.mingw().is_some()),
        ("qemu-user-static", tools.qemu_aarch64().is_some()),
    ];
    let missing: Vec<_> =
        installed.iter().filter(|(_, installed)| !installed).map(|(name, _)| *name).collect();
    missing.is_empty()
        || report.step(&apt::announcement(&missing), || {
            // An unreachable source matters only if a package is missing.
            let updated = apt::update(&tools.logs);
            apt::install(&missing, &tools.logs).with_context(|| match updated {
                Ok(()) => "the package lists are up to date".to_owned(),
                Err(error) => format!("{error:#}"),
            })?;
            Ok(Done::Passed(1))
        })
}

/// Builds the images: a Debian base from packages, extended by the Dockerfile.
fn images(workspace: &Workspace, daemon: &Daemon, tools: &Tools, report: &mut Report) -> bool {
    let log = |name: &str| tools.logs.join(format!("{name}.log"));
    let base = daemon.data.join("base");
    let archive = daemon.data.join("base.tar");
    let debian = report.step(&format!("debootstrap of {RELEASE}"), || {
        let mut debootstrap = Command::new("debootstrap");
        debootstrap.args(["--variant=minbase", RELEASE]).arg(&base);
        process::run(&mut debootstrap, &log("debootstrap"))?;
        let mut tar = Command::new("tar");
        tar.arg("--create").arg("--file").arg(&archive).arg("--directory").arg(&base).arg(".");
        process::run(&mut tar, &log("tar"))?;
        let mut import = daemon.engine.command();
        process::run(import.arg("import").arg(&archive).arg(BASE), &log("import"))?;
        Ok(Done::Passed(1))
    });
    debian
        && IMAGES.iter().all(|(stage, image, _)| {
            report.step(&format!("docker build of {image}"), || {
                let mut build = daemon.engine.command();
                // The builder that every Docker includes; BuildKit is a separate package.
                build.env("DOCKER_BUILDKIT", "0").args(["build", "--network", "host"]);
                build.args(["--build-arg", &format!("BASE={BASE}")]);
                build.args(["--target", stage, "--tag", image]);
                build.arg(workspace.root().join("packaging/cross"));
                process::run(&mut build, &log(image))?;
                let mut size = daemon.engine.command();
                size.args(["image", "inspect", "--format", "{{.Size}}", image]);
                let size = process::output(&mut size).context("cannot read the image's size")?;
                println!("{image}: {} bytes", size.trim());
                Ok(Done::Passed(1))
            })
        })
}

/// Builds the packages as a user with these images does.
fn dist(workspace: &Workspace, daemon: &Daemon) -> Result<Done> {
    // Forces a full build.
    let built = workspace.target().join("cross/cross");
    if built.exists() {
        fs::remove_dir_all(&built).with_context(|| format!("cannot remove {}", built.display()))?;
    }
    let mut command = Command::new(this_program()?);
    command.current_dir(workspace.root()).args(["dist", "--setup", "--toolchain", "cross"]);
    command.env("DOCKER_HOST", daemon.host()).env("CROSS_CONTAINER_ENGINE", &daemon.engine.program);
    for (_, image, targets) in IMAGES {
        for &target in targets {
            command.env(image_variable(target), image);
        }
    }
    let status = command.stdin(Stdio::null()).status().context("cannot start dist")?;
    ensure!(status.success(), "dist failed; its output is above");
    Ok(Done::Passed(1))
}

/// Checks in the engine's events, independently of `dist`, that each target was built in a
/// container.
fn check_events(daemon: &Daemon, since: u64, log: &Path) -> Result<Done> {
    let mut count = 0;
    for (_, image, targets) in IMAGES {
        let ended = daemon.engine.ended(&format!("image={image}"), since, log)?;
        for container in &ended {
            let id = container.id.get(..12).unwrap_or(&container.id);
            println!("container {id} of {}: exit {}", container.image, container.exit);
        }
        let good = ended.iter().filter(|container| container.exit == 0).count();
        ensure!(
            (good, ended.len()) == (targets.len(), targets.len()),
            "{good} of {} containers of {image} succeeded, for {} targets",
            ended.len(),
            targets.len()
        );
        count += good;
    }
    Ok(Done::Passed(count))
}

/// The state of a file for change detection: its size and modification time.
type FileState = (u64, Option<SystemTime>);

/// All files of the user's rustup, except for its downloads.
fn toolchains() -> Result<BTreeMap<PathBuf, FileState>> {
    let home = env::var_os("RUSTUP_HOME").map(PathBuf::from);
    let home = home.or_else(|| env::home_dir().map(|home| home.join(".rustup")));
    let home = home.context("the user has no home folder")?;
    let mut files = BTreeMap::new();
    let mut folders = vec![home.clone()];
    while let Some(folder) = folders.pop() {
        let context = || format!("cannot read {}", folder.display());
        for entry in fs::read_dir(&folder).with_context(context)? {
            let path = entry.with_context(context)?.path();
            if ["downloads", "tmp"].iter().any(|name| path == home.join(name)) {
                continue;
            }
            // Links are not followed.
            let metadata = fs::symlink_metadata(&path).with_context(context)?;
            if metadata.is_dir() {
                folders.push(path);
            } else {
                files.insert(path, (metadata.len(), metadata.modified().ok()));
            }
        }
    }
    Ok(files)
}

fn unchanged(
    before: &BTreeMap<PathBuf, FileState>,
    after: &BTreeMap<PathBuf, FileState>,
) -> Result<Done> {
    let paths = before.keys().chain(after.keys());
    let changed: Vec<_> = paths.filter(|path| before.get(*path) != after.get(*path)).collect();
    if let Some(path) = changed.first() {
        bail!("{} of {} files differ, such as {}", changed.len(), before.len(), path.display());
    }
    Ok(Done::Passed(1))
}

/// A Docker daemon started by this process.
#[derive(Debug)]
struct Daemon {
    server: Server,
    engine: Engine,
    /// Its sockets, in a temporary folder because socket paths must be short.
    sockets: TempDir,
    /// Its images and their inputs.
    data: PathBuf,
}

impl Daemon {
    fn start(workspace: &Workspace, logs: &Path) -> Result<Self> {
        let data = workspace.target().join("ci/docker");
        clear(&data)?;
        fs::create_dir_all(&data).with_context(|| format!("cannot create {}", data.display()))?;
        let sockets = tempfile::tempdir().context("cannot create a folder for sockets")?;
        let engine = Engine::at("docker", host(sockets.path()));
        let mut dockerd = Command::new("dockerd");
        dockerd.arg("--host").arg(host(sockets.path()));
        dockerd.arg("--data-root").arg(data.join("root"));
        dockerd.arg("--exec-root").arg(sockets.path().join("exec"));
        dockerd.arg("--pidfile").arg(sockets.path().join("pid"));
        // No container networks, so that the network of this machine stays unchanged.
        dockerd.args(["--bridge=none", "--iptables=false", "--ip6tables=false"]);
        let mut server = Server::start(&mut dockerd, &logs.join("dockerd.log"))?;
        server.wait_for(DAEMON_LIMIT, || {
            engine.answers().then_some(()).context("the daemon does not answer")
        })?;
        Ok(Self { server, engine, sockets, data })
    }

    fn host(&self) -> String {
        host(self.sockets.path())
    }

    /// Stops the daemon and its containers, and removes its images.
    fn stop(self) -> Result<Done> {
        let Self { mut server, sockets, data, .. } = self;
        server.terminate(DAEMON_LIMIT)?;
        let mounts =
            fs::read_to_string("/proc/self/mounts").context("cannot read /proc/self/mounts")?;
        for mount in mounts_in(&mounts, &[sockets.path(), &data]) {
            process::output(Command::new("umount").arg(&mount))
                .with_context(|| format!("cannot unmount {}", mount.display()))?;
        }
        clear(&data)?;
        sockets.close().context("cannot remove the folder for sockets")?;
        Ok(Done::Passed(1))
    }
}

/// The mounts below these folders, newest first: the daemon does not unmount the host's network
/// namespace.
fn mounts_in(mounts: &str, folders: &[&Path]) -> Vec<PathBuf> {
    let points = mounts.lines().filter_map(|line| line.split(' ').nth(1)).map(PathBuf::from);
    let below = |point: &PathBuf| folders.iter().any(|folder| point.starts_with(folder));
    let mut points: Vec<_> = points.filter(below).collect();
    points.reverse();
    points
}

fn host(sockets: &Path) -> String {
    format!("unix://{}", sockets.join("docker.sock").display())
}

fn clear(folder: &Path) -> Result<()> {
    if folder.exists() {
        fs::remove_dir_all(folder)
            .with_context(|| format!("cannot remove {}", folder.display()))?;
    }
    Ok(())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn leftover_mounts_are_found() {
        let mounts = "proc /proc proc rw 0 0\n\
                      nsfs /tmp/a/exec/netns/default nsfs rw 0 0\n\
                      nsfs /tmp/ab nsfs rw 0 0\n\
                      overlay /w/target/ci/docker/merged overlay rw 0 0\n";
        assert_eq!(
            mounts_in(mounts, &[Path::new("/tmp/a"), Path::new("/w/target/ci/docker")]),
            [Path::new("/w/target/ci/docker/merged"), Path::new("/tmp/a/exec/netns/default")]
        );
    }

    #[test]
    fn changed_toolchain_is_detected() {
        let state = |size| (size, Some(SystemTime::UNIX_EPOCH));
        let before =
            BTreeMap::from([("a/rustc".into(), state(1)), ("settings.toml".into(), state(2))]);
        assert!(unchanged(&before, &before).is_ok());
        for (path, size) in [("a/rustc", 3), ("a/new", 1)] {
            let mut after = before.clone();
            after.insert(path.into(), state(size));
            let error = unchanged(&before, &after).unwrap_err().to_string();
            assert!(error.ends_with(path), "{error}");
        }
        let mut after = before.clone();
        after.remove(Path::new("settings.toml"));
        assert!(unchanged(&before, &after).is_err());
    }
}
