//! Container engines, Docker and Podman: detection, images, and the events of finished containers.

use std::env;
use std::path::Path;
use std::process::Command;
use std::time::{Duration, SystemTime, UNIX_EPOCH};

use anyhow::{Context, Result};
use serde_json::Value;

use bkpack::process;

/// The variable of `cross` that selects the engine.
pub(super) const ENGINE: &str = "CROSS_CONTAINER_ENGINE";

/// A local engine answers at once; a Docker with a remote daemon may never.
const ANSWER_LIMIT: Duration = Duration::from_secs(15);

/// An engine that answers.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Engine {
    /// `docker`, `podman`, or the program set by the user.
    pub(crate) program: String,
}

/// A container that has exited.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Ended {
    pub(crate) id: String,
    pub(crate) image: String,
    pub(crate) exit: i64,
}

impl Engine {
    /// Finds an engine that answers: the one set by the user, else Docker, else Podman.
    pub(crate) fn find() -> Option<Self> {
        // The containers run a copy of the local toolchain, so it must be for their system.
        if !cfg!(all(target_os = "linux", target_arch = "x86_64")) {
            return None;
        }
        let named = env::var(ENGINE).ok().filter(|name| !name.is_empty());
        let programs = match named {
            Some(name) => vec![name],
            None => vec!["docker".to_owned(), "podman".to_owned()],
        };
        programs.into_iter().map(Self::named).find(Self::answers)
    }

    /// An engine with this program.
    pub(crate) fn named(program: String) -> Self {
        Self { program }
    }

    /// Whether the engine works: Docker needs a daemon, and permission to connect to it.
    pub(crate) fn answers(&self) -> bool {
        process::output_within(self.command().args(["ps", "--quiet"]), ANSWER_LIMIT).is_some()
    }

    pub(crate) fn command(&self) -> Command {
        Command::new(&self.program)
    }

    /// Pulls an image unless the engine has it.
    pub(crate) fn provide(&self, image: &str, log: &Path) -> Result<()> {
        if process::output(self.command().args(["image", "inspect", image])).is_some() {
            return Ok(());
        }
        process::run(self.command().args(["pull", image]), log)
    }

    /// The containers that exited since a Unix time in seconds and match an engine filter.
    pub(crate) fn ended(&self, filter: &str, since: u64, log: &Path) -> Result<Vec<Ended>> {
        let mut command = self.command();
        command.args(["events", "--filter", "type=container", "--filter", filter]);
        command.args(["--format", "{{json .}}"]);
        // Includes the current second, in which a container may just have exited.
        command.args(["--since", &since.to_string(), "--until", &(now() + 1).to_string()]);
        let output = log.with_extension("jsonl");
        process::run_into(&mut command, &output, log, ANSWER_LIMIT)?;
        let events = std::fs::read_to_string(&output)
            .with_context(|| format!("cannot read {}", output.display()))?;
        Ok(ended(&events))
    }
}

/// The Unix time in seconds.
pub(crate) fn now() -> u64 {
    SystemTime::now().duration_since(UNIX_EPOCH).map_or(0, |time| time.as_secs())
}

/// The exited containers in an engine's events, one JSON object per line.
fn ended(events: &str) -> Vec<Ended> {
    let objects = events.lines().filter_map(|line| serde_json::from_str(line).ok());
    objects.filter_map(|event: Value| docker_end(&event).or_else(|| podman_end(&event))).collect()
}

fn docker_end(event: &Value) -> Option<Ended> {
    let is_end = event["Type"] == "container" && event["Action"] == "die";
    let actor = is_end.then(|| &event["Actor"])?;
    Some(Ended {
        id: text(&actor["ID"])?,
        image: text(&actor["Attributes"]["image"])?,
        exit: actor["Attributes"]["exitCode"].as_str()?.parse().ok()?,
    })
}

fn podman_end(event: &Value) -> Option<Ended> {
    let is_end = event["Type"] == "container" && event["Status"] == "died";
    // Podman 4 omits a zero.
    let exit = &event["ContainerExitCode"];
    let exit = if exit.is_null() { Some(0) } else { exit.as_i64() };
    is_end.then_some(())?;
    Some(Ended { id: text(&event["ID"])?, image: text(&event["Image"])?, exit: exit? })
}

fn text(value: &Value) -> Option<String> {
    value.as_str().map(str::to_owned)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn container(id: &str, image: &str, exit: i64) -> Ended {
        Ended { id: id.to_owned(), image: image.to_owned(), exit }
    }

    #[test]
    fn docker_events_report_exited_containers() {
        let event = |action: &str, id: &str, exit: &str| {
            format!(
                r#"{{"status":"{action}","id":"{id}","from":"an-image","Type":"container","Action":"{action}","Actor":{{"ID":"{id}","Attributes":{{"a":"b"{exit},"image":"an-image","name":"clever"}}}},"scope":"local","time":1795323253}}"#
            )
        };
        let events = [
            event("create", "11", ""),
            event("start", "11", ""),
            event("die", "11", r#","exitCode":"0""#),
            event("start", "22", ""),
            event("die", "22", r#","exitCode":"101""#),
            // Still running.
            event("start", "33", ""),
        ];
        assert_eq!(
            ended(&events.join("\n")),
            [container("11", "an-image", 0), container("22", "an-image", 101)]
        );
    }

    #[test]
    fn podman_events_report_exited_containers() {
        let events = r#"
            {"ID":"11","Image":"localhost/an-image:latest","Name":"a","Status":"start","Type":"container","Attributes":{"a":"b"}}
            {"ID":"11","Image":"localhost/an-image:latest","Name":"a","Status":"died","Type":"container","Attributes":{"a":"b"}}
            {"ContainerExitCode":3,"ID":"22","Image":"i","Name":"b","Status":"died","Type":"container","Attributes":{"a":"b"}}
            {"ContainerExitCode":0,"ID":"33","Image":"i","Name":"c","Status":"died","Type":"container"}
            {"ID":"33","Image":"i","Name":"c","Status":"remove","Type":"container","Attributes":{"a":"b"}}"#;
        assert_eq!(
            ended(events),
            [
                container("11", "localhost/an-image:latest", 0),
                container("22", "i", 3),
                container("33", "i", 0)
            ]
        );
    }

    #[test]
    fn other_events_are_ignored() {
        for events in [
            "",
            "Error: no events",
            "{}",
            r#"{"Type":"image","Action":"die","Actor":{"ID":"1","Attributes":{"image":"i","exitCode":"0"}}}"#,
            // The exit code is missing.
            r#"{"Type":"container","Action":"die","Actor":{"ID":"1","Attributes":{"image":"i"}}}"#,
            r#"{"Type":"container","Status":"died","ID":"1","Image":"i","ContainerExitCode":"x"}"#,
        ] {
            assert_eq!(ended(events), [], "{events}");
        }
    }

    #[test]
    fn missing_engine_does_not_answer() {
        let named = |program: &str| Engine::named(program.to_owned());
        assert!(!named("/nowhere/docker").answers());
        assert!(named("true").answers());
        assert!(!named("false").answers());
    }
}
