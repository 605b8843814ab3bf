//! Metrics that other programs leave in files: `*.prom` in the folders that the flags name.

mod glob;
mod parse;

use std::collections::{BTreeSet, HashMap};
use std::fs::{self, File};
use std::io::{self, Read as _};
use std::path::{Path, PathBuf};
use std::time::{Duration, SystemTime, UNIX_EPOCH};

use exporter_kit::{
    CollectError, Collector, CollectorDef, ExternalFamily, Flag, Gauge, Kind, Samples,
    ScheduledCollector, Unit, UntypedPattern,
};

use self::parse::{Family, Parsed};
use super::node::gauge;

const SCRAPE_ERROR: Gauge = gauge(
    "node_textfile_scrape_error",
    "文本文件采集是否出错",
    "Whether a file or folder could not be read (1) or all could (0).",
);

const WRITTEN: Gauge<1> = gauge(
    "node_textfile_mtime_seconds",
    "文本文件修改时间",
    "When each file that was read was last written, since 1970.",
)
.unit(Unit::Seconds)
.labels(["file"]);

const STALE: Gauge<1> = Gauge::new(
    "node_textfile_stale",
    "Constant 1, for each file that is left out because it was not written for too long.",
)
.zh("过期的文本文件")
.labels(["file"]);

const FOLDERS: Flag<[String]> = Flag::list(
    "collector.textfile.directory",
    "PATH",
    "",
    "Folder with files of metrics (*.prom); may hold *, ? and [..], and be given several times.",
);

const MAX_AGE: Flag<Duration> = Flag::duration(
    "collector.textfile.max-age",
    "0",
    "Leave out files that were not written for so long; 0 for none.",
);

pub(super) const DEF: CollectorDef = CollectorDef::new(
    "textfile",
    "文本文件指标",
    "Metrics that other programs have written to files.",
    &[&SCRAPE_ERROR, &WRITTEN, &STALE],
    |settings| {
        let folders = settings.get(&FOLDERS).iter().filter(|folder| !folder.is_empty());
        let textfile = TextFile {
            folders: folders.cloned().collect(),
            max_age: settings.get(&MAX_AGE),
            buffer: Vec::new(),
        };
        Ok(ScheduledCollector::on_scrape(textfile))
    },
)
.patterns(&[&OTHERS])
.flags(&[&FOLDERS, &MAX_AGE]);

/// Stands for what the files define.
const OTHERS: UntypedPattern =
    UntypedPattern::new("", "Metric {} of a file.").zh("文本文件中的指标");

/// More than the metrics of any program; what is larger is an error.
const MAX_BYTES: u64 = 8 * 1024 * 1024;

/// The maximum number of files in a folder; more are an error.
const MAX_FILES: usize = 10_000;

struct TextFile {
    folders: Vec<String>,
    max_age: Duration,
    buffer: Vec<u8>,
}

impl Collector for TextFile {
    fn collect(&mut self, out: &mut Samples) -> Result<(), CollectError> {
        let mut families = Families::default();
        let mut errored = false;
        let mut read = Vec::new();
        for folder in &self.folders {
            for path in glob::folders(folder) {
                let Ok(files) = files(&path) else {
                    errored = true;
                    continue;
                };
                read.extend(files);
            }
        }
        // Two globs may find the same file.
        let mut seen = BTreeSet::new();
        for path in read.into_iter().filter(|path| seen.insert(path.clone())) {
            match self.file(&path, &mut families, out) {
                Ok(sound) => errored |= !sound,
                Err(_) => errored = true,
            }
        }
        out.set(&SCRAPE_ERROR, [], f64::from(u8::from(errored)));
        Ok(())
    }
}

