//! MiniJinja, set up so that a template cannot print anything unescaped.

use std::collections::{BTreeMap, BTreeSet};
use std::sync::{Arc, Mutex, PoisonError};

use minijinja::syntax::SyntaxConfig;
use minijinja::value::Value;
use minijinja::{AutoEscape, Environment, Error, ErrorKind, UndefinedBehavior};

use super::context::Context;
use super::format::Format;
use super::header::Each;
use super::printing::{self, Bare, Prose, Written};
use super::templates::{SUFFIX, Template, Templates};
use super::{context, lexical, sinks};
use crate::model::{self, Model, ProxyKind};
use crate::source::{Diagnostic, Span, TreePath, nearest};
use crate::tree::{Origin, Tree, TreeFile, unit_hash};

/// Steps of the engine for one file; the largest honest file of 1,600 services takes a hundredth.
const FUEL: u64 = 200_000_000;

/// What `content_hash` sees and has answered.
#[derive(Default)]
struct Hashes {
    tree: Tree,
    /// Path (a folder ends in `/`) → hash.
    asked: BTreeMap<String, String>,
}

pub(super) struct Engine<'a> {
    environment: Environment<'a>,
    templates: &'a Templates,
    context: Context,
    hashes: Arc<Mutex<Hashes>>,
}

type Rendered = Vec<(TreePath, TreeFile)>;

/// A text, and which template line made it from which byte on.
type Traced = (String, Vec<(u32, u32)>);

impl<'a> Engine<'a> {
    pub(super) fn new(
        templates: &'a Templates,
        context: Context,
        mounted: BTreeMap<String, String>,
    ) -> Result<Self, Box<Diagnostic>> {
        let hashes = Arc::new(Mutex::new(Hashes { tree: Tree::default(), asked: mounted }));
        let mut environment = environment(&hashes);
        let free = context.free_text_names();
        for template in templates.iter().filter(|template| template.text.contains("<%")) {
            if let Some(at) = template.text.find('\0') {
                let span = Span::new(template.file, at, at + 1);
                return Err(Box::new(Diagnostic::error(
                    "a template with a NUL character",
                    span,
                    "no text may hold it",
                )));
            }
            // A test of ours tried what is built in.
            if template.own || templates.own_locales() {
                check_enclosed(template, &free)?;
            }
            let name: &str = &template.name;
            if let Err(error) = environment.add_template(name, &template.text) {
                return Err(Box::new(explain(template, &error, &context)));
            }
        }
        Ok(Self { environment, templates, context, hashes })
    }

    /// What `content_hash` may look at from now on.
    pub(super) fn see(&mut self, tree: &Tree) {
        let mut hashes = self.hashes.lock().unwrap_or_else(PoisonError::into_inner);
        hashes.tree = tree.clone();
    }

    /// The files of one template.
    pub(super) fn render(&self, template: &Template, model: &Model) -> Result<Rendered, Box<Diagnostic>> {
        let header = &template.header;
        let proxy = match model.proxy.runs {
            ProxyKind::Container => "container",
            ProxyKind::Host => "host",
        };
        if (header.monitoring && model.monitoring.is_none()) || header.proxy.as_ref().is_some_and(|kind| kind != proxy)
        {
            return Ok(Vec::new());
        }
        let Some(output) = template.output() else { return Ok(Vec::new()) };
        let items: Vec<(String, Option<(&str, Value)>)> = match header.each {
            None => vec![(output.to_owned(), None)],
            Some(Each::Site) => self
                .context
                .sites
                .iter()
                .map(|(file, site)| (output.replace("[site]", file), Some(("site", site.clone()))))
                .collect(),
            Some(Each::Upstream) => {
                let each = self.context.upstreams.iter();
                each.map(|(name, upstream)| (output.replace("[upstream]", name), Some(("upstream", upstream.clone()))))
                    .collect()
            }
        };
        items.into_iter().map(|(path, item)| self.one(template, &path, item)).collect()
    }

