//! Rules for the names of labels.

use super::Findings;
use crate::metrics::Description;
use crate::metrics::checks::is_name;

/// Labels that BlueKing's agent and server add to every sample, replacing existing ones.
const BLUEKING_LABELS: [&str; 16] = [
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

pub(super) fn check(metric: &Description<'_>, findings: &mut Findings) {
    for (at, label) in metric.labels.iter().enumerate() {
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
        if metric.labels[..at].contains(label) {
            findings.error(format!("The label {label} is repeated."));
        }
        if BLUEKING_LABELS.contains(label) {
            let message = format!("BlueKing overwrites the label {label}.");
            match metric.compatible_with {
                "" => findings.error(message),
                // Existing queries use the label, and Prometheus keeps it.
                _ => findings.warning(message),
            }
        }
        if TARGET_LABELS.contains(label) {
            findings.warning(format!("Prometheus renames the label {label} to exported_{label}."));
        }
        let capitals = label.bytes().any(|byte| byte.is_ascii_uppercase());
        if capitals && metric.compatible_with.is_empty() {
            findings.error(format!("The label {label} has capitals; labels are snake_case."));
        }
    }
}
