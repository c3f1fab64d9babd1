//! `volumes:` of a service: named volumes stay, files of the project travel with the tree, nothing else leaves.

use super::project_files::ProjectFiles;
use super::value::Value;
use crate::describe::Word;
use crate::source::{Diagnostic, Span, Spanned, TreePath, nearest};

/// What a service's mounts may refer to.
pub(super) struct Mounts<'a> {
    /// The folder that relative paths start from, inside the project.
    pub(super) base: String,
    /// The declared volumes.
    pub(super) volumes: &'a [(Spanned<Word>, crate::syntax::yaml::Node)],
    /// The project's `files/`.
    pub(super) files: &'a ProjectFiles,
    /// The folder on the server.
    pub(super) server_path: &'a Word,
    /// From the folder of the local Compose file back to the project.
    pub(super) project_from_common: &'a str,
}

/// A mount in both Compose files, and the named volume it uses.
pub(super) struct Mount {
    pub(super) production: Value,
    pub(super) local: Value,
    /// The named volume and its path inside the container.
    pub(super) volume: Option<(String, String)>,
}

impl Mounts<'_> {
    /// One entry of `volumes:`; `None` when it was refused.
    pub(super) fn lower(&self, value: &Value, span: Span, problems: &mut Vec<Diagnostic>) -> Option<Mount> {
        match value {
            Value::Plain(text) | Value::Text(text) => self.short(text, span, problems),
            Value::Map(entries) => self.long(entries, span, problems),
            Value::List(_) => {
                let problem = Diagnostic::error("a mount is no list", span, "expected `source:target` or a mapping");
                problems.push(problem.help("write each mount as an item of its own"));
                None
            }
        }
    }

    /// `[SOURCE:]TARGET[:OPTIONS]`.
    fn short(&self, text: &str, span: Span, problems: &mut Vec<Diagnostic>) -> Option<Mount> {
        let parts: Vec<&str> = text.split(':').collect();
        let (source, target, options) = match parts.as_slice() {
            [target] => (None, *target, None),
            [source, target] => (Some(*source), *target, None),
            [source, target, options] => (Some(*source), *target, Some(*options)),
            _ => {
                let problem =
                    Diagnostic::error("this mount has too many parts", span, "expected `source:target:options`");
                problems.push(problem.help("write `source:/path/in/the/container:ro`"));
                return None;
            }
        };
        if !target.starts_with('/') {
            let problem = Diagnostic::error("the target of a mount is an absolute path", span, "inside the container")
                .help("write `source:/path/in/the/container`");
            problems.push(problem);
            return None;
        }
        let Some(source) = source else {
            let same = Value::text(text);
            return Some(Mount { production: same.clone(), local: same, volume: None });
        };
        if source.starts_with(['.', '/', '~']) {
            let place = self.bind(source, span, problems)?;
            // Files that travel by content are never written to: two services may share them.
            let others = options.unwrap_or_default().split(',').filter(|option| !matches!(*option, "ro" | "rw" | ""));
            let suffix: String = others.map(|option| format!(",{option}")).collect();
            return Some(Mount {
                production: Value::text(format!("{}:{target}:ro{suffix}", place.production)),
                local: Value::text(format!("{}:{target}:ro{suffix}", place.local)),
                volume: None,
            });
        }
        self.declared(source, span, problems)?;
        let same = Value::text(text);
        Some(Mount { production: same.clone(), local: same, volume: Some((source.to_owned(), target.to_owned())) })
    }

    fn long(&self, entries: &[(String, Value)], span: Span, problems: &mut Vec<Diagnostic>) -> Option<Mount> {
        let get = |key: &str| entries.iter().find(|(name, _)| name == key).and_then(|(_, value)| value.as_text());
        let with_source = |source: &str| {
            let mut changed: Vec<(String, Value)> =
                entries.iter().filter(|(key, _)| key != "read_only" && key != "source").cloned().collect();
            changed.push(("source".into(), Value::text(source)));
            changed.push(("read_only".into(), Value::plain(true)));
            Value::Map(changed)
        };
        match (get("type"), get("source")) {
            (Some("bind"), Some(source)) => {
                let place = self.bind(source, span, problems)?;
                Some(Mount {
                    production: with_source(&place.production),
                    local: with_source(&place.local),
                    volume: None,
                })
            }
            (Some("volume"), Some(source)) => {
                self.declared(source, span, problems)?;
                let same = Value::Map(entries.to_vec());
                let target = get("target").unwrap_or_default().to_owned();
                Some(Mount { production: same.clone(), local: same, volume: Some((source.to_owned(), target)) })
            }
            (Some("tmpfs" | "volume" | "image"), _) => {
                let same = Value::Map(entries.to_vec());
                Some(Mount { production: same.clone(), local: same, volume: None })
            }
            (kind, _) => {
                let kind = kind.unwrap_or("nothing");
                let problem = Diagnostic::error(
                    format!("a mount of the type `{kind}` cannot be carried over"),
                    span,
                    "this mount",
                )
                .help("use `type: volume`, `type: tmpfs`, or `type: bind` with a source below `files/`");
                problems.push(problem);
                None
            }
        }
    }

    fn declared(&self, name: &str, span: Span, problems: &mut Vec<Diagnostic>) -> Option<()> {
        if self.volumes.iter().any(|(volume, _)| volume.value.as_str() == name) {
            return Some(());
        }
        let names = self.volumes.iter().map(|(volume, _)| volume.value.as_str());
        let problem = Diagnostic::error(format!("the volume `{name}` is not declared"), span, "used here");
        problems.push(problem.help(match nearest(name, names) {
            Some(near) => format!("did you mean `{near}`?"),
            None => format!("add `{name}: {{}}` under `volumes:`"),
        }));
        None
    }

    fn bind(&self, source: &str, span: Span, problems: &mut Vec<Diagnostic>) -> Option<BindSource> {
        let way_out =
            "put it under `files/` beside estiba.yml and mount `./files/…`: that folder travels with the tree";
        if source.starts_with(['/', '~']) {
            let problem = Diagnostic::error(
                format!("the mount `{source}` leaves the project"),
                span,
                "a path of one machine only",
            );
            problems.push(problem.help(way_out));
            return None;
        }
        let joined = format!("{}{source}", self.base);
        let Ok(path) = TreePath::parse(&joined) else {
            let problem = Diagnostic::error(
                format!("the mount `{source}` leaves the project"),
                span,
                "reaches out of the folder of estiba.yml",
            );
            problems.push(problem.help(way_out));
            return None;
        };
        if path.as_str() != "files" && !path.is_below("files") {
            let problem = Diagnostic::error(
                format!("the mount `{source}` does not travel with the tree"),
                span,
                "not below `files/`",
            );
            problems.push(problem.help(way_out));
            return None;
        }
        let Some(unit) = self.files.unit(path.as_str()) else {
            let problem = Diagnostic::error(
                format!("there is no `{path}` in the project"),
                span,
                "Docker would make an empty folder of that name",
            );
            let near = nearest(path.as_str(), self.files.paths()).map(|near| format!("did you mean `{near}`?"));
            problems
                .push(problem.help(near.unwrap_or_else(|| "add the file to the project's `files/` folder".to_owned())));
            return None;
        };
        Some(BindSource {
            production: format!("{}/srv/files/{}/{}", self.server_path, unit.hash, path.file_name()),
            local: format!("{}/{path}", self.project_from_common),
        })
    }
}

/// Where a mounted file stands: on the server, and from the local Compose file.
struct BindSource {
    production: String,
    local: String,
}
