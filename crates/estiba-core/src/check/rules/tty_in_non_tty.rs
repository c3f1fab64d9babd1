use super::super::rule::Draft;
use super::super::{Rule, Sink, World};
use crate::facts::shell::{Input, ShellCommand};
use crate::source::{FileId, Level, Span, last_part};

#[doc = include_str!("tty_in_non_tty.md")]
pub(crate) static RULE: Rule = Rule {
    id: "tty-in-non-tty",
    level: Level::Error,
    summary: "a command asks Docker for a terminal where there is none",
    page: include_str!("tty_in_non_tty.md"),
    check,
};

/// Options of `docker exec` and `docker run` whose value is the next word.
const WITH_VALUE: [&str; 22] = [
    "-e",
    "-u",
    "-w",
    "-v",
    "-p",
    "-h",
    "-l",
    "-m",
    "-c",
    "--env",
    "--env-file",
    "--user",
    "--workdir",
    "--volume",
    "--publish",
    "--name",
    "--network",
    "--entrypoint",
    "--mount",
    "--hostname",
    "--add-host",
    "--detach-keys",
];

/// Options of certbot and acme.sh whose value a renewal runs.
const HOOKS: [&str; 5] = ["--reloadcmd", "--deploy-hook", "--post-hook", "--pre-hook", "--renew-hook"];

fn check(world: &World<'_>, sink: &mut Sink<'_>) {
    for script in world.shell() {
        for command in &script.commands {
            if command.input != Input::Inherited && is_docker(command.word(0)) {
                let words: Vec<&str> = command.words.iter().map(|word| word.text().unwrap_or("\u{1a}")).collect();
                if asks(&words) {
                    sink.find(draft(command.span, script.path.as_str(), reason(command)));
                }
            }
            for (option, hook) in command.words.iter().zip(command.words.iter().skip(1)) {
                if !option.text().is_some_and(|option| HOOKS.contains(&option)) {
                    continue;
                }
                let text: Vec<&str> = hook.text().unwrap_or_default().split_whitespace().collect();
                if asks(&text) {
                    sink.find(draft(hook.span, script.path.as_str(), "a renewal runs this, and has no terminal"));
                }
            }
        }
    }
    for (path, file, text) in world.facts.texts.iter() {
        let timed = is_timed(path.as_str());
        let unit = path.as_str().ends_with(".service");
        if (timed || unit) && !path.is_below("files") && text.contains("docker") {
            lines(sink, path.as_str(), file, text, unit);
        }
    }
}

fn reason(command: &ShellCommand<'_>) -> &'static str {
    match command.input {
        Input::File(_) => "it reads a file, which is no terminal",
        _ => "it reads what another command or the script writes, which is no terminal",
    }
}

fn draft(span: Span, path: &str, why: &'static str) -> Draft {
    let message = "`docker` is asked for a terminal (`-t`) where there is none";
    let help = format!("write `-i` instead of `-it`, or neither: change {path}");
    Draft::new(message, span, why, help)
}

/// A table of cron.
fn is_timed(path: &str) -> bool {
    let name = last_part(path);
    name == "crontab" || name.ends_with(".cron") || name.ends_with(".crontab") || path.contains("cron.d/")
}

/// Lines that cron or systemd runs.
fn lines(sink: &mut Sink<'_>, path: &str, file: FileId, text: &str, unit: bool) {
    let mut start = 0;
    for line in text.split_inclusive('\n') {
        let own = line.trim();
        let at = start + line.len() - line.trim_start().len();
        start += line.len();
        let command = if unit {
            own.strip_prefix("Exec").and_then(|rest| rest.split_once('=')).map(|(_, command)| command)
        } else {
            (own.starts_with(|c: char| c.is_ascii_digit() || "*@".contains(c))).then_some(own)
        };
        let Some(command) = command else { continue };
        let words: Vec<&str> = command.split_whitespace().collect();
        let docker = words.iter().position(|word| is_docker(word));
        if docker.is_some_and(|docker| asks(&words[docker..])) {
            let why = if unit { "systemd gives a service no terminal" } else { "cron gives a command no terminal" };
            sink.find(draft(Span::new(file, at, at + own.len()), path, why));
        }
    }
}

/// Docker's client, perhaps behind the marks that systemd knows.
fn is_docker(program: &str) -> bool {
    program.ends_with("docker") && last_part(program.trim_start_matches(['-', '@', '+', '!'])) == "docker"
}

/// Whether the words are `docker exec` or `docker run` with both `-i` and `-t`: only then Docker looks at what it reads.
fn asks(words: &[&str]) -> bool {
    let [program, rest @ ..] = words else { return false };
    if !is_docker(program) {
        return false;
    }
    let rest = if rest.first() == Some(&"container") { &rest[1..] } else { rest };
    let [verb, options @ ..] = rest else { return false };
    if !matches!(*verb, "exec" | "run") {
        return false;
    }
    let (mut terminal, mut reads, mut value) = (false, false, false);
    for word in options {
        if value {
            value = false;
        } else if let Some(long) = word.strip_prefix("--") {
            match long {
                "tty" => terminal = true,
                "interactive" => reads = true,
                "detach" => return false,
                _ => value = WITH_VALUE.contains(word),
            }
        } else if let Some(letters) = word.strip_prefix('-') {
            if WITH_VALUE.contains(word) {
                value = true;
            } else if letters.chars().all(|c| "itdqP".contains(c)) {
                terminal |= letters.contains('t');
                reads |= letters.contains('i');
                if letters.contains('d') {
                    return false;
                }
            }
        } else {
            break;
        }
    }
    terminal && reads
}
