//! The report as a self-contained HTML page: no scripts, fonts or network access.

use std::iter;

use blueking_package::Language;
use blueking_package::agent::PreviewRow;

use super::BKPACK;
use super::checklist::{Checklist, Level, Note, State, Step};
use super::render::by_kind;
use super::steps::Outcome;
use crate::numbers::value;
use crate::texts::rehearse::seconds as in_seconds;
use crate::texts::{html as texts, labelled, list as join_names};

/// Number of notes of one kind that are shown expanded.
const SHOWN_OF_A_KIND: usize = 3;

/// Number of metrics of a note that are shown expanded.
const SHOWN_NAMES: usize = 12;

/// Long words may break anywhere; in a narrow window the result is below the step.
const STYLE: &str = "
:root{color-scheme:light dark;--ink:#1b1f24;--paper:#fff;--line:#d0d7de;--faint:#57606a;
--ok:#116329;--warning:#7d4e00;--failed:#a40e26}
@media(prefers-color-scheme:dark){:root{--ink:#e6edf3;--paper:#0d1117;--line:#30363d;
--faint:#8d96a0;--ok:#56d364;--warning:#e3b341;--failed:#ff7b72}}
body{font:16px/1.5 system-ui,'PingFang SC','Microsoft YaHei','Noto Sans CJK SC',sans-serif;
max-width:64rem;margin:2rem auto;padding:0 1rem;color:var(--ink);background:var(--paper);
overflow-wrap:anywhere}
h1{font-size:1.4rem;margin-bottom:.3rem}h2{font-size:1.1rem;margin-top:2rem}
a{color:inherit}code{font:.85em/1.4 ui-monospace,monospace}
.verdict{font-weight:600;margin:.3rem 0}.ok{color:var(--ok)}.warning{color:var(--warning)}
.failed,.error{color:var(--failed)}.skipped,.fact,.seconds{color:var(--faint)}
.step{display:grid;grid-template-columns:5rem 11rem minmax(0,1fr) 3.5rem;gap:0 .8rem;
padding:.35rem 0;border-top:1px solid var(--line)}
.step h3{font:inherit;font-weight:600;margin:0}
.seen{grid-column:3;grid-row:1}.seconds{grid-column:4;grid-row:1;text-align:right}
.word{display:inline-block;max-width:100%}
ul{margin:.2rem 0;padding-left:1.1rem}li{white-space:pre-wrap}summary{cursor:pointer}
table{border-collapse:collapse;width:100%}th{text-align:left}
td,th{vertical-align:top;padding:.25rem .8rem .25rem 0;border-top:1px solid var(--line)}
td:first-child{width:45%}td:nth-child(2){white-space:nowrap}
@media(max-width:44rem){.step{grid-template-columns:5rem minmax(0,1fr) 3.5rem}
.seconds{grid-column:3}.seen{grid-column:1/-1;grid-row:2}td,th,td:first-child{display:block;width:auto;padding:0;border:0}tr{display:block;padding:.35rem 0;
border-top:1px solid var(--line)}tr.head{display:none}}
";

/// Renders the page.
pub(super) fn page(file: &str, list: &Checklist, outcome: &Outcome) -> String {
    let lang = match Language::current() {
        Language::English => "en",
        Language::Chinese => "zh-CN",
    };
    let file = escape(file);
    let name = match escape(&outcome.described.name) {
        name if name.is_empty() => file.clone(),
        name => name,
    };
    let counts = escape(&list.counts());
    let steps: String = list.steps.iter().map(step).collect();
    format!(
        "<!DOCTYPE html>\n<html lang=\"{lang}\"><head><meta charset=\"utf-8\">\n\
         <meta name=\"viewport\" content=\"width=device-width,initial-scale=1\">\n\
         <title>{title}</title>\n<style>{STYLE}</style></head>\n<body>\n\
         <h1>{name}</h1>\n<p class=\"fact\">{file}</p>\n{}<p>{counts}</p>\n{}\
         <p class=\"fact\">{}</p>\n{steps}{}</body></html>\n",
        verdict(list, outcome),
        about(outcome),
        texts::rehearsed(&outcome.date.replace('T', " ").replace('Z', " UTC"), BKPACK),
        preview(outcome),
        title = labelled(&name, &counts),
    )
}

/// The conclusion, with links to the failed steps and those with warnings.
fn verdict(list: &Checklist, outcome: &Outcome) -> String {
    let links = |state| {
        let steps = list.steps.iter().filter(|step| step.state == state);
        let links = steps
            .map(|step| format!("<a href=\"#{}\">{}</a>", anchor(step), escape(&step.label())));
        join_names(&links.collect::<Vec<_>>())
    };
    let (failed, warned) = (links(State::Failed), links(State::Warned));
    let parameters = escape(&join_names(&outcome.parameters));
    let (class, conclusion) = match (failed.is_empty(), parameters.is_empty()) {
        (true, _) => ("ok", texts::no_step_failed()),
        (false, true) => ("failed", texts::would_not_work(&failed)),
        // They may be the cause.
        (false, false) => ("failed", texts::would_not_work_with(&parameters, &failed)),
    };
    let mut text = format!("<p class=\"verdict {class}\">{conclusion}</p>\n");
    if !warned.is_empty() {
        text += &format!("<p class=\"verdict warning\">{}</p>\n", texts::warnings(&warned));
    }
    text
}

fn about(outcome: &Outcome) -> String {
    if outcome.id.is_empty() {
        return String::new();
    }
    let version = outcome.version.iter().map(String::as_str);
    let package: Vec<_> = iter::once(&*outcome.id).chain(version).collect();
    // Keeps each argument on one line where possible.
    let words = outcome.arguments.iter();
    let words = words.map(|word| format!("<code class=\"word\">{}</code>", escape(word)));
    let url = format!("<code>{}</code>", escape(&outcome.url));
    let words = words.collect::<Vec<_>>().join(" ");
    let text = texts::about(&escape(&package.join(" ")), outcome.system, &url, &words);
    format!("<p>{text}</p>\n")
}

fn step(step: &Step) -> String {
    let notes: String = by_kind(&step.notes).iter().map(|notes| of_a_kind(notes)).collect();
    let notes = if notes.is_empty() { notes } else { format!("<ul>\n{notes}</ul>") };
    let seconds = if step.seconds < 0.05 { String::new() } else { in_seconds(step.seconds) };
    format!(
        "<section class=\"step\" id=\"{}\"><span class=\"{}\">{}</span><h3>{}</h3>\
         <span class=\"seconds\">{seconds}</span><div class=\"seen\">{}{notes}</div></section>\n",
        anchor(step),
        step.state.name(),
        step.state.label(),
        escape(&step.label()),
        escape(&step.summary),
    )
}

/// The notes of one kind; those beyond the first few are collapsed.
fn of_a_kind(notes: &[&Note]) -> String {
    let shown = notes.len().min(SHOWN_OF_A_KIND);
    // A single remaining note is shown instead of collapsed.
    let shown = if notes.len() == shown + 1 { notes.len() } else { shown };
    let mut text: String = notes[..shown].iter().map(|item| note(item)).collect();
    if notes.len() > shown {
        let rest: String = notes[shown..].iter().map(|item| note(item)).collect();
        let level = notes[0].level.name();
        let more = texts::more_of_kind(notes.len() - shown);
        text += &format!(
            "<li class=\"{level}\"><details><summary>{more}</summary>\
             <ul>\n{rest}</ul></details></li>\n"
        );
    }
    text
}

fn note(note: &Note) -> String {
    let are_many = note.names.len() > SHOWN_NAMES;
    // Those are listed below instead.
    let text = if are_many { note.text.clone() } else { note.text_with_names(SHOWN_NAMES) };
    let mut text = escape(&match note.level {
        Level::Fact => text,
        level => labelled(level.label(), &text),
    });
    if are_many {
        let (count, names) = (texts::metrics(note.names.len()), escape(&join_names(&note.names)));
        text += &format!("<details><summary>{count}</summary>{names}</details>");
    }
    format!("<li class=\"{}\">{text}</li>\n", note.level.name())
}

fn anchor(step: &Step) -> String {
    step.name.replace([' ', '.'], "-")
}

fn preview(outcome: &Outcome) -> String {
    let Some(preview) = &outcome.preview else { return String::new() };
    let rows: String = preview.rows.iter().map(|row| preview_row(row, outcome)).collect();
    format!(
        "<h2>{}</h2>\n<table>\n<tr class=\"head\"><th>{}</th><th>{}</th><th>{}</th></tr>\n\
         {rows}</table>\n",
        texts::debug_preview(),
        texts::metric(),
        texts::value(),
        texts::dimensions(),
    )
}

/// A metric with the name that the package gives it, and its value in the package's unit; the value
/// as scraped is in the tooltip.
fn preview_row(row: &PreviewRow, outcome: &Outcome) -> String {
    let text = outcome.described.metrics.get(&row.metric_name);
    let name = text.map(|text| format!("<br>{}", escape(&text.name))).unwrap_or_default();
    let value = value(row.metric_value, text.map_or("", |text| &text.unit));
    let labels: Vec<_> = row
        .dimensions
        .iter()
        .map(|label| format!("{}={:?}", label.dimension_name, label.dimension_value))
        .collect();
    format!(
        "<tr><td><code>{}</code>{name}</td><td title=\"{}\">{}</td><td><code>{}</code></td></tr>\n",
        escape(&row.metric_name),
        row.metric_value,
        escape(&value),
        escape(&labels.join(" ")),
    )
}

fn escape(text: &str) -> String {
    let mut safe = String::with_capacity(text.len());
    for c in text.chars() {
        match c {
            '&' => safe += "&amp;",
            '<' => safe += "&lt;",
            '>' => safe += "&gt;",
            '"' => safe += "&quot;",
            c => safe.push(c),
        }
    }
    safe
}

#[cfg(test)]
mod tests {
    use blueking_package::agent::{Page, Preview};

    use super::super::checklist::ProgressTo;
    use super::*;

    fn page_of(list: &Checklist, outcome: &Outcome) -> String {
        page("p&q.tgz", list, outcome)
    }

    #[test]
    fn page_is_self_contained_and_escaped() {
        let mut list = Checklist::new(ProgressTo::Stderr);
        list.step("scrape", |notes| {
            notes.add(Level::Error, "line", "", "line 1: <script>alert(1)</script>");
            Ok(((), "a & b".to_owned()))
        });
        let samples = Page::read(b"a{b=\"<i>\"} 1\n").samples;
        let preview = Some(Preview::new(&samples));
        let outcome = Outcome {
            id: "<id>".to_owned(),
            version: Some("<1.1>".to_owned()),
            date: "2026-11-22T08:00:00Z".to_owned(),
            preview,
            ..Outcome::default()
        };
        let page = page_of(&list, &outcome);
        let footer =
            format!("Rehearsed 2026-11-22 08:00:00 UTC by bkpack {}", env!("CARGO_PKG_VERSION"));
        assert!(page.contains(&footer) && page.contains("&lt;id&gt; &lt;1.1&gt; for"), "{page}");
        for text in ["&lt;script&gt;", "a &amp; b", "&lt;id&gt;", "p&amp;q.tgz", "&lt;i&gt;"] {
            assert!(page.contains(text), "{text} in {page}");
        }
        let verdict = "It would not work on BlueKing; failed: <a href=\"#scrape\">scrape</a>";
        assert!(page.contains(verdict), "{page}");
        let parameters = vec!["<port>".to_owned(), "host".to_owned()];
        let typed = page_of(&list, &Outcome { parameters, ..Outcome::default() });
        let verdict = "on BlueKing with these parameters (&lt;port&gt;, host); failed";
        assert!(typed.contains(verdict), "{typed}");
        for text in ["<script", "http:", "https:", "url(", "<i>"] {
            assert!(!page.contains(text), "{text} in {page}");
        }
    }

    #[test]
    fn notes_of_a_kind_are_collapsed_but_complete() {
        let mut list = Checklist::new(ProgressTo::Stderr);
        list.step("metrics.json", |notes| {
            for n in 0..9 {
                notes.add(Level::Warning, "absent", format!("m{n}"), format!("m{n} is absent"));
            }
            notes.add(Level::Warning, "undeclared", "x", "x is undeclared");
            let names = (0..40).map(|n| format!("n{n}")).collect();
            notes.add_for(Level::Fact, "absent", "g", "of g", names);
            Ok(((), String::new()))
        });
        let page = page("p.tgz", &list, &Outcome::default());
        let (before, after) =
            page.split_once("<summary>and 6 more of this kind</summary>").unwrap();
        assert!(before.contains("m2 is absent") && !before.contains("m3 is absent"), "{page}");
        let inside = after.split_once("</details>").unwrap();
        assert!(
            inside.0.contains("m8 is absent") && inside.1.contains("x is undeclared"),
            "{page}"
        );
        assert!(
            page.contains("of g<details><summary>40 metrics</summary>n0, n1")
                && page.contains("n38, n39</details></li>"),
            "{page}"
        );
        assert!(page.contains("Warnings: <a href=\"#metrics-json\">metrics.json</a>"), "{page}");
    }
}
