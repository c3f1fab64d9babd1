use super::super::rule::Draft;
use super::super::{Rule, Sink, World};
use crate::facts::Texts;
use crate::facts::compose::{Mount, MountKind};
use crate::facts::nginx::{Inside, inside};
use crate::source::{Level, Span};

#[doc = include_str!("single_file_bind_of_live_config.md")]
pub(crate) static RULE: Rule = Rule {
    id: "single-file-bind-of-live-config",
    level: Level::Warning,
    summary: "a file that is reloaded is mounted by itself, and a reload may read the old one",
    page: include_str!("single_file_bind_of_live_config.md"),
    check,
};

/// Files that a program reads again when it is told to, by the end of their path in the container; and the words by which
/// a script tells it.
const LIVE: [(&[&str], &[&str]); 3] = [
    (&["/etc/nginx/nginx.conf", "/etc/nginx/conf.d/"], &["nginx -s reload", "nginx -s 'reload"]),
    (&["/prometheus.yml"], &["/-/reload"]),
    (&["/alertmanager.yml"], &["/-/reload"]),
];

fn check(world: &World<'_>, sink: &mut Sink<'_>) {
    let mut told: [Option<Option<Span>>; LIVE.len()] = [None; LIVE.len()];
    for (_, project) in world.servers() {
        for service in &project.services {
            for mount in service.mounts.iter().filter(|mount| mount.kind == MountKind::Bind && is_relative(mount)) {
                let live = LIVE.iter().position(|(paths, _)| paths.iter().any(|path| is_at(&mount.target, path)));
                let Some((at, (_, words))) = live.and_then(|at| Some((at, LIVE.get(at)?))) else { continue };
                let facts = world.facts;
                let led_to = inside(&facts.texts, &facts.places, Some(project), Some(service), &mount.target);
                let (Inside::TreeFile(file), Some(told)) = (led_to, told.get_mut(at)) else { continue };
                let Some(reload) = *told.get_or_insert_with(|| reload(&facts.texts, words)) else { continue };
                let message = format!("{file} is mounted by itself, and a reload may read the file of before");
                let path = facts.path(mount.span);
                let help = format!("mount the folder that holds it: change {path}");
                let label = "an editor or `git pull` puts a new file there, and the container keeps the old one";
                let draft = Draft::new(message, mount.span, label, help).related(reload, "it is read again here");
                sink.find(draft.pedantic());
            }
        }
    }
}

/// One that a script puts at an absolute path may be written in place, or be a file of its own for each content.
fn is_relative(mount: &Mount) -> bool {
    mount.source.as_ref().is_some_and(|source| source.value.starts_with('.'))
}

fn is_at(target: &str, path: &str) -> bool {
    if path.ends_with('/') { target.starts_with(path) && target.len() > path.len() } else { target.ends_with(path) }
}

/// Where a script reloads the program.
fn reload(texts: &Texts, words: &[&str]) -> Option<Span> {
    let scripts = texts.iter().filter(|(path, _, text)| path.as_str().ends_with(".sh") || text.starts_with("#!"));
    scripts.into_iter().find_map(|(_, file, text)| {
        let (at, word) = words.iter().find_map(|word| Some((text.find(word)?, word)))?;
        Some(Span::new(file, at, at + word.len()))
    })
}
