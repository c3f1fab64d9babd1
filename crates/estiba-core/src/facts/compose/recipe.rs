//! What a Dockerfile of the tree puts into an image (<https://docs.docker.com/reference/dockerfile/>): on which image it
//! stands, and which files of the tree it copies to which paths.

use crate::facts::places::below;
use crate::facts::{Texts, lines};
use crate::source::{last_part, normal};

/// An image that a Dockerfile of the tree makes.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Recipe {
    /// The Dockerfile.
    pub path: String,
    /// The image that its last stage stands on; empty where it is not told.
    pub base: String,
    /// Files of the tree by their paths in the image; the last one wins.
    copies: Vec<Copied>,
    /// Everything that the last stage runs, and copies from elsewhere: it may make any path that is named in it.
    others: String,
    /// Ports of `EXPOSE`.
    pub exposes: Vec<u16>,
    /// Words of the last `ENTRYPOINT` and `CMD`.
    pub command: Vec<String>,
    /// Whether its last `HEALTHCHECK` is one.
    pub healthcheck: Option<bool>,
}

#[derive(Clone, Debug, PartialEq, Eq)]
struct Copied {
    target: String,
    /// Path in the tree.
    source: String,
}

/// What stands at a path of an image.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Holds {
    /// A file or a folder of the tree.
    Tree(String),
    /// A command of the Dockerfile may make it.
    Perhaps,
    /// Nothing that the Dockerfile names.
    Nothing,
}

impl Recipe {
    /// The recipe of a build; `context` is a folder of the tree.
    pub(super) fn read(texts: &Texts, context: &str, file: &str, target: Option<&str>) -> Option<Self> {
        let path = super::env::join(context, file);
        let (_, text) = texts.get(&path)?;
        let mut stages: Vec<Stage> = Vec::new();
        for (word, rest) in instructions(text) {
            if word == "FROM" {
                stages.push(Stage::new(&rest));
            } else if let Some(stage) = stages.last_mut() {
                stage.take(texts, context, &word, &rest);
            }
        }
        let last = match target {
            Some(target) => stages.iter().rposition(|stage| stage.name == target)?,
            None => stages.len().checked_sub(1)?,
        };
        let mut recipe = Self { path, ..Self::default() };
        // A stage may stand on an earlier one.
        let (mut chain, mut at) = (vec![last], last);
        while let Some(earlier) = stages[..at].iter().rposition(|stage| stage.name == stages[at].from) {
            chain.push(earlier);
            at = earlier;
        }
        recipe.base.clone_from(&stages[at].from);
        for at in chain.into_iter().rev() {
            let stage = &stages[at];
            recipe.copies.extend(stage.copies.iter().cloned());
            recipe.others.push_str(&stage.others);
            recipe.exposes.extend(&stage.exposes);
            if !stage.command.is_empty() {
                recipe.command.clone_from(&stage.command);
            }
            recipe.healthcheck = stage.healthcheck.or(recipe.healthcheck);
        }
        if recipe.base.contains('$') {
            recipe.base.clear();
        }
        Some(recipe)
    }

    /// What stands at an absolute path.
    #[must_use]
    pub fn holds(&self, texts: &Texts, path: &str) -> Holds {
        let path = normal(path);
        for copied in self.copies.iter().rev() {
            let Some(rest) = below(&path, &copied.target) else { continue };
            let source = super::env::join(&copied.source, rest);
            if texts.has_file(&source) || texts.has_folder(&source) {
                return Holds::Tree(source);
            }
        }
        // Its name, or a folder above it that is written to as a whole.
        let (folder, name) = path.rsplit_once('/').unwrap_or(("", &path));
        let whole = |folder: &str| {
            let places = self.others.match_indices(folder).map(|(at, _)| at + folder.len());
            folder.matches('/').count() > 1
                && places
                    .into_iter()
                    .any(|end| !self.others[end..].trim_start_matches('/').starts_with(|c: char| !c.is_whitespace()))
        };
        if name.len() > 3 && self.others.contains(name) || whole(folder) || self.base.is_empty() {
            Holds::Perhaps
        } else {
            Holds::Nothing
        }
    }

