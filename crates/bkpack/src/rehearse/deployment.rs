//! A copy of an exporter as on a host: unpacked, configured, started and stopped as its generation
//! of BlueKing does. On drop, every process that runs from its folder is killed.

use std::collections::BTreeMap;
use std::ffi::OsStr;
use std::fs;
use std::path::{Path, PathBuf};
use std::time::{Duration, Instant};

use anyhow::{Context, Error, Result, ensure};
use blueking_package::plugin::{
    self, ConfigItem, ENV_TEMPLATE, FILES, ItemType, Rewriting, command_line, rewrite, split_words,
};
use blueking_package::script_fault;
use blueking_package::v51::{self, EXPORTER_URL};

use super::machine::Machine;
use super::ports::Port;
use super::processes::{self, running_in, wait_until};
use super::scrape::{Answer, scrape};
use super::target::{Form, Target, Values};
use crate::process;
use crate::server::Server;
use crate::stage::set_mode;
use crate::texts::{labelled, list, programs, rehearse_steps as texts};

/// Delay after the start until BlueKing checks that the exporter still runs.
const ALIVE_AFTER: Duration = Duration::from_secs(2);

/// Time limit for the first answer. A site scrapes every minute, so that a slow start does no harm.
const ANSWER_LIMIT: Duration = Duration::from_secs(30);

/// Time limit for the exit after a stop.
const GRACE: Duration = Duration::from_secs(5);

/// A deployed copy.
#[derive(Debug)]
pub struct Deployment<'a> {
    target: &'a Target,
    machine: &'a Machine,
    /// The operator's input, with the port of this copy.
    values: Values,
    /// The exporter's folder.
    pub folder: PathBuf,
    /// The folder that contains it.
    root: PathBuf,
    /// The folder of the log.
    logs: PathBuf,
    /// The folder of the pid file.
    pids: PathBuf,
    /// The port of this copy.
    pub port: Port,
    /// The URL that BlueKing scrapes.
    pub url: String,
    /// The process of an exporter started without a script.
    child: Option<Server>,
}

impl<'a> Deployment<'a> {
    /// Unpacks a copy below `root` and determines its URL.
    pub fn new(
        target: &'a Target,
        machine: &'a Machine,
        root: &Path,
        values: &Values,
        port: Port,
    ) -> Result<Self> {
        let folder = root.join("external_plugins").join(&target.id);
        for file in &target.files {
            let path = folder.join(&file.path);
            let parent = path.parent().context("the path of a file has a parent")?;
            fs::create_dir_all(parent)
                .with_context(|| programs::cannot_create(&parent.display().to_string()))?;
            fs::write(&path, &file.bytes)
                .with_context(|| programs::cannot_write(&path.display().to_string()))?;
            // A site sets these bits, whatever the archive has.
            set_mode(&path, file.mode & 0o777 | 0o700)?;
        }
        // `/proc` shows paths without symbolic links.
        let root = root.canonicalize().with_context(programs::no_scratch_folder)?;
        let folder = root.join("external_plugins").join(&target.id);
        machine.adapt(&folder.join(target.program()))?;
        let mut values = values.clone();
        let url = if let Form::Plugin(items) = &target.form {
            values.insert("port".to_owned(), port.number.to_string());
            place_files(items, &folder, &mut values)?;
            let host = items.iter().find(|item| item.name == "host");
            let host = host.map(|item| item.default_text()).filter(|host| !host.is_empty());
            let typed = values.get("host").filter(|host| !host.is_empty()).cloned();
            let host = typed.or(host).unwrap_or_else(|| "127.0.0.1".to_owned());
            format!("http://{host}:{}{}", port.number, plugin::METRICS_PATH)
        } else {
            target.url(&values)?
        };
        let (logs, pids) = (root.join("log"), root.join("run"));
        Ok(Self { target, machine, values, folder, root, logs, pids, port, url, child: None })
    }

    /// Configures the copy for the debug page, where log and pid file are in the exporter's folder.
    pub fn for_debugging(mut self) -> Self {
        self.logs = self.folder.join("log");
        self.pids = self.folder.join("pid");
        self
    }

    /// The arguments as BlueKing passes them, and how its scripts change them.
    pub fn arguments(&self) -> (Vec<String>, Vec<Rewriting>) {
        match &self.target.form {
            Form::Component(rows) => (v51::command_line(rows, &self.values), Vec::new()),
            Form::Plugin(items) => {
                let text = command_line(items, &self.values);
                if matches!(self.machine, Machine::Wine(_)) {
                    let words = text.split_ascii_whitespace().map(str::to_owned);
                    return (words.collect(), Vec::new());
                }
                let files: Vec<_> =
                    self.target.files.iter().map(|file| file.path.as_str()).collect();
                let split = split_words(&text, &files);
                (split.words, split.rewritings)
            }
        }
    }

