//! Where a name is declared: from the address that a configuration passes requests to, to the service that answers.

use super::names::Answer;
use super::upstreams::targets;
use super::world::{Scripts, World};
use crate::facts::Facts;
use crate::facts::nginx::Place;
use crate::source::Span;

/// The declaration of what stands at a byte of a file: the service behind an address of nginx or of Prometheus, or the
/// `upstream` block of that name.
#[must_use]
pub fn definition(facts: &Facts, path: &str, offset: usize) -> Option<Span> {
    let (file, _) = facts.texts.get(path)?;
    let holds = |span: Span| span.file == file && span.range().contains(&offset);
    let scripts = Scripts::of(&facts.texts, facts.settings.mode());
    let world = World::of(facts, &scripts);
    for config in &facts.nginx {
        for block in config.named("upstream") {
            let Some(name) = block.args.first() else { continue };
            let passes = config.directives.iter().filter(|it| it.name.text.ends_with("_pass"));
            let mut words = passes.filter_map(|it| it.args.first()).filter(|word| holds(word.span));
            let authority = |text: &str| {
                let rest = text.split_once("://").map_or(text, |(_, rest)| rest);
                rest.split('/').next().unwrap_or_default().to_owned()
            };
            if words.any(|word| authority(&word.text) == name.text) {
                return Some(name.span);
            }
        }
        let Place::Container { file, .. } = config.place else { continue };
        let Some(names) = world.names.get(file) else { continue };
        if let Some(target) = targets(config).iter().find(|target| holds(target.span)) {
            return match names.ask(config.service(&facts.compose), target.host) {
                Answer::Service(name) => names.declared(&name),
                Answer::NoSharedNetwork(services) => names.declared(services.first()?),
                _ => None,
            };
        }
    }
    let asked = facts
        .monitoring
        .iter()
        .flat_map(|monitor| monitor.scrapes.iter().chain(&monitor.alertmanagers).map(move |target| (monitor, target)));
    for (monitor, target) in asked.filter(|(_, target)| holds(target.address.span)) {
        let host = target.address.value.split(':').next().unwrap_or_default();
        for reader in &monitor.readers {
            let Some(names) = world.names.get(reader.file) else { continue };
            if let Answer::Service(name) = names.ask(reader.of(&facts.compose), host) {
                return names.declared(&name);
            }
        }
    }
    None
}

#[cfg(test)]
mod tests {
    use super::definition;
    use crate::facts::testing::facts;

    #[test]
    fn an_address_leads_to_its_service_and_a_name_to_its_block() {
        let compose =
            "services:\n  p:\n    image: nginx:1.27\n    volumes: ['./a.conf:/etc/nginx/conf.d/a.conf']\n  app: {}\n";
        let nginx = "upstream u { server app:1; }\nserver { location / { proxy_pass http://u; } }\n";
        let facts = facts(&[("c.yml", compose), ("a.conf", nginx)]);
        let led = |word: &str| {
            let span = definition(&facts, "a.conf", nginx.find(word).unwrap() + 1)?;
            Some((facts.path(span).to_owned(), facts.texts.sources.slice(span).to_owned()))
        };
        assert_eq!(led("app:1"), Some(("c.yml".to_owned(), "app".to_owned())));
        assert_eq!(led("http://u"), Some(("a.conf".to_owned(), "u".to_owned())));
        assert_eq!(led("location"), None);
    }
}
