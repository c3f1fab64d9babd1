use super::super::rule::Draft;
use super::super::{Rule, Sink, World};
use crate::facts::RunsOn;
use crate::source::{Level, Span};

#[doc = include_str!("firewall_before_ssh.md")]
pub(crate) static RULE: Rule = Rule {
    id: "firewall-before-ssh",
    level: Level::Error,
    summary: "a script closes the firewall before it lets ssh through",
    page: include_str!("firewall_before_ssh.md"),
    check,
};

fn check(world: &World<'_>, sink: &mut Sink<'_>) {
    let facts = world.facts;
    let mut closing: Vec<(Span, &str)> = Vec::new();
    let mut let_through = false;
    for contract in facts.contracts.iter().filter(|contract| contract.runs_on != Some(RunsOn::Laptop)) {
        let text = &*facts.texts.sources.get(contract.file).text;
        if !text.contains("ufw") {
            continue;
        }
        let mut start = 0;
        let mut open = false;
        for line in text.split_inclusive('\n') {
            let own = line.trim_start();
            let command = own.strip_prefix("sudo ").unwrap_or(own).trim_end();
            let words: Vec<&str> = command.split_whitespace().collect();
            // Where the port is a variable, or a function is called, it is taken for ssh's.
            let lets = own.contains("ufw") && !own.starts_with('#') && (own.contains("allow") || own.contains("limit"));
            if lets && (is_ssh(command) || command.contains('$')) {
                open = true;
                let_through = true;
            }
            let closes = words.first() == Some(&"ufw") && words.contains(&"enable");
            if closes && !open {
                let at = start + line.len() - own.len();
                closing.push((Span::new(contract.file, at, at + own.trim_end().len()), contract.script.as_str()));
                open = true;
            } else if closes {
                sink.found();
            }
            start += line.len();
        }
    }
    for (span, path) in closing {
        // Another script may have let it through before.
        let later = facts.texts.sources.get(span.file).text[span.range().end..]
            .lines()
            .any(|line| line.contains("ufw") && line.contains("allow") && is_ssh(line));
        if let_through && !later {
            sink.undecided(span, "another script lets ssh through, and may run before");
            continue;
        }
        let help = format!("write `ufw allow OpenSSH`, or the port that sshd has, before it: change {path}");
        let message = "the firewall is closed before ssh is let through";
        sink.find(Draft::new(message, span, "who is logged in stays, and nobody else gets in", help));
    }
}

fn is_ssh(command: &str) -> bool {
    let lower = command.to_ascii_lowercase();
    lower.contains("ssh") || lower.split(|c: char| !c.is_ascii_digit()).any(|number| number == "22")
}
