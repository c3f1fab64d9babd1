use super::super::rule::Draft;
use super::super::{Rule, Sink, World};
use crate::facts::Texts;
use crate::source::Level;

#[doc = include_str!("depends_on_missing.md")]
pub(crate) static RULE: Rule = Rule {
    id: "depends-on-missing",
    level: Level::Error,
    summary: "a service needs another one that only a profile starts",
    page: include_str!("depends_on_missing.md"),
    check,
};

fn check(world: &World<'_>, sink: &mut Sink<'_>) {
    // Whether anything chooses profiles is asked once, and only where one of them matters.
    let mut chosen = None;
    for project in world.facts.compose.iter().filter(|project| !project.swarm) {
        for service in project.services.iter().filter(|service| service.profiles.is_empty() && !service.never) {
            for name in &service.depends_on {
                // One that is in no file is the finding of `undefined-compose-name`.
                let Some(other) = project.service(&name.value).filter(|other| !other.profiles.is_empty()) else {
                    continue;
                };
                if *chosen.get_or_insert_with(|| chooses_profiles(&world.facts.texts)) {
                    sink.undecided(name.span, "something of the tree chooses profiles, and may choose this one");
                    continue;
                }
                let (needs, needed) = (&service.name.value, &other.name.value);
                let profiles = other.profiles.join("`, `");
                let message = format!("`{needs}` depends on `{needed}`, which only the profile `{profiles}` starts");
                let path = world.facts.path(other.name.span);
                let help = format!(
                    "remove `profiles` from `{needed}`, or write `required: false` into the dependency: change {path}"
                );
                let draft = Draft::new(message, name.span, "Compose refuses the project without that profile", help);
                sink.not_found(draft.related(other.name.span, "switched off without its profile"));
            }
        }
    }
}

/// Whether a command or a variable of the tree names profiles.
fn chooses_profiles(texts: &Texts) -> bool {
    texts.iter().any(|(_, _, text)| text.contains("--profile") || text.contains("COMPOSE_PROFILES"))
}
