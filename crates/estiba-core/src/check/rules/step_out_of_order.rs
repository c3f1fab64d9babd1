use super::super::order;
use super::super::rule::Draft;
use super::super::{Rule, Sink, World};
use crate::source::Level;

#[doc = include_str!("step_out_of_order.md")]
pub(crate) static RULE: Rule = Rule {
    id: "step-out-of-order",
    level: Level::Warning,
    summary: "a step runs before one that it declares itself to come after",
    page: include_str!("step_out_of_order.md"),
    check,
};

fn check(world: &World<'_>, sink: &mut Sink<'_>) {
    for sequence in &world.facts.sequences {
        // A restore stops and starts things as it must: its own declaration says that it is no ordinary run.
        if world.facts.contracts.get(sequence.by).is_some_and(|contract| contract.danger.is_some()) {
            continue;
        }
        let turns = order::turns(world, sequence);
        for turn in &turns {
            for after in &turn.contract.after {
                // A step that this tree or this sequence has not is no order to keep.
                let Some(other) = turns.iter().find(|other| other.contract.id == after.value) else { continue };
                if other.at < turn.at {
                    sink.found();
                    continue;
                }
                let message =
                    format!("`{}` runs before `{}`, and says that it comes after it", turn.contract.id, after.value);
                let help =
                    format!("move the call of `{}` up: change {}", after.value, world.facts.path(turn.call.span));
                let draft = Draft::new(message, turn.call.span, "runs here", help)
                    .related(after.span, "declared here")
                    .related(other.call.span, "runs only here");
                sink.not_found(draft);
            }
        }
    }
}
