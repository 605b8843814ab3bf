//! Keeps paths of the build machine out of binaries: the compiler writes neutral names instead, so
//! builds are identical in every folder.

use std::path::{Path, PathBuf};
use std::{env, fs};

use anyhow::{Context, Result};

use crate::workspace::Workspace;

/// Folders of unpacked crates in a container of `cross`.
const REGISTRIES: &str = "/cargo/registry/src";

/// Folders of the build machine that compilers write into binaries by default.
#[derive(Debug, Default)]
pub(crate) struct PathRemap {
    pub(crate) workspace: PathBuf,
    pub(crate) target: PathBuf,
    pub(crate) home: Option<PathBuf>,
    pub(crate) temporary: PathBuf,
    pub(crate) cargo_home: Option<PathBuf>,
    /// Folders of unpacked crates, one for each registry.
    pub(crate) registries: Vec<PathBuf>,
    pub(crate) sysroot: PathBuf,
    /// Folders of the standard library's source.
    pub(crate) std_source: Vec<PathBuf>,
}

impl PathRemap {
    /// Looks up the folders. Crates must have been fetched, so that their folders exist.
    pub(crate) fn gather(workspace: &Workspace, sysroot: &Path) -> Self {
        let home = env::home_dir();
        let cargo_home = env::var_os("CARGO_HOME")
            .map(PathBuf::from)
            .or_else(|| home.as_ref().map(|home| home.join(".cargo")));
        let registries = cargo_home.iter().flat_map(|home| folders(&home.join("registry/src")));
        let std_source = sysroot.join("lib/rustlib/src/rust");
        Self {
            workspace: workspace.root().to_owned(),
            target: workspace.target(),
            temporary: env::temp_dir(),
            registries: registries.collect(),
            // A distribution's folder may be a link, and compilers use both names.
            std_source: std_source.canonicalize().into_iter().chain([std_source]).collect(),
            sysroot: sysroot.to_owned(),
            home,
            cargo_home,
        }
    }

    /// The same folders as seen in a container of `cross`.
    pub(crate) fn in_container(&self) -> Self {
        let name = |path: &PathBuf| path.file_name().map(|name| Path::new(REGISTRIES).join(name));
        Self {
            workspace: "/project".into(),
            target: "/target".into(),
            home: None,
            temporary: self.temporary.clone(),
            cargo_home: Some("/cargo".into()),
            registries: self.registries.iter().filter_map(name).collect(),
            sysroot: "/rust".into(),
            // The copy of the toolchain has no std source.
            std_source: Vec::new(),
        }
    }

    /// The rustc flags that replace these folders by neutral names.
    pub(crate) fn remap_flags(&self) -> Result<Vec<String>> {
        let pair = |path: &Path, name| (path.to_owned(), name);
        let mut names = vec![pair(&self.workspace, "."), pair(&self.sysroot, "/toolchain")];
        names.extend(self.std_source.iter().map(|path| pair(path, "/rust")));
        names.extend(self.cargo_home.iter().map(|path| pair(path, "/cargo")));
        // The name of a registry's folder contains the registry's host.
        names.extend(self.registries.iter().map(|path| pair(path, "/deps")));
        // rustc applies the last matching prefix, so the longest comes last.
        names.sort_by_key(|(path, _)| path.as_os_str().len());
        names
            .iter()
            .map(|(path, name)| {
                let path = path.to_str().with_context(|| format!("{path:?} is not UTF-8"))?;
                Ok(format!("--remap-path-prefix={path}={name}"))
            })
            .collect()
    }

    /// Texts that must not occur in a binary.
    pub(crate) fn forbidden(&self) -> Vec<String> {
        let folders = [&self.workspace, &self.target, &self.temporary, &self.sysroot]
            .into_iter()
            .chain(&self.home)
            .chain(&self.cargo_home)
            // A distribution's sysroot, a prefix of paths that every machine has.
            .filter(|path| **path != Path::new("/usr"));
        // With a trailing slash, because std itself contains `/tmp`.
        let folders = folders.filter_map(|path| {
            let path = path.to_str()?.trim_end_matches('/');
            (!path.is_empty()).then(|| format!("{path}/"))
        });
        let registries = self.registries.iter().filter_map(|path| {
            let name = path.file_name()?.to_str()?;
            // The part after the last dash is a hash.
            Some(name.rsplit_once('-').map_or(name, |(host, _)| host).to_owned())
        });
        folders.chain(registries).collect()
    }
}

fn folders(path: &Path) -> Vec<PathBuf> {
    let mut folders: Vec<_> =
        fs::read_dir(path).into_iter().flatten().flatten().map(|entry| entry.path()).collect();
    folders.sort();
    folders
}

#[cfg(test)]
mod tests {
    use super::*;

    fn remap() -> PathRemap {
        PathRemap {
            workspace: "/home/ann/w".into(),
            target: "/home/ann/w/target".into(),
            home: Some("/home/ann".into()),
            temporary: "/tmp".into(),
            cargo_home: Some("/home/ann/w/.cargo-home".into()),
            registries: vec!["/home/ann/w/.cargo-home/registry/src/registry.example-1a2b".into()],
            sysroot: "/usr".into(),
            std_source: vec!["/usr/lib/rustlib/src/rust".into(), "/usr/src/rustc-1.96.0".into()],
        }
    }

    #[test]
    fn longest_prefix_comes_last() {
        let flags = remap().remap_flags().unwrap();
        let expected = [
            "/usr=/toolchain",
            "/home/ann/w=.",
            "/usr/src/rustc-1.96.0=/rust",
            "/home/ann/w/.cargo-home=/cargo",
            "/usr/lib/rustlib/src/rust=/rust",
            "/home/ann/w/.cargo-home/registry/src/registry.example-1a2b=/deps",
        ];
        assert_eq!(flags, expected.map(|pair| format!("--remap-path-prefix={pair}")));
    }

    #[test]
    fn container_paths_are_remapped() {
        let flags = remap().in_container().remap_flags().unwrap();
        let expected = [
            "/rust=/toolchain",
            "/cargo=/cargo",
            "/project=.",
            "/cargo/registry/src/registry.example-1a2b=/deps",
        ];
        assert_eq!(flags, expected.map(|pair| format!("--remap-path-prefix={pair}")));
    }

    #[test]
    fn folders_and_registry_hosts_are_forbidden() {
        let mut remap = remap();
        let expected = [
            "/home/ann/w/",
            "/home/ann/w/target/",
            "/tmp/",
            "/home/ann/",
            "/home/ann/w/.cargo-home/",
            "registry.example",
        ];
        assert_eq!(remap.forbidden(), expected);

        // A service account whose home is `/`: every path would match.
        remap.home = Some("/".into());
        assert!(!remap.forbidden().contains(&"/".to_owned()));
    }
}
