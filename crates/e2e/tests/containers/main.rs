//! Builds the packages in containers with `cargo xtask dist --toolchain cross`. Uses a temporary
//! Docker daemon and images built from Debian packages; nothing is pulled. `cargo xtask ci
//! --with-cross` installs the tools, runs this test, and tests the packages.

use std::collections::BTreeMap;
use std::env;
use std::fs;
use std::path::{Path, PathBuf};
use std::process::{Command, Stdio};
use std::time::{Duration, SystemTime, UNIX_EPOCH};

use anyhow::{Context, Result, bail, ensure};
use bkpack::process;
use bkpack::server::Server;
use tempfile::TempDir;

/// The Debian release of the images.
const RELEASE: &str = "bookworm";

const BASE: &str = "exporter-base";

/// The images: the stage in the Dockerfile, the name, and the targets built in it, as in the
/// variables of `cross`.
const IMAGES: [(&str, &str, &[&str]); 2] = [
    ("linux", "exporter-linux", &["X86_64_UNKNOWN_LINUX_MUSL", "AARCH64_UNKNOWN_LINUX_MUSL"]),
    ("windows", "exporter-windows", &["X86_64_PC_WINDOWS_GNU"]),
];

/// A daemon starts within a second or two, and stops its containers before it exits.
const DAEMON_LIMIT: Duration = Duration::from_secs(60);

#[test]
fn packages_are_built_in_containers() -> Result<()> {
    for tool in ["dockerd", "docker", "debootstrap"] {
        if process::find(tool).is_none() {
            return e2e::skip(tool);
        }
    }
    let user = process::output(Command::new("id").arg("-u")).context("cannot run `id -u`")?;
    if user.trim() != "0" {
        return e2e::skip("root, which a Docker daemon needs,");
    }
    let before = toolchains()?;
    let daemon = Daemon::start()?;
    let since = SystemTime::now().duration_since(UNIX_EPOCH)?.as_secs();
    let built = images(&daemon)
        .and_then(|()| dist(&daemon).context("cargo xtask dist --toolchain cross"))
        .and_then(|()| check_events(&daemon, since));
    // Whatever has failed, the daemon must not stay.
    let stopped = daemon.stop();
    built?;
    stopped?;
    unchanged(&before, &toolchains()?)
}

/// Builds the images: a Debian base from packages, extended by the Dockerfile.
fn images(daemon: &Daemon) -> Result<()> {
    let base = daemon.data.join("base");
    let archive = daemon.data.join("base.tar");
    let mut debootstrap = Command::new("debootstrap");
    e2e::run(debootstrap.args(["--variant=minbase", RELEASE]).arg(&base), "debootstrap")?;
    let mut tar = Command::new("tar");
    tar.arg("--create").arg("--file").arg(&archive).arg("--directory").arg(&base).arg(".");
    e2e::run(&mut tar, "tar")?;
    e2e::run(daemon.docker().arg("import").arg(&archive).arg(BASE), "import")?;
    for (stage, image, _) in IMAGES {
        let mut build = daemon.docker();
        // The builder that every Docker includes; BuildKit is a separate package.
        build.env("DOCKER_BUILDKIT", "0").args(["build", "--network", "host"]);
        build.args(["--build-arg", &format!("BASE={BASE}"), "--target", stage, "--tag", image]);
        e2e::run(build.arg(e2e::root().join("packaging/cross")), image)?;
    }
    Ok(())
}

/// Builds the packages as a user with these images does.
fn dist(daemon: &Daemon) -> Result<()> {
    // Forces a full build.
    e2e::clear(&e2e::root().join("target/cross/cross"))?;
    let mut command = e2e::cargo(&["run", "--locked", "--package", "xtask", "--"]);
    command.args(["dist", "--setup", "--toolchain", "cross"]);
    command.env("DOCKER_HOST", daemon.host()).env("CROSS_CONTAINER_ENGINE", "docker");
    for (_, image, targets) in IMAGES {
        for target in targets {
            command.env(format!("CROSS_TARGET_{target}_IMAGE"), image);
        }
    }
    let status = command.stdin(Stdio::null()).status().context("cannot start dist")?;
    ensure!(status.success(), "dist failed; its output is above");
    Ok(())
}