    fn one(
        &self,
        template: &Template,
        path: &str,
        item: Option<(&str, Value)>,
    ) -> Result<(TreePath, TreeFile), Box<Diagnostic>> {
        let whole = Span::new(template.file, 0, 0);
        let path = TreePath::parse(path).map_err(|error| {
            Box::new(Diagnostic::error(
                format!("the template's output path is refused: {error}"),
                whole,
                "this template",
            ))
        })?;
        let (text, lines) =
            if template.text.contains("<%") { self.expand(template, item)? } else { verbatim(template) };
        let mode = template.header.mode.unwrap_or(if text.starts_with("#!") { 0o755 } else { 0o644 });
        let origin = Origin { template: template.name.clone(), own: template.own, lines };
        Ok((path, TreeFile { content: text.into_bytes(), mode, origin: Some(origin) }))
    }

    fn expand(&self, template: &Template, item: Option<(&str, Value)>) -> Result<Traced, Box<Diagnostic>> {
        let values = self.context.with(item, &self.files());
        let explain = |error: &Error| {
            let error = root_cause(error);
            let culprit = error.name().and_then(|name| self.templates.get(name)).unwrap_or(template);
            Box::new(explain(culprit, error, &self.context))
        };
        let compiled = self.environment.get_template(&template.name).map_err(|error| explain(&error))?;
        let (text, spans) = compiled.render_with_spans(values).map_err(|error| explain(&error))?;
        let mut lines = Vec::with_capacity(spans.len());
        for span in spans.iter().filter(|span| span.name() == template.name) {
            let start = span.output_range().start;
            let first = u32::try_from(span.line()).unwrap_or(u32::MAX);
            lines.push((offset(start), first));
            if span.kind() == minijinja::OutputSpanKind::Raw {
                // Literal text maps line by line.
                let piece = &text[span.output_range()];
                let breaks = piece.match_indices('\n').map(|(at, _)| at + 1).filter(|at| *at < piece.len());
                lines.extend(breaks.zip(first + 1..).map(|(at, line)| (offset(start + at), line)));
            }
        }
        let own = |name: &str| self.templates.get(name).is_some_and(|template| template.own);
        // What the project wrote itself was tried by nobody yet, also a text of its own locale.
        if template.own || self.templates.own_locales() || spans.iter().any(|span| own(span.name())) {
            self.check_rendered(template, &text, &spans)?;
        }
        let (text, marks) = printing::unmarked(&text);
        let mut before = 0;
        for (start, _) in &mut lines {
            while marks.get(before).is_some_and(|mark| offset(*mark) < *start) {
                before += 1;
            }
            *start -= offset(2 * before);
        }
        Ok(strip_header(template, text, lines))
    }

    /// What templates put together is known only here: a token of one may stand inside a quote of another.
    fn check_rendered(
        &self,
        template: &Template,
        text: &str,
        spans: &[minijinja::OutputSpan],
    ) -> Result<(), Box<Diagnostic>> {
        let Some((at, place)) = lexical::misplaced(format_of(template), text) else { return Ok(()) };
        let printer = spans.iter().rfind(|span| span.output_range().contains(&at));
        let culprit = printer.and_then(|span| self.templates.get(span.name())).unwrap_or(template);
        let range = printer.map_or(0..0, minijinja::OutputSpan::source_range);
        let span = Span::new(culprit.file, range.start, range.end);
        Err(enclosed_problem(format!("free text {place}"), span))
    }

    /// `files.tsv`: what is installed by content.
    fn files(&self) -> Vec<(String, String)> {
        let hashes = self.hashes.lock().unwrap_or_else(PoisonError::into_inner);
        let mut all = hashes.asked.clone();
        for (path, _) in hashes.tree.iter().filter(|(path, _)| path.is_below("files")) {
            if !all.contains_key(path.as_str())
                && let Some(hash) = unit_hash(&hashes.tree, path.as_str())
            {
                all.insert(path.as_str().to_owned(), hash);
            }
        }
        all.into_iter().collect()
    }
}

fn offset(at: usize) -> u32 {
    u32::try_from(at).unwrap_or(u32::MAX)
}

/// A template without expressions, less its header.
fn verbatim(template: &Template) -> Traced {
    let starts = std::iter::once(0).chain(template.text.match_indices('\n').map(|(at, _)| at + 1));
    let lines = starts.filter(|at| *at < template.text.len()).zip(1..).map(|(at, line)| (offset(at), line)).collect();
    strip_header(template, String::from(&*template.text), lines)
}

