//! Which distribution the host runs: `/etc/os-release`, or `/usr/lib/os-release` where there is none.

use std::path::{Path, PathBuf};

use exporter_kit::{
    CollectError, Collector, CollectorDef, Gauge, Samples, ScheduledCollector, Unit,
};

use super::node::gauge;
use crate::files::Folder;
use crate::host::Host;
use crate::text::number;

const INFO: Gauge<12> = gauge(
    "node_os_info",
    "操作系统信息",
    "Constant 1, with what os-release says of the operating system as labels.",
)
.labels([
    "build_id",
    "id",
    "id_like",
    "image_id",
    "image_version",
    "name",
    "pretty_name",
    "variant",
    "variant_id",
    "version",
    "version_codename",
    "version_id",
]);

const VERSION: Gauge<3> = gauge(
    "node_os_version",
    "操作系统版本",
    "Version of the operating system, major and minor, as a number.",
)
.labels(["id", "id_like", "name"]);

const SUPPORT_END: Gauge = gauge(
    "node_os_support_end_timestamp_seconds",
    "操作系统维护截止时间",
    "When the vendor's support of the operating system ends, since 1970.",
)
.unit(Unit::Seconds);

pub(super) const DEF: CollectorDef = CollectorDef::new(
    "os",
    "操作系统",
    "Distribution, its version, and the end of its support.",
    &[&INFO, &VERSION, &SUPPORT_END],
    |settings| {
        let host = Host::new(settings);
        let folders = ["/etc", "/usr/lib"].map(|folder| host.root(Path::new(folder)));
        let release = Release { folders, text: Vec::new(), known: Known::default() };
        Ok(ScheduledCollector::on_scrape(release))
    },
)
.source("/etc/os-release, /usr/lib/os-release");

/// The keys of the labels of [`INFO`], in their order.
const KEYS: [&str; 12] = [
    "BUILD_ID",
    "ID",
    "ID_LIKE",
    "IMAGE_ID",
    "IMAGE_VERSION",
    "NAME",
    "PRETTY_NAME",
    "VARIANT",
    "VARIANT_ID",
    "VERSION",
    "VERSION_CODENAME",
    "VERSION_ID",
];
const ID: usize = 1;
const ID_LIKE: usize = 2;
const NAME: usize = 5;
const VERSION_ID: usize = 11;

struct Release {
    folders: [PathBuf; 2],
    /// What `known` was read from; an upgrade changes it.
    text: Vec<u8>,
    known: Known,
}

#[derive(Debug, Default)]
struct Known {
    values: [String; KEYS.len()],
    support_end: Option<f64>,
}

impl Collector for Release {
    fn collect(&mut self, out: &mut Samples) -> Result<(), CollectError> {
        let mut files =
            self.folders.iter().filter_map(|path| Folder::open(path)?.text("os-release"));
        let text = files.next().ok_or(CollectError::NoData)?;
        if self.text != text.bytes() {
            self.known = read(text.trimmed().ok_or("os-release is not UTF-8")?);
            self.text = text.bytes().to_vec();
        }
        self.known.to_samples(out);
        Ok(())
    }
}

impl Known {
    fn to_samples(&self, out: &mut Samples) {
        let values = self.values.each_ref().map(String::as_str);
        out.set(&INFO, values, 1.0);
        if let Some(version) = version(values[VERSION_ID]) {
            out.set(&VERSION, [values[ID], values[ID_LIKE], values[NAME]], version);
        }
        if let Some(end) = self.support_end {
            out.set(&SUPPORT_END, [], end);
        }
    }
}

fn read(text: &str) -> Known {
    let mut known = Known::default();
    for line in text.lines().map(str::trim).filter(|line| !line.starts_with('#')) {
        let Some((key, value)) = line.split_once('=') else { continue };
        if key == "SUPPORT_END" {
            known.support_end = date(&unquoted(value));
        } else if let Some(at) = KEYS.iter().position(|known| *known == key) {
            known.values[at] = unquoted(value);
        }
    }
    known
}

