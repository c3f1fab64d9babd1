//! What an update will do, for people and for programs.

use std::collections::BTreeMap;
use std::fmt::Write;

use anstyle::{AnsiColor, Style};
use estiba_core::plan::{Action, Cause, Lasting, Update};
use serde::Serialize;

use super::out::{self, printable};

const BOLD: Style = Style::new().bold();
const ALARM: Style = AnsiColor::Red.on_default();
const CALM: Style = AnsiColor::Green.on_default();
const SOME: Style = AnsiColor::Yellow.on_default();

/// Causes that are shown of one service; the rest is counted.
const SHOWN: usize = 4;

/// Version 1 of an update.
#[derive(Serialize)]
struct UpdateJson<'a> {
    version: u8,
    mode: &'a str,
    changes: bool,
    services: Vec<ServiceJson<'a>>,
    files: &'a [String],
    cannot_be_undone: Vec<LastingJson<'a>>,
    send: SendJson<'a>,
    keep_releases: Option<usize>,
    forgets_releases: Option<&'a [String]>,
}

#[derive(Serialize)]
struct ServiceJson<'a> {
    service: &'a str,
    action: &'static str,
    downtime_seconds: Option<u32>,
    because: Vec<CauseJson<'a>>,
}

#[derive(Serialize)]
struct CauseJson<'a> {
    what: &'a str,
    path: Option<&'a str>,
    line: Option<usize>,
    /// Whether the place is in the tree of before.
    before: bool,
}

impl<'a> CauseJson<'a> {
    fn of(cause: &'a Cause) -> Self {
        let place = cause.place.as_ref();
        Self {
            what: &cause.what,
            path: place.map(|(path, _)| path.as_str()),
            line: place.map(|(_, line)| *line),
            before: cause.before,
        }
    }
}

#[derive(Serialize)]
struct LastingJson<'a> {
    service: &'a str,
    kind: &'static str,
    command: Option<&'a str>,
}

#[derive(Serialize)]
struct SendJson<'a> {
    tree_bytes: u64,
    /// Config digests; null where the images of one side are not known.
    images: Option<&'a [String]>,
    /// Null where an archive of them is not there.
    images_bytes: Option<u64>,
}

/// The update as JSON on standard output.
pub(crate) fn json(update: &Update, mode: &str, archives: &BTreeMap<String, u64>) {
    let services = update.services.iter().map(|service| ServiceJson {
        service: &service.service,
        action: word(service.action),
        downtime_seconds: service.downtime,
        because: service.causes.iter().map(CauseJson::of).collect(),
    });
    let lasting = update.lasting.iter().map(|lasting| match lasting {
        Lasting::Command { service, command } => LastingJson { service, kind: "command", command: Some(command) },
        Lasting::Data { service } => LastingJson { service, kind: "data", command: None },
    });
    out::json(&UpdateJson {
        version: 1,
        mode,
        changes: update.changes(),
        services: services.collect(),
        files: &update.files,
        cannot_be_undone: lasting.collect(),
        send: SendJson {
            tree_bytes: update.transfer.tree,
            images: update.transfer.images.as_deref(),
            images_bytes: images_bytes(update, archives),
        },
        keep_releases: update.keep,
        forgets_releases: update.forgotten.as_deref(),
    });
}

fn images_bytes(update: &Update, archives: &BTreeMap<String, u64>) -> Option<u64> {
    let size = |digest: &String| archives.get(digest.trim_start_matches("sha256:"));
    update.transfer.images.as_ref()?.iter().map(size).sum()
}

fn word(action: Action) -> &'static str {
    match action {
        Action::Untouched => "untouched",
        Action::Reloaded => "reloaded",
        Action::Started => "started",
        Action::Replaced => "replaced",
        Action::Restarted => "restarted",
        Action::Removed => "removed",
    }
}