impl TextFile {
    /// Takes over one file as a whole, or nothing of it; whether all of its texts could be kept.
    fn file(
        &mut self,
        path: &Path,
        families: &mut Families,
        out: &mut Samples,
    ) -> io::Result<bool> {
        let label = path.to_str().ok_or(io::ErrorKind::InvalidFilename)?;
        let file = open(path)?;
        let state = file.metadata()?;
        if !state.is_file() || state.len() > MAX_BYTES {
            return Err(io::ErrorKind::InvalidData.into());
        }
        let written = state.modified()?;
        let age = SystemTime::now().duration_since(written).unwrap_or_default();
        let stale = !self.max_age.is_zero() && age > self.max_age;
        let mut sound = true;
        if stale {
            out.set(&STALE, [label], 1.0);
        } else {
            self.buffer.clear();
            file.take(MAX_BYTES).read_to_end(&mut self.buffer)?;
            let text = str::from_utf8(&self.buffer).map_err(io::Error::other)?;
            let parsed = parse::parse(text).ok_or(io::ErrorKind::InvalidData)?;
            sound = families.take(&parsed, label, out).ok_or(io::ErrorKind::InvalidData)?;
        }
        // As node_exporter has it, in whole seconds.
        let seconds = written.duration_since(UNIX_EPOCH).unwrap_or_default().as_secs();
        out.set(&WRITTEN, [label], seconds as f64);
        Ok(sound)
    }
}

/// Opens a file for reading; a pipe of this name must not block.
#[cfg(unix)]
fn open(path: &Path) -> io::Result<File> {
    use std::os::unix::fs::OpenOptionsExt as _;
    let flags = rustix::fs::OFlags::NONBLOCK.bits().cast_signed();
    File::options().read(true).custom_flags(flags).open(path)
}

/// Opens a file for reading; Windows has no pipes in folders.
#[cfg(not(unix))]
fn open(path: &Path) -> io::Result<File> {
    File::open(path)
}

/// The files of a folder whose names end in `.prom`, sorted so that of two that say different things
/// always the same one wins.
fn files(folder: &Path) -> io::Result<Vec<PathBuf>> {
    let mut files = Vec::new();
    for entry in fs::read_dir(folder)? {
        let path = entry?.path();
        if path.as_os_str().as_encoded_bytes().ends_with(b".prom") {
            files.push(path);
        }
        if files.len() > MAX_FILES {
            return Err(io::ErrorKind::FileTooLarge.into());
        }
    }
    files.sort_unstable();
    Ok(files)
}

/// What the files of this scrape have defined so far: by name the kind, and the text of HELP where
/// the file had one.
#[derive(Default)]
struct Families(HashMap<String, (Kind, Option<String>)>);