/// Takes the header's line out of a rendered text. A header in the engine's own comment is gone already; its line feed,
/// if the engine left it, goes with it.
fn strip_header(template: &Template, mut text: String, mut lines: Vec<(u32, u32)>) -> Traced {
    let Some(range) = template.header_line.clone() else { return (text, lines) };
    let header = &template.text[range];
    let found = if header.contains("<%#") {
        (text.starts_with('\n')).then_some(0..1)
    } else {
        text.find(header).map(|at| at..at + header.len())
    };
    if let Some(range) = found {
        let (from, length) = (offset(range.start), offset(range.len()));
        lines.retain(|(start, _)| !(from..from + length).contains(start) || *start == 0 && from != 0);
        for (start, _) in &mut lines {
            if *start >= from + length {
                *start -= length;
            }
        }
        text.replace_range(range, "");
    }
    (text, lines)
}

fn environment<'a>(hashes: &Arc<Mutex<Hashes>>) -> Environment<'a> {
    let mut environment = Environment::new();
    let mut syntax = SyntaxConfig::builder();
    syntax
        .block_delimiters("<%", "%>")
        .variable_delimiters("<%=", "%>")
        .comment_delimiters("<%#", "%>")
        .trim_blocks(true)
        .lstrip_blocks(true)
        .keep_trailing_newline(true);
    // The delimiters are distinct constants, which is all that can be wrong with them; a test renders with them.
    if let Ok(syntax) = syntax.build() {
        environment.set_syntax(syntax);
    }
    environment.set_undefined_behavior(UndefinedBehavior::Strict);
    environment.set_fuel(Some(FUEL));
    environment.set_recursion_limit(64);
    environment.set_auto_escape_callback(|name| {
        AutoEscape::Custom(Format::of(name.strip_suffix(SUFFIX).unwrap_or(name)).name().into())
    });
    environment.set_formatter(printing::print);
    environment.add_filter("block", block);
    environment.add_filter("fill", fill);
    environment.add_filter("word", word);
    let hashes = Arc::clone(hashes);
    environment.add_function("content_hash", move |path: String| content_hash(&hashes, &path));
    environment
}

/// `content_hash("folder/")` or `content_hash("file")`: the hash under which the receiver installs it.
fn content_hash(hashes: &Mutex<Hashes>, path: &str) -> Result<Value, Error> {
    let mut hashes = hashes.lock().unwrap_or_else(PoisonError::into_inner);
    let Some(hash) = unit_hash(&hashes.tree, path) else {
        let detail = format!("nothing stands at `{path}` yet: is this template's pass later than that file's?");
        return Err(Error::new(ErrorKind::InvalidOperation, detail));
    };
    hashes.asked.insert(path.to_owned(), hash.clone());
    Ok(printing::bare_text(hash))
}

/// `mapping | block(4)`: a mapping of Compose as block YAML, each line indented, without the first indentation.
fn block(value: &Value, indent: usize) -> Result<Value, Error> {
    let Some(mapping) = value.downcast_object_ref::<context::Mapping>() else {
        return Err(Error::new(
            ErrorKind::InvalidOperation,
            "`block` prints the mapping of a service, volume or network",
        ));
    };
    let mut text = String::new();
    block_lines(&mapping.0, indent, &mut text)?;
    Ok(Value::from_object(Written { format: Format::Compose, text: text.trim_start().trim_end().to_owned() }))
}

fn block_lines(value: &model::Value, indent: usize, out: &mut String) -> Result<(), Error> {
    use model::Value as V;
    let pad = " ".repeat(indent);
    match value {
        V::Map(entries) => {
            for (key, value) in entries {
                out.push_str(&pad);
                out.push_str(&plain_or_quoted(key, Format::Yaml)?);
                out.push(':');
                nested(value, indent, out)?;
            }
        }
        V::List(items) => {
            for item in items {
                out.push_str(&pad);
                out.push('-');
                match item {
                    V::Map(entries) if !entries.is_empty() => {
                        // The first key stands on the line of the dash.
                        let mut inner = String::new();
                        block_lines(item, indent + 2, &mut inner)?;
                        out.push(' ');
                        out.push_str(inner.trim_start());
                    }
                    item => nested(item, indent, out)?,
                }
            }
        }
        scalar => nested(scalar, indent, out)?,
    }
    Ok(())
}

