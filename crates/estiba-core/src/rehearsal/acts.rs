//! The acts of a rehearsal: a life of the server from bare to bare, told by the guide's own commands.

use crate::facts::Facts;
use crate::guide::{Block, Guide, Place};
use crate::plan;
use crate::source::{Diagnostic, Level, nearest};

use super::{Refusal, Wish};

/// One act.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Act {
    /// Its name, among those of the other acts.
    pub id: String,
    /// What is done.
    pub does: Does,
}

/// What an act does.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Does {
    /// Builds the image of a bare server, and that of what the internet is to it.
    Image,
    /// Starts both.
    World,
    /// Brings the images of the tree onto this machine.
    BuildImages(Run),
    /// Sends the tree; with `--run` it installs too.
    Deploy(Run),
    /// Receives what was sent, and no more.
    Receive,
    /// Runs a command of the server.
    Step(Run),
    /// Asks every page.
    Pages,
    /// Asks every port.
    Ports,
    /// Runs all of these again; nothing may change.
    SecondRun(Vec<Run>),
    /// Starts the server again; everything must come back by itself.
    Reboot,
    /// Switches the monitors on or off, and asks every page.
    Mode {
        /// The command.
        run: Run,
        /// Whether they are on then.
        monitors: bool,
    },
    /// Takes the project off the server; nothing of it may be left.
    Reset(Run),
}

/// A command of the guide.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Run {
    /// On which machine.
    pub place: Place,
    /// As it is typed.
    pub line: String,
    /// The script: a path of the tree.
    pub script: String,
    /// Its arguments.
    pub arguments: Vec<String>,
}

impl From<&Block> for Run {
    fn from(block: &Block) -> Self {
        Self {
            place: block.place,
            line: block.command.value.clone(),
            script: block.script.clone(),
            arguments: block.arguments.clone(),
        }
    }
}

/// A command block that no rehearsal of this tree runs.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct LeftOut {
    /// As it stands in the guide.
    pub command: String,
    /// Why.
    pub reason: &'static str,
}

/// The acts up to the last one that is wished, and what the guide has beside them.
pub(super) fn of(facts: &Facts, guide: &Guide, mode: &str, wish: &Wish) -> Result<(Vec<Act>, Vec<LeftOut>), Refusal> {
    let plan = plan::plan(facts, Some(mode)).map_err(Refusal::Tree)?;
    let steps: Vec<&Block> = plan.steps.iter().filter_map(|step| guide.block(&step.id)).collect();
    let deploy = deploy(facts, guide, mode)?;
    let mut acts = whole(guide, mode, deploy.clone(), &steps).map_err(|problem| Refusal::Tree(vec![problem]))?;
    let left_out = left_out(guide, &acts, &steps);
    if let Some(last) = &wish.step {
        if let Some(at) = acts.iter().position(|act| act.id == *last) {
            acts.truncate(at + 1);
        } else if let Some(at) = steps.iter().position(|block| block.step() == last) {
            step_by_step(&mut acts, deploy, &steps[..=at]);
        } else {
            return Err(unknown(last, &acts, &steps));
        }
    }
    Ok((acts, left_out))
}

/// The guide's own block where it is of this mode, else the same script of the other one.
fn deploy(facts: &Facts, guide: &Guide, mode: &str) -> Result<Run, Refusal> {
    let step = format!("deploy-{mode}");
    if let Some(block) = guide.block(&step) {
        return Ok(block.into());
    }
    let script = format!("deployment/scripts/{mode}/{step}.sh");
    if !facts.texts.has_file(&script) {
        return Err(Refusal::Tree(vec![missing(&step)]));
    }
    let line = format!("./{script} --run");
    Ok(Run { place: Place::Laptop, line, script, arguments: vec!["--run".to_owned()] })
}

fn missing(step: &str) -> Diagnostic {
    Diagnostic::new(Level::Error, format!("GUIDE.md has no block that runs `{step}.sh`"))
        .help("a rehearsal follows the guide from the first installation to the reset; `estiba generate` writes it")
}

