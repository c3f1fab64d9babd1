//! Trees that other people wrote: what their programs accept before anything is changed.

use std::cell::Cell;
use std::collections::BTreeSet;
use std::fs;
use std::path::{Path, PathBuf};
use std::rc::Rc;

use estiba_core::facts::compose::{ComposeFile, MountKind, Service};
use estiba_core::facts::monitoring::{Monitor, Program};
use estiba_core::facts::nginx::{Config, Inside, Place, inside};
use estiba_core::facts::{Facts, compose};
use estiba_core::source::Span;
use estiba_core::syntax::nginx as syntax;
use estiba_testkit::judges::{Container, Generation, JudgeError, amtool_in, compose_of, nginx_in, promtool_in};

use super::target::{Files, Format, Judge, Target, Verdict, answer, said, tree};

/// The targets of a folder as `dev/tests/corpus.sh` takes it, and how many others were skipped.
pub(crate) fn targets(corpus: &Path) -> (Vec<Target>, usize) {
    let skipped = Cell::new(0);
    let mut trees: Vec<PathBuf> =
        fs::read_dir(corpus.join("trees")).unwrap().map(|tree| tree.unwrap().path()).collect();
    trees.sort();
    let targets = trees.iter().flat_map(|folder| of_tree(folder, &skipped)).collect();
    (targets, skipped.get())
}

/// A tree in a folder of our own, in which one file at a time is changed.
struct Base {
    kept: tempfile::TempDir,
    files: Rc<Files>,
}

impl Base {
    /// Runs a judge while a file has another content.
    fn with(&self, path: &str, content: &str, judge: impl FnOnce(&Path) -> Verdict) -> Verdict {
        let file = self.kept.path().join(path);
        fs::write(&file, content).unwrap();
        let verdict = judge(self.kept.path());
        fs::write(&file, &self.files[path]).unwrap();
        verdict
    }
}

fn of_tree(folder: &Path, skipped: &Cell<usize>) -> Vec<Target> {
    let name = folder.file_name().unwrap().to_string_lossy().into_owned();
    let kept = tempfile::tempdir().unwrap();
    let mut files = Files::new();
    take(folder, folder, kept.path(), &mut files);
    let files = Rc::new(files);
    let base = Rc::new(Base { kept, files: Rc::clone(&files) });
    let tree = tree(&files);
    let facts = Facts::of(&tree);
    let whole = Rc::new(said(&tree, None));
    let mut found = Vec::new();
    let mut add = |format: Format,
                   what: String,
                   paths: BTreeSet<String>,
                   place: Option<Place>,
                   judge: Option<Judge>,
                   decides: Box<dyn Fn(&str) -> bool>| {
        let paths: Vec<String> = paths
            .into_iter()
            .filter(|path| std::str::from_utf8(&files[path]).is_ok_and(|text| !text.trim().is_empty()))
            .collect();
        let Some(first) = paths.first() else { return };
        let own = std::str::from_utf8(&files[first]).unwrap();
        let Some(judge) = judge.filter(|judge| matches!(judge(first, own), Verdict::Accepted)) else {
            skipped.set(skipped.get() + 1);
            return;
        };
        let before = if place.is_some() { said(&tree, place.as_ref()) } else { (*whole).clone() };
        let name = format!("{name}, {what}");
        found.push(Target {
            name,
            format,
            files: Rc::clone(&files),
            paths,
            place,
            decides,
            judge,
            before,
            foreign: true,
        });
    };
    for config in &facts.nginx {
        let (what, paths, judge) = nginx(&base, &facts, config);
        let own_modules = own_modules(&facts, config);
        let decides = move |output: &str| own_modules || !output.contains("unknown directive");
        add(Format::Nginx, what, paths, Some(config.place.clone()), judge, Box::new(decides));
    }
    for project in &facts.compose {
        let (paths, judge) = project_of(&base, &facts, project);
        add(Format::Compose, project.path.to_string(), paths, None, Some(judge), Box::new(|_| true));
    }
    for monitor in &facts.monitoring {
        let format = match monitor.program {
            Program::Prometheus => Format::Prometheus,
            Program::Alertmanager => Format::Alertmanager,
            Program::Grafana => continue,
        };
        let paths = BTreeSet::from([monitor.path.to_string()]);
        let judge = monitor_of(&base, &facts, monitor);
        add(format, monitor.path.to_string(), paths, None, judge, Box::new(|_| true));
    }
    found
}

