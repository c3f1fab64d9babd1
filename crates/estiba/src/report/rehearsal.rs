//! A rehearsal, while it goes on and when it is over.

use std::fmt::Write;
use std::io::IsTerminal;

use anstyle::{AnsiColor, Style};
use estiba_core::rehearsal::Rehearsal;
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
    let failure = match &report.end {
        End::Failed(failure) => {
            Some(FailureJson { step: &failure.step, message: &failure.message, log: last(&failure.log) })
        }
        End::Interrupted => Some(FailureJson { step: "", message: "interrupted", log: &[] }),
        End::Well => None,
    };
    out::json(&RehearsalJson {
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
    });
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
        End::Well => format!("{GOOD}All is well{GOOD:#}"),
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
