use super::super::rule::Draft;
use super::super::{Rule, Sink, World};
use crate::facts::compose::MountKind;
use crate::facts::{ComposeFile, Stands, normal};
use crate::source::{Level, PathError, Span, Spanned, TreePath, nearest};

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
    for (_, stack) in world.server_stacks() {
        for file in world.files(stack) {
            let judge = Judge { world, file, steps };
            for service in &file.services {
                for mount in service.mounts.iter().filter(|mount| mount.kind == MountKind::Bind) {
                    let Some(source) = &mount.source else { continue };
                    judge.mount(sink, source, &mount.target);
                }
            }
            for secret in &file.secrets {
                if let Some(path) = &secret.file {
                    judge.secret(sink, &secret.key, path);
                }
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
    fn mount(&self, sink: &mut Sink<'_>, source: &Spanned<String>, target: &str) {
        match self.source(&source.value) {
            Source::Leaves => {}
            Source::There => sink.found(),
            Source::Untold(why) => sink.undecided(source.span, why),
            Source::Absent(path) => {
                let file_like = [path.as_str(), target].iter().any(|path| is_file_name(path));
                let label = if file_like {
                    "Docker makes an empty folder of this name"
                } else {
                    "Docker makes it, empty and root's"
                };
                let draft = self.draft(
                    format!("nothing makes `{path}`, which a container is given"),
                    source.span,
                    label,
                    &path,
                );
                // Without declared steps an empty folder may be just what is meant.
                let level = if file_like || self.steps { Level::Error } else { Level::Warning };
                sink.not_found(draft.level(level));
            }
        }
    }

    fn secret(&self, sink: &mut Sink<'_>, key: &Spanned<String>, source: &Spanned<String>) {
        match self.source(&source.value) {
            Source::Leaves => {}
            Source::There => sink.found(),
            Source::Untold(why) => sink.undecided(source.span, why),
            Source::Absent(path) => {
                let message = format!("nothing makes `{path}`, the file of `{}`", key.value);
                sink.not_found(self.draft(message, source.span, "Docker refuses to start the service", &path));
            }
        }
    }

    fn source(&self, path: &str) -> Source {
        let facts = self.world.facts;
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
        let folder = self.file.path.as_str().rfind('/').map_or("", |at| &self.file.path.as_str()[..at]);
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
                    Source::Absent(path.to_owned())
                }
            }
        }
    }

    fn draft(&self, message: String, span: Span, label: &str, path: &str) -> Draft {
        let facts = self.world.facts;
        let compose = self.file.path.as_str();
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

/// A name with an extension that configurations and scripts have.
fn is_file_name(path: &str) -> bool {
    let name = path.rsplit('/').next().unwrap_or(path);
    let extension = name.rsplit_once('.').map(|(_, extension)| extension);
    extension.is_some_and(|it| {
        let known = [
            "conf", "cnf", "crt", "cfg", "env", "html", "ini", "json", "key", "pem", "sh", "sql", "toml", "txt", "xml",
            "yaml", "yml",
        ];
        known.contains(&it)
    })
}
