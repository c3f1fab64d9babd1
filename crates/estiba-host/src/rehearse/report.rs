//! What a rehearsal found out.

use std::time::Instant;

use super::Trouble;

/// Everything that was found out.
#[derive(Clone, Debug, Default)]
pub struct Report {
    /// How it ended.
    pub end: End,
    /// How long it took.
    pub seconds: f64,
    /// Every step, in the order in which they ended.
    pub steps: Vec<Step>,
    /// The pages as they answered after the installation.
    pub pages: Vec<Asked>,
    /// What the second run changed; `None` when it was not reached.
    pub changed: Option<Vec<String>>,
    /// Whether everything came back by itself after the reboot, and after how many seconds.
    pub reboot: Option<(bool, f64)>,
    /// Ports that answered from outside.
    pub open_ports: Option<Vec<u16>>,
    /// What stays, where it was wished.
    pub kept: Option<Kept>,
}

/// How a rehearsal ended.
#[derive(Clone, Debug, Default)]
pub enum End {
    /// Everything is as it should be.
    #[default]
    Well,
    /// A person ended it.
    Interrupted,
    /// A step failed.
    Failed(Failure),
}

/// A step that failed.
#[derive(Clone, Debug)]
pub struct Failure {
    /// The step; empty before the first one.
    pub step: String,
    /// Why.
    pub message: String,
    /// What it showed.
    pub log: Vec<String>,
    /// Whether this machine, its Docker or the network is at fault, and not the tree.
    pub environment: bool,
}

/// A step.
#[derive(Clone, Debug)]
pub struct Step {
    /// Its name.
    pub id: String,
    /// The act that it is a part of.
    pub within: Option<String>,
    /// Whether it did what it should.
    pub ok: bool,
    /// How long it took.
    pub seconds: f64,
}

/// A page that was asked.
#[derive(Clone, Debug)]
pub struct Asked {
    /// The page.
    pub page: String,
    /// Whether the answer was the right one.
    pub ok: bool,
    /// The answer.
    pub detail: String,
}

/// A world that stays.
#[derive(Clone, Debug)]
pub struct Kept {
    /// Its number.
    pub run: String,
    /// The command that leads inside.
    pub look: String,
}

/// What is told while it goes on.
#[derive(Clone, Debug)]
pub enum Event {
    /// An act has begun.
    Begun(String),
    /// A step has ended.
    Done(Step),
    /// Something worth knowing.
    Note(String),
}

impl End {
    pub(super) fn of(trouble: Trouble, report: &Report) -> Self {
        // A part that failed stands before the act that failed with it.
        let step = || report.steps.iter().find(|step| !step.ok).map_or_else(String::new, |step| step.id.clone());
        match trouble {
            Trouble::Interrupted => Self::Interrupted,
            Trouble::Environment { message, log } => {
                Self::Failed(Failure { step: step(), message, log, environment: true })
            }
            Trouble::Step { message, log } => Self::Failed(Failure { step: step(), message, log, environment: false }),
        }
    }
}

impl Report {
    /// Does a step, and writes down how long it took.
    pub(super) fn time<T>(
        &mut self,
        id: &str,
        within: Option<&str>,
        tell: &mut dyn FnMut(&Event),
        act: impl FnOnce(&mut Self, &mut dyn FnMut(&Event)) -> Result<T, Trouble>,
    ) -> Result<T, Trouble> {
        tell(&Event::Begun(id.to_owned()));
        let began = Instant::now();
        let outcome = act(self, tell);
        self.add(
            Step {
                id: id.to_owned(),
                within: within.map(str::to_owned),
                ok: outcome.is_ok(),
                seconds: began.elapsed().as_secs_f64(),
            },
            tell,
        );
        outcome
    }

    pub(super) fn add(&mut self, step: Step, tell: &mut dyn FnMut(&Event)) {
        tell(&Event::Done(step.clone()));
        self.steps.push(step);
    }
}
