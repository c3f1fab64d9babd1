//! From parser events to nodes, within limits that no honest file reaches.

use std::collections::HashMap;

use granit_parser::{Event, Parser, ScalarStyle as Style, options};

use super::keyed::Keyed;
use super::node::{Node, NodeKind, ScalarStyle};
use crate::source::{Diagnostic, FileId, Span};

/// What a text may cost. Aliases are counted each time they are followed, so an alias bomb ends at `nodes`.
#[derive(Clone, Copy, Debug)]
pub struct Limits {
    /// Most bytes of one text.
    pub bytes: usize,
    /// Most nodes after aliases are followed.
    pub nodes: usize,
    /// Deepest nesting.
    pub depth: usize,
    /// Whether Compose reads it: its tags `!reset` and `!override` are taken, and a second `<<` of a mapping is refused, which
    /// Prometheus takes.
    pub compose: bool,
}

impl Default for Limits {
    fn default() -> Self {
        Self { bytes: 8 << 20, nodes: 400_000, depth: 100, compose: false }
    }
}

/// A comment, `#` included.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Comment {
    /// Where it stands.
    pub span: Span,
}

/// What a tag of Compose says of a value (<https://docs.docker.com/reference/compose-file/merge/#reset-value>).
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Mark {
    /// `!reset`: the key goes.
    Reset,
    /// `!override`: the value is taken as it is, and merged with nothing.
    Override,
}

/// One document of a text.
#[derive(Clone, Debug)]
pub struct Document {
    /// Its root; an empty document is a null scalar.
    pub root: Node,
    /// Its comments in order.
    pub comments: Vec<Comment>,
    /// Values that Compose's tags mark, by their places.
    pub marks: HashMap<Span, Mark>,
}

/// Reads a text that must hold exactly one document.
///
/// # Errors
/// A text that is too large, too deep, cyclic, not YAML, holds a key twice or several documents.
pub fn load(file: FileId, text: &str, limits: Limits) -> Result<Document, Box<Diagnostic>> {
    let end = Span::new(file, text.len(), text.len());
    if text.len() > limits.bytes {
        let message = format!("the file has {} bytes; the limit is {}", text.len(), limits.bytes);
        let problem = Diagnostic::error(message, Span::new(file, 0, 0), "too large");
        return Err(Box::new(problem.help("what is this large is data: it belongs into a file of its own")));
    }
    // Nesting is limited by `Limits::depth`, below the parser's own limit, so that the message is ours.
    let options = options! { emit_comments: true };
    let mut builder = Builder::new(file, limits);
    let mut last = 0;
    for next in Parser::new_from_str_with_options(text, options) {
        let (event, span) = next.map_err(|error| {
            let at = error.marker().byte_offset().unwrap_or(last).min(text.len());
            let at = (0..=at).rev().find(|at| text.is_char_boundary(*at)).unwrap_or(0);
            let until = text[at..].chars().next().map_or(at, |c| at + c.len_utf8());
            let help = "YAML reads indentation with spaces, `key: value` with a space after the colon, and quotes around special characters";
            Box::new(Diagnostic::error("the file is not valid YAML", Span::new(file, at, until), error.info()).help(help))
        })?;
        let range = span.byte_range().unwrap_or(last..last);
        last = range.end;
        builder.take(event, Span::new(file, range.start, range.end))?;
    }
    let empty = || Node { span: end, kind: NodeKind::Scalar { text: String::new(), style: ScalarStyle::Plain } };
    Ok(Document { root: builder.root.unwrap_or_else(empty), comments: builder.comments, marks: builder.marks })
}

/// A collection that is still open.
enum Open {
    List { start: Span, anchor: usize, items: Vec<Node>, mark: Option<Mark> },
    Map { start: Span, anchor: usize, entries: Vec<(Node, Node)>, key: Option<Node>, mark: Option<Mark> },
}

struct Builder {
    file: FileId,
    limits: Limits,
    stack: Vec<Open>,
    anchors: HashMap<usize, (Node, usize)>,
    nodes: usize,
    documents: usize,
    root: Option<Node>,
    comments: Vec<Comment>,
    marks: HashMap<Span, Mark>,
}

