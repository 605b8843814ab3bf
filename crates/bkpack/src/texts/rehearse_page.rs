//! The notes of a rehearsal on the page that an exporter serves, and on what BlueKing makes of it.

use std::fmt::Display;

blueking_package::texts! {
    connection_refused(url: &str) =
        "2501 ConnRefused: {url}; the exporter must listen on the address in its arguments",
        "2501 ConnRefused：{url}；exporter 应监听启动参数里的地址";
    body_not_written(url: &str) =
        "1501 WriteTempFileFailed: {url}",
        "1501 WriteTempFileFailed：{url} 的内容没有收完";
    line(number: usize, trouble: impl Display, advice: impl Display, text: &str) =
        "line {number}: {trouble}; {advice}: {text}",
        "第 {number} 行：{trouble}；{advice}：{text}";
    labels_are_overwritten() =
        "BlueKing overwrites a label of these samples; metrics.json does not list them, so nothing is lost until it does",
        "这些样本有标签会被蓝鲸覆盖；metrics.json 没有收录它们，收录之前没有影响";
    status(status: u16) =
        "the status is {status}, which the agent ignores; it parses the page anyway, so do not put errors on it",
        "HTTP 状态码是 {status}，Agent 不看状态码，照样解析页面；不要把报错写在页面里";
    page_has_no_samples() =
        "the page has no samples, so debugging would find no metrics; expose at least one, such as whether the monitored service answers",
        "页面没有任何指标，调试时会找不到指标；请至少暴露一个，例如被监控服务是否应答";
    slow(seconds: f64, limit: f64) =
        "the answer took {seconds:.1} s; stay below {limit} s",
        "应答用了 {seconds:.1} 秒，请控制在 {limit} 秒以内";
    scraped(samples: &str, bytes: &str, milliseconds: f64, code: u32) =
        "{samples} samples in {bytes}, {milliseconds:.0} ms, endpoint_up code {code}",
        "{samples} 个样本，{bytes}，{milliseconds:.0} 毫秒，endpoint_up 状态码 {code}";

    groups_without_samples_while_down(groups: usize, metric: &str) =
        "groups without a sample: {groups}; as {metric} is 0, this is no evidence against metrics.json",
        "没有样本的分组：{groups} 个；{metric} 为 0，不说明 metrics.json 有问题";
    groups_without_samples(groups: usize) =
        "groups without a sample: {groups}; every collector succeeded, so this host has nothing of that kind",
        "没有样本的分组：{groups} 个；各采集项都成功，说明本机没有这类对象";
    declared(groups: usize, metrics: usize) =
        "groups: {groups}, metrics: {metrics}",
        "分组 {groups} 个，指标 {metrics} 个";
    debug_log_too_long(size: &str, seconds: u64) =
        "the debug log would have about {size} in {seconds} s; a site that truncates it fails with 3310023 指标数量过多; expose fewer metrics",
        "{seconds} 秒内调试日志约 {size}；平台截断日志时会报 3310023 指标数量过多；请减少指标";
    previewed(metrics: &str, size_of_scrape: &str, size: &str, seconds: u64) =
        "{metrics} metrics; about {size_of_scrape} of log for each scrape, {size} in {seconds} s",
        "{metrics} 个指标；每次抓取约产生 {size_of_scrape} 日志，{seconds} 秒共 {size}";

    partly_down(down: usize, samples: usize, metric: &str) =
        "{down} of {samples} samples of {metric} are 0: if it tells whether services answer, their other metrics may be absent",
        "{metric} 的 {samples} 个样本中有 {down} 个为 0：如果它表示服务是否应答，这些服务的其他指标可能缺失";
    endless_page(url: &str, limit: u64) =
        "{url} has {limit} MiB or more, which no agent could send; does the page end?",
        "{url} 达到 {limit} MiB，Agent 无法上报；指标页是否没有结尾？";
    is_one(series: &str) =
        "{series} is 1",
        "{series} 为 1";
    down(metric: &str) =
        "{metric} is 0: the monitored service does not answer or rejects requests, so most of its metrics are absent",
        "{metric} 为 0：被监控服务没有应答或拒绝请求，大部分指标因此缺失";
    down_because(metric: &str, reasons: &str) =
        "{metric} is 0 ({reasons}): the monitored service does not answer or rejects requests, so most of its metrics are absent",
        "{metric} 为 0（{reasons}）：被监控服务没有应答或拒绝请求，大部分指标因此缺失";
    down_without_rows(down: &str) =
        "{down}; rehearse with a service that answers, at the exporter's default address: the form has no row for it",
        "{down}；演练时请准备一个能应答的服务，地址用 exporter 的默认值：采集配置里没有这一项";
    down_with_rows(down: &str, rows: &str) =
        "{down}; rehearse with a service that answers, and give its address and credentials with --param NAME=VALUE; the form has {rows}",
        "{down}；演练时请准备一个能应答的服务，用 --param NAME=VALUE 填写地址和账号；采集配置有 {rows}";
    empty() =
        "empty",
        "空";
    hidden() =
        "hidden",
        "不显示";
}
