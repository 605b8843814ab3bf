//! The report as a self-contained HTML page: no scripts, fonts or network access.

use super::BKPACK;
use super::checklist::{Checklist, Level, Note, State, Step};
use super::render::by_kind;
use super::steps::Outcome;

/// Number of notes of one kind that are shown expanded.
const SHOWN_OF_A_KIND: usize = 3;

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
    let file = escape(file);
    let steps: String = list.steps.iter().map(step).collect();
    format!(
        "<!DOCTYPE html>\n<html lang=\"en\"><head><meta charset=\"utf-8\">\n\
         <meta name=\"viewport\" content=\"width=device-width,initial-scale=1\">\n\
         <title>{file}: {counts}</title>\n<style>{STYLE}</style></head>\n<body>\n\
         <h1>{file}</h1>\n{}<p>{counts}</p>\n{}\
         <p class=\"fact\">Rehearsed {date} by bkpack {BKPACK}</p>\n{steps}{}</body></html>\n",
        verdict(list, outcome),
        about(outcome),
        preview(outcome),
        counts = escape(&list.counts()),
        date = outcome.date,
    )
}

/// The conclusion, with links to the failed steps and those with warnings.
fn verdict(list: &Checklist, outcome: &Outcome) -> String {
    let links = |state| {
        let steps = list.steps.iter().filter(|step| step.state == state);
        let links = steps.map(|step| format!("<a href=\"#{}\">{}</a>", anchor(step), step.name));
        links.collect::<Vec<_>>().join(", ")
    };
    let (failed, warned) = (links(State::Failed), links(State::Warned));
    let mut text = String::new();
    if failed.is_empty() {
        text += "<p class=\"verdict ok\">No step failed.</p>\n";
    } else {
        text += &format!(
            "<p class=\"verdict failed\">It {}; failed: {failed}.</p>\n",
            escape(&outcome.failure())
        );
    }
    if !warned.is_empty() {
        text += &format!("<p class=\"verdict warning\">Warnings: {warned}.</p>\n");
    }
    text
}

fn about(outcome: &Outcome) -> String {
    if outcome.id.is_empty() {
        return String::new();
    }
    let version = outcome.version.as_ref().map(|version| format!(" {version}")).unwrap_or_default();
    // Keeps each argument on one line where possible.
    let words = outcome.arguments.iter();
    let words = words.map(|word| format!("<code class=\"word\">{}</code>", escape(word)));
    format!(
        "<p>{}{} for {}, scraped at <code>{}</code>, arguments {}</p>\n",
        escape(&outcome.id),
        escape(&version),
        outcome.system,
        escape(&outcome.url),
        words.collect::<Vec<_>>().join(" "),
    )
}

fn step(step: &Step) -> String {
    let notes: String = by_kind(&step.notes).iter().map(|notes| of_a_kind(notes)).collect();
    let notes = if notes.is_empty() { notes } else { format!("<ul>\n{notes}</ul>") };
    let state = step.state.label();
    let seconds = format!("{:.1} s", step.seconds);
    let seconds = if step.seconds < 0.05 { String::new() } else { seconds };
    format!(
        "<section class=\"step\" id=\"{}\"><span class=\"{state}\">{state}</span><h3>{}</h3>\
         <span class=\"seconds\">{seconds}</span><div class=\"seen\">{}{notes}</div></section>\n",
        anchor(step),
        escape(step.name),
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
        let level = notes[0].level.label();
        let count = notes.len() - shown;
        text += &format!(
            "<li class=\"{level}\"><details><summary>and {count} more of this kind</summary>\
             <ul>\n{rest}</ul></details></li>\n"
        );
    }
    text
}

fn note(note: &Note) -> String {
    let level = note.level.label();
    let lead = if note.level == Level::Fact { String::new() } else { format!("{level}: ") };
    format!("<li class=\"{level}\">{lead}{}</li>\n", escape(&note.text_with_names(usize::MAX)))
}

fn anchor(step: &Step) -> String {
    step.name.replace([' ', '.'], "-")
}

fn preview(outcome: &Outcome) -> String {
    let Some(preview) = &outcome.preview else { return String::new() };
    let rows: String = preview
        .rows
        .iter()
        .map(|row| {
            let labels: Vec<_> = row
                .dimensions
                .iter()
                .map(|label| format!("{}={:?}", label.dimension_name, label.dimension_value))
                .collect();
            format!(
                "<tr><td><code>{}</code></td><td>{}</td><td><code>{}</code></td></tr>\n",
                escape(&row.metric_name),
                row.metric_value,
                escape(&labels.join(" "))
            )
        })
        .collect();
    format!(
        "<h2>Debug preview</h2>\n<table>\n\
         <tr class=\"head\"><th>metric</th><th>value</th><th>dimensions</th></tr>\n{rows}</table>\n"
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
            format!("Rehearsed 2026-11-22T08:00:00Z by bkpack {}", env!("CARGO_PKG_VERSION"));
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
        assert!(page.contains("of g: n0, n1") && page.contains("n38, n39</li>"), "{page}");
        assert!(page.contains("Warnings: <a href=\"#metrics-json\">metrics.json</a>"), "{page}");
    }
}
