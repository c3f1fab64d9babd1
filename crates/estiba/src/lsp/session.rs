//! What an editor has open: the tree on disk with unsaved texts over it, and what a check says of it.

use std::collections::{BTreeMap, BTreeSet};
use std::path::{Path, PathBuf};

use estiba_core::check::{self, Finding, Report, Selection, rules};
use estiba_core::describe::FILE_NAME;
use estiba_core::facts::Facts;
use estiba_core::model;
use estiba_core::source::{Files, Label, Level, ReadError, Sources, Span, TreePath};
use estiba_core::tree::{Tree, TreeFile};
use estiba_host::{Project, TreeDir};
use serde_json::{Value, json};

use super::complete;
use super::place::{Unit, path, uri};
use crate::pipeline::{place, tree_folder};

/// A folder that is edited.
pub(super) struct Session {
    root: PathBuf,
    /// The tree's folder: the root, or what the description there makes.
    folder: PathBuf,
    /// As on disk, with the texts that the editor holds over it.
    tree: Tree,
    /// What the editor holds, saved or not.
    open: BTreeMap<TreePath, String>,
    unit: Unit,
    facts: Facts,
    report: Report,
    /// The unsaved text of the description.
    description: Option<String>,
    /// Files that have findings on the screen.
    told: BTreeSet<String>,
}

impl Session {
    pub(super) fn open(root: &Path, unit: Unit) -> Result<Self, String> {
        let root = place(root);
        let folder = tree_folder(&root);
        let tree = if folder.is_dir() {
            TreeDir::new(&folder).load().map_err(|error| error.to_string())?
        } else {
            Tree::default()
        };
        let facts = Facts::of(&tree);
        let (report, told) = (Report::default(), BTreeSet::new());
        let open = BTreeMap::new();
        Ok(Self { root, folder, tree, open, unit, facts, report, description: None, told })
    }

    /// Takes a change over; whether there was one.
    pub(super) fn take(&mut self, method: &str, parameters: &Value) -> bool {
        let document = document(parameters);
        match method {
            "textDocument/didOpen" => self.hold(document, parameters["textDocument"]["text"].as_str()),
            "textDocument/didChange" => {
                let changes = parameters["contentChanges"].as_array();
                self.hold(document, changes.and_then(|changes| changes.last()?["text"].as_str()))
            }
            "textDocument/didClose" => self.release(document),
            "textDocument/didSave" | "workspace/didChangeWatchedFiles" => self.reload(),
            _ => false,
        }
    }

    fn hold(&mut self, document: Option<PathBuf>, text: Option<&str>) -> bool {
        let (Some(document), Some(text)) = (document, text) else { return false };
        if document == self.root.join(FILE_NAME) {
            self.description = Some(text.to_owned());
            return true;
        }
        let Some(path) = self.in_tree(&document) else { return false };
        put(&mut self.tree, &path, text);
        self.open.insert(path, text.to_owned());
        true
    }

    /// The editor holds a file no more: what stands on disk counts.
    fn release(&mut self, document: Option<PathBuf>) -> bool {
        let Some(document) = document else { return false };
        if document == self.root.join(FILE_NAME) {
            self.description = None;
            return true;
        }
        let Some(path) = self.in_tree(&document) else { return false };
        self.open.remove(&path);
        self.reload()
    }

    /// Files that others changed, or that were saved. What is open and not saved stays as the editor has it.
    fn reload(&mut self) -> bool {
        let Ok(mut tree) = TreeDir::new(&self.folder).load() else { return false };
        for (path, text) in &self.open {
            put(&mut tree, path, text);
        }
        let changed = tree != self.tree;
        self.tree = tree;
        changed
    }

    fn in_tree(&self, document: &Path) -> Option<TreePath> {
        TreePath::parse(&document.strip_prefix(&self.folder).ok()?.to_string_lossy()).ok()
    }

    /// Checks everything; answers what is to be shown in which file, also where nothing is any more.
    pub(super) fn check(&mut self) -> Vec<Value> {
        self.facts = Facts::of(&self.tree);
        self.report = check::check_with(&self.facts, &Selection::default()).confident();
        let mut files: BTreeMap<String, Vec<Value>> = BTreeMap::new();
        for finding in &self.report.findings {
            let file = self.uri(finding.primary.span);
            files.entry(file).or_default().push(self.diagnostic(finding));
        }
        if let Some(problems) = self.of_description() {
            files.insert(uri(&self.root.join(FILE_NAME)), problems);
        }
        let now: BTreeSet<String> = files.keys().cloned().collect();
        let gone = self.told.difference(&now).map(|file| json!({ "uri": file, "diagnostics": [] }));
        let mut told: Vec<Value> = gone.collect();
        told.extend(files.into_iter().map(|(file, all)| json!({ "uri": file, "diagnostics": all })));
        self.told = now;
        told
    }

    fn diagnostic(&self, finding: &Finding) -> Value {
        let related =
            finding.related.iter().map(|label| json!({ "location": self.location(label.span), "message": label.text }));
        json!({
            "range": self.range(finding.primary.span),
            "severity": severity(finding.level),
            "code": finding.rule,
            "source": "estiba",
            "message": format!("{}\n{}", finding.message, finding.help),
            "relatedInformation": related.collect::<Vec<_>>(),
        })
    }

