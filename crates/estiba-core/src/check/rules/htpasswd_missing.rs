use super::super::rule::Draft;
use super::super::{Rule, Sink, World};
use crate::facts::nginx::{Config, Inside, Placed};
use crate::source::Level;
use std::collections::{BTreeSet, HashSet};

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
        let asks =
            reach(config, "auth_basic", |directive| directive.args.first().is_some_and(|word| word.text != "off"));
        let files = reach(config, "auth_basic_user_file", |_| true);
        for directive in config.named("auth_basic").chain(config.named("auth_basic_user_file")) {
            let is_file = directive.name.text == "auth_basic_user_file";
            let Some(word) = directive.args.first().filter(|word| is_file || word.text != "off") else { continue };
            let others = if is_file { &asks } else { &files };
            if !others.meets(config, directive.block) {
                if !config.is_whole_around(directive.block) || others.untold_below(config, directive.block) {
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

/// The blocks that hold a directive, and all that are around one of those.
struct Reach {
    holding: HashSet<usize>,
    outside: HashSet<usize>,
    /// Blocks that may hold it further in, in a file that is not in the tree.
    untold: HashSet<usize>,
}

fn reach(config: &Config, name: &str, counts: impl Fn(&Placed) -> bool) -> Reach {
    let holding: HashSet<usize> =
        config.named(name).filter(|directive| counts(directive)).map(|directive| directive.block).collect();
    let above = |blocks: &mut dyn Iterator<Item = usize>| {
        let mut all = HashSet::new();
        for block in blocks {
            for at in config.around(block) {
                if !all.insert(at) {
                    break;
                }
            }
        }
        all
    };
    let outside = above(&mut holding.iter().copied());
    let absent = config
        .includes
        .iter()
        .filter(|include| !matches!(include.led_to, Inside::TreeFile(_)) && include.span != config.stated);
    let untold = above(&mut absent.map(|include| include.block));
    Reach { holding, outside, untold }
}

impl Reach {
    fn meets(&self, config: &Config, block: usize) -> bool {
        self.outside.contains(&block) || config.around(block).any(|at| self.holding.contains(&at))
    }

    /// The files that nginx' own package brings are no such part, but for those who ask from `http` there may be others.
    fn untold_below(&self, config: &Config, block: usize) -> bool {
        self.untold.contains(&block) && !config.is_whole()
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
