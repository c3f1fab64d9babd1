use super::super::rule::Draft;
use super::super::{Rule, Sink, World};
use crate::facts::Contract;
use crate::source::{Level, Span};
use crate::steps::{Deleted, Effect, EffectKind, ScriptEffects, Text};

#[doc = include_str!("unguarded_danger.md")]
pub(crate) static RULE: Rule = Rule {
    id: "unguarded-danger",
    level: Level::Error,
    summary: "a script destroys data without saying so, asking for a typed word, or a name that tells",
    page: include_str!("unguarded_danger.md"),
    check,
};

/// What a dangerous script's name says.
const VERBS: [&str; 6] = ["reset", "restore", "rollback", "move", "destroy", "delete"];

fn check(world: &World<'_>, sink: &mut Sink<'_>) {
    for script in world.scripts() {
        let Some(contract) = world.facts.contracts.iter().find(|contract| contract.script.as_str() == script.path)
        else {
            continue;
        };
        let harm = script.effects.iter().enumerate().find(|(_, effect)| destroys(world, effect));
        match (&contract.danger, harm) {
            (None, Some((_, effect))) => {
                let message = format!("`{}` destroys data, and its header does not say so", contract.id);
                let help = format!(
                    "declare `# danger:` with what is lost, make a person type a word before, and name the script after it (`{}`): change {}",
                    VERBS.join("`, `"),
                    contract.script
                );
                let draft = Draft::new(message, effect.span, "data is gone after this", help);
                let draft = draft.related(contract.head, "this script declares no `# danger:`");
                sink.find(if world.declares_steps() { draft } else { draft.level(Level::Warning).pedantic() });
            }
            (Some(danger), harm) => guarded(sink, contract, script, danger.span, harm.map(|(at, _)| at)),
            (None, None) => {}
        }
    }
}

/// A dangerous script asks for a typed word before it does harm, and its name says what it is.
fn guarded(sink: &mut Sink<'_>, contract: &Contract, script: &ScriptEffects, danger: Span, harm: Option<usize>) {
    let asked = script.effects.iter().position(|effect| effect.kind == EffectKind::ConfirmTyped);
    let before = match (asked, harm) {
        (Some(asked), Some(harm)) => asked < harm,
        (Some(_), None) => true,
        (None, _) => false,
    };
    if !before {
        let message = format!("`{}` is dangerous and makes nobody type a word first", contract.id);
        let help = format!("ask for the server's name, typed, before the first harm: change {}", contract.script);
        let mut draft = Draft::new(message, danger, "declared here", help);
        if let Some(effect) = harm.and_then(|at| script.effects.get(at)) {
            draft = draft.related(effect.span, "data is gone after this");
        }
        sink.find(draft);
    }
    if !VERBS.iter().any(|verb| contract.id.split(['-', '_']).any(|word| word == *verb)) {
        let message = format!("`{}` is dangerous, and its name does not say so", contract.id);
        let help = format!("rename it with one of `{}`: {}", VERBS.join("`, `"), contract.script);
        sink.find(Draft::new(message, danger, "declared here", help));
    }
}

/// What cannot be had back: volumes, and the folders of data, secrets and backups.
fn destroys(world: &World<'_>, effect: &Effect) -> bool {
    match &effect.kind {
        EffectKind::Delete(Deleted::Docker(kind, _)) => matches!(*kind, "volume" | "system"),
        EffectKind::Delete(Deleted::Path(path)) => holds_data(world, path),
        EffectKind::ComposeOther { subcommand, services, .. } => {
            let down = subcommand.known() == Some("down");
            down && services.iter().filter_map(Text::known).any(|word| word == "-v" || word == "--volumes")
        }
        _ => false,
    }
}

fn holds_data(world: &World<'_>, path: &Text) -> bool {
    let Some(path) = path.known() else { return false };
    let path = path.trim_end_matches("/*").trim_end_matches('/');
    let base = world.facts.settings.word("SERVER_PATH").unwrap_or("/opt");
    let folders = ["secrets", "data", "backups", "state"];
    path == base
        || path == "/var/lib/docker"
        || path == "/"
        || folders.iter().any(|folder| path == format!("{base}/{folder}"))
}
