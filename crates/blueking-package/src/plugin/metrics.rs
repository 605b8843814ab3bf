//! The groups of metrics, `info/metrics.json`. A site silently drops the whole file after a single
//! violation, so generation fails instead.

use std::collections::{BTreeMap, BTreeSet};

use super::documents::{Field, FieldType, MetricGroup, MonitorType};
use crate::definitions::Unit;
use crate::description::Sources;
use crate::names;
use crate::problem::Problems;
use crate::selection::{Selected, dimension_description, select};
use crate::texts::{sources, sources_plugin as texts};

/// Maximum number of metrics of a plugin.
pub const METRIC_LIMIT: usize = 2000;

/// Generates the groups from the metrics that the description selects.
pub(super) fn groups(sources: Sources<'_>, problems: &mut Problems) -> Vec<MetricGroup> {
    let selection = select(sources, |_| false, problems);
    let groups: Vec<_> =
        selection.iter().map(|selected| group(selected, sources, problems)).collect();
    check_names(&groups, sources, problems);
    groups
}

fn group(selected: &Selected<'_>, sources: Sources<'_>, problems: &mut Problems) -> MetricGroup {
    let mut fields = Vec::new();
    for metric in &selected.metrics {
        let location = |key: &str| sources.definitions.place(&format!("{}.{key}", metric.name));
        sources.check_unit(metric, problems);
        if metric.zh.trim().is_empty() {
            problems.add(location("zh"), (sources::displayed_text_is_empty(), sources::add_one()));
        }
        fields.extend(metric.samples().into_iter().map(|sample| Field {
            unit: Unit::from_name(&sample.unit).unwrap_or(Unit::NONE).id.to_owned(),
            ..field(MonitorType::Metric, FieldType::Double, sample.name, sample.zh)
        }));
    }
    for label in selected.dimensions(sources.description, problems) {
        let text = dimension_description(label, sources, problems);
        fields.push(field(MonitorType::Dimension, FieldType::String, label.to_owned(), text));
    }
    MetricGroup {
        table_name: selected.name.clone(),
        table_desc: selected.description.clone(),
        rule_list: Vec::new(),
        rules: Vec::new(),
        fields,
    }
}

fn field(monitor_type: MonitorType, value_type: FieldType, name: String, text: String) -> Field {
    Field {
        name,
        monitor_type,
        value_type,
        unit: "none".to_owned(),
        description: text,
        is_diff_metric: false,
        is_active: true,
        source_name: String::new(),
    }
}

/// Checks the rules on names, most of which involve all groups.
fn check_names(
    groups: &[MetricGroup],
    Sources { description, definitions }: Sources<'_>,
    problems: &mut Problems,
) {
    let mut tables = BTreeSet::new();
    for group in groups {
        let location =
            |key: &str| description.location(&format!("group.{}.{key}", group.table_name));
        problems.add_all(&location("name"), names::identifier_rule(&group.table_name));
        if !tables.insert(group.table_name.to_lowercase()) {
            let rule = (texts::table_name_is_taken(), texts::table_name_is_taken_advice());
            problems.add(location("name"), rule);
        }
        if group.table_desc.trim().is_empty() {
            let rule = (sources::displayed_text_is_empty(), sources::add_one());
            problems.add(location("description"), rule);
        }
    }

    let fields = || groups.iter().flat_map(|group| &group.fields);
    let dimensions: BTreeSet<_> = fields()
        .filter(|field| field.monitor_type == MonitorType::Dimension)
        .map(|field| &*field.name)
        .collect();
    for label in &dimensions {
        let location = || definitions.place(&format!("label {label}"));
        problems.add_all(&location(), names::identifier_rule(label));
        if names::is_reserved_label(label) {
            let rule = (sources::dimension_is_reserved(label), sources::rename_the_label());
            problems.add(location(), rule);
        }
    }
    let mut metrics: BTreeMap<&str, usize> = BTreeMap::new();
    for field in fields().filter(|field| field.monitor_type == MonitorType::Metric) {
        *metrics.entry(&field.name).or_default() += 1;
    }
    for (name, count) in &metrics {
        let family = definitions.family_of(name);
        let location = || definitions.place(&format!("{family}.name"));
        problems.add_all(&location(), names::identifier_rule(name));
        if *count > 1 {
            let rule = (texts::sample_name_is_taken(*count, name), sources::rename_one());
            problems.add(location(), rule);
        }
        if dimensions.contains(name) {
            let rule = (sources::name_is_metric_and_dimension(name), sources::rename_one());
            problems.add(location(), rule);
        }
    }
    if metrics.len() > METRIC_LIMIT {
        let rule = (
            texts::too_many_metrics(metrics.len(), METRIC_LIMIT),
            texts::too_many_metrics_advice(),
        );
        problems.add(description.location("group"), rule);
    }
}
