//! `description.md` of a draft: what the exporter is, its parameters and its metrics, for BlueKing's
//! pages and therefore in Chinese. Pure.

use super::help::Input;
use super::names::{Names, spaced};
use super::parameters::{Form, Target};

/// Drafts the page. `requires` says what hosts need beside the exporter; it may be empty. Switches
/// that take no value are not in the form of BlueKing 5.1.
pub(super) fn draft(
    names: &Names,
    version: &str,
    systems: &str,
    requires: &str,
    form: &Form,
    takes_value: bool,
) -> String {
    let Names { subject, plugin_id, .. } = names;
    let title = names.display_name();
    let program = format!("{plugin_id} {version}");
    let about = spaced(&["由采集程序", program.trim_end(), "采集", subject, "的指标"]);
    let mut text = format!("# {title}（{plugin_id}）\n\n{about}，支持 {systems}。{requires}\n\n");
    text += "## 参数\n\n蓝鲸 6.x、7.x：在“绑定端口”（`${port}`）中填写端口则固定使用；留空时由平台分配空闲端口。\n\n\
         蓝鲸 5.1：监听地址和采集 URL 的端口必须一致。\n\n";
    if !form.rows.is_empty() {
        text += "| 参数 | 传递方式 | 说明 |\n| --- | --- | --- |\n";
        for row in &form.rows {
            let way = match (&row.target, row.input) {
                (Target::Env(_), _) => "环境变量",
                (Target::Argument(_), _) => "位置参数",
                (Target::Flag(_), Input::Switch) if takes_value => "开关",
                (Target::Flag(_), Input::Switch) => "开关（5.1 没有）",
                (Target::Flag(_), Input::File) => "文件",
                (Target::Flag(_), _) => "启动参数",
            };
            text += &format!("| `{}` | {way} | {} |\n", row.name(), cell(&row.description));
        }
        text += "\n";
    }
    text + "## 指标\n\n<!-- metrics -->\n"
}

/// Escapes a text for a table cell.
fn cell(text: &str) -> String {
    text.replace('|', "\\|").replace('<', "&lt;")
}

#[cfg(test)]
mod tests {
    use super::super::parameters::Row;
    use super::*;

    #[test]
    fn page_lists_rows_and_leaves_room_for_metrics() {
        let row = Row {
            target: Target::Env("DB_PASSWORD".to_owned()),
            input: Input::Password,
            default: String::new(),
            content: String::new(),
            description: "a|b <c>".to_owned(),
        };
        let form = Form { rows: vec![row], ..Form::default() };
        let text = draft(
            &Names::of_file("redis_exporter"),
            "1.2",
            "Linux",
            "需要 glibc 2.17。",
            &form,
            false,
        );
        assert!(text.starts_with("# Redis 指标采集（redis_exporter）\n"), "{text}");
        assert!(text.contains("| `DB_PASSWORD` | 环境变量 | a\\|b &lt;c> |\n"), "{text}");
        assert!(text.contains("glibc 2.17") && text.ends_with("<!-- metrics -->\n"), "{text}");
    }
}