type Step = Result<(), Box<Diagnostic>>;

impl Builder {
    fn new(file: FileId, limits: Limits) -> Self {
        Self {
            file,
            limits,
            stack: Vec::new(),
            anchors: HashMap::new(),
            nodes: 0,
            documents: 0,
            root: None,
            comments: Vec::new(),
            marks: HashMap::new(),
        }
    }

    fn take(&mut self, event: Event<'_>, span: Span) -> Step {
        match event {
            Event::DocumentStart(..) => {
                self.documents += 1;
                if self.documents > 1 {
                    let help = "remove the `---`, or keep one of the documents";
                    return fail("the file holds several YAML documents", span, "a second document begins here", help);
                }
                Ok(())
            }
            Event::Comment(..) => {
                self.comments.push(Comment { span });
                Ok(())
            }
            Event::Scalar(text, style, anchor, tag) => {
                let mut style = if style == Style::Plain { ScalarStyle::Plain } else { ScalarStyle::Quoted };
                if let Some(tag) = tag {
                    if tag.is_yaml_core_schema_tag("str") {
                        style = ScalarStyle::Quoted;
                    } else if let Some(mark) = self.mark(Some(&*tag), span)? {
                        self.marks.insert(span, mark);
                    }
                }
                if text.contains('\0') {
                    let label = "no file or program can carry it";
                    return fail("a value holds a NUL character", span, label, "remove the `\\0`");
                }
                self.place(Node { span, kind: NodeKind::Scalar { text: text.into_owned(), style } }, anchor, 1)
            }
            Event::SequenceStart(_, anchor, tag) => {
                let mark = self.mark(tag.as_deref(), span)?;
                self.open(Open::List { start: span, anchor, items: Vec::new(), mark }, span)
            }
            Event::MappingStart(_, anchor, tag) => {
                let mark = self.mark(tag.as_deref(), span)?;
                self.open(Open::Map { start: span, anchor, entries: Vec::new(), key: None, mark }, span)
            }
            Event::SequenceEnd | Event::MappingEnd => self.close(span),
            Event::Alias(id) => match self.anchors.get(&id) {
                Some((node, size)) => {
                    let (node, size) = (node.clone(), *size);
                    self.place(node, 0, size)
                }
                None => {
                    let help = "name another anchor, or write the value out";
                    fail("an alias stands inside the value it names", span, "this would never end", help)
                }
            },
            _ => Ok(()),
        }
    }

    fn mark(&self, tag: Option<&granit_parser::Tag>, span: Span) -> Result<Option<Mark>, Box<Diagnostic>> {
        let mark = match tag.map(granit_parser::Tag::original).as_deref() {
            Some("!reset") => Mark::Reset,
            Some("!override") => Mark::Override,
            _ => return refuse_tag(tag, span).map(|()| None),
        };
        if self.limits.compose { Ok(Some(mark)) } else { refuse_tag(tag, span).map(|()| None) }
    }

    fn open(&mut self, open: Open, span: Span) -> Step {
        if self.stack.len() >= self.limits.depth {
            let message = format!("values are nested more than {} deep", self.limits.depth);
            return fail(message, span, "too deep", "no key of a description is this deep");
        }
        self.stack.push(open);
        Ok(())
    }

    fn close(&mut self, span: Span) -> Step {
        match self.stack.pop() {
            Some(Open::List { start, anchor, items, mark }) => {
                let whole = Span { end: span.end.max(start.end), ..start };
                self.marks.extend(mark.map(|mark| (whole, mark)));
                self.place(Node { span: whole, kind: NodeKind::List(items) }, anchor, 1)
            }
            Some(Open::Map { start, anchor, entries, mark, .. }) => {
                let whole = Span { end: span.end.max(start.end), ..start };
                self.marks.extend(mark.map(|mark| (whole, mark)));
                let entries = merge(entries, self.limits.compose)?;
                self.place(Node { span: whole, kind: NodeKind::Map(entries) }, anchor, 1)
            }
            None => Ok(()),
        }
    }