/// The files of the tree that an nginx reads, and that nginx.
fn nginx(base: &Rc<Base>, facts: &Facts, config: &Config) -> (String, BTreeSet<String>, Option<Judge>) {
    let read = config.includes.iter().filter_map(|include| match &include.led_to {
        Inside::TreeFile(path) => Some(path.clone()),
        _ => None,
    });
    let paths: BTreeSet<String> = read.collect();
    let service = config.service(&facts.compose);
    let what = format!("nginx of {}", service.map_or("the host", |service| &service.name.value));
    // What the start of the image makes of templates no file tells; and on a network of the host its DNS answers.
    let judged = service.filter(|service| config.rendered.is_empty() && service.network_mode.is_none());
    let (Some(_), Place::Container { file, service }) = (judged, &config.place) else { return (what, paths, None) };
    let mut container = container(base.kept.path(), facts, *file, *service);
    container.names = names(facts, &config.place);
    container.certificates = certificates(config);
    let conf = config.includes.iter().find(|include| include.span == config.stated && include.block == 0);
    let conf = conf.map_or_else(|| "/etc/nginx/nginx.conf".to_owned(), |include| include.path.clone());
    let mut generations: Vec<Generation> = config.generations.iter().rev().map(generation).collect();
    let asked = |generation: &Generation| nginx_in(&container, *generation, &conf);
    generations.retain(|generation| asked(generation).is_ok());
    if generations.is_empty() {
        return (what, paths, None);
    }
    let base = Rc::clone(base);
    let judge = move |path: &str, content: &str| {
        base.with(path, content, |_| {
            all_of(generations.iter().map(|generation| nginx_in(&container, *generation, &conf)))
        })
    };
    (what, paths, Some(Box::new(judge)))
}

/// What all generations say that may read a file.
fn all_of(results: impl Iterator<Item = Result<(), JudgeError>>) -> Verdict {
    let mut verdict = None;
    for result in results {
        verdict = match (verdict, answer(result)) {
            (None, own) => Some(own),
            (Some(Verdict::Refused(output)), Verdict::Refused(_)) => Some(Verdict::Refused(output)),
            (Some(Verdict::Accepted), Verdict::Accepted) => Some(Verdict::Accepted),
            _ => return Verdict::Differs,
        };
    }
    verdict.unwrap_or(Verdict::Differs)
}

fn generation(of: &syntax::Generation) -> Generation {
    match of {
        syntax::Generation::V1_22 => Generation::V1_22,
        syntax::Generation::V1_26 => Generation::V1_26,
        syntax::Generation::V1_30 => Generation::Newest,
    }
}

/// Whether a name that nginx' own modules do not know is known to be no other module's: as `wrong-context` says it.
fn own_modules(facts: &Facts, config: &Config) -> bool {
    let service = config.service(&facts.compose);
    let image = service.and_then(|service| service.image.as_ref()).map_or("", |image| image.value.as_str());
    let name = image.split(['@', ':']).next().unwrap_or_default();
    let official = service.is_some_and(|service| service.build.is_none())
        && name.trim_start_matches("docker.io/library/") == "nginx";
    let outside = config.includes.iter().filter(|include| include.block == 0 && include.span != config.stated);
    official && config.named("load_module").next().is_none() && outside.count() == 0
}

/// Paths of certificates and keys that are written out.
fn certificates(config: &Config) -> Vec<(String, String)> {
    let path = |text: &str| {
        let path = if text.starts_with('/') { text.to_owned() } else { format!("{}/{text}", config.prefix) };
        (!path.contains(['$', '{']) && !path.contains("..")).then_some(path)
    };
    let chains = config.named("ssl_certificate").filter_map(|chain| {
        let key = config.named("ssl_certificate_key").find(|key| key.block == chain.block)?;
        Some((path(&chain.args.first()?.text)?, path(&key.args.first()?.text)?))
    });
    chains.collect()
}

/// Names that Docker's DNS answers to where a service asks.
pub(crate) fn names(facts: &Facts, place: &Place) -> Vec<String> {
    let Place::Container { file, service } = place else { return Vec::new() };
    let project = &facts.compose[*file];
    let asks = &project.services[*service];
    let mut found = asks.extra_hosts.clone();
    found.extend(asks.links.iter().map(|(_, name)| name.clone()));
    for other in project.services.iter().filter(|other| other.network_mode.is_none()) {
        let own = networks(asks);
        let shared: Vec<_> =
            networks(other).into_iter().filter(|(network, _)| own.iter().any(|(own, _)| own == network)).collect();
        if !shared.is_empty() {
            found.push(other.name.value.clone());
            found.extend(other.names.iter().map(|name| name.value.clone()));
            found.extend(shared.into_iter().flat_map(|(_, aliases)| aliases));
        }
    }
    found.retain(|name| !name.is_empty() && name.chars().all(|c| c.is_ascii_alphanumeric() || ".-_".contains(c)));
    found.sort();
    found.dedup();
    found
}

