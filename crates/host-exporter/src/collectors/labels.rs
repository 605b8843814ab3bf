//! The Chinese names of labels, one for the whole exporter: BlueKing shows them as dimensions.

/// Sorted by the label.
pub(crate) const LABELS: &[(&str, &str)] = &[
    ("chip", "芯片"),
    ("chip_name", "芯片名称"),
    ("core", "CPU核"),
    ("cpu", "CPU"),
    ("label", "标签"),
    ("mode", "模式"),
    ("mountpoint", "挂载点"),
    ("package", "CPU插槽"),
    ("sensor", "传感器"),
];
