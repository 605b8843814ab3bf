//! The Chinese names of labels, one for the whole exporter: BlueKing shows them as dimensions.

/// Sorted by the label.
pub(crate) const LABELS: &[(&str, &str)] = &[
    ("core", "CPU核"),
    ("cpu", "CPU"),
    ("device", "设备"),
    ("mode", "模式"),
    ("mountpoint", "挂载点"),
    ("package", "CPU插槽"),
];
