//! Includes in place. nginx resolves a relative include against the folder of its first file, whichever file names it
//! (`ngx_conf_full_name` with `conf_prefix`).

use std::collections::{BTreeSet, HashMap, HashSet};

use super::locate::{Entry, IMAGE_CONF, IMAGE_SITES, Inside, Templates, World, folder_of};
use super::{Block, Config, Include, Placed};
use crate::facts::compose::Service;
use crate::facts::places::below;
use crate::source::{Diagnostic, FileId, Level, Span, last_part, normal};
use crate::syntax::nginx::{Context, Directive, Word, parse};

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
        rendered: BTreeSet::new(),
    };
    let templates = world.service(&entry.place).map(Templates::of);
    let mut walk = Walk {
        world,
        config,
        parsed: HashMap::new(),
        open: Vec::new(),
        circles: HashSet::new(),
        via: Vec::new(),
        templates,
        replaces: false,
        broken,
    };
    walk.include(entry.stated, &entry.path, 0);
    if entry.path == IMAGE_CONF && world.inside(&entry.place, IMAGE_CONF) == Inside::Image {
        walk.image_sites(entry.stated);
    }
    walk.config
}

struct Walk<'a> {
    world: &'a World<'a>,
    config: Config,
    parsed: HashMap<FileId, std::rc::Rc<Vec<Directive>>>,
    /// Files that are being read: one of them again is a circle.
    open: Vec<FileId>,
    /// Files whose circle has been reported.
    circles: HashSet<FileId>,
    via: Vec<Span>,
    templates: Option<Templates>,
    /// Whether variables of the environment are replaced in what is read.
    replaces: bool,
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

    /// The sites that the image's own `nginx.conf` includes, where the tree mounts no other.
    fn image_sites(&mut self, stated: Span) {
        let http = self.config.blocks.len();
        self.config.blocks.push(Block { parent: Some(0), context: Some(Context::Http), opened_by: None });
        self.include(stated, IMAGE_SITES, http);
    }

    /// The template that a file is made of when the image starts.
    fn template(&self, path: &str) -> Option<Inside> {
        let templates = self.templates.as_ref()?;
        let name = below(path, &templates.output).filter(|name| !name.is_empty())?;
        let template = format!("{}/{name}{}", templates.folder, templates.suffix);
        Some(self.world.inside(&self.config.place, &template)).filter(|found| matches!(found, Inside::TreeFile(_)))
    }

    fn one(&mut self, span: Span, path: &str, block: usize) {
        let template = self.template(path);
        let replaces = std::mem::replace(&mut self.replaces, template.is_some());
        let led_to = template.unwrap_or_else(|| self.world.inside(&self.config.place, path));
        if let (true, Inside::TreeFile(file)) = (self.replaces, &led_to) {
            self.config.rendered.insert(file.clone());
        }
        if let Inside::TreeFile(file) = &led_to
            && let Some((id, text)) = self.world.texts.get(file)
        {
            if self.open.contains(&id) || self.open.len() >= DEPTH {
                // One circle is one mistake, however often its file is named.
                if self.circles.insert(id) {
                    let problem = Diagnostic::new(Level::Error, format!("the include of `{file}` never ends"));
                    self.broken.push(problem.at(span, "this file is being read already"));
                }
            } else if self.config.directives.len() < MOST {
                let directives = self.parse(id, text);
                self.open.push(id);
                self.read(&directives, block);
                self.open.pop();
            }
        }
        self.replaces = replaces;
        self.config.includes.push(Include { span, path: path.to_owned(), led_to, block });
    }

    /// A word with the variables of the environment replaced, as `envsubst` does it.
    fn word(&self, word: &Word) -> Word {
        let Some(templates) = self.templates.as_ref().filter(|_| self.replaces && word.text.contains('$')) else {
            return word.clone();
        };
        let mut text = word.text.clone();
        for (name, value) in &templates.values {
            let Some(value) = value.as_ref().filter(|value| !value.contains('$')) else { continue };
            text = text.replace(&format!("${{{name}}}"), value);
            let bare = format!("${name}");
            let ends =
                |at: usize| !text[at + bare.len()..].starts_with(|c: char| c.is_ascii_alphanumeric() || c == '_');
            let places: Vec<usize> = text.match_indices(&bare).map(|(at, _)| at).filter(|at| ends(*at)).collect();
            for at in places.into_iter().rev() {
                text.replace_range(at..at + bare.len(), value);
            }
        }
        Word { text, ..word.clone() }
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
                args: directive.args.iter().map(|word| self.word(word)).collect(),
                block,
                opens: None,
                via: self.via.clone(),
            });
            let known = self.config.blocks.get(block).and_then(|block| block.context);
            if directive.name.text == "include" && directive.block.is_none() {
                if let Some(path) = directive.args.first() {
                    let path = self.word(path);
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

    /// The names of the files that are made of templates.
    fn templates_in(&self, templates: &Templates) -> Vec<String> {
        let files: Vec<String> = match self.world.inside(&self.config.place, &templates.folder) {
            Inside::TreeFolder(path) => self.world.texts.files_in(&path).map(str::to_owned).collect(),
            Inside::Image => {
                let recipe = self.world.service(&self.config.place).and_then(Service::recipe);
                recipe.map(|recipe| recipe.files_in(self.world.texts, &templates.folder).collect()).unwrap_or_default()
            }
            _ => Vec::new(),
        };
        let service = self.world.service(&self.config.place);
        let mounts = service.map_or(&[][..], |service| service.mounts.as_slice()).iter();
        let singly = mounts.filter_map(|mount| below(&mount.target, &templates.folder)).map(str::to_owned);
        let names = files.iter().map(|path| last_part(path)).map(str::to_owned).chain(singly);
        names
            .filter_map(|name| name.strip_suffix(&templates.suffix).filter(|name| !name.is_empty()).map(str::to_owned))
            .collect()
    }

    /// Files that a glob finds: in one folder, `*` and `?` in the last part only, as configurations use them.
    fn matching(&self, pattern: &str) -> Vec<String> {
        let folder = folder_of(pattern);
        let name = &pattern[folder.len() + usize::from(!folder.is_empty() || pattern.starts_with('/'))..];
        if folder.contains(['*', '?', '[']) {
            return Vec::new();
        }
        let names: Vec<String> = match self.world.inside(&self.config.place, folder) {
            Inside::TreeFolder(path) => self.world.texts.files_in(&path).map(last_part).map(str::to_owned).collect(),
            Inside::Above | Inside::Made { .. } => {
                let made = self.world.places.made_in(folder);
                made.map(last_part).map(str::to_owned).collect()
            }
            Inside::Image | Inside::Volume => {
                let recipe = self.world.service(&self.config.place).and_then(Service::recipe);
                recipe.map(|recipe| recipe.files_in(self.world.texts, folder).collect()).unwrap_or_default()
            }
            Inside::TreeFile(_) | Inside::Missing { .. } => Vec::new(),
        };
        // Files that are mounted one by one into a folder.
        let service = self.world.service(&self.config.place);
        let mounts = service.map_or(&[][..], |service| service.mounts.as_slice()).iter();
        let singly = mounts
            .filter_map(|mount| below(&mount.target, folder))
            .filter(|name| !name.is_empty() && !name.contains('/'));
        let mut names = names;
        names.extend(singly.map(str::to_owned));
        if let Some(templates) = self.templates.as_ref().filter(|templates| templates.output == folder) {
            names.extend(self.templates_in(templates));
        }
        let mut found: Vec<String> =
            names.into_iter().filter(|file| glob(name, file)).map(|file| format!("{folder}/{file}")).collect();
        found.sort();
        found.dedup();
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
    use crate::facts::Facts;
    use crate::facts::testing::facts;

    fn tree(files: &[(&str, &str)]) -> Facts {
        let compose = "services:\n  p:\n    image: nginx:1.30\n    volumes: ['./nginx:/etc/nginx']\n";
        let mut all = vec![("c.yml", compose)];
        all.extend(files);
        facts(&all)
    }

    #[test]
    fn an_include_lands_in_the_block_that_it_stands_in() {
        let facts = tree(&[
            ("nginx/nginx.conf", "http { include conf.d/*.conf; server { include snippets/s.conf; } }\n"),
            ("nginx/conf.d/b.conf", "gzip on;\n"),
            ("nginx/conf.d/a.conf", "include snippets/s.conf;\n"),
            ("nginx/conf.d/a.bak", "gzip off;\n"),
            // Relative to the first file, whichever file says it.
            ("nginx/snippets/s.conf", "root /x;\n"),
        ]);
        let config = &facts.nginx[0];
        let context = |block: usize| config.blocks[block].context.map_or("", |context| context.name());
        let seen: Vec<(&str, &str, usize)> = config
            .directives
            .iter()
            .filter(|directive| directive.name.text != "include")
            .map(|directive| (directive.name.text.as_str(), context(directive.block), directive.via.len()))
            .collect();
        let wanted = [
            ("http", "main", 0),
            ("root", "http", 2),
            ("gzip", "http", 1),
            ("server", "http", 0),
            ("root", "server", 1),
        ];
        assert_eq!(seen, wanted);
        assert!(facts.broken.is_empty());
    }

    #[test]
    fn a_circle_ends_and_is_said() {
        let facts = tree(&[
            ("nginx/nginx.conf", "http { include a.conf; }\n"),
            ("nginx/a.conf", "include b.conf;\n"),
            ("nginx/b.conf", "include a.conf;\ngzip on;\n"),
        ]);
        assert_eq!(facts.broken.len(), 1);
        assert_eq!(facts.path(facts.broken[0].primary.as_ref().unwrap().span), "nginx/b.conf");
        assert!(facts.nginx[0].named("gzip").count() == 1);
    }

    #[test]
    fn an_include_bomb_ends() {
        let mut files = vec![("nginx/nginx.conf".to_owned(), "include 0.conf;\n".to_owned())];
        for level in 0..14 {
            files.push((format!("nginx/{level}.conf"), format!("include {}.conf;\n", level + 1).repeat(4)));
        }
        let files: Vec<(&str, &str)> = files.iter().map(|(path, text)| (path.as_str(), text.as_str())).collect();
        assert_eq!(tree(&files).nginx[0].directives.len(), super::MOST);
    }

    #[test]
    fn globs_are_the_shells() {
        assert!(glob("*.conf", "a.conf"));
        assert!(glob("a*b?c", "axxbyc"));
        assert!(!glob("*.conf", "a.conf.bak"));
    }
}
