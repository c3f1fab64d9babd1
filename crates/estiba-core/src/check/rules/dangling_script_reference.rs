use super::super::made::{Made, made};
use super::super::rule::Draft;
use super::super::{Rule, Sink, World};
use crate::source::{Level, nearest};
use crate::steps::{EffectKind, Naming, Text};

#[doc = include_str!("dangling_script_reference.md")]
pub(crate) static RULE: Rule = Rule {
    id: "dangling-script-reference",
    level: Level::Error,
    summary: "a script names a file, a script or a service that the tree has not",
    page: include_str!("dangling_script_reference.md"),
    check,
};

/// Files that a tree holds for its scripts; others (archives, lists of a release) come with the release.
const OF_A_TREE: [&str; 6] = [".sh", ".yml", ".yaml", ".conf", ".json", ".toml"];

fn check(world: &World<'_>, sink: &mut Sink<'_>) {
    for script in world.scripts() {
        for reference in &script.references {
            let of_a_tree = OF_A_TREE.iter().any(|ending| reference.path.ends_with(ending));
            if reference.exists {
                sink.found();
            } else if reference.how != Naming::Tested && of_a_tree {
                let paths = world.facts.texts.iter().map(|(path, _, _)| path.as_str());
                let near = nearest(&reference.path, paths);
                let file = world.facts.path(reference.span);
                let help = match near {
                    Some(near) => format!("did you mean `{near}`? Change {file}"),
                    None => format!("add the file to the tree, or name one that is there: change {file}"),
                };
                if !world.declares_steps() {
                    let made = made(world, &reference.path);
                    match made {
                        Made::Written => sink.found(),
                        Made::Asked => sink.undecided(reference.span, "a script of the tree asks whether it is there"),
                        Made::Nowhere => {}
                    }
                    if made != Made::Nowhere {
                        continue;
                    }
                }
                let message = format!("the tree has no `{}`", reference.path);
                sink.not_found(Draft::new(message, reference.span, "named here", help));
            }
        }
        for effect in &script.effects {
            let services: &[Text] = match &effect.kind {
                EffectKind::ComposeUp { services, .. } | EffectKind::ComposeOther { services, .. } => services,
                _ => continue,
            };
            for name in services.iter().filter_map(Text::known) {
                service(world, sink, name, effect.span);
            }
        }
    }
}

fn service(world: &World<'_>, sink: &mut Sink<'_>, name: &str, span: crate::source::Span) {
    let known =
        || world.facts.compose.iter().flat_map(|file| &file.services).map(|service| service.name.value.as_str());
    // An empty name is an empty list: a value that this project has not.
    if name.is_empty() || known().any(|known| known == name) {
        sink.found();
        return;
    }
    let help = match nearest(name, known()) {
        Some(near) => format!("did you mean `{near}`? Change {}", world.facts.path(span)),
        None => format!("name a service of the Compose files: change {}", world.facts.path(span)),
    };
    sink.not_found(Draft::new(format!("no Compose file has a service `{name}`"), span, "named here", help));
}