    /// Puts a finished node into what is open. `size` counts towards the limit; collections count their children as
    /// those are placed, so only an alias brings more than one.
    fn place(&mut self, node: Node, anchor: usize, size: usize) -> Step {
        self.nodes += size;
        if self.nodes > self.limits.nodes {
            let message = format!("the file has more than {} values once aliases are followed", self.limits.nodes);
            let help = "an alias repeats all that its anchor holds: write fewer of them";
            return fail(message, Span::new(self.file, 0, 0), "too many values", help);
        }
        if anchor != 0 {
            let size = count(&node);
            // An anchor keeps a copy: anchors inside anchors cost their whole depth, and count like aliases.
            self.nodes += size;
            self.anchors.insert(anchor, (node.clone(), size));
        }
        match self.stack.last_mut() {
            None => self.root = Some(node),
            Some(Open::List { items, .. }) => items.push(node),
            Some(Open::Map { entries, key, .. }) => match key.take() {
                None => *key = Some(node),
                Some(name) => entries.push((name, node)),
            },
        }
        Ok(())
    }
}

fn count(node: &Node) -> usize {
    match &node.kind {
        NodeKind::Scalar { .. } => 1,
        NodeKind::List(items) => 1 + items.iter().map(count).sum::<usize>(),
        NodeKind::Map(entries) => 1 + entries.iter().map(|(key, value)| count(key) + count(value)).sum::<usize>(),
    }
}

/// Merge keys give what the mapping does not say itself; the first of several merged mappings wins
/// (<https://yaml.org/type/merge.html>). Keys must be scalars and unique, and with `once` so must `<<`.
fn merge(entries: Vec<(Node, Node)>, once: bool) -> Result<Vec<(Node, Node)>, Box<Diagnostic>> {
    let mut merged = Keyed::with_capacity(entries.len());
    let mut inherited: Vec<(Node, Node)> = Vec::new();
    let mut merges: Option<Span> = None;
    for (key, value) in entries {
        let Some(name) = key.text() else {
            let help = "put quotes around it if it is meant as text";
            return fail("a key is a list or a mapping", key.span, "keys are single values", help).map(|()| Vec::new());
        };
        // YAML allows it; the parsers of Go, which read these files, do not. The parser gives what is absent as `~`, in no
        // place.
        if key.is_null() && key.span.start == key.span.end {
            return fail(
                "a key is missing",
                key.span,
                "nothing stands before the colon",
                "write the key, or remove the colon",
            )
            .map(|()| Vec::new());
        }
        let plain = matches!(&key.kind, NodeKind::Scalar { style: ScalarStyle::Plain, .. });
        if name == "<<" && plain {
            if let Some(first) = merges.replace(key.span).filter(|_| once) {
                let diagnostic = Diagnostic::error("the key `<<` stands twice", key.span, "stands here again")
                    .related(first, "first here")
                    .help("merge both at once: `<<: [*one, *two]`");
                return Err(Box::new(diagnostic));
            }
            match value.kind {
                NodeKind::Map(more) => inherited.extend(more),
                NodeKind::List(maps) if maps.iter().all(|item| item.map().is_some()) => {
                    inherited.extend(maps.into_iter().flat_map(|item| match item.kind {
                        NodeKind::Map(more) => more,
                        _ => Vec::new(),
                    }));
                }
                _ => {
                    let help = "write `<<: *name`, where `&name` marks a mapping";
                    return fail("`<<` merges mappings", value.span, "this is not a mapping", help)
                        .map(|()| Vec::new());
                }
            }
            continue;
        }
        if let Some(first) = merged.find(name) {
            let first = merged.entries[first].0.span;
            let message = format!("the key `{name}` stands twice");
            let diagnostic = Diagnostic::error(message, key.span, "stands here again")
                .related(first, "first here")
                .help("keep one of the two");
            return Err(Box::new(diagnostic));
        }
        merged.push(key, value);
    }
    for (key, value) in inherited {
        if merged.find(key.text().unwrap_or_default()).is_none() {
            merged.push(key, value);
        }
    }
    Ok(merged.entries)
}

