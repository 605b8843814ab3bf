//! Which flaws the processors have, and what the kernel does about them:
//! `/sys/devices/system/cpu/vulnerabilities`.

use exporter_kit::{CollectError, CollectorDef, Gauge, Samples, ScheduledCollector};

use super::node::gauge;
use crate::files::Folder;
use crate::host::Host;

const INFO: Gauge<3> = gauge(
    "node_cpu_vulnerabilities_info",
    "CPU漏洞状态",
    "Constant 1, for each known flaw of processors, with its state and mitigation as labels.",
)
.labels(["codename", "state", "mitigation"]);

pub(super) const DEF: CollectorDef = CollectorDef::new(
    "cpu_vulnerabilities",
    "CPU漏洞",
    "Known flaws of the processors and their mitigations.",
    &[&INFO],
    |settings| {
        let path = Host::new(settings).sys("devices/system/cpu/vulnerabilities");
        let collect = move |out: &mut Samples| {
            let folder = Folder::open(&path).ok_or(CollectError::NoData)?;
            folder.names(|name| {
                let text = folder.text(name);
                if let Some(text) = text.as_ref().and_then(|text| text.trimmed()) {
                    let (state, mitigation) = state(text);
                    out.set(&INFO, [name, state, mitigation], 1.0);
                }
            });
            Ok(())
        };
        Ok(ScheduledCollector::on_scrape(collect))
    },
)
.off_by_default()
.source("/sys/devices/system/cpu/vulnerabilities");

/// The state, and what the kernel says about it.
fn state(text: &str) -> (&'static str, &str) {
    // Where virtual machines alone are in danger.
    let text = text.strip_prefix("KVM: ").unwrap_or(text);
    for (beginning, state) in [
        ("Not affected", "not affected"),
        ("Vulnerable", "vulnerable"),
        ("Mitigation", "mitigation"),
        ("Unknown", "unknown"),
    ] {
        if let Some(rest) = text.strip_prefix(beginning) {
            return (state, rest.strip_prefix(": ").unwrap_or(rest));
        }
    }
    ("unknown", text)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn state_and_mitigation_are_told_apart() {
        for (text, expected) in [
            ("Not affected", ("not affected", "")),
            ("Vulnerable", ("vulnerable", "")),
            ("Vulnerable: no microcode; SMT on", ("vulnerable", "no microcode; SMT on")),
            ("Mitigation: PTI", ("mitigation", "PTI")),
            ("KVM: Mitigation: VMX disabled", ("mitigation", "VMX disabled")),
            ("Unknown: No mitigations", ("unknown", "No mitigations")),
            ("New words", ("unknown", "New words")),
        ] {
            assert_eq!(state(text), expected, "{text}");
        }
    }
}
