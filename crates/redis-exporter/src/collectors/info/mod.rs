//! Samples of the reply to `INFO all`, a file for each of its sections. The metric names are those of
//! redis_exporter, so that its dashboards and alerts work.

mod commands;
pub(super) mod field;
mod keyspace;
mod memory;
mod persistence;
mod replication;
mod server;
mod stats;

use exporter_kit::{Field, Metric, Samples};

pub(super) use self::commands::MICROSECONDS;
pub(super) use self::field::NAMES_OF;
use crate::info::Info;

/// The keys that map directly to metrics, by section of `INFO`.
pub(super) const FIELDS: [&[Field]; 5] =
    [server::FIELDS, memory::FIELDS, persistence::FIELDS, replication::FIELDS, stats::FIELDS];

/// The metrics that have labels.
pub(super) const METRICS: [&[&dyn Metric]; 4] =
    [server::METRICS, replication::METRICS, commands::METRICS, keyspace::METRICS];

/// Turns a reply into samples. `databases` is how many there are, if that is known.
pub(super) fn set(info: &Info<'_>, databases: u32, out: &mut Samples) {
    for field in FIELDS.into_iter().flatten() {
        if let Some(number) = info.number(field.key()) {
            field.set(number, out);
        }
    }
    server::set(info, out);
    replication::set(info, out);
    commands::set(info, out);
    keyspace::set(info, databases, out);
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;
    use crate::collectors::redis::DEF;

    /// The answer of a Redis 7.0.15 that had been asked a little.
    const INFO: &str = include_str!("../../../tests/data/info-7.0.15.txt");

    fn page(info: &str) -> (Samples, String) {
        let mut out = Samples::default();
        set(&Info::parse(info), 2, &mut out);
        out.check(&DEF).unwrap();
        let page = out.page();
        (out, page)
    }

    #[test]
    fn full_reply_becomes_samples() {
        let (out, page) = page(INFO);
        assert_eq!(out.discarded().total(), 0);
        for line in [
            "redis_instance_info{role=\"master\",redis_version=\"7.0.15\",redis_build_id=\"ae4d7c971a948f0\",redis_mode=\"standalone\",os=\"Linux 6.1.0 x86_64\",maxmemory_policy=\"noeviction\",tcp_port=\"0\",run_id=\"9690d656bb9a1de469892774376c7ae3e0124b5a\",process_id=\"29235\",master_replid=\"211236674240f8f628b98671f473bebc5a6effc1\"} 1",
            "redis_connected_clients 1",
            "redis_memory_used_bytes 941152",
            "redis_memory_max_bytes 0",
            "redis_mem_fragmentation_ratio 13.66",
            "redis_rdb_last_bgsave_status 1",
            "redis_rdb_last_bgsave_duration_sec -1",
            "redis_commands_processed_total 2",
            "redis_keyspace_hits_total 0",
            "redis_cpu_sys_seconds_total 0.013841",
            "redis_db_keys{db=\"db0\"} 2",
            "redis_db_keys_expiring{db=\"db0\"} 1",
            "redis_db_keys{db=\"db1\"} 0",
            "redis_commands_total{cmd=\"set\"} 2",
            "redis_commands_duration_seconds_total{cmd=\"set\"} 0.000024",
            "redis_errors_total{err=\"ERR\"} 1",
        ] {
            assert!(page.lines().any(|found| found == line), "no {line} in {page}");
        }
    }

    #[test]
    fn only_redis_exporter_names_claim_compatibility() {
        let own: Vec<_> = DEF
            .metrics()
            .map(|metric| metric.describe())
            .filter(|metric| metric.compatible_with != NAMES_OF)
            .map(|metric| metric.name)
            .collect();
        let expected = [
            "redis_exporter_refused_commands",
            "redis_exporter_ping_duration_seconds",
            "redis_exporter_replies_age_seconds",
            "redis_commands_latency_seconds",
            "redis_mem_aof_buffer_bytes",
        ];
        assert_eq!(own, expected);
    }

    #[test]
    fn fields_of_other_servers_are_few() {
        let info = Info::parse(INFO);
        let keys = FIELDS.into_iter().flatten().map(Field::key);
        let absent: Vec<_> = keys.filter(|key| info.text(key).is_none()).collect();
        let expected = [
            // Clients: of Redis 4 and earlier, of KeyDB, and of Redis 7.2 and later.
            "client_longest_output_list",
            "client_biggest_input_buf",
            "server_threads",
            "long_lock_waits",
            "current_client_thread",
            "pubsub_clients",
            "watching_clients",
            "total_watched_keys",
            "total_blocking_keys",
            "total_blocking_keys_on_nokey",
            // Memory: of Azure, and of Redis 7.4 and later.
            "maxmemory_reservation",
            "maxfragmentationmemory_reservation",
            "maxmemory_desired_reservation",
            "maxfragmentationmemory_desired_reservation",
            "mem_overhead_db_hashtable_rehashing",
            // With an append-only file.
            "aof_current_size",
            "aof_base_size",
            "aof_pending_rewrite",
            "aof_buffer_length",
            "aof_rewrite_buffer_length",
            "aof_pending_bio_fsync",
            "aof_delayed_fsync",
            // Of replicas.
            "slave_priority",
            // Statistics of Redis 7.2 and later.
            "expired_subkeys",
            "evicted_scripts",
            "client_query_buffer_limit_disconnections",
            "client_output_buffer_limit_disconnections",
            "acl_access_denied_auth",
            "acl_access_denied_cmd",
            "acl_access_denied_key",
            "acl_access_denied_channel",
        ];
        assert_eq!(absent, expected);
    }

    #[test]
    fn wrapped_numbers_are_absent_or_negative() {
        for (key, metric, value) in [
            ("mem_not_counted_for_evict", "redis_mem_not_counted_for_eviction_bytes", None),
            ("used_memory_dataset", "redis_memory_used_dataset_bytes", None),
            ("total_net_input_bytes", "redis_net_input_bytes_total", None),
            ("connected_clients", "redis_connected_clients", None),
            ("allocator_frag_bytes", "redis_allocator_frag_bytes", Some(-4096)),
            ("allocator_rss_bytes", "redis_allocator_rss_bytes", Some(-4096)),
            ("mem_fragmentation_bytes", "redis_mem_fragmentation_bytes", Some(-4096)),
        ] {
            let (_, page) = page(&format!("{key}:18446744073709547520\r\n"));
            let line = page.lines().find(|line| line.starts_with(metric));
            assert_eq!(line, value.map(|value| format!("{metric} {value}")).as_deref(), "{key}");
        }
    }

    proptest! {
        #[test]
        fn any_text_makes_samples_that_fit(text in "\\PC*") {
            page(&text);
        }

        #[test]
        fn a_damaged_answer_makes_samples_that_fit(
            changes in proptest::collection::vec((0..INFO.len(), "[-0-9:=,._a-z\r\n]{0,3}"), 1..20)
        ) {
            let mut text = INFO.to_owned();
            for (at, with) in changes {
                let at = at.min(text.len() - 1);
                text.replace_range(at..at + 1, &with);
            }
            page(&text);
        }
    }
}
