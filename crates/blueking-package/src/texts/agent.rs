//! How the agent reads a page, and how a page differs from `metrics.json`.

crate::texts! {
    // Lines of a page, each with its correction.
    line_is_unreadable() =
        "the agent cannot parse the line and marks the scrape as failed (2502)",
        "Agent 无法解析这一行，本次采集记为失败（2502）";
    line_is_unreadable_advice() =
        "write name{{label=\"value\"}} number, and end lines with LF alone",
        "请写成 name{{label=\"value\"}} number，换行只用 LF";
    value_is_not_finite() =
        "the value is not finite; the agent drops it and marks the scrape as failed (2502)",
        "值不是有限的数，Agent 会丢弃它，本次采集记为失败（2502）";
    value_is_not_finite_advice() =
        "omit the sample while it has no value",
        "没有值时不要输出该样本";
    line_is_too_long() =
        "the line has more than 65536 bytes; the agent silently drops the rest of the page",
        "这一行超过 65536 字节，Agent 会丢弃页面剩余的内容，且没有提示";
    line_is_too_long_advice() =
        "shorten the label values or the help text",
        "请缩短标签值或 HELP 文本";
    exemplar_is_not_finite() =
        "the exemplar's value is not finite, so the agent cannot send the sample",
        "exemplar 的值不是有限的数，Agent 无法上报该样本";
    exemplar_is_not_finite_advice() =
        "remove the exemplar",
        "请去掉 exemplar";
    series_is_repeated() =
        "the series is a duplicate; one of the two samples is lost",
        "时间序列重复，两条样本会丢失一条";
    series_is_repeated_advice() =
        "expose each series once",
        "每条时间序列只输出一次";
    prefix_is_reserved() =
        "the prefix is reserved for metrics of the agent",
        "该前缀保留给 Agent 自身的指标";
    prefix_is_reserved_advice() =
        "give the metric another prefix",
        "请给指标换一个前缀";
    label_is_overwritten() =
        "BlueKing overwrites a label of this sample",
        "该样本有标签会被蓝鲸覆盖";
    label_is_overwritten_advice() =
        "rename the label",
        "请给标签改名";
    sample_has_timestamp() =
        "the sample has a timestamp, whose unit the agent guesses",
        "样本带有时间戳，其单位由 Agent 猜测";
    sample_has_timestamp_advice() =
        "remove it",
        "请去掉时间戳";

    // Differences, with their correction.
    name_clashes(name: &str) =
        "{name} is both a metric and a label; debugging fails with 3310001 指标维度存在重名; rename one",
        "{name} 既是指标又是标签，调试会报 3310001 指标维度存在重名；请给其中一个改名";
    label_is_no_dimension(label: &str, metric: &str, group: &str) =
        "the label {label} of {metric} is not a dimension of the group {group}; add it to metrics.json",
        "{metric} 的标签 {label} 不是分组 {group} 的维度；请加到 metrics.json";
    metrics_are_discovered() =
        "left out of metrics.json or unknown to it; a site that discovers metrics stores them without a description, others drop them",
        "metrics.json 有意不收或还没有收录的指标；支持自动发现的站点会存储，但没有描述，其他站点会丢弃";
    metrics_are_dropped() =
        "left out of metrics.json or unknown to it, and dropped",
        "metrics.json 有意不收或还没有收录的指标，会被丢弃";
    labels_vary(metric: &str) =
        "samples of {metric} have different labels; the debug page may miss some; use the same labels for all",
        "{metric} 各条样本的标签不一致，调试页面可能看不到其中一些；请统一标签";

    // Absent metrics of a group.
    only_metric_is_absent(group: &str) =
        "the only metric of the group {group} is not on the page, and its chart stays empty on a host like this",
        "分组 {group} 唯一的指标不在页面上，这类主机的图表会是空的";
    one_metric_is_absent(group: &str, total: usize) =
        "1 of {total} metrics of the group {group} is not on the page, and its chart stays empty on a host like this",
        "分组 {group} 的 {total} 个指标中有 1 个不在页面上，这类主机的对应图表会是空的";
    all_metrics_are_absent(group: &str, total: usize) =
        "none of the {total} metrics of the group {group} is on the page, and their charts stay empty on a host like this",
        "分组 {group} 的 {total} 个指标都不在页面上，这类主机的图表会是空的";
    some_metrics_are_absent(group: &str, count: usize, total: usize) =
        "{count} of {total} metrics of the group {group} are not on the page, and their charts stay empty on a host like this",
        "分组 {group} 的 {total} 个指标中有 {count} 个不在页面上，这类主机的对应图表会是空的";
    absent_by_system() =
        "the available process_* metrics depend on the system",
        "有哪些 process_* 指标取决于操作系统";
    absent_everywhere() =
        "omit metrics that no host has",
        "所有主机都没有的指标请排除";
}
