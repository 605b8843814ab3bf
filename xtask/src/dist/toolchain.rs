//! Selects the toolchain route for the targets and lists what each route lacks. Pure.

use std::fmt::{self, Display, Formatter};
use std::path::PathBuf;

use super::cross;
use super::environment::{Environment, MINGW, ZIG_PACKAGES};
use super::target::{Target, Targets};

/// The value of `--toolchain`.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub(crate) enum ToolchainChoice {
    #[default]
    Auto,
    Rustup,
    Cross,
    Distro,
}

/// A source of std and linkers for the targets.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Route {
    /// The active toolchain with std for the targets, as `rustup target add` installs it.
    Rustup,
    /// A copy of the active toolchain, in containers of the `cross` tool.
    Cross,
    /// The distribution's rustc, which builds std from source; needs only package registries.
    Distro,
}

/// A prerequisite of a route that is missing.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) enum Requirement {
    Std(Target),
    Mingw,
    SystemRust {
        found: Option<String>,
        wanted: String,
    },
    StdSource,
    Zig,
    Engine,
    CrossTool,
    /// A rustup toolchain, for the containers.
    Toolchain,
}

/// A route and what it lacks.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Candidate {
    pub(crate) route: Route,
    pub(crate) missing: Vec<Requirement>,
}

impl ToolchainChoice {
    /// The routes to try, in order.
    fn routes(self, environment: &Environment) -> &'static [Route] {
        match self {
            Self::Auto if environment.engine.is_some() => {
                &[Route::Rustup, Route::Cross, Route::Distro]
            }
            // `auto` never proposes to install a container engine.
            Self::Auto => &[Route::Rustup, Route::Distro],
            Self::Rustup => &[Route::Rustup],
            Self::Cross => &[Route::Cross],
            Self::Distro => &[Route::Distro],
        }
    }

    /// Returns the first complete route.
    ///
    /// # Errors
    /// Every candidate with its missing requirements. With `auto`, routes that can never build the
    /// targets are left out.
    pub(crate) fn decide(
        self,
        environment: &Environment,
        targets: &Targets,
        rust_version: &str,
    ) -> Result<Route, Vec<Candidate>> {
        let candidate = |&route: &Route| {
            let missing = route.missing(environment, targets, rust_version);
            Candidate { route, missing }
        };
        let mut candidates: Vec<_> = self.routes(environment).iter().map(candidate).collect();
        if self == Self::Auto {
            candidates.retain(|candidate| candidate.impossible().is_none());
        }
        match candidates.iter().find(|candidate| candidate.missing.is_empty()) {
            Some(candidate) => Ok(candidate.route),
            None => Err(candidates),
        }
    }
}

impl Candidate {
    /// A target that this route cannot build, whatever is installed.
    pub(crate) fn impossible(&self) -> Option<Target> {
        let is_impossible =
            |requirement: &Requirement| *requirement == Requirement::Std(Target::Windows7);
        self.missing.iter().any(is_impossible).then_some(Target::Windows7)
    }
}

impl Route {
    pub(crate) fn name(self) -> &'static str {
        match self {
            Self::Rustup => "rustup",
            Self::Cross => "cross",
            Self::Distro => "distro",
        }
    }

    /// The requirements that this route lacks for these targets.
    pub(crate) fn missing(
        self,
        environment: &Environment,
        targets: &Targets,
        rust_version: &str,
    ) -> Vec<Requirement> {
        let mut missing = Vec::new();
        match self {
            Self::Rustup => {
                let lacks = |target: &&Target| !environment.std_for.contains(target);
                missing.extend(targets.0.iter().filter(lacks).copied().map(Requirement::Std));
            }
            // The images have the linkers, and std is added to the copy of the toolchain.
            Self::Cross => {
                if environment.engine.is_none() {
                    missing.push(Requirement::Engine);
                }
                if environment.rustup.is_none() || environment.sysroot.is_none() {
                    missing.push(Requirement::Toolchain);
                }
                if !environment.cross {
                    missing.push(Requirement::CrossTool);
                }
                // rustup has no std for this target, and `cross` has no image.
                missing.extend(
                    targets
                        .0
                        .contains(&Target::Windows7)
                        .then_some(Requirement::Std(Target::Windows7)),
                );
                return missing;
            }
            Self::Distro => {
                let version = environment.system_rust.as_deref();
                if !version.is_some_and(|version| is_at_least(version, rust_version)) {
                    let found = version.map(str::to_owned);
                    missing
                        .push(Requirement::SystemRust { found, wanted: rust_version.to_owned() });
                }
                if !environment.std_source {
                    missing.push(Requirement::StdSource);
                }
                if targets.0.iter().any(|target| !target.is_windows()) && !environment.zig {
                    missing.push(Requirement::Zig);
                }
            }
        }
        if targets.0.iter().any(|target| target.is_windows()) && !environment.mingw {
            missing.push(Requirement::Mingw);
        }
        missing
    }

    /// The sysroot of the compiler that this route uses.
    pub(crate) fn sysroot(self, environment: &Environment) -> PathBuf {
        match self {
            Self::Rustup | Self::Cross => environment.sysroot.clone().unwrap_or_default(),
            Self::Distro => "/usr".into(),
        }
    }
}

