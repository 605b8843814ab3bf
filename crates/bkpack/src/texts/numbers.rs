//! Numbers with units that have a word of their own in each language.

blueking_package::texts! {
    bytes(count: &str) =
        "{count} bytes",
        "{count} 字节";
    seconds(seconds: &str) =
        "{seconds} s",
        "{seconds} 秒";
    minutes(minutes: &str, seconds: &str) =
        "{minutes} min {seconds} s",
        "{minutes} 分 {seconds} 秒";
    hours(hours: &str, minutes: &str) =
        "{hours} h {minutes} min",
        "{hours} 小时 {minutes} 分";
    days(days: &str, hours: &str) =
        "{days} d {hours} h",
        "{days} 天 {hours} 小时";
}
