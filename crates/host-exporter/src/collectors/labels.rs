//! The Chinese names of labels, one for the whole exporter: BlueKing shows them as dimensions.

/// Sorted by the label.
pub(crate) const LABELS: &[(&str, &str)] = &[
    ("core", "CPU核"),
    ("cpu", "CPU"),
    ("device", "设备"),
    ("device_error", "设备错误"),
    ("fstype", "文件系统类型"),
    ("lv_layer", "LV层"),
    ("lv_name", "逻辑卷"),
    ("major", "主设备号"),
    ("minor", "次设备号"),
    ("mode", "模式"),
    ("model", "型号"),
    ("mountpoint", "挂载点"),
    ("name", "名称"),
    ("package", "CPU插槽"),
    ("path", "路径"),
    ("revision", "固件版本"),
    ("rotational", "是否机械盘"),
    ("serial", "序列号"),
    ("type", "类型"),
    ("usage", "用途"),
    ("uuid", "UUID"),
    ("version", "版本"),
    ("vg_name", "卷组"),
    ("wwn", "WWN"),
];
