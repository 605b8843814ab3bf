//! Size and use of the page files.

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
use crate::windows::pagefiles::PageFile;

const LIMIT: Gauge<1> =
    gauge("windows_pagefile_limit_bytes", "页面文件大小", "Size of the page file.")
        .labels(["file"]);
const FREE: Gauge<1> = gauge(
    "windows_pagefile_free_bytes",
    "页面文件空闲空间",
    "The part of the page file that holds nothing.",
)
.labels(["file"]);

const OS_LIMIT: Gauge = retired(
    "windows_os_paging_limit_bytes",
    "页面文件大小(旧名)",
    "Size of all page files; now windows_pagefile_limit_bytes.",
);

const NODE_TOTAL: Gauge =
    node::gauge("node_memory_SwapTotal_bytes", "交换空间总量", "Size of all page files.")
        .unit(Unit::Bytes);
const NODE_FREE: Gauge = node::gauge(
    "node_memory_SwapFree_bytes",
    "空闲交换空间",
    "The part of all page files that holds nothing.",
)
.unit(Unit::Bytes);

pub(super) const DEF: CollectorDef = CollectorDef::new(
    "pagefile",
    "页面文件",
    "Size and use of the page files.",
    &[&LIMIT, &FREE, &OS_LIMIT, &NODE_TOTAL, &NODE_FREE],
    build,
)
.source("NtQuerySystemInformation");

#[cfg(windows)]
fn build(settings: &Settings) -> Result<ScheduledCollector, SettingError> {
    use crate::windows::{Error, memory, nt, pagefiles};
    let names = Names::new(settings);
    let mut buffer = nt::Buffer::default();
    let collect = move |out: &mut Samples| {
        let files = pagefiles::read(&mut buffer).map_err(Error::of_collector)?;
        to_samples(&files, memory::commitment()?.page, &mut names.of(out));
        Ok::<(), CollectError>(())
    };
    Ok(ScheduledCollector::on_scrape(collect))
}

fn to_samples(files: &[PageFile], page: u64, out: &mut Page<'_>) {
    let bytes = |pages: u64| pages as f64 * page as f64;
    let (mut total, mut all_free) = (0, 0);
    for file in files {
        let (size, free) = (u64::from(file.size), u64::from(file.size.saturating_sub(file.used)));
        out.set(&LIMIT, [&file.path], bytes(size));
        out.set(&FREE, [&file.path], bytes(free));
        total += size;
        all_free += free;
    }
    for metric in [&OS_LIMIT, &NODE_TOTAL] {
        out.set(metric, [], bytes(total));
    }
    out.set(&NODE_FREE, [], bytes(all_free));
}

#[cfg(test)]
mod tests {
    use exporter_kit::Samples;

    use super::*;
    use crate::names::Names;

    #[test]
    fn page_files_are_also_summed() {
        let file = |path: &str, size, used| PageFile { path: path.to_owned(), size, used };
        let files = [file("C:\\pagefile.sys", 100, 25), file("D:\\pagefile.sys", 10, 10)];
        let mut out = Samples::default();
        to_samples(&files, 4096, &mut Names::ALL.of(&mut out));
        assert_eq!(out.value(&FREE, ["C:\\pagefile.sys"]), Some(75.0 * 4096.0));
        assert_eq!(out.value(&NODE_TOTAL, []), Some(110.0 * 4096.0));
        assert_eq!(out.value(&NODE_FREE, []), Some(75.0 * 4096.0));
        assert_eq!(out.check(&DEF), Ok(()));
    }

    #[test]
    fn without_page_files_swap_is_0() {
        let mut out = Samples::default();
        to_samples(&[], 4096, &mut Names::ALL.of(&mut out));
        assert_eq!((out.value(&NODE_TOTAL, []), out.value(&OS_LIMIT, [])), (Some(0.0), Some(0.0)));
    }
}
