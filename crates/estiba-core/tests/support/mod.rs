//! What the test binaries of this folder share: a project in memory on its way through the stages.

#![allow(dead_code, reason = "each test binary uses a part")]
#![allow(clippy::unwrap_used, clippy::expect_used, reason = "a test says where it failed by panicking")]
#![allow(clippy::disallowed_methods, reason = "tests read their own fixtures")]

pub(crate) mod edits;
pub(crate) mod injection;

use std::fs;
use std::path::{Path, PathBuf};
use std::time::Duration;

use estiba_core::source::{Diagnostic, FileId, MemoryFiles, Sources, TreePath};
use estiba_core::syntax::{nginx, yaml};
use estiba_core::tree::Tree;
use estiba_core::{describe, model, render};

/// The processor's time of this thread: what a busy machine does besides is not the code's fault.
pub(crate) fn processor_time() -> Duration {
    let text = fs::read_to_string("/proc/thread-self/schedstat").unwrap();
    Duration::from_nanos(text.split(' ').next().unwrap().parse().unwrap())
}

/// The folder of the fixtures.
pub(crate) fn tests_folder() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("tests")
}

/// A project of these files.
pub(crate) fn project(files: &[(&str, &[u8])]) -> MemoryFiles {
    MemoryFiles(files.iter().map(|(path, content)| ((*path).to_owned(), content.to_vec())).collect())
}

/// A project of a description alone.
pub(crate) fn described(text: &str) -> MemoryFiles {
    project(&[(describe::FILE_NAME, text.as_bytes())])
}

/// Every file below a folder, with its path from there.
pub(crate) fn project_on_disk(folder: &Path) -> MemoryFiles {
    let mut files = MemoryFiles::default();
    let mut waiting = vec![folder.to_owned()];
    while let Some(next) = waiting.pop() {
        for entry in fs::read_dir(&next).unwrap() {
            let path = entry.unwrap().path();
            if path.is_dir() {
                waiting.push(path);
            } else {
                let name = path.strip_prefix(folder).unwrap().to_str().unwrap().to_owned();
                files.0.insert(name, fs::read(&path).unwrap());
            }
        }
    }
    files
}

/// How far a project came.
pub(crate) struct Run {
    /// Every text, for places.
    pub(crate) sources: Sources,
    /// The tree, or what was refused.
    pub(crate) result: Result<Tree, Vec<Diagnostic>>,
}

impl Run {
    /// The tree of a project that must be accepted.
    #[track_caller]
    pub(crate) fn tree(self) -> Tree {
        match self.result {
            Ok(tree) => tree,
            Err(problems) => panic!("refused:\n{}", shown(&self.sources, &problems)),
        }
    }

    /// The problems of a project that must be refused.
    #[track_caller]
    pub(crate) fn problems(self) -> (Sources, Vec<Diagnostic>) {
        match self.result {
            Ok(_) => panic!("the project was accepted"),
            Err(problems) => (self.sources, problems),
        }
    }
}

/// From the description to the model.
pub(crate) fn resolve(sources: &mut Sources, files: &MemoryFiles) -> Result<model::Model, Vec<Diagnostic>> {
    let path = TreePath::parse(describe::FILE_NAME).unwrap();
    model::of_project(sources, files, &path, "../..")
}

/// From the description to the tree.
pub(crate) fn generate(files: &MemoryFiles) -> Run {
    let mut sources = Sources::default();
    let model = resolve(&mut sources, files);
    let result = model.and_then(|model| render::render(&mut sources, &model, files));
    Run { sources, result }
}

/// File and line of a problem's place.
pub(crate) fn place<'a>(sources: &'a Sources, problem: &Diagnostic) -> Option<(&'a str, usize)> {
    let span = problem.primary.as_ref()?.span;
    let file = sources.get(span.file);
    Some((&file.name, file.line_column(span.range().start).0))
}

/// Problems as a person reads them in a failed test.
pub(crate) fn shown(sources: &Sources, problems: &[Diagnostic]) -> String {
    let line = |problem: &Diagnostic| match place(sources, problem) {
        Some((file, line)) => format!("{file}:{line}: {}", problem.message),
        None => format!("(no place): {}", problem.message),
    };
    problems.iter().map(line).collect::<Vec<_>>().join("\n")
}

/// Whether a place is inside its text and on character boundaries.
pub(crate) fn inside(sources: &Sources, problem: &Diagnostic) -> bool {
    problem.primary.as_ref().is_some_and(|label| sources.get(label.span.file).text.get(label.span.range()).is_some())
}

/// A text by itself, for a parser.
pub(crate) fn source(text: &str) -> FileId {
    Sources::default().add("text", text)
}

/// A YAML text's root.
pub(crate) fn yaml(text: &str) -> Result<yaml::Node, String> {
    yaml::load(source(text), text, yaml::Limits::default())
        .map(|document| document.root)
        .map_err(|problem| problem.message)
}

/// What of a tree's rendered files cannot be read by the parser of its kind. The project's own files are its own.
pub(crate) fn unreadable(tree: &Tree) -> Vec<String> {
    let mut found = Vec::new();
    for (path, file) in tree.iter().filter(|(path, _)| !path.is_below("files")) {
        let Some(text) = file.text() else {
            found.push(format!("{path}: not UTF-8"));
            continue;
        };
        let name = path.as_str();
        let problem = if name.ends_with(".yml") {
            yaml(text).err()
        } else if name.ends_with(".json") {
            serde_json::from_str::<serde_json::Value>(text).err().map(|error| error.to_string())
        } else if name.ends_with(".conf") {
            nginx::parse(source(text), text).errors.into_iter().next().map(|error| error.message)
        } else {
            None
        };
        found.extend(problem.map(|problem| format!("{path}: {problem}")));
    }
    found
}

/// Two texts line by line: what is gone and what is new, with the line before each change.
pub(crate) fn difference(expected: &str, found: &str) -> String {
    let old: Vec<&str> = expected.split('\n').collect();
    let new: Vec<&str> = found.split('\n').collect();
    // The longest common subsequence from each pair of lines on.
    let mut common = vec![vec![0u32; new.len() + 1]; old.len() + 1];
    for a in (0..old.len()).rev() {
        for b in (0..new.len()).rev() {
            common[a][b] =
                if old[a] == new[b] { common[a + 1][b + 1] + 1 } else { common[a + 1][b].max(common[a][b + 1]) };
        }
    }
    let (mut a, mut b, mut out, mut last) = (0, 0, Vec::new(), None);
    while a < old.len() || b < new.len() {
        if a < old.len() && b < new.len() && old[a] == new[b] {
            last = Some(old[a]);
            (a, b) = (a + 1, b + 1);
            continue;
        }
        out.extend(last.take().map(|line| format!("   {line}")));
        if b == new.len() || a < old.len() && common[a + 1][b] >= common[a][b + 1] {
            out.push(format!(" - {}", old[a]));
            a += 1;
        } else {
            out.push(format!(" + {}", new[b]));
            b += 1;
        }
    }
    let more = out.len().saturating_sub(40);
    out.truncate(40);
    let more = if more == 0 { String::new() } else { format!("\n … {more} more lines") };
    format!("\n{}{more}\n", out.join("\n"))
}
