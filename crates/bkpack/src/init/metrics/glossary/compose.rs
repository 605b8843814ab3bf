//! Composes a Chinese name of the words of an English one. Every word must be known and the last
//! one must say what is measured; anything else is uncertain and gets no name.

use super::words::{self, Kind, Word};

/// Longest composed name, in characters: a longer one is a list of words, not a name.
const LIMIT: usize = 15;

/// How a name ends.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Ending {
    None,
    Total,
    Count,
    Seconds {
        total: bool,
    },
    Bytes {
        total: bool,
    },
    /// Adds the word unless the name already ends with it or with 率.
    Quantity(&'static str),
    /// Adds the words to anything.
    Text(&'static str),
}

const ENDINGS: &[(&[&str], Ending)] = &[
    (&["timestamp", "seconds"], Ending::Text("时间")),
    (&["seconds", "total"], Ending::Seconds { total: true }),
    (&["bytes", "total"], Ending::Bytes { total: true }),
    (&["joules", "total"], Ending::Quantity("能耗")),
    (&["total"], Ending::Total),
    (&["count"], Ending::Count),
    (&["in", "seconds"], Ending::Seconds { total: false }),
    (&["seconds"], Ending::Seconds { total: false }),
    (&["in", "bytes"], Ending::Bytes { total: false }),
    (&["bytes"], Ending::Bytes { total: false }),
    (&["ratio"], Ending::Quantity("比例")),
    (&["percent"], Ending::Quantity("百分比")),
    (&["percentage"], Ending::Quantity("百分比")),
    (&["celsius"], Ending::Quantity("温度")),
    (&["hertz"], Ending::Quantity("频率")),
    (&["volts"], Ending::Quantity("电压")),
    (&["amps"], Ending::Quantity("电流")),
    (&["watts"], Ending::Quantity("功率")),
    (&["joules"], Ending::Quantity("能耗")),
    (&["info"], Ending::Text("信息")),
    (&["created"], Ending::Text("创建时间")),
];

/// The composed name, or `None` if it would be uncertain. The first word is usually the namespace
/// of the exporter: it may be unknown and is then left out.
pub(super) fn compose(name: &str) -> Option<String> {
    let tokens = tokens(name);
    let tokens: Vec<_> = tokens.iter().map(String::as_str).collect();
    let named = phrase(&tokens).or_else(|| phrase(tokens.get(1..)?));
    named.filter(|zh| zh.chars().count() <= LIMIT)
}

fn phrase(tokens: &[&str]) -> Option<String> {
    listed_quantity(tokens).or_else(|| {
        let (head, ending) = split_ending(tokens);
        render(words::parse(head)?, ending)
    })
}

/// A phrase of the list that names a quantity wins over an ending: cpu_seconds, hit_rate.
fn listed_quantity(tokens: &[&str]) -> Option<String> {
    let (head, ending) = match tokens.split_last()? {
        (&"total", head) => (head, Ending::Total),
        _ => (tokens, Ending::None),
    };
    let words = words::parse(head)?;
    let last = words.last()?;
    (last.is_phrase && last.kind == Kind::Measure).then(|| render(words, ending))?
}

fn render(mut words: Vec<Word>, ending: Ending) -> Option<String> {
    move_participles(&mut words);
    let last = *words.last()?;
    if is_doubtful(&words) {
        return None;
    }
    if last.kind == Kind::Outcome && ending == Ending::None {
        let is_so = Word { zh: "是否", ..last };
        words.insert(words.len() - 1, is_so);
    }
    let text = join(&words);
    let suffix = suffix(&text, last, ending)?;
    Some(text + suffix)
}

/// Joins words, with a space between two that are not Chinese: TSDB WAL.
fn join(words: &[Word]) -> String {
    let mut text = String::new();
    for word in words {
        let are_latin = text.ends_with(|c: char| c.is_ascii_alphanumeric())
            && word.zh.starts_with(|c: char| c.is_ascii_alphanumeric());
        if are_latin {
            text.push(' ');
        }
        text += word.zh;
    }
    text
}

/// Whether words stand where they make no sense: a quantity before something else, or two words of
/// one meaning, as in "memory resident_memory".
fn is_doubtful(words: &[Word]) -> bool {
    let Some((_, before)) = words.split_last() else { return true };
    let is_misplaced =
        |word: &Word| matches!(word.kind, Kind::Measure | Kind::Outcome | Kind::State);
    before.iter().any(is_misplaced)
        || words.iter().enumerate().any(|(position, word)| {
            words[..position].iter().any(|other| repeats(word.zh, other.zh))
        })
}

/// Whether one text is in the other; a single character is in too many words to tell.
fn repeats(a: &str, b: &str) -> bool {
    let (short, long) = if a.len() < b.len() { (a, b) } else { (b, a) };
    short.chars().nth(1).is_some() && long.contains(short)
}

/// English puts participles after a noun, Chinese before it and in the opposite order:
/// queries_concurrent_max, 最大并发查询. After a singular noun it is a verb and stays: disk_read,
/// 磁盘读取.
fn move_participles(words: &mut [Word]) {
    let Some(noun) = words.iter().rposition(|word| word.kind != Kind::Attribute) else { return };
    let is_movable = match words[noun].kind {
        Kind::Noun | Kind::Event => words[noun].is_plural,
        Kind::Measure | Kind::Resource => true,
        Kind::Attribute | Kind::Subject | Kind::Outcome | Kind::State => false,
    };
    if is_movable {
        let before = words[..noun].iter().rev().take_while(|word| word.kind == Kind::Attribute);
        let start = noun - before.count();
        words[noun + 1..].reverse();
        words[start..].rotate_left(noun + 1 - start);
    }
}

/// What an ending adds to a text, or `None` if they do not fit.
fn suffix(text: &str, last: Word, ending: Ending) -> Option<&'static str> {
    use Kind::{Attribute, Event, Measure, Noun, Outcome, Resource, State, Subject};
    let is_quantity = matches!(last.kind, Measure | Resource);
    Some(match (ending, last.kind) {
        (Ending::None, State | Outcome) => "",
        (_, State) | (Ending::Total | Ending::Count, Attribute | Subject) => return None,
        (Ending::None, Noun) if last.is_plural => "数",
        (Ending::None, Event) if last.is_plural => "次数",
        (Ending::None, _) if !is_quantity => return None,
        (Ending::Count, Measure | Resource) => return None,
        (Ending::Total, Noun) => "总数",
        (Ending::Count, Noun) => "数",
        (Ending::Total | Ending::Count, Event | Outcome) => "次数",
        (Ending::Total, _) => "总计",
        (Ending::Seconds { total } | Ending::Bytes { total }, _) if is_quantity => {
            if total {
                "总计"
            } else {
                ""
            }
        }
        (Ending::Seconds { .. }, Attribute) => "时间",
        (Ending::Seconds { total: false }, _) => "耗时",
        (Ending::Seconds { total: true }, _) => "总耗时",
        (Ending::Bytes { total: false }, _) => "字节数",
        (Ending::Bytes { total: true }, _) => "字节总数",
        (Ending::Quantity("比例" | "百分比"), Event | Outcome) => "率",
        (Ending::Text("信息"), Attribute | Event) => return None,
        (Ending::Quantity(zh), _) if text.ends_with(zh) || text.ends_with('率') => "",
        (Ending::Text(zh), _) if text.ends_with(zh) => "",
        (Ending::Quantity(zh) | Ending::Text(zh), _) => zh,
        (Ending::None, _) => "",
    })
}

