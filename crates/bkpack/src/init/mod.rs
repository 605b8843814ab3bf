//! `bkpack init`: drafts a package of an exporter from its executables, its help and its page.

mod blueking_file;
mod description_page;
mod executables;
mod folder;
mod given;
pub mod help;
mod logo;
pub mod metrics;
mod metrics_file;
mod names;
mod page;
mod parameters;
mod refusal;
pub(crate) mod secrets;
mod summary;
mod survey;
mod trial;

use std::collections::{BTreeMap, BTreeSet};
use std::path::Path;

use anyhow::{Context, Result};
use blueking_package::plugin::{METRIC_LIMIT, System, Version};
use blueking_package::v51::FIELD_NAME_LIMIT;
use blueking_package::{
    Definitions, Kind, MetricGroup, PackageDescription, is_identifier, is_reserved_label,
    is_savable_name,
};

use self::executables::Executables;
use self::folder::Folder;
use self::names::Names;
use self::page::Family;
use self::parameters::{Additions, form};
use self::survey::{Survey, survey};
use crate::rehearse::signals;
use crate::texts::init as texts;
use crate::{UsageError, flags, output};

/// Drafts a package in a folder, or brings a draft up to date.
///
/// # Errors
/// The exporter cannot be packed for BlueKing, with the reason; a file cannot be read or written.
pub(crate) fn run(flags: &flags::Init) -> Result<()> {
    let folder = flags.folder.as_deref().context("no folder")?;
    let executables = Executables::read(&[
        ("--linux", System::LinuxX86_64, flags.linux.as_deref()),
        ("--linux-aarch64", System::LinuxAarch64, flags.linux_aarch64.as_deref()),
        ("--windows", System::WindowsX86_64, flags.windows.as_deref()),
    ])?;
    if executables.0.is_empty() {
        return Err(UsageError(texts::no_executable()).into());
    }
    let files = Folder::open(Path::new(folder))?;
    let mut names = Names::of_file(&executables.file_name());
    // A draft keeps its id, whatever the new file is called.
    if let Some(id) = files.plugin_id() {
        names.plugin_id = id;
    }
    let survey = survey(flags, &executables, &names);
    // Nothing is written, and no error reported, of an exporter that the interruption ended.
    signals::park_if_interrupted();
    let mut survey = survey?;
    let form = form(
        &survey.help,
        &Additions {
            given: &survey.given,
            variables: &survey.variables,
            switches: &survey.switches,
        },
        &survey::read_text,
    );
    // Some exporters repeat their arguments in HELP texts.
    for family in &mut survey.families.families {
        family.help = secrets::masked(&family.help, &form.secrets);
    }
    // An exporter that describes itself also names what this machine lacks.
    let all = survey.defined.as_deref().unwrap_or(&survey.families.families);
    let omit = omitted(all);
    let Survey { version, listen, path_flag, families, .. } = &survey;
    let systems = executables.systems();
    let (old_version, old_flags) = files.exporter();
    let flags_of_help = survey.flag_names(&form);
    let (blueking, rows) = files.merge("blueking.toml", |old| {
        blueking_file::merge(
            old,
            &blueking_file::Draft {
                names: &names,
                version,
                systems: &systems,
                listen,
                path_flag,
                takes_value: survey.definitions.is_some(),
                form: &form,
                omit: &omit,
                lost: &survey.families.lost(),
                old_version: &old_version,
                flags: &flags_of_help,
                old_flags: &old_flags,
            },
        )
    })?;
    let (metrics, changed_metrics) = files.merge("metrics.toml", |old| {
        metrics_file::merge(
            old,
            &metrics_file::Facts {
                name: &names.plugin_id,
                version,
                families: &families.families,
                flags: &flags_of_help,
                arguments: &survey.argument_names(),
            },
        )
    })?;
    let page = description_page::draft(
        &names,
        version,
        &systems,
        &executables.requires(),
        &form,
        survey.definitions.is_some(),
    );
    let is_new_binary = files.differs(&executables, &names);
    files.write(&folder::Files {
        blueking: &blueking,
        metrics: survey.definitions.is_none().then_some(&*metrics),
        definitions: survey.definitions.as_deref(),
        description: &page,
        version,
        old_version: &old_version,
        logo: &logo::draw(&names.subject),
        executables: &executables,
        names: &names,
    })?;
    let (unnamed, unnamed_groups) = unnamed(&metrics, &omit);
    output::print(&summary::text(&summary::Result {
        folder,
        names: &names,
        executables: &executables,
        survey: &survey,
        form: &form,
        omit: &omit,
        reserved: &reserved(all),
        too_long: &too_long(all),
        rows: &rows,
        metrics: &changed_metrics,
        is_first: files.is_new(),
        is_new_binary,
        plugin_version: version_in(&blueking),
        unnamed: &unnamed,
        unnamed_groups: &unnamed_groups,
    }))
}