/// The networks of a service with its aliases there.
fn networks(service: &Service) -> Vec<(String, Vec<String>)> {
    match &service.networks {
        None => vec![("default".to_owned(), Vec::new())],
        Some(joined) => joined.iter().map(|one| (one.name.value.clone(), one.aliases.clone())).collect(),
    }
}

/// The files of the tree in a container: those of its image's Dockerfile, then its mounts.
fn container(root: &Path, facts: &Facts, file: usize, service: usize) -> Container {
    let project = facts.compose.get(file);
    let Some(service) = project.and_then(|project| project.services.get(service)) else { return Container::default() };
    let mut places: Vec<(String, PathBuf)> = Vec::new();
    for (target, source) in service.recipe().into_iter().flat_map(compose::Recipe::copies) {
        // One by one: what is copied covers nothing else of a folder.
        let below = |path: &str| match path.strip_prefix(source) {
            Some("") => Some(String::new()),
            Some(rest) if source.is_empty() => Some(format!("/{rest}")),
            Some(rest) => rest.starts_with('/').then(|| rest.to_owned()),
            None => None,
        };
        let files = facts.texts.iter().filter_map(|(path, ..)| Some((below(path.as_str())?, path)));
        places.extend(files.map(|(rest, path)| (format!("{target}{rest}"), root.join(path.as_str()))));
    }
    for mount in service.mounts.iter().filter(|mount| mount.kind == MountKind::Bind) {
        if let Inside::TreeFile(path) | Inside::TreeFolder(path) =
            inside(&facts.texts, &facts.places, project, Some(service), &mount.target)
        {
            places.push((mount.target.clone(), root.join(path)));
        }
    }
    places.retain(|(target, source)| {
        target.starts_with('/') && target.len() > 1 && !target.contains("..") && source.exists()
    });
    Container { places, ..Container::default() }
}

/// The files of a project, and Compose.
fn project_of(base: &Rc<Base>, facts: &Facts, project: &ComposeFile) -> (BTreeSet<String>, Judge) {
    let is_included = |path: &str| facts.texts.get(path).is_some_and(|(id, _)| project.included.contains(&id));
    let given = project.files.iter().map(ToString::to_string).filter(|path| !is_included(path)).collect::<Vec<_>>();
    let folder = project.folder(Span::new(project.file, 0, 0)).to_owned();
    let base = Rc::clone(base);
    let judge = move |path: &str, content: &str| {
        base.with(path, content, |root| {
            let files: Vec<String> = given.iter().map(|path| root.join(path).to_string_lossy().into_owned()).collect();
            answer(compose_of(&root.join(&folder), &files))
        })
    };
    (project.files.iter().map(ToString::to_string).collect(), Box::new(judge))
}

/// Prometheus or Alertmanager as the service that reads the file; none where no service is known to.
fn monitor_of(base: &Rc<Base>, facts: &Facts, monitor: &Monitor) -> Option<Judge> {
    let reader = monitor.readers.first()?;
    let container = container(base.kept.path(), facts, reader.file, reader.service);
    let conf = reader.path.clone();
    let judged = if monitor.program == Program::Prometheus { promtool_in } else { amtool_in };
    let base = Rc::clone(base);
    Some(Box::new(move |path, content| base.with(path, content, |_| answer(judged(&container, &conf)))))
}

/// Copies a tree; links may lead out of it.
fn take(root: &Path, folder: &Path, to: &Path, files: &mut Files) {
    fs::create_dir_all(to).unwrap();
    for entry in fs::read_dir(folder).unwrap().map(Result::unwrap) {
        let (path, target) = (entry.path(), to.join(entry.file_name()));
        let kind = entry.file_type().unwrap();
        if kind.is_dir() {
            take(root, &path, &target, files);
        } else if kind.is_file() {
            let content = fs::read(&path).unwrap();
            fs::write(&target, &content).unwrap();
            files.insert(path.strip_prefix(root).unwrap().to_string_lossy().into_owned(), content);
        }
    }
}
