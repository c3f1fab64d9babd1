//! Who sits at the terminal of a tree's scripts: knows every answer, and takes the time of every step.

use std::collections::BTreeMap;
use std::time::Instant;

use estiba_core::rehearsal::{Asked, Rehearsal};

use super::report::Step;
use super::terminal::Person;
use super::{SINK, Trouble, random};

/// Secrets that were typed, by name.
#[derive(Clone, Debug, Default)]
pub(super) struct Secrets(BTreeMap<String, String>);

impl Secrets {
    /// What to type for a secret: the same every time.
    fn value(&mut self, name: &str, is_url: bool) -> Result<String, Trouble> {
        if let Some(value) = self.0.get(name) {
            return Ok(value.clone());
        }
        let word: String = random(15)?.iter().map(|byte| format!("{byte:02x}")).collect();
        let value = if is_url { format!("http://{SINK}/{word}") } else { word };
        self.0.insert(name.to_owned(), value.clone());
        Ok(value)
    }

    /// What was typed, if it was asked for.
    pub(super) fn typed(&self, name: &str) -> Option<&str> {
        self.0.get(name).map(String::as_str)
    }
}

/// At the terminal of one command.
pub(super) struct Operator<'a> {
    pub(super) rehearsal: &'a Rehearsal,
    pub(super) secrets: &'a mut Secrets,
    /// The act; its own name is no part of itself.
    pub(super) act: &'a str,
    /// Where the time of each part goes.
    pub(super) parts: &'a mut dyn FnMut(Step),
    begun: Vec<(String, Instant)>,
}

impl<'a> Operator<'a> {
    pub(super) fn new(
        rehearsal: &'a Rehearsal,
        secrets: &'a mut Secrets,
        act: &'a str,
        parts: &'a mut dyn FnMut(Step),
    ) -> Self {
        Self { rehearsal, secrets, act, parts, begun: Vec::new() }
    }

    /// The command failed: so did the part that it was at.
    pub(super) fn gives_up(&mut self) {
        if let Some((id, began)) = self.begun.pop()
            && id != self.act
        {
            self.part(id, began, false);
        }
    }

    fn part(&mut self, id: String, began: Instant, ok: bool) {
        let within = Some(self.act.to_owned());
        (self.parts)(Step { id, within, ok, seconds: began.elapsed().as_secs_f64() });
    }
}

impl Person for Operator<'_> {
    fn answer(&mut self, line: &str) -> Option<String> {
        match self.rehearsal.words.asked(line)? {
            Asked::Yes => Some("y".to_owned()),
            // Not what the line names: a person knows the name of their server.
            Asked::Word(_) => Some(self.rehearsal.server.name.clone()),
            Asked::Secret(name) => {
                let is_url = self.rehearsal.urls.contains(&name);
                self.secrets.value(&name, is_url).ok()
            }
        }
    }

    fn reads(&mut self, line: &str) {
        if let Some(step) = self.rehearsal.words.begun(line) {
            self.begun.push((step, Instant::now()));
        } else if let Some(step) = self.rehearsal.words.done(line)
            && let Some(at) = self.begun.iter().rposition(|(begun, _)| *begun == step)
        {
            let (id, began) = self.begun.remove(at);
            if id != self.act {
                self.part(id, began, true);
            }
        }
    }
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used)]
    use super::*;

    #[test]
    fn a_secret_is_typed_the_same_every_time() {
        let mut secrets = Secrets::default();
        let first = secrets.value("token", false).unwrap();
        assert_eq!(secrets.value("token", false).unwrap(), first);
        assert_eq!(secrets.typed("token"), Some(first.as_str()));
    }

    #[test]
    fn a_secret_that_must_be_an_address_leads_to_the_sink() {
        assert!(Secrets::default().value("hook", true).unwrap().starts_with("http://sink.rehearsal.test/"));
    }
}
