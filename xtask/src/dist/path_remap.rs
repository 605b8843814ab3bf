//! Where things are on the building machine, and how none of it gets into a binary: the compiler
//! writes other names instead, so the same commit gives the same bytes in every folder.

use std::path::{Path, PathBuf};
use std::{env, fs};

use anyhow::{Context, Result};

use crate::workspace::Workspace;

/// Folders of unpacked crates in a container of `cross`.
const REGISTRIES: &str = "/cargo/registry/src";

/// Folders of the building machine that compilers write into binaries if nobody stops them.
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
    /// Looks them up; crates must have been fetched, for their folders to be there.
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
            // A distribution's folder may be a link to one elsewhere, and both names get around.
            std_source: std_source.canonicalize().into_iter().chain([std_source]).collect(),
            sysroot: sysroot.to_owned(),
            home,
            cargo_home,
        }
    }

    /// The same folders as a container of `cross` has them.
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
            // The copy of the toolchain that is there has none.
            std_source: Vec::new(),
        }
    }

    /// Flags with which rustc writes neutral names instead of these folders.
    pub(crate) fn remap_flags(&self) -> Result<Vec<String>> {
        let one = |path: &Path, name| (path.to_owned(), name);
        let mut names = vec![one(&self.workspace, "."), one(&self.sysroot, "/toolchain")];
        names.extend(self.std_source.iter().map(|path| one(path, "/rust")));
        names.extend(self.cargo_home.iter().map(|path| one(path, "/cargo")));
        // The name of a registry's folder is made from the registry's host.
        names.extend(self.registries.iter().map(|path| one(path, "/deps")));
        // Of several that match, rustc takes the last: the longest is the most exact.
        names.sort_by_key(|(path, _)| path.as_os_str().len());
        names
            .iter()
            .map(|(path, name)| {
                let path = path.to_str().with_context(|| format!("{path:?} is not UTF-8"))?;
                Ok(format!("--remap-path-prefix={path}={name}"))
            })
            .collect()
    }

    /// Texts that no binary may hold.
    pub(crate) fn forbidden(&self) -> Vec<String> {
        let folders = [&self.workspace, &self.target, &self.temporary, &self.sysroot]
            .into_iter()
            .chain(&self.home)
            .chain(&self.cargo_home)
            // A distribution's sysroot; many a path that is there on every machine starts so.
            .filter(|path| **path != Path::new("/usr"));
        // With the slash, so that `/tmp` itself, which std knows by heart, is not one.
        let folders = folders.filter_map(|path| {
            let path = path.to_str()?.trim_end_matches('/');
            (!path.is_empty()).then(|| format!("{path}/"))
        });
        let registries = self.registries.iter().filter_map(|path| {
            let name = path.file_name()?.to_str()?;
            // The part behind the last dash is a hash.
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
    fn the_most_exact_name_comes_last() {
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
    fn a_container_has_names_of_its_own() {
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
    fn forbidden_are_folders_and_hosts() {
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

        // A service without a home of its own: every path would match.
        remap.home = Some("/".into());
        assert!(!remap.forbidden().contains(&"/".to_owned()));
    }
}
