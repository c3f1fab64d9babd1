//! A rehearsal, while it goes on and when it is over.

use std::fmt::Write;
use std::io::IsTerminal;

use anstyle::{AnsiColor, Style};
use estiba_core::rehearsal::{Does, Rehearsal};
use estiba_host::rehearse::{End, Event, Options, PACKAGES, RIGHTS, Report, Step};
use serde::Serialize;

use super::out;

const BOLD: Style = Style::new().bold();
const GOOD: Style = AnsiColor::Green.on_default();
const BAD: Style = AnsiColor::Red.on_default().bold();

/// Lines of a failed step that are shown.
const MOST_LINES: usize = 60;

/// Version 1 of a rehearsal.
#[derive(Serialize)]
struct RehearsalJson<'a> {
    version: u8,
    ok: bool,
    seconds: f64,
    project: &'a str,
    mode: &'a str,
    guide: GuideJson<'a>,
    steps: Vec<StepJson<'a>>,
    probes: Vec<ProbeJson<'a>>,
    second_run: Option<SecondRunJson<'a>>,
    reboot: Option<RebootJson>,
    open_ports: Option<&'a [u16]>,
    failure: Option<FailureJson<'a>>,
    kept: Option<KeptJson<'a>>,
}

#[derive(Serialize)]
struct GuideJson<'a> {
    sha256: &'a str,
    blocks: usize,
    not_run: Vec<NotRunJson<'a>>,
}

#[derive(Serialize)]
struct NotRunJson<'a> {
    command: &'a str,
    reason: &'a str,
}

#[derive(Serialize)]
struct StepJson<'a> {
    id: &'a str,
    ok: bool,
    seconds: f64,
    within: Option<&'a str>,
}

#[derive(Serialize)]
struct ProbeJson<'a> {
    what: &'a str,
    ok: bool,
    detail: &'a str,
}

#[derive(Serialize)]
struct SecondRunJson<'a> {
    changed: usize,
    changes: &'a [String],
}

#[derive(Serialize)]
struct RebootJson {
    healthy: bool,
    seconds: f64,
}

#[derive(Serialize)]
struct FailureJson<'a> {
    step: &'a str,
    message: &'a str,
    log: &'a [String],
}

#[derive(Serialize)]
struct KeptJson<'a> {
    run: &'a str,
    look: &'a str,
    remove: String,
}

/// A tenth of a second is as precise as a rehearsal is.
fn tenths(seconds: f64) -> f64 {
    (seconds * 10.0).round() / 10.0
}

/// The rehearsal as JSON on standard output.
pub(crate) fn json(planned: &Rehearsal, report: &Report) {
    out::json(&document(planned, report));
}

fn document<'a>(planned: &'a Rehearsal, report: &'a Report) -> RehearsalJson<'a> {
    let failure = match &report.end {
        End::Failed(failure) => {
            Some(FailureJson { step: &failure.step, message: &failure.message, log: last(&failure.log) })
        }
        End::Interrupted => Some(FailureJson { step: "", message: "interrupted", log: &[] }),
        End::Well => None,
    };
    RehearsalJson {
        version: 1,
        ok: matches!(report.end, End::Well),
        seconds: tenths(report.seconds),
        project: &planned.project,
        mode: &planned.mode,
        guide: GuideJson {
            sha256: &planned.guide.sha256,
            blocks: planned.guide.blocks.len(),
            not_run: planned
                .left_out
                .iter()
                .map(|left| NotRunJson { command: &left.command, reason: left.reason })
                .collect(),
        },
        steps: report
            .steps
            .iter()
            .map(|step| StepJson {
                id: &step.id,
                ok: step.ok,
                seconds: tenths(step.seconds),
                within: step.within.as_deref(),
            })
            .collect(),
        probes: report
            .pages
            .iter()
            .map(|asked| ProbeJson { what: &asked.page, ok: asked.ok, detail: &asked.detail })
            .collect(),
        second_run: report
            .changed
            .as_ref()
            .map(|changed| SecondRunJson { changed: changed.len(), changes: last(changed) }),
        reboot: report.reboot.map(|(healthy, seconds)| RebootJson { healthy, seconds: tenths(seconds) }),
        open_ports: report.open_ports.as_deref(),
        failure,
        kept: report.kept.as_ref().map(|kept| KeptJson { run: &kept.run, look: &kept.look, remove: remove(&kept.run) }),
    }
}