fn whole(guide: &Guide, mode: &str, deploy: Run, steps: &[&Block]) -> Result<Vec<Act>, Diagnostic> {
    let act = |id: &str, does| Act { id: id.to_owned(), does };
    let need = |step: &str| guide.block(step).map(Run::from).ok_or_else(|| missing(step));
    let mut acts = vec![
        act("server-image", Does::Image),
        act("bare-server", Does::World),
        act("build-images", Does::BuildImages(need("build-images")?)),
        act(&format!("deploy-{mode}"), Does::Deploy(deploy.clone())),
        act("pages", Does::Pages),
        act("ports", Does::Ports),
    ];
    let again = std::iter::once(deploy).chain(steps.iter().map(|block| Run::from(*block)));
    acts.push(act("second-run", Does::SecondRun(again.collect())));
    acts.push(act("reboot", Does::Reboot));
    if mode == "hybrid" {
        for (goal, monitors) in [("minimal", false), ("hybrid", true)] {
            let switches = |block: &&Block| block.step() == "setup-monitoring-mode" && block.arguments == [goal];
            if let Some(block) = guide.blocks.iter().find(switches) {
                acts.push(act(&format!("to-{goal}"), Does::Mode { run: block.into(), monitors }));
            }
        }
    }
    for step in ["backup-vps", "status-vps", "restore-vps"] {
        if let Some(block) = guide.block(step) {
            acts.push(act(step, Does::Step(block.into())));
        }
    }
    acts.push(act("reset-vps", Does::Reset(need("reset-vps")?)));
    Ok(acts)
}

/// Instead of the installation as a whole: what it consists of, up to a step.
fn step_by_step(acts: &mut Vec<Act>, mut deploy: Run, steps: &[&Block]) {
    let at = acts.iter().position(|act| matches!(act.does, Does::Deploy(_))).unwrap_or(acts.len());
    let id = acts.get(at).map_or_else(String::new, |act| act.id.clone());
    acts.truncate(at);
    deploy.arguments.retain(|argument| argument != "--run");
    deploy.line = deploy.line.trim_end_matches(" --run").to_owned();
    acts.push(Act { id, does: Does::Deploy(deploy) });
    acts.push(Act { id: "receive-release".to_owned(), does: Does::Receive });
    acts.extend(steps.iter().map(|block| Act { id: block.step().to_owned(), does: Does::Step((*block).into()) }));
}

fn unknown(step: &str, acts: &[Act], steps: &[&Block]) -> Refusal {
    let ids = || acts.iter().map(|act| act.id.as_str()).chain(steps.iter().map(|block| block.step()));
    let how = nearest(step, ids()).map_or_else(
        || format!("one of: {}", ids().collect::<Vec<_>>().join(", ")),
        |near| format!("did you mean `{near}`?"),
    );
    Refusal::Wish(format!("a rehearsal has no step `{}`", step.escape_debug()), how)
}

fn left_out(guide: &Guide, acts: &[Act], steps: &[&Block]) -> Vec<LeftOut> {
    let runs = |command: &str| {
        let is = |run: &Run| run.line == command;
        acts.iter().any(|act| match &act.does {
            Does::BuildImages(run) | Does::Deploy(run) | Does::Step(run) | Does::Reset(run) => is(run),
            Does::Mode { run, .. } => is(run),
            Does::SecondRun(runs) => runs.iter().any(is),
            _ => false,
        }) || steps.iter().any(|block| block.command.value == command)
    };
    let mut left: Vec<LeftOut> = Vec::new();
    for block in &guide.blocks {
        let command = &block.command.value;
        if runs(command) || left.iter().any(|other| other.command == *command) {
            continue;
        }
        let reason = match (block.step(), block.place) {
            ("drift-vps", _) => "it shows what somebody changed by hand, and in a rehearsal nobody does",
            ("pause-site", _) => "it closes a site to people, and a rehearsal has none",
            ("rollback-vps", _) => "it goes back to an older release, and a rehearsal has one",
            (step, Place::Laptop) if !step.starts_with("deploy-") => "it concerns your own machine, not the server",
            _ => "it belongs to the other mode",
        };
        left.push(LeftOut { command: command.clone(), reason });
    }
    left
}
