//! The packages made in containers by `cross`, with a Docker that is started for it and ended after,
//! on images that are made of Debian's packages. Nothing is pulled.

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
use crate::dist::{Engine, Target, image_variable, now};
use crate::server::Server;
use crate::workspace::Workspace;
use crate::{apt, process};

/// What Debian calls the release that the images are made of.
const RELEASE: &str = "bookworm";

const BASE: &str = "exporter-base";

/// The images: the stage in the Dockerfile, the name, and what is built in it.
const IMAGES: [(&str, &str, &[Target]); 2] = [
    ("linux", "exporter-linux", &[Target::Linux, Target::LinuxAarch64]),
    ("windows", "exporter-windows", &[Target::Windows]),
];

/// A Docker begins to answer within a second or two, and ends its containers first when it ends.
const DAEMON_LIMIT: Duration = Duration::from_secs(60);

/// Makes the packages, and does with them what the other steps do with those of the distro route.
pub(crate) fn check(workspace: &Workspace, tools: &Tools, report: &mut Report) {
    if !apt::is_root() || !apt::is_available() {
        report.step("packages made in containers", || {
            Ok(Done::Skipped("a Docker of its own needs root, on Debian".to_owned()))
        });
        return;
    }
    if !install(tools, report) {
        return;
    }
    let before = toolchains();
    let mut daemon = None;
    report.step("a Docker of its own", || {
        daemon = Some(Daemon::start(workspace, &tools.logs)?);
        Ok(Done::Passed(1))
    });
    let Some(daemon) = daemon else { return };
    let made = images(workspace, &daemon, tools, report) && {
        let start = now();
        report.step("cargo xtask dist --toolchain cross", || dist(workspace, &daemon))
            && report.step("the engine's events tell of the builds", || {
                ran(&daemon, start, &tools.logs.join("events.log"))
            })
    };
    report.step("the Docker ended", || daemon.end());
    report
        .step("the toolchains of this user are as before", || unchanged(&before?, &toolchains()?));
    if !made {
        return report.fail("the packaged binaries", "there is no package to test");
    }
    if let Some(package) = package::look(workspace, report) {
        rehearsal::check(workspace, &package, tools, report);
    }
}

/// Installs what is missing of Debian's packages; whether all is there then.
fn install(tools: &Tools, report: &mut Report) -> bool {
    let here = [
        ("docker.io", process::find("dockerd").is_some()),
        ("debootstrap", process::find("debootstrap").is_some()),
        ("wine64", tools.wine().is_some()),
        ("gcc-mingw-w64-x86-64", tools.mingw().is_some()),
        ("qemu-user-static", tools.qemu_aarch64().is_some()),
    ];
    let missing: Vec<_> = here.iter().filter(|(_, here)| !here).map(|(name, _)| *name).collect();
    missing.is_empty()
        || report.step(&apt::announcement(&missing), || {
            // One source of many may be unreachable; what matters is whether the packages come.
            let updated = apt::update(&tools.logs);
            apt::install(&missing, &tools.logs).with_context(|| match updated {
                Ok(()) => "the package lists are up to date".to_owned(),
                Err(error) => format!("{error:#}"),
            })?;
            Ok(Done::Passed(1))
        })
}

/// Makes the images: a Debian out of packages, and on it what the Dockerfile adds.
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
                // The builder that is in every Docker; the other one is a package of its own.
                build.env("DOCKER_BUILDKIT", "0").args(["build", "--network", "host"]);
                build.args(["--build-arg", &format!("BASE={BASE}")]);
                build.args(["--target", stage, "--tag", image]);
                build.arg(workspace.root().join("packaging/cross"));
                process::run(&mut build, &log(image))?;
                let mut size = daemon.engine.command();
                size.args(["image", "inspect", "--format", "{{.Size}}", image]);
                let size = process::output(&mut size).context("ask for the image's size")?;
                println!("{image}: {} bytes", size.trim());
                Ok(Done::Passed(1))
            })
        })
}

/// Makes the packages as a user makes them who has these images.
fn dist(workspace: &Workspace, daemon: &Daemon) -> Result<Done> {
    // All is compiled, not found compiled.
    let built = workspace.target().join("cross/cross");
    if built.exists() {
        fs::remove_dir_all(&built).with_context(|| format!("remove {}", built.display()))?;
    }
    let mut command = Command::new(this_program()?);
    command.current_dir(workspace.root()).args(["dist", "--setup", "--toolchain", "cross"]);
    command.env("DOCKER_HOST", daemon.host()).env("CROSS_CONTAINER_ENGINE", &daemon.engine.program);
    for (_, image, targets) in IMAGES {
        for &target in targets {
            command.env(image_variable(target), image);
        }
    }
    let status = command.stdin(Stdio::null()).status().context("start dist")?;
    ensure!(status.success(), "dist failed; what it said is above");
    Ok(Done::Passed(1))
}

