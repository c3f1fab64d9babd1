//! Findings as SARIF 2.1.0 (<https://docs.oasis-open.org/sarif/sarif/v2.1.0/sarif-v2.1.0.html>), which code scanning reads.

use estiba_core::check::{Edit, Report, Rule, fingerprints, rules};
use estiba_core::source::{Label, Span};
use serde_json::{Value, json};

use super::out;
use super::places::{Places, uri};

const SCHEMA: &str = "https://docs.oasis-open.org/sarif/sarif/v2.1.0/errata01/os/schemas/sarif-schema-2.1.0.json";

/// What GitHub takes for the root of a repository.
const ROOT: &str = "%SRCROOT%";

pub(crate) fn print(places: &Places<'_>, report: &Report, rules_url: Option<&str>) {
    out::json(&document(places, report, rules_url));
}

fn document(places: &Places<'_>, report: &Report, rules_url: Option<&str>) -> Value {
    let known: Vec<&Rule> = rules::all().collect();
    let fingerprints = fingerprints(places.facts, report);
    let results = report.findings.iter().zip(&fingerprints).map(|(finding, fingerprint)| {
        let related = finding.related.iter().enumerate().map(|(at, label)| {
            let mut place = location(places, label.span, Some(label));
            place["id"] = json!(at + 1);
            place
        });
        let mut result = json!({
            "ruleId": finding.rule,
            "ruleIndex": known.iter().position(|rule| rule.id == finding.rule),
            "level": finding.level.name(),
            "message": { "text": format!("{}. {}", sentence(&finding.message), sentence(&finding.help)) },
            "locations": [location(places, finding.primary.span, Some(&finding.primary))],
            "relatedLocations": related.collect::<Vec<_>>(),
            "partialFingerprints": { "estibaFinding/v1": fingerprint },
        });
        if let Some(fix) = &finding.fix {
            let change = |edit: &Edit| {
                let place = location(places, edit.span, None)["physicalLocation"].take();
                json!({
                    "artifactLocation": place["artifactLocation"],
                    "replacements": [{
                        "deletedRegion": place["region"],
                        "insertedContent": { "text": edit.text },
                    }],
                })
            };
            let changes: Vec<Value> = fix.edits.iter().map(change).collect();
            result["fixes"] = json!([{ "description": { "text": sentence(&fix.title) }, "artifactChanges": changes }]);
        }
        result
    });
    let undecided = report.undecided.iter().map(|undecided| {
        json!({
            "level": "note",
            "message": { "text": format!("not decidable: {}", undecided.reason) },
            "locations": [location(places, undecided.span, None)],
        })
    });
    json!({
        "$schema": SCHEMA,
        "version": "2.1.0",
        "runs": [{
            "tool": { "driver": {
                "name": "Estiba",
                "semanticVersion": env!("CARGO_PKG_VERSION"),
                "rules": known.iter().map(|rule| metadata(rule, rules_url)).collect::<Vec<_>>(),
            } },
            "columnKind": "unicodeCodePoints",
            "originalUriBaseIds": { ROOT: { "description": { "text": "The folder in which the check was started." } } },
            "invocations": [{
                "executionSuccessful": true,
                "toolExecutionNotifications": undecided.collect::<Vec<_>>(),
            }],
            "results": results.collect::<Vec<_>>(),
        }],
    })
}

fn metadata(rule: &Rule, rules_url: Option<&str>) -> Value {
    let mut metadata = json!({
        "id": rule.id,
        "shortDescription": { "text": sentence(rule.summary) },
        "fullDescription": { "text": what_it_finds(rule.page) },
        "help": { "text": rule.page, "markdown": rule.page },
        "defaultConfiguration": { "level": rule.level.name() },
    });
    if let Some(url) = rules_url {
        metadata["helpUri"] = json!(format!("{}/{}.html", url.trim_end_matches('/'), rule.id));
    }
    metadata
}

fn what_it_finds(page: &str) -> String {
    let section = page.split_once("## What it finds\n").map_or("", |(_, rest)| rest);
    section.split("\n## ").next().unwrap_or("").trim().to_owned()
}

fn location(places: &Places<'_>, span: Span, label: Option<&Label>) -> Value {
    let place = places.of_span(span);
    let mut artifact = json!({ "uri": uri(&place.path) });
    if !place.path.starts_with('/') {
        artifact["uriBaseId"] = json!(ROOT);
    }
    let mut location = json!({ "physicalLocation": {
        "artifactLocation": artifact,
        "region": {
            "startLine": place.start.0,
            "startColumn": place.start.1,
            "endLine": place.end.0,
            "endColumn": place.end.1,
        },
    } });
    if let Some(label) = label.filter(|label| !label.text.is_empty()) {
        location["message"] = json!({ "text": label.text });
    }
    location
}

/// With a capital letter where it begins with a plain word.
fn sentence(text: &str) -> String {
    let mut rest = text.chars();
    rest.next().map_or_else(String::new, |first| first.to_uppercase().chain(rest).collect())
}
