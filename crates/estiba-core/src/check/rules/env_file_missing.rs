use super::super::made::{Made, made};
use super::super::rule::Draft;
use super::super::{Rule, Sink, World};
use crate::source::{Level, TreePath};

#[doc = include_str!("env_file_missing.md")]
pub(crate) static RULE: Rule = Rule {
    id: "env-file-missing",
    level: Level::Error,
    summary: "a service needs a file of variables that the tree has not",
    page: include_str!("env_file_missing.md"),
    check,
};

fn check(world: &World<'_>, sink: &mut Sink<'_>) {
    let texts = &world.facts.texts;
    for project in &world.facts.compose {
        for service in &project.services {
            for (file, required) in &service.env_files {
                if file.value.contains(['$', '~']) || file.value.starts_with('/') {
                    continue;
                }
                let folder = project.folder(file.span);
                let Ok(path) = TreePath::parse(format!("{folder}/{}", file.value).trim_start_matches('/')) else {
                    continue;
                };
                let path = path.as_str();
                if texts.has_file(path) || !required || made(world, path) == Made::Written {
                    sink.found();
                    continue;
                }
                let elsewhere = above(path, folder).find(|candidate| texts.has_file(candidate));
                let at = world.facts.path(file.span);
                let message = format!("`{}` needs `{path}`, which the tree has not", service.name.value);
                let help = format!("make it, name what is there, or write `required: false`: change {at}");
                let draft = Draft::new(message, file.span, "Compose refuses the project without it", help);
                sink.not_found(match elsewhere {
                    Some(elsewhere) => draft.label(format!("the tree has `{elsewhere}`")),
                    // Values of one machine stand in no repository.
                    None => draft.level(Level::Warning).pedantic(),
                });
            }
        }
    }
}

/// The same path as seen from the folders above.
fn above<'a>(path: &'a str, folder: &'a str) -> impl Iterator<Item = String> + 'a {
    let own = path.strip_prefix(folder).unwrap_or(path).trim_start_matches('/');
    let mut folder = folder;
    std::iter::from_fn(move || {
        if folder.is_empty() {
            return None;
        }
        folder = folder.rsplit_once('/').map_or("", |(above, _)| above);
        Some(if folder.is_empty() { own.to_owned() } else { format!("{folder}/{own}") })
    })
}
