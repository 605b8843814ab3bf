//! Checks a package of BlueKing, one's own or another's, before anyone uploads it: what its
//! importers would refuse, what fails only when the plugin is saved, what is lost without a word.
//!
//! The archive is read once, as a stream. Nothing is written, no declared size is believed, and
//! memory stays bounded whatever the archive holds.
//!
//! ```no_run
//! let report = blueking_package::check::file("host_exporter.tgz".as_ref())?;
//! for finding in &report.findings {
//!     println!("{}: {finding}", finding.severity);
//! }
//! # Ok::<(), blueking_package::Error>(())
//! ```

mod arguments;
mod config;
mod container;
mod contents;
mod documents;
mod earlier;
mod executable;
mod finding;
mod identity;
mod info;
mod layout;
mod meta;
mod metrics;
mod program;
mod project;
mod rule;
mod tarball;
mod version;
mod words;
mod yaml;
mod zip51;
mod zipped;

use std::fs::File;
use std::io::{self, Read, Seek};
use std::path::Path;

use serde::Serialize;

use self::container::Container;
use self::contents::Contents;
pub use self::earlier::Earlier;
use self::finding::Findings;
pub use self::finding::{Finding, Objection, Reader, Severity, Stage};
pub use self::rule::Rule;
pub(crate) use self::words::is_reserved_table;
use crate::{Error, v51};

/// What a check found.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct Report {
    /// Which kind of package it is.
    pub kind: Kind,
    /// The findings, errors first.
    pub findings: Vec<Finding>,
    /// How many findings there were beyond those that are listed.
    pub left_out: usize,
}

/// Kind of a package.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize)]
pub enum Kind {
    /// The flat zip that BlueKing 5.1 imports with one click.
    #[serde(rename = "5.1")]
    V51,
    /// The tgz of BlueKing 6.x and 7.x.
    #[serde(rename = "plugin")]
    Plugin,
    /// It could not be read far enough to tell.
    #[serde(rename = "unknown")]
    Unknown,
}

impl Report {
    /// Whether there is no finding at all.
    pub fn is_clean(&self) -> bool {
        self.findings.is_empty()
    }

    /// The findings that are errors.
    pub fn errors(&self) -> impl Iterator<Item = &Finding> {
        self.findings.iter().filter(|finding| finding.severity == Severity::Error)
    }

    /// How many findings are of this severity, among those that are listed.
    pub fn count(&self, severity: Severity) -> usize {
        self.findings.iter().filter(|finding| finding.severity == severity).count()
    }
}

/// Checks an archive.
///
/// # Errors
/// [`Error::Io`] where the file cannot be opened or read. All that is wrong with its bytes is a
/// finding.
pub fn file(path: &Path) -> Result<Report, Error> {
    open(path, None)
}

/// Checks an archive that comes after an earlier one of the same plugin.
///
/// # Errors
/// As for [`file()`].
pub fn file_after(path: &Path, earlier: &Earlier) -> Result<Report, Error> {
    open(path, Some(earlier))
}

fn open(path: &Path, earlier: Option<&Earlier>) -> Result<Report, Error> {
    let failed = |action| move |source| Error::Io { action, path: path.to_owned(), source };
    let file = File::open(path).map_err(failed("open"))?;
    // A folder opens too, and then fails with a word about something else.
    if file.metadata().map_err(failed("open"))?.is_dir() {
        let source = io::Error::from(io::ErrorKind::IsADirectory);
        return Err(failed("check")(source));
    }
    let name = path.file_name().and_then(|name| name.to_str());
    examine(file, name, earlier).map_err(failed("read"))
}

/// Checks an archive that is not a file of its own; `name` is the name that it would be uploaded
/// under.
///
/// # Errors
/// Those of `archive` itself.
pub fn reader(archive: impl Read + Seek, name: Option<&str>) -> io::Result<Report> {
    examine(archive, name, None)
}

/// As [`reader`], for an archive that comes after an earlier one of the same plugin.
///
/// # Errors
/// Those of `archive` itself.
pub fn reader_after(
    archive: impl Read + Seek,
    name: Option<&str>,
    earlier: &Earlier,
) -> io::Result<Report> {
    examine(archive, name, Some(earlier))
}

fn examine(
    mut archive: impl Read + Seek,
    name: Option<&str>,
    earlier: Option<&Earlier>,
) -> io::Result<Report> {
    let mut findings = Findings::default();
    let (container, contents) = container::read(&mut archive, &mut findings)?;
    let kind = match (container, contents) {
        (Some(Container::Zip), Some(contents)) if !layout::is_meant(&contents) => {
            zip51::check(&contents, &mut findings);
            Kind::V51
        }
        (Some(container), Some(contents)) => {
            identity::check_container(container, name, &mut findings);
            check_plugin(&contents, earlier, &mut findings);
            Kind::Plugin
        }
        _ => Kind::Unknown,
    };
    Ok(report(kind, container, findings))
}

/// Checks the files of a 5.1 package before they become an archive.
pub fn entries(entries: &v51::Entries) -> Report {
    let mut findings = Findings::default();
    let mut contents = Contents::default();
    for (name, bytes) in entries {
        contents.add(name.clone(), None, &mut &**bytes).expect("reading from memory never fails");
    }
    zip51::check(&contents, &mut findings);
    report(Kind::V51, Some(Container::Zip), findings)
}

/// Every rule that a package can break, subject by subject.
pub fn rules() -> impl Iterator<Item = &'static Rule> {
    let subjects: [&'static [Rule]; 13] = [
        container::RULES,
        layout::RULES,
        identity::RULES,
        meta::RULES,
        version::RULES,
        earlier::RULES,
        config::RULES,
        arguments::RULES,
        metrics::RULES,
        executable::RULES,
        info::RULES,
        project::RULES,
        zip51::RULES,
    ];
    subjects.into_iter().flatten()
}

fn check_plugin(contents: &Contents, earlier: Option<&Earlier>, findings: &mut Findings) {
    let Some(plugin) = layout::check(contents, findings) else { return };
    meta::check(&plugin, findings);
    version::check(&plugin, findings);
    config::check(&plugin, findings);
    metrics::check(&plugin, findings);
    executable::check(&plugin, findings);
    info::check(&plugin, findings);
    project::check(&plugin, findings);
    if let Some(earlier) = earlier {
        earlier::check(&plugin, earlier, findings);
    }
}

fn report(kind: Kind, container: Option<Container>, findings: Findings) -> Report {
    // Each reader opens one kind of package, and objects to nothing in the other.
    let sees = |reader| match (kind, container) {
        (Kind::V51, _) | (Kind::Unknown, Some(Container::Zip)) => {
            matches!(reader, Reader::V51 | Reader::Host)
        }
        (Kind::Plugin, _) | (Kind::Unknown, Some(_)) => reader != Reader::V51,
        (Kind::Unknown, None) => true,
    };
    let (findings, left_out) = findings.finish(sees);
    Report { kind, findings, left_out }
}
