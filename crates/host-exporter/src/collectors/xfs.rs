//! What XFS has done, for each file system: `/sys/fs/xfs/*/stats/stats`.

use std::path::Path;

use exporter_kit::{CollectError, CollectorDef, Counter, Metric, Samples, ScheduledCollector};

use super::node::counter;
use crate::files::Folder;
use crate::host::Host;
use crate::text::{fields, lines, number};

/// Makes the metrics, by the lines of the file and in the order of their numbers.
macro_rules! groups {
    ($($key:literal [$($name:literal $zh:literal $help:literal;)*])*) => {
        const GROUPS: &[(&str, &[Counter<1>])] = &[$(($key, &[$(
            counter(concat!("node_xfs_", $name, "_total"), $zh, $help).labels(["device"]),
        )*])),*];
        const METRICS: &[&dyn Metric] = &[$($(
            &counter(concat!("node_xfs_", $name, "_total"), $zh, $help).labels(["device"]),
        )*)*];
    };
}

groups! {
    "extent_alloc" [
        "extent_allocation_extents_allocated" "XFS分配区段数" "Extents allocated.";
        "extent_allocation_blocks_allocated" "XFS分配块数" "Blocks allocated.";
        "extent_allocation_extents_freed" "XFS释放区段数" "Extents freed.";
        "extent_allocation_blocks_freed" "XFS释放块数" "Blocks freed.";
    ]
    "abt" [
        "allocation_btree_lookups" "XFS分配树查找数" "Lookups in the trees of free space.";
        "allocation_btree_compares" "XFS分配树比较数" "Compares in the trees of free space.";
        "allocation_btree_records_inserted" "XFS分配树插入数" "Records put into the trees of free space.";
        "allocation_btree_records_deleted" "XFS分配树删除数" "Records taken out of the trees of free space.";
    ]
    "blk_map" [
        "block_mapping_reads" "XFS块映射读次数" "Block maps read.";
        "block_mapping_writes" "XFS块映射写次数" "Block maps written.";
        "block_mapping_unmaps" "XFS块映射删除数" "Blocks taken out of maps.";
        "block_mapping_extent_list_insertions" "XFS区段列表插入数" "Extents put into lists.";
        "block_mapping_extent_list_deletions" "XFS区段列表删除数" "Extents taken out of lists.";
        "block_mapping_extent_list_lookups" "XFS区段列表查找数" "Lookups in lists of extents.";
        "block_mapping_extent_list_compares" "XFS区段列表比较数" "Compares in lists of extents.";
    ]
    "bmbt" [
        "block_map_btree_lookups" "XFS映射树查找数" "Lookups in the trees of block maps.";
        "block_map_btree_compares" "XFS映射树比较数" "Compares in the trees of block maps.";
        "block_map_btree_records_inserted" "XFS映射树插入数" "Records put into the trees of block maps.";
        "block_map_btree_records_deleted" "XFS映射树删除数" "Records taken out of the trees of block maps.";
    ]
    "dir" [
        "directory_operation_lookup" "XFS目录查找数" "Names looked up that the kernel had not cached.";
        "directory_operation_create" "XFS目录创建数" "Names created.";
        "directory_operation_remove" "XFS目录删除数" "Names removed.";
        "directory_operation_getdents" "XFS目录读取数" "Directories read.";
    ]
    "ig" [
        "inode_operation_attempts" "XFS索引节点查找数" "Inodes looked for in the cache.";
        "inode_operation_found" "XFS索引节点命中数" "Inodes found in the cache.";
        "inode_operation_recycled" "XFS索引节点重用数" "Inodes that were taken back before they were freed.";
        "inode_operation_missed" "XFS索引节点未命中数" "Inodes not found in the cache.";
        "inode_operation_duplicates" "XFS索引节点重复数" "Inodes that another had put into the cache meanwhile.";
        "inode_operation_reclaims" "XFS索引节点回收数" "Inodes taken out of the cache.";
        "inode_operation_attribute_changes" "XFS索引节点属性变更数" "Inodes whose attributes were changed.";
    ]
    "rw" [
        "write_calls" "XFS写调用数" "Calls that wrote files.";
        "read_calls" "XFS读调用数" "Calls that read files.";
    ]
    "vnodes" [
        "vnode_active" "XFS活跃节点数" "Vnodes that are in use.";
        "vnode_allocate" "XFS节点分配数" "Vnodes allocated.";
        "vnode_get" "XFS节点获取数" "Vnodes taken from the list of free ones.";
        "vnode_hold" "XFS节点持有数" "Vnodes held.";
        "vnode_release" "XFS节点释放数" "Vnodes released.";
        "vnode_reclaim" "XFS节点回收数" "Vnodes reclaimed.";
        "vnode_remove" "XFS节点移除数" "Vnodes removed.";
    ]
}

pub(super) const DEF: CollectorDef =
    CollectorDef::new("xfs", "XFS", "What XFS file systems have done.", METRICS, |settings| {
        let path = Host::new(settings).sys("fs/xfs");
        Ok(ScheduledCollector::on_scrape(move |out: &mut Samples| collect(&path, out)))
    })
    .source("/sys/fs/xfs/*/stats/stats");

fn collect(path: &Path, out: &mut Samples) -> Result<(), CollectError> {
    let folder = Folder::open(path).ok_or(CollectError::NoData)?;
    folder.names(|device| {
        // The folder of the sums of all is not one of a device, and has the file elsewhere.
        let stats = folder.folder(device).and_then(|device| device.text("stats/stats"));
        if let Some(stats) = stats {
            to_samples(stats.bytes(), device, out);
        }
    });
    Ok(())
}

fn to_samples(stats: &[u8], device: &str, out: &mut Samples) {
    for line in lines(stats) {
        let mut numbers = fields(line);
        let Some(key) = numbers.next() else { continue };
        let Some((_, metrics)) = GROUPS.iter().find(|(known, _)| *known == key) else { continue };
        for (metric, field) in metrics.iter().zip(numbers) {
            if let Some(count) = number(field).filter(|count| *count >= 0.0) {
                out.set(metric, [device], count);
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn lines_are_metrics_in_the_order_of_their_numbers() {
        let text =
            b"extent_alloc 1 2 3 4\nabt 5\nrw 6 x 8\ntrans 0 9 0\nvnodes 1 2 3 4 5 6 7 8\ndir";
        let mut out = Samples::default();
        to_samples(text, "sda1", &mut out);
        let value = |group: usize, at: usize| out.value(&GROUPS[group].1[at], ["sda1"]);
        assert_eq!([0, 1, 2, 3].map(|at| value(0, at)), [1.0, 2.0, 3.0, 4.0].map(Some));
        assert_eq!((value(1, 0), value(1, 1)), (Some(5.0), None));
        assert_eq!((value(6, 0), value(6, 1)), (Some(6.0), None));
        assert_eq!(value(7, 6), Some(7.0));
        assert_eq!(out.len(), 4 + 1 + 1 + 7);
    }
}
