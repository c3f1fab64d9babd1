//! From the files of a project to one: `include`, `extends` and several files are merged as Compose does it, after the
//! variables of each have become what they are.

use std::cell::Cell;
use std::collections::HashMap;

use super::env::{self, Values};
use super::interpolate::substitute;
use super::projects::Group;
use super::raw::RawFile;
use super::read::sections;
use super::recipe::Recipe;
use super::{ComposeFile, Environment, Unset};
use crate::facts::Texts;
use crate::source::FileId;
use crate::syntax::compose::{Keys, Marks, merge_maps};
use crate::syntax::yaml::{Node, NodeKind};

/// Files that include or extend each other deeper than that are a circle.
const DEPTH: usize = 16;

/// Nodes that may be copied for one project: a short file must not become a long one.
const MOST: usize = 400_000;

/// Top-level sections that are merged entry by entry.
const SECTIONS: [&str; 5] = ["services", "networks", "volumes", "secrets", "configs"];

pub(super) fn project(texts: &Texts, files: &[RawFile], group: &Group) -> Option<ComposeFile> {
    let first = files.get(*group.files.first()?)?;
    let own = env::of(texts, first.folder());
    let mut merger =
        Merger { texts, files, folders: Vec::new(), included: Vec::new(), unset: Vec::new(), left: Cell::new(MOST) };
    let mut root: Keys = Vec::new();
    for at in &group.files {
        let Some(file) = files.get(*at) else { continue };
        let keys = merger.file(file, first.folder(), &own.values, 0);
        root = merge_roots(root, keys, &file.marks);
    }
    let folders = merger.folders;
    let mut paths = vec![first.path.clone()];
    for (file, _) in &folders {
        let path = files.iter().find(|known| known.file == *file).map(|known| &known.path);
        paths.extend(path.filter(|path| !paths.contains(path)).cloned().into_iter().collect::<Vec<_>>());
    }
    let sections = sections(&Node { span: first.root.span, kind: NodeKind::Map(root) });
    let mut project = ComposeFile {
        path: first.path.clone(),
        file: first.file,
        files: paths,
        folders,
        included: merger.included,
        server: group.server,
        run_by: group.run_by,
        swarm: group.swarm,
        unset: merger.unset,
        environment: match (own.own, own.example) {
            (true, _) => Environment::Own,
            (_, true) => Environment::Example,
            _ => Environment::Absent,
        },
        name: sections.name,
        services: sections.services,
        networks: sections.networks,
        volumes: sections.volumes,
        secrets: sections.secrets,
    };
    recipes(texts, &mut project);
    Some(project)
}

/// What the Dockerfiles of the tree make.
fn recipes(texts: &Texts, project: &mut ComposeFile) {
    for at in 0..project.services.len() {
        let Some(build) = project.services.get(at).and_then(|service| service.build.as_ref()) else { continue };
        let Some(context) = &build.context else { continue };
        if build.inline
            || context.value.contains("://")
            || context.value.contains('$')
            || context.value.starts_with('/')
        {
            continue;
        }
        let folder = env::join(project.folder(context.span), &context.value);
        let file = build.dockerfile.as_ref().map_or("Dockerfile", |file| file.value.as_str());
        let target = build.target.as_ref().map(|target| target.value.as_str());
        let recipe = Recipe::read(texts, &folder, file, target);
        if let Some(service) = project.services.get_mut(at) {
            if let Some(recipe) = &recipe {
                service.expose.extend(&recipe.exposes);
            }
            if let Some(build) = &mut service.build {
                build.recipe = recipe;
            }
        }
    }
}

struct Merger<'a> {
    texts: &'a Texts,
    files: &'a [RawFile],
    folders: Vec<(FileId, String)>,
    included: Vec<FileId>,
    unset: Vec<Unset>,
    left: Cell<usize>,
}

