//! Who answers to which name on which network, as Docker's DNS does it: on a user-defined network a container answers to
//! its service's name, its aliases there, its container name and its host name
//! (<https://docs.docker.com/engine/network/#dns-services>).

use std::collections::{BTreeMap, BTreeSet};

use crate::facts::ComposeFile;
use crate::facts::compose::{Network, Service};
use crate::source::Span;

/// Compose's network for services that name none.
const DEFAULT: &str = "default";

/// Names and networks of one project.
#[derive(Clone, Debug, Default)]
pub struct Names {
    /// Service → networks.
    networks: BTreeMap<String, BTreeSet<String>>,
    /// Name → (network, service) where it answers.
    answers: BTreeMap<String, Vec<(String, String)>>,
    /// Service → where it is declared first.
    declared: BTreeMap<String, Span>,
    /// Services that are on the host's network.
    on_host: BTreeSet<String>,
    /// Service → the service whose network it is in: `network_mode: service:NAME`.
    inside: BTreeMap<String, String>,
    /// Networks that others make, where anything may answer.
    external: BTreeSet<String>,
}

/// What a name means to a service.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Answer {
    /// This service answers.
    Service(String),
    /// These services bear the name, on networks that the asker is not on.
    NoSharedNetwork(Vec<String>),
    /// The asker is on the host's network, where Docker's DNS does not answer.
    FromHost(String),
    /// No service bears the name, but a network that others make is shared: anything may answer there.
    External,
    /// Nobody.
    Nobody,
}

impl Names {
    pub(super) fn of(project: &ComposeFile) -> Self {
        let mut names = Self::default();
        for network in project.networks.iter().filter(|network| network.external.is_some()) {
            names.external.insert(network.key.value.clone());
        }
        for service in &project.services {
            names.add(service);
        }
        names
    }

    /// Whether it joins networks that others make.
    pub(super) fn joins_others(&self) -> bool {
        !self.external.is_empty()
    }

    /// Takes over who answers on the networks of `stack` that `other` makes.
    pub(super) fn share(&mut self, project: &ComposeFile, other: &Self, maker: &ComposeFile) {
        let made = real_networks(maker, false);
        for (real, key) in real_networks(project, true) {
            let Some(there) = made.get(&real) else { continue };
            for (name, answers) in &other.answers {
                for (_, service) in answers.iter().filter(|(network, _)| network == there) {
                    self.answers.entry(name.clone()).or_default().push((key.clone(), service.clone()));
                    if let Some(declared) = other.declared.get(service) {
                        self.declared.entry(service.clone()).or_insert(*declared);
                    }
                }
            }
        }
    }

    fn add(&mut self, service: &Service) {
        let name = service.name.value.clone();
        self.declared.entry(name.clone()).or_insert(service.name.span);
        match service.network_mode.as_ref().map(|mode| mode.value.as_str()) {
            Some("host") => {
                self.on_host.insert(name);
                return;
            }
            Some("none" | "bridge") => return,
            // It bears no name of its own there.
            Some(mode) => {
                if let Some(other) = mode.strip_prefix("service:") {
                    self.inside.insert(name, other.to_owned());
                }
                return;
            }
            None => {}
        }
        let mut joined: Vec<(String, Vec<String>)> = service
            .networks
            .iter()
            .flatten()
            .map(|network| (network.name.value.clone(), network.aliases.clone()))
            .collect();
        if joined.is_empty() {
            joined.push((DEFAULT.to_owned(), Vec::new()));
        }
        for (network, aliases) in joined {
            self.networks.entry(name.clone()).or_default().insert(network.clone());
            let everywhere = service.names.iter().map(|other| other.value.clone());
            for answer in aliases.into_iter().chain(everywhere).chain([name.clone()]) {
                let entry = (network.clone(), name.clone());
                let answers = self.answers.entry(answer).or_default();
                if !answers.contains(&entry) {
                    answers.push(entry);
                }
            }
        }
    }

    /// The service whose network a service is in: itself, but for `network_mode: service:NAME`.
    fn endpoint<'a>(&'a self, service: &'a str) -> &'a str {
        let mut at = service;
        // Compose refuses a circle; here it only has to end.
        for _ in 0..8 {
            let Some(next) = self.inside.get(at) else { break };
            at = next;
        }
        at
    }

    /// Whether a program is on the host's network; `None` is one of the host itself.
    #[must_use]
    pub fn is_on_host(&self, asker: Option<&Service>) -> bool {
        asker.is_none_or(|service| self.on_host.contains(self.endpoint(&service.name.value)))
    }

    /// What `name` means to `asker`; `None` asks from the host.
    #[must_use]
    pub fn ask(&self, asker: Option<&Service>, name: &str) -> Answer {
        let known = self.answers.get(name);
        if self.is_on_host(asker) {
            return known
                .and_then(|answers| answers.first())
                .map_or(Answer::Nobody, |(_, service)| Answer::FromHost(service.clone()));
        }
        let links = asker.map_or(&[][..], |service| service.links.as_slice());
        let asker = self.endpoint(asker.map_or("", |service| service.name.value.as_str()));
        let empty = BTreeSet::new();
        let own = self.networks.get(asker).unwrap_or(&empty);
        let answer = known.and_then(|answers| answers.iter().find(|(network, _)| own.contains(network)));
        if let Some((_, service)) = answer {
            return Answer::Service(service.clone());
        }
        if let Some((service, _)) = links.iter().find(|(_, alias)| alias == name) {
            return Answer::Service(service.clone());
        }
        if let Some(answers) = known {
            let services: BTreeSet<String> = answers.iter().map(|(_, service)| service.clone()).collect();
            return Answer::NoSharedNetwork(services.into_iter().collect());
        }
        if own.iter().any(|network| self.external.contains(network)) { Answer::External } else { Answer::Nobody }
    }

