//! The plan, for people and for programs.

use std::collections::BTreeMap;
use std::fmt::Write;

use anstyle::Style;
use estiba_core::facts::Resource;
use estiba_core::plan::Plan;
use serde::Serialize;

use super::out;

const BOLD: Style = Style::new().bold();

/// Version 1 of a plan.
#[derive(Serialize)]
struct PlanJson<'a> {
    version: u8,
    mode: &'a str,
    steps: Vec<StepJson<'a>>,
}

#[derive(Serialize)]
struct StepJson<'a> {
    id: &'a str,
    script: &'a str,
    requires: Vec<String>,
    provides: Vec<String>,
    danger: Option<&'a str>,
}

/// The plan as JSON on standard output.
pub(crate) fn json(plan: &Plan) {
    let names = |resources: &[Resource]| resources.iter().map(ToString::to_string).collect();
    let steps = plan.steps.iter().map(|step| StepJson {
        id: &step.id,
        script: &step.script,
        requires: names(&step.requires),
        provides: names(&step.provides),
        danger: step.danger.as_deref(),
    });
    out::json(&PlanJson { version: 1, mode: &plan.mode, steps: steps.collect() });
}

/// The plan as an ordered table.
pub(crate) fn table(plan: &Plan) -> String {
    let mut text = format!("{BOLD}The first installation, mode {}{BOLD:#}\n", plan.mode);
    let width = plan.steps.iter().map(|step| step.script.len()).max().unwrap_or(0);
    for (number, step) in plan.steps.iter().enumerate() {
        let _ = writeln!(text, "  {:>2}  {:width$}  {}", number + 1, step.script, counted(&step.provides));
    }
    text
}

/// "3 services, 3 networks, 1 volume".
fn counted(resources: &[Resource]) -> String {
    let mut counts: BTreeMap<&str, (usize, &Resource)> = BTreeMap::new();
    let mut order = Vec::new();
    for resource in resources {
        let entry = counts.entry(&resource.kind).or_insert((0, resource));
        entry.0 += 1;
        if entry.0 == 1 {
            order.push(resource.kind.as_str());
        }
    }
    let shown = order.into_iter().filter_map(|kind| {
        let (count, first) = counts.get(kind)?;
        let word = kind.replace('-', " ");
        Some(match (count, first.name.is_empty()) {
            (_, true) => word,
            (1, false) => format!("1 {word}"),
            (count, false) if word.ends_with('y') => format!("{count} {}ies", word.trim_end_matches('y')),
            (count, false) => format!("{count} {word}s"),
        })
    });
    shown.collect::<Vec<_>>().join(", ")
}