fn refuse_tag(tag: Option<&granit_parser::Tag>, span: Span) -> Step {
    match tag {
        Some(tag) if !tag.is_yaml_core_schema() => {
            let message = format!("the YAML tag `{}` is not supported", tag.original());
            fail(message, span, "tagged here", "remove the tag; `!!str` makes a text of any value")
        }
        _ => Ok(()),
    }
}

fn fail(message: impl Into<String>, span: Span, label: &str, help: &str) -> Step {
    Err(Box::new(Diagnostic::error(message, span, label).help(help)))
}

#[cfg(test)]
mod tests {
    use super::super::keyed::FEW;
    use super::*;
    use crate::source::Sources;

    fn read(text: &str) -> Result<Node, Box<Diagnostic>> {
        let mut sources = Sources::default();
        let file = sources.add("t.yml", text);
        load(file, text, Limits::default()).map(|document| document.root)
    }

    #[test]
    fn spans_cover_the_tokens_after_other_scripts() {
        let text = "# заметка\nимя: \"значение\" # x\nport: 80\n";
        let root = read(text).unwrap();
        let (key, value) = root.entry("port").unwrap();
        assert_eq!(&text[key.span.range()], "port");
        assert_eq!(&text[value.span.range()], "80");
    }

    #[test]
    fn merge_keys_give_what_is_missing() {
        let root = read("a: &a {x: 1, y: 2}\nb:\n  <<: *a\n  y: 3\n").unwrap();
        let b = root.get("b").unwrap();
        assert_eq!(b.get("x").and_then(Node::text), Some("1"));
        assert_eq!(b.get("y").and_then(Node::text), Some("3"));
    }

    #[test]
    fn a_key_twice_names_both_places() {
        let error = read("a: 1\nb: 2\na: 3\n").unwrap_err();
        assert_eq!(error.related.len(), 1);
        assert!(error.message.contains("`a` stands twice"));
    }

    #[test]
    fn a_key_twice_among_many_is_found() {
        for count in FEW - 1..FEW + 4 {
            for again in [0, count / 2, count - 1] {
                let keys: String = (0..count).map(|number| format!("k{number}: 1\n")).collect();
                assert!(read(&keys).is_ok());
                let error = read(&format!("{keys}k{again}: 2\n")).unwrap_err();
                assert_eq!(error.message, format!("the key `k{again}` stands twice"));
            }
        }
    }

    #[test]
    fn compose_takes_one_merge_key_of_a_mapping() {
        let text = "a: &a {x: 1}\nb: &b {y: 1}\nc:\n  <<: *a\n  <<: *b\n";
        assert!(read(text).is_ok());
        let file = Sources::default().add("t.yml", text);
        let error = load(file, text, Limits { compose: true, ..Limits::default() }).unwrap_err();
        assert_eq!(error.message, "the key `<<` stands twice");
    }

    #[test]
    fn a_colon_with_nothing_before_it_is_refused() {
        for text in ["a: 1\n: 2\n", ": 2\n", "- : [1]\n  b: 2\n", "{: 2}\n"] {
            assert_eq!(read(text).unwrap_err().message, "a key is missing", "{text}");
        }
        assert!(read("~: 1\n\"\": 2\n").is_ok());
    }

    #[test]
    fn an_alias_bomb_ends() {
        let mut text = String::from("a0: &a0 [x,x,x,x,x,x,x,x,x,x]\n");
        for level in 1..12 {
            let items = vec![format!("*a{}", level - 1); 10].join(",");
            text.push_str(&format!("a{level}: &a{level} [{items}]\n"));
        }
        assert!(read(&text).unwrap_err().message.contains("aliases"));
    }

    #[test]
    fn a_cycle_is_refused() {
        assert!(read("a: &a [*a]\n").is_err());
    }

    #[test]
    fn deep_nesting_is_refused() {
        let text = format!("{}{}", "[".repeat(5000), "]".repeat(5000));
        assert!(read(&text).is_err());
    }
}