fn remove(run: &str) -> String {
    format!("estiba rehearse --remove {run}")
}

fn last(lines: &[String]) -> &[String] {
    &lines[lines.len().saturating_sub(MOST_LINES)..]
}

/// What is said once, before the start.
pub(crate) fn introduction(planned: &Rehearsal, options: &Options) -> String {
    let mut text = format!(
        "{BOLD}Rehearsal of {}, mode {}, from {}{BOLD:#}\nby its GUIDE.md, sha256 {}\n\n",
        planned.project, planned.mode, options.base, planned.guide.sha256
    );
    text.push_str("The server is a container of this machine's Docker that may do more than others:\n");
    for right in RIGHTS {
        let _ = writeln!(text, "  - {right}");
    }
    let end = if options.keep { "stays at the end" } else { "is removed at the end, also after Ctrl-C" };
    let _ = writeln!(
        text,
        "It {end}. As a cache stay the images estiba-rehearsal/… and the volume {PACKAGES}.\nThe tree's own images are \
         built and pulled on this machine as GUIDE.md says.\n"
    );
    text
}

/// A line for each step.
pub(crate) struct Progress {
    terminal: bool,
    width: usize,
}

impl Progress {
    pub(crate) fn new(planned: &Rehearsal) -> Self {
        // The longest name of a step of the installation, which no list holds before it is run.
        let longest = "setup-monitoring-prerequisites".len() + 2;
        let acts = planned.acts.iter().map(|act| act.id.len());
        Self { terminal: std::io::stderr().is_terminal(), width: acts.max().unwrap_or(0).max(longest) }
    }

    pub(crate) fn tell(&mut self, event: &Event) {
        let clear = if self.terminal { "\r\u{1b}[K" } else { "" };
        match event {
            Event::Begun(id) if self.terminal => out::complain(&format!("{clear}   …  {id}")),
            Event::Begun(_) => {}
            Event::Done(step) => out::complain(&format!("{clear}{}", line(step, self.width))),
            Event::Note(text) => out::complain(&format!("{clear}      {text}\n")),
        }
    }
}

fn line(step: &Step, width: usize) -> String {
    let (style, word) = if step.ok { (GOOD, "  ok") } else { (BAD, "FAIL") };
    let indent = if step.within.is_some() { "  " } else { "" };
    format!("{style}{word}{style:#}  {:width$} {:>7.1} s\n", format!("{indent}{}", step.id), step.seconds)
}

/// What was found out.
pub(crate) fn table(planned: &Rehearsal, report: &Report) -> String {
    let mut text = format!("\n{BOLD}{}, mode {}{BOLD:#}\n", planned.project, planned.mode);
    let width = report.steps.iter().map(|step| step.id.len() + 2).max().unwrap_or(0);
    for step in &report.steps {
        text.push_str(&line(step, width));
    }
    let width = report.pages.iter().map(|asked| asked.page.len()).max().unwrap_or(0);
    for asked in &report.pages {
        let (style, word) = if asked.ok { (GOOD, "  ok") } else { (BAD, "FAIL") };
        let _ = writeln!(text, "{style}{word}{style:#}  {:width$}  {}", asked.page, asked.detail);
    }
    let mut fact = |name: &str, value: String| {
        let _ = writeln!(text, "      {name:14}{value}");
    };
    if let Some(ports) = &report.open_ports {
        fact("open ports", ports.iter().map(u16::to_string).collect::<Vec<_>>().join(" "));
    }
    if let Some(changed) = &report.changed {
        fact(
            "second run",
            if changed.is_empty() { "changed nothing".to_owned() } else { format!("changed {}", changed.len()) },
        );
    }
    if let Some((healthy, seconds)) = report.reboot {
        fact("reboot", if healthy { format!("healthy after {seconds:.1} s") } else { "not healthy".to_owned() });
    }
    let blocks = planned.guide.blocks.len();
    fact("GUIDE.md", format!("{blocks} command blocks, sha256 {}", planned.guide.sha256));
    for left in &planned.left_out {
        fact("  not run", format!("{}: {}", left.command, left.reason));
    }
    let end = match &report.end {
        End::Well => {
            let last = planned.acts.last().filter(|act| !matches!(act.does, Does::Reset(_)));
            let up_to = last.map_or_else(String::new, |act| format!(" up to {}", act.id));
            format!("{GOOD}All is well{up_to}{GOOD:#}")
        }
        End::Interrupted => format!("{BAD}Interrupted{BAD:#}"),
        End::Failed(failure) => format!("{BAD}Failed in {}{BAD:#}", failure.step),
    };
    let _ = writeln!(text, "{end}, {:.1} s", report.seconds);
    text
}

