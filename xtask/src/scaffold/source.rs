//! What a new exporter reads, and the texts of it that both templates have in common. Pure.

use std::str::FromStr;

/// What the template exporter reads.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub(crate) enum Source {
    /// The entries of a folder: the least that an exporter can be.
    #[default]
    Folder,
    /// A status page, asked for over HTTP.
    Http,
}

impl Source {
    /// Its folder in `xtask/scaffold`, which is also the value of `--from`.
    pub(crate) fn name(self) -> &'static str {
        match self {
            Self::Folder => "folder",
            Self::Http => "http",
        }
    }

    /// The placeholders that only this template fills, by name. `subject` is the prefix of the
    /// metrics.
    pub(super) fn values(self, subject: &str) -> [(&'static str, String); 11] {
        let text = str::to_owned;
        match self {
            Self::Folder => [
                ("about", text("Number and size of the entries of a folder.")),
                ("about_zh", text("统计一个目录中的文件、子目录数量和文件总大小。")),
                (
                    "metrics_zh",
                    format!(
                        "`{subject}_entries` 的维度 `kind`：`file` 文件、`folder` 子目录、`other` 其他。"
                    ),
                ),
                ("flag", text("folder.path")),
                ("flag_zh", text("统计的目录")),
                ("default_zh", text("程序的工作目录")),
                ("label", text("kind")),
                ("label_zh", text("类型")),
                ("group", text("size")),
                ("group_zh", text("文件大小")),
                ("metric", text("size_bytes")),
            ],
            Self::Http => [
                ("about", text("State of a server, from its status page.")),
                ("about_zh", text("从服务的状态页（HTTP）读取工作线程数和请求次数。")),
                (
                    "metrics_zh",
                    format!("`{subject}_workers` 的维度 `state`：`busy` 忙碌、`idle` 空闲。"),
                ),
                ("flag", format!("{subject}.url")),
                ("flag_zh", text("状态页的地址")),
                ("default_zh", text("`http://127.0.0.1:8080/status`")),
                ("label", text("state")),
                ("label_zh", text("状态")),
                ("group", text("load")),
                ("group_zh", text("负载")),
                ("metric", text("workers")),
            ],
        }
    }
}

/// Whether a description page still tells what a template monitors.
pub(crate) fn describes_template(markdown: &str) -> bool {
    let about =
        |source: Source| source.values("").into_iter().find(|(name, _)| *name == "about_zh");
    let texts = [Source::Folder, Source::Http].into_iter().filter_map(about);
    texts.into_iter().any(|(_, text)| markdown.contains(&text))
}

impl FromStr for Source {
    type Err = String;

    fn from_str(text: &str) -> Result<Self, String> {
        let known = [Self::Folder, Self::Http].into_iter().find(|source| source.name() == text);
        known.ok_or_else(|| format!("{text:?} is not a template; give folder or http"))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn template_is_recognised_in_a_description() {
        let template = include_str!("../../scaffold/config/description.md");
        let http = Source::Http.values("x");
        let text = http.iter().fold(template.to_owned(), |text, (name, value)| {
            text.replace(&format!("@{name}@"), value)
        });
        assert!(describes_template(&text), "{text}");
        assert!(!describes_template("从连接池读取连接数。"));
    }
}
