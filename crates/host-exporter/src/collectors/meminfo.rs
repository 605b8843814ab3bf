//! The kernel's own account of memory: `/proc/meminfo`.

use exporter_kit::{
    CollectError, CollectorDef, Field, Fields, GaugePattern, Samples, Unit, UnitRule,
};

use super::node::{self, NODE_EXPORTER};
use crate::host::shared_proc_file;
use crate::text::{fields, lines, number};

/// Fields that are in KiB, in the order of recent kernels.
const SIZES: &[Field] = &[
    size(
        "MemTotal",
        "node_memory_MemTotal_bytes",
        "内存总量",
        "Usable memory: RAM less what firmware and the kernel's code take.",
    ),
    size(
        "MemFree",
        "node_memory_MemFree_bytes",
        "空闲内存",
        "Memory that is used for nothing at all.",
    ),
    size(
        "MemAvailable",
        "node_memory_MemAvailable_bytes",
        "可用内存",
        "Memory that programs could get without swapping, as the kernel estimates it.",
    ),
    size("Buffers", "node_memory_Buffers_bytes", "块设备缓冲", "Cache of raw blocks of disks."),
    size(
        "Cached",
        "node_memory_Cached_bytes",
        "页缓存",
        "Cache of files, with tmpfs and shared memory, without swap cache.",
    ),
    size(
        "SwapCached",
        "node_memory_SwapCached_bytes",
        "交换缓存",
        "Memory that was swapped in again and is still in swap too.",
    ),
    size(
        "Active",
        "node_memory_Active_bytes",
        "活跃内存",
        "Memory used of late, which is reclaimed last.",
    ),
    size(
        "Inactive",
        "node_memory_Inactive_bytes",
        "非活跃内存",
        "Memory not used of late, which is reclaimed first.",
    ),
    size(
        "Active(anon)",
        "node_memory_Active_anon_bytes",
        "活跃匿名内存",
        "Memory of programs and tmpfs that was used of late.",
    ),
    size(
        "Inactive(anon)",
        "node_memory_Inactive_anon_bytes",
        "非活跃匿名内存",
        "Memory of programs and tmpfs that was not used of late.",
    ),
    size(
        "Active(file)",
        "node_memory_Active_file_bytes",
        "活跃文件缓存",
        "Cache of files that was used of late.",
    ),
    size(
        "Inactive(file)",
        "node_memory_Inactive_file_bytes",
        "非活跃文件缓存",
        "Cache of files that was not used of late.",
    ),
    size(
        "Unevictable",
        "node_memory_Unevictable_bytes",
        "不可回收内存",
        "Memory that cannot be reclaimed, such as locked memory.",
    ),
    size("Mlocked", "node_memory_Mlocked_bytes", "锁定内存", "Memory that programs have locked."),
    size("SwapTotal", "node_memory_SwapTotal_bytes", "交换空间总量", "Swap space."),
    size(
        "SwapFree",
        "node_memory_SwapFree_bytes",
        "空闲交换空间",
        "Swap space that is not in use.",
    ),
    size("Zswap", "node_memory_Zswap_bytes", "Zswap占用内存", "Memory that compressed swap takes."),
    size(
        "Zswapped",
        "node_memory_Zswapped_bytes",
        "Zswap原始大小",
        "Memory that compressed swap holds, before compression.",
    ),
    size("Dirty", "node_memory_Dirty_bytes", "脏页", "Memory that waits to be written to disk."),
    size(
        "Writeback",
        "node_memory_Writeback_bytes",
        "正在回写",
        "Memory that is being written to disk.",
    ),
    size(
        "AnonPages",
        "node_memory_AnonPages_bytes",
        "匿名页",
        "Memory of programs that no file stands behind.",
    ),
    size(
        "Mapped",
        "node_memory_Mapped_bytes",
        "映射内存",
        "Files that are mapped into memory, such as libraries.",
    ),
    size("Shmem", "node_memory_Shmem_bytes", "共享内存", "Shared memory and tmpfs."),
    size(
        "KReclaimable",
        "node_memory_KReclaimable_bytes",
        "内核可回收内存",
        "Memory of the kernel that can be reclaimed.",
    ),
    size("Slab", "node_memory_Slab_bytes", "Slab内存", "The kernel's caches of its own objects."),
    size(
        "SReclaimable",
        "node_memory_SReclaimable_bytes",
        "可回收Slab",
        "The part of the slab that can be reclaimed.",
    ),
    size(
        "SUnreclaim",
        "node_memory_SUnreclaim_bytes",
        "不可回收Slab",
        "The part of the slab that cannot be reclaimed.",
    ),
    size(
        "KernelStack",
        "node_memory_KernelStack_bytes",
        "内核栈",
        "Stacks of the kernel, one for each thread.",
    ),
    size("PageTables", "node_memory_PageTables_bytes", "页表", "Page tables of programs."),
    size(
        "SecPageTables",
        "node_memory_SecPageTables_bytes",
        "二级页表",
        "Page tables of virtual machines and devices.",
    ),
    size(
        "NFS_Unstable",
        "node_memory_NFS_Unstable_bytes",
        "NFS未落盘页",
        "Memory sent to an NFS server that has not confirmed it.",
    ),
    size(
        "Bounce",
        "node_memory_Bounce_bytes",
        "反弹缓冲",
        "Buffers for devices that cannot reach all memory.",
    ),
    size(
        "WritebackTmp",
        "node_memory_WritebackTmp_bytes",
        "FUSE回写缓冲",
        "Buffers of FUSE for what is being written.",
    ),
    size(
        "CommitLimit",
        "node_memory_CommitLimit_bytes",
        "可承诺内存上限",
        "How much memory can be promised to programs where overcommitting is off.",
    ),
    size(
        "Committed_AS",
        "node_memory_Committed_AS_bytes",
        "已承诺内存",
        "Memory that has been promised to programs.",
    ),
    size(
        "VmallocTotal",
        "node_memory_VmallocTotal_bytes",
        "vmalloc总量",
        "Address space for vmalloc.",
    ),
    size(
        "VmallocUsed",
        "node_memory_VmallocUsed_bytes",
        "vmalloc已用",
        "Address space for vmalloc that is in use.",
    ),
    size(
        "VmallocChunk",
        "node_memory_VmallocChunk_bytes",
        "vmalloc最大连续块",
        "Largest free piece of address space for vmalloc; 0 on recent kernels.",
    ),
    size(
        "Percpu",
        "node_memory_Percpu_bytes",
        "每CPU内存",
        "Memory that the kernel has once for each CPU.",
    ),
    size(
        "HardwareCorrupted",
        "node_memory_HardwareCorrupted_bytes",
        "损坏内存",
        "Memory that is not used because it is broken.",
    ),
    size(
        "AnonHugePages",
        "node_memory_AnonHugePages_bytes",
        "匿名透明大页",
        "Memory of programs in transparent huge pages.",
    ),
    size(
        "ShmemHugePages",
        "node_memory_ShmemHugePages_bytes",
        "共享内存大页",
        "Shared memory and tmpfs in huge pages.",
    ),
    size(
        "ShmemPmdMapped",
        "node_memory_ShmemPmdMapped_bytes",
        "共享内存大页映射",
        "Shared memory that is mapped as huge pages.",
    ),
    size(
        "FileHugePages",
        "node_memory_FileHugePages_bytes",
        "文件缓存大页",
        "Cache of files in huge pages.",
    ),
    size(
        "FilePmdMapped",
        "node_memory_FilePmdMapped_bytes",
        "文件缓存大页映射",
        "Cache of files that is mapped as huge pages.",
    ),
    size(
        "CmaTotal",
        "node_memory_CmaTotal_bytes",
        "CMA总量",
        "Memory set aside for devices that need it in one piece.",
    ),
    size("CmaFree", "node_memory_CmaFree_bytes", "空闲CMA", "The part of it that no device uses."),
    size(
        "Unaccepted",
        "node_memory_Unaccepted_bytes",
        "未接受内存",
        "Memory that a confidential guest has not accepted yet.",
    ),
    size(
        "Balloon",
        "node_memory_Balloon_bytes",
        "气球内存",
        "Memory that the guest has given back to its hypervisor.",
    ),
    size(
        "Hugepagesize",
        "node_memory_Hugepagesize_bytes",
        "默认大页大小",
        "Size of a huge page, by default.",
    ),
    size("Hugetlb", "node_memory_Hugetlb_bytes", "大页内存", "Memory in huge pages of all sizes."),
    size(
        "DirectMap4k",
        "node_memory_DirectMap4k_bytes",
        "4K页直接映射",
        "Memory that the kernel maps in pages of 4 KiB.",
    ),
    size(
        "DirectMap2M",
        "node_memory_DirectMap2M_bytes",
        "2M页直接映射",
        "Memory that the kernel maps in pages of 2 MiB.",
    ),
    size(
        "DirectMap1G",
        "node_memory_DirectMap1G_bytes",
        "1G页直接映射",
        "Memory that the kernel maps in pages of 1 GiB.",
    ),
];