    /// Paths in the image, with the paths in the tree that are copied there; a later one covers an earlier one.
    pub fn copies(&self) -> impl Iterator<Item = (&str, &str)> {
        self.copies.iter().map(|copied| (copied.target.as_str(), copied.source.as_str()))
    }

    /// Whether a command of the Dockerfile names a word.
    #[must_use]
    pub fn names(&self, word: &str) -> bool {
        self.others.contains(word)
    }

    /// Whether it copies something of the tree to a folder or below.
    #[must_use]
    pub fn copies_below(&self, folder: &str) -> bool {
        self.copies.iter().any(|copied| below(&copied.target, folder).is_some())
    }

    /// Files of a folder of the image that come from the tree, by their names there.
    pub fn files_in<'a>(&'a self, texts: &'a Texts, folder: &'a str) -> impl Iterator<Item = String> + 'a {
        self.copies.iter().flat_map(move |copied| {
            let mut names: Vec<String> = Vec::new();
            if let Some(rest) = below(folder, &copied.target) {
                let source = super::env::join(&copied.source, rest);
                let files = texts.files_in(&source).map(last_part).map(str::to_owned);
                names.extend(files.collect::<Vec<_>>());
            }
            if let Some(name) = below(&copied.target, folder).filter(|name| !name.is_empty() && !name.contains('/'))
                && texts.has_file(&copied.source)
            {
                names.push(name.to_owned());
            }
            names
        })
    }
}

#[derive(Default)]
struct Stage {
    name: String,
    from: String,
    folder: String,
    copies: Vec<Copied>,
    others: String,
    exposes: Vec<u16>,
    command: Vec<String>,
    healthcheck: Option<bool>,
}

impl Stage {
    fn new(rest: &str) -> Self {
        let words: Vec<&str> = rest.split_whitespace().filter(|word| !word.starts_with("--")).collect();
        let name = words.get(2).filter(|_| words.get(1).is_some_and(|word| word.eq_ignore_ascii_case("as")));
        Self {
            name: name.map_or_else(String::new, |name| (*name).to_owned()),
            from: words.first().map_or_else(String::new, |from| (*from).to_owned()),
            ..Self::default()
        }
    }

    fn take(&mut self, texts: &Texts, context: &str, word: &str, rest: &str) {
        match word {
            "WORKDIR" => self.folder = self.absolute(rest.trim().trim_matches('"')),
            "COPY" | "ADD" => self.copy(texts, context, rest),
            "RUN" => {
                self.others.push_str(rest);
                self.others.push('\n');
            }
            "EXPOSE" => {
                self.exposes
                    .extend(rest.split_whitespace().filter_map(|port| port.split('/').next()?.parse::<u16>().ok()));
            }
            "ENTRYPOINT" => self.command = words(rest),
            "CMD" => self.command.extend(words(rest)),
            "HEALTHCHECK" => self.healthcheck = Some(!rest.eq_ignore_ascii_case("none")),
            _ => {}
        }
    }

    fn absolute(&self, path: &str) -> String {
        if path.starts_with('/') { normal(path) } else { normal(&format!("{}/{path}", self.folder)) }
    }

    fn copy(&mut self, texts: &Texts, context: &str, rest: &str) {
        let elsewhere = rest.split_whitespace().any(|word| word.starts_with("--from=")) || rest.contains("<<");
        let mut words = words(rest);
        words.retain(|word| !word.starts_with("--"));
        let Some(target) = words.pop() else { return };
        let folder = words.len() > 1 || target.ends_with('/') || target == ".";
        let target = self.absolute(&target);
        for source in words {
            if elsewhere || source.contains(['*', '?', '$']) || source.contains("://") {
                // What it brings is not known: everything below the target may be.
                self.others.push_str(&format!("{target} {source}\n"));
                continue;
            }
            let name = last_part(source.trim_end_matches('/')).to_owned();
            let source = super::env::join(context, &source);
            let target = if folder && !texts.has_folder(&source) { format!("{target}/{name}") } else { target.clone() };
            self.copies.push(Copied { target: normal(&target), source });
        }
    }
}

