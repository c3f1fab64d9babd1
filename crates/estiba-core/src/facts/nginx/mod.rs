//! nginx as it will read its configuration: every `include` expanded in place, each directive with the block it lands in.

mod expand;
mod locate;

pub(crate) use expand::glob;
pub use locate::{Inside, inside};

use super::compose::ComposeFile;
use super::{Places, Settings, Texts};
use crate::source::{Diagnostic, Span, last_part};
use crate::syntax::nginx::{Context, Generation, Word};
use std::collections::BTreeSet;

/// Where an nginx runs.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Place {
    /// In a container: the index of the Compose file, and of the service in it.
    Container {
        /// Into [`Facts::compose`](super::Facts::compose).
        file: usize,
        /// Into the file's services.
        service: usize,
    },
    /// On the host.
    Host,
}

/// One nginx.
#[derive(Clone, Debug)]
pub struct Config {
    /// Where it runs.
    pub place: Place,
    /// The generations whose rules hold for it: one where its version is known well enough, else all of them.
    pub generations: Vec<Generation>,
    /// The folder of its first file, which relative paths start from.
    pub prefix: String,
    /// Where the tree says which configuration it reads.
    pub stated: Span,
    /// Every directive, in the order in which nginx reads it.
    pub directives: Vec<Placed>,
    /// Every block, the first of them the file as a whole.
    pub blocks: Vec<Block>,
    /// Includes, with what each led to.
    pub includes: Vec<Include>,
    /// Files of the tree in which the start of the image replaces variables of the environment.
    pub rendered: BTreeSet<String>,
}

/// A directive in its block.
#[derive(Clone, Debug)]
pub struct Placed {
    /// Its name.
    pub name: Word,
    /// Its arguments.
    pub args: Vec<Word>,
    /// Into [`Config::blocks`]: the block it stands in.
    pub block: usize,
    /// Into [`Config::blocks`]: the block it opens.
    pub opens: Option<usize>,
    /// The `include` directives through which it was reached, the outermost first.
    pub via: Vec<Span>,
}

/// A block.
#[derive(Clone, Debug)]
pub struct Block {
    /// The block around it.
    pub parent: Option<usize>,
    /// What kind of block; `None` where names are no directives (`map`, `types`) or the kind is not known.
    pub context: Option<Context>,
    /// Into [`Config::directives`]: what opened it.
    pub opened_by: Option<usize>,
}

/// An `include`.
#[derive(Clone, Debug)]
pub struct Include {
    /// The argument.
    pub span: Span,
    /// The path as nginx sees it, absolute.
    pub path: String,
    /// What it led to.
    pub led_to: Inside,
    /// The block in which it stands.
    pub block: usize,
}

impl Config {
    /// The name by which the server of the configuration is known: the service, or the host.
    #[must_use]
    pub fn service<'a>(&self, compose: &'a [ComposeFile]) -> Option<&'a super::compose::Service> {
        match self.place {
            Place::Container { file, service } => compose.get(file)?.services.get(service),
            Place::Host => None,
        }
    }

    /// What stands at a path as this nginx sees it; a relative path starts from the folder of its first file.
    #[must_use]
    pub fn inside(&self, facts: &super::Facts, path: &str) -> Inside {
        let world = locate::World { texts: &facts.texts, compose: &facts.compose, places: &facts.places };
        let path = if path.starts_with('/') { path.to_owned() } else { format!("{}/{path}", self.prefix) };
        world.inside(&self.place, &path)
    }

    /// Whether everything that it reads is in the tree, but for what nginx' own package brings and says nothing about
    /// names.
    #[must_use]
    pub fn is_whole(&self) -> bool {
        self.includes.iter().all(|include| self.is_read(include))
    }

    /// As [`Self::is_whole`], but for what a step of the tree makes.
    #[must_use]
    pub fn is_whole_but_for_made(&self) -> bool {
        self.includes.iter().all(|include| self.is_read(include) || matches!(include.led_to, Inside::Made { .. }))
    }

    /// A block and those around it, the innermost first.
    pub fn around(&self, block: usize) -> impl Iterator<Item = usize> {
        std::iter::successors(Some(block), |at| self.blocks.get(*at)?.parent)
    }

    /// Whether a directive of this name stands in a block or in one around it.
    #[must_use]
    pub fn holds_around(&self, name: &'static str, block: usize) -> bool {
        self.around(block).any(|at| self.named(name).any(|directive| directive.block == at))
    }

    /// Whether what is read in a block, and in those around it, is in the tree.
    #[must_use]
    pub fn is_whole_around(&self, block: usize) -> bool {
        let around: Vec<usize> = self.around(block).collect();
        self.includes.iter().filter(|include| around.contains(&include.block)).all(|include| self.is_read(include))
    }

    /// Blocks into which something is included that is not in the tree.
    #[must_use]
    pub fn untold_blocks(&self) -> BTreeSet<usize> {
        self.includes.iter().filter(|include| !self.is_read(include)).map(|include| include.block).collect()
    }

    fn is_read(&self, include: &Include) -> bool {
        const PACKAGE: [&str; 7] = [
            "mime.types",
            "fastcgi_params",
            "fastcgi.conf",
            "uwsgi_params",
            "scgi_params",
            "proxy_params",
            "default.conf",
        ];
        let name = last_part(&include.path);
        matches!(include.led_to, Inside::TreeFile(_))
            || include.span == self.stated && include.led_to == Inside::Image
            || PACKAGE.contains(&name)
    }

    /// The directive that opened the block in which another one stands.
    #[must_use]
    pub fn opener(&self, directive: &Placed) -> Option<&Placed> {
        self.directives.get(self.blocks.get(directive.block)?.opened_by?)
    }

    /// Directives of a name, with their arguments.
    pub fn named<'a>(&'a self, name: &'a str) -> impl Iterator<Item = &'a Placed> {
        self.directives.iter().filter(move |directive| directive.name.text == name)
    }
}

/// Every nginx of the tree.
pub(super) fn read_all(
    texts: &Texts,
    settings: &Settings,
    compose: &[ComposeFile],
    places: &Places,
    broken: &mut Vec<Diagnostic>,
) -> Vec<Config> {
    let world = locate::World { texts, compose, places };
    let entries = locate::entries(&world, settings);
    entries.into_iter().map(|entry| expand::expand(&world, entry, broken)).collect()
}