/// Fields that are numbers of huge pages.
const COUNTS: &[Field] = &[
    count(
        "HugePages_Total",
        "node_memory_HugePages_Total",
        "大页总数",
        "Huge pages of the default size.",
    ),
    count(
        "HugePages_Free",
        "node_memory_HugePages_Free",
        "空闲大页数",
        "Huge pages that are not in use.",
    ),
    count(
        "HugePages_Rsvd",
        "node_memory_HugePages_Rsvd",
        "预留大页数",
        "Huge pages that are promised and not yet used.",
    ),
    count(
        "HugePages_Surp",
        "node_memory_HugePages_Surp",
        "超额大页数",
        "Huge pages beyond the number that was asked for.",
    ),
];

/// What other kernels have.
const OTHERS: GaugePattern = GaugePattern::new("node_memory_", "Field {} of /proc/meminfo.")
    .unit_rule(UnitRule::BySuffix)
    .zh("其他内存指标")
    .compatible_with(NODE_EXPORTER);

pub(super) const DEF: CollectorDef = CollectorDef::new(
    "meminfo",
    "内存",
    "Memory, every field of the kernel's.",
    &[],
    |settings| shared_proc_file(settings, "meminfo", to_samples),
)
.fields(&[SIZES, COUNTS])
.patterns(&[&OTHERS])
.source("/proc/meminfo");