/// Whether a version such as `1.96.0` is at least `wanted`, such as `1.95`.
pub(crate) fn is_at_least(version: &str, wanted: &str) -> bool {
    let numbers = |text: &str| {
        let digits = text.split(|c: char| !c.is_ascii_digit());
        let mut numbers = digits.map(|number| number.parse::<u32>().unwrap_or_default());
        [(); 3].map(|()| numbers.next().unwrap_or_default())
    };
    numbers(version) >= numbers(wanted)
}

impl Display for Requirement {
    fn fmt(&self, f: &mut Formatter<'_>) -> fmt::Result {
        match self {
            Self::Std(target) => write!(f, "the standard library for {}", target.triple()),
            Self::Mingw => write!(f, "{MINGW} (mingw-w64)"),
            Self::SystemRust { found: None, wanted } => {
                write!(f, "rustc and cargo {wanted} or newer in /usr/bin")
            }
            Self::SystemRust { found: Some(found), wanted } => {
                write!(f, "rustc and cargo {wanted} or newer in /usr/bin (found {found})")
            }
            Self::StdSource => f.write_str("the standard library's source for /usr/bin/rustc"),
            Self::Zig => write!(f, "{} (from PyPI)", ZIG_PACKAGES.join(" and ")),
            Self::Engine => f.write_str(
                "a container engine: `docker ps` or `podman ps` must work for this user",
            ),
            Self::CrossTool => write!(f, "cross {} (from crates.io)", cross::VERSION),
            Self::Toolchain => f.write_str("rustup, with an active rustup toolchain"),
        }
    }
}