/// The value without the quotes and backslashes by which a shell would read it, os-release(5).
fn unquoted(value: &str) -> String {
    let (mut text, mut quote) = (String::with_capacity(value.len()), None);
    let mut characters = value.chars();
    while let Some(character) = characters.next() {
        match (quote, character) {
            (None, '"' | '\'') => quote = Some(character),
            (Some(open), close) if open == close => quote = None,
            (None | Some('"'), '\\') => text.extend(characters.next()),
            (None, blank) if blank.is_whitespace() => break,
            _ => text.push(character),
        }
    }
    text
}

/// The number that a version such as `22.04.3` begins with.
fn version(text: &str) -> Option<f64> {
    let digits = |text: &str| text.bytes().take_while(u8::is_ascii_digit).count();
    let major = digits(text);
    let length = match text[major..].strip_prefix('.') {
        Some(rest) if major > 0 => major + 1 + digits(rest),
        _ => major,
    };
    number(&text[..length])
}

/// The seconds from 1970 to the beginning of a day such as `2026-06-30`.
fn date(text: &str) -> Option<f64> {
    let mut parts = text.splitn(3, '-').map(|part| part.parse::<u16>().ok());
    let (year, month, day) = (parts.next()??, parts.next()??, parts.next()??);
    let leap = |year: u16| {
        year.is_multiple_of(4) && (!year.is_multiple_of(100) || year.is_multiple_of(400))
    };
    let months = [31, if leap(year) { 29 } else { 28 }, 31, 30, 31, 30, 31, 31, 30, 31, 30, 31];
    let length = *months.get(usize::from(month).checked_sub(1)?)?;
    if !(1970..=9999).contains(&year) || !(1..=length).contains(&day) {
        return None;
    }
    let years: u32 = (1970..year).map(|year| if leap(year) { 366 } else { 365 }).sum();
    let days = months[..usize::from(month) - 1].iter().map(|&days| u32::from(days)).sum::<u32>();
    Some(f64::from(years + days + u32::from(day) - 1) * 86_400.0)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn os_release_is_read_as_a_shell_would() {
        let text = "# a comment\nNAME=\"Fedora \\\"Linux\\\"\"\nID=fedora\nID_LIKE='rhel \\n'\n\
                    VERSION_ID=41\nVARIANT=Server\\ Edition # not\nSUPPORT_END=2025-12-15\nOTHER=1\nID";
        let known = read(text);
        assert_eq!(known.values[NAME], "Fedora \"Linux\"");
        assert_eq!([&known.values[ID], &known.values[ID_LIKE]], ["fedora", "rhel \\n"]);
        assert_eq!(known.values[7], "Server Edition");
        let mut out = Samples::default();
        known.to_samples(&mut out);
        assert_eq!(out.value(&VERSION, ["fedora", "rhel \\n", "Fedora \"Linux\""]), Some(41.0));
        assert_eq!(out.value(&SUPPORT_END, []), Some(1_765_756_800.0));
        assert_eq!(out.check(&DEF), Ok(()));
    }

    #[test]
    fn numeric_versions_become_numbers() {
        for (text, expected) in [
            ("12", Some(12.0)),
            ("22.03", Some(22.03)),
            ("3.20.2", Some(3.2)),
            ("7 (Core)", Some(7.0)),
            ("8.", Some(8.0)),
            (".5", None),
            ("rolling", None),
            ("", None),
        ] {
            assert_eq!(version(text), expected, "{text}");
        }
    }

    #[test]
    fn dates_are_seconds() {
        assert_eq!(date("1970-01-01"), Some(0.0));
        assert_eq!(date("2024-02-29"), Some(1_709_164_800.0));
        for wrong in ["", "2025", "2025-02-29", "2025-13-01", "2025-00-01", "2025-1-0", "x-1-1"] {
            assert_eq!(date(wrong), None, "{wrong}");
        }
    }
}
