//! The executables that a user gives, looked at before anything is run.

use std::collections::BTreeMap;

use anyhow::Result;
use blueking_package::plugin::System;
use blueking_package::{Requirements, requirements};

use super::refusal::Refusal;
use super::survey::given_file;
use crate::rehearse::machine::is_native;
use crate::rehearse::name_of;

/// Largest executable, in bytes.
const MAX_BYTES: u64 = 512 << 20;

/// An executable for one system.
#[derive(Debug)]
pub(super) struct Executable {
    /// Path as the user gave it.
    pub(super) file: String,
    pub(super) bytes: Vec<u8>,
    pub(super) requirements: Requirements,
}

/// The executables by system.
#[derive(Debug, Default)]
pub(super) struct Executables(pub(super) BTreeMap<System, Executable>);

impl Executables {
    /// Reads the files; each is a flag, its system and the path if the flag was given.
    ///
    /// # Errors
    /// A file cannot be read, or a [`Refusal`].
    pub(super) fn read(files: &[(&'static str, System, Option<&str>)]) -> Result<Self> {
        let mut executables = Self::default();
        for (flag, wanted, file) in files {
            let Some(file) = *file else { continue };
            let bytes = given_file(flag, file, MAX_BYTES)?;
            let (system, requirements) = requirements(&bytes)
                .map_err(|reason| Refusal::NotExecutable { file: file.to_owned(), reason })?;
            if system != *wanted {
                let found = display_name(system);
                return Err(Refusal::WrongMachine { file: file.to_owned(), flag, found }.into());
            }
            if !requirements.foreign.is_empty() {
                let libraries = requirements.foreign.join(", ");
                return Err(Refusal::NeedsLibraries { file: file.to_owned(), libraries }.into());
            }
            let file = file.to_owned();
            executables.0.insert(system, Executable { file, bytes, requirements });
        }
        Ok(executables)
    }

    /// The one that runs on this machine.
    pub(super) fn native(&self) -> Option<(System, &Executable)> {
        let native = self.0.iter().find(|(system, _)| is_native(**system));
        native.map(|(system, executable)| (*system, executable))
    }

    /// The file name that the package is named after.
    pub(super) fn file_name(&self) -> String {
        let first = self.0.values().find(|executable| !executable.file.ends_with(".exe"));
        let file = first.or(self.0.values().next()).map(|executable| executable.file.clone());
        let file = file.unwrap_or_default();
        file.rsplit(['/', '\\']).next().unwrap_or_default().to_owned()
    }

    /// The systems for people.
    pub(super) fn systems(&self) -> String {
        let names: Vec<_> = self.0.keys().map(|system| display_name(*system)).collect();
        names.join("、")
    }

    /// What hosts need beside the executables, as a Chinese sentence; empty if nothing.
    pub(super) fn requires(&self) -> String {
        let mut text = String::new();
        for (system, executable) in &self.0 {
            if let Some((major, minor)) = executable.requirements.glibc {
                text +=
                    &format!("{} 版需要 glibc {major}.{minor} 或更高版本。", display_name(*system));
            }
        }
        text
    }

    /// Name of a system's folder and of its linkage, for the summary.
    pub(super) fn lines(&self) -> Vec<String> {
        let line = |(system, executable): (&System, &Executable)| {
            let Requirements { loader, glibc, .. } = &executable.requirements;
            let linkage = match (loader, glibc) {
                (Some(_), Some((major, minor))) => format!("glibc {major}.{minor}"),
                (Some(loader), None) => loader.clone(),
                (None, _) if *system == System::WindowsX86_64 => "PE32+".to_owned(),
                (None, _) => "static".to_owned(),
            };
            format!("{} ({linkage}): {}", name_of(*system), executable.file)
        };
        self.0.iter().map(line).collect()
    }
}

/// Name of a system in texts of a package and in messages.
pub(super) const fn display_name(system: System) -> &'static str {
    match system {
        System::LinuxX86_64 => "Linux x86-64",
        System::LinuxAarch64 => "Linux aarch64",
        System::WindowsX86_64 => "Windows x86-64",
    }
}
