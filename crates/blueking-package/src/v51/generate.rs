//! Generates the documents from a description and the exporter's definitions, and rejects input
//! that BlueKing would reject.

use super::EXPORTER_URL;
use super::check::check_documents;
use super::documents::{
    Documents, Field, FieldType, Info, Mode, MonitorType, ParameterType, ResultTable,
    StartParameter,
};
use super::origin::Origin;
use super::tables::{FIELD_NAME_LIMIT, FIELD_TEXT_LIMIT};
use crate::address::Address;
use crate::definitions::{Definitions, Metric, Sample, Unit};
use crate::description::{PackageDescription, Sources};
use crate::markdown;
use crate::parameter::{Input, Parameter};
use crate::problem::{Problem, Problems};
use crate::selection::{Selected, dimension_description, matches_any, select};
use crate::text::abbreviated;
use crate::texts::sources_v51 as texts;

/// Generates the documents of a package.
///
/// # Errors
/// Every rule that the description or the definitions violate, with the location to correct.
pub fn generate(
    description: &PackageDescription,
    definitions: &Definitions,
) -> Result<Documents, Vec<Problem>> {
    let mut problems = Problems::default();
    let sources = Sources { description, definitions };
    sources.check(&mut problems);
    let selection = select(sources, is_left_out(description), &mut problems);
    let documents = Documents {
        info: info(description),
        metrics: selection.iter().map(|selected| table(selected, sources, &mut problems)).collect(),
        config_schema: parameters(description, &mut problems),
    };
    // The serialised documents are checked by the same rules as an archive.
    check_documents(&documents, Origin::Sources(sources), &mut problems);

    problems.into_result(documents)
}

/// Fills in the description page: replaces each line `<!-- metrics -->` of `markdown` with a table
/// for each group of metrics.
pub fn fill_description(
    markdown: &str,
    description: &PackageDescription,
    definitions: &Definitions,
) -> String {
    markdown::fill(markdown, Sources { description, definitions }, is_left_out(description))
}

/// Selects the metrics that BlueKing 5.1 cannot store, and those that it should not.
fn is_left_out(description: &PackageDescription) -> impl Fn(&Metric) -> bool {
    let is_too_long = |sample: Sample| sample.name.chars().count() > FIELD_NAME_LIMIT;
    move |metric| {
        matches_any(&description.omit_in_51, &metric.name)
            || metric.samples().into_iter().any(is_too_long)
    }
}

fn info(description: &PackageDescription) -> Info {
    let supported_version = &description.supported_version;
    Info {
        name: description.component_name.clone(),
        display_name: Some(description.display_name.clone()),
        supported_version: (!supported_version.is_empty()).then(|| supported_version.clone()),
    }
}

fn table(selected: &Selected<'_>, sources: Sources<'_>, problems: &mut Problems) -> ResultTable {
    let mut fields = Vec::new();
    for metric in &selected.metrics {
        sources.check_unit(metric, problems);
        for sample in metric.samples() {
            let unit = Unit::from_name(&sample.unit).unwrap_or(Unit::NONE);
            fields.push(Field {
                monitor_type: MonitorType::Metric,
                value_type: FieldType::Double,
                name: sample.name,
                unit: unit.sign.to_owned(),
                description: if metric.may_be_cut {
                    abbreviated(&sample.zh, FIELD_TEXT_LIMIT)
                } else {
                    sample.zh
                },
                is_diff_metric: None,
            });
        }
    }
    for label in selected.dimensions(sources.description, problems) {
        fields.push(Field {
            monitor_type: MonitorType::Dimension,
            value_type: FieldType::String,
            name: label.to_owned(),
            unit: String::new(),
            description: dimension_description(label, sources, problems),
            is_diff_metric: None,
        });
    }
    let Selected { name, description, .. } = selected;
    ResultTable { table_name: name.clone(), table_desc: description.clone(), fields }
}

fn parameters(description: &PackageDescription, problems: &mut Problems) -> Vec<StartParameter> {
    let PackageDescription { listen, telemetry_path: path, .. } = description;
    let slash = if path.starts_with('/') { "" } else { "/" };
    let standard = |name: &str, mode, default: String, text: &str, visible| StartParameter {
        default,
        mode,
        input: ParameterType::Text,
        name: name.to_owned(),
        description: text.to_owned(),
        visible,
    };
    let url = format!("http://{listen}{slash}{path}");
    // Duplicates of standard flags and empty flags are already reported.
    let others = description.parameters.iter();
    let fits = |other: &&Parameter| {
        !other.name().is_empty()
            && !description.is_standard(&other.flag)
            && (description.switch_takes_value || other.input != Input::Switch)
    };
    let others = others.filter(fits);
    // Only the first row can be a positional argument.
    let (arguments, named): (Vec<_>, Vec<_>) = others.partition(|other| other.argument.is_some());
    for second in arguments.iter().skip(1) {
        let location = description.location(&format!("parameter.{}.argument", second.name()));
        problems.add(location, (texts::second_argument(), texts::second_argument_advice()));
    }
    let mut parameters: Vec<_> = arguments.into_iter().take(1).map(start_parameter).collect();
    // A switch that is on can take that place: the value is the flag itself.
    let is_on = |other: &&Parameter| other.input == Input::Switch && other.default == "true";
    if !description.switch_takes_value
        && parameters.is_empty()
        && let Some(switch) = description.parameters.iter().find(is_on)
    {
        let (flag, text) = (switch.flag.clone(), &switch.description);
        parameters.push(standard("", Mode::Cmd, flag, text, switch.visible));
    }
    // Operators must change both rows if the port is in use; each description says so. There is no
    // reason to change the path.
    parameters.extend([
        standard(EXPORTER_URL, Mode::Collector, url, "采集URL，端口须与监听地址一致", true),
        standard(
            description.listen_name(),
            if description.listen_flag.is_empty() { Mode::Env } else { Mode::Cmd },
            listen_value(description),
            "监听地址，端口须与采集URL一致",
            true,
        ),
    ]);
    if !description.path_flag.is_empty() {
        let name = &description.path_flag;
        parameters.push(standard(name, Mode::Cmd, path.clone(), "指标路径", false));
    }
    parameters.extend(named.into_iter().map(start_parameter));
    parameters
}

/// The listen address in the form that the exporter takes. An invalid one is reported elsewhere.
fn listen_value(description: &PackageDescription) -> String {
    match Address::parse(&description.listen) {
        Ok(Address { host, port }) => {
            let value = description.listen_value.replace("${host}", host);
            value.replace("${port}", &port.to_string())
        }
        Err(_) => description.listen.clone(),
    }
}

fn start_parameter(parameter: &Parameter) -> StartParameter {
    let is_argument = parameter.argument.is_some();
    let is_file = parameter.input == Input::File;
    StartParameter {
        // The name of a file is not a path on a host.
        default: if is_file { String::new() } else { parameter.default.clone() },
        mode: if parameter.env.is_some() { Mode::Env } else { Mode::Cmd },
        input: match parameter.input {
            Input::Password => ParameterType::Password,
            // 5.1 has no switch; flags of the exporter kit also accept `--flag=true`.
            Input::Text | Input::Switch | Input::File => ParameterType::Text,
        },
        name: if is_argument { String::new() } else { parameter.name().to_owned() },
        description: parameter.description.clone(),
        visible: parameter.visible,
    }
}
