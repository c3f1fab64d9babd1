use super::super::rule::Draft;
use super::super::{Rule, Sink, World};
use crate::facts::compose::{MountKind, Service};
use crate::facts::{ComposeFile, Stands};
use crate::source::{Level, PathError, Span, TreePath};

#[doc = include_str!("path_leaves_tree.md")]
pub(crate) static RULE: Rule = Rule {
    id: "path-leaves-tree",
    level: Level::Error,
    summary: "a path means something only on the machine of the person who wrote it",
    page: include_str!("path_leaves_tree.md"),
    check,
};

fn check(world: &World<'_>, sink: &mut Sink<'_>) {
    for (_, file) in world.servers() {
        for service in &file.services {
            for (path, span, what) in paths(world, service) {
                judge(world, sink, file, path, span, what);
            }
        }
        for path in file.secrets.iter().filter_map(|secret| secret.file.as_ref()) {
            judge(world, sink, file, &path.value, path.span, "a secret's file");
        }
    }
}

/// Sources of mounts and build contexts as written.
fn paths<'a>(world: &'a World<'_>, service: &'a Service) -> Vec<(&'a str, Span, &'static str)> {
    let mut paths = Vec::new();
    for mount in &service.mounts {
        // In the short form a drive letter reads as a volume's name: look at the text itself.
        let text = world.facts.texts.sources.slice(mount.span).trim_start_matches(['"', '\'']);
        if drive(text) {
            paths.push((text, mount.span, "a mount"));
        } else if let (MountKind::Bind, Some(source)) = (mount.kind, &mount.source) {
            paths.push((source.value.as_str(), source.span, "a mount"));
        }
    }
    if let Some(context) = service.build.as_ref().and_then(|build| build.context.as_ref()) {
        // A context may be a repository's URL.
        if !context.value.contains("://") && !context.value.starts_with("git@") {
            paths.push((context.value.as_str(), context.span, "a build context"));
        }
    }
    paths
}

fn judge(world: &World<'_>, sink: &mut Sink<'_>, file: &ComposeFile, path: &str, span: Span, what: &str) {
    let compose = world.facts.path(span);
    // What a variable says is the matter of whoever sets it.
    if world.facts.texts.sources.slice(span).contains('$') {
        return;
    }
    let Some(why) = leaves(file.folder(span), path) else { return };
    // What a script declares to make stands there, wherever it is.
    if path.starts_with('/') && declared(world, path) {
        return;
    }
    let shown = path.split(['"', '\'', '\n']).next().unwrap_or_default();
    let message = format!("{what} of a server leads to `{shown}`, {why}");
    let help = format!("put what is meant into the tree and name it from there: change {compose}");
    let draft = Draft::new(message, span, "not on the server", help);
    // A tree may be a part of a larger one; where it has what is meant itself, one `..` is too many.
    let inner = path.trim_start_matches("../");
    let texts = &world.facts.texts;
    let meant = inner != path && !inner.is_empty() && (texts.has_folder(inner) || texts.has_file(inner));
    sink.find(if world.declares_steps() || inner == path || meant { draft } else { draft.level(Level::Warning) });
}

fn declared(world: &World<'_>, path: &str) -> bool {
    let stands = world.facts.places.resolve(&world.facts.texts, path);
    !matches!(stands, Stands::Nothing | Stands::NotInTree { .. })
}

fn leaves(folder: &str, path: &str) -> Option<&'static str> {
    if drive(path) {
        return Some("a drive of Windows");
    }
    if ["/home/", "/Users/"].iter().any(|home| path.starts_with(home)) {
        return Some("the home folder of a person");
    }
    if path.starts_with('/') || path.starts_with('~') || path.contains('$') {
        return None;
    }
    let out = TreePath::parse(format!("{folder}/{path}").trim_start_matches('/'));
    (out == Err(PathError::Leaves)).then_some("outside of the tree")
}

/// `C:\` or `C:/`.
fn drive(path: &str) -> bool {
    let mut bytes = path.bytes();
    bytes.next().is_some_and(|letter| letter.is_ascii_alphabetic())
        && bytes.next() == Some(b':')
        && matches!(bytes.next(), Some(b'\\' | b'/'))
        // `x:/y` in the short form is a volume of one letter; on Windows one writes the whole path.
        && (path.as_bytes().get(2) == Some(&b'\\') || path.matches(':').count() > 1)
}
