//! Whether SELinux is on, and what it does: `/sys/fs/selinux` and `/etc/selinux/config`.

use std::path::Path;

use exporter_kit::{CollectorDef, Gauge, Samples, ScheduledCollector};

use super::node::gauge;
use crate::files::Folder;
use crate::host::Host;

const ENABLED: Gauge =
    gauge("node_selinux_enabled", "SELinux是否启用", "Whether SELinux is enabled (1) or not (0).");
const CONFIG_MODE: Gauge = gauge(
    "node_selinux_config_mode",
    "SELinux配置模式",
    "Mode set in the configuration: 1 enforcing, 0 permissive, -1 disabled.",
);
const CURRENT_MODE: Gauge = gauge(
    "node_selinux_current_mode",
    "SELinux当前模式",
    "Mode that is in force: 1 enforcing, 0 permissive.",
);

pub(super) const DEF: CollectorDef = CollectorDef::new(
    "selinux",
    "SELinux",
    "Whether SELinux is enabled, and its modes.",
    &[&ENABLED, &CONFIG_MODE, &CURRENT_MODE],
    |settings| {
        let host = Host::new(settings);
        let (selinuxfs, etc) = (host.sys("fs/selinux"), host.root(Path::new("/etc/selinux")));
        let collect = move |out: &mut Samples| {
            let folder = Folder::open(&selinuxfs);
            let enforce = folder.and_then(|folder| folder.number("enforce"));
            out.set(&ENABLED, [], f64::from(u8::from(enforce.is_some())));
            if let Some(enforce) = enforce {
                let config = Folder::open(&etc).and_then(|folder| folder.text("config"));
                let config = config.as_ref().and_then(|text| text.trimmed()).unwrap_or_default();
                out.set(&CONFIG_MODE, [], configured(config));
                out.set(&CURRENT_MODE, [], enforce);
            }
            Ok(())
        };
        Ok(ScheduledCollector::on_scrape(collect))
    },
)
.source("/sys/fs/selinux, /etc/selinux/config");

fn configured(text: &str) -> f64 {
    let mut modes = text.lines().filter_map(|line| line.trim().strip_prefix("SELINUX="));
    match modes.next_back().map(str::trim) {
        Some("enforcing") => 1.0,
        Some("permissive") => 0.0,
        _ => -1.0,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_configured_mode_is_a_number() {
        for (text, expected) in [
            ("# SELINUX=permissive\nSELINUX=enforcing\nSELINUXTYPE=targeted\n", 1.0),
            ("SELINUX=permissive", 0.0),
            ("SELINUX=disabled\n", -1.0),
            ("", -1.0),
        ] {
            assert_eq!(configured(text), expected, "{text}");
        }
    }
}
