//! Rules for the help and the Chinese description.

use super::Findings;
use crate::metrics::{Description, Kind};

pub(super) fn check(metric: &Description<'_>, findings: &mut Findings) {
    help(metric.help, findings);
    zh(metric, findings);
}

fn help(help: &str, findings: &mut Findings) {
    if help.trim().is_empty() {
        findings.error("The help is missing.");
        return;
    }
    if help.contains(char::is_control) {
        findings.error("The help must be one line without tabs and other control characters.");
    }
    if help.trim() != help || !help.ends_with('.') {
        findings.error("The help must end in a full stop, without spaces around it.");
    }
}

fn zh(metric: &Description<'_>, findings: &mut Findings) {
    if metric.zh.trim().is_empty() {
        findings.warning("The Chinese description, which BlueKing shows, is missing.");
        return;
    }
    // For histograms and summaries a suffix such as 总和 is added.
    let limit = match metric.kind {
        Kind::Gauge | Kind::Counter | Kind::Info | Kind::StateSet | Kind::Untyped => 15,
        Kind::Histogram | Kind::Summary => 13,
    };
    let length = metric.zh.chars().count();
    if length > limit {
        findings.warning(format!(
            "The Chinese description has {length} characters; BlueKing shows {limit}."
        ));
    }
}
