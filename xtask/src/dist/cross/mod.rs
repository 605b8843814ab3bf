//! The route through containers: the `cross` tool with Docker or Podman.
//!
//! `cross` 0.2.5 installs toolchains and targets through rustup, and after some failures builds on
//! this machine instead. Therefore it gets its own rustup home without a download server, and a
//! build counts only if the engine reports the container that it ran in.

mod engine;
mod rust;

use std::env;
use std::ffi::OsString;
use std::fs;
use std::path::{Path, PathBuf};
use std::process::Command;

use anyhow::{Context, Result, bail};

pub(crate) use self::engine::Engine;
use self::engine::now;
use super::target::Target;
use crate::workspace::Workspace;
use bkpack::process;

/// The tested version of `cross`.
pub(crate) const VERSION: &str = "0.2.5";

/// The label of a build's containers; its value identifies the build.
const LABEL: &str = "exporter-build";

/// An empty server, so that no build downloads a toolchain.
const NO_SERVER: &str = "file:///nowhere";

/// Variables that change the behaviour of `cross` and are not meant for this workspace.
const REMOVED: [&str; 3] = [
    "CROSS_COMPATIBILITY_VERSION",
    // The old name of CROSS_CONTAINER_OPTS, to which its value is moved.
    "DOCKER_OPTS",
    // `cargo run` sets it to its own toolchain's libraries.
    "LD_LIBRARY_PATH",
];

/// The folder of `cross` and of all its files apart from build output.
#[derive(Clone, Debug)]
pub(crate) struct Home {
    /// The root for `cargo install`.
    pub(crate) folder: PathBuf,
}

/// Prepared containers for builds.
#[derive(Clone, Debug)]
pub(crate) struct Containers {
    engine: Engine,
    /// The expected `rustc -vV` of their compiler.
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

    /// Sets the environment of `cross` on a command.
    pub(crate) fn set(&self, command: &mut Command) {
        for (name, value) in self.environment(|name| env::var(name).ok()) {
            command.env(name, value);
        }
        for name in REMOVED {
            command.env_remove(name);
        }
        if let Some(path) = process::find("rustup").as_deref().and_then(Path::parent) {
            // Only rustup's cargo, which is next to rustup, supports `cargo +NAME`.
            let mut paths = vec![path.to_owned()];
            paths.extend(env::split_paths(&env::var_os("PATH").unwrap_or_default()));
            command.env("PATH", env::join_paths(paths).expect("each path comes from `PATH`"));
        }
    }

    /// The program and its toolchain argument; [`Containers::prepare`] creates the toolchain.
    pub(crate) fn arguments(&self) -> (PathBuf, String) {
        (self.program(), format!("+{}", rust::NAME))
    }

    /// The environment of `cross`, given the variables of the user.
    fn environment(&self, user: impl Fn(&str) -> Option<String>) -> Vec<(&'static str, OsString)> {
        let passed = user("CROSS_BUILD_ENV_PASSTHROUGH").unwrap_or_default();
        let options = user("CROSS_CONTAINER_OPTS").or_else(|| user("DOCKER_OPTS"));
        let mut options = options.unwrap_or_default();
        if !options.contains("--net") {
            // All crates are fetched already, so a build must not need a network.
            options.push_str(" --network none");
        }
        vec![
            ("RUSTUP_HOME", self.rustup().into()),
            ("RUSTUP_TOOLCHAIN", rust::ACTIVE.into()),
            ("RUSTUP_DIST_SERVER", NO_SERVER.into()),
            ("RUSTUP_UPDATE_ROOT", NO_SERVER.into()),
            ("RUSTUP_AUTO_INSTALL", "0".into()),
            ("XARGO_HOME", self.folder.join("xargo").into()),
            // Otherwise `cross` makes rustup add targets and sources to the toolchain.
            ("CROSS_CUSTOM_TOOLCHAIN", "1".into()),
            ("CROSS_BUILD_ENV_PASSTHROUGH", format!("{passed} BUILD_REVISION").trim().into()),
            ("CROSS_CONTAINER_OPTS", options.trim().into()),
        ]
    }
}

impl Containers {
    /// Prepares the toolchain for the containers, and the images.
    pub(crate) fn prepare(
        workspace: &Workspace,
        engine: Engine,
        sysroot: &Path,
        targets: &[Target],
        logs: &Path,
    ) -> Result<Self> {
        let version = rust::prepare(&Home::of(workspace).rustup(), sysroot, targets, logs)?;
        // A configuration file of `cross` may define images to build, so none are pulled.
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

    /// Runs a `cross` command that builds into `output`.
    ///
    /// # Errors
    /// The command fails, or no container succeeded. In the latter case its output is removed.
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
            format!("{} did not report the containers that ran", self.engine.program)
        })?;
        if !ended.iter().any(|container| container.exit == 0) {
            // Otherwise the next build would reuse it.
            if output.exists() {
                fs::remove_dir_all(output)
                    .with_context(|| format!("cannot remove {}", output.display()))?;
            }
            bail!(
                "cross built on this machine, in no container of {}, so the build is discarded: see the \
                 warnings at the start of {}",
                self.engine.program,
                log.display()
            );
        }
        if let Some(other) = output.parent().and_then(|t| rust::other_compiler(t, &self.version)) {
            let image = &ended[0].image;
            bail!("the image {image} has its own Rust, {other}: use an image without Rust");
        }
        Ok(())
    }
}

/// The default image of `cross`.
fn default_image(target: Target) -> String {
    format!("ghcr.io/cross-rs/{}:{VERSION}", target.triple())
}

/// The variable of `cross` that selects a target's image.
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
    fn cross_does_not_see_the_users_toolchains() {
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
        // `cross` misparses the active toolchain's name.
        assert_ne!(format!("+{}", active.1), home.arguments().1);
    }

    #[test]
    fn user_variables_of_cross_are_kept() {
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
    fn image_names_are_those_of_cross() {
        assert_eq!(default_image(Target::Windows), "ghcr.io/cross-rs/x86_64-pc-windows-gnu:0.2.5");
        assert_eq!(image_variable(Target::Linux), "CROSS_TARGET_X86_64_UNKNOWN_LINUX_MUSL_IMAGE");
    }

    /// An engine that prints `events`, and a `cross` that prints its options.
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
    fn build_counts_only_if_a_container_succeeded() {
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
            let output = fs::read_to_string(&log).unwrap();
            let expected = format!("{} --network none --label {LABEL}=", containers.engine.program);
            assert!(output.contains(&expected), "{output}");
        }
    }
}