    /// The environment variables of the form, and how BlueKing's scripts change their values.
    pub fn variables(&self) -> Vec<(String, Vec<Rewriting>)> {
        let Form::Plugin(items) = &self.target.form else { return Vec::new() };
        let variables = plugin::environment(items, &self.values);
        variables.into_iter().map(|(name, value)| (name, rewrite(&value).1)).collect()
    }

    /// Renders `etc/env.yaml` of a plugin, and appends the lines `more`.
    pub fn configure(&self, more: &str) -> Result<()> {
        let Form::Plugin(items) = &self.target.form else { return Ok(()) };
        let mut names: BTreeMap<_, _> = plugin::environment(items, &self.values);
        names.insert("cmd_args".to_owned(), command_line(items, &self.values));
        self.render(ENV_TEMPLATE, names, more)
    }

    /// Describes the result of [`Self::configure`] without the values, some of which are secret.
    pub fn configuration(&self) -> Result<String> {
        let path = rendered(ENV_TEMPLATE);
        let text = fs::read_to_string(self.folder.join(path))
            .with_context(|| programs::cannot_read(path))?;
        let names: Vec<_> = text.lines().filter_map(|line| line.split_once(':')).collect();
        let names: Vec<_> = names.iter().map(|(name, _)| name.trim()).collect();
        Ok(texts::rendered(path, &list(&names)))
    }

    /// Renders a template of the plugin next to it, with additional names, and appends the lines
    /// `more`.
    pub fn render(
        &self,
        template: &str,
        mut names: BTreeMap<String, String>,
        more: &str,
    ) -> Result<()> {
        let local = |path: &Path| self.machine.exporter_path(path);
        names.extend(
            [
                ("setup_path", local(&self.folder)),
                ("data_path", local(&self.root.join("data"))),
                ("gse_agent_home", local(&self.agent_home())),
                ("log_path", local(&self.logs)),
                ("pid_path", local(&self.pid_file())),
            ]
            .map(|(name, value)| (format!("control_info.{name}"), value)),
        );
        let text = fs::read_to_string(self.folder.join(template))
            .with_context(|| programs::cannot_read(template))?;
        let text = plugin::render(&text, &names).map_err(Error::msg)?;
        let path = rendered(template);
        fs::write(self.folder.join(path), text + more).with_context(|| programs::cannot_write(path))
    }

    /// The agent's folder, as configured for this copy.
    pub fn agent_home(&self) -> PathBuf {
        self.root.join("gse")
    }

    /// The folder of the pid files.
    pub fn pids(&self) -> &Path {
        &self.pids
    }

    /// The address that the agent scrapes.
    pub fn metric_url(&self) -> &str {
        self.url.strip_prefix("http://").unwrap_or(&self.url)
    }

    /// Starts the exporter, checks that it still runs after 2 seconds, and returns its pid.
    ///
    /// # Errors
    /// The exporter no longer runs; the message contains its output or that of its script.
    pub fn start(&mut self) -> Result<u32> {
        let start = Instant::now();
        if self.target.is_component() {
            return self.start_program(start);
        }
        self.run("start")?;
        let rest = ALIVE_AFTER.saturating_sub(start.elapsed());
        let ended = wait_until(rest, || running_in(&self.folder).is_empty());
        ensure!(!ended, texts::started_nothing(&self.printed()));
        let pid = self.pid()?;
        let running = running_in(&self.folder);
        if matches!(self.machine, Machine::Wine(_)) {
            // The pid file contains a pid of Wine's Windows.
            return running.first().copied().with_context(texts::nothing_runs);
        }
        ensure!(running.contains(&pid), texts::wrong_pid(pid, &running));
        Ok(pid)
    }

    fn start_program(&mut self, start: Instant) -> Result<u32> {
        let Form::Component(rows) = &self.target.form else { return self.pid() };
        let mut command = self.machine.program(&self.folder, &self.target.program());
        command.args(v51::command_line(rows, &self.values));
        self.machine.set_temporary(&mut command, &self.root);
        let variables = rows.iter().filter(|row| row.mode == v51::Mode::Env);
        for row in variables.filter(|row| row.name != EXPORTER_URL) {
            command.env(&row.name, self.values.get(&row.name).unwrap_or(&row.default));
        }
        let mut server = Server::start(&mut command, &self.log())?;
        server.wait_for(ALIVE_AFTER + GRACE, || {
            ensure!(start.elapsed() >= ALIVE_AFTER, texts::two_seconds_not_passed());
            Ok(())
        })?;
        let pid = server.id();
        self.child = Some(server);
        Ok(pid)
    }

    /// Runs a script of the plugin to completion; on failure, the error contains its output.
    pub fn run(&self, script: &str) -> Result<()> {
        let mut command = self.machine.script(&self.folder, script);
        // What exporters leave in the folder for temporary files goes with the copy.
        self.machine.set_temporary(&mut command, &self.root);
        let log = self.root.join(format!("{script}.log"));
        let done = process::run_within(&mut command, &log, self.machine.limit());
        done.map_err(|error| match self.fault(script) {
            Some(fault) => error.context(fault),
            None => error,
        })
    }

