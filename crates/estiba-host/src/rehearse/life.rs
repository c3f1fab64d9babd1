//! The life of the server, act by act.

use std::path::Path;
use std::time::{Duration, Instant};

use estiba_core::guide::Place;
use estiba_core::rehearsal::{Act, Does, PORTS, Page, Rehearsal, Run, changes};

use super::docker::Docker;
use super::image::{self, BASE, Images};
use super::person::{Operator, Secrets};
use super::process::Interrupt;
use super::report::{Event, Report, Step};
use super::terminal::{self, Ended};
use super::world::{self, World};
use super::{Options, Trouble, given, laptop, outside, server};

/// Everything is healthy again after a reboot within this time.
const REBOOT: Duration = Duration::from_secs(120);
/// Between a command that says it is done and the last page that answers.
const SETTLE: Duration = Duration::from_secs(20);

pub(super) struct Life<'a> {
    rehearsal: &'a Rehearsal,
    options: &'a Options,
    docker: &'a Docker,
    run: &'a str,
    folder: &'a Path,
    interrupt: &'a Interrupt,
    secrets: Secrets,
    images: Option<Images>,
    world: Option<World>,
    /// What the deploy script says is to be run on the server.
    receive: Option<String>,
}

impl<'a> Life<'a> {
    pub(super) fn new(
        rehearsal: &'a Rehearsal,
        options: &'a Options,
        docker: &'a Docker,
        run: &'a str,
        folder: &'a Path,
        interrupt: &'a Interrupt,
    ) -> Self {
        let secrets = Secrets::default();
        Self { rehearsal, options, docker, run, folder, interrupt, secrets, images: None, world: None, receive: None }
    }

    /// Every act, until one fails.
    pub(super) fn live(&mut self, report: &mut Report, tell: &mut dyn FnMut(&Event)) -> Result<(), Trouble> {
        for act in &self.rehearsal.acts {
            self.interrupt.check()?;
            report.time(&act.id, None, tell, |report, tell| self.perform(act, report, tell))?;
        }
        Ok(())
    }

    fn perform(&mut self, act: &Act, report: &mut Report, tell: &mut dyn FnMut(&Event)) -> Result<(), Trouble> {
        match &act.does {
            Does::Image => self.images(),
            Does::World => self.make_world(),
            Does::BuildImages(run) => self.build_images(act, run, tell),
            Does::Deploy(run) => self.deploy(act, run, report, tell),
            Does::Receive => self.receive(act),
            Does::Step(run) => self.command(act, run, None).map(drop),
            Does::Pages => self.pages(&self.rehearsal.pages, SETTLE, Some(report)),
            Does::Ports => self.ports(report),
            Does::SecondRun(runs) => self.second_run(act, runs, report),
            Does::Reboot => self.reboot(report),
            Does::Mode { run, monitors } => {
                self.command(act, run, None)?;
                let pages = if *monitors { &self.rehearsal.pages } else { &self.rehearsal.pages_minimal };
                self.pages(pages, SETTLE, None)
            }
            Does::Reset(run) => self.reset(act, run),
        }
    }

    /// The world stands before the first act that needs it: the core puts them in this order.
    fn world(&self) -> Result<&World, Trouble> {
        self.world.as_ref().ok_or_else(|| Trouble::environment("there is no server yet"))
    }

    fn local<'n>(&'n self, name: &'n str) -> &'n str {
        let given = self.options.given.iter().find(|(reference, _)| reference == name);
        given.map_or(name, |(_, local)| local.as_str())
    }

    fn images(&mut self) -> Result<(), Trouble> {
        let (base, outside) = (self.local(&self.options.base), self.local(BASE));
        self.images = Some(image::build(self.docker, self.folder, base, outside)?);
        Ok(())
    }

    fn make_world(&mut self) -> Result<(), Trouble> {
        let images = self.images.clone().ok_or_else(|| Trouble::environment("there is no image yet"))?;
        self.world = Some(world::make(self.docker, self.run, self.folder, &images, self.rehearsal, self.interrupt)?);
        Ok(())
    }

    fn lend(&self) -> Result<(), Trouble> {
        let of_the_tree = |(reference, _): &&(String, String)| self.rehearsal.images.contains(reference);
        let pairs: Vec<_> = self.options.given.iter().filter(of_the_tree).cloned().collect();
        given::lend(self.docker, self.folder, &pairs)
    }

    /// Given images stand for theirs before, because a pull that fails is content with one that is here, and after, because
    /// one that succeeds is not what was wished.
    fn build_images(&mut self, act: &Act, run: &Run, tell: &mut dyn FnMut(&Event)) -> Result<(), Trouble> {
        self.lend()?;
        let given = |image: &String| self.options.given.iter().any(|(reference, _)| reference == image);
        if self.rehearsal.images.iter().all(given) {
            tell(&Event::Note(format!("every image was given: `{}` is not run", run.line)));
            return Ok(());
        }
        self.command(act, run, None)?;
        self.lend()
    }

    fn deploy(
        &mut self,
        act: &Act,
        run: &Run,
        report: &mut Report,
        tell: &mut dyn FnMut(&Event),
    ) -> Result<(), Trouble> {
        let mut parts = |step: Step| report.add(step, tell);
        let ended = self.command(act, run, Some(&mut parts))?;
        self.receive = ended.shown.iter().rev().find_map(|line| receive_command(line));
        Ok(())
    }

