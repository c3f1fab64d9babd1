//! Includes in place. nginx resolves a relative include against the folder of its first file, whichever file names it
//! (`ngx_conf_full_name` with `conf_prefix`).

use std::collections::HashMap;

use super::locate::{Entry, Inside, World, folder_of};
use super::{Block, Config, Include, Placed};
use crate::facts::places::normal;
use crate::source::{Diagnostic, FileId, Level, Span};
use crate::syntax::nginx::{Context, Directive, parse};

/// Deeper nesting of includes is a circle.
const DEPTH: usize = 16;

/// Most directives of one nginx: an include bomb ends here.
const MOST: usize = 400_000;

pub(super) fn expand(world: &World<'_>, entry: Entry, broken: &mut Vec<Diagnostic>) -> Config {
    let root = Block { parent: None, context: Some(Context::Main), opened_by: None };
    let config = Config {
        place: entry.place.clone(),
        generations: entry.generations,
        prefix: folder_of(&entry.path).to_owned(),
        stated: entry.stated,
        directives: Vec::new(),
        blocks: vec![root],
        includes: Vec::new(),
    };
    let mut walk = Walk { world, config, parsed: HashMap::new(), open: Vec::new(), via: Vec::new(), broken };
    walk.include(entry.stated, &entry.path, 0);
    walk.config
}

struct Walk<'a> {
    world: &'a World<'a>,
    config: Config,
    parsed: HashMap<FileId, std::rc::Rc<Vec<Directive>>>,
    /// Files that are being read: one of them again is a circle.
    open: Vec<FileId>,
    via: Vec<Span>,
    broken: &'a mut Vec<Diagnostic>,
}

impl Walk<'_> {
    fn include(&mut self, span: Span, path: &str, block: usize) {
        let path = if path.starts_with('/') { normal(path) } else { normal(&format!("{}/{path}", self.config.prefix)) };
        if path.contains(['*', '?', '[']) {
            for path in self.matching(&path) {
                self.one(span, &path, block);
            }
            return;
        }
        self.one(span, &path, block);
    }

    fn one(&mut self, span: Span, path: &str, block: usize) {
        let led_to = self.world.inside(&self.config.place, path);
        if let Inside::TreeFile(file) = &led_to
            && let Some((id, text)) = self.world.texts.get(file)
        {
            if self.open.contains(&id) || self.open.len() >= DEPTH {
                let problem = Diagnostic::new(Level::Error, format!("the include of `{file}` never ends"));
                self.broken.push(problem.at(span, "this file is being read already"));
            } else if self.config.directives.len() < MOST {
                let directives = self.parse(id, text);
                self.open.push(id);
                self.read(&directives, block);
                self.open.pop();
            }
        }
        self.config.includes.push(Include { span, path: path.to_owned(), led_to });
    }

    fn parse(&mut self, id: FileId, text: &str) -> std::rc::Rc<Vec<Directive>> {
        if let Some(known) = self.parsed.get(&id) {
            return known.clone();
        }
        let parsed = parse(id, text);
        for error in parsed.errors {
            let problem = Diagnostic::new(Level::Error, format!("nginx cannot read this file: {}", error.message));
            let problem = problem.at(error.span, "here");
            self.broken.push(match error.opened {
                Some(opened) => problem.related(opened, "opened here"),
                None => problem,
            });
        }
        let directives = std::rc::Rc::new(parsed.directives);
        self.parsed.insert(id, directives.clone());
        directives
    }

    fn read(&mut self, directives: &[Directive], block: usize) {
        for directive in directives {
            if self.config.directives.len() >= MOST {
                return;
            }
            let at = self.config.directives.len();
            self.config.directives.push(Placed {
                name: directive.name.clone(),
                args: directive.args.clone(),
                block,
                opens: None,
                via: self.via.clone(),
            });
            let known = self.config.blocks.get(block).and_then(|block| block.context);
            if directive.name.text == "include" && directive.block.is_none() {
                if let Some(path) = directive.args.first() {
                    self.via.push(path.span);
                    self.include(path.span, &path.text, block);
                    self.via.pop();
                }
            } else if let Some(inner) = &directive.block {
                let opens = self.config.blocks.len();
                let context = known.and_then(|context| context.inside(&directive.name.text));
                self.config.blocks.push(Block { parent: Some(block), context, opened_by: Some(at) });
                if let Some(placed) = self.config.directives.get_mut(at) {
                    placed.opens = Some(opens);
                }
                self.read(&inner.directives, opens);
            }
        }
    }

    /// Files that a glob finds: in one folder, `*` and `?` in the last part only, as configurations use them.
    fn matching(&self, pattern: &str) -> Vec<String> {
        let folder = folder_of(pattern);
        let name = &pattern[folder.len() + usize::from(!folder.is_empty() || pattern.starts_with('/'))..];
        if folder.contains(['*', '?', '[']) {
            return Vec::new();
        }
        let names: Vec<String> = match self.world.inside(&self.config.place, folder) {
            Inside::TreeFolder(path) => {
                self.world.texts.files_in(&path).filter_map(|file| file.rsplit('/').next()).map(str::to_owned).collect()
            }
            Inside::Above | Inside::Made { .. } => {
                let made = self.world.places.made_in(folder);
                made.filter_map(|path| path.rsplit('/').next()).map(str::to_owned).collect()
            }
            _ => Vec::new(),
        };
        let mut found: Vec<String> =
            names.into_iter().filter(|file| glob(name, file)).map(|file| format!("{folder}/{file}")).collect();
        found.sort();
        found
    }
}

/// `*` and `?` as in a shell; linear in the product of both lengths.
pub(crate) fn glob(pattern: &str, name: &str) -> bool {
    let (pattern, name): (Vec<char>, Vec<char>) = (pattern.chars().collect(), name.chars().collect());
    let (mut at, mut of, mut star, mut mark) = (0, 0, None, 0);
    while of < name.len() {
        if at < pattern.len() && (pattern[at] == '?' || pattern[at] == name[of]) && pattern[at] != '*' {
            at += 1;
            of += 1;
        } else if at < pattern.len() && pattern[at] == '*' {
            star = Some(at);
            mark = of;
            at += 1;
        } else if let Some(star) = star {
            at = star + 1;
            mark += 1;
            of = mark;
        } else {
            return false;
        }
    }
    pattern[at..].iter().all(|c| *c == '*')
}

#[cfg(test)]
mod tests {
    use super::glob;

    #[test]
    fn globs_are_the_shells() {
        assert!(glob("*.conf", "a.conf"));
        assert!(glob("a*b?c", "axxbyc"));
        assert!(!glob("*.conf", "a.conf.bak"));
    }
}
