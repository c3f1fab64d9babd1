//! The pages of the rules as a small site, in each language: files that any web server, or a browser without one, shows.

use estiba_core::check::Rule;
use estiba_core::check::rules::{self, es};
use estiba_core::source::Level;
use pulldown_cmark::{CowStr, Event, HeadingLevel, Options, Parser, Tag, html};

use crate::cli::Language;

const STYLE: &str = include_str!("site.css");

/// Finds rules by every word that was typed, with or without its accents.
const SEARCH: &str = "const field=document.getElementById('search'),rows=[...document.querySelectorAll('li')],\
plain=text=>text.normalize('NFD').replace(/\\p{M}/gu,'').toLowerCase();\
field.addEventListener('input',()=>{const words=plain(field.value).split(/\\s+/);\
for(const row of rows)row.hidden=!words.every(word=>plain(row.textContent).includes(word));\
document.getElementById('none').hidden=rows.some(row=>!row.hidden);});";

/// What the site says itself.
struct Words {
    tag: &'static str,
    folder: &'static str,
    title: &'static str,
    heading: &'static str,
    search: &'static str,
    none: &'static str,
    all: &'static str,
    error: &'static str,
    warning: &'static str,
    /// The link to the other language, as its readers call it.
    other: (&'static str, &'static str),
    /// Where the other language begins.
    other_folder: &'static str,
}

static ENGLISH: Words = Words {
    tag: "en",
    folder: "",
    title: "Rules of estiba check",
    heading: "Rules of <code>estiba check</code>",
    search: "Search",
    none: "No rule has all of these words.",
    all: "All rules",
    error: "error",
    warning: "warning",
    other: ("es", "En español"),
    other_folder: "es/",
};

static SPANISH: Words = Words {
    tag: "es",
    folder: "es/",
    title: "Reglas de estiba check",
    heading: "Reglas de <code>estiba check</code>",
    search: "Buscar",
    none: "Ninguna regla tiene todas estas palabras.",
    all: "Todas las reglas",
    error: "error",
    warning: "aviso",
    other: ("en", "In English"),
    other_folder: "../",
};

/// File name → content.
pub(crate) fn files() -> Vec<(String, String)> {
    let mut files = Vec::new();
    for language in [Language::En, Language::Es] {
        let folder = words(language).folder;
        files.push((format!("{folder}index.html"), index(language)));
        files.extend(rules::all().map(|rule| (format!("{folder}{}.html", rule.id), page(rule, language))));
    }
    files
}

fn words(language: Language) -> &'static Words {
    match language {
        Language::En => &ENGLISH,
        Language::Es => &SPANISH,
    }
}

fn index(language: Language) -> String {
    let Words { title, heading, search, none, .. } = words(language);
    let rows: String = rules::all().map(|rule| row(rule, language)).collect();
    let other = other(language, "index");
    let body = format!(
        "<p>{other}</p>\n<h1>{heading}</h1>\n\
         <p><label for=\"search\">{search}</label> <input id=\"search\" type=\"search\" autofocus></p>\n\
         <ul class=\"rules\">\n{rows}</ul>\n<p id=\"none\" hidden>{none}</p>\n<script>{SEARCH}</script>\n"
    );
    document(language, title, &body)
}

fn row(rule: &Rule, language: Language) -> String {
    let Words { error, warning, .. } = words(language);
    let (id, class) = (rule.id, rule.level.name());
    let level = if rule.level == Level::Error { error } else { warning };
    let english = || rendered(rule.summary, Language::En);
    let summary = match language {
        Language::En => english(),
        Language::Es => es::summary(rule)
            .map_or_else(|| format!("<div lang=\"en\">{}</div>", english()), |summary| rendered(summary, language)),
    };
    format!("<li><a href=\"{id}.html\"><code>{id}</code></a> <span class=\"{class}\">{level}</span>{summary}</li>\n")
}

fn page(rule: &Rule, language: Language) -> String {
    let text = match language {
        Language::En => rendered(rule.page, language),
        Language::Es => es::page(rule).map_or_else(
            || format!("<p>{}</p>\n<div lang=\"en\">\n{}</div>\n", es::ABSENT, rendered(rule.page, Language::En)),
            |page| rendered(&page, language),
        ),
    };
    let (all, other) = (words(language).all, other(language, rule.id));
    document(language, rule.id, &format!("<p><a href=\"index.html\">{all}</a> · {other}</p>\n{text}"))
}

/// Markdown as HTML.
fn rendered(page: &str, language: Language) -> String {
    let events = Parser::new_ext(page, Options::ENABLE_TABLES).map(|event| match event {
        // Pages name each other by the ids of their rules.
        Event::Start(Tag::Link { link_type, dest_url, title, id }) if rules::find(&dest_url).is_some() => {
            let dest_url = CowStr::from(format!("{dest_url}.html"));
            Event::Start(Tag::Link { link_type, dest_url, title, id })
        }
        // The titles of cases are English everywhere.
        Event::Start(Tag::Heading { level: HeadingLevel::H3, id, classes, mut attrs }) if language != Language::En => {
            attrs.push(("lang".into(), Some("en".into())));
            Event::Start(Tag::Heading { level: HeadingLevel::H3, id, classes, attrs })
        }
        event => event,
    });
    let mut text = String::new();
    html::push_html(&mut text, events);
    text
}

/// The link to the same page in the other language.
fn other(language: Language, name: &str) -> String {
    let Words { other: (tag, label), other_folder, .. } = words(language);
    format!("<a href=\"{other_folder}{name}.html\" lang=\"{tag}\" hreflang=\"{tag}\">{label}</a>")
}

fn document(language: Language, title: &str, body: &str) -> String {
    let (tag, title) = (words(language).tag, escaped(title));
    format!(
        "<!doctype html>\n<html lang=\"{tag}\">\n<head>\n<meta charset=\"utf-8\">\n\
         <meta name=\"viewport\" content=\"width=device-width, initial-scale=1\">\n<title>{title}</title>\n\
         <style>{STYLE}</style>\n</head>\n<body>\n<main>\n{body}</main>\n</body>\n</html>\n"
    )
}

fn escaped(text: &str) -> String {
    text.replace('&', "&amp;").replace('<', "&lt;").replace('>', "&gt;").replace('"', "&quot;")
}

#[cfg(test)]
mod tests {
    use estiba_core::check::Rule;
    use estiba_core::source::Level;

    use super::{Language, page, row};

    /// Whoever adds a rule need not write Spanish.
    #[test]
    fn a_rule_without_a_spanish_page_is_shown_in_english() {
        let page_text = "# new-rule\n\nSomething new.\n\n## Fires\n\n### A case\n";
        let rule =
            Rule { id: "new-rule", level: Level::Error, summary: "something new", page: page_text, check: |_, _| {} };
        let shown = page(&rule, Language::Es);
        assert!(shown.contains("<html lang=\"es\">") && shown.contains("todavía no está en español"), "{shown}");
        assert!(shown.contains("<div lang=\"en\">\n<h1>new-rule</h1>\n<p>Something new.</p>"), "{shown}");
        let row = row(&rule, Language::Es);
        assert!(row.contains("<div lang=\"en\"><p>something new</p>"), "{row}");
    }
}
