use std::cell::OnceCell;
use std::collections::{BTreeSet, HashMap};

use super::super::rule::Draft;
use super::super::{Rule, Sink, World};
use crate::facts::below;
use crate::facts::compose::{ComposeFile, Mount, MountKind, Service};
use crate::facts::nginx::{Config, Place, Placed};
use crate::source::{Level, Span, Spanned, normal};

#[doc = include_str!("acme_webroot_not_shared.md")]
pub(crate) static RULE: Rule = Rule {
    id: "acme-webroot-not-shared",
    level: Level::Error,
    summary: "certbot answers the challenge in a folder that nginx does not serve",
    page: include_str!("acme_webroot_not_shared.md"),
    check,
};

fn check(world: &World<'_>, sink: &mut Sink<'_>) {
    for (at, project) in world.facts.compose.iter().enumerate() {
        let served: OnceCell<Vec<Served<'_>>> = OnceCell::new();
        for certbot in &project.services {
            let Some(webroot) = webroot(certbot) else { continue };
            let served = served.get_or_init(|| {
                let configs = world.facts.nginx.iter();
                let own = configs.filter(|config| matches!(config.place, Place::Container { file, .. } if file == at));
                own.flat_map(|config| challenges(world, config)).collect()
            });
            // Where nginx serves no challenge at all another program may.
            if served.is_empty() {
                continue;
            }
            let written = stands(project, certbot, &webroot.value);
            if served.iter().any(|served| written.is_some() && stands(project, served.nginx, &served.root) == written) {
                sink.found();
                continue;
            }
            // `volumes_from`, and one folder spelled in two ways.
            let mine = from_root(certbot, &webroot.value);
            let unlike = |it: &Served<'_>| {
                it.nginx.mounts.is_empty()
                    || matches!((mine, from_root(it.nginx, &it.root)), (Some(a), Some(b)) if a != b)
            };
            if certbot.mounts.is_empty() || served.iter().any(unlike) {
                sink.undecided(webroot.span, "whether both folders are one");
                continue;
            }
            if let Some(served) = served.first() {
                report(world, sink, certbot, &webroot, served);
            }
        }
    }
}

/// Where an nginx answers the challenge.
struct Served<'a> {
    nginx: &'a Service,
    /// The folder below which `/.well-known/acme-challenge/` is looked for.
    root: String,
    span: Span,
}

/// What certbot is told with `-w` or `--webroot-path`; one path, or none that is sure.
fn webroot(service: &Service) -> Option<Spanned<String>> {
    let words: Vec<(&str, Span)> = service
        .command
        .iter()
        .flat_map(|word| {
            word.value.split_whitespace().map(move |part| (part.trim_matches(['"', '\'', ';']), word.span))
        })
        .collect();
    if !words.iter().any(|(word, _)| *word == "certbot" || *word == "certonly" || *word == "renew") {
        return None;
    }
    let mut found = BTreeSet::new();
    let mut place = None;
    for (at, (word, span)) in words.iter().enumerate() {
        let path = match *word {
            "-w" | "--webroot-path" => words.get(at + 1).map(|(path, _)| *path),
            word => word.strip_prefix("--webroot-path=").or_else(|| word.strip_prefix("-w=")),
        };
        if let Some(path) = path.filter(|path| path.starts_with('/') && !path.contains('$')) {
            found.insert(path);
            place = Some(*span);
        }
    }
    let path = found.first().filter(|_| found.len() == 1)?;
    Some(Spanned::new((*path).to_owned(), place?))
}

/// Every location of the challenge with the folder that it serves.
fn challenges<'a>(world: &'a World<'_>, config: &'a Config) -> Vec<Served<'a>> {
    let Some(nginx) = config.service(&world.facts.compose) else { return Vec::new() };
    let roots: HashMap<usize, &Placed> =
        config.named("root").chain(config.named("alias")).map(|root| (root.block, root)).collect();
    let mut all = Vec::new();
    let mut known = BTreeSet::new();
    for location in config.named("location") {
        let is_challenge = |word: &str| {
            word.contains(".well-known/acme-challenge") || word == "/.well-known/" || word == "/.well-known"
        };
        let (true, Some(block)) = (location.args.iter().any(|word| is_challenge(&word.text)), location.opens) else {
            continue;
        };
        let holding = config.around(block).find_map(|at| roots.get(&at).copied());
        let Some((root, word)) = holding.and_then(|root| Some((root, root.args.first()?))) else { continue };
        if !word.text.starts_with('/') || word.text.contains('$') {
            continue;
        }
        let path = normal(&word.text);
        let path = match root.name.text.as_str() {
            "alias" => match path.strip_suffix("/.well-known/acme-challenge") {
                Some(above) => above.to_owned(),
                None => continue,
            },
            _ => path,
        };
        if known.insert(path.clone()) {
            all.push(Served { nginx, root: path, span: word.span });
        }
    }
    all
}

/// Whether what is mounted there is a folder of the host that is not named from the project's own.
fn from_root(service: &Service, path: &str) -> Option<bool> {
    let mount = covering(service, path)?;
    let away = |source: &Spanned<String>| source.value.starts_with(['/', '~', '$']);
    Some(mount.kind != MountKind::Volume && mount.source.as_ref().is_some_and(away))
}

/// The mount that a path inside is below: the longest one.
fn covering<'s>(service: &'s Service, path: &str) -> Option<&'s Mount> {
    let path = normal(path);
    let covers = |mount: &&Mount| below(&path, &normal(&mount.target)).is_some();
    service.mounts.iter().filter(covers).max_by_key(|mount| mount.target.len())
}

/// What is mounted there, so that two containers can be compared: the kind, the source and the rest of the path.
fn stands(project: &ComposeFile, service: &Service, path: &str) -> Option<(bool, String, String)> {
    let path = normal(path);
    let mount = covering(service, &path)?;
    let source = mount.source.as_ref()?;
    let rest = below(&path, &normal(&mount.target))?.to_owned();
    let is_volume = mount.kind == MountKind::Volume;
    if is_volume {
        return Some((true, source.value.clone(), rest));
    }
    let on_disk = if source.value.starts_with(['/', '~', '$']) {
        source.value.clone()
    } else {
        format!("{}/{}", project.folder(source.span), source.value)
    };
    Some((false, normal(&format!("{on_disk}/{rest}")), String::new()))
}

fn report(world: &World<'_>, sink: &mut Sink<'_>, certbot: &Service, webroot: &Spanned<String>, served: &Served<'_>) {
    let (name, nginx) = (&certbot.name.value, &served.nginx.name.value);
    let message = format!("`{name}` answers the challenge in `{}`, which is not what `{nginx}` serves", webroot.value);
    let path = world.facts.path(certbot.name.span);
    let help =
        format!("mount one volume or folder into both, at `{}` and `{}`: change {path}", webroot.value, served.root);
    let mut draft = Draft::new(message, webroot.span, "the certificate is refused: the challenge answers 404", help)
        .related(served.span, format!("`{nginx}` looks for the answer here"));
    for (service, path) in [(certbot, webroot.value.as_str()), (served.nginx, served.root.as_str())] {
        if let Some(mount) = covering(service, path) {
            draft = draft.related(mount.span, format!("what `{}` has there", service.name.value));
        }
    }
    sink.not_found(draft);
}
