use super::super::made::{Made, made};
use super::super::rule::Draft;
use super::super::{Rule, Sink, World};
use crate::source::{Level, TreePath};

#[doc = include_str!("build_context_missing.md")]
pub(crate) static RULE: Rule = Rule {
    id: "build-context-missing",
    level: Level::Error,
    summary: "an image is to be built from a folder or a Dockerfile that the tree has not",
    page: include_str!("build_context_missing.md"),
    check,
};

fn check(world: &World<'_>, sink: &mut Sink<'_>) {
    let texts = &world.facts.texts;
    // Where the tree is made for a server, `build-in-production` says more.
    if world.declares_steps() {
        return;
    }
    let submodules = texts.get(".gitmodules").map_or("", |(_, text)| text);
    for project in &world.facts.compose {
        for service in &project.services {
            let Some(build) = &service.build else { continue };
            let Some(context) = &build.context else { continue };
            let written = context.value.as_str();
            if written.contains("://") || written.contains(['$', '~', '@']) || written.starts_with('/') || build.inline
            {
                continue;
            }
            let folder = project.folder(context.span);
            // One that leaves the tree is another rule's finding.
            let parsed = TreePath::parse(format!("{folder}/{written}").trim_start_matches('/'));
            let path = match &parsed {
                Ok(path) => path.as_str(),
                Err(crate::source::PathError::Empty) => "",
                Err(_) => continue,
            };
            let name = &service.name.value;
            let at = world.facts.path(context.span);
            if !texts.has_folder(path) {
                if submodules.contains(path) || made(world, path) != Made::Nowhere {
                    sink.undecided(context.span, "a submodule or a script may bring the folder");
                    continue;
                }
                let message = format!("`{name}` is to be built from `{path}`, which the tree has not");
                let help = format!("name the folder of its sources: change {at}");
                sink.not_found(Draft::new(message, context.span, "no such folder", help));
                continue;
            }
            let (file, span) =
                build.dockerfile.as_ref().map_or(("Dockerfile", context.span), |file| (file.value.as_str(), file.span));
            if file.contains('$') || file.starts_with('/') {
                continue;
            }
            let Ok(dockerfile) = TreePath::parse(format!("{path}/{file}").trim_start_matches('/')) else { continue };
            if texts.has_file(dockerfile.as_str()) {
                sink.found();
            } else if made(world, dockerfile.as_str()) == Made::Written {
                sink.undecided(span, "a script of the tree may make the Dockerfile");
            } else {
                let message = format!("`{name}` is to be built by `{dockerfile}`, which the tree has not");
                let help = format!("add it, or name the right one with `dockerfile:` in {at}");
                sink.not_found(Draft::new(message, span, "no such Dockerfile", help));
            }
        }
    }
}
