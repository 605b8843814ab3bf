//! The route through containers: the `cross` tool with Docker or Podman.
//!
//! `cross` 0.2.5 takes liberties: it installs toolchains and targets by rustup, and on some failures
//! builds on this machine instead. So it gets a rustup home of its own with nothing to download, and
//! a build counts only if the engine tells of the container that it ran in.

mod engine;
mod rust;

use std::env;
use std::ffi::OsString;
use std::fs;
use std::path::{Path, PathBuf};
use std::process::Command;

use anyhow::{Context, Result, bail};

pub(crate) use self::engine::{Engine, now};
use super::target::Target;
use crate::process;
use crate::workspace::Workspace;

/// The version of `cross` that is tested.
pub(crate) const VERSION: &str = "0.2.5";

/// Marks the containers of a build; followed by what tells it from all others.
const LABEL: &str = "exporter-build";

/// A server that has nothing: no toolchain is ever downloaded for a build.
const NO_SERVER: &str = "file:///nowhere";

/// Variables that change what `cross` does, and that no user sets for this workspace.
const REMOVED: [&str; 3] = [
    "CROSS_COMPATIBILITY_VERSION",
    // Its old name; the value goes into the new one.
    "DOCKER_OPTS",
    // `cargo run` puts its own toolchain's libraries here.
    "LD_LIBRARY_PATH",
];

/// Where `cross` is, and all that it may write to beside what it builds.
#[derive(Clone, Debug)]
pub(crate) struct Home {
    /// The root that `cargo install` is given.
    pub(crate) folder: PathBuf,
}

/// A build in containers, everything ready for it.
#[derive(Clone, Debug)]
pub(crate) struct Containers {
    engine: Engine,
    /// What the compiler in them should say of itself.
    version: String,
    logs: PathBuf,
}

impl Home {
    pub(crate) fn of(workspace: &Workspace) -> Self {
        Self { folder: workspace.target().join("tools").join(format!("cross-{VERSION}")) }
    }

    pub(crate) fn is_ready(&self) -> bool {
        self.program().is_file()
    }

    fn program(&self) -> PathBuf {
        self.folder.join("bin").join(format!("cross{}", env::consts::EXE_SUFFIX))
    }

    fn rustup(&self) -> PathBuf {
        self.folder.join("rustup")
    }

    /// Gives a command all that `cross` looks for in its environment.
    pub(crate) fn set(&self, command: &mut Command) {
        for (name, value) in self.environment(|name| env::var(name).ok()) {
            command.env(name, value);
        }
        for name in REMOVED {
            command.env_remove(name);
        }
        if let Some(path) = process::find("rustup").as_deref().and_then(Path::parent) {
            // `cargo +NAME` is known to rustup's cargo alone, which lies beside rustup.
            let mut paths = vec![path.to_owned()];
            paths.extend(env::split_paths(&env::var_os("PATH").unwrap_or_default()));
            command.env("PATH", env::join_paths(paths).expect("they come out of such a text"));
        }
    }

    /// How `cross` is called: the program, and the toolchain, which [`Containers::prepare`] makes.
    pub(crate) fn arguments(&self) -> (PathBuf, String) {
        (self.program(), format!("+{}", rust::NAME))
    }

    /// What `cross` is to find in its environment, given what the user has set.
    fn environment(&self, user: impl Fn(&str) -> Option<String>) -> Vec<(&'static str, OsString)> {
        let passed = user("CROSS_BUILD_ENV_PASSTHROUGH").unwrap_or_default();
        let options = user("CROSS_CONTAINER_OPTS").or_else(|| user("DOCKER_OPTS"));
        let mut options = options.unwrap_or_default();
        if !options.contains("--net") {
            // All crates are here, so a build that asks for a network is one to stop.
            options.push_str(" --network none");
        }
        vec![
            ("RUSTUP_HOME", self.rustup().into()),
            ("RUSTUP_TOOLCHAIN", rust::ACTIVE.into()),
            ("RUSTUP_DIST_SERVER", NO_SERVER.into()),
            ("RUSTUP_UPDATE_ROOT", NO_SERVER.into()),
            ("RUSTUP_AUTO_INSTALL", "0".into()),
            ("XARGO_HOME", self.folder.join("xargo").into()),
            // Without it `cross` has rustup add targets and sources to the toolchain.
            ("CROSS_CUSTOM_TOOLCHAIN", "1".into()),
            ("CROSS_BUILD_ENV_PASSTHROUGH", format!("{passed} BUILD_REVISION").trim().into()),
            ("CROSS_CONTAINER_OPTS", options.trim().into()),
        ]
    }
}