/// The update in words.
pub(crate) fn text(update: &Update, mode: &str, archives: &BTreeMap<String, u64>) -> String {
    if !update.changes() {
        return format!("{CALM}Nothing changes{CALM:#} in mode {mode}\n");
    }
    let mut text = format!("{BOLD}What the update does, mode {mode}{BOLD:#}\n");
    let width = update.services.iter().map(|service| service.service.len()).max().unwrap_or(0);
    for service in &update.services {
        let (style, said) = match (service.action, service.downtime) {
            (Action::Untouched, _) => (Style::new(), "not touched".to_owned()),
            (Action::Reloaded, _) => (CALM, "reloaded, 0 s down".to_owned()),
            (Action::Started, _) => (CALM, "started".to_owned()),
            (Action::Replaced, _) => (CALM, "recreated beside the present one, 0 s down".to_owned()),
            (Action::Restarted, Some(seconds)) => {
                (ALARM, format!("recreated: it stops first; {seconds} s down the last time"))
            }
            (Action::Restarted, None) => {
                (ALARM, "recreated: it stops first, and is down until the next one is up".to_owned())
            }
            (Action::Removed, _) => (SOME, "described no more: removed at the end, its volumes stay".to_owned()),
        };
        let _ = writeln!(text, "  {:width$}  {style}{said}{style:#}", printable(&service.service));
        for cause in service.causes.iter().take(SHOWN) {
            let _ = writeln!(text, "  {:width$}    {}", "", because(cause));
        }
        if service.causes.len() > SHOWN {
            let _ = writeln!(text, "  {:width$}    and {} more", "", service.causes.len() - SHOWN);
        }
    }
    rest(&mut text, update, archives);
    text
}

fn because(cause: &Cause) -> String {
    let before = if cause.before { " (in the tree of before)" } else { "" };
    let place = cause.place.as_ref().map(|(path, line)| format!("{}:{line}{before}: ", printable(path)));
    format!("{}{}", place.unwrap_or_default(), printable(&cause.what))
}

fn rest(text: &mut String, update: &Update, archives: &BTreeMap<String, u64>) {
    let heading = |text: &mut String, said: &str| {
        let _ = writeln!(text, "{BOLD}{said}{BOLD:#}");
    };
    if !update.files.is_empty() {
        heading(text, &format!("Other files that differ: {}", update.files.len()));
        for path in update.files.iter().take(SHOWN * 2) {
            let _ = writeln!(text, "  {}", printable(path));
        }
        if update.files.len() > SHOWN * 2 {
            let _ = writeln!(text, "  and {} more", update.files.len() - SHOWN * 2);
        }
    }
    heading(text, "What cannot be undone");
    for lasting in &update.lasting {
        let _ = match lasting {
            Lasting::Command { service, command } => writeln!(
                text,
                "  {} runs `{}` before anything else; what that changes in a database stays after a rollback",
                printable(service),
                printable(command)
            ),
            Lasting::Data { service } => writeln!(
                text,
                "  {} keeps data, and another program will write them: the one of before may not read them again",
                printable(service)
            ),
        };
    }
    if update.lasting.is_empty() {
        let _ = writeln!(text, "  nothing; rollback-vps.sh goes back");
    }
    heading(text, "What is sent");
    let _ = writeln!(text, "  the tree, {}", megabytes(update.transfer.tree));
    let _ = match (&update.transfer.images, images_bytes(update, archives)) {
        (None, _) => writeln!(text, "  images: the deploy script compares their digests with those of the server"),
        (Some(images), _) if images.is_empty() => writeln!(text, "  no image: the server has them all"),
        (Some(images), Some(bytes)) => writeln!(text, "  images: {}, {}", images.len(), megabytes(bytes)),
        (Some(images), None) => writeln!(text, "  images: {}, of unknown size", images.len()),
    };
    heading(text, "What the server forgets");
    let _ = match (&update.forgotten, update.keep) {
        (Some(forgotten), _) if forgotten.is_empty() => writeln!(text, "  nothing"),
        (Some(forgotten), _) => writeln!(text, "  {}", printable(&forgotten.join(", "))),
        (None, Some(keep)) => writeln!(text, "  releases older than the newest {keep}"),
        (None, None) => writeln!(text, "  not known"),
    };
}

fn megabytes(bytes: u64) -> String {
    format!("{}.{} MB", bytes / 1_000_000, bytes % 1_000_000 / 100_000)
}
