//! Chinese names of metrics and labels. Names come from tables of well-known exporters, from rules
//! for names of one form, or are composed of words. An uncertain name is not used: the help text
//! of the exporter says more than a wrong translation.

mod compose;
mod tables;
mod words;

/// Longest Chinese name of a metric, in characters.
const METRIC_LIMIT: usize = 50;

/// What samples add to the name of their family.
const PARTS: [(&str, &str); 4] =
    [("_bucket", "分桶"), ("_sum", "总和"), ("_count", "次数"), ("_created", "创建时间")];

/// The Chinese name of a metric family or of one of its samples, at most 50 characters and usually
/// at most 15. `None` if the name cannot be translated reliably.
///
/// ```
/// use bkpack::init::metrics::glossary::metric_name;
///
/// assert_eq!(metric_name("go_goroutines").as_deref(), Some("协程数"));
/// assert_eq!(metric_name("shop_orders_created_total"), None);
/// ```
pub fn metric_name(name: &str) -> Option<String> {
    let part = PARTS.iter().find_map(|(part, zh)| Some((name.strip_suffix(part)?, *zh)));
    let known = listed(name)
        .map(str::to_owned)
        .or_else(|| part.and_then(|(family, zh)| Some(format!("{}{zh}", listed(family)?))))
        .or_else(|| tables::by_rule(name))
        .or_else(|| compose::compose(name))
        .or_else(|| part.and_then(|(family, zh)| composed_part(family, zh)));
    known.filter(|zh| zh.chars().count() <= METRIC_LIMIT)
}

/// The Chinese name of a label, at most 15 characters.
pub fn label_name(label: &str) -> Option<String> {
    tables::label(label).map(str::to_owned)
}

/// The Chinese name of the metrics whose names start with `prefix`, which has no trailing `_`; at
/// most 15 characters.
pub(super) fn group_name(prefix: &str) -> Option<&'static str> {
    tables::group(prefix)
}

/// Looks a name up in the tables. OpenMetrics adds `_total` to counters and older exporters do
/// not, so a name is also found by its other form.
fn listed(name: &str) -> Option<&'static str> {
    tables::metric(name).or_else(|| match name.strip_suffix("_total") {
        Some(short) => tables::metric(short),
        None => tables::metric(&format!("{name}_total")),
    })
}

/// A family with a unit is surely a histogram or summary; `x_count` alone may be a gauge.
fn composed_part(family: &str, zh: &str) -> Option<String> {
    let has_unit = family.ends_with("_seconds") || family.ends_with("_bytes");
    has_unit.then(|| compose::compose(family).map(|name| format!("{name}{zh}"))).flatten()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn names_come_from_tables_rules_and_words() {
        for (name, zh) in [
            ("node_load1", Some("1分钟平均负载")),
            ("redis_up", Some("是否可用")),
            ("mysql_global_status_threads_connected", Some("当前连接数")),
            (
                "mysql_global_variables_eq_range_index_dive_limit",
                Some("系统变量eq_range_index_dive_limit"),
            ),
            ("node_memory_Unheard_bytes", Some("其他内存指标Unheard_bytes")),
            ("squid_exporter_build_info", Some("采集程序版本信息")),
            ("bind_incoming_queries_total", Some("接收查询总数")),
            ("promhttp_metric_handler_errors_created", Some("指标接口错误次数创建时间")),
            ("go_gc_duration_seconds_sum", Some("GC暂停时间总和")),
            ("shop_request_duration_seconds_bucket", Some("请求耗时分桶")),
            ("nginx_connections_accepted_total", Some("累计接受的连接数")),
            ("probe_success", Some("探测是否成功")),
            ("shop_flurb_total", None),
            ("shop", None),
            ("", None),
        ] {
            assert_eq!(metric_name(name).as_deref(), zh, "{name}");
        }
    }

    #[test]
    fn no_name_exceeds_the_limit() {
        let long = format!("mysql_global_variables_{}", "a".repeat(60));
        assert_eq!(metric_name(&long), None);
    }

    #[test]
    fn hand_written_labels_override_generated_ones() {
        assert_eq!(label_name("mountpoint").as_deref(), Some("挂载点"));
        assert_eq!(label_name("node").as_deref(), Some("节点"));
        assert_eq!(label_name("flurb"), None);
    }
}