    /// What is wrong in an open description.
    fn of_description(&self) -> Option<Vec<Value>> {
        let text = self.description.as_ref()?;
        let (project, _) = Project::open(&self.root).ok()?;
        let files = Unsaved { project: &project, text };
        let mut sources = Sources::default();
        let name = TreePath::parse(FILE_NAME).ok()?;
        let Err(problems) = model::of_project(&mut sources, &files, &name, "../..") else { return Some(Vec::new()) };
        let of_file = |label: &&Label| sources.get(label.span.file).name == FILE_NAME;
        let shown = problems.iter().filter_map(|problem| {
            let place = problem.primary.as_ref().filter(of_file)?;
            let help = problem.help.as_deref().unwrap_or_default();
            Some(json!({
                "range": self.unit.range(text, place.span.range()),
                "severity": severity(problem.level),
                "source": "estiba",
                "message": format!("{}\n{help}", problem.message).trim_end(),
            }))
        });
        Some(shown.collect())
    }

    pub(super) fn hover(&self, parameters: &Value) -> Value {
        let Some((path, offset)) = self.asked(parameters) else { return Value::Null };
        let here = |label: &Label| self.facts.path(label.span) == path.as_str() && covers(label.span, offset);
        let finding = self.report.findings.iter().find(|finding| here(&finding.primary));
        let finding = finding.or_else(|| self.report.findings.iter().find(|it| it.related.iter().any(here)));
        let Some(page) = finding.and_then(|finding| Some(rules::find(finding.rule)?.page)) else { return Value::Null };
        json!({ "contents": { "kind": "markdown", "value": page } })
    }

    pub(super) fn definition(&self, parameters: &Value) -> Value {
        let asked = self.asked(parameters);
        let found = asked.and_then(|(path, offset)| check::definition(&self.facts, path.as_str(), offset));
        found.map_or(Value::Null, |span| self.location(span))
    }

    /// Fixes of the findings in a range.
    pub(super) fn actions(&self, parameters: &Value) -> Value {
        let Some(path) = document(parameters).and_then(|document| self.in_tree(&document)) else { return json!([]) };
        let Some((_, text)) = self.facts.texts.get(path.as_str()) else { return json!([]) };
        let from = self.unit.offset(text, &parameters["range"]["start"]);
        let to = self.unit.offset(text, &parameters["range"]["end"]);
        let here = |span: Span| {
            self.facts.path(span) == path.as_str() && span.start as usize <= to && from <= span.end as usize
        };
        let actions = self.report.findings.iter().filter(|finding| here(finding.primary.span)).filter_map(|finding| {
            let fix = finding.fix.as_ref()?;
            let mut changes: BTreeMap<String, Vec<Value>> = BTreeMap::new();
            for edit in &fix.edits {
                let change = json!({ "range": self.range(edit.span), "newText": edit.text });
                changes.entry(self.uri(edit.span)).or_default().push(change);
            }
            let title =
                if fix.is_safe { fix.title.clone() } else { format!("{} (look at what it changes)", fix.title) };
            Some(json!({
                "title": title,
                "kind": "quickfix",
                "isPreferred": fix.is_safe,
                "diagnostics": [self.diagnostic(finding)],
                "edit": { "changes": changes },
            }))
        });
        json!(actions.collect::<Vec<_>>())
    }

    /// Keys of the description at a place.
    pub(super) fn complete(&self, parameters: &Value) -> Value {
        let document = document(parameters);
        let Some(text) = self.description.as_ref().filter(|_| document == Some(self.root.join(FILE_NAME))) else {
            return json!([]);
        };
        complete::keys(text, self.unit.offset(text, &parameters["position"]))
    }

    /// The file of the tree and the byte that a request is about.
    fn asked(&self, parameters: &Value) -> Option<(TreePath, usize)> {
        let path = self.in_tree(&document(parameters)?)?;
        let (_, text) = self.facts.texts.get(path.as_str())?;
        let offset = self.unit.offset(text, &parameters["position"]);
        Some((path, offset))
    }

    fn uri(&self, span: Span) -> String {
        uri(&self.folder.join(self.facts.path(span)))
    }

    fn range(&self, span: Span) -> Value {
        self.unit.range(&self.facts.texts.sources.get(span.file).text, span.range())
    }

    fn location(&self, span: Span) -> Value {
        json!({ "uri": self.uri(span), "range": self.range(span) })
    }
}

fn put(tree: &mut Tree, path: &TreePath, text: &str) {
    let mode = tree.get(path.as_str()).map_or(0o644, |file| file.mode);
    tree.insert(path.clone(), TreeFile { content: text.as_bytes().to_vec(), mode, origin: None });
}

/// A project with the text of its description that is not saved yet.
struct Unsaved<'a> {
    project: &'a Project,
    text: &'a str,
}

impl Files for Unsaved<'_> {
    fn read_with_mode(&self, path: &TreePath) -> Result<(Vec<u8>, u32), ReadError> {
        if path.as_str() == FILE_NAME {
            Ok((self.text.as_bytes().to_vec(), 0o644))
        } else {
            self.project.read_with_mode(path)
        }
    }

    fn list(&self, folder: &str) -> Result<Vec<TreePath>, ReadError> {
        self.project.list(folder)
    }
}

/// The file that a message is about, absolute.
fn document(parameters: &Value) -> Option<PathBuf> {
    parameters["textDocument"]["uri"].as_str().and_then(path).map(|path| place(&path))
}

fn covers(span: Span, offset: usize) -> bool {
    (span.start as usize..=span.end as usize).contains(&offset)
}

fn severity(level: Level) -> u8 {
    match level {
        Level::Error => 1,
        Level::Warning => 2,
        Level::Note => 3,
    }
}
