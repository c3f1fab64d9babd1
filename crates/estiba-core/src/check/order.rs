//! The order in which the scripts of a sequence run, held against what each needs: by its own declaration, and by the
//! files that it puts in force.

use std::collections::BTreeMap;

use super::Sink;
use super::World;
use super::rule::Draft;
use crate::facts::nginx::{Config, Inside};
use crate::facts::{Call, Contract, Resource, Sequence};
use crate::source::{Span, last_part};

/// A step at its place in a sequence.
#[derive(Clone, Copy)]
pub(super) struct Turn<'a> {
    /// Its place, from 0.
    pub(super) at: usize,
    /// The call.
    pub(super) call: &'a Call,
    /// Its declaration.
    pub(super) contract: &'a Contract,
}

/// Something that a step needs, and whether it is there when its turn comes.
pub(super) struct Requirement {
    /// The step, and where it is called.
    step: (String, Span),
    /// What it needs.
    pub(super) resource: Resource,
    /// Where that is said.
    said: Span,
    /// Whether it is there.
    met: bool,
    /// The step that provides it too late, if one does, and where it is called.
    later: Option<(String, Span)>,
}

/// The steps of a sequence that have a declaration.
pub(super) fn turns<'a>(world: &World<'a>, sequence: &'a Sequence) -> Vec<Turn<'a>> {
    let contract = |call: &Call| world.facts.contracts.iter().find(|contract| contract.script == call.script);
    sequence
        .calls
        .iter()
        .enumerate()
        .filter_map(|(at, call)| Some(Turn { at, call, contract: contract(call)? }))
        .collect()
}

/// The scripts that install a server from nothing: only there is everything provided within the sequence.
pub(super) fn installations<'a>(world: &World<'a>) -> impl Iterator<Item = &'a Sequence> {
    world.facts.sequences.iter().filter(|sequence| {
        let contract = world.facts.contracts.get(sequence.by);
        contract.is_some_and(|contract| contract.id.starts_with("install"))
    })
}

/// Whether a resource is there before any step of an installation: it came with the release.
fn given(world: &World<'_>, sequence: &Sequence, resource: &Resource) -> bool {
    let own = world.facts.contracts.get(sequence.by);
    let required = own.is_some_and(|contract| contract.requires.iter().any(|stated| stated.value.is(resource)));
    required || resource.kind == "tree"
}

/// What a step needs.
struct Need {
    resource: Resource,
    /// Where that is said.
    said: Span,
    /// Steps that make it, where its declaration does not say it by the same resource.
    makers: Vec<String>,
    /// Whether the step may make it itself, before it puts its files in force.
    own: bool,
}

/// Everything that the steps of installations need.
pub(super) fn requirements(world: &World<'_>) -> Vec<Requirement> {
    let mut found = Vec::new();
    for sequence in installations(world) {
        let turns = turns(world, sequence);
        let mut provided: BTreeMap<(&str, &str), usize> = BTreeMap::new();
        for turn in &turns {
            for stated in &turn.contract.provides {
                provided.entry((&stated.value.kind, &stated.value.name)).or_insert(turn.at);
            }
        }
        for turn in &turns {
            let declared = turn.contract.requires.iter().map(|stated| Need {
                resource: stated.value.clone(),
                said: stated.span,
                makers: Vec::new(),
                own: false,
            });
            for need in declared.chain(implied(world, turn.contract)) {
                let by_name = provided.get(&(need.resource.kind.as_str(), need.resource.name.as_str())).copied();
                let by_maker =
                    turns.iter().find(|other| need.makers.contains(&other.contract.id)).map(|other| other.at);
                let when = by_name.into_iter().chain(by_maker).min();
                let in_time = when.is_some_and(|when| when < turn.at || need.own && when == turn.at);
                let later = turns.iter().find(|other| Some(other.at) == when && other.at != turn.at);
                let named = |turn: &Turn<'_>| (turn.contract.id.clone(), turn.call.span);
                found.push(Requirement {
                    step: named(turn),
                    met: in_time || given(world, sequence, &need.resource),
                    resource: need.resource,
                    said: need.said,
                    later: later.map(named),
                });
            }
        }
    }
    found
}

