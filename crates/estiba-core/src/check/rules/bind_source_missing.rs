use super::super::made::{Made, made};
use super::super::rule::Draft;
use super::super::{Rule, Sink, World};
use crate::facts::compose::{FileResource, MountKind, Service};
use crate::facts::{ComposeFile, Stands};
use crate::source::{Level, PathError, Span, Spanned, TreePath, last_part, nearest, normal};

#[doc = include_str!("bind_source_missing.md")]
pub(crate) static RULE: Rule = Rule {
    id: "bind-source-missing",
    level: Level::Error,
    summary: "a container is given a path that nothing makes",
    page: include_str!("bind_source_missing.md"),
    check,
};

/// What every Linux with Docker has.
const HOST: [&str; 20] = [
    "/boot",
    "/dev",
    "/etc/group",
    "/etc/hostname",
    "/etc/hosts",
    "/etc/localtime",
    "/etc/machine-id",
    "/etc/os-release",
    "/etc/passwd",
    "/etc/ssl",
    "/etc/timezone",
    "/lib/modules",
    "/proc",
    "/run",
    "/sys",
    "/usr/lib",
    "/usr/share",
    "/var/lib/docker",
    "/var/log",
    "/var/run",
];

fn check(world: &World<'_>, sink: &mut Sink<'_>) {
    let steps = world.facts.contracts.iter().any(|contract| !contract.provides.is_empty());
    for (_, file) in world.servers() {
        let judge = Judge { world, file, steps };
        for service in &file.services {
            for mount in service.mounts.iter().filter(|mount| mount.kind == MountKind::Bind) {
                let Some(source) = &mount.source else { continue };
                judge.mount(sink, service, source, &mount.target);
            }
        }
        for secret in &file.secrets {
            if let Some(path) = &secret.file {
                judge.secret(sink, secret, path);
            }
        }
    }
}

/// What stands at the path of a host.
enum Source {
    There,
    /// Why it cannot be told.
    Untold(&'static str),
    Absent(String),
    /// The finding of `path-leaves-tree`.
    Leaves,
}

struct Judge<'a> {
    world: &'a World<'a>,
    file: &'a ComposeFile,
    /// Whether scripts declare at all what they make.
    steps: bool,
}