fn nested(value: &model::Value, indent: usize, out: &mut String) -> Result<(), Error> {
    use model::Value as V;
    match value {
        V::Map(entries) if entries.is_empty() => out.push_str(" {}\n"),
        V::List(items) if items.is_empty() => out.push_str(" []\n"),
        V::Map(_) | V::List(_) => {
            out.push('\n');
            block_lines(value, indent + 2, out)?;
        }
        // As the user typed it; a plain scalar holds no `$` (it would have been resolved into a text).
        V::Plain(text) if text.is_empty() => out.push_str(" null\n"),
        V::Plain(text) => {
            out.push(' ');
            out.push_str(text);
            out.push('\n');
        }
        V::Text(text) => {
            out.push(' ');
            out.push_str(&plain_or_quoted(text, Format::Compose)?);
            out.push('\n');
        }
    }
    Ok(())
}

/// Without quotes only what no YAML reader can take for anything but text.
fn plain_or_quoted(text: &str, format: Format) -> Result<String, Error> {
    let mut chars = text.chars();
    let begins = chars.next().is_some_and(|c| c.is_ascii_alphabetic() || c == '/' || c == '_');
    let safe = chars.all(|c| c.is_ascii_alphanumeric() || "._-/@+".contains(c) || c == ':' && !text.ends_with(':'));
    let words = ["y", "n", "yes", "no", "on", "off", "true", "false", "null", "inf", "nan"];
    // `1e3` begins with a digit; `e3` cannot be a number. A `:` followed by no space is a character of the word.
    if begins && safe && !words.contains(&text.to_ascii_lowercase().as_str()) {
        return Ok(text.to_owned());
    }
    sinks::quote(format, text)
        .map_err(|why| Error::new(ErrorKind::InvalidOperation, format!("YAML cannot carry {why}")))
}

/// `prose | fill(word, …)`: each `%s` of our own text becomes the next word.
#[expect(clippy::needless_pass_by_value, reason = "the engine's filters take their rest arguments by value")]
fn fill(value: &Value, words: minijinja::value::Rest<Value>) -> Result<Value, Error> {
    let Some(prose) = value.downcast_object_ref::<Prose>() else {
        return Err(Error::new(ErrorKind::InvalidOperation, "`fill` takes a text of `t`"));
    };
    let mut text = String::new();
    let mut rest = prose.0.as_str();
    for word in words.iter() {
        let bare = word.downcast_object_ref::<Bare>().map(|bare| bare.0.clone());
        let printed = bare.or_else(|| word.is_number().then(|| word.to_string()));
        let Some(printed) = printed else {
            return Err(Error::new(ErrorKind::InvalidOperation, "`fill` takes words and numbers"));
        };
        let Some((before, after)) = rest.split_once("%s") else {
            return Err(Error::new(ErrorKind::InvalidOperation, "the text has fewer `%s` than words were given"));
        };
        text.push_str(before);
        text.push_str(&printed);
        rest = after;
    }
    text.push_str(rest);
    Ok(Value::from_object(Prose(text)))
}

/// Free text inside a quote, a comment or literal text of a template is refused when the template is loaded.
fn check_enclosed(template: &Template, free: &BTreeSet<String>) -> Result<(), Box<Diagnostic>> {
    for found in lexical::enclosed(format_of(template), &template.text) {
        let expression = template.text[found.range.clone()].trim_matches(|c: char| c.is_whitespace() || c == '-');
        let path = |c: char| c.is_ascii_alphanumeric() || c == '_' || c == '.';
        let last = expression.rsplit('.').next().unwrap_or_default();
        let simple = expression.chars().all(path);
        let root = expression.split('.').next().unwrap_or_default();
        // A function of ours gives a word.
        let hash = expression.starts_with("content_hash(");
        if hash || simple && root != "t" && !free.contains(last) {
            continue;
        }
        let span = Span::new(template.file, found.range.start, found.range.end);
        let message =
            if simple { format!("free text {}", found.place) } else { format!("an expression {}", found.place) };
        return Err(enclosed_problem(message, span));
    }
    Ok(())
}

