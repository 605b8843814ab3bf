//! The folder `info`: the same for each system, readable, and small enough for the database.

use super::finding::{Findings, Objection};
use super::layout::Plugin;
use super::rule::rules;

rules! {
    /// A file of info is the same in each OS folder: one of them wins, and which one is luck.
    INFO_DIFFERS = "info-differs": Error, Lost [V1];
    /// A file of info is in each OS folder or in none. The new importer refuses a package without
    /// meta.yaml; of the others it is not known which folder's it reads.
    INFO_MISSING_HERE = "info-missing-here": Error, Import [V2];
    /// The texts of info are UTF-8.
    INFO_UTF8 = "info-utf8": Error,
        Import [V1 says "UnicodeDecodeError", V2];
    /// release.md has at most 100 characters: the database column.
    INFO_RELEASE = "info-release": Error, Save [V1];
    /// logo.png is a PNG picture.
    INFO_LOGO = "info-logo": Error;
    /// logo.png has at most 2 MiB; a larger one is passed over.
    INFO_LOGO_SIZE = "info-logo-size": Error, Lost [V2];
    /// signature.yaml is empty. A copied signature is broken by the server's own export, and a new
    /// one needs the site's key.
    INFO_SIGNATURE = "info-signature": Warning, Lost [V1];
}

const TEXTS: [&str; 6] =
    ["meta.yaml", "config.json", "metrics.json", "description.md", "release.md", "signature.yaml"];

const RELEASE_LIMIT: usize = 100;

const LOGO_LIMIT: u64 = 2 << 20;

pub(super) fn check(plugin: &Plugin<'_>, findings: &mut Findings) {
    for name in TEXTS.into_iter().chain(["logo.png"]) {
        let name = format!("info/{name}");
        check_sameness(&name, plugin, findings);
    }
    // What of JSON is not UTF-8 is no JSON, and reported as that.
    for name in TEXTS.into_iter().filter(|name| !name.ends_with(".json")) {
        for (path, bytes) in plugin.distinct(&format!("info/{name}")) {
            if let Err(error) = str::from_utf8(bytes) {
                let message = format!("the text is not UTF-8 from byte {} on", error.valid_up_to());
                findings.add(&INFO_UTF8, &path, "", message, "save it as UTF-8");
            }
        }
    }
    for (path, bytes) in plugin.distinct("info/release.md") {
        let length = String::from_utf8_lossy(bytes).chars().count();
        if length > RELEASE_LIMIT {
            let message =
                format!("the text has {length} characters, and {RELEASE_LIMIT} are the most");
            let advice = "keep the latest change only";
            findings.add(&INFO_RELEASE, &path, "", message, advice);
        }
    }
    for (path, bytes) in plugin.distinct("info/signature.yaml") {
        if !bytes.trim_ascii().is_empty() {
            let message = "the signature is not empty";
            let advice = "empty the file; the server signs what it saves";
            findings.add(&INFO_SIGNATURE, &path, "", message, advice);
        }
    }
    check_logo(plugin, findings);
}

fn check_sameness(name: &str, plugin: &Plugin<'_>, findings: &mut Findings) {
    let missing = plugin.missing(name);
    if missing.len() < plugin.folders.len() {
        for path in missing {
            let message = "the file is missing here, and another OS folder has it";
            let applies = |_: &Objection| name == "info/meta.yaml";
            findings.add_to(&INFO_MISSING_HERE, applies, &path, "", message, "copy it");
        }
    }
    if let [(first, _), (second, _), ..] = &*plugin.distinct(name) {
        let message = format!("the file is another than {first}");
        findings.add(&INFO_DIFFERS, second, "", message, "make them the same");
    }
}

fn check_logo(plugin: &Plugin<'_>, findings: &mut Findings) {
    let paths = plugin.folders.iter().map(|folder| folder.file("info/logo.png"));
    // One is enough: they are the same, or that is reported.
    let Some(logo) = paths.filter_map(|path| plugin.contents.get(&path)).next() else { return };
    if !logo.head.starts_with(b"\x89PNG\r\n\x1a\n") {
        let advice = "save it as PNG";
        findings.add(&INFO_LOGO, &logo.path, "", "the file is no PNG picture", advice);
    } else if logo.size > LOGO_LIMIT {
        let message = format!("the picture has {} bytes", logo.size);
        findings.add(&INFO_LOGO_SIZE, &logo.path, "", message, "make it smaller than 2 MiB");
    }
}
