//! Who answers to which name on which network, as Docker's DNS does it: on a user-defined network a container answers to
//! its service's name, its aliases there, its container name and its host name
//! (<https://docs.docker.com/engine/network/#dns-services>).

use std::collections::{BTreeMap, BTreeSet};

use super::world::Stack;
use crate::facts::Facts;
use crate::facts::compose::Service;
use crate::source::Span;

/// Compose's network for services that name none.
const DEFAULT: &str = "default";

/// Names and networks of one stack.
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
    pub(super) fn of(facts: &Facts, stack: &Stack) -> Self {
        let mut names = Self::default();
        for file in stack.files.iter().filter_map(|at| facts.compose.get(*at)) {
            for network in &file.networks {
                if network.external.is_some() {
                    names.external.insert(network.key.value.clone());
                }
            }
            for service in &file.services {
                names.add(service);
            }
        }
        names
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
        let default = [(DEFAULT.to_owned(), Vec::new())];
        let joined: Vec<(String, Vec<String>)> = match &service.networks {
            None => default.into(),
            Some(joined) => {
                joined.iter().map(|network| (network.name.value.clone(), network.aliases.clone())).collect()
            }
        };
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
