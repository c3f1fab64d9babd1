//! What is changed and judged: files of one format that one program reads.

use std::collections::{BTreeMap, BTreeSet};
use std::rc::Rc;

use estiba_core::check::{self, RULES};
use estiba_core::facts::Facts;
use estiba_core::facts::nginx::Place;
use estiba_core::source::{Level, TreePath};
use estiba_core::tree::{Tree, TreeFile};
use estiba_testkit::judges::JudgeError;

#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub(crate) enum Format {
    Nginx,
    Compose,
    Prometheus,
    Alertmanager,
}

pub(crate) type Files = BTreeMap<String, Vec<u8>>;

/// What was said of a tree: errors as rule and words, and the references that could not be decided.
#[derive(Clone, Debug, Default)]
pub(crate) struct Said {
    pub(crate) errors: BTreeSet<(&'static str, String)>,
    pub(crate) undecided: BTreeSet<String>,
}

/// What a program says.
pub(crate) enum Verdict {
    Accepted,
    Refused(String),
    /// Programs of several generations may read it, and they differ.
    Differs,
}

pub(crate) type Judge = Box<dyn Fn(&str, &str) -> Verdict>;

pub(crate) struct Target {
    pub(crate) name: String,
    pub(crate) format: Format,
    /// The whole tree.
    pub(crate) files: Rc<Files>,
    /// The files that are changed.
    pub(crate) paths: Vec<String>,
    /// The nginx that is judged, where a tree has several.
    pub(crate) place: Option<Place>,
    /// Whether a reason lies in the domain of a rule, by more than its words.
    pub(crate) decides: Box<dyn Fn(&str) -> bool>,
    /// Asks the program of the tree with another content at a path.
    pub(crate) judge: Judge,
    /// What is said before anything is changed.
    pub(crate) before: Said,
    /// Whether a reference that cannot be decided is an answer: of our own trees every reference is known.
    pub(crate) foreign: bool,
}

impl Target {
    /// What is said of the tree with another content at a path, and was not said before.
    pub(crate) fn said(&self, path: &str, content: &str) -> Said {
        let mut files = (*self.files).clone();
        files.insert(path.to_owned(), content.as_bytes().to_vec());
        let mut said = said(&tree(&files), self.place.as_ref());
        said.errors.retain(|error| !self.before.errors.contains(error));
        said.undecided.retain(|reference| !self.before.undecided.contains(reference));
        said
    }
}

pub(crate) fn tree(files: &Files) -> Tree {
    let mut tree = Tree::default();
    for (path, content) in files {
        let mode = if content.starts_with(b"#!") { 0o755 } else { 0o644 };
        let Ok(path) = TreePath::parse(path) else { continue };
        tree.insert(path, TreeFile { content: content.clone(), mode, origin: None });
    }
    tree
}

/// Without the rules that only look at scripts, which no mutation touches.
pub(crate) fn said(tree: &Tree, place: Option<&Place>) -> Said {
    let of_scripts =
        ["step-contract-mismatch", "unguarded-danger", "dangling-script-reference", "signal-marks-stopped"];
    let mut facts = Facts::of(tree);
    if let Some(place) = place {
        facts.nginx.retain(|config| config.place == *place);
    }
    let rules = RULES.iter().copied().filter(|rule| !of_scripts.contains(&rule.id));
    let report = check::run(&facts, rules);
    let errors = report.findings.into_iter().filter(|finding| finding.level == Level::Error);
    let undecided = report.undecided.iter().map(|reference| {
        format!("{} {}: {}", facts.path(reference.span), facts.texts.sources.slice(reference.span), reference.reason)
    });
    Said { errors: errors.map(|finding| (finding.rule, finding.message)).collect(), undecided: undecided.collect() }
}

/// An answer of a judge; a program that is missing is no answer.
pub(crate) fn answer(result: Result<(), JudgeError>) -> Verdict {
    match result {
        Ok(()) => Verdict::Accepted,
        Err(JudgeError::Rejected { output, .. }) => Verdict::Refused(output),
        Err(other) => panic!("{other}"),
    }
}
