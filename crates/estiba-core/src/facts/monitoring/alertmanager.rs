//! Alertmanager (<https://prometheus.io/docs/alerting/latest/configuration/>).

use super::{Monitor, Opened, files, list, text};
use crate::source::{Span, Spanned};
use crate::syntax::yaml::Node;

/// Who is told of which alert.
#[derive(Clone, Debug, Default)]
pub struct Routing {
    /// In order.
    pub receivers: Vec<Receiver>,
    /// Every route, the first one first, those below it after it.
    pub routes: Vec<Route>,
    /// Templates that a notification asks for by name.
    pub templates: Vec<Spanned<String>>,
    /// Templates that a text of the configuration defines itself.
    pub defined: Vec<String>,
}

/// Whom a route leads to.
#[derive(Clone, Debug)]
pub struct Receiver {
    /// Its name.
    pub name: Spanned<String>,
    /// Whether it tells anybody.
    pub tells: bool,
}

/// A route.
#[derive(Clone, Debug)]
pub struct Route {
    /// Without one it is that of the route above.
    pub receiver: Option<Spanned<String>>,
    /// All of them must hold.
    pub matchers: Vec<Matcher>,
}

/// A label that must have one of some values.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Matcher {
    /// The label.
    pub label: String,
    /// One of these.
    pub values: Vec<String>,
    /// Where.
    pub span: Span,
}

pub(super) fn read(root: &Node, source: &str, monitor: &mut Monitor) {
    for path in list(root, "templates").iter().filter_map(text) {
        monitor.opens.push(Opened { path, what: "templates of notifications" });
    }
    for receiver in list(root, "receivers") {
        for hook in list(receiver, "webhook_configs") {
            monitor.urls.extend(hook.get("url").and_then(text));
        }
        if let Some(name) = receiver.get("name").and_then(text) {
            let mut entries = receiver.map().unwrap_or_default().iter();
            let tells = entries.any(|(key, value)| key.text() != Some("name") && !nobody(value));
            monitor.routing.receivers.push(Receiver { name, tells });
        }
        templates(receiver, source, &mut monitor.routing);
    }
    if let Some(root) = root.get("route") {
        route(root, &mut monitor.routing.routes);
    }
    files(root, &mut monitor.opens);
}

/// An empty list of integrations.
fn nobody(value: &Node) -> bool {
    value.is_null() || value.list().is_some_and(<[Node]>::is_empty)
}

/// A route and those below it; the parser limits the depth.
fn route(node: &Node, routes: &mut Vec<Route>) {
    let mut matchers = Vec::new();
    for (key, pattern) in [("match", false), ("match_re", true)] {
        for (label, value) in node.get(key).and_then(Node::map).unwrap_or_default() {
            if let (Some(label), Some(written)) = (label.text(), value.text())
                && let Some(values) = alternatives(written, pattern)
            {
                matchers.push(Matcher { label: label.to_owned(), values, span: value.span });
            }
        }
    }
    for written in list(node, "matchers") {
        if let Some(matcher) = written.text().and_then(|text| matcher(text, written.span)) {
            matchers.push(matcher);
        }
    }
    routes.push(Route { receiver: node.get("receiver").and_then(text), matchers });
    for below in list(node, "routes") {
        route(below, routes);
    }
}

/// `label="value"` or `label=~"one|two"`; what says which values a label must not have is no such thing.
fn matcher(written: &str, span: Span) -> Option<Matcher> {
    let end = written.find(['=', '!'])?;
    let label = written[..end].trim().trim_matches('"').to_owned();
    let rest = written[end..].strip_prefix('=')?;
    let (pattern, value) = rest.strip_prefix('~').map_or((false, rest), |rest| (true, rest));
    let value = value.trim();
    let value = value.strip_prefix('"').and_then(|inner| inner.strip_suffix('"')).unwrap_or(value);
    // A comma joins several matchers in one text.
    let one = !label.is_empty() && !label.contains('{') && !value.contains(['"', ',', '}']);
    let values = alternatives(value, pattern).filter(|_| one)?;
    Some(Matcher { label, values, span })
}

