//! The target of a rehearsal: the files of a package for one system, its form and declared metrics.

use std::collections::BTreeMap;
use std::path::Path;

use anyhow::{Context, Result, ensure};
use blueking_package::agent::Declared;
use blueking_package::check::{self, Kind};
use blueking_package::plugin::{
    self, ConfigItem, ENV_TEMPLATE, ItemType, Member, Mode, System, VERSION,
};
use blueking_package::v51::{self, EXPORTER_URL, ParameterType, StartParameter};

use super::described::Described;
use crate::UsageError;
use crate::texts::{list, rehearse as usage, rehearse_steps as texts};

/// The part of a package for one system.
#[derive(Debug)]
pub struct Target {
    /// The plugin's id, or the component's name.
    pub id: String,
    /// The version on a site; BlueKing 5.1 has none.
    pub version: Option<String>,
    /// The system.
    pub system: System,
    /// The form.
    pub form: Form,
    /// The metrics that the package declares.
    pub declared: Declared,
    /// Its texts for people.
    pub described: Described,
    /// The files, with paths relative to the exporter's folder.
    pub files: Vec<Member>,
    /// Missing scripts and templates, because of which all are replaced.
    pub lacking: Vec<String>,
}

/// The form that an operator fills in.
#[derive(Debug)]
pub enum Form {
    /// Of a plugin of BlueKing 6 and 7.
    Plugin(Vec<ConfigItem>),
    /// Of a component of BlueKing 5.1.
    Component(Vec<StartParameter>),
}

/// The operator's input, by name of the row.
pub type Values = BTreeMap<String, String>;

impl Target {
    /// Opens a package of this kind. The default system is Linux on x86-64 if present, else the
    /// first.
    pub fn open(file: &Path, kind: Kind, system: Option<System>) -> Result<Self> {
        match kind {
            Kind::Plugin => Self::plugin(plugin::read(file)?, system),
            Kind::V51 | Kind::Unknown => Self::component(&v51::read(file)?, system),
        }
    }

    /// The systems of a package.
    pub fn systems(file: &Path) -> Result<Vec<System>> {
        let kind = check::file(file)?.kind;
        let has_system = |&system: &System| Self::open(file, kind, Some(system)).is_ok();
        Ok(System::ALL.into_iter().filter(has_system).collect())
    }

    fn plugin(members: Vec<Member>, wanted: Option<System>) -> Result<Self> {
        let prefix = |system: System| format!("{}/", system.folder());
        let available = System::ALL.into_iter().filter(|&system| {
            members.iter().any(|member| member.path.starts_with(&prefix(system)))
        });
        let system = choose(&available.collect::<Vec<_>>(), wanted)?;
        let form = plugin::read_config(&members)?;
        let groups = plugin::read_metrics(&members)?;
        let declared = Declared::from(&*groups);
        let described = Described::by_plugin(&members, &groups);
        let folder = prefix(system);
        let mut id = None;
        let mut files = Vec::new();
        for member in members {
            let inner = member.path.strip_prefix(&folder).and_then(|path| path.split_once('/'));
            let Some((plugin, path)) = inner else { continue };
            id.get_or_insert_with(|| plugin.to_owned());
            let path = path.to_owned();
            files.push(Member { path, ..member });
        }
        let id = id.with_context(|| texts::no_plugin_folder(&folder))?;
        let version = files.iter().find(|file| file.path == VERSION);
        let version = version.map(|file| String::from_utf8_lossy(&file.bytes).trim().to_owned());
        let lacking = Vec::new();
        let form = Form::Plugin(form);
        let target = Self { id, version, system, form, declared, described, files, lacking };
        Ok(target.with_scripts())
    }

