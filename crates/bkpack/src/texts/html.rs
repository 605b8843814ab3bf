//! The HTML report of a rehearsal.

blueking_package::texts! {
    rehearsed(date: &str, version: &str) =
        "Rehearsed {date} by bkpack {version}",
        "演练时间 {date}，bkpack {version}";
    no_step_failed() =
        "No step failed.",
        "所有步骤都没有失败。";
    would_not_work(steps: &str) =
        "It would not work on BlueKing; failed: {steps}.",
        "在蓝鲸上无法正常工作，失败的步骤：{steps}。";
    would_not_work_with(parameters: &str, steps: &str) =
        "It would not work on BlueKing with these parameters ({parameters}); failed: {steps}.",
        "用这些参数（{parameters}）在蓝鲸上无法正常工作，失败的步骤：{steps}。";
    warnings(steps: &str) =
        "Warnings: {steps}.",
        "有警告的步骤：{steps}。";
    about(package: &str, system: &str, url: &str, arguments: &str) =
        "{package} for {system}, scraped at {url}, arguments {arguments}",
        "{package}，系统 {system}，抓取地址 {url}，启动参数 {arguments}";
    more_of_kind(count: usize) =
        "and {count} more of this kind",
        "同类的另有 {count} 条";
    metrics(count: usize) =
        "{count} metrics",
        "{count} 个指标";
    debug_preview() =
        "Debug preview",
        "调试结果预览";
    metric() =
        "metric",
        "指标";
    value() =
        "value",
        "值";
    dimensions() =
        "dimensions",
        "维度";
}