impl Judge<'_> {
    fn mount(&self, sink: &mut Sink<'_>, service: &Service, source: &Spanned<String>, target: &str) {
        match self.source(source) {
            Source::Leaves => {}
            Source::There => sink.found(),
            Source::Untold(why) => sink.undecided(source.span, why),
            Source::Absent(path) => {
                let file_like = [path.as_str(), target].iter().any(|path| is_file_name(path));
                let label = match (self.file.swarm, file_like) {
                    (true, _) => "a swarm refuses to start the service",
                    (_, true) => "Docker makes an empty folder of this name",
                    _ => "Docker makes it, empty and root's",
                };
                let message = format!("nothing makes `{path}`, which a container is given");
                let draft = self.draft(message, source.span, label, &path);
                sink.not_found(self.weighed(draft, &path, service, file_like));
            }
        }
    }

    /// Without declared steps a person may put it there, or an empty folder may be just what is meant.
    fn weighed(&self, draft: Draft, path: &str, service: &Service, file_like: bool) -> Draft {
        if self.steps {
            return draft;
        }
        let elsewhere = self.elsewhere(path, draft.span());
        if service.never {
            draft.level(Level::Warning)
        } else if let Some(elsewhere) = elsewhere {
            draft.label(format!("the tree has `{elsewhere}`"))
        } else if self.file.swarm {
            draft
        } else if file_like && !is_supplied(path) {
            if self.has_example(path) { draft.level(Level::Warning) } else { draft }
        } else {
            draft.level(Level::Warning).pedantic()
        }
    }

    fn secret(&self, sink: &mut Sink<'_>, secret: &FileResource, source: &Spanned<String>) {
        match self.source(source) {
            Source::Leaves => {}
            Source::There => sink.found(),
            Source::Untold(why) => sink.undecided(source.span, why),
            Source::Absent(path) => {
                let message = format!("nothing makes `{path}`, the file of `{}`", secret.key.value);
                let draft = self.draft(message, source.span, "Docker refuses to start the service", &path);
                let supplied = secret.secret || is_supplied(&path);
                sink.not_found(match (self.steps, supplied) {
                    (true, _) => draft,
                    // A secret that stood in the tree would be none.
                    (_, true) => draft.level(Level::Warning).pedantic(),
                    (_, false) if self.has_example(&path) => draft.level(Level::Warning),
                    _ => draft,
                });
            }
        }
    }

    /// The same path as seen from another folder on the way to the root: the Compose file was moved, or is meant to run
    /// somewhere else.
    fn elsewhere(&self, path: &str, span: Span) -> Option<String> {
        let texts = &self.world.facts.texts;
        let mut folder = self.file.folder(span);
        let own = path.strip_prefix(folder)?.trim_start_matches('/');
        while let Some((above, _)) = folder.rsplit_once('/').or(Some(("", folder)).filter(|_| !folder.is_empty())) {
            folder = above;
            let candidate = if folder.is_empty() { own.to_owned() } else { format!("{folder}/{own}") };
            if texts.has_file(&candidate) || texts.has_folder(&candidate) {
                return Some(candidate);
            }
        }
        None
    }

    /// Whether people are given a file to copy.
    fn has_example(&self, path: &str) -> bool {
        let (folder, name) = path.rsplit_once('/').unwrap_or(("", path));
        let stem = name.rsplit_once('.').map_or(name, |(stem, _)| stem);
        let example = |file: &str| {
            let file = last_part(file).to_lowercase();
            ["example", "sample", "dist", "template", "tmpl"].iter().any(|word| file.contains(word))
                && file.contains(&stem.to_lowercase())
        };
        self.world.facts.texts.files_in(folder).any(example)
    }

    fn source(&self, source: &Spanned<String>) -> Source {
        let facts = self.world.facts;
        let path = source.value.as_str();
        if path.contains('$') {
            return Source::Untold("the source is a variable");
        }
        if path.starts_with('~') {
            return Source::Untold("the home folder is that of whoever runs Compose");
        }
        let there = |path: &str| {
            !matches!(facts.places.resolve(&facts.texts, path), Stands::Nothing | Stands::NotInTree { .. })
        };
        if path.starts_with('/') {
            let path = normal(path);
            let host =
                |known: &str| path.strip_prefix(known).is_some_and(|rest| rest.is_empty() || rest.starts_with('/'));
            // What stands on a server that no script describes is the business of whoever runs it.
            return if path == "/" || HOST.iter().any(|known| host(known)) || there(&path) {
                Source::There
            } else if path.starts_with("/home/") || path.starts_with("/Users/") {
                Source::Leaves
            } else if !self.steps {
                Source::Untold("no script of the tree declares what it makes on the server")
            } else {
                Source::Absent(path)
            };
        }
        let folder = self.file.folder(source.span);
        match TreePath::parse(format!("{folder}/{path}").trim_start_matches('/')) {
            Err(PathError::Empty) => Source::There,
            Err(PathError::Leaves) => Source::Leaves,
            Err(_) => Source::Untold("the path has a character that no file of a tree carries"),
            Ok(path) => {
                let path = path.as_str();
                let beside = || facts.places.roots().any(|root| there(&format!("{root}/{path}")));
                if facts.texts.has_file(path) || facts.texts.has_folder(path) || there(path) || beside() {
                    Source::There
                } else {
                    match made(self.world, path) {
                        Made::Written if !self.steps => Source::There,
                        Made::Asked if !self.steps => Source::Untold("a script of the tree names it, and may make it"),
                        _ => Source::Absent(path.to_owned()),
                    }
                }
            }
        }
    }

    fn draft(&self, message: String, span: Span, label: &str, path: &str) -> Draft {
        let facts = self.world.facts;
        let compose = facts.path(span);
        let in_tree = facts.texts.iter().map(|(path, _, _)| path.as_str());
        let near = nearest(path, self.declared().map(|(path, _)| path).chain(in_tree));
        let declared = match near {
            Some(near) => self.declared().find(|(path, _)| *path == near),
            None => self.nearby(path),
        };
        let help = match (near, declared) {
            (Some(near), _) => format!("did you mean `{near}`? Change {compose}"),
            (None, Some((_, at))) => {
                format!("let a step make it and declare it in its `# provides:`: change {}", facts.path(at))
            }
            (None, None) => format!("put it into the tree, or name what is there: change {compose}"),
        };
        let draft = Draft::new(message, span, label, help);
        match declared {
            Some((near, at)) => draft.related(at, format!("this step declares `{near}`, and nothing at the path")),
            None => draft,
        }
    }

    /// Every path of the server that a step declares.
    fn declared(&self) -> impl Iterator<Item = (&str, Span)> {
        let provided = self.world.facts.contracts.iter().flat_map(|contract| &contract.provides);
        let paths = provided.filter(|stated| matches!(stated.value.kind.as_str(), "directory" | "file" | "tree"));
        paths.map(|stated| (stated.value.name.as_str(), stated.span))
    }

    /// The declaration of what has most in common with a path.
    fn nearby(&self, path: &str) -> Option<(&str, Span)> {
        let common = |other: &str| path.split('/').zip(other.split('/')).take_while(|(a, b)| a == b).count();
        let all = self.declared().map(|(other, span)| (common(other), other, span)).filter(|(common, ..)| *common > 1);
        // The first of those with the most in common.
        let best = all.fold(None, |best: Option<(usize, _, _)>, next| match best {
            Some(best) if best.0 >= next.0 => Some(best),
            _ => Some(next),
        });
        best.map(|(_, path, span)| (path, span))
    }
}

/// What nobody puts into a repository: keys, certificates, passwords, values of one machine.
fn is_supplied(path: &str) -> bool {
    let path = path.to_lowercase();
    let endings = [".key", ".pem", ".crt", ".env", ".htpasswd"];
    endings.iter().any(|ending| path.ends_with(ending))
        || path.split('/').any(|part| {
            [
                "secret",
                "secrets",
                "certs",
                "cert",
                "ssl",
                "tls",
                "letsencrypt",
                "acme",
                "data",
                "logs",
                "volumes",
                "backup",
            ]
            .iter()
            .any(|word| part.trim_start_matches('.') == *word)
        })
}

/// A name with an extension that configurations and scripts have.
fn is_file_name(path: &str) -> bool {
    let name = last_part(path);
    let extension = name.rsplit_once('.').map(|(_, extension)| extension);
    extension.is_some_and(|it| {
        let known = [
            "conf", "cnf", "crt", "cfg", "env", "html", "ini", "json", "key", "pem", "sh", "sql", "toml", "txt", "xml",
            "yaml", "yml",
        ];
        known.contains(&it)
    })
}
