//! The folder `info`: identical for each system, readable, and within the database limits.

use serde_json::Value;

use super::finding::{Consumer, Findings, Objection, Stage};
use super::layout::Plugin;
use super::rule::rules;
use super::yaml;
use crate::plugin::RELEASE_LIMIT;
use crate::texts::{check as shared, check_archive, check_layout as texts};

rules! {
    /// A file of info is identical in each OS folder: only one of the copies is used, and which one
    /// is undefined.
    INFO_DIFFERS = "info-differs": Error, SilentlyDropped [V1] => texts::file_differs_advice;
    /// A file of info is in all OS folders or in none. The new importer rejects a package without
    /// meta.yaml; which copy of the other files it reads is unknown.
    INFO_MISSING_HERE = "info-missing-here": Error, Import [V2] => texts::missing_here_advice;
    /// The text files of info are UTF-8.
    /// The old importer rejects meta.yaml at once, the others when the plugin is saved, and reads
    /// UTF-16 in meta.yaml.
    INFO_UTF8 = "info-utf8": Error,
        Import [V1 says "UnicodeDecodeError", V2], Save [V1 says "Not a valid string."]
        => shared::not_utf8_advice;
    /// description.md and release.md contain no NUL byte.
    INFO_NUL = "info-nul": Error, Save [V1 says "不允许是用空字符串。"] => texts::text_has_nul_advice;
    /// release.md has at most 100 characters: the width of the database column.
    INFO_RELEASE = "info-release": Error, Save [V1] => texts::release_is_too_long_advice;
    /// logo.png is a PNG picture.
    INFO_LOGO = "info-logo": Error => texts::logo_is_not_png_advice;
    /// logo.png has at most 2 MiB; a larger one is ignored.
    INFO_LOGO_SIZE = "info-logo-size": Error, SilentlyDropped [V2]
        => check_archive::reduce_to_2_mib;
    /// signature.yaml is empty. A copied signature becomes invalid when the server exports the
    /// package, and a new one requires the site's key.
    INFO_SIGNATURE = "info-signature": Warning => texts::signature_is_not_empty_advice;
    /// `default` in signature.yaml is a mapping: the old importer cannot read null or a number, and
    /// cannot save a list.
    INFO_SIGNATURE_FORM = "info-signature-form": Error,
        Import [V1 says "HTTP 500 TypeError"], Save [V1] => texts::signature_is_not_empty_advice;
    /// The logo is `info/logo.png`: the old importer reads no other file.
    INFO_LOGO_PLACE = "info-logo-place": Warning, SilentlyDropped [V1]
        => texts::logo_is_elsewhere_advice;
}

const TEXTS: [&str; 6] =
    ["meta.yaml", "config.json", "metrics.json", "description.md", "release.md", "signature.yaml"];

const LOGO_LIMIT: u64 = 2 << 20;

pub(super) fn check(plugin: &Plugin<'_>, findings: &mut Findings) {
    for name in TEXTS.into_iter().chain(["logo.png"]) {
        let name = format!("info/{name}");
        check_identical(&name, plugin, findings);
    }
    // JSON that is not UTF-8 is reported as invalid JSON.
    for name in ["meta.yaml", "description.md", "release.md"] {
        for (path, bytes) in plugin.distinct(&format!("info/{name}")) {
            let is_meta = name == "meta.yaml";
            if let Err(error) = str::from_utf8(bytes) {
                let message = shared::not_utf8(error.valid_up_to());
                let applies = |objection: &Objection| match (objection.consumer, objection.stage) {
                    (Consumer::V1, Stage::Import) => is_meta && yaml::decode(bytes).is_err(),
                    (Consumer::V1, _) => !is_meta,
                    _ => true,
                };
                findings.add_to(&INFO_UTF8, applies, &path, "", message);
            }
            if !is_meta && bytes.contains(&0) && str::from_utf8(bytes).is_ok() {
                findings.add(&INFO_NUL, &path, "", texts::text_has_nul());
            }
        }
    }
    for (path, bytes) in plugin.distinct("info/release.md") {
        let length = String::from_utf8_lossy(bytes).chars().count();
        if length > RELEASE_LIMIT {
            let message = texts::release_is_too_long(length, RELEASE_LIMIT);
            findings.add(&INFO_RELEASE, &path, "", message);
        }
    }
    for (path, bytes) in plugin.distinct("info/signature.yaml") {
        if !bytes.trim_ascii().is_empty() {
            match signature_objection(bytes) {
                None => findings.add(&INFO_SIGNATURE, &path, "", texts::signature_is_not_empty()),
                Some(stage) => {
                    let message = texts::signature_is_not_a_mapping();
                    let applies = |objection: &Objection| objection.stage == stage;
                    let rule = &INFO_SIGNATURE_FORM;
                    findings.add_to(rule, applies, &path, "default", message);
                }
            }
        }
    }
    check_logo(plugin, findings);
}

/// The stage at which the old importer fails because of a signature; it ignores one that it cannot
/// parse.
fn signature_objection(bytes: &[u8]) -> Option<Stage> {
    let signature = yaml::read(&yaml::decode(bytes).ok()?).ok()?;
    match signature.get("default")? {
        Value::String(_) => None,
        Value::Array(_) => Some(Stage::Save),
        Value::Object(_) => None,
        _ => Some(Stage::Import),
    }
}

fn check_identical(name: &str, plugin: &Plugin<'_>, findings: &mut Findings) {
    let missing = plugin.missing(name);
    if missing.len() < plugin.folders.len() {
        for path in missing {
            let applies = |_: &Objection| name == "info/meta.yaml";
            findings.add_to(&INFO_MISSING_HERE, applies, &path, "", texts::missing_here());
        }
    }
    if let [(first, _), (second, _), ..] = &*plugin.distinct(name) {
        findings.add(&INFO_DIFFERS, second, "", texts::file_differs(first));
    }
}

fn check_logo(plugin: &Plugin<'_>, findings: &mut Findings) {
    let paths = plugin.folders.iter().map(|folder| folder.file("info/logo.png"));
    // One copy is enough: differences are reported separately.
    let Some(logo) = paths.filter_map(|path| plugin.contents.get(&path)).next() else {
        let mut paths = plugin.folders.iter().map(|folder| folder.file("logo.png"));
        if let Some(path) = paths.find(|path| plugin.contents.contains(path)) {
            findings.add(&INFO_LOGO_PLACE, &path, "", texts::logo_is_elsewhere());
        }
        return;
    };
    if !logo.head.starts_with(b"\x89PNG\r\n\x1a\n") {
        findings.add(&INFO_LOGO, &logo.path, "", texts::logo_is_not_png());
    } else if logo.size > LOGO_LIMIT {
        findings.add(&INFO_LOGO_SIZE, &logo.path, "", texts::logo_is_too_large(logo.size));
    }
}