    /// Why Linux cannot start a script of the plugin, if its text is the reason.
    fn fault(&self, script: &str) -> Option<String> {
        if matches!(self.machine, Machine::Wine(_)) {
            return None;
        }
        let name = format!("{script}.sh");
        let fault = script_fault(&fs::read(self.folder.join(&name)).ok()?)?;
        Some(labelled(&name, fault))
    }

    /// Scrapes, with retries until there is an answer.
    pub fn scrape(&self) -> Result<Answer> {
        let copy = self.root.join("page");
        let mut answer = scrape(&self.url, &copy);
        let mut has_ended = false;
        wait_until(ANSWER_LIMIT, || {
            if answer.is_err() {
                answer = scrape(&self.url, &copy);
            }
            has_ended = answer.is_err() && running_in(&self.folder).is_empty();
            answer.is_ok() || has_ended
        });
        ensure!(!has_ended, texts::ended_before_answer(&self.printed()));
        answer
    }

    /// Kills the exporter with SIGKILL.
    pub fn kill(&mut self) -> Result<()> {
        self.child = None;
        for pid in running_in(&self.folder) {
            processes::kill(pid)?;
        }
        ensure!(self.has_exited(), texts::still_running(&running_in(&self.folder)));
        Ok(())
    }

    /// Stops the exporter as BlueKing does; BlueKing 5.1 has no stop script.
    pub fn stop(&mut self) -> Result<()> {
        if self.target.is_component() { self.kill() } else { self.run("stop") }
    }

    /// What remains after the exporter was stopped.
    pub fn remains(&self) -> Vec<String> {
        let mut remains = Vec::new();
        if !self.has_exited() {
            remains.push(texts::left_processes(&running_in(&self.folder)));
        }
        if !wait_until(GRACE, || !super::ports::is_used(self.port.number)) {
            remains.push(texts::left_listener(self.port.number));
        }
        if self.pid_file().exists() {
            remains.push(texts::left_pid_file());
        }
        remains
    }

    /// The command line of a process of this copy, starting with the exporter's name.
    pub fn arguments_of(&self, pid: u32) -> Result<Vec<String>> {
        Ok(self.machine.own_arguments(processes::arguments(pid)?))
    }

    /// The process id in the pid file.
    pub fn pid(&self) -> Result<u32> {
        let path = self.pid_file();
        let text = fs::read_to_string(&path)
            .with_context(|| texts::no_pid_file(&path.display().to_string()))?;
        text.trim().parse().with_context(|| texts::bad_pid_file(&text))
    }

    /// The last lines of the exporter's output.
    pub fn printed(&self) -> String {
        let bytes = fs::read(self.log()).unwrap_or_default();
        let text = String::from_utf8_lossy(&bytes);
        let lines: Vec<_> = text.lines().rev().take(10).collect();
        lines.into_iter().rev().collect::<Vec<_>>().join("\n")
    }

    /// The folder that contains the copy and its logs.
    pub fn root(&self) -> &Path {
        &self.root
    }

    fn has_exited(&self) -> bool {
        wait_until(GRACE, || running_in(&self.folder).is_empty())
    }

    fn log(&self) -> PathBuf {
        self.logs.join(format!("{}.log", self.target.id))
    }

    fn pid_file(&self) -> PathBuf {
        self.pids.join(format!("{}.pid", self.target.id))
    }
}

/// The path of a rendered template in the plugin's folder.
fn rendered(template: &str) -> &str {
    template.strip_suffix(".tpl").unwrap_or(template)
}

/// Writes the files chosen in the form, and its default files, to the paths that BlueKing uses. The
/// values of chosen files become these paths.
fn place_files(items: &[ConfigItem], folder: &Path, values: &mut Values) -> Result<()> {
    for item in items.iter().filter(|item| item.input == ItemType::File) {
        let chosen = values.get(&item.name);
        let bytes = match chosen {
            Some(path) if path.is_empty() => continue,
            Some(path) => Some(fs::read(path).with_context(|| programs::cannot_read(path))?),
            None => item.file().map_err(Error::msg)?,
        };
        let default = item.default_text();
        let name = Path::new(chosen.unwrap_or(&default)).file_name();
        let Some((bytes, name)) = bytes.zip(name.and_then(OsStr::to_str)) else { continue };
        let path = format!("{FILES}/{name}");
        fs::write(folder.join(&path), bytes).with_context(|| programs::cannot_write(&path))?;
        if chosen.is_some() {
            values.insert(item.name.clone(), path);
        }
    }
    Ok(())
}

impl Drop for Deployment<'_> {
    fn drop(&mut self) {
        // Best effort.
        let _ = self.kill();
    }
}
