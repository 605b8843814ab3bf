//! What `init` prints: what was found, what only a person knows, and what to do next. Pure.

use std::collections::BTreeMap;

use blueking_package::plugin::Version;

use super::executables::Executables;
use super::metrics_file::Changes;
use super::names::Names;
use super::parameters::Form;
use super::survey::{Survey, others};
use crate::process::shell_word;
use crate::texts::{first_names as listed, init as texts};

/// Everything that the summary is about.
#[derive(Debug)]
pub(super) struct Result<'a> {
    pub(super) folder: &'a str,
    pub(super) names: &'a Names,
    pub(super) executables: &'a Executables,
    pub(super) survey: &'a Survey,
    pub(super) form: &'a Form,
    pub(super) omit: &'a BTreeMap<String, String>,
    /// Names with reserved words.
    pub(super) reserved: &'a [String],
    /// Names that BlueKing 5.1 cannot store.
    pub(super) too_long: &'a [String],
    pub(super) rows: &'a Changes,
    pub(super) metrics: &'a Changes,
    pub(super) is_first: bool,
    pub(super) is_new_binary: bool,
    /// The version in the draft.
    pub(super) plugin_version: Option<Version>,
    /// Metrics and labels without a Chinese name.
    pub(super) unnamed: &'a [String],
    /// Groups without one.
    pub(super) unnamed_groups: &'a [String],
}

/// Renders the summary.
pub(super) fn text(result: &Result<'_>) -> String {
    let Result { folder, names, survey, form, omit, unnamed, .. } = result;
    let version = if survey.version.is_empty() { "?" } else { &survey.version };
    let mut text = format!("{} {version}\n", names.plugin_id);
    let mut line = |line: String| text += &format!("  {line}\n");
    result.executables.lines().into_iter().for_each(&mut line);
    line(texts::found_metrics(survey.families.families.len(), survey.families.samples));
    line(match form.left_out.len() {
        0 => texts::found_all_parameters(form.rows.len()),
        left_out => texts::found_parameters(form.rows.len(), left_out),
    });
    match &survey.families.down {
        Some(name) => line(texts::found_down(name)),
        None if others(&survey.families) == 0 => line(texts::found_itself()),
        None => {}
    }
    for (text, names) in [
        (texts::found_unsuitable as fn(&str) -> String, &form.unsuitable),
        (texts::found_not_passed, &form.not_passed),
        (texts::found_cleared, &form.cleared),
        (texts::found_kept, &result.rows.kept),
    ] {
        if !names.is_empty() {
            line(text(&listed(names.iter())));
        }
    }
    if !survey.switches.is_empty() {
        line(texts::found_switches(&survey.switches.join(" ")));
    }
    if !omit.is_empty() {
        line(texts::found_omitted(omit.len(), &listed(omit.keys())));
    }
    let clash = texts::omit_clash();
    let clashes: Vec<&String> =
        omit.iter().filter(|(_, reason)| **reason == clash).map(|(name, _)| name).collect();
    if !clashes.is_empty() {
        line(texts::found_clashes(&listed(clashes.into_iter())));
    }
    if !result.reserved.is_empty() {
        line(texts::found_reserved(result.reserved.len(), &listed(result.reserved.iter())));
    }
    if !result.too_long.is_empty() {
        line(texts::found_too_long(result.too_long.len(), &listed(result.too_long.iter())));
    }
    for (reason, names) in survey.families.lost() {
        line(texts::found_lost(&listed(names.iter()), &reason));
    }
    if !result.is_first {
        text += "\n";
        for (heading, names) in [
            (texts::new_metrics(), &result.metrics.new),
            (texts::gone_metrics(), &result.metrics.gone),
            (texts::new_rows(), &result.rows.new),
            (texts::gone_rows(), &result.rows.gone),
            (texts::changed_keys(), &result.rows.changed),
        ] {
            if !names.is_empty() {
                text += &format!("{heading}{}\n", listed(names.iter()));
            }
        }
        text += &format!("{}\n", proposal(result));
    }

    text += &format!("\n{}\n", texts::ask_heading());
    let mut ask = |line: String| text += &format!("  - {line}\n");
    ask(texts::ask_names(&names.plugin_id, &format!("{folder}/blueking.toml")));
    if survey.version.is_empty() {
        ask(texts::ask_version());
    }
    if !form.required.is_empty() {
        ask(texts::ask_required(&form.required.join(", ")));
    }
    if !unnamed.is_empty() && survey.definitions.is_none() {
        ask(texts::ask_chinese(unnamed.len(), &listed(unnamed.iter())));
    }
    if !result.unnamed_groups.is_empty() && survey.definitions.is_none() {
        ask(texts::ask_groups(&listed(result.unnamed_groups.iter())));
    }
    if !survey.was_run {
        ask(texts::ask_run());
    }
    text + &format!("\n{}\n", texts::next_build(&shell_word(folder)))
}

/// The version that the plugin should have now.
fn proposal(result: &Result<'_>) -> String {
    let Some(Version { config, info }) = result.plugin_version else {
        return texts::no_version();
    };
    let rows_changed = *result.rows != Changes::default();
    let metrics_changed = *result.metrics != Changes::default();
    let old = Version { config, info };
    if result.is_new_binary || rows_changed {
        let new = Version { config: config + 1, info: 1 };
        texts::raise_version(&old.to_string(), &new.to_string())
    } else if metrics_changed {
        let new = Version { config, info: info + 1 };
        texts::raise_version(&old.to_string(), &new.to_string())
    } else {
        texts::same_version(&old.to_string())
    }
}
