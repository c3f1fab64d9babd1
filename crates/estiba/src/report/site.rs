//! The pages of the rules as a small site: files that any web server, or a browser without one, shows.

use estiba_core::check::{Rule, rules};
use pulldown_cmark::{CowStr, Event, Options, Parser, Tag, html};

const STYLE: &str = include_str!("site.css");

/// Finds rules by every word that was typed.
const SEARCH: &str = "const field=document.getElementById('search'),rows=[...document.querySelectorAll('li')];\
field.addEventListener('input',()=>{const words=field.value.toLowerCase().split(/\\s+/);\
for(const row of rows)row.hidden=!words.every(word=>row.textContent.toLowerCase().includes(word));\
document.getElementById('none').hidden=rows.some(row=>!row.hidden);});";

/// File name → content.
pub(crate) fn files() -> Vec<(String, String)> {
    let mut files = vec![("index.html".to_owned(), index())];
    files.extend(rules::all().map(|rule| (format!("{}.html", rule.id), page(rule))));
    files
}

fn index() -> String {
    let row = |rule: &Rule| {
        let level = rule.level.name();
        let (id, summary) = (rule.id, escaped(rule.summary));
        format!(
            "<li><a href=\"{id}.html\"><code>{id}</code></a> <span class=\"{level}\">{level}</span><p>{summary}</p></li>\n"
        )
    };
    let rows: String = rules::all().map(row).collect();
    let body = format!(
        "<h1>Rules of <code>estiba check</code></h1>\n\
         <p><label for=\"search\">Search</label> <input id=\"search\" type=\"search\" autofocus></p>\n\
         <ul class=\"rules\">\n{rows}</ul>\n<p id=\"none\" hidden>No rule has all of these words.</p>\n<script>{SEARCH}</script>\n"
    );
    document("Rules of estiba check", &body)
}

fn page(rule: &Rule) -> String {
    // Pages name each other by the ids of their rules.
    let events = Parser::new_ext(rule.page, Options::ENABLE_TABLES).map(|event| match event {
        Event::Start(Tag::Link { link_type, dest_url, title, id }) if rules::find(&dest_url).is_some() => {
            let dest_url = CowStr::from(format!("{dest_url}.html"));
            Event::Start(Tag::Link { link_type, dest_url, title, id })
        }
        event => event,
    });
    let mut body = "<p><a href=\"index.html\">All rules</a></p>\n".to_owned();
    html::push_html(&mut body, events);
    document(rule.id, &body)
}

fn document(title: &str, body: &str) -> String {
    let title = escaped(title);
    format!(
        "<!doctype html>\n<html lang=\"en\">\n<head>\n<meta charset=\"utf-8\">\n\
         <meta name=\"viewport\" content=\"width=device-width, initial-scale=1\">\n<title>{title}</title>\n\
         <style>{STYLE}</style>\n</head>\n<body>\n<main>\n{body}</main>\n</body>\n</html>\n"
    )
}

fn escaped(text: &str) -> String {
    text.replace('&', "&amp;").replace('<', "&lt;").replace('>', "&gt;").replace('"', "&quot;")
}
