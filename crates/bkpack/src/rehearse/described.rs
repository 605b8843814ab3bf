//! What a package tells people about itself: its name, and the names and units of its metrics.

use std::collections::BTreeMap;

use blueking_package::plugin::{self, META, Member};
use blueking_package::v51;

/// The key of the plugin's name in [`META`].
const DISPLAY_NAME: &str = "plugin_display_name:";

/// The texts of a package for people.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Described {
    /// The name on the pages of a site; empty if the package has none.
    pub name: String,
    /// The texts of its metrics, by the scraped name.
    pub metrics: BTreeMap<String, MetricText>,
}

/// The texts of a metric.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct MetricText {
    /// The name on the pages of a site.
    pub name: String,
    /// Id or sign of the unit; may be empty.
    pub unit: String,
}

impl Described {
    pub(super) fn by_plugin(members: &[Member], groups: &[plugin::MetricGroup]) -> Self {
        let fields = groups.iter().flat_map(|group| &group.fields);
        let metrics = fields.filter(|field| field.monitor_type == plugin::MonitorType::Metric);
        let text = |field: &plugin::Field| {
            let scraped =
                if field.source_name.is_empty() { &field.name } else { &field.source_name };
            (scraped.clone(), MetricText::new(&field.description, &field.unit))
        };
        let meta = members.iter().find(|member| member.path.ends_with(META));
        let name = meta.map(|meta| display_name(&String::from_utf8_lossy(&meta.bytes)));
        Self { name: name.unwrap_or_default(), metrics: metrics.map(text).collect() }
    }

    pub(super) fn by_component(documents: &v51::Documents) -> Self {
        let fields = documents.metrics.iter().flat_map(|table| &table.fields);
        let metrics = fields.filter(|field| field.monitor_type == v51::MonitorType::Metric);
        let text = |field: &v51::Field| {
            (field.name.clone(), MetricText::new(&field.description, &field.unit))
        };
        Self {
            name: documents.info.display_name.clone().unwrap_or_default(),
            metrics: metrics.map(text).collect(),
        }
    }
}

impl MetricText {
    fn new(name: &str, unit: &str) -> Self {
        Self { name: name.to_owned(), unit: unit.to_owned() }
    }
}

/// The display name in the text of [`META`], which is YAML with one key on a line.
fn display_name(meta: &str) -> String {
    let value = meta.lines().find_map(|line| line.strip_prefix(DISPLAY_NAME)).unwrap_or_default();
    let value = value.trim();
    // Text in double quotes has the escapes of JSON.
    serde_json::from_str(value).unwrap_or_else(|_| value.trim_matches('\'').to_owned())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn display_name_is_read_with_and_without_quotes() {
        for (meta, expected) in [
            ("plugin_id: p\nplugin_display_name: \"连接\\u6c60\"\r\ntag: a\n", "连接池"),
            ("plugin_display_name: '连接池'\n", "连接池"),
            ("plugin_display_name: 连接池\n", "连接池"),
            ("plugin_id: p\n", ""),
        ] {
            assert_eq!(display_name(meta), expected, "{meta}");
        }
    }
}
