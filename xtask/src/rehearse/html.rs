//! The report as one page that needs nothing else: no scripts, no fonts, no network.

use super::checklist::{Checklist, Level, State, Step};
use super::course::Learned;

const STYLE: &str = "body{font:16px/1.5 system-ui,sans-serif;max-width:60rem;margin:2rem auto;\
padding:0 1rem;color:#1b1f24;background:#fff}h1{font-size:1.4rem}table{border-collapse:collapse;\
width:100%}td,th{text-align:left;vertical-align:top;padding:.3rem .6rem;border-bottom:1px solid \
#d0d7de}th{font-weight:600}code{font:13px/1.4 ui-monospace,monospace;overflow-wrap:anywhere}\
ul{margin:.2rem 0;padding-left:1.2rem}li{white-space:pre-wrap}.ok{color:#116329}.warning{color:\
#7d4e00}.failed,.error{color:#a40e26}.skipped,.fact{color:#57606a}@media(prefers-color-scheme:\
dark){body{color:#e6edf3;background:#0d1117}td,th{border-color:#30363d}.ok{color:#56d364}.warning{\
color:#e3b341}.failed,.error{color:#ff7b72}.skipped,.fact{color:#8d96a0}}";

/// The page.
pub(super) fn page(file: &str, list: &Checklist, learned: &Learned) -> String {
    let title = format!("{}: {}", escaped(file), escaped(&list.counts()));
    let verdict = if list.count(State::Failed) > 0 { "failed" } else { "ok" };
    let steps: String = list.steps.iter().map(step).collect();
    format!(
        "<!DOCTYPE html>\n<html lang=\"en\"><head><meta charset=\"utf-8\">\n\
         <meta name=\"viewport\" content=\"width=device-width,initial-scale=1\">\n\
         <title>{title}</title>\n<style>{STYLE}</style></head>\n<body>\n\
         <h1>{}</h1>\n<p class=\"{verdict}\">{}</p>\n\
         <p>{} for {}, scraped at <code>{}</code>, arguments <code>{}</code></p>\n\
         <table>\n<tr><th>step</th><th>result</th><th>what was seen</th><th>s</th></tr>\n\
         {steps}</table>\n{}</body></html>\n",
        escaped(file),
        escaped(&list.counts()),
        escaped(&learned.id),
        learned.system,
        escaped(&learned.url),
        escaped(&learned.arguments.join(" ")),
        preview(learned),
    )
}

fn step(step: &Step) -> String {
    let notes: String = step
        .notes
        .iter()
        .map(|note| {
            let level = note.level.word();
            let lead = if note.level == Level::Fact { String::new() } else { format!("{level}: ") };
            format!("<li class=\"{level}\">{lead}{}</li>", escaped(&note.text))
        })
        .collect();
    let notes = if notes.is_empty() { notes } else { format!("<ul>{notes}</ul>") };
    let state = step.state.word();
    format!(
        "<tr><td>{}</td><td class=\"{state}\">{state}</td><td>{}{notes}</td><td>{:.1}</td></tr>\n",
        escaped(step.name),
        escaped(&step.summary),
        step.seconds
    )
}

fn preview(learned: &Learned) -> String {
    let Some(preview) = &learned.preview else { return String::new() };
    let rows: String = preview
        .rows
        .iter()
        .map(|row| {
            let labels: Vec<_> = row
                .dimensions
                .iter()
                .map(|one| format!("{}={:?}", one.dimension_name, one.dimension_value))
                .collect();
            format!(
                "<tr><td><code>{}</code></td><td>{}</td><td><code>{}</code></td></tr>\n",
                escaped(&row.metric_name),
                row.metric_value,
                escaped(&labels.join(" "))
            )
        })
        .collect();
    format!(
        "<h2>Debug preview</h2>\n<table>\n<tr><th>metric</th><th>value</th><th>dimensions</th></tr>\n\
         {rows}</table>\n"
    )
}

fn escaped(text: &str) -> String {
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

    use super::super::checklist::Live;
    use super::*;

    #[test]
    fn the_page_needs_nothing_else_and_nothing_in_it_is_markup() {
        let mut list = Checklist::new(Live::Err);
        list.step("scrape", |notes| {
            notes.add(Level::Error, "line", "", "line 1: <script>alert(1)</script>");
            Ok(((), "a & b".to_owned()))
        });
        let samples = Page::read(b"a{b=\"<i>\"} 1\n").samples;
        let preview = Some(Preview::new(&samples));
        let learned = Learned { id: "<id>".to_owned(), preview, ..Learned::default() };
        let page = page("p&q.tgz", &list, &learned);
        for text in ["&lt;script&gt;", "a &amp; b", "&lt;id&gt;", "p&amp;q.tgz", "&lt;i&gt;"] {
            assert!(page.contains(text), "{text} in {page}");
        }
        for text in ["<script", "http:", "https:", "url(", "<i>"] {
            assert!(!page.contains(text), "{text} in {page}");
        }
    }
}