fn format_of(template: &Template) -> Format {
    Format::of(template.name.strip_suffix(SUFFIX).unwrap_or(&template.name))
}

fn enclosed_problem(message: String, span: Span) -> Box<Diagnostic> {
    let help =
        "print free text alone, outside of quotes and comments: it becomes one quoted token of the format by itself";
    Box::new(Diagnostic::error(message, span, "only a word may stand here, by its name alone").help(help))
}

/// `text | word`: a text that is a word, such as a key of a table.
fn word(text: &str) -> Result<Value, Error> {
    let word = crate::describe::Word::join(&[text]);
    let refuse = || Error::new(ErrorKind::InvalidOperation, "this text is no word: it has characters that need quotes");
    word.map(|word| printing::bare(&word)).ok_or_else(refuse)
}

/// An error of the engine as a diagnostic at its place in the template.
fn explain(template: &Template, error: &Error, context: &Context) -> Diagnostic {
    let range = error.range().unwrap_or_else(|| line_range(&template.text, error.line().unwrap_or(1)));
    let range = range.start.min(template.text.len())..range.end.min(template.text.len());
    let expression = template.text.get(range.clone()).unwrap_or_default().trim();
    let span = Span::new(template.file, range.start, range.end);
    let detail = error.detail().map_or_else(|| error.kind().to_string(), str::to_owned);
    if error.kind() != ErrorKind::UndefinedError {
        return Diagnostic::error(format!("the template cannot be rendered: {detail}"), span, error.kind().to_string());
    }
    let (missing, known) = context.missing(expression);
    let problem = Diagnostic::error(
        format!("the template names `{expression}`, which has no value"),
        span,
        format!("`{missing}` is not known here"),
    );
    match nearest(&missing, known.iter().map(String::as_str)) {
        Some(near) => problem.help(format!("did you mean `{near}`?")),
        None if known.is_empty() => problem,
        None => problem.help(format!(
            "known here: {}",
            known.iter().map(|name| format!("`{name}`")).collect::<Vec<_>>().join(", ")
        )),
    }
}

/// What went wrong in an included template is what went wrong.
fn root_cause(error: &Error) -> &Error {
    let mut error = error;
    while let Some(inner) = std::error::Error::source(error).and_then(|source| source.downcast_ref::<Error>()) {
        error = inner;
    }
    error
}

fn line_range(text: &str, line: usize) -> std::ops::Range<usize> {
    let start: usize = text.split_inclusive('\n').take(line.saturating_sub(1)).map(str::len).sum();
    let end = text[start..].find('\n').map_or(text.len(), |at| start + at);
    start..end
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used, reason = "a test says where it failed by panicking")]
    use super::{Templates, check_enclosed, context};
    use crate::model;
    use crate::render::locales;
    use crate::source::{MemoryFiles, Sources, TreePath};

    // Nobody asks them at run time.
    #[test]
    fn built_in_templates_print_free_text_alone() {
        for description in [
            include_str!("../../tests/golden/venus/estiba.yml"),
            include_str!("../../tests/golden/smallest/estiba.yml"),
        ] {
            let mut files = MemoryFiles::default();
            files.0.insert("estiba.yml".to_owned(), description.into());
            for named in ["site/assets/a.css", "my.cnf", "mysql/a.sql"] {
                files.0.insert(format!("files/{named}"), Vec::new());
            }
            let mut sources = Sources::default();
            let path = TreePath::parse("estiba.yml").unwrap();
            let model = model::of_project(&mut sources, &files, &path, "../..").unwrap();
            let templates = Templates::with_own(&mut sources, &files).unwrap();
            let context = context::of(&model, locales::load(&templates, model.language).unwrap());
            let free = context.free_text_names();
            assert!(!free.is_empty());
            for template in templates.iter() {
                assert_eq!(
                    check_enclosed(template, &free).map_err(|problem| problem.message),
                    Ok(()),
                    "{}",
                    template.name
                );
            }
        }
    }
}
