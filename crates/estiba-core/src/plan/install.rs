//! The steps of a first installation in an order that holds: each after what it requires, and, among those that could
//! run now, as the tree's own installation script has them.

use std::collections::BTreeMap;

use crate::facts::{Contract, Facts, Resource, RunsOn, Stated};
use crate::source::{Diagnostic, Level};

/// The order.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Plan {
    /// The mode that it installs.
    pub mode: String,
    /// The steps.
    pub steps: Vec<Step>,
}

/// One step.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Step {
    /// The script's name without `.sh`.
    pub id: String,
    /// The script's path in the tree.
    pub script: String,
    /// What must be there.
    pub requires: Vec<Resource>,
    /// What is there afterwards.
    pub provides: Vec<Resource>,
    /// What is lost if it runs at another time.
    pub danger: Option<String>,
}

/// The plan of a mode; the tree's first state when `mode` is `None`.
///
/// # Errors
/// Steps that wait for each other, requirements that no step meets, and modes that the tree has not, with their places.
pub fn plan(facts: &Facts, mode: Option<&str>) -> Result<Plan, Vec<Diagnostic>> {
    let mode = mode.or_else(|| facts.settings.word("DEFAULT_MODE")).unwrap_or("minimal");
    let (steps, given) = steps(facts, mode)?;
    let mut problems = Vec::new();
    let needs: Vec<Vec<usize>> = steps.iter().map(|step| needs(&steps, step, &given, &mut problems)).collect();
    if !problems.is_empty() {
        return Err(problems);
    }
    let order = order(&steps, &needs).map_err(|problem| vec![problem])?;
    // In the mode minimal a step does nothing about what settings.sh lists for monitoring.
    let counts =
        |stated: &&Stated| mode != "minimal" || !facts.texts.sources.slice(stated.span).contains("MONITORING_");
    let step = |at: usize| {
        let contract = steps[at];
        let bare = |stated: &Stated| Resource { copy_of: None, ..stated.value.clone() };
        Step {
            id: contract.id.clone(),
            script: contract.script.as_str().to_owned(),
            requires: contract.requires.iter().filter(counts).map(bare).collect(),
            provides: contract.provides.iter().filter(counts).map(bare).collect(),
            danger: contract.danger.as_ref().map(|danger| danger.value.clone()),
        }
    };
    Ok(Plan { mode: mode.to_owned(), steps: order.into_iter().map(step).collect() })
}

/// The steps of a mode's installation, in the order of its script, and what that script itself requires.
fn steps<'a>(facts: &'a Facts, mode: &str) -> Result<(Vec<&'a Contract>, Vec<Resource>), Vec<Diagnostic>> {
    let installs = |contract: &&Contract| contract.id.starts_with("install");
    let installers: Vec<&Contract> = facts.contracts.iter().filter(installs).collect();
    // A single script that names no mode installs whatever there is.
    let names_a_mode = |contract: &Contract| ["minimal", "hybrid"].iter().any(|known| contract.id.contains(known));
    let only = installers.first().filter(|first| installers.len() == 1 && !names_a_mode(first));
    let wanted = installers.iter().find(|contract| contract.id.contains(mode)).or(only);
    let Some(installer) = wanted else {
        if installers.is_empty() {
            // A tree without an installation script: every step that it declares, in the order of paths.
            let declared = facts
                .contracts
                .iter()
                .filter(|contract| contract.is_step() && contract.runs_on != Some(RunsOn::Laptop));
            return Ok((declared.filter(|contract| contract.danger.is_none()).collect(), Vec::new()));
        }
        let names: Vec<String> = installers.iter().map(|contract| format!("`{}`", contract.script)).collect();
        let problem = Diagnostic::new(Level::Error, format!("no script of the tree installs the mode `{mode}`"));
        return Err(vec![problem.help(format!("there are {}", names.join(", ")))]);
    };
    let at = facts.contracts.iter().position(|contract| contract.script == installer.script);
    let calls =
        facts.sequences.iter().find(|sequence| Some(sequence.by) == at).map_or(&[][..], |sequence| &sequence.calls);
    let called = calls.iter().filter_map(|call| facts.contracts.iter().find(|contract| contract.script == call.script));
    // What brings the release comes before everything else.
    let brings = |contract: &&Contract| {
        contract.provides.iter().any(|stated| {
            stated.value.kind == "tree" && installer.requires.iter().any(|need| need.value.is(&stated.value))
        })
    };
    let first = facts.contracts.iter().find(brings);
    let given = installer.requires.iter().map(|stated| stated.value.clone()).collect();
    Ok((first.into_iter().chain(called).collect(), given))
}

/// The steps that must run before one.
fn needs(steps: &[&Contract], step: &Contract, given: &[Resource], problems: &mut Vec<Diagnostic>) -> Vec<usize> {
    let mut before = Vec::new();
    for stated in &step.requires {
        let provides = |other: &&Contract| other.provides.iter().any(|provided| provided.value.is(&stated.value));
        match steps.iter().position(|other| other.id != step.id && provides(other)) {
            Some(at) => before.push(at),
            None if given.iter().any(|resource| resource.is(&stated.value)) || provides(&step) => {}
            None => {
                let message = format!("`{}` requires `{}`, and no step provides it", step.id, stated.value);
                let help = format!("declare `# provides: {}` in the script that makes it", stated.value);
                problems.push(Diagnostic::error(message, stated.span, "required here").help(help));
            }
        }
    }
    before.extend(step.after.iter().filter_map(|after| steps.iter().position(|other| other.id == after.value)));
    before
}

/// Kahn's algorithm; the first step that can run, in the order of the installation script, runs next.
fn order(steps: &[&Contract], needs: &[Vec<usize>]) -> Result<Vec<usize>, Diagnostic> {
    let mut done: BTreeMap<usize, ()> = BTreeMap::new();
    let mut order = Vec::with_capacity(steps.len());
    while order.len() < steps.len() {
        let ready =
            (0..steps.len()).find(|at| !done.contains_key(at) && needs[*at].iter().all(|need| done.contains_key(need)));
        let Some(next) = ready else {
            let waiting: Vec<&Contract> =
                (0..steps.len()).filter(|at| !done.contains_key(at)).map(|at| steps[at]).collect();
            let names: Vec<&str> = waiting.iter().map(|contract| contract.id.as_str()).collect();
            let mut problem =
                Diagnostic::new(Level::Error, format!("these steps wait for each other: {}", names.join(", ")))
                    .help("remove one `# requires:` or `# after:` of the circle");
            for (number, contract) in waiting.iter().enumerate() {
                problem = if number == 0 {
                    problem.at(contract.head, "waits")
                } else {
                    problem.related(contract.head, "waits")
                };
            }
            return Err(problem);
        };
        done.insert(next, ());
        order.push(next);
    }
    Ok(order)
}