fn split_ending<'a>(tokens: &'a [&'a str]) -> (&'a [&'a str], Ending) {
    let found = ENDINGS.iter().find(|(words, _)| tokens.ends_with(words));
    found.map_or((tokens, Ending::None), |(words, ending)| {
        (&tokens[..tokens.len() - words.len()], *ending)
    })
}

/// Splits at `_` and between a small and a capital letter.
fn tokens(name: &str) -> Vec<String> {
    let mut separated = String::with_capacity(name.len() + 4);
    let mut was_small = false;
    for c in name.chars() {
        if was_small && c.is_ascii_uppercase() {
            separated.push('_');
        }
        was_small = c.is_ascii_lowercase();
        separated.push(c.to_ascii_lowercase());
    }
    // num_connections is connections.
    let separated = separated.replace("number_of_", "");
    let tokens = separated.split(['_', ':']).filter(|token| !["", "num"].contains(token));
    tokens.map(str::to_owned).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn words_follow_chinese_order() {
        for (name, zh) in [
            ("shop_http_requests_total", "HTTP请求总数"),
            ("shop_connections_active", "活跃连接数"),
            ("shop_queries_concurrent_max", "最大并发查询数"),
            ("shop_read_requests_queued", "排队的读取请求数"),
            ("shop_file_mtime_timestamp_seconds", "文件修改时间"),
            ("shop_retries_total", "重试次数"),
            ("shop_bytes_received_total", "接收字节总数"),
            ("shop_received_bytes_total", "接收字节总数"),
            ("shop_request_duration_seconds", "请求耗时"),
            ("shop_memory_used_bytes", "已用内存"),
            ("shop_disk_read_seconds_total", "磁盘读取时间"),
            ("shop_cache_hit_ratio", "缓存命中率"),
            ("shop_max_open_files", "最大打开文件数"),
            ("shop_last_reload_success_timestamp_seconds", "最近重载成功时间"),
            ("shop_sync_success", "同步是否成功"),
            ("shop_sync_success_total", "同步成功次数"),
            ("shop_tsdb_wal_corruptions_total", "TSDB WAL损坏次数"),
            ("shop_number_of_threads", "线程数"),
            ("shop_heap_size_in_bytes", "堆大小"),
            ("shop_thread_count", "线程数"),
            ("shop_fan_temperature_celsius", "风扇温度"),
            ("shop_scannedObjects", "扫描对象数"),
        ] {
            assert_eq!(compose(name).as_deref(), Some(zh), "{name}");
        }
    }

    #[test]
    fn uncertain_names_are_not_composed() {
        for name in [
            "shop_cache",      // a subject alone
            "shop_connection", // singular: perhaps an identifier
            "shop_process",
            "shop_disk_read_total",   // operations or bytes?
            "shop_requests_by_flurb", // an unknown word
            "shop_active",
            "shop_memory_resident_memory_bytes",
            "shop_pending_info",
            "shop_latency_queries_total",
            "shop_up_seconds",
            "shop_total",
            "shop_http_request_queue_worker_thread_connection_cache_size",
            "up_up_up_total",
            "",
        ] {
            assert_eq!(compose(name), None, "{name}");
        }
    }
}
