//! Findings as annotations of GitHub's workflows
//! (<https://docs.github.com/actions/reference/workflow-commands-for-github-actions#setting-an-error-message>).

use estiba_core::check::{Finding, Report};
use estiba_core::source::Level;

use super::out;
use super::places::Places;

/// One command for each finding, and for each thing that could not be decided.
pub(crate) fn print(places: &Places<'_>, report: &Report) {
    let mut text = String::new();
    for finding in &report.findings {
        text.push_str(&annotation(places, finding));
    }
    out::print(&text);
}

fn annotation(places: &Places<'_>, finding: &Finding) -> String {
    let command = match finding.level {
        Level::Error => "error",
        Level::Warning => "warning",
        Level::Note => "notice",
    };
    let place = places.of_span(finding.primary.span);
    let mut properties =
        vec![("file", place.path), ("line", place.start.0.to_string()), ("endLine", place.end.0.to_string())];
    // Columns mean something within one line only.
    if place.start.0 == place.end.0 && place.end.1 > place.start.1 {
        properties.push(("col", place.start.1.to_string()));
        properties.push(("endColumn", (place.end.1 - 1).to_string()));
    }
    properties.push(("title", finding.rule.to_owned()));
    let properties: Vec<String> =
        properties.iter().map(|(name, value)| format!("{name}={}", property(value))).collect();
    let mut message = format!("{}\n{}", finding.message, finding.help);
    for label in &finding.related {
        let place = places.of_span(label.span);
        message.push_str(&format!("\n{}:{}: {}", place.path, place.start.0, label.text));
    }
    format!("::{command} {}::{}\n", properties.join(","), data(&message))
}

/// What ends a command must not stand in its message.
fn data(text: &str) -> String {
    text.replace('%', "%25").replace('\r', "%0D").replace('\n', "%0A")
}

/// Nor may what ends a property.
fn property(text: &str) -> String {
    data(text).replace(':', "%3A").replace(',', "%2C")
}

#[cfg(test)]
mod tests {
    use super::{data, property};

    #[test]
    fn what_ends_a_command_or_a_property_is_escaped() {
        assert_eq!(data("100%\r\n::error::x"), "100%25%0D%0A::error::x");
        assert_eq!(property("a,b:c%0A"), "a%2Cb%3Ac%250A");
    }
}