    /// Where a service is declared.
    #[must_use]
    pub fn declared(&self, service: &str) -> Option<Span> {
        self.declared.get(service).copied()
    }

    /// Every name that anybody answers to.
    pub fn all(&self) -> impl Iterator<Item = &str> {
        self.answers.keys().map(String::as_str)
    }

    /// The networks of a service.
    #[must_use]
    pub fn networks(&self, service: &str) -> Vec<&str> {
        self.networks.get(service).map(|networks| networks.iter().map(String::as_str).collect()).unwrap_or_default()
    }
}

/// Docker's name → key of the networks that a project makes, or of those that others make for it.
pub(super) fn real_networks(project: &ComposeFile, external: bool) -> BTreeMap<String, String> {
    let name = project.name.as_ref().map(|name| name.value.as_str());
    let folder = project.path.as_str().rsplit('/').nth(1);
    // Without both it is the folder that the tree stands in, and nobody knows how that is called.
    let name = name.or(folder);
    let all = project.networks.iter().filter(|network| network.external.is_some() == external);
    let real = |network: &Network| match (&network.name, name) {
        (Some(name), _) => Some(name.clone()),
        (None, _) if external => Some(network.key.value.clone()),
        (None, Some(name)) => Some(format!("{name}_{}", network.key.value)),
        (None, None) => None,
    };
    all.filter_map(|network| Some((real(network)?, network.key.value.clone()))).collect()
}

#[cfg(test)]
mod tests {
    use super::Answer;
    use crate::check::World;
    use crate::check::world::Scripts;
    use crate::facts::Facts;
    use crate::facts::testing::facts;

    /// What a name means to a service of the first file.
    fn ask(facts: &Facts, asker: &str, name: &str) -> Answer {
        let scripts = Scripts::of(&facts.texts, "hybrid");
        let world = World::of(facts, &scripts);
        world.names[0].ask(facts.compose[0].service(asker), name)
    }

    fn service(name: &str) -> Answer {
        Answer::Service(name.to_owned())
    }

    #[test]
    fn names_are_known_on_shared_networks_only() {
        let facts = facts(&[(
            "docker-compose.yml",
            "services:
  a: { networks: [front] }
  b: { networks: { front: { aliases: [bee] }, back: { aliases: [hidden] } } }
  c: { networks: [back], container_name: sea, hostname: ocean }
  d: {}
  e: { networks: {} }
",
        )]);
        assert_eq!(ask(&facts, "a", "b"), service("b"));
        assert_eq!(ask(&facts, "a", "bee"), service("b"));
        assert_eq!(ask(&facts, "a", "hidden"), Answer::NoSharedNetwork(vec!["b".to_owned()]));
        assert_eq!(ask(&facts, "b", "sea"), service("c"));
        assert_eq!(ask(&facts, "b", "ocean"), service("c"));
        assert_eq!(ask(&facts, "a", "c"), Answer::NoSharedNetwork(vec!["c".to_owned()]));
        assert_eq!(ask(&facts, "a", "nobody"), Answer::Nobody);
        // Without networks, and with none named, a service is on `default`.
        assert_eq!(ask(&facts, "d", "e"), service("e"));
    }

    #[test]
    fn a_link_is_a_name_for_one_service() {
        let facts = facts(&[("c.yml", "services:\n  a: { links: ['b:db'] }\n  b: {}\n  c: {}\n")]);
        assert_eq!(ask(&facts, "a", "db"), service("b"));
        assert_eq!(ask(&facts, "c", "db"), Answer::Nobody);
    }

    #[test]
    fn the_network_of_another_service_is_shared_with_it() {
        let text = "services:\n  a: { network_mode: 'service:b' }\n  b: { networks: [x] }\n  c: { networks: [x] }\n  \
                    h: { network_mode: host }\n  i: { network_mode: 'service:h' }\n  l: { network_mode: 'service:l' }\n";
        let facts = facts(&[("c.yml", text)]);
        assert_eq!(ask(&facts, "a", "c"), service("c"));
        assert_eq!(ask(&facts, "c", "a"), Answer::Nobody);
        assert_eq!(ask(&facts, "h", "c"), Answer::FromHost("c".to_owned()));
        assert_eq!(ask(&facts, "i", "c"), Answer::FromHost("c".to_owned()));
        assert_eq!(ask(&facts, "l", "c"), Answer::NoSharedNetwork(vec!["c".to_owned()]));
    }

    #[test]
    fn a_network_that_another_project_makes() {
        let proxy = "services:\n  p: { networks: [web] }\nnetworks:\n  web: { external: true, name: app_web }\n";
        let app = "services:\n  a: { networks: [web] }\n  b: {}\nnetworks:\n  web: {}\n";
        let facts = facts(&[("a-proxy/compose.yml", proxy), ("app/compose.yml", app)]);
        assert_eq!(ask(&facts, "p", "a"), service("a"));
        assert_eq!(ask(&facts, "p", "b"), Answer::External);
    }

    #[test]
    fn files_of_one_project_say_a_services_networks_together() {
        let facts = facts(&[
            ("a.prod.yml", "services:\n  a: { networks: [x] }\n  b: {}\n"),
            ("b.yml", "services:\n  a: { image: a }\n"),
            ("up.sh", "#!/bin/bash\ndocker compose -f a.prod.yml -f b.yml up -d\n"),
        ]);
        assert_eq!(ask(&facts, "b", "a"), Answer::NoSharedNetwork(vec!["a".to_owned()]));
    }
}
