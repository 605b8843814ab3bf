//! Which Windows runs, and the names of the computer.

#[cfg(windows)]
use exporter_kit::{CollectError, Samples, ScheduledCollector, SettingError, Settings};
use exporter_kit::{CollectorDef, Gauge, Unit};

#[cfg(not(windows))]
use super::definitions::build;
use super::definitions::{gauge, retired};
use crate::collectors::node;
#[cfg(windows)]
use crate::names::Names;
use crate::names::Page;
use crate::windows::version::{ComputerNames, Version};

const INFO: Gauge<7> = gauge(
    "windows_os_info",
    "操作系统信息",
    "Constant 1, with the product and its version as labels.",
)
.labels([
    "product",
    "version",
    "major_version",
    "minor_version",
    "build_number",
    "revision",
    "type",
]);

const HOSTNAME: Gauge<3> = gauge(
    "windows_os_hostname",
    "主机名",
    "Constant 1, with the DNS names of the computer as labels.",
)
.labels(["hostname", "domain", "fqdn"]);

const INSTALLED: Gauge = gauge(
    "windows_os_install_time_timestamp_seconds",
    "系统安装时间",
    "When Windows was installed or last upgraded to another release, since 1970.",
)
.unit(Unit::Seconds);

const CS_HOSTNAME: Gauge<3> = retired(
    "windows_cs_hostname",
    "主机名(旧名)",
    "Constant 1, with the DNS names of the computer as labels; now windows_os_hostname.",
)
.labels(["hostname", "domain", "fqdn"]);

const NODE_UNAME: Gauge<6> = node::gauge(
    "node_uname_info",
    "内核与主机名",
    "Constant 1, with the version of Windows and the computer's names as labels.",
)
.labels(["sysname", "release", "version", "machine", "nodename", "domainname"]);

const NODE_INFO: Gauge<12> = node::gauge(
    "node_os_info",
    "操作系统信息",
    "Constant 1, with the product and its version as labels; the empty ones are for other systems.",
)
.labels([
    "build_id",
    "id",
    "id_like",
    "image_id",
    "image_version",
    "name",
    "pretty_name",
    "variant",
    "variant_id",
    "version",
    "version_codename",
    "version_id",
]);

const NODE_VERSION: Gauge<3> = node::gauge(
    "node_os_version",
    "操作系统版本",
    "Version of the kernel, major and minor, as a number.",
)
.labels(["id", "id_like", "name"]);

pub(super) const DEF: CollectorDef = CollectorDef::new(
    "os",
    "操作系统",
    "Product and version of Windows, and the computer's names.",
    &[&INFO, &HOSTNAME, &INSTALLED, &CS_HOSTNAME, &NODE_UNAME, &NODE_INFO, &NODE_VERSION],
    build,
)
.source("RtlGetVersion, registry, GetComputerNameEx");

#[cfg(windows)]
fn build(settings: &Settings) -> Result<ScheduledCollector, SettingError> {
    use crate::windows::version;
    let names = Names::new(settings);
    // An upgrade restarts the system.
    let version = version::version();
    let collect = move |out: &mut Samples| {
        to_samples(&version, &version::computer_names(), &mut names.of(out));
        Ok::<(), CollectError>(())
    };
    Ok(ScheduledCollector::on_scrape(collect))
}

fn to_samples(it: &Version, computer: &ComputerNames, out: &mut Page<'_>) {
    let [major, minor, build] = [it.major, it.minor, it.build].map(|number| number.to_string());
    let revision = it.revision.to_string();
    let release = format!("{major}.{minor}.{build}");
    let labels = [&*it.product, &release, &major, &minor, &build, &revision, it.kind];
    out.set(&INFO, labels, 1.0);
    let ComputerNames { host, domain, full } = computer;
    for metric in [&HOSTNAME, &CS_HOSTNAME] {
        out.set(metric, [host, domain, full], 1.0);
    }
    out.set_some(&INSTALLED, [], it.installed.map(|time| time as f64));
    let version = format!("{release}.{revision}");
    let labels = ["Windows", &release, &it.product, it.machine, host, domain];
    out.set(&NODE_UNAME, labels, 1.0);
    let short = format!("{major}.{minor}");
    let labels =
        [&*build, "windows", "", "", "", "Windows", &it.product, it.kind, "", &version, "", &short];
    out.set(&NODE_INFO, labels, 1.0);
    // At most two digits, as in 6.1 and 10.0.
    let number = f64::from(it.major) + f64::from(it.minor) / 10.0;
    out.set(&NODE_VERSION, ["windows", "", "Windows"], number);
}

#[cfg(test)]
mod tests {
    use exporter_kit::Samples;

    use super::*;
    use crate::names::Names;

    #[test]
    fn version_and_names_become_labels() {
        let version = Version {
            major: 6,
            minor: 1,
            build: 7601,
            product: "Windows Server 2008 R2 Standard".to_owned(),
            machine: "AMD64",
            kind: "server",
            ..Version::default()
        };
        let computer = ComputerNames { host: "WEB01".to_owned(), ..ComputerNames::default() };
        let mut out = Samples::default();
        to_samples(&version, &computer, &mut Names::ALL.of(&mut out));
        assert_eq!(out.check(&DEF), Ok(()));
        let page = out.page();
        for expected in [
            r#"windows_os_info{product="Windows Server 2008 R2 Standard",version="6.1.7601",major_version="6",minor_version="1",build_number="7601",revision="0",type="server"} 1"#,
            r#"node_uname_info{sysname="Windows",release="6.1.7601",version="Windows Server 2008 R2 Standard",machine="AMD64",nodename="WEB01",domainname=""} 1"#,
            r#"windows_cs_hostname{hostname="WEB01",domain="",fqdn=""} 1"#,
            r#"node_os_version{id="windows",id_like="",name="Windows"} 6.1"#,
        ] {
            assert!(page.contains(expected), "{expected}: {page}");
        }
        assert!(!page.contains("install_time"), "{page}");
    }
}