impl Containers {
    /// Makes ready what the builds take: the Rust that runs in the containers, and the images.
    pub(crate) fn prepare(
        workspace: &Workspace,
        engine: Engine,
        sysroot: &Path,
        targets: &[Target],
        logs: &Path,
    ) -> Result<Self> {
        let version = rust::prepare(&Home::of(workspace).rustup(), sysroot, targets, logs)?;
        // Who configures `cross` by a file may have it build images; it knows best which.
        let configured =
            env::var_os("CROSS_CONFIG").is_some() || workspace.root().join("Cross.toml").is_file();
        for &target in targets.iter().filter(|_| !configured) {
            let variable = image_variable(target);
            let image = env::var(&variable).unwrap_or_else(|_| default_image(target));
            engine.provide(&image, &logs.join("pull.log")).with_context(|| {
                format!(
                    "{} cannot get the image {image}; {variable} or Cross.toml can name another",
                    engine.program
                )
            })?;
        }
        Ok(Self { engine, version, logs: logs.to_owned() })
    }

    /// Runs a call of `cross` that builds into `output`.
    ///
    /// # Errors
    /// It fails; or it succeeds, and no container did. What was then built elsewhere is removed.
    pub(crate) fn build(&self, command: &mut Command, output: &Path, log: &Path) -> Result<()> {
        let since = now();
        let label = format!("{LABEL}={}-{since}-{}", std::process::id(), file_name(output));
        let options = command.get_envs().find(|(name, _)| *name == "CROSS_CONTAINER_OPTS");
        let mut options = options.and_then(|(_, value)| value).unwrap_or_default().to_owned();
        options.push(format!(" --label {label}"));
        command.env("CROSS_CONTAINER_OPTS", options);
        command.env(engine::ENGINE, &self.engine.program);
        process::run(command, log)?;

        let events = self.logs.join(format!("{}.events.log", file_name(output)));
        let ended = self.engine.ended(&format!("label={label}"), since, &events);
        let ended = ended.with_context(|| {
            format!("{} does not tell which containers ran", self.engine.program)
        })?;
        if !ended.iter().any(|container| container.exit == 0) {
            // The next build would take it for its own.
            if output.exists() {
                fs::remove_dir_all(output)
                    .with_context(|| format!("cannot remove {}", output.display()))?;
            }
            bail!(
                "cross built on this machine and in no container of {}'s, and so in vain: see the \
                 warnings at the head of {}",
                self.engine.program,
                log.display()
            );
        }
        if let Some(other) = output.parent().and_then(|t| rust::other_compiler(t, &self.version)) {
            let image = &ended[0].image;
            bail!("the image {image} has a Rust of its own, {other}: take one that has none");
        }
        Ok(())
    }
}

/// The image that `cross` takes where nobody says otherwise.
fn default_image(target: Target) -> String {
    format!("ghcr.io/cross-rs/{}:{VERSION}", target.triple())
}

/// Variable with which users of `cross` name a target's image.
pub(crate) fn image_variable(target: Target) -> String {
    format!("CROSS_TARGET_{}_IMAGE", target.triple().to_uppercase().replace('-', "_"))
}

fn file_name(path: &Path) -> String {
    path.file_name().unwrap_or_default().display().to_string()
}

#[cfg(test)]
mod tests {
    use super::*;

    fn environment(user: &[(&str, &str)]) -> Vec<(&'static str, String)> {
        let home = Home { folder: "/w/target/tools/cross".into() };
        let find = |name: &str| {
            let found = user.iter().find(|(key, _)| *key == name);
            found.map(|(_, value)| (*value).to_owned())
        };
        let variables = home.environment(find).into_iter();
        variables.map(|(name, value)| (name, value.into_string().unwrap())).collect()
    }