/// The metrics that BlueKing cannot store, with the reason.
fn omitted(families: &[Family]) -> BTreeMap<String, String> {
    let mut room = METRIC_LIMIT;
    let labels: BTreeSet<&str> =
        families.iter().flat_map(|family| &family.labels).map(String::as_str).collect();
    let mut reason = |family: &Family| {
        if let Some(label) = family.labels.iter().find(|label| is_reserved_label(label)) {
            return Some(texts::omit_overwritten(label));
        }
        let names = family.labels.iter().chain([&family.name]);
        if let Some(name) = names.into_iter().find(|name| !is_identifier(name)) {
            return Some(texts::omit_name(name));
        }
        if let Some(label) = family.labels.iter().find(|label| label.len() > FIELD_NAME_LIMIT) {
            return Some(texts::omit_long_label(label, FIELD_NAME_LIMIT));
        }
        if labels.contains(&&*family.name) {
            return Some(texts::omit_clash());
        }
        let samples = match family.kind {
            Kind::Histogram | Kind::Summary => 3,
            Kind::Gauge | Kind::Counter | Kind::Untyped => 1,
        };
        let rest = room.checked_sub(samples);
        room = rest.unwrap_or(room);
        rest.is_none().then(|| texts::omit_beyond(METRIC_LIMIT))
    };
    let named = |family: &Family| Some((family.name.clone(), reason(family)?));
    families.iter().filter_map(named).collect()
}

/// Metrics and labels whose names are or contain reserved words: servers take them, but the pages
/// do not save a plugin with them again.
fn reserved(families: &[Family]) -> Vec<String> {
    let mut names = BTreeSet::new();
    for family in families {
        names.extend(family.labels.iter().chain([&family.name]));
    }
    let is_reserved = |name: &&String| is_identifier(name) && !is_savable_name(name);
    names.into_iter().filter(is_reserved).cloned().collect()
}

/// Metrics with a name that BlueKing 5.1 cannot store. Those of a histogram get suffixes.
fn too_long(families: &[Family]) -> Vec<String> {
    let suffix = |kind| match kind {
        Kind::Histogram => "_bucket".len(),
        Kind::Summary => "_count".len(),
        Kind::Gauge | Kind::Counter | Kind::Untyped => 0,
    };
    let is_long = |family: &&Family| family.name.len() + suffix(family.kind) > FIELD_NAME_LIMIT;
    families.iter().filter(is_long).map(|family| family.name.clone()).collect()
}

/// The version of the plugin in a draft.
fn version_in(blueking: &str) -> Option<Version> {
    let description = PackageDescription::parse("blueking.toml", blueking).ok()?;
    description.plugin_version.parse().ok()
}

/// Names of packed metrics and of their labels without a Chinese name, and of the groups.
fn unnamed(metrics: &str, omit: &BTreeMap<String, String>) -> (Vec<String>, Vec<String>) {
    let Ok(mut definitions) = Definitions::parse_toml("metrics.toml", metrics) else {
        return Default::default();
    };
    definitions.metrics.retain(|metric| !omit.contains_key(&metric.name));
    let is_packed =
        |group: &&MetricGroup| definitions.metrics.iter().any(|metric| metric.group == group.name);
    let groups = definitions.groups.iter().filter(is_packed).filter(|group| group.zh == group.name);
    let groups = groups.map(|group| group.name.clone()).collect();
    (definitions.fill_names(), groups)
}

#[cfg(test)]
mod tests {
    use super::page::Families;
    use super::*;

    #[test]
    fn names_that_pages_or_5_1_do_not_store_are_found() {
        let page =
            b"# TYPE a_drops_total counter\na_drops_total 1\nb{name=\"1\"} 1\nc{ip=\"1\"} 1\n\
                     d{mode=\"1\"} 1\nmode 1\nrule:x 1\n";
        let families = Families::read(&[page.to_vec()]).families;
        assert_eq!(reserved(&families), ["a_drops_total", "ip", "name"]);
        let (fits, long) = ("a".repeat(50), "a".repeat(51));
        let page = format!("{fits} 1\n{long} 1\n# TYPE {0} histogram\n{0}_sum 1\n", &fits[..45]);
        let families = Families::read(&[page.into_bytes()]).families;
        assert_eq!(too_long(&families), [&long, &fits[..45]]);
    }

    #[test]
    fn what_build_would_refuse_is_omitted() {
        let long = "l".repeat(FIELD_NAME_LIMIT + 1);
        let mut page = format!("a{{{long}=\"1\"}} 1\nb{{{}=\"1\"}} 1\n", &long[1..]);
        page += "# TYPE h histogram\nh_sum 1\n";
        page.extend((0..METRIC_LIMIT - 5).map(|n| format!("m{n} 1\n")));
        page += "# TYPE i histogram\ni_sum 1\nlast 1\nover 1\n";
        let families = Families::read(&[page.into_bytes()]).families;
        let omitted = omitted(&families);
        let names: Vec<_> = omitted.keys().map(String::as_str).collect();
        // b, h, the m's and last fill the room: 1 + 3 + 1995 + 1.
        assert_eq!(names, ["a", "i", "over"]);
        assert_eq!(omitted["a"], texts::omit_long_label(&long, FIELD_NAME_LIMIT));
        assert_eq!(omitted["i"], texts::omit_beyond(METRIC_LIMIT));
    }

    #[test]
    fn what_blueking_cannot_store_is_omitted() {
        let page = b"b{name=\"1\"} 1\nc{ip=\"1\"} 1\nd{mode=\"1\"} 1\nmode 1\nrule:x 1\n";
        let families = Families::read(&[page.to_vec()]).families;
        let omitted = omitted(&families);
        let names: Vec<_> = omitted.keys().map(String::as_str).collect();
        assert_eq!(names, ["c", "mode", "rule:x"]);
        assert_eq!(omitted["c"], texts::omit_overwritten("ip"));
        assert_eq!(omitted["mode"], texts::omit_clash());
    }
}
