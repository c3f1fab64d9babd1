//! The built-in templates, and the project's own before them.

use std::borrow::Cow;
use std::collections::BTreeMap;

use include_dir::{Dir, DirEntry, include_dir};

use super::header::Header;
use crate::source::{Diagnostic, FileId, Files, Level, Sources, Span, TreePath, last_part};

/// What a template's name ends with.
pub const SUFFIX: &str = ".template";

/// Most bytes of one template.
const MOST_BYTES: usize = 1 << 20;

static BUILT_IN: Dir<'_> = include_dir!("$CARGO_MANIFEST_DIR/templates");

/// One template.
#[derive(Clone, Debug)]
pub struct Template {
    /// Its path below `templates/`.
    pub name: String,
    /// Its text as it stands in the file.
    pub text: Cow<'static, str>,
    /// Whether it is the project's own.
    pub own: bool,
    /// The text in the sources of this run.
    pub(crate) file: FileId,
    pub(crate) header: Header,
    /// The header's line.
    pub(crate) header_line: Option<std::ops::Range<usize>>,
}

impl Template {
    /// The path of what it renders; `None` for a part that others include.
    #[must_use]
    pub fn output(&self) -> Option<&str> {
        let output = self.name.strip_suffix(SUFFIX)?;
        let file_name = last_part(output);
        (!file_name.starts_with('_')).then_some(output)
    }

    /// In words: where and how often it is rendered.
    #[must_use]
    pub fn describe(&self) -> String {
        let mut words = Vec::new();
        if self.header.monitoring {
            words.push("with monitoring".to_owned());
        }
        if let Some(kind) = &self.header.proxy {
            words.push(format!("with proxy.runs: {kind}"));
        }
        match self.header.each {
            Some(super::header::Each::Site) => words.push("once per host".to_owned()),
            Some(super::header::Each::Upstream) => words.push("once per upstream".to_owned()),
            None => {}
        }
        if words.is_empty() { "always".to_owned() } else { words.join(", ") }
    }
}

/// Every template of a run, by name.
#[derive(Clone, Debug)]
pub struct Templates {
    all: BTreeMap<String, Template>,
    /// Locale files by name: `en`, `es`.
    locales: BTreeMap<String, (FileId, Cow<'static, str>)>,
    /// Whether a locale is the project's own: its texts come out of templates that are not.
    own_locales: bool,
}

impl Templates {
    /// The built-in ones and the project's own.
    ///
    /// # Errors
    /// Own templates that cannot be read or whose header is not understood.
    pub fn with_own(sources: &mut Sources, files: &dyn Files) -> Result<Self, Vec<Diagnostic>> {
        let mut templates = Self { all: BTreeMap::new(), locales: BTreeMap::new(), own_locales: false };
        let mut problems = Vec::new();
        for (name, text) in built_in() {
            templates.add(sources, name, text.into(), false, &mut problems);
        }
        let list = files.list("templates").unwrap_or_else(|error| {
            problems.push(Diagnostic::new(Level::Error, format!("the folder `templates/` cannot be read: {error}")));
            Vec::new()
        });
        for path in list {
            templates.add_own(sources, files, &path, &mut problems);
        }
        if problems.is_empty() { Ok(templates) } else { Err(problems) }
    }

    fn add_own(&mut self, sources: &mut Sources, files: &dyn Files, path: &TreePath, problems: &mut Vec<Diagnostic>) {
        let name = path.as_str().trim_start_matches("templates/");
        if !name.ends_with(SUFFIX) && !is_locale(name) {
            let message = format!("`{path}` is no template");
            let help = format!(
                "a template's name is the path of what it renders and `{SUFFIX}`; files that travel as they are go below `files/`"
            );
            problems.push(Diagnostic::new(Level::Error, message).help(help));
            return;
        }
        match files.read(path).map(String::from_utf8) {
            Ok(Ok(text)) if text.len() <= MOST_BYTES => self.add(sources, name, text.into(), true, problems),
            Ok(Ok(_)) => {
                let message = format!("the template `{path}` has more than {} MiB", MOST_BYTES >> 20);
                problems.push(Diagnostic::new(Level::Error, message));
            }
            Ok(Err(_)) => problems.push(Diagnostic::new(Level::Error, format!("the template `{path}` is not UTF-8"))),
            Err(error) => {
                problems.push(Diagnostic::new(Level::Error, format!("the template `{path}` cannot be read: {error}")))
            }
        }
    }

    fn add(
        &mut self,
        sources: &mut Sources,
        name: &str,
        text: Cow<'static, str>,
        own: bool,
        problems: &mut Vec<Diagnostic>,
    ) {
        let shown = if own { format!("templates/{name}") } else { format!("built-in templates/{name}") };
        let file = sources.add_text(shown, text.clone());
        if let Some(language) = name.strip_prefix("locales/").and_then(|name| name.strip_suffix(".toml")) {
            self.locales.insert(language.to_owned(), (file, text));
            self.own_locales |= own;
            return;
        }
        match Header::read(&text) {
            Ok((header, header_line)) => {
                let template = Template { name: name.to_owned(), text, own, file, header, header_line };
                self.all.insert(name.to_owned(), template);
            }
            Err((range, expected)) => {
                let problem = Diagnostic::error(
                    "the template's header is not understood",
                    Span::new(file, range.start, range.end),
                    expected,
                );
                problems.push(problem);
            }
        }
    }

    /// Those that render a file, in the order of names.
    pub fn outputs(&self) -> impl Iterator<Item = &Template> {
        self.all.values().filter(|template| template.output().is_some())
    }

    /// Every template by name.
    pub fn iter(&self) -> impl Iterator<Item = &Template> {
        self.all.values()
    }

    /// The template of a name, with or without [`SUFFIX`].
    #[must_use]
    pub fn get(&self, name: &str) -> Option<&Template> {
        self.all.get(name).or_else(|| self.all.get(&format!("{name}{SUFFIX}")))
    }

    /// A template as if it were built in.
    #[cfg(test)]
    pub(super) fn build_in(&mut self, sources: &mut Sources, name: &str, text: &str) {
        self.add(sources, name, text.to_owned().into(), false, &mut Vec::new());
    }

    pub(super) fn own_locales(&self) -> bool {
        self.own_locales
    }

    pub(super) fn locale(&self, language: &str) -> Option<&(FileId, Cow<'static, str>)> {
        self.locales.get(language)
    }
}

fn is_locale(name: &str) -> bool {
    name.starts_with("locales/") && name.ends_with(".toml")
}

/// The text of a built-in template.
pub(super) fn built_in_text(name: &str) -> Option<&'static str> {
    BUILT_IN.get_file(name)?.contents_utf8()
}

/// Name and text of every embedded file.
fn built_in() -> Vec<(&'static str, &'static str)> {
    let mut found = Vec::new();
    let mut folders = vec![&BUILT_IN];
    while let Some(folder) = folders.pop() {
        for entry in folder.entries() {
            match entry {
                DirEntry::Dir(folder) => folders.push(folder),
                DirEntry::File(file) => found.extend(file.path().to_str().zip(file.contents_utf8())),
            }
        }
    }
    found.sort_unstable();
    found
}
