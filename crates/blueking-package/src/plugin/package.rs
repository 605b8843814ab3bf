//! A complete package: the documents, the external files, and the scripts.

use std::collections::BTreeMap;

use super::documents::{Documents, Mode};
use super::system::System;
use super::{
    CONFIG, DESCRIPTION, LOGO, META, METRICS, Member, PROJECT, RELEASE, SIGNATURE, VERSION,
    rendered_files, yaml,
};
use crate::documents::to_json;

/// The content of a plugin package.
#[derive(Clone, Debug, PartialEq)]
pub struct Package {
    /// The generated documents.
    pub documents: Documents,
    /// Description page in Markdown.
    pub description: String,
    /// Release notes, at most [`RELEASE_LIMIT`](super::RELEASE_LIMIT) characters.
    pub release: String,
    /// A PNG picture.
    pub logo: Vec<u8>,
    /// The executables; the package omits systems without one.
    pub executables: BTreeMap<System, Vec<u8>>,
}

impl Package {
    /// The members of the archive in order: system by system, the executable first, because a site
    /// uses the first member whose path starts like the executable's. Copies the executables, a few
    /// megabytes.
    pub fn members(&self) -> Vec<Member> {
        let Documents { meta, version, config, metrics } = &self.documents;
        let id = &meta.plugin_id;
        let port = config.iter().find(|item| item.mode == Mode::Collector && item.name == "port");
        let port = port.map(|item| item.default_text()).unwrap_or_default();
        let mut members = Vec::new();
        for (&system, executable) in &self.executables {
            let mut files: BTreeMap<String, (u32, Vec<u8>)> = BTreeMap::new();
            let mut add = |path: &str, mode: u32, bytes: Vec<u8>| {
                files.insert(path.to_owned(), (mode, bytes));
            };
            // Without a line break, which a site would parse as part of the number.
            add(VERSION, 0o644, version.to_string().into_bytes());
            add(PROJECT, 0o644, yaml::project(meta, *version, &port, system).into_bytes());
            add(META, 0o644, yaml::meta(meta).into_bytes());
            add(CONFIG, 0o644, to_json(config));
            add(METRICS, 0o644, to_json(metrics));
            add(DESCRIPTION, 0o644, self.description.clone().into_bytes());
            add(RELEASE, 0o644, self.release.clone().into_bytes());
            add(SIGNATURE, 0o644, Vec::new());
            add(LOGO, 0o644, self.logo.clone());
            for file in rendered_files(system, config, id) {
                add(&file.path, file.mode, file.bytes);
            }

            let folder = system.plugin_folder(id);
            members.push(Member {
                path: format!("{folder}/{}", system.executable(id)),
                mode: 0o755,
                bytes: executable.clone(),
            });
            members.extend(files.into_iter().map(|(path, (mode, bytes))| Member {
                path: format!("{folder}/{path}"),
                mode,
                bytes,
            }));
        }
        members
    }
}