impl Merger<'_> {
    /// A file with its variables replaced, over what it includes, with what its services extend.
    fn file(&mut self, raw: &RawFile, folder: &str, values: &Values, depth: usize) -> Keys {
        if !self.folders.iter().any(|(file, _)| *file == raw.file) {
            self.folders.push((raw.file, folder.to_owned()));
        }
        let NodeKind::Map(mut keys) = self.known(&raw.root, values).kind else { return Vec::new() };
        let mut below: Keys = Vec::new();
        for (paths, entry) in raw.included() {
            for path in paths.into_iter().filter_map(Node::text) {
                let given = |key: &str| Some(env::join(folder, entry.get(key)?.text()?));
                let path = env::join(folder, path);
                let Some(part) = self.files.iter().find(|file| file.path.as_str() == path) else { continue };
                if depth >= DEPTH || self.folders.iter().any(|(file, _)| *file == part.file) {
                    continue;
                }
                self.included.push(part.file);
                let home = given("project_directory").unwrap_or_else(|| part.folder().to_owned());
                // What the including project says comes first.
                let mut inner = self.env_files(entry, folder).unwrap_or_else(|| env::of(self.texts, &home).values);
                inner.extend(values.iter().map(|(name, value)| (name.clone(), value.clone())));
                let part_keys = self.file(part, &home, &inner, depth + 1);
                below = merge_roots(below, part_keys, &part.marks);
            }
        }
        self.extend_services(&mut keys, raw, values);
        if below.is_empty() { keys } else { merge_roots(below, keys, &raw.marks) }
    }

    fn env_files(&self, entry: &Node, folder: &str) -> Option<Values> {
        let node = entry.get("env_file")?;
        let one = [node];
        let paths = match node.list() {
            Some(items) => items.iter().collect::<Vec<_>>(),
            None => one.to_vec(),
        };
        let files = paths.into_iter().filter_map(|path| env::file(self.texts, &env::join(folder, path.text()?)));
        Some(files.flatten().collect())
    }

    /// The services of a file over those that they extend.
    fn extend_services(&mut self, keys: &mut Keys, raw: &RawFile, values: &Values) {
        let Some((_, node)) = keys.iter_mut().find(|(key, _)| key.text() == Some("services")) else { return };
        let NodeKind::Map(services) = &mut node.kind else { return };
        if services.iter().all(|(_, service)| service.get("extends").is_none()) {
            return;
        }
        let places: HashMap<String, usize> =
            services.iter().enumerate().rev().filter_map(|(at, (key, _))| Some((key.text()?.to_owned(), at))).collect();
        for at in 0..services.len() {
            let mut chain: Vec<(Node, String)> = Vec::new();
            let mut node = services[at].1.clone();
            let mut path = raw.path.as_str().to_owned();
            while let Some(extends) = node.get("extends").cloned() {
                let name = extends.get("service").unwrap_or(&extends).text().unwrap_or_default().to_owned();
                let other = extends.get("file").and_then(Node::text);
                let folder = path.rsplit_once('/').map_or("", |(folder, _)| folder).to_owned();
                let there = other.map_or_else(|| path.clone(), |other| env::join(&folder, other));
                let base = if there == raw.path.as_str() {
                    places.get(&name).map(|place| services[*place].1.clone())
                } else {
                    let part = self.files.iter().find(|file| file.path.as_str() == there);
                    part.and_then(|part| {
                        if !self.folders.iter().any(|(file, _)| *file == part.file) {
                            self.folders.push((part.file, part.folder().to_owned()));
                        }
                        let service = part.root.get("services")?.get(&name)?;
                        Some(self.known(service, values))
                    })
                };
                let size = self.left.get().saturating_sub(1);
                self.left.set(size);
                let Some(base) = base.filter(|_| chain.len() < DEPTH && size > 0) else { break };
                chain.push((node, path));
                (node, path) = (base, there);
            }
            if chain.is_empty() {
                continue;
            }
            let own = |node: Node| match node.kind {
                NodeKind::Map(keys) => keys.into_iter().filter(|(key, _)| key.text() != Some("extends")).collect(),
                _ => Keys::new(),
            };
            let span = services[at].1.span;
            let marks = &raw.marks;
            let merged = chain.into_iter().rev().fold(own(node), |base, (node, _)| merge_maps(base, own(node), marks));
            services[at].1 = Node { span, kind: NodeKind::Map(merged) };
        }
    }

    /// A copy with its variables replaced.
    fn known(&mut self, node: &Node, values: &Values) -> Node {
        let left = self.left.get().saturating_sub(1);
        self.left.set(left);
        if left == 0 {
            return Node { span: node.span, kind: NodeKind::List(Vec::new()) };
        }
        let kind = match &node.kind {
            NodeKind::Scalar { text, style } => {
                let span = node.span;
                let unset = &mut self.unset;
                let text = substitute(text, &|name| values.get(name).cloned(), &mut |asked| {
                    unset.push(Unset { name: asked.name, span, answered: asked.answered });
                });
                NodeKind::Scalar { text: text.into_owned(), style: *style }
            }
            NodeKind::List(items) => NodeKind::List(items.iter().map(|item| self.known(item, values)).collect()),
            NodeKind::Map(entries) => {
                NodeKind::Map(entries.iter().map(|(key, value)| (key.clone(), self.known(value, values))).collect())
            }
        };
        Node { span: node.span, kind }
    }
}

/// One project's keys over another's.
fn merge_roots(base: Keys, own: Keys, marks: &Marks) -> Keys {
    if base.is_empty() {
        return own;
    }
    let mut merged = base;
    for (key, value) in own {
        let name = key.text().unwrap_or_default();
        let before = merged.iter_mut().find(|(known, _)| known.text() == Some(name));
        match before {
            Some((_, before)) if SECTIONS.contains(&name) && before.map().is_some() && value.map().is_some() => {
                let entries = |node: Node| match node.kind {
                    NodeKind::Map(entries) => entries,
                    _ => Keys::new(),
                };
                let span = before.span;
                let nothing = Node { span, kind: NodeKind::Map(Vec::new()) };
                let old = entries(std::mem::replace(before, nothing));
                before.kind = NodeKind::Map(merge_maps(old, entries(value), marks));
            }
            Some(before) => *before = (key, value),
            None => merged.push((key, value)),
        }
    }
    merged
}