impl Families {
    /// Hands over the samples of a file; whether its HELP is that of the files before it. `None`,
    /// and nothing is handed over, where a family has another kind there or is this collector's.
    fn take(&mut self, parsed: &Parsed<'_>, path: &str, out: &mut Samples) -> Option<bool> {
        let used = || parsed.families.iter().filter(|family| family.used);
        let known = |name: &str| self.0.get(name);
        let other_kind = |new: &Family<'_>| known(new.name).is_some_and(|old| old.0 != new.kind);
        // Of this collector itself, as in a page that was saved.
        let own = [SCRAPE_ERROR.name(), WRITTEN.name(), STALE.name()];
        if used().any(|family| other_kind(family) || own.contains(&family.name)) {
            return None;
        }
        let mut sound = true;
        for family in used() {
            let help = family.help.as_deref();
            match self.0.get_mut(family.name) {
                None => {
                    let known = (family.kind, help.map(str::to_owned));
                    self.0.insert(family.name.to_owned(), known);
                }
                Some((_, known @ None)) => *known = help.map(str::to_owned),
                Some((_, Some(known))) => sound &= help.is_none_or(|help| help == known),
            }
        }
        let mut labels = Vec::new();
        let default_help = format!("Metric read from {path}");
        for sample in &parsed.samples {
            let family = &parsed.families[sample.family];
            labels.clear();
            let own = &parsed.labels[sample.labels.clone()];
            labels.extend(own.iter().map(|(name, value)| (*name, value.as_ref())));
            let help = family.help.as_deref().unwrap_or(&default_help);
            let family = ExternalFamily { name: family.name, help, kind: family.kind };
            out.set_external(&family, sample.suffix, &labels, sample.value);
        }
        Some(sound)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// The page that these files make, without HELP and TYPE, and with the folder cut out.
    fn page(files: &[(&str, &str)], max_age: Duration) -> String {
        let temporary = tempfile::tempdir().unwrap();
        for (name, text) in files {
            let path = temporary.path().join(name);
            fs::write(&path, text).unwrap();
            if name.starts_with("old") {
                let hour = SystemTime::now() - Duration::from_secs(3600);
                File::options().write(true).open(path).unwrap().set_modified(hour).unwrap();
            }
        }
        let folders = vec![temporary.path().to_str().unwrap().to_owned()];
        let mut out = Samples::default();
        TextFile { folders, max_age, buffer: Vec::new() }.collect(&mut out).unwrap();
        let page = out.page();
        let wanted = |line: &&str| !line.starts_with('#') && !line.contains("mtime");
        let lines: Vec<_> = page.lines().filter(wanted).collect();
        // A page has each backslash of Windows twice.
        let folder = temporary.path().to_str().unwrap().replace('\\', "/");
        lines.join("\n").replace(r"\\", "/").replace(&folder, "")
    }

    #[test]
    fn a_bad_file_costs_that_file() {
        let files = [
            ("a.prom", "good 1\n"),
            ("b.prom", "half 1\nbroken{ 2\n"),
            ("c.prom", "late 1 1700000000000\n"),
            ("d.txt", "other 1\n"),
        ];
        assert_eq!(page(&files, Duration::ZERO), "good 1\nnode_textfile_scrape_error 1");
        assert_eq!(page(&files[..1], Duration::ZERO), "good 1\nnode_textfile_scrape_error 0");
    }

    #[test]
    fn the_first_of_two_files_wins() {
        let files = [
            ("a.prom", "# HELP x One.\n# TYPE x gauge\nx{a=\"1\"} 1\n"),
            ("b.prom", "# HELP x Other.\n# TYPE x gauge\nx{a=\"1\"} 2\nx{a=\"2\"} 3\n"),
            ("c.prom", "x{a=\"3\"} 1\ny 1\n"),
        ];
        let expected = "node_textfile_scrape_error 1\nx{a=\"1\"} 1\nx{a=\"2\"} 3";
        assert_eq!(page(&files, Duration::ZERO), expected);
    }

    #[test]
    fn a_file_cannot_fail_the_collector() {
        for text in [
            "# TYPE x counter\nx -1\n",
            "node_textfile_scrape_error 1\n",
            "# TYPE node_textfile_mtime_seconds counter\nnode_textfile_mtime_seconds 1\n",
            "# TYPE y counter\ny 1\n",
        ] {
            let files = [("a.prom", "# TYPE y gauge\ny 1\n"), ("b.prom", text)];
            assert_eq!(page(&files, Duration::ZERO), "node_textfile_scrape_error 1\ny 1", "{text}");
        }
    }

    #[test]
    fn stale_files_are_left_out_and_named() {
        let files = [("new.prom", "x 1\n"), ("old.prom", "y 1\n")];
        let expected =
            "node_textfile_scrape_error 0\nnode_textfile_stale{file=\"/old.prom\"} 1\nx 1";
        assert_eq!(page(&files, Duration::from_secs(60)), expected);
        assert_eq!(page(&files, Duration::ZERO), "node_textfile_scrape_error 0\nx 1\ny 1");
    }

    #[test]
    fn a_folder_that_is_not_there_is_an_error() {
        let folders = vec!["/nowhere/at/all".to_owned()];
        let mut out = Samples::default();
        let mut textfile = TextFile { folders, max_age: Duration::ZERO, buffer: Vec::new() };
        textfile.collect(&mut out).unwrap();
        assert_eq!(out.value(&SCRAPE_ERROR, []), Some(1.0));
    }
}
