//! Origin of the documents: an archive, or the sources that they are generated from. The rules are
//! the same for both; only the reported locations differ.

use super::{CONFIG_SCHEMA, EXPORTER_URL, INFO, METRICS};
use crate::description::Sources;
use crate::problem::Location;

/// Determines the locations of problems.
#[derive(Clone, Copy)]
pub(super) enum Origin<'a> {
    /// The documents of an archive.
    Archive,
    /// The description and the definitions that the documents are generated from.
    Sources(Sources<'a>),
}

impl Origin<'_> {
    /// A key of `info.json`.
    pub(super) fn info(&self, key: &str) -> Location {
        match self {
            Self::Archive => Location::new(INFO, key),
            Self::Sources(sources) => sources.description.location(match key {
                "name" => "component_name",
                other => other,
            }),
        }
    }

    /// A key of a table of `metrics.json`.
    pub(super) fn table(&self, table: &str, key: &str) -> Location {
        match self {
            Self::Archive => Location::new(METRICS, format!("{table}.{key}")),
            Self::Sources(sources) => {
                let key = match key {
                    "table_name" => "name",
                    "table_desc" => "description",
                    other => other,
                };
                sources.description.location(&format!("group.{table}.{key}"))
            }
        }
    }

    /// A key of a metric of `metrics.json`.
    pub(super) fn metric(&self, name: &str, key: &str) -> Location {
        match self {
            Self::Archive => Location::new(METRICS, format!("{name}.{key}")),
            Self::Sources(Sources { definitions, .. }) => {
                let key = if key == "description" { "zh" } else { key };
                let family = definitions.family_of(name);
                definitions.place(&format!("{family}.{key}"))
            }
        }
    }

    /// A key of a dimension of `metrics.json`.
    pub(super) fn dimension(&self, name: &str, key: &str) -> Location {
        match self {
            Self::Archive => Location::new(METRICS, format!("{name}.{key}")),
            Self::Sources(Sources { description, definitions })
                if key == "description"
                    && (description.dimensions.contains_key(name)
                        || !definitions.labels.contains_key(name)) =>
            {
                description.location(&format!("dimensions.{name}"))
            }
            Self::Sources(sources) => sources.definitions.place(&format!("label {name}")),
        }
    }

    /// A key of a start parameter of `config_schema.json`.
    pub(super) fn parameter(&self, name: &str, key: &str) -> Location {
        let Self::Sources(Sources { description, .. }) = self else {
            return Location::new(CONFIG_SCHEMA, format!("{name}.{key}"));
        };
        if name == EXPORTER_URL || name == description.listen_name() {
            description.location("listen")
        } else if name == description.path_flag {
            description.location("telemetry_path")
        } else {
            let key = if key == "name" { "flag" } else { key };
            description.location(&format!("parameter.{name}.{key}"))
        }
    }
}
