//! Mounts (<https://docs.docker.com/reference/compose-file/services/#volumes>).

use super::interpolate::parts;
use crate::source::{Span, Spanned};
use crate::syntax::yaml::Node;

/// What is mounted.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum MountKind {
    /// A path of the host.
    Bind,
    /// A named or anonymous volume.
    Volume,
    /// Memory.
    Tmpfs,
}

/// One entry of `volumes`.
#[derive(Clone, Debug)]
pub struct Mount {
    /// The entry.
    pub span: Span,
    /// What is mounted.
    pub kind: MountKind,
    /// The path or the volume's name.
    pub source: Option<Spanned<String>>,
    /// The path inside the container.
    pub target: String,
}

pub(super) fn read(node: &Node) -> Option<Mount> {
    match node.text() {
        Some(text) => short(text, node.span),
        None => {
            let kind = match node.get("type").and_then(Node::text) {
                Some("bind") => MountKind::Bind,
                Some("tmpfs") => MountKind::Tmpfs,
                _ => MountKind::Volume,
            };
            let source = node.get("source").and_then(|node| Some(Spanned::new(node.text()?.to_owned(), node.span)));
            Some(Mount { span: node.span, kind, source, target: node.get("target")?.text()?.to_owned() })
        }
    }
}

/// `[SOURCE:]TARGET[:OPTIONS]`; a source that is no path is a volume.
fn short(text: &str, span: Span) -> Option<Mount> {
    let mut parts = parts(text).into_iter();
    let first = parts.next()?;
    let Some(target) = parts.next() else {
        return Some(Mount { span, kind: MountKind::Volume, source: None, target: first.to_owned() });
    };
    let kind = if first.starts_with(['.', '/', '~', '$']) { MountKind::Bind } else { MountKind::Volume };
    Some(Mount { span, kind, source: Some(Spanned::new(first.to_owned(), span)), target: target.to_owned() })
}
