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

const BEGINNING: &str = "\"$TREE/";

/// A command whose first word is `"$TREE/path/of/a/script.sh"`.
fn calls(texts: &Texts, contract: &Contract) -> Vec<Call> {
    let text = &texts.sources.get(contract.file).text;
    let mut found = Vec::new();
    for at in memchr::memmem::find_iter(text.as_bytes(), BEGINNING) {
        let line = memchr::memrchr(b'\n', &text.as_bytes()[..at]).map_or(0, |end| end + 1);
        let rest = text[at + BEGINNING.len()..].lines().next().unwrap_or_default();
        if text[line..at].trim().is_empty()
            && let Some((path, _)) = rest.split_once('"')
            && let Ok(script) = TreePath::parse(path)
            && path.ends_with(".sh")
        {
            let end = at + BEGINNING.len() + path.len() + "\"".len();
            found.push(Call { script, span: Span::new(contract.file, at, end) });
        }
    }
    found
}
