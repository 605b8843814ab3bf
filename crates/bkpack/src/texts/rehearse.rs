//! The steps and notes of a rehearsal.

blueking_package::texts! {
    page_has_no_samples() =
        "the page has no samples, so debugging would find no metrics; expose at least one, such as whether the monitored service answers",
        "页面没有任何指标，调试时会找不到指标；请至少暴露一个，例如被监控服务是否应答";
}