    fn receive(&mut self, act: &Act) -> Result<(), Trouble> {
        let missing = || Trouble::step("the deploy script named no command for the server");
        let line = self.receive.clone().ok_or_else(missing)?;
        let run = Run { place: Place::Server, line, script: String::new(), arguments: Vec::new() };
        self.command(act, &run, None).map(drop)
    }

    /// A command of the guide, with everything that is typed; one that fails ends the rehearsal.
    fn command(&mut self, act: &Act, run: &Run, parts: Option<&mut dyn FnMut(Step)>) -> Result<Ended, Trouble> {
        let command = match run.place {
            Place::Laptop => {
                let config = self.world.as_ref().map(|world| world.ssh_config.as_path());
                laptop::command(run, self.options, config, self.folder)
            }
            Place::Server => server::command(self.world()?, &self.rehearsal.server, &run.line),
        };
        let mut nobody = |_| {};
        let parts = parts.unwrap_or(&mut nobody);
        let mut operator = Operator::new(self.rehearsal, &mut self.secrets, &act.id, parts);
        let ended = terminal::run(command, &mut operator, self.interrupt)?;
        if ended.code == 0 {
            return Ok(ended);
        }
        operator.gives_up();
        let message = format!("`{}` ended with exit code {}", run.line, ended.code);
        Err(Trouble::Step { message, log: ended.shown })
    }

    fn pages(&self, pages: &[Page], patience: Duration, report: Option<&mut Report>) -> Result<(), Trouble> {
        let asked = outside::ask_until(self.world()?, self.rehearsal, &self.secrets, pages, patience)?;
        let wrong: Vec<String> =
            asked.iter().filter(|asked| !asked.ok).map(|asked| format!("{}: {}", asked.page, asked.detail)).collect();
        if let Some(report) = report {
            report.pages = asked;
        }
        if wrong.is_empty() {
            return Ok(());
        }
        let message = format!("{} of {} pages do not answer as they should", wrong.len(), pages.len());
        Err(Trouble::Step { message, log: wrong })
    }

    fn ports(&self, report: &mut Report) -> Result<(), Trouble> {
        let found = outside::ports(self.world()?)?;
        let wrong = found != PORTS;
        report.open_ports = Some(found.clone());
        if wrong {
            return Err(Trouble::step(format!("the ports {found:?} answer from outside; expected {PORTS:?}")));
        }
        Ok(())
    }

    fn second_run(&mut self, act: &Act, runs: &[Run], report: &mut Report) -> Result<(), Trouble> {
        let before = server::snapshot(self.world()?, &self.rehearsal.server)?;
        self.lend()?;
        for run in runs {
            self.command(act, run, None)?;
        }
        let changed = changes(&before, &server::snapshot(self.world()?, &self.rehearsal.server)?);
        report.changed = Some(changed.clone());
        if changed.is_empty() {
            return Ok(());
        }
        let message = format!("the second run changed the server: {} facts differ", changed.len());
        Err(Trouble::Step { message, log: changed })
    }

    fn reboot(&self, report: &mut Report) -> Result<(), Trouble> {
        let world = self.world()?;
        let began = Instant::now();
        world.docker.ask(&["restart", "--time", "30", &world.server])?;
        loop {
            let down = server::not_up(world, &self.rehearsal.project)?;
            let wrong = if down.as_ref().is_some_and(Vec::is_empty) {
                let asked = outside::ask(world, self.rehearsal, &self.secrets, &self.rehearsal.pages)?;
                let wrong = asked.into_iter().filter(|asked| !asked.ok);
                wrong.map(|asked| format!("{}: {}", asked.page, asked.detail)).collect()
            } else {
                down.unwrap_or_else(|| vec!["Docker does not answer".to_owned()])
            };
            let seconds = began.elapsed();
            if wrong.is_empty() {
                report.reboot = Some((true, seconds.as_secs_f64()));
                return Ok(());
            }
            if seconds > REBOOT {
                report.reboot = Some((false, seconds.as_secs_f64()));
                let message = format!("{} s after the reboot not everything is back", REBOOT.as_secs());
                return Err(Trouble::Step { message, log: wrong });
            }
            self.interrupt.check()?;
            std::thread::sleep(Duration::from_millis(500));
        }
    }

    fn reset(&mut self, act: &Act, run: &Run) -> Result<(), Trouble> {
        self.command(act, run, None)?;
        let left = server::left(self.world()?, &self.rehearsal.server, &self.rehearsal.project)?;
        if left.is_empty() {
            return Ok(());
        }
        Err(Trouble::Step { message: "the reset left things of the project behind".to_owned(), log: left })
    }
}

/// The command that a deploy script prints, without the mode: it receives the release and goes no further.
fn receive_command(line: &str) -> Option<String> {
    let words: Vec<&str> = line.split_whitespace().collect();
    let at = words.iter().position(|word| word.ends_with("/receive-release.sh"))?;
    let id = words.get(at + 1).filter(|id| id.len() == 16 && id.chars().all(|c| c.is_ascii_hexdigit()))?;
    Some([&words[..=at], &[*id]].concat().join(" "))
}

#[cfg(test)]
mod tests {
    use super::receive_command;

    #[test]
    fn the_one_command_is_found_in_what_deploy_prints() {
        let line = "    sudo ~/estiba-incoming/0123456789abcdef/tree/utils/receive-release.sh 0123456789abcdef hybrid";
        let found = "sudo ~/estiba-incoming/0123456789abcdef/tree/utils/receive-release.sh 0123456789abcdef";
        assert_eq!(receive_command(line).as_deref(), Some(found));
        assert_eq!(receive_command("== receive-release"), None);
    }
}