const fn size(
    key: &'static str,
    name: &'static str,
    zh: &'static str,
    help: &'static str,
) -> Field {
    Field::gauge(key, node::gauge(name, zh, help).unit(Unit::Bytes)).times(1024.0)
}

const fn count(
    key: &'static str,
    name: &'static str,
    zh: &'static str,
    help: &'static str,
) -> Field {
    Field::gauge(key, node::gauge(name, zh, help))
}

fn to_samples(text: &[u8], out: &mut Samples) -> Result<(), CollectError> {
    let (mut sizes, mut counts) = (Fields::of(SIZES), Fields::of(COUNTS));
    for line in lines(text) {
        let Some((key, rest)) = line.split_once(':') else { continue };
        let mut rest = fields(rest);
        let Some(value) = rest.next().and_then(number).filter(|value| *value >= 0.0) else {
            continue;
        };
        match rest.next() {
            Some("kB") if sizes.set(key, value, out) => {}
            Some("kB") => out.set_field(&OTHERS, &[key, "_bytes"], [], value * 1024.0),
            None if counts.set(key, value, out) => {}
            None => out.set_field(&OTHERS, &[key], [], value),
            Some(_) => {}
        }
    }
    if out.is_empty() { Err("no field of /proc/meminfo can be read".into()) } else { Ok(()) }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn sizes_are_bytes_and_counts_are_counts() {
        let mut out = Samples::default();
        let text = "MemTotal:       1000 kB\nActive(anon):     3 kB\nHugePages_Total:       7\n\
                    Novel(x):    2 kB\nNovelty:  9\nMemFree: x kB\nBuffers: -1 kB\nSlab: 5 MB\nCached: 4";
        to_samples(text.as_bytes(), &mut out).unwrap();
        let page = out.page();
        let samples: Vec<_> = page.lines().filter(|line| !line.starts_with('#')).collect();
        let expected = [
            "node_memory_Active_anon_bytes 3072",
            "node_memory_HugePages_Total 7",
            "node_memory_MemTotal_bytes 1024000",
            "node_memory_Novel_x_bytes 2048",
            "node_memory_Novelty 9",
        ];
        assert_eq!(samples, expected);
        assert!(
            page.contains("# HELP node_memory_Novel_x_bytes Field Novel(x) of /proc/meminfo.\n")
        );
        assert_eq!(out.check(&DEF), Ok(()));
    }

    #[test]
    fn a_file_without_a_field_is_an_error() {
        for text in ["", "MemTotal", "MemTotal: 1 kB", "\u{0}\u{1}\n"] {
            assert!(to_samples(text.as_bytes(), &mut Samples::default()).is_err(), "{text:?}");
        }
    }
}