/// A list in brackets, or words.
fn words(rest: &str) -> Vec<String> {
    let rest = rest.trim();
    let flags =
        rest.split_whitespace().take_while(|word| word.starts_with("--")).map(|flag| flag.len() + 1).sum::<usize>();
    let list = rest.get(flags..).unwrap_or_default().trim_start();
    if let Some(inner) = list.strip_prefix('[').and_then(|inner| inner.strip_suffix(']')) {
        return inner
            .split(',')
            .map(|word| word.trim().trim_matches('"').to_owned())
            .filter(|word| !word.is_empty())
            .collect();
    }
    rest.split_whitespace().map(|word| word.trim_matches(['"', '\'']).to_owned()).collect()
}

/// Instructions with what stands behind them; a `\` goes on in the next line.
fn instructions(text: &str) -> Vec<(String, String)> {
    let mut all: Vec<(String, String)> = Vec::new();
    let mut open = false;
    for line in lines(text) {
        let own = line.trim();
        if own.is_empty() || own.starts_with('#') {
            continue;
        }
        let (own, goes_on) = match own.strip_suffix('\\') {
            Some(own) => (own, true),
            None => (own, false),
        };
        if open {
            if let Some((_, rest)) = all.last_mut() {
                rest.push(' ');
                rest.push_str(own);
            }
        } else {
            let (word, rest) = own.split_once(char::is_whitespace).unwrap_or((own, ""));
            all.push((word.to_ascii_uppercase(), rest.trim().to_owned()));
        }
        open = goes_on;
    }
    all
}

#[cfg(test)]
mod tests {
    use super::{Holds, Recipe};
    use crate::facts::testing::facts;

    #[test]
    fn the_last_stage_with_what_it_stands_on() {
        let text = "FROM node:24 AS build\nCOPY . /src\nRUN npm run build\nFROM nginx:1.30 AS web\n# c\nCOPY nginx.conf /etc/nginx/\n\
                    COPY [\"conf\", \"/etc/nginx/conf.d\"]\nFROM web\nWORKDIR /srv\nCOPY --chown=a:b run.sh \\\n  .\n\
                    COPY --from=build /src/dist /usr/share/nginx/html\nRUN htpasswd -cb /etc/nginx/users a b\nEXPOSE 80 443/tcp\n\
                    CMD [\"nginx\", \"-g\", \"daemon off;\"]\n";
        let files = [("p/Dockerfile", text), ("p/nginx.conf", "x"), ("p/conf/a.conf", "x"), ("p/run.sh", "x")];
        let facts = facts(&files);
        let recipe = Recipe::read(&facts.texts, "p", "Dockerfile", None).unwrap();
        assert_eq!(recipe.base, "nginx:1.30");
        assert_eq!(recipe.exposes, [80, 443]);
        assert_eq!(recipe.command[0], "nginx");
        let holds = |path: &str| recipe.holds(&facts.texts, path);
        assert_eq!(holds("/etc/nginx/nginx.conf"), Holds::Tree("p/nginx.conf".into()));
        assert_eq!(holds("/etc/nginx/conf.d/a.conf"), Holds::Tree("p/conf/a.conf".into()));
        assert_eq!(holds("/srv/run.sh"), Holds::Tree("p/run.sh".into()));
        assert_eq!(holds("/etc/nginx/users"), Holds::Perhaps);
        assert_eq!(holds("/usr/share/nginx/html/index.html"), Holds::Perhaps);
        assert_eq!(holds("/etc/nginx/other"), Holds::Nothing);
        assert_eq!(recipe.files_in(&facts.texts, "/etc/nginx/conf.d").collect::<Vec<_>>(), ["a.conf"]);
        assert_eq!(Recipe::read(&facts.texts, "p", "Dockerfile", Some("build")).unwrap().base, "node:24");
    }
}
