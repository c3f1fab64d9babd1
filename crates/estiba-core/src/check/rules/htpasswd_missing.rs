use std::collections::{BTreeSet, HashSet};

use super::super::rule::Draft;
use super::super::{Rule, Sink, World};
use crate::facts::nginx::{Config, Inside, Placed};
use crate::source::Level;
use crate::syntax::nginx::Word;

#[doc = include_str!("htpasswd_missing.md")]
pub(crate) static RULE: Rule = Rule {
    id: "htpasswd-missing",
    level: Level::Error,
    summary: "a page that is meant to ask for a password asks nobody, or lets nobody in",
    page: include_str!("htpasswd_missing.md"),
    check,
};

fn check(world: &World<'_>, sink: &mut Sink<'_>) {
    let mut said = BTreeSet::new();
    for config in &world.facts.nginx {
        // `auth_basic` and the file are inherited each by itself, so that either may stand further out or further in.
        let asks = Reach::of(config, config.named("auth_basic").filter(|it| it.args.first().is_some_and(is_realm)));
        let files = Reach::of(config, config.named("auth_basic_user_file"));
        // Whatever is not in the tree may say the other one.
        let untold = Reach::of_blocks(config, config.untold_blocks().into_iter().collect());
        for directive in config.named("auth_basic").chain(config.named("auth_basic_user_file")) {
            let is_file = directive.name.text == "auth_basic_user_file";
            let Some(word) = directive.args.first().filter(|word| is_file || is_realm(word)) else { continue };
            let others = if is_file { &asks } else { &files };
            if !others.meets(config, directive.block) {
                if untold.meets(config, directive.block) {
                    sink.undecided(
                        directive.name.span,
                        "a part of the configuration that is not in the tree may say it",
                    );
                } else if said.insert(directive.name.span) {
                    open(world, sink, directive, is_file);
                }
            } else if is_file && !word.text.contains('$') && said.insert(directive.name.span) {
                users(world, sink, config, directive);
            }
        }
    }
}

fn is_realm(word: &Word) -> bool {
    word.text != "off"
}

/// The blocks that hold something, and all that are around one of those.
struct Reach {
    holding: HashSet<usize>,
    outside: HashSet<usize>,
}

impl Reach {
    fn of<'a>(config: &Config, directives: impl Iterator<Item = &'a Placed>) -> Self {
        Self::of_blocks(config, directives.map(|directive| directive.block).collect())
    }

    fn of_blocks(config: &Config, holding: HashSet<usize>) -> Self {
        let mut outside = HashSet::new();
        for block in &holding {
            for at in config.around(*block) {
                if !outside.insert(at) {
                    break;
                }
            }
        }
        Self { holding, outside }
    }

    /// Whether one of both is around the other, or in the same block.
    fn meets(&self, config: &Config, block: usize) -> bool {
        self.outside.contains(&block) || config.around(block).any(|at| self.holding.contains(&at))
    }
}

fn open(world: &World<'_>, sink: &mut Sink<'_>, directive: &Placed, is_file: bool) {
    let path = world.facts.path(directive.name.span);
    let (message, missing) = if is_file {
        ("nginx is given users here and asks nobody for a password", "auth_basic \"…\";")
    } else {
        ("nginx is to ask for a password here and is given no users: it lets everybody in", "auth_basic_user_file")
    };
    let help = format!("write `{missing}` beside it: change {path}");
    sink.not_found(Draft::new(message, directive.name.span, "without the other of both this does nothing", help));
}

/// What stands where the users should.
fn users(world: &World<'_>, sink: &mut Sink<'_>, config: &Config, directive: &Placed) {
    let Some(word) = directive.args.first() else { return };
    let path = world.facts.path(word.span);
    match config.inside(world.facts, &word.text) {
        Inside::TreeFolder(folder) => {
            let message = format!("the file of users is the folder {folder}");
            let help = format!("name the file in it: change {path}");
            sink.find(Draft::new(message, word.span, "nginx answers 500 to each request", help));
        }
        Inside::TreeFile(file) => {
            let Some((_, text)) = world.facts.texts.get(&file) else { return };
            let is_user = |line: &str| !line.trim_start().starts_with('#') && line.contains(':');
            if !text.lines().any(is_user) && !text.contains(['$', '{']) {
                let message = format!("{file} names no user, and nginx lets nobody in");
                let help = format!("write a line of `htpasswd -nB NAME` into it: change {file}");
                sink.find(Draft::new(message, word.span, "nobody can sign in", help).level(Level::Warning));
            }
        }
        // That nothing stands there is the finding of `container-path-not-mounted` and `secret-file-before-created`.
        _ => {}
    }
}