/// Checks in the engine's events, independently of `dist`, that each target was built in a
/// container.
fn check_events(daemon: &Daemon, since: u64) -> Result<()> {
    // Includes the current second, in which a container may just have exited.
    let until = SystemTime::now().duration_since(UNIX_EPOCH)?.as_secs() + 1;
    for (_, image, targets) in IMAGES {
        let mut events = daemon.docker();
        events.args(["events", "--filter", "event=die", "--filter", &format!("image={image}")]);
        events.args(["--format", "{{.Actor.Attributes.exitCode}}"]);
        events.args(["--since", &since.to_string(), "--until", &until.to_string()]);
        let codes = process::output(&mut events).context("cannot read Docker's events")?;
        let codes: Vec<_> = codes.lines().collect();
        ensure!(
            codes.len() == targets.len() && codes.iter().all(|code| *code == "0"),
            "the containers of {image} exited with {codes:?}, for {} targets",
            targets.len()
        );
    }
    Ok(())
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
) -> Result<()> {
    let paths = before.keys().chain(after.keys());
    let changed: Vec<_> = paths.filter(|path| before.get(*path) != after.get(*path)).collect();
    if let Some(path) = changed.first() {
        bail!("{} of {} files differ, such as {}", changed.len(), before.len(), path.display());
    }
    Ok(())
}

/// A Docker daemon started by this process.
#[derive(Debug)]
struct Daemon {
    server: Server,
    /// Its sockets, in a temporary folder because socket paths must be short.
    sockets: TempDir,
    /// Its images and their inputs.
    data: PathBuf,
}

impl Daemon {
    fn start() -> Result<Self> {
        let data = e2e::scratch("docker")?;
        let sockets = tempfile::tempdir().context("cannot create a folder for sockets")?;
        let mut dockerd = Command::new("dockerd");
        dockerd.arg("--host").arg(host(sockets.path()));
        dockerd.arg("--data-root").arg(data.join("root"));
        dockerd.arg("--exec-root").arg(sockets.path().join("exec"));
        dockerd.arg("--pidfile").arg(sockets.path().join("pid"));
        // No container networks, so that the network of this machine stays unchanged.
        dockerd.args(["--bridge=none", "--iptables=false", "--ip6tables=false"]);
        let server = Server::start(&mut dockerd, &e2e::log("dockerd"))?;
        let mut daemon = Self { server, sockets, data };
        let mut list = daemon.docker();
        list.args(["ps", "--quiet"]);
        daemon.server.wait_for(DAEMON_LIMIT, || {
            process::output(&mut list).map(drop).context("the daemon does not answer")
        })?;
        Ok(daemon)
    }

    fn host(&self) -> String {
        host(self.sockets.path())
    }

    /// A command of its client.
    fn docker(&self) -> Command {
        let mut command = Command::new("docker");
        command.env("DOCKER_HOST", self.host());
        command
    }

    /// Stops the daemon and its containers, and removes its images.
    fn stop(self) -> Result<()> {
        let Self { mut server, sockets, data } = self;
        server.terminate(DAEMON_LIMIT)?;
        let mounts =
            fs::read_to_string("/proc/self/mounts").context("cannot read /proc/self/mounts")?;
        for mount in mounts_in(&mounts, &[sockets.path(), &data]) {
            process::output(Command::new("umount").arg(&mount))
                .with_context(|| format!("cannot unmount {}", mount.display()))?;
        }
        e2e::clear(&data)?;
        sockets.close().context("cannot remove the folder for sockets")
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
    let before = BTreeMap::from([("a/rustc".into(), state(1)), ("settings.toml".into(), state(2))]);
    assert!(unchanged(&before, &before).is_ok());
    for (path, size) in [("a/rustc", 3), ("a/new", 1)] {
        let mut after = before.clone();
        after.insert(path.into(), state(size));
        let error = unchanged(&before, &after).expect_err("a change").to_string();
        assert!(error.ends_with(path), "{error}");
    }
    let mut after = before.clone();
    after.remove(Path::new("settings.toml"));
    assert!(unchanged(&before, &after).is_err());
}