/// Asks the engine itself, and not `dist`, whether there was a container for each target.
fn ran(daemon: &Daemon, since: u64, log: &Path) -> Result<Done> {
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

/// A file as it can be seen to have changed: its size, and when it was written.
type Looks = (u64, Option<SystemTime>);

/// All files of the user's rustup, its own downloads aside.
fn toolchains() -> Result<BTreeMap<PathBuf, Looks>> {
    let home = env::var_os("RUSTUP_HOME").map(PathBuf::from);
    let home = home.or_else(|| env::home_dir().map(|home| home.join(".rustup")));
    let home = home.context("this user has no home")?;
    let mut files = BTreeMap::new();
    let mut folders = vec![home.clone()];
    while let Some(folder) = folders.pop() {
        let context = || format!("read {}", folder.display());
        for entry in fs::read_dir(&folder).with_context(context)? {
            let path = entry.with_context(context)?.path();
            if ["downloads", "tmp"].iter().any(|name| path == home.join(name)) {
                continue;
            }
            // Of a link what it says counts: where it leads to is looked at there.
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

fn unchanged(before: &BTreeMap<PathBuf, Looks>, after: &BTreeMap<PathBuf, Looks>) -> Result<Done> {
    let paths = before.keys().chain(after.keys());
    let changed: Vec<_> = paths.filter(|path| before.get(*path) != after.get(*path)).collect();
    if let Some(path) = changed.first() {
        bail!("{} of {} files differ, such as {}", changed.len(), before.len(), path.display());
    }
    Ok(Done::Passed(1))
}

/// A Docker daemon that this process has started.
#[derive(Debug)]
struct Daemon {
    server: Server,
    engine: Engine,
    /// Its sockets; a path to one has to be short.
    sockets: TempDir,
    /// Its images, and what they are made of.
    data: PathBuf,
}

impl Daemon {
    fn start(workspace: &Workspace, logs: &Path) -> Result<Self> {
        let data = workspace.target().join("ci/docker");
        clear(&data)?;
        fs::create_dir_all(&data).with_context(|| format!("make {}", data.display()))?;
        let sockets = tempfile::tempdir().context("make a folder for sockets")?;
        let engine = Engine::at("docker", host(sockets.path()));
        let mut dockerd = Command::new("dockerd");
        dockerd.arg("--host").arg(host(sockets.path()));
        dockerd.arg("--data-root").arg(data.join("root"));
        dockerd.arg("--exec-root").arg(sockets.path().join("exec"));
        dockerd.arg("--pidfile").arg(sockets.path().join("pid"));
        // No container gets a network of its own, so this machine's stays as it is.
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

    /// Ends the daemon, which ends what it has started, and removes its images.
    fn end(self) -> Result<Done> {
        let Self { mut server, sockets, data, .. } = self;
        server.terminate(DAEMON_LIMIT)?;
        let mounts = fs::read_to_string("/proc/self/mounts").context("read /proc/self/mounts")?;
        for mount in mounts_in(&mounts, &[sockets.path(), &data]) {
            process::output(Command::new("umount").arg(&mount))
                .with_context(|| format!("unmount {}", mount.display()))?;
        }
        clear(&data)?;
        sockets.close().context("remove the folder for sockets")?;
        Ok(Done::Passed(1))
    }
}

/// What is mounted below these folders, the latest first: a daemon forgets the network of the host.
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
        fs::remove_dir_all(folder).with_context(|| format!("remove {}", folder.display()))?;
    }
    Ok(())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_a_daemon_leaves_mounted_is_found() {
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
    fn a_changed_toolchain_is_seen() {
        let looks = |size| (size, Some(SystemTime::UNIX_EPOCH));
        let before =
            BTreeMap::from([("a/rustc".into(), looks(1)), ("settings.toml".into(), looks(2))]);
        assert!(unchanged(&before, &before).is_ok());
        for (path, size) in [("a/rustc", 3), ("a/new", 1)] {
            let mut after = before.clone();
            after.insert(path.into(), looks(size));
            let error = unchanged(&before, &after).unwrap_err().to_string();
            assert!(error.ends_with(path), "{error}");
        }
        let mut after = before.clone();
        after.remove(Path::new("settings.toml"));
        assert!(unchanged(&before, &after).is_err());
    }
}