/// Why it failed, what the step showed, and how to look inside.
pub(crate) fn failure(report: &Report, keep: bool) {
    if let End::Failed(failure) = &report.end {
        for line in last(&failure.log) {
            out::complain(&format!("    {line}\n"));
        }
        let step = if failure.step.is_empty() { String::new() } else { format!("{}: ", failure.step) };
        let how = format!("`estiba rehearse --step {} --keep` leaves the server, to look inside", failure.step);
        let how = (!keep && !failure.environment && !failure.step.is_empty()).then_some(how);
        out::error(&format!("{step}{}", failure.message), how.as_deref());
    }
    if let Some(kept) = &report.kept {
        out::complain(&format!("\nLook inside:  {}\nRemove it:    {}\n", kept.look, remove(&kept.run)));
    }
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used, reason = "a test says where it failed by panicking")]

    use estiba_core::facts::Facts;
    use estiba_core::model;
    use estiba_core::rehearsal::{Wish, plan};
    use estiba_core::render;
    use estiba_core::source::{MemoryFiles, Sources, TreePath};
    use estiba_host::rehearse::{Asked, Failure};
    use serde_json::{Value, json, to_value};

    use super::*;

    const VENUS: &str = "project: venus
server: { host: vps.venus.example }
tls: { email: ops@venus.example }
services: { shop: { image: venus-shop:prod, web: { host: venus.example, path: /, port: 8080 } } }
";

    fn planned() -> Rehearsal {
        let mut sources = Sources::default();
        let files = MemoryFiles([("estiba.yml".to_owned(), VENUS.as_bytes().to_vec())].into());
        let path = TreePath::parse("estiba.yml").unwrap();
        let model = model::of_project(&mut sources, &files, &path, "../..").unwrap();
        let tree = render::render(&mut sources, &model, &files).unwrap();
        plan(&Facts::of(&tree), &Wish::default()).unwrap()
    }

    fn whole() -> Report {
        Report {
            seconds: 171.23,
            steps: vec![Step { id: "load-images".to_owned(), within: None, ok: true, seconds: 4.08 }],
            pages: vec![Asked { page: "https://venus.example/".to_owned(), ok: true, detail: "200".to_owned() }],
            changed: Some(Vec::new()),
            reboot: Some((true, 15.0)),
            open_ports: Some(vec![22, 80, 443]),
            ..Report::default()
        }
    }

    fn shown(report: &Report) -> Value {
        to_value(document(&planned(), report)).unwrap()
    }

    #[test]
    fn a_program_reads_what_was_found_out() {
        let value = shown(&whole());
        assert_eq!((&value["version"], &value["ok"], &value["seconds"]), (&json!(1), &json!(true), &json!(171.2)));
        assert_eq!(value["steps"], json!([{"id": "load-images", "ok": true, "seconds": 4.1, "within": null}]));
        assert_eq!(value["probes"], json!([{"what": "https://venus.example/", "ok": true, "detail": "200"}]));
        assert_eq!(value["second_run"]["changed"], json!(0));
        assert_eq!(value["reboot"]["healthy"], json!(true));
        assert_eq!(value["open_ports"], json!([22, 80, 443]));
        assert_eq!(value["guide"]["sha256"].as_str().map(str::len), Some(64));
        assert_eq!(value["failure"], Value::Null);
    }

    #[test]
    fn what_was_not_reached_is_null() {
        let value = shown(&Report::default());
        for key in ["second_run", "reboot", "open_ports"] {
            assert_eq!(value[key], Value::Null, "{key}");
        }
    }

    #[test]
    fn a_failure_has_its_step_and_the_end_of_its_log() {
        let log: Vec<String> = (0..100).map(|number| number.to_string()).collect();
        let failure = Failure { step: "load-images".to_owned(), message: "no".to_owned(), log, environment: false };
        let value = shown(&Report { end: End::Failed(failure), ..whole() });
        assert_eq!(value["ok"], json!(false));
        assert_eq!(value["failure"]["step"], json!("load-images"));
        assert_eq!(value["failure"]["log"].as_array().map(Vec::len), Some(MOST_LINES));
        assert_eq!(value["failure"]["log"][MOST_LINES - 1], json!("99"));
    }
}
