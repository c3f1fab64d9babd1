//! What a script declares about itself in its first comment block: `# requires:`, `# after:`, `# provides:`,
//! `# danger:`, `# runs-on:`.

use std::fmt;

use super::{Settings, Texts};
use crate::source::{FileId, Span, Spanned, TreePath};

/// Something a step needs or makes: a kind, and a name where the kind has several.
#[derive(Clone, Debug, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub struct Resource {
    /// `image`, `service`, `docker` …
    pub kind: String,
    /// The name; empty for a kind that there is one of.
    pub name: String,
    /// For a file: the file of the tree that it is made as a copy of.
    pub copy_of: Option<String>,
}

impl Resource {
    /// Reads `kind`, `kind:name` or `kind:name=copy`.
    #[must_use]
    pub fn parse(text: &str) -> Self {
        let (kind, rest) = text.split_once(':').unwrap_or((text, ""));
        let (name, copy_of) = match rest.split_once('=') {
            Some((name, copy)) => (name, Some(copy.to_owned())),
            None => (rest, None),
        };
        Self { kind: kind.to_owned(), name: name.to_owned(), copy_of }
    }

    /// A resource of a kind.
    #[must_use]
    pub fn new(kind: &str, name: &str) -> Self {
        Self { kind: kind.to_owned(), name: name.to_owned(), copy_of: None }
    }

    /// Whether both are the same thing, wherever a file's content comes from.
    #[must_use]
    pub fn is(&self, other: &Self) -> bool {
        self.kind == other.kind && self.name == other.name
    }
}

impl fmt::Display for Resource {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        if self.name.is_empty() { f.write_str(&self.kind) } else { write!(f, "{}:{}", self.kind, self.name) }
    }
}

/// A declared resource and where it is declared.
pub type Stated = Spanned<Resource>;

/// Where a script is meant to run.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum RunsOn {
    /// On the server.
    Server,
    /// On the machine of the person.
    Laptop,
}

/// A script's declaration.
#[derive(Clone, Debug)]
pub struct Contract {
    /// The script's file name without `.sh`.
    pub id: String,
    /// The script.
    pub script: TreePath,
    /// Its text.
    pub file: FileId,
    /// The first line: where to point when the script as a whole is meant.
    pub head: Span,
    /// What must be there before it runs.
    pub requires: Vec<Stated>,
    /// Steps that the founding order puts before it.
    pub after: Vec<Spanned<String>>,
    /// What is there when it is done.
    pub provides: Vec<Stated>,
    /// What is lost if it is run, or run at another time.
    pub danger: Option<Spanned<String>>,
    /// Where it runs, when it says so.
    pub runs_on: Option<RunsOn>,
    /// Items that name no constant, with the name.
    pub unknown: Vec<Spanned<String>>,
}

impl Contract {
    /// Whether anything is declared at all.
    #[must_use]
    pub fn is_step(&self) -> bool {
        !self.provides.is_empty() || !self.requires.is_empty() || !self.after.is_empty()
    }
}

/// Every script with a shebang.
pub(super) fn read_all(texts: &Texts, settings: &Settings) -> Vec<Contract> {
    let scripts = texts.iter().filter(|(path, _, text)| path.as_str().ends_with(".sh") && text.starts_with("#!"));
    scripts.map(|(path, file, text)| read(path, file, text, settings)).collect()
}

fn read(path: &TreePath, file: FileId, text: &str, settings: &Settings) -> Contract {
    let id = path.file_name().trim_end_matches(".sh").to_owned();
    let head = Span::new(file, 0, text.find('\n').unwrap_or(text.len()));
    let mut contract = Contract {
        id,
        script: path.clone(),
        file,
        head,
        requires: Vec::new(),
        after: Vec::new(),
        provides: Vec::new(),
        danger: None,
        runs_on: None,
        unknown: Vec::new(),
    };
    let mut start = 0;
    for line in text.split_inclusive('\n') {
        let Some(comment) = line.strip_prefix('#') else { break };
        let offset = start + 1;
        start += line.len();
        let trimmed = comment.trim_start();
        let offset = offset + comment.len() - trimmed.len();
        let Some((key, rest)) = trimmed.split_once(':') else { continue };
        let rest_at = offset + key.len() + 1;
        match key {
            "requires" | "provides" | "after" => contract.items(key, rest, rest_at, settings),
            "danger" => {
                let words = rest.trim();
                let at = rest_at + rest.find(words).unwrap_or(0);
                contract.danger = Some(Spanned::new(words.to_owned(), Span::new(file, at, at + words.len())));
            }
            "runs-on" => {
                contract.runs_on = match rest.trim() {
                    "server" => Some(RunsOn::Server),
                    "laptop" => Some(RunsOn::Laptop),
                    _ => None,
                };
            }
            _ => {}
        }
    }
    contract
}

impl Contract {
    fn items(&mut self, key: &str, rest: &str, rest_at: usize, settings: &Settings) {
        for word in rest.split_whitespace() {
            let at = rest_at + (word.as_ptr() as usize - rest.as_ptr() as usize);
            let span = Span::new(self.file, at, at + word.len());
            match settings.expand(word) {
                Err(name) => self.unknown.push(Spanned::new(name, span)),
                Ok(texts) => {
                    for text in texts {
                        match key {
                            "after" => self.after.push(Spanned::new(text, span)),
                            "requires" => self.requires.push(Spanned::new(Resource::parse(&text), span)),
                            _ => self.provides.push(Spanned::new(Resource::parse(&text), span)),
                        }
                    }
                }
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::tree::{Tree, TreeFile};

    #[test]
    fn a_header_is_read_with_its_places() {
        let mut tree = Tree::default();
        let mut put = |path: &str, text: &str| {
            let file = TreeFile { content: text.as_bytes().to_vec(), mode: 0o755, origin: None };
            tree.insert(TreePath::parse(path).unwrap(), file);
        };
        put("scripts/settings.sh", "IMAGES=(\n  a:1\n  b:2\n)\n");
        let text = "#!/bin/bash\n# does it\n# requires: docker image:${IMAGES[@]}\n# danger: all of it\n# runs-on: server\nexit\n";
        put("scripts/x.sh", text);
        let texts = Texts::of(&tree);
        let contracts = read_all(&texts, &Settings::read(&texts));
        let names: Vec<String> = contracts[0].requires.iter().map(|stated| stated.value.to_string()).collect();
        assert_eq!(names, ["docker", "image:a:1", "image:b:2"]);
        assert_eq!(texts.sources.slice(contracts[0].requires[1].span), "image:${IMAGES[@]}");
        assert_eq!(contracts[0].danger.as_ref().unwrap().value, "all of it");
        assert_eq!(contracts[0].runs_on, Some(RunsOn::Server));
    }
}