/// The values that a matcher takes, where words alone decide.
fn alternatives(value: &str, pattern: bool) -> Option<Vec<String>> {
    // `label=""` is an alert without the label.
    if value.is_empty() || value.contains(['{', '\\']) {
        return None;
    }
    if !pattern {
        return (!value.contains('$')).then(|| vec![value.to_owned()]);
    }
    let word = |text: &str| !text.is_empty() && text.chars().all(|c| c.is_alphanumeric() || "-_/ :".contains(c));
    let inner = value.strip_prefix('^').unwrap_or(value);
    let inner = inner.strip_suffix('$').unwrap_or(inner);
    let inner = inner.strip_prefix('(').and_then(|inner| inner.strip_suffix(')')).unwrap_or(inner);
    let all: Vec<String> = inner.split('|').map(str::to_owned).collect();
    all.iter().all(|text| word(text)).then_some(all)
}

/// The templates that texts below a receiver ask for.
fn templates(node: &Node, source: &str, routing: &mut Routing) {
    for (_, value) in node.map().unwrap_or_default() {
        templates(value, source, routing);
    }
    for item in node.list().unwrap_or_default() {
        templates(item, source, routing);
    }
    if node.text().is_none_or(|text| !text.contains("{{")) {
        return;
    }
    let raw = source.get(node.span.range()).unwrap_or_default();
    for (at, action) in actions(raw) {
        for (offset, name) in named(action, &["template"]) {
            let start = node.span.start as usize + at + offset;
            let span = Span::new(node.span.file, start, start + name.len());
            routing.templates.push(Spanned::new(name.to_owned(), span));
        }
        routing.defined.extend(named(action, &["define", "block"]).map(|(_, name)| name.to_owned()));
    }
}

/// What stands between `{{` and `}}`, with its place.
fn actions(text: &str) -> impl Iterator<Item = (usize, &str)> {
    let mut behind = 0;
    std::iter::from_fn(move || {
        let from = behind + text.get(behind..)?.find("{{")? + 2;
        let end = from + text[from..].find("}}")?;
        behind = end + 2;
        Some((from, &text[from..end]))
    })
}

/// The name behind one of some words of Go's templates, with its place. In a text of YAML its quotes may be escaped.
fn named<'t>(action: &'t str, words: &'static [&'static str]) -> impl Iterator<Item = (usize, &'t str)> {
    words.iter().filter_map(move |word| {
        let rest = action.trim_start_matches(['-', ' ', '\t']).strip_prefix(word)?;
        let inner = rest.trim_start().trim_start_matches('\\').strip_prefix(['"', '`'])?;
        let name = inner.split(['"', '`', '\\']).next().filter(|name| !name.is_empty())?;
        Some((action.len() - inner.len(), name))
    })
}

/// The names that a file of Go's templates defines.
#[must_use]
pub fn definitions(text: &str) -> Vec<&str> {
    actions(text).flat_map(|(_, action)| named(action, &["define", "block"])).map(|(_, name)| name).collect()
}

#[cfg(test)]
mod tests {
    use super::{definitions, matcher};
    use crate::facts::testing::facts;
    use crate::source::Span;

    #[test]
    fn matchers_are_read_where_words_decide() {
        let facts = facts(&[("a.txt", "a")]);
        let (file, _) = facts.texts.get("a.txt").unwrap();
        let values = |text: &str| {
            matcher(text, Span::new(file, 0, 1))
                .map(|matcher| format!("{}={}", matcher.label, matcher.values.join("|")))
        };
        assert_eq!(values("severity=\"critical\"").as_deref(), Some("severity=critical"));
        assert_eq!(values("severity = critical").as_deref(), Some("severity=critical"));
        assert_eq!(values("severity=~\"^(one|two)$\"").as_deref(), Some("severity=one|two"));
        for undecided in ["severity!=\"x\"", "a=~\"x.*\"", "{a=\"b\",c=\"d\"}", "a=\"\"", "", "=", "!"] {
            assert_eq!(values(undecided), None, "{undecided}");
        }
    }

    #[test]
    fn templates_are_defined_and_asked_for() {
        assert_eq!(
            definitions("{{ define \"a\" }}x{{ end }}{{- block `b` . -}}{{ end }}{{ template \"c\" }}{{"),
            ["a", "b"]
        );
        let text = "route: {receiver: x}\nreceivers:\n  - name: x\n    slack_configs:\n      - text: \"{{ template \\\"c\\\" . }}\"\n        title: '{{template \"d\" .}}'\n";
        let facts = facts(&[("a.yml", text)]);
        let asked = &facts.monitoring[0].routing.templates;
        let names: Vec<&str> = asked.iter().map(|name| name.value.as_str()).collect();
        assert_eq!(names, ["c", "d"]);
        assert_eq!(facts.texts.sources.slice(asked[0].span), "c");
    }
}
