//! Rules for the names of labels.

use super::Findings;
use crate::metrics::checks::is_name;

/// Labels that BlueKing's agent and server add to every sample, replacing existing ones.
pub(super) const BLUEKING_LABELS: [&str; 16] = [
    "bk_agent_id",
    "bk_biz_id",
    "bk_cloud_id",
    "bk_cmdb_level",
    "bk_collect_config_id",
    "bk_host_id",
    "bk_supplier_id",
    "bk_target_cloud_id",
    "bk_target_host_id",
    "bk_target_ip",
    "bk_target_service_category_id",
    "bk_target_service_instance_id",
    "bk_target_topo_id",
    "bk_target_topo_level",
    "ip",
    "time",
];

/// Labels that Prometheus adds to every sample of a target, renaming existing ones.
const TARGET_LABELS: [&str; 2] = ["instance", "job"];

/// The start of the names of labels that BlueKing may set itself one day.
const BLUEKING_PREFIX: &str = "bk_";

/// Whether BlueKing replaces the values of this label.
pub(crate) fn is_of_blueking(label: &str) -> bool {
    BLUEKING_LABELS.contains(&label)
}

/// Whether Prometheus renames this label.
pub(crate) fn is_of_prometheus(label: &str) -> bool {
    TARGET_LABELS.contains(&label)
}

/// Checks the labels of a metric or of a pattern, whose names come from the program
/// `compatible_with` if that is not empty.
pub(super) fn check(labels: &[&str], compatible_with: &str, findings: &mut Findings) {
    for (at, label) in labels.iter().enumerate() {
        if !is_name(label) {
            findings.error(format!(
                "The label {label:?} is not a letter followed by letters, digits and _."
            ));
            continue;
        }
        if label.starts_with("__") {
            findings.error(format!(
                "The label {label} begins with __, which is reserved for Prometheus."
            ));
        }
        if matches!(*label, "le" | "quantile") {
            findings.error(format!("The label {label} is reserved for the kit."));
        }
        if labels[..at].contains(label) {
            findings.error(format!("The label {label} is repeated."));
        }
        if is_of_blueking(label) {
            let message = format!("BlueKing overwrites the label {label}.");
            match compatible_with {
                "" => findings.error(message),
                // Existing queries use the label, and Prometheus keeps it.
                _ => findings.warning(message),
            }
        }
        if !is_of_blueking(label) && label.starts_with(BLUEKING_PREFIX) {
            findings.warning(format!(
                "The label {label} begins with {BLUEKING_PREFIX}, like those that BlueKing sets."
            ));
        }
        if is_of_prometheus(label) {
            findings.warning(format!("Prometheus renames the label {label} to exported_{label}."));
        }
        let capitals = label.bytes().any(|byte| byte.is_ascii_uppercase());
        if capitals && compatible_with.is_empty() {
            findings.error(format!("The label {label} has capitals; labels are snake_case."));
        }
    }
}
