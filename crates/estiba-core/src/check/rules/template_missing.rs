use std::cell::OnceCell;
use std::collections::{BTreeMap, BTreeSet};

use super::super::rule::Draft;
use super::super::{Rule, Sink, World};
use crate::facts::monitoring::{Monitor, Program, definitions};
use crate::facts::nginx::{Inside, glob, inside};
use crate::source::{FileId, Level, Span, Spanned, TreePath, last_part, nearest, normal};

#[doc = include_str!("template_missing.md")]
pub(crate) static RULE: Rule = Rule {
    id: "template-missing",
    level: Level::Error,
    summary: "a notification of Alertmanager asks for a template that nobody defines",
    page: include_str!("template_missing.md"),
    check,
};

fn check(world: &World<'_>, sink: &mut Sink<'_>) {
    let elsewhere = OnceCell::new();
    for monitor in world.facts.monitoring.iter().filter(|monitor| monitor.program == Program::Alertmanager) {
        let asked: Vec<_> = monitor.routing.templates.iter().filter(|name| !is_own(&name.value)).collect();
        if !asked.is_empty() {
            let loaded = loaded(world, monitor);
            let text = |path: &String| world.facts.texts.get(path).map_or("", |(_, text)| text);
            let mut known: BTreeSet<&str> = loaded.paths.iter().flat_map(|path| definitions(text(path))).collect();
            known.extend(monitor.routing.defined.iter().map(String::as_str));
            for name in asked {
                judge(world, sink, monitor, &known, loaded.undecided, &elsewhere, name);
            }
        }
    }
}

/// Templates that Alertmanager brings (`template/default.tmpl`, `template/email.tmpl`): others of these names may come with a version.
fn is_own(name: &str) -> bool {
    name.starts_with("__") || name.contains(".default.")
}

/// What a configuration loads, and why it is not known whether that is all.
struct Loaded {
    paths: Vec<String>,
    undecided: Option<&'static str>,
}

fn judge<'w>(
    world: &World<'w>,
    sink: &mut Sink<'_>,
    monitor: &Monitor,
    known: &BTreeSet<&str>,
    undecided: Option<&'static str>,
    elsewhere: &OnceCell<BTreeMap<&'w str, (&'w TreePath, FileId)>>,
    asked: &Spanned<String>,
) {
    let facts = world.facts;
    let (name, span) = (asked.value.as_str(), asked.span);
    if known.contains(name) {
        return sink.found();
    }
    if let Some(reason) = undecided {
        return sink.undecided(span, reason);
    }
    let message = format!("no template that Alertmanager loads is called `{name}`");
    let label = "the notification fails, and nobody is told";
    let elsewhere = elsewhere.get_or_init(|| {
        let files = facts
            .texts
            .iter()
            .filter(|(path, _, _)| path.as_str().ends_with(".tmpl") || path.as_str().ends_with(".tpl"));
        files.flat_map(|(path, id, text)| definitions(text).into_iter().map(move |name| (name, (path, id)))).collect()
    });
    let path = &monitor.path;
    sink.not_found(match (elsewhere.get(name), nearest(name, known.iter().copied())) {
        (Some((file, id)), _) => {
            let help = format!("name {file} in `templates`, and mount it: change {path}");
            Draft::new(message, span, label, help).related(Span::new(*id, 0, 0), "defined here, and not loaded")
        }
        (None, Some(near)) => Draft::new(message, span, label, format!("did you mean `{near}`? Change {path}")),
        (None, None) => {
            let help = format!("define it in a file of `templates`, or write the text itself: change {path}");
            Draft::new(message, span, label, help)
        }
    });
}

/// The files of the tree that `templates` leads to, as the services that read the configuration see them.
fn loaded(world: &World<'_>, monitor: &Monitor) -> Loaded {
    let facts = world.facts;
    let mut loaded = Loaded { paths: Vec::new(), undecided: None };
    let opened: Vec<_> = monitor.opens.iter().filter(|opened| opened.what == "templates of notifications").collect();
    if monitor.readers.is_empty() && !opened.is_empty() {
        loaded.undecided = Some("which service reads the configuration is not known");
    }
    for reader in &monitor.readers {
        let folder = reader.path.rsplit_once('/').map_or("", |(folder, _)| folder);
        let project = facts.compose.get(reader.file);
        let at = |path: &str| inside(&facts.texts, &facts.places, project, reader.of(&facts.compose), path);
        for opened in &opened {
            let written = opened.path.value.as_str();
            let path = if written.starts_with('/') { normal(written) } else { normal(&format!("{folder}/{written}")) };
            let (above, name) = path.rsplit_once('/').unwrap_or(("", &path));
            if !path.contains(['*', '?', '[']) {
                match at(&path) {
                    Inside::TreeFile(file) => loaded.paths.push(file),
                    // The finding of `container-path-not-mounted`.
                    Inside::Missing { .. } => {}
                    _ => loaded.undecided = Some("what stands in a file of `templates` is not known"),
                }
            } else if above.contains(['*', '?', '[']) || name.contains('[') {
                loaded.undecided = Some("the folder of `templates` is a pattern");
            } else {
                match at(above) {
                    Inside::TreeFolder(folder) => {
                        let own = |file: &&str| glob(name, last_part(file));
                        loaded.paths.extend(facts.texts.files_in(&folder).filter(own).map(str::to_owned));
                    }
                    Inside::Missing { .. } => {}
                    _ => loaded.undecided = Some("what stands in the folder of `templates` is not known"),
                }
            }
        }
    }
    loaded
}
