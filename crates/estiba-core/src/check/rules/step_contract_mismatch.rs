use std::collections::BTreeSet;

use super::super::made::{Made, made};
use super::super::rule::Draft;
use super::super::{Rule, Sink, World};
use crate::facts::{Contract, RunsOn, Stated};
use crate::source::{Level, Span};
use crate::steps::{EXHAUSTED, Effect, EffectKind, SOURCED, ScriptEffects, Text, Unknown};

#[doc = include_str!("step_contract_mismatch.md")]
pub(crate) static RULE: Rule = Rule {
    id: "step-contract-mismatch",
    level: Level::Error,
    summary: "what a script does is not what its header declares",
    page: include_str!("step_contract_mismatch.md"),
    check,
};

fn check(world: &World<'_>, sink: &mut Sink<'_>) {
    let proxies = proxies(world);
    for (at, contract) in world.facts.contracts.iter().enumerate() {
        let runs_others = world.facts.sequences.iter().any(|sequence| sequence.by == at);
        // A laptop's images and secrets are not the server's, which the words of contracts mean.
        if contract.runs_on == Some(RunsOn::Laptop) {
            continue;
        }
        let Some(script) = world.scripts().iter().find(|script| script.path == contract.script.as_str()) else {
            continue;
        };
        for unknown in untold(world, script) {
            sink.undecided(unknown.span, unknown.reason.clone());
        }
        for name in &contract.unknown {
            let message =
                format!("the header of `{}` names `{}`, which settings.sh does not set", contract.id, name.value);
            let help = format!("name a constant of scripts/settings.sh: change {}", contract.script);
            sink.not_found(Draft::new(message, name.span, "no constant has this name", help));
        }
        // A script that only runs others does what they declare; one that promises nothing is held to nothing.
        if runs_others || !contract.is_step() {
            continue;
        }
        // What was not looked at may be made there: the reason stands among the undecided already.
        if script.unknown.iter().any(|unknown| unknown.reason == EXHAUSTED) {
            continue;
        }
        let done = Done::of(script, &proxies);
        undeclared(sink, contract, &done);
        unkept(world, sink, contract, script, &done);
    }
}

/// What a script does, in the words of contracts.
struct Done {
    /// Kind, name and the command.
    made: Vec<(&'static str, String, Span)>,
    kinds: BTreeSet<&'static str>,
    /// Kinds of which something with an unknown name is made.
    holes: BTreeSet<&'static str>,
}

/// What of a script is not known. Where nothing is declared only what it sources is a reference of the tree, and one
/// place of a script stands for all.
fn untold<'a>(world: &World<'_>, script: &'a ScriptEffects) -> Vec<&'a Unknown> {
    let all = script.unknown.iter();
    if world.declares_steps() {
        return all.collect();
    }
    let mut told = BTreeSet::new();
    all.filter(|unknown| {
        let counts = unknown.reason == EXHAUSTED || unknown.reason == SOURCED && !is_elsewhere(world, unknown);
        counts && told.insert(unknown.reason.as_str())
    })
    .collect()
}

/// Whether a `source` names a file of the image or of the host, one that the tree has seen from its root, or one that
/// scripts make: then nothing of the tree is missing.
fn is_elsewhere(world: &World<'_>, unknown: &Unknown) -> bool {
    let texts = &world.facts.texts;
    let command = texts.sources.slice(unknown.span).trim_start();
    let Some(word) = command.split_whitespace().nth(1) else { return false };
    let path = word.trim_matches(['"', '\'']);
    path.starts_with('/')
        || texts.has_file(path.trim_start_matches("./"))
        || !path.contains('$') && made(world, path) != Made::Nowhere
}

/// Services whose start is the start of nginx. One that some step declares is a service like any other.
fn proxies<'w>(world: &'w World<'_>) -> BTreeSet<&'w str> {
    let declared: BTreeSet<&str> = (world.facts.contracts.iter())
        .flat_map(|contract| &contract.provides)
        .filter(|stated| stated.value.kind == "service")
        .map(|stated| stated.value.name.as_str())
        .collect();
    let nginx = world.facts.nginx.iter().filter_map(|config| config.service(&world.facts.compose));
    nginx.map(|service| service.name.value.as_str()).filter(|name| !declared.contains(name)).collect()
}

impl Done {
    fn of(script: &ScriptEffects, proxies: &BTreeSet<&str>) -> Self {
        let mut done = Self { made: Vec::new(), kinds: BTreeSet::new(), holes: BTreeSet::new() };
        for effect in &script.effects {
            done.effect(effect, proxies);
        }
        done
    }