    /// Gives a plugin without start and stop scripts those of BlueKing monitoring, and drops the
    /// files that monitoring does not read.
    fn with_scripts(mut self) -> Self {
        let Form::Plugin(items) = &self.form else { return self };
        let needed = ["start", "stop"].map(|name| self.script(name)).into_iter();
        let needed = needed.chain([ENV_TEMPLATE.to_owned()]);
        let lacking: Vec<_> = needed.filter(|path| !self.has(path)).collect();
        if !lacking.is_empty() {
            let rendered = plugin::rendered_files(self.system, items, &self.id);
            let program = self.program();
            let is_read =
                |path: &str| path == program || path == VERSION || path.starts_with("info/");
            self.files.retain(|file| is_read(&file.path));
            self.files.extend(rendered);
        }
        self.lacking = lacking;
        self
    }

    /// The note on a package without its own scripts.
    pub fn scripts_note(&self) -> Option<String> {
        (!self.lacking.is_empty()).then(|| texts::scripts_replaced(&list(&self.lacking)))
    }

    /// Whether there is a file with this path.
    pub fn has(&self, path: &str) -> bool {
        self.files.iter().any(|file| file.path == path)
    }

    /// Whether there is a script of this name, given without extension.
    pub fn has_script(&self, name: &str) -> bool {
        self.has(&self.script(name))
    }

    fn script(&self, name: &str) -> String {
        let extension = if self.system == System::WindowsX86_64 { "bat" } else { "sh" };
        format!("{name}.{extension}")
    }

    fn component(entries: &v51::Entries, wanted: Option<System>) -> Result<Self> {
        let documents = v51::Documents::from_entries(entries)?;
        let names = [
            (System::LinuxX86_64, v51::LINUX_EXPORTER),
            (System::WindowsX86_64, v51::WINDOWS_EXPORTER),
        ];
        let available = names.iter().filter(|(_, name)| entries.contains_key(*name));
        let system = choose(&available.map(|(system, _)| *system).collect::<Vec<_>>(), wanted)?;
        let bytes = names.iter().find(|(known, _)| *known == system);
        let bytes =
            bytes.and_then(|(_, name)| entries.get(*name)).with_context(texts::no_executable)?;
        let described = Described::by_component(&documents);
        let id = documents.info.name;
        let program = Member { path: system.executable(&id), mode: 0o755, bytes: bytes.clone() };
        Ok(Self {
            id,
            version: None,
            system,
            declared: Declared::from(&*documents.metrics),
            described,
            form: Form::Component(documents.config_schema),
            files: vec![program],
            lacking: Vec::new(),
        })
    }

    /// Whether it is of BlueKing 5.1.
    pub fn is_component(&self) -> bool {
        matches!(self.form, Form::Component(_))
    }

    /// The executable's path in the exporter's folder.
    pub fn program(&self) -> String {
        self.system.executable(&self.id)
    }

    /// Parses the operator's input for this form.
    ///
    /// # Errors
    /// [`UsageError`] for an unknown row, or a value that the row does not accept.
    pub fn values(&self, typed: &[String]) -> Result<Values> {
        let names: Vec<&str> = match &self.form {
            Form::Plugin(items) => items.iter().map(|item| item.name.as_str()).collect(),
            Form::Component(rows) => rows.iter().map(|row| row.name.as_str()).collect(),
        };
        let mut values = Values::new();
        for text in typed {
            let (name, value) =
                text.split_once('=').ok_or_else(|| UsageError(usage::row_without_value(text)))?;
            if !names.contains(&name) {
                return Err(UsageError(usage::unknown_row(name, &list(&names))).into());
            }
            if let Some(message) = self.objection(name, value) {
                return Err(UsageError(message).into());
            }
            values.insert(name.to_owned(), value.to_owned());
        }
        Ok(values)
    }

    /// Why a row does not accept this value, as on the page of a site; `None` if it does.
    fn objection(&self, name: &str, value: &str) -> Option<String> {
        let (is_port, is_file) = match &self.form {
            Form::Plugin(items) => {
                let item = items.iter().find(|item| item.name == name)?;
                let is_port = item.mode == Mode::Collector && name == "port";
                (is_port, item.input == ItemType::File)
            }
            Form::Component(rows) => {
                let row = rows.iter().find(|row| row.name == name)?;
                (false, row.input == ParameterType::File)
            }
        };
        let is_number = value.parse().is_ok_and(|port: u16| port > 0);
        if value.is_empty() {
            None
        } else if is_port && !is_number {
            Some(usage::not_a_port(value))
        } else if is_file && !Path::new(value).is_file() {
            Some(usage::not_a_file(name, value))
        } else {
            None
        }
    }