/// Reports requirements of some kinds.
pub(super) fn report(world: &World<'_>, sink: &mut Sink<'_>, kinds: impl Fn(&str) -> bool) {
    for requirement in world.requirements().iter().filter(|it| kinds(&it.resource.kind)) {
        if requirement.met {
            sink.found();
        } else {
            sink.not_found(draft(world, requirement));
        }
    }
}

/// What a step needs because of the files that it puts in force: the services that it starts need their images, their
/// secrets and networks that others make; the nginx that it configures needs certificates and user files.
fn implied(world: &World<'_>, contract: &Contract) -> Vec<Need> {
    let mut needs = Vec::new();
    let mut need = |kind: &str, name: &str, said: Span| {
        needs.push(Need { resource: Resource::new(kind, name), said, makers: Vec::new(), own: true });
    };
    let starts =
        |name: &str| contract.provides.iter().any(|stated| stated.value.kind == "service" && stated.value.name == name);
    for (_, project) in world.servers() {
        let networks: Vec<_> = project.networks.iter().collect();
        for service in project.services.iter().filter(|service| starts(&service.name.value)) {
            if let Some(image) = &service.image {
                need("image", &image.value, image.span);
            }
            for (secret, _) in &service.secrets {
                need("secret", &secret.value, secret.span);
            }
            for joined in service.networks.iter().flatten() {
                let external =
                    networks.iter().find(|known| known.external.is_some() && known.key.value == joined.name.value);
                if let Some(external) = external {
                    need("network", external.name.as_deref().unwrap_or(&external.key.value), joined.name.span);
                }
            }
        }
    }
    if contract.provides.iter().any(|stated| stated.value.kind == "nginx") {
        needs.extend(world.facts.nginx.iter().flat_map(|config| files_of_nginx(world, config)));
    }
    needs
}

/// Certificates and user files that a configuration names and a step makes. Those that no step makes are findings of
/// the rules about files.
fn files_of_nginx(world: &World<'_>, config: &Config) -> Vec<Need> {
    let mut needs = Vec::new();
    for directive in &config.directives {
        let kind = match directive.name.text.as_str() {
            "ssl_certificate" | "ssl_certificate_key" => "certificate",
            "auth_basic_user_file" => "auth",
            _ => continue,
        };
        let Some(word) = directive.args.first() else { continue };
        let Inside::Made { path, .. } = config.inside(world.facts, &word.text) else { continue };
        let makers = world.facts.places.makers(&path).iter().map(|maker| maker.step.clone()).collect();
        let resource = Resource::new(kind, last_part(&path));
        needs.push(Need {
            resource: Resource { name: word.text.clone(), ..resource },
            said: word.span,
            makers,
            own: true,
        });
    }
    needs
}

/// A finding for a step that comes too early.
fn draft(world: &World<'_>, unmet: &Requirement) -> Draft {
    let (step, call) = &unmet.step;
    let what = &unmet.resource;
    let file = world.facts.path(*call);
    let (message, help) = match &unmet.later {
        Some((later, _)) => (
            format!("`{step}` needs `{what}` before `{later}` provides it"),
            format!("run `{later}` before `{step}`: change {file}"),
        ),
        None => (
            format!("`{step}` needs `{what}`, and no step of this installation provides it"),
            format!("add a step that declares `# provides: {what}` before `{step}`: change {file}"),
        ),
    };
    let draft = Draft::new(message, *call, "runs here", help).related(unmet.said, "needed because of this");
    match unmet.later {
        Some((_, call)) => draft.related(call, "provided only here"),
        None => draft,
    }
}
