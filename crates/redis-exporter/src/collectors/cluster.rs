//! `CLUSTER INFO`: the cluster as this node sees it.

use exporter_kit::{AnyPattern, Field, GaugePattern, Samples};

use super::info::NAMES_OF;
use super::info::field::gauge;
use crate::info::Info;

pub(super) const FIELDS: &[Field] = &[
    gauge(
        "cluster_state",
        "redis_cluster_state",
        "集群状态",
        "Whether the cluster accepts queries (1) or not (0).",
    ),
    gauge(
        "cluster_slots_assigned",
        "redis_cluster_slots_assigned",
        "已分配的槽数",
        "Hash slots that belong to some node; 16384 are all.",
    ),
    gauge(
        "cluster_slots_ok",
        "redis_cluster_slots_ok",
        "正常的槽数",
        "Hash slots of nodes that answer.",
    ),
    gauge(
        "cluster_slots_pfail",
        "redis_cluster_slots_pfail",
        "疑似故障的槽数",
        "Hash slots of nodes that this one cannot reach.",
    ),
    gauge(
        "cluster_slots_fail",
        "redis_cluster_slots_fail",
        "故障的槽数",
        "Hash slots of nodes that the cluster has given up.",
    ),
    gauge(
        "cluster_known_nodes",
        "redis_cluster_known_nodes",
        "已知节点数",
        "Nodes that this one knows, replicas and those that join included.",
    ),
    gauge(
        "cluster_size",
        "redis_cluster_size",
        "主节点数",
        "Masters that have at least one hash slot.",
    ),
    gauge(
        "cluster_current_epoch",
        "redis_cluster_current_epoch",
        "集群纪元",
        "Epoch of the cluster, which orders its changes.",
    ),
    gauge(
        "cluster_my_epoch",
        "redis_cluster_my_epoch",
        "本节点纪元",
        "Epoch of the configuration that this node announces.",
    ),
    gauge(
        "cluster_stats_messages_sent",
        "redis_cluster_messages_sent_total",
        "集群消息发送数",
        "Messages sent on the cluster bus.",
    ),
    gauge(
        "cluster_stats_messages_received",
        "redis_cluster_messages_received_total",
        "集群消息接收数",
        "Messages received on the cluster bus.",
    ),
];

const MESSAGES: GaugePattern =
    GaugePattern::new("redis_cluster_stats_messages_", "Messages on the cluster bus: {}.")
        .zh("各类集群消息数")
        .compatible_with(NAMES_OF);

pub(super) const PATTERNS: &[&dyn AnyPattern] = &[&MESSAGES];

pub(super) fn set(info: &Info<'_>, out: &mut Samples) {
    for field in FIELDS {
        if let Some(number) = info.number(field.key()) {
            field.set(number, out);
        }
    }
    for (key, value) in info.lines() {
        let is_total = FIELDS.iter().any(|field| field.key() == key);
        let kind = key.strip_prefix("cluster_stats_messages_").filter(|_| !is_total);
        if let (Some(kind), Some(number)) = (kind, crate::info::number(value)) {
            out.set_field(&MESSAGES, &[kind], [], number);
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn state_and_slots_become_samples() {
        for (state, number) in [("ok", 1), ("fail", 0)] {
            let text = format!(
                "cluster_state:{state}\r\ncluster_slots_assigned:16384\r\n\
                 cluster_stats_messages_ping_sent:7\r\ncluster_stats_messages_sent:9\r\n"
            );
            let mut out = Samples::default();
            set(&Info::parse(&text), &mut out);
            let page = out.page();
            assert!(page.contains(&format!("\nredis_cluster_state {number}\n")), "{page}");
            assert!(page.contains("\nredis_cluster_slots_assigned 16384\n"), "{page}");
            assert!(page.contains("\nredis_cluster_stats_messages_ping_sent 7\n"), "{page}");
            assert!(page.contains("\nredis_cluster_messages_sent_total 9\n"), "{page}");
        }
    }
}