    fn add(&mut self, kind: &'static str, name: &Text, span: Span) {
        self.kinds.insert(kind);
        match name.known() {
            Some(name) => self.made.push((kind, name.to_owned(), span)),
            None => drop(self.holes.insert(kind)),
        }
    }

    fn effect(&mut self, effect: &Effect, proxies: &BTreeSet<&str>) {
        let span = effect.span;
        match &effect.kind {
            EffectKind::ComposeUp { services, .. } => {
                for name in services {
                    if name.known().is_some_and(|name| proxies.contains(name)) {
                        self.kinds.insert("nginx");
                    } else {
                        self.add("service", name, span);
                    }
                }
                // Compose makes what its files declare.
                self.kinds.extend(["network", "volume"]);
                self.holes.extend(["network", "volume"]);
            }
            EffectKind::ImageLoad { .. } => drop(self.kinds.insert("image")),
            EffectKind::ImageTag { to, .. } => self.add("image", to, span),
            EffectKind::NetworkCreate { name } => self.add("network", name, span),
            EffectKind::VolumeCreate { name } => self.add("volume", name, span),
            EffectKind::NginxReload | EffectKind::NginxStart => drop(self.kinds.insert("nginx")),
            EffectKind::CertificateRequest { host } => self.add("certificate", host, span),
            EffectKind::SelfSigned { host: Some(host), .. } => self.add("placeholder-certificate", host, span),
            EffectKind::SelfSigned { .. } => drop(self.holes.insert("placeholder-certificate")),
            EffectKind::UserFile { .. } => drop(self.kinds.insert("auth")),
            EffectKind::PackageInstall { .. } => drop(self.kinds.insert("docker")),
            EffectKind::MakeDirectory { path } => self.add("directory", path, span),
            EffectKind::Link { path, .. } => self.add("tree", path, span),
            EffectKind::Write { path } | EffectKind::Copy { to: path, .. } | EffectKind::Move { to: path, .. } => {
                self.add("file", path, span);
            }
            _ => {}
        }
    }

    fn makes(&self, kind: &str, name: &str) -> bool {
        self.made.iter().any(|(made, known, _)| *made == kind && known == name)
    }
}

/// Services, certificates and networks that are made and not declared: other steps and people rely on the header.
fn undeclared(sink: &mut Sink<'_>, contract: &Contract, done: &Done) {
    let declares = |kind: &str, name: &str| {
        contract.provides.iter().any(|stated| stated.value.kind == kind && stated.value.name == name)
    };
    let mut said = BTreeSet::new();
    for (kind, name, span) in &done.made {
        let counts = matches!(*kind, "service" | "certificate" | "network" | "volume");
        if !counts || name.is_empty() || declares(kind, name) || !said.insert((kind, name)) {
            continue;
        }
        let message = format!("`{}` makes `{kind}:{name}`, and its header does not declare it", contract.id);
        let help = format!("add `# provides: {kind}:{name}` to the header: change {}", contract.script);
        sink.find(
            Draft::new(message, *span, "made here", help).related(contract.head, "this header declares something else"),
        );
    }
}

/// What is declared and never made.
fn unkept(world: &World<'_>, sink: &mut Sink<'_>, contract: &Contract, script: &ScriptEffects, done: &Done) {
    let base = world.facts.settings.word("SERVER_PATH").unwrap_or_default();
    for stated in &contract.provides {
        let name = stated.value.name.as_str();
        let kept = match stated.value.kind.as_str() {
            kind @ ("service" | "certificate" | "placeholder-certificate" | "network" | "volume" | "directory") => {
                done.makes(kind, name) || done.holes.contains(kind)
            }
            "image" => done.makes("image", name) || done.kinds.contains("image") && done.holes.contains("image"),
            "secret" => done.makes("file", &format!("{base}/secrets/{name}")) || done.holes.contains("file"),
            "file" => done.makes("file", name) || done.holes.contains("file"),
            kind @ ("nginx" | "auth" | "docker") => done.kinds.contains(kind),
            // A link, a folder that is moved into place, a unit: told by the step's own probe.
            _ => true,
        };
        if kept {
            sink.found();
            continue;
        }
        broken_promise(sink, contract, script, stated);
    }
}

fn broken_promise(sink: &mut Sink<'_>, contract: &Contract, script: &ScriptEffects, stated: &Stated) {
    let message =
        format!("`{}` declares that it provides `{}`, and does nothing that makes it", contract.id, stated.value);
    let help = format!("remove it from the header, or make it: change {}", contract.script);
    let draft = Draft::new(message, stated.span, "declared here", help);
    let last = script.effects.last();
    sink.not_found(match last {
        Some(effect) => draft.related(effect.span, "the last thing that it does"),
        None => draft,
    });
}
