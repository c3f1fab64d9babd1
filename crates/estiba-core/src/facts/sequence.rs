//! Which scripts of the tree a script runs, in which order.

use super::{Contract, Texts};
use crate::source::{Span, TreePath};

/// A script that runs other scripts of the tree.
#[derive(Clone, Debug)]
pub struct Sequence {
    /// The script, as an index of its contract.
    pub by: usize,
    /// What it runs, in order.
    pub calls: Vec<Call>,
}

/// A script that another one runs.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Call {
    /// The script.
    pub script: TreePath,
    /// The word that names it.
    pub span: Span,
}

/// Every script that runs at least two others.
pub(super) fn read_all(texts: &Texts, contracts: &[Contract]) -> Vec<Sequence> {
    let mut sequences = Vec::new();
    for (by, contract) in contracts.iter().enumerate() {
        let calls = calls(texts, contract);
        if calls.len() > 1 {
            sequences.push(Sequence { by, calls });
        }
    }
    sequences
}

/// A command whose first word is `"$TREE/path/of/a/script.sh"`.
fn calls(texts: &Texts, contract: &Contract) -> Vec<Call> {
    let text = &texts.sources.get(contract.file).text;
    let mut found = Vec::new();
    let mut start = 0;
    for line in text.split_inclusive('\n') {
        let indent = line.len() - line.trim_start().len();
        if let Some(rest) = line[indent..].strip_prefix("\"$TREE/")
            && let Some((path, _)) = rest.split_once('"')
            && let Ok(script) = TreePath::parse(path)
            && path.ends_with(".sh")
        {
            let at = start + indent;
            found.push(Call { script, span: Span::new(contract.file, at, at + path.len() + "\"$TREE/\"".len()) });
        }
        start += line.len();
    }
    found
}