    /// The port in the form, and whether the operator set it.
    pub fn port(&self, values: &Values) -> Result<(u16, bool)> {
        let (name, text) = match &self.form {
            Form::Plugin(items) => {
                let is_it =
                    |item: &&ConfigItem| item.mode == Mode::Collector && item.name == "port";
                let item = items.iter().find(is_it).with_context(texts::no_port_row)?;
                ("port", item.default_text())
            }
            Form::Component(_) => (EXPORTER_URL, self.url(values)?),
        };
        let typed = values.get(name).filter(|value| !value.is_empty());
        let text = typed.unwrap_or(&text);
        let digits = if self.is_component() { port_of(text) } else { text };
        let port = digits.parse().ok().filter(|&port| port > 0);
        let port = port.with_context(|| texts::no_port(name, text))?;
        Ok((port, typed.is_some()))
    }

    /// The URL that BlueKing 5.1 scrapes.
    pub fn url(&self, values: &Values) -> Result<String> {
        let Form::Component(rows) = &self.form else { return Ok(String::new()) };
        let row = rows.iter().find(|row| row.name == EXPORTER_URL);
        let row = row.with_context(|| texts::no_row(EXPORTER_URL))?;
        let url = values.get(EXPORTER_URL).unwrap_or(&row.default).clone();
        ensure!(url.starts_with("http://"), texts::not_http(EXPORTER_URL, &url));
        Ok(url)
    }
}

/// The name of a system on the command line.
pub const fn name_of(system: System) -> &'static str {
    match system {
        System::LinuxX86_64 => "linux",
        System::LinuxAarch64 => "linux-aarch64",
        System::WindowsX86_64 => "windows",
    }
}

fn choose(available: &[System], wanted: Option<System>) -> Result<System> {
    let wanted = wanted.unwrap_or_else(|| {
        let first = available.first().copied().unwrap_or(System::LinuxX86_64);
        if available.contains(&System::LinuxX86_64) { System::LinuxX86_64 } else { first }
    });
    if !available.contains(&wanted) {
        let names: Vec<_> = available.iter().copied().map(name_of).collect();
        let wanted = name_of(wanted);
        return Err(UsageError(match &*names {
            [] => usage::no_system(wanted),
            names => usage::wrong_system(wanted, &list(names)),
        })
        .into());
    }
    Ok(wanted)
}

/// The port in `http://host:port/path`.
fn port_of(url: &str) -> &str {
    let rest = url.strip_prefix("http://").unwrap_or(url);
    let authority = rest.split('/').next().unwrap_or_default();
    authority.rsplit_once(':').map_or("80", |(_, port)| port)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn default_system_is_linux() {
        use System::{LinuxAarch64, LinuxX86_64, WindowsX86_64};
        assert_eq!(choose(&[LinuxAarch64, LinuxX86_64], None).unwrap(), LinuxX86_64);
        assert_eq!(choose(&[LinuxAarch64, WindowsX86_64], None).unwrap(), LinuxAarch64);
        assert_eq!(choose(&System::ALL, Some(WindowsX86_64)).unwrap(), WindowsX86_64);
        let error = choose(&[LinuxX86_64], Some(WindowsX86_64)).unwrap_err();
        assert!(error.is::<UsageError>() && error.to_string().contains("but for linux"));
        assert!(choose(&[], None).is_err());
    }

    #[test]
    fn port_is_read_from_the_url() {
        for (url, port) in [
            ("http://127.0.0.1:9601/metrics", "9601"),
            ("http://localhost/metrics", "80"),
            ("http://localhost:1", "1"),
        ] {
            assert_eq!(port_of(url), port);
        }
    }
}
