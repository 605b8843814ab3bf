//! Container engines, Docker and Podman: which one answers, which images it has, and what it tells
//! about the containers that ran.

use std::env;
use std::path::Path;
use std::process::Command;
use std::time::{Duration, SystemTime, UNIX_EPOCH};

use anyhow::{Context, Result};
use serde_json::Value;

use crate::process;

/// Variable with which users of `cross` name their engine.
pub(super) const ENGINE: &str = "CROSS_CONTAINER_ENGINE";

/// An engine that is there answers at once; a Docker whose daemon is far away may never.
const ANSWER_LIMIT: Duration = Duration::from_secs(15);

/// An engine that answers.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Engine {
    /// `docker`, `podman`, or what the user named.
    pub(crate) program: String,
    /// Where its daemon listens, if that is not where the program looks.
    host: Option<String>,
}

/// A container that has ended.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Ended {
    pub(crate) id: String,
    pub(crate) image: String,
    pub(crate) exit: i64,
}

impl Engine {
    /// The engine that the user named, else Docker, else Podman: the first that answers.
    pub(crate) fn find() -> Option<Self> {
        // The containers get a Rust for this one system.
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

    /// An engine by the name of its program.
    pub(crate) fn named(program: String) -> Self {
        Self { program, host: None }
    }

    /// A Docker whose daemon listens on a socket of its own.
    pub(crate) fn at(program: &str, host: String) -> Self {
        Self { program: program.to_owned(), host: Some(host) }
    }

    /// Whether it is more than a program: Docker's needs a daemon, and the right to talk to it.
    pub(crate) fn answers(&self) -> bool {
        process::output_within(self.command().args(["ps", "--quiet"]), ANSWER_LIMIT).is_some()
    }

    pub(crate) fn command(&self) -> Command {
        let mut command = Command::new(&self.program);
        command.envs(self.host.iter().map(|host| ("DOCKER_HOST", host)));
        command
    }

    /// Pulls an image that the engine does not have.
    pub(crate) fn provide(&self, image: &str, log: &Path) -> Result<()> {
        if process::output(self.command().args(["image", "inspect", image])).is_some() {
            return Ok(());
        }
        process::run(self.command().args(["pull", image]), log)
    }

    /// The containers that have ended since a second of the Unix time; only those which a filter of
    /// the engine's lets through.
    pub(crate) fn ended(&self, filter: &str, since: u64, log: &Path) -> Result<Vec<Ended>> {
        let mut command = self.command();
        command.args(["events", "--filter", "type=container", "--filter", filter]);
        command.args(["--format", "{{json .}}"]);
        // The second that runs is not over: what has just ended may be in it.
        command.args(["--since", &since.to_string(), "--until", &(now() + 1).to_string()]);
        let output = log.with_extension("jsonl");
        process::run_into(&mut command, &output, log, ANSWER_LIMIT)?;
        let events = std::fs::read_to_string(&output)
            .with_context(|| format!("cannot read {}", output.display()))?;
        Ok(ended(&events))
    }
}

/// Seconds of the Unix time.
pub(crate) fn now() -> u64 {
    SystemTime::now().duration_since(UNIX_EPOCH).map_or(0, |time| time.as_secs())
}

/// The containers whose end is among an engine's events, one JSON object on each line.
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
    // Podman 4 leaves a zero out.
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
    fn dockers_events_tell_which_containers_ended() {
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
            // Still runs.
            event("start", "33", ""),
        ];
        assert_eq!(
            ended(&events.join("\n")),
            [container("11", "an-image", 0), container("22", "an-image", 101)]
        );
    }

    #[test]
    fn podmans_events_tell_it_in_other_words() {
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
    fn what_is_no_end_of_a_container_is_none() {
        for events in [
            "",
            "Error: no events",
            "{}",
            r#"{"Type":"image","Action":"die","Actor":{"ID":"1","Attributes":{"image":"i","exitCode":"0"}}}"#,
            // Nobody knows how it ended.
            r#"{"Type":"container","Action":"die","Actor":{"ID":"1","Attributes":{"image":"i"}}}"#,
            r#"{"Type":"container","Status":"died","ID":"1","Image":"i","ContainerExitCode":"x"}"#,
        ] {
            assert_eq!(ended(events), [], "{events}");
        }
    }

    #[test]
    fn an_engine_that_is_not_there_does_not_answer() {
        let named = |program: &str| Engine::named(program.to_owned());
        assert!(!named("/nowhere/docker").answers());
        assert!(named("true").answers());
        assert!(!named("false").answers());
    }
}
