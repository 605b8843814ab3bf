//! Checks a BlueKing package before upload: what the importers would reject, what fails only when
//! the plugin is saved, and what is silently dropped.
//!
//! The archive is read once, as a stream. Nothing is written, declared sizes are not trusted, and
//! memory use is bounded for any input.
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
mod folder;
mod gzip;
mod identity;
mod info;
mod json;
mod layout;
mod meta;
mod metrics;
mod program;
mod project;
mod rule;
mod scalar;
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
pub use self::finding::{Consumer, Finding, Objection, Severity, Stage};
pub(crate) use self::program::{Program, Scan};
pub use self::rule::Rule;
pub(crate) use self::words::is_reserved_field;
pub use self::words::is_reserved_table;
use crate::{Error, FileAction, v51};

/// The result of a check.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct Report {
    /// The kind of package.
    pub kind: Kind,
    /// The findings, errors first.
    pub findings: Vec<Finding>,
    /// Number of findings that are not listed.
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
    /// Unknown, because the archive is unreadable.
    #[serde(rename = "unknown")]
    Unknown,
}

impl Report {
    /// Whether there are no findings.
    pub fn is_clean(&self) -> bool {
        self.findings.is_empty()
    }

    /// The findings that are errors.
    pub fn errors(&self) -> impl Iterator<Item = &Finding> {
        self.findings.iter().filter(|finding| finding.severity == Severity::Error)
    }

    /// Number of listed findings of this severity.
    pub fn count(&self, severity: Severity) -> usize {
        self.findings.iter().filter(|finding| finding.severity == severity).count()
    }
}

/// Checks an archive, or a folder that holds an unpacked one.
///
/// # Errors
/// [`Error::Io`] if the file cannot be opened or read, and with [`io::ErrorKind::IsADirectory`] for
/// a folder that is not a package. Invalid content is a finding.
pub fn file(path: &Path) -> Result<Report, Error> {
    file_after(path, None)
}

/// Checks an archive as an update of an earlier package of the same plugin, if there is one.
///
/// # Errors
/// See [`file()`].
pub fn file_after(path: &Path, earlier: Option<&Earlier>) -> Result<Report, Error> {
    if path.is_dir() {
        return unpacked(path, earlier).map_err(Error::io(FileAction::Read, path));
    }
    let file = File::open(path).map_err(Error::io(FileAction::Open, path))?;
    let name = path.file_name().and_then(|name| name.to_str());
    reader(file, name, earlier).map_err(Error::io(FileAction::Read, path))
}

fn unpacked(path: &Path, earlier: Option<&Earlier>) -> io::Result<Report> {
    let kind = folder::kind(path)?.ok_or(io::ErrorKind::IsADirectory)?;
    let mut findings = Findings::default();
    let contents = folder::read(path, &mut findings)?;
    match (kind, &contents) {
        (Kind::V51, Some(contents)) => zip51::check(contents, &mut findings),
        (Kind::Plugin, Some(contents)) => check_plugin(contents, earlier, &mut findings),
        _ => return Ok(report(Kind::Unknown, None, findings)),
    }
    Ok(report(kind, None, findings))
}

/// Checks an archive from a reader; `name` is the file name for the upload, and `earlier` the
/// package that it updates.
///
/// # Errors
/// The I/O errors of `archive`.
pub fn reader(
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

/// Checks the files of a 5.1 package before they are packed.
pub fn entries(entries: &v51::Entries) -> Report {
    let mut findings = Findings::default();
    let mut contents = Contents::default();
    for (name, bytes) in entries {
        contents.add(name.clone(), None, &mut &**bytes).expect("reading from memory never fails");
    }
    zip51::check(&contents, &mut findings);
    report(Kind::V51, Some(Container::Zip), findings)
}

/// All rules, grouped by subject.
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
    // A consumer opens only one kind of package, and has no objections to the other.
    let opens = |consumer| match (kind, container) {
        (Kind::V51, _) | (Kind::Unknown, Some(Container::Zip)) => {
            matches!(consumer, Consumer::V51 | Consumer::Host)
        }
        (Kind::Plugin, _) | (Kind::Unknown, Some(_)) => consumer != Consumer::V51,
        (Kind::Unknown, None) => true,
    };
    let (findings, left_out) = findings.finish(opens);
    Report { kind, findings, left_out }
}