    #[test]
    fn cross_sees_no_toolchain_of_the_user() {
        let environment = environment(&[("RUSTUP_HOME", "/home/ann/.rustup")]);
        for expected in [
            ("RUSTUP_HOME", "/w/target/tools/cross/rustup"),
            ("RUSTUP_DIST_SERVER", "file:///nowhere"),
            ("XARGO_HOME", "/w/target/tools/cross/xargo"),
            ("CROSS_CUSTOM_TOOLCHAIN", "1"),
            ("CROSS_BUILD_ENV_PASSTHROUGH", "BUILD_REVISION"),
            ("CROSS_CONTAINER_OPTS", "--network none"),
        ] {
            let expected = (expected.0, expected.1.to_owned());
            assert!(environment.contains(&expected), "{expected:?} is not in {environment:?}");
        }
        let home = Home { folder: "/w/target/tools/cross".into() };
        let active = environment.iter().find(|(name, _)| *name == "RUSTUP_TOOLCHAIN").unwrap();
        // Of the active toolchain's name `cross` makes something else.
        assert_ne!(format!("+{}", active.1), home.arguments().1);
    }

    #[test]
    fn what_users_of_cross_set_stays() {
        let environment = environment(&[
            ("CROSS_BUILD_ENV_PASSTHROUGH", "HTTPS_PROXY"),
            ("CROSS_CONTAINER_OPTS", "--ulimit nofile=1024 --network=host"),
            ("DOCKER_OPTS", "--cpus 1"),
        ]);
        let passed = ("CROSS_BUILD_ENV_PASSTHROUGH", "HTTPS_PROXY BUILD_REVISION".to_owned());
        let options = ("CROSS_CONTAINER_OPTS", "--ulimit nofile=1024 --network=host".to_owned());
        assert!(environment.contains(&passed) && environment.contains(&options));
    }

    #[test]
    fn images_are_named_as_cross_names_them() {
        assert_eq!(default_image(Target::Windows), "ghcr.io/cross-rs/x86_64-pc-windows-gnu:0.2.5");
        assert_eq!(image_variable(Target::Linux), "CROSS_TARGET_X86_64_UNKNOWN_LINUX_MUSL_IMAGE");
    }

    /// An engine that tells of containers that end with `exit`, and a `cross` that notes its options.
    #[cfg(unix)]
    fn fake(folder: &Path, events: &str) -> (Containers, Command) {
        use std::os::unix::fs::PermissionsExt;
        let engine = folder.join("docker");
        fs::write(&engine, format!("#!/bin/sh\ncat <<'END'\n{events}\nEND\n")).unwrap();
        fs::set_permissions(&engine, fs::Permissions::from_mode(0o755)).unwrap();
        let program = engine.to_str().unwrap().to_owned();
        let logs = folder.join("logs");
        let mut cross = Command::new("sh");
        let script = "mkdir -p \"$0\" && echo \"$CROSS_CONTAINER_ENGINE $CROSS_CONTAINER_OPTS\"";
        cross.args(["-c", script]).arg(folder.join("built"));
        cross.env("CROSS_CONTAINER_OPTS", "--network none");
        (Containers { engine: Engine::named(program), version: String::new(), logs }, cross)
    }

    #[cfg(unix)]
    #[test]
    fn a_build_counts_only_if_a_container_did_it() {
        let end = |exit: &str| {
            format!(
                r#"{{"Type":"container","Action":"die","Actor":{{"ID":"1","Attributes":{{"exitCode":"{exit}","image":"i"}}}}}}"#
            )
        };
        for (events, counts) in [(end("0"), true), (end("101"), false), (String::new(), false)] {
            let folder = tempfile::tempdir().unwrap();
            let (containers, mut cross) = fake(folder.path(), &events);
            let (built, log) = (folder.path().join("built"), folder.path().join("cross.log"));
            let result = containers.build(&mut cross, &built, &log);
            assert_eq!(result.is_ok(), counts, "{result:?}");
            assert_eq!(built.exists(), counts);
            if let Err(error) = result {
                assert!(error.to_string().contains("in no container"), "{error}");
            }
            let said = fs::read_to_string(&log).unwrap();
            let expected = format!("{} --network none --label {LABEL}=", containers.engine.program);
            assert!(said.contains(&expected), "{said}");
        }
    }
}
