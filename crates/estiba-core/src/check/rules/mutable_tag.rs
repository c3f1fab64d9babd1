use super::super::rule::Draft;
use super::super::{Rule, Sink, World};
use crate::facts::compose::{Service, name_and_tag};
use crate::source::Level;

#[doc = include_str!("mutable_tag.md")]
pub(crate) static RULE: Rule = Rule {
    id: "mutable-tag",
    level: Level::Warning,
    summary: "an image without a version is another one after the next pull",
    page: include_str!("mutable_tag.md"),
    check,
};

fn check(world: &World<'_>, sink: &mut Sink<'_>) {
    for (_, project) in world.servers() {
        for service in &project.services {
            let Some(image) = service.image.as_ref().filter(|_| is_pulled(service)) else { continue };
            let text = image.value.as_str();
            if text.contains(['$', '@']) || text.is_empty() {
                continue;
            }
            let tag = name_and_tag(text).1.unwrap_or_default();
            if !matches!(tag, "" | "latest") {
                continue;
            }
            let what = if tag.is_empty() { "no tag, which means `latest`" } else { "the tag `latest`" };
            let message = format!("the image of `{}` has {what}", service.name.value);
            let help = format!("name a version: change {}", world.facts.path(image.span));
            sink.find(Draft::new(message, image.span, "after the next pull this is another program", help).pedantic());
        }
    }
}

/// What is built or loaded here is no other one after a pull.
fn is_pulled(service: &Service) -> bool {
    let never = service.pull_policy.as_ref().is_some_and(|policy| matches!(policy.value.as_str(), "never" | "build"));
    service.build.is_none() && !never
}
