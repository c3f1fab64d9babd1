//! A terminal of its own for a command, and somebody at it who types what is asked for.

use std::io::{Read as _, Write as _};
use std::process::{Child, Command};
use std::sync::Arc;
use std::sync::mpsc::{self, Receiver, RecvTimeoutError};
use std::thread;
use std::time::{Duration, Instant};

use pty_process::blocking::{self, Pty};
use rustix::process::Signal;

use super::Trouble;
use super::process::{Interrupt, end};

/// A line that stops in the middle and stays so is a question that nobody here knows.
const QUESTION: Duration = Duration::from_secs(120);
/// A slow network and a silent package manager.
const SILENCE: Duration = Duration::from_secs(1800);
const PAUSE: Duration = Duration::from_millis(50);

/// Who sits at the terminal.
pub(super) trait Person {
    /// What to type when a line stops like this.
    fn answer(&mut self, line: &str) -> Option<String>;
    /// A whole line was shown.
    fn reads(&mut self, line: &str);
}

/// How a command ended.
#[derive(Debug)]
pub(super) struct Ended {
    /// Its exit code; 128 and the signal where one ended it.
    pub(super) code: i32,
    /// Every line that it showed.
    pub(super) shown: Vec<String>,
}

/// Runs a command at a terminal.
pub(super) fn run(command: Command, person: &mut dyn Person, interrupt: &Interrupt) -> Result<Ended, Trouble> {
    interrupt.check()?;
    let name = command.get_program().to_string_lossy().into_owned();
    let failed = |error: &dyn std::fmt::Display| Trouble::environment(format!("`{name}` does not start: {error}"));
    let (pty, pts) = blocking::open().map_err(|error| failed(&error))?;
    pty.resize(pty_process::Size::new(40, 160)).map_err(|error| failed(&error))?;
    let mut child = blocking::Command::from(command).spawn(pts).map_err(|error| failed(&error))?;
    let pty = Arc::new(pty);
    let output = listen(&pty);
    let mut screen = Screen::default();
    let outcome = attend(&mut child, &pty, &output, person, interrupt, &mut screen);
    if outcome.is_err() {
        end(&mut child, &[Signal::HUP, Signal::TERM]);
    }
    screen.end_line(person);
    let code = outcome.map_err(|trouble| trouble.with_log(&screen.shown))?;
    Ok(Ended { code, shown: screen.shown })
}

/// What the command shows, as it comes. The thread ends when everybody has left the terminal.
fn listen(pty: &Arc<Pty>) -> Receiver<Vec<u8>> {
    let (sender, receiver) = mpsc::channel();
    let pty = Arc::clone(pty);
    thread::spawn(move || {
        let mut buffer = [0; 65536];
        // Linux answers with an error once the other end is closed.
        while let Ok(count) = (&*pty).read(&mut buffer) {
            if count == 0 || sender.send(buffer[..count].to_vec()).is_err() {
                break;
            }
        }
    });
    receiver
}

fn attend(
    child: &mut Child,
    pty: &Pty,
    output: &Receiver<Vec<u8>>,
    person: &mut dyn Person,
    interrupt: &Interrupt,
    screen: &mut Screen,
) -> Result<i32, Trouble> {
    let mut last = Instant::now();
    let mut ended = None;
    loop {
        interrupt.check()?;
        match output.recv_timeout(PAUSE) {
            Ok(bytes) => {
                last = Instant::now();
                screen.take(&bytes, person);
                if let Some(words) = person.answer(&screen.line()) {
                    screen.end_line(person);
                    let mut writer = pty;
                    // It may have ended meanwhile; then its exit code says so.
                    let _ = writer.write_all(format!("{words}\r").as_bytes());
                }
            }
            // What it left running may keep the terminal open: the command itself is what is waited for.
            Err(_) if ended.is_some() => break,
            Err(RecvTimeoutError::Timeout) => {}
            Err(RecvTimeoutError::Disconnected) => thread::sleep(PAUSE),
        }
        if ended.is_none() {
            ended = child.try_wait().map_err(|error| Trouble::environment(error.to_string()))?;
        }
        let line = screen.line();
        if last.elapsed() > if line.trim().is_empty() { SILENCE } else { QUESTION } {
            return Err(Trouble::step(format!("it waits, and nobody knows the answer: `{}`", line.trim())));
        }
    }
    use std::os::unix::process::ExitStatusExt as _;
    Ok(ended.map_or(0, |status| status.code().unwrap_or_else(|| 128 + status.signal().unwrap_or_default())))
}

/// The lines of a terminal, without what moves the cursor.
#[derive(Default)]
struct Screen {
    shown: Vec<String>,
    open: Vec<u8>,
}

impl Screen {
    fn take(&mut self, bytes: &[u8], person: &mut dyn Person) {
        for byte in bytes {
            if *byte == b'\n' { self.end_line(person) } else { self.open.push(*byte) }
        }
    }

    /// The line that is not ended yet.
    fn line(&self) -> String {
        plain(&String::from_utf8_lossy(&self.open))
    }

    fn end_line(&mut self, person: &mut dyn Person) {
        if self.open.is_empty() {
            return;
        }
        let line = self.line();
        self.open.clear();
        person.reads(&line);
        self.shown.push(line);
    }
}

/// A line as it looks in the end: what a carriage return wrote over is gone, and so are colours.
fn plain(line: &str) -> String {
    let line = line.trim_end_matches('\r');
    let line = line.rsplit('\r').next().unwrap_or(line);
    let mut text = String::with_capacity(line.len());
    let mut characters = line.chars();
    while let Some(c) = characters.next() {
        if c == '\u{1b}' {
            if characters.next() == Some('[') {
                // A control sequence ends with its first letter.
                let _ = characters.find(|c| ('@'..='~').contains(c));
            }
        } else if !c.is_control() || c == '\t' {
            text.push(c);
        }
    }
    text
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used)]
    use super::*;

    #[derive(Default)]
    struct Typist {
        read: Vec<String>,
    }

    impl Person for Typist {
        fn answer(&mut self, line: &str) -> Option<String> {
            line.ends_with("name: ").then(|| "vps".to_owned())
        }

        fn reads(&mut self, line: &str) {
            self.read.push(line.to_owned());
        }
    }

    fn bash(script: &str) -> Command {
        let mut command = Command::new("bash");
        command.args(["-c", script]);
        command
    }

    fn typed(script: &str) -> Ended {
        run(bash(script), &mut Typist::default(), &Interrupt::default()).unwrap()
    }

    #[test]
    fn a_question_of_the_terminal_is_answered() {
        let ended = typed("printf 'name: ' >/dev/tty; read -r word </dev/tty; echo \"got $word\"");
        assert_eq!((ended.code, ended.shown.last().map(String::as_str)), (0, Some("got vps")));
    }

    #[test]
    fn the_exit_code_is_the_commands() {
        assert_eq!(typed("exit 75").code, 75);
        assert_eq!(typed("kill -9 $$").code, 137);
    }

    #[test]
    fn what_stays_behind_is_not_waited_for() {
        let began = Instant::now();
        assert_eq!(typed("sleep 30 & disown; exit 3").code, 3);
        assert!(began.elapsed() < Duration::from_secs(10));
    }

    #[test]
    fn a_command_at_a_terminal_has_one() {
        assert_eq!(typed("test -t 0 && test -t 1 && test -t 2").code, 0);
    }

    #[test]
    fn a_line_is_as_it_looks_in_the_end() {
        assert_eq!(plain("10%\r100%\r"), "100%");
        assert_eq!(plain("\u{1b}[1;31mred\u{1b}[0m"), "red");
    }
}
