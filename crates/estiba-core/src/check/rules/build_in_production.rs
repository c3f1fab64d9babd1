use super::super::rule::Draft;
use super::super::{Rule, Sink, World};
use crate::source::{Level, Span};

#[doc = include_str!("build_in_production.md")]
pub(crate) static RULE: Rule = Rule {
    id: "build-in-production",
    level: Level::Error,
    summary: "a Compose file that a server runs builds an image there",
    page: include_str!("build_in_production.md"),
    check,
};

fn check(world: &World<'_>, sink: &mut Sink<'_>) {
    for (_, project) in world.servers() {
        for service in &project.services {
            let Some(build) = &service.build else { continue };
            if project.swarm && service.image.is_none() && !service.never {
                let name = &service.name.value;
                let message = format!("`{name}` has no image, and a swarm builds none");
                let help = format!("write `image:` beside `build:` in {}", world.facts.path(build.key));
                sink.find(Draft::new(
                    message,
                    build.key,
                    "`docker stack deploy` leaves `build` out and asks for `image`",
                    help,
                ));
                continue;
            }
            let name = &service.name.value;
            let path = world.facts.path(build.key);
            let message = format!("`{name}` would be built on the server, which has no sources");
            let help = match &service.image {
                Some(_) => format!("remove `build:` from `{name}` in {path}, and build the image elsewhere"),
                None => format!("write `image:` instead of `build:` at `{name}` in {path}"),
            };
            let mut draft = Draft::new(message, build.key, "built when the image is absent", help);
            // In the short form the context stands beside the key.
            let line = |span: Span| world.facts.texts.sources.get(span.file).line_column(span.start as usize).0;
            if let Some(context) = build.context.as_ref().filter(|context| line(context.span) != line(build.key)) {
                draft = draft.related(context.span, "a folder of the machine where this was written");
            }
            match project.run_by {
                // A tree without declared steps may be a clone of the sources.
                _ if !world.declares_steps() => draft = draft.level(Level::Warning).pedantic(),
                Some(script) => draft = draft.related(script, "a server runs this file"),
                // Nobody says that it is for a server: a person may run it at home.
                None => draft = draft.level(Level::Warning),
            }
            sink.find(draft);
        }
    }
}