impl Display for Candidate {
    fn fmt(&self, f: &mut Formatter<'_>) -> fmt::Result {
        let requirements: Vec<_> = self.missing.iter().map(Requirement::to_string).collect();
        write!(f, "{} route: {}", self.route.name(), requirements.join(", "))
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::dist::cross::Engine;

    fn complete() -> Environment {
        Environment {
            sysroot: Some("/rustup/toolchains/stable".into()),
            std_for: vec![Target::Linux, Target::LinuxAarch64, Target::Windows],
            rustup: Some("stable".to_owned()),
            mingw: true,
            system_rust: Some("1.96.0".to_owned()),
            std_source: true,
            zig: true,
            python: Some("python3".into()),
            apt: true,
            root: true,
            engine: None,
            cross: false,
        }
    }

    fn with_engine() -> Environment {
        Environment { engine: Some(Engine::named("podman".to_owned())), cross: true, ..complete() }
    }

    #[test]
    fn auto_uses_containers_without_std() {
        let all = Targets::default();
        let no_std = Environment { std_for: Vec::new(), ..with_engine() };
        for (environment, targets, expected) in [
            (with_engine(), all.clone(), Route::Rustup),
            (no_std.clone(), all.clone(), Route::Cross),
            (Environment { mingw: false, zig: false, ..with_engine() }, all.clone(), Route::Cross),
            // No engine answers, or the route is incomplete.
            (Environment { engine: None, ..no_std.clone() }, all.clone(), Route::Distro),
            (Environment { cross: false, ..no_std.clone() }, all.clone(), Route::Distro),
            (Environment { rustup: None, ..no_std.clone() }, all.clone(), Route::Distro),
            (no_std, Targets(vec![Target::Windows7]), Route::Distro),
        ] {
            assert_eq!(
                ToolchainChoice::Auto.decide(&environment, &targets, "1.95"),
                Ok(expected),
                "{environment:?}"
            );
        }
        assert_eq!(ToolchainChoice::Cross.decide(&with_engine(), &all, "1.95"), Ok(Route::Cross));
    }

    #[test]
    fn auto_does_not_propose_containers_without_an_engine() {
        let routes = |choice: ToolchainChoice, environment: &Environment| -> Vec<_> {
            let candidates = choice.decide(environment, &Targets::default(), "1.95").unwrap_err();
            candidates.iter().map(|candidate| candidate.route).collect()
        };
        let bare = Environment::default();
        let engine = Environment { engine: with_engine().engine, ..Environment::default() };
        assert_eq!(routes(ToolchainChoice::Auto, &bare), [Route::Rustup, Route::Distro]);
        assert_eq!(
            routes(ToolchainChoice::Auto, &engine),
            [Route::Rustup, Route::Cross, Route::Distro]
        );

        let candidates =
            ToolchainChoice::Cross.decide(&bare, &Targets::default(), "1.95").unwrap_err();
        let missing = vec![Requirement::Engine, Requirement::Toolchain, Requirement::CrossTool];
        assert_eq!(candidates, [Candidate { route: Route::Cross, missing }]);
        let text = candidates[0].to_string();
        assert!(text.starts_with("cross route: a container engine: `docker ps`"), "{text}");
    }

    #[test]
    fn auto_selects_the_first_complete_route() {
        let all = Targets::default();
        let windows7 = Targets(vec![Target::Windows7]);
        let linux = Targets(vec![Target::Linux]);
        let no_windows = Environment { std_for: vec![Target::Linux], ..complete() };
        for (environment, targets, expected) in [
            (complete(), &all, Route::Rustup),
            (complete(), &windows7, Route::Distro),
            (no_windows.clone(), &all, Route::Distro),
            (no_windows, &linux, Route::Rustup),
            (Environment { mingw: false, ..complete() }, &linux, Route::Rustup),
        ] {
            assert_eq!(ToolchainChoice::Auto.decide(&environment, targets, "1.95"), Ok(expected));
        }
        assert_eq!(ToolchainChoice::Distro.decide(&complete(), &all, "1.95"), Ok(Route::Distro));
    }

    #[test]
    fn auto_omits_routes_that_cannot_build_a_target() {
        let targets = Targets(vec![Target::Linux, Target::Windows7]);
        let bare = Environment { std_for: Vec::new(), zig: false, ..with_engine() };
        let routes = |choice: ToolchainChoice| -> Vec<_> {
            let candidates = choice.decide(&bare, &targets, "1.95").unwrap_err();
            candidates.iter().map(|c| (c.route, c.impossible())).collect()
        };
        assert_eq!(routes(ToolchainChoice::Auto), [(Route::Distro, None)]);
        assert_eq!(routes(ToolchainChoice::Rustup), [(Route::Rustup, Some(Target::Windows7))]);
        assert_eq!(routes(ToolchainChoice::Cross), [(Route::Cross, Some(Target::Windows7))]);
        // A custom toolchain may have it.
        let own = Environment { std_for: vec![Target::Linux, Target::Windows7], ..complete() };
        assert_eq!(ToolchainChoice::Rustup.decide(&own, &targets, "1.95"), Ok(Route::Rustup));
    }

    #[test]
    fn missing_requirements_are_listed_per_route() {
        let wanted = || "1.95".to_owned();
        let candidates = ToolchainChoice::Auto
            .decide(&Environment::default(), &Targets::default(), "1.95")
            .unwrap_err();
        let expected = [
            Candidate {
                route: Route::Rustup,
                missing: vec![
                    Requirement::Std(Target::Linux),
                    Requirement::Std(Target::LinuxAarch64),
                    Requirement::Std(Target::Windows),
                    Requirement::Mingw,
                ],
            },
            Candidate {
                route: Route::Distro,
                missing: vec![
                    Requirement::SystemRust { found: None, wanted: wanted() },
                    Requirement::StdSource,
                    Requirement::Zig,
                    Requirement::Mingw,
                ],
            },
        ];
        assert_eq!(candidates, expected);

        let old = Environment { system_rust: Some("1.85.1".to_owned()), ..complete() };
        let candidates =
            ToolchainChoice::Distro.decide(&old, &Targets::default(), "1.95").unwrap_err();
        let text = candidates[0].to_string();
        assert_eq!(text, "distro route: rustc and cargo 1.95 or newer in /usr/bin (found 1.85.1)");
    }

    #[test]
    fn only_requested_targets_have_requirements() {
        let environment = Environment { zig: false, ..complete() };
        for target in [Target::Windows, Target::Windows7] {
            let windows = Targets(vec![target]);
            assert_eq!(
                ToolchainChoice::Distro.decide(&environment, &windows, "1.95"),
                Ok(Route::Distro)
            );
        }
        let aarch64 = Targets(vec![Target::LinuxAarch64]);
        assert!(ToolchainChoice::Distro.decide(&environment, &aarch64, "1.95").is_err());
    }

    #[test]
    fn versions_compare_as_numbers() {
        for (version, wanted, expected) in [
            ("1.96.0", "1.95", true),
            ("1.95.0", "1.95", true),
            ("1.100.0", "1.95", true),
            ("1.96.0+dfsg1-1", "1.95", true),
            ("2.0.0-nightly", "1.95", true),
            ("1.85.1", "1.95", false),
            ("", "1.95", false),
        ] {
            assert_eq!(is_at_least(version, wanted), expected, "{version} {wanted}");
        }
    }
}
