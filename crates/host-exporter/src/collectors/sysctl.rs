//! Settings of the kernel, as its operator chooses them: `/proc/sys`.

use exporter_kit::{
    CollectError, Collector, CollectorDef, Flag, Gauge, KeptFile, Samples, ScheduledCollector,
    SettingError, Settings, UntypedPattern,
};

use super::node::{NODE_EXPORTER, gauge};
use crate::host::Host;
use crate::text::{fields, lines, number, with_text};

const INFO: Gauge<3> = gauge(
    "node_sysctl_info",
    "内核参数信息",
    "Constant 1, with a setting of the kernel and its value as labels.",
)
.labels(["name", "value", "index"]);

const VALUES: UntypedPattern = UntypedPattern::new("node_sysctl_", "The kernel's setting {}.")
    .zh("内核参数")
    .compatible_with(NODE_EXPORTER);

const INDEXED: UntypedPattern<1> =
    UntypedPattern::new("node_sysctl_", "The kernel's setting {}, by the place of its numbers.")
        .labels(["index"])
        .zh("内核参数列表")
        .compatible_with(NODE_EXPORTER);

const INCLUDE: Flag<[String]> = Flag::list(
    "collector.sysctl.include",
    "NAME",
    "",
    "Setting to expose, such as kernel.pid_max, or fs.file-nr:total,current,max to name its numbers.",
);
const INCLUDE_INFO: Flag<[String]> = Flag::list(
    "collector.sysctl.include-info",
    "NAME",
    "",
    "Setting to expose as the label of node_sysctl_info.",
);

pub(super) const DEF: CollectorDef =
    CollectorDef::new("sysctl", "内核参数", "Settings of the kernel.", &[&INFO], |settings| {
        let numbers = sysctls(settings, &INCLUDE)?;
        let texts = sysctls(settings, &INCLUDE_INFO)?;
        Ok(ScheduledCollector::on_scrape(Sysctls { numbers, texts }))
    })
    .patterns(&[&VALUES, &INDEXED])
    .off_by_default()
    .flags(&[&INCLUDE, &INCLUDE_INFO])
    .source("/proc/sys");

struct Sysctls {
    numbers: Vec<Sysctl>,
    texts: Vec<Sysctl>,
}

struct Sysctl {
    name: String,
    /// What its numbers are called; empty where they have no names.
    keys: Vec<String>,
    file: KeptFile,
}

fn sysctls(settings: &Settings, flag: &Flag<[String]>) -> Result<Vec<Sysctl>, SettingError> {
    let folder = Host::new(settings).proc("sys");
    let mut sysctls = Vec::new();
    for text in settings.get(flag).iter().filter(|text| !text.is_empty()) {
        let (name, keys) = text.split_once(':').unwrap_or((text, ""));
        // A name with slashes may have dots in its parts, as those of VLANs have.
        let path = if name.contains('/') { name.to_owned() } else { name.replace('.', "/") };
        if path.starts_with('/') || path.split('/').any(|part| part.is_empty() || part == "..") {
            return Err(settings.error(flag, format!("{name:?} is not the name of a setting")));
        }
        let keys = keys.split(',').filter(|key| !key.is_empty()).map(str::to_owned).collect();
        let file = KeptFile::new(folder.join(path));
        sysctls.push(Sysctl { name: name.to_owned(), keys, file });
    }
    Ok(sysctls)
}

impl Collector for Sysctls {
    fn collect(&mut self, out: &mut Samples) -> Result<(), CollectError> {
        // One that cannot be read does not cost the others.
        let mut result = Ok(());
        for Sysctl { name, keys, file } in &mut self.numbers {
            let read = file.read().and_then(|text| numbers(name, keys, text, out));
            result = result.and(read);
        }
        for Sysctl { name, file, .. } in &mut self.texts {
            let read = file.read().map(|text| texts(name, text, out));
            result = result.and(read);
        }
        if out.is_empty() { result } else { Ok(()) }
    }
}

fn numbers(
    name: &str,
    keys: &[String],
    text: &[u8],
    out: &mut Samples,
) -> Result<(), CollectError> {
    let values = fields(lines(text).next().unwrap_or_default());
    let count = values.clone().count();
    if !keys.is_empty() && keys.len() != count {
        return Err(format!("{name} has {count} numbers and {} names", keys.len()).into());
    }
    let numbers = values.map(number).collect::<Option<Vec<_>>>().filter(|all| !all.is_empty());
    let numbers = numbers.ok_or_else(|| format!("{name} is not numbers"))?;
    for (at, value) in (0_u32..).zip(&numbers) {
        match keys.get(at as usize) {
            Some(key) => out.set_field(&VALUES, &[name, "_", key], [], *value),
            None if count == 1 => out.set_field(&VALUES, &[name], [], *value),
            None => with_text(at, |at| out.set_field(&INDEXED, &[name], [at], *value)),
        }
    }
    Ok(())
}

fn texts(name: &str, text: &[u8], out: &mut Samples) {
    for (at, value) in (0_u32..).zip(fields(lines(text).next().unwrap_or_default())) {
        with_text(at, |at| out.set(&INFO, [name, value, at], 1.0));
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn numbers_are_named_by_what_they_are() {
        let mut out = Samples::default();
        let keys = ["total", "current", "max"].map(str::to_owned);
        numbers("fs.file-nr", &keys, b"1024\t0\t1631329\n", &mut out).unwrap();
        numbers("kernel.pid_max", &[], b"-7\n", &mut out).unwrap();
        numbers("kernel.sem", &[], b"32000 1024\n", &mut out).unwrap();
        texts("kernel.seccomp", b"kill trap\n", &mut out);
        let page = out.page();
        let samples: Vec<_> = page.lines().filter(|line| !line.starts_with('#')).collect();
        let expected = [
            "node_sysctl_fs_file_nr_current 0",
            "node_sysctl_fs_file_nr_max 1631329",
            "node_sysctl_fs_file_nr_total 1024",
            "node_sysctl_info{name=\"kernel.seccomp\",value=\"kill\",index=\"0\"} 1",
            "node_sysctl_info{name=\"kernel.seccomp\",value=\"trap\",index=\"1\"} 1",
            "node_sysctl_kernel_pid_max -7",
            "node_sysctl_kernel_sem{index=\"0\"} 32000",
            "node_sysctl_kernel_sem{index=\"1\"} 1024",
        ];
        assert_eq!(samples, expected);
        assert_eq!(out.check(&DEF), Ok(()));
    }

    #[test]
    fn invalid_or_unmatched_values_are_errors() {
        let key = ["a".to_owned()];
        for (keys, text) in [(&key[..], "1 2\n"), (&[], "text\n"), (&[], "\n"), (&[], "1 x\n")] {
            let mut out = Samples::default();
            assert!(numbers("a.b", keys, text.as_bytes(), &mut out).is_err(), "{text:?}");
            assert!(out.is_empty());
        }
    }
}
