//! One command: builtins that change what is known, and programs that change the server.

use std::rc::Rc;

use super::Text;
use super::builtin::Builtin;
use super::effect::{Deleted, EffectKind, Naming};
use super::name::Number;
use super::run::{Flow, Run, Status};
use super::string::Str;
use super::text::{HOLE, ROOT, TEMPORARY, has_hole};
use super::value::{Field, Map, Value};
use crate::source::{Span, last_part};
use crate::syntax::bash::{Argument, Assignment, Part, Redirect, Target, Word};

impl<'a> Run<'a, '_> {
    pub(super) fn simple(
        &mut self,
        assignments: &'a [Assignment<'a>],
        words: &'a [Argument<'a>],
        redirects: &'a [Redirect<'a>],
    ) -> Flow {
        let Some(span) = self.span else { return Flow::Next(Status::Maybe) };
        if words.is_empty() {
            self.last_substitution = Status::Done;
            for assignment in assignments {
                self.assign(assignment, false);
            }
            let status = self.last_substitution;
            self.redirects(redirects, span);
            return Flow::Next(status);
        }
        let mut fields = self.scratch_fields.pop().unwrap_or_default();
        let mut spans = self.scratch_spans.pop().unwrap_or_default();
        let mut declared: Vec<&'a Assignment<'a>> = Vec::new();
        for argument in words {
            match argument {
                Argument::Word(word) => {
                    self.fields(word, &mut fields);
                    spans.resize(fields.len(), word.span);
                }
                Argument::Assignment(assignment) => declared.push(&**assignment),
            }
        }
        self.span = Some(span);
        let silent = self.redirects(redirects, span);
        let printed = self.output_length();
        let flow = self.dispatch(words, &fields, &spans, &declared, redirects);
        self.span = Some(span);
        fields.clear();
        self.scratch_fields.push(fields);
        spans.clear();
        self.scratch_spans.push(spans);
        if silent {
            self.forget_output(printed);
        }
        flow
    }

    fn dispatch(
        &mut self,
        words: &'a [Argument<'a>],
        fields: &[Field<'a>],
        spans: &[Span],
        declared: &[&'a Assignment<'a>],
        redirects: &'a [Redirect<'a>],
    ) -> Flow {
        let (Some(name), Some(span)) = (fields.first(), self.span) else { return Flow::Next(Status::Maybe) };
        let name = name.text.clone();
        let rest = fields.get(1..).unwrap_or_default();
        // Sentences for people name scripts too.
        let called = self.library.commands.get(&*name).copied().unwrap_or_default();
        // What no file defines is none, whatever was sourced until now.
        let function = called.function.and_then(|name| self.function(name));
        let builtin = called.builtin;
        if function.is_some() || matches!(builtin, Some(Builtin::Echo | Builtin::Printf | Builtin::Quiet)) {
            for (field, span) in rest.iter().zip(spans.iter().skip(1)) {
                self.mentions(&field.text, *span, Naming::Named);
            }
        }
        if let Some(definition) = function {
            return self.call(&name, definition, rest, span);
        }
        let Some(builtin) = builtin else { return self.program(&name, rest, spans, span) };
        match builtin {
            Builtin::Source => {
                let (path, word) = (rest.first().map_or(Str::HOLE, |field| field.text.clone()), spans.get(1).copied());
                return self.source(&path, span, word.unwrap_or(span));
            }
            Builtin::Declare => return self.declare(&name, words, declared),
            Builtin::Set => {
                if let Some(at) = rest.iter().position(|field| &*field.text == "--") {
                    self.variables.set(Number::ARGUMENTS, Value::List(Rc::new(rest[at + 1..].to_vec())));
                }
            }
            Builtin::Shift => {
                self.shift(rest.first().map_or("1", |field| &*field.text));
            }
            Builtin::Return => return Flow::Return(status(rest)),
            Builtin::Exit => return Flow::Exit,
            Builtin::Break => return Flow::Break,
            Builtin::Continue => return Flow::Continue,
            Builtin::Quiet => {}
            Builtin::False => return Flow::Next(Status::Failed),
            Builtin::Read => return self.read(words, rest, redirects),
            Builtin::Fill => {
                if let Some(name) = words.iter().rev().find_map(borrowed).and_then(|name| self.library.names.find(name))
                {
                    self.variables.set(name, Value::List(Rc::new(vec![Field::unknown_many()])));
                }
                return Flow::Next(Status::Maybe);
            }
            Builtin::Eval => {
                self.unknown("text that is run as a program is not followed");
                return Flow::Next(Status::Maybe);
            }
            Builtin::ChangeFolder => {
                let folder = rest.iter().rev().find(|field| !field.text.starts_with('-'));
                let folder = folder.map_or(Str::HOLE, |field| field.text.clone());
                self.variables.set(Number::FOLDER, Value::Text(absolute(&folder)));
                // What follows `cd … &&` is what the author means to happen.
            }
            Builtin::Folder => match self.variables.get(Number::FOLDER).cloned() {
                Some(Value::Text(folder)) => self.print(&folder),
                _ => self.print_unknown(),
            },
            Builtin::Echo => {
                for (at, field) in rest.iter().enumerate() {
                    self.print(if at > 0 { " " } else { "" });
                    self.print(&field.text);
                }
                self.print("\n");
            }
            Builtin::Printf => self.printf(rest),
            Builtin::Wrapper => return self.wrapped(&name, words, fields, spans, redirects),
        }
        Flow::Next(Status::Done)
    }

    fn wrapped(
        &mut self,
        name: &str,
        words: &'a [Argument<'a>],
        fields: &[Field<'a>],
        spans: &[Span],
        redirects: &'a [Redirect<'a>],
    ) -> Flow {
        let is_option = |field: &Field<'_>| {
            field.text.starts_with('-') || (name == "env" && field.text.contains('=')) || field.text.is_empty()
        };
        let mut at = 1 + fields[1..].iter().take_while(|field| is_option(field)).count();
        if name == "timeout" {
            at += 1;
        }
        let asks = name == "command" && fields.get(1).is_some_and(|field| matches!(&*field.text, "-v" | "-V"));
        if asks || at >= fields.len() {
            return Flow::Next(if asks { Status::Maybe } else { Status::Done });
        }
        let flow = self.dispatch(words, &fields[at..], spans.get(at..).unwrap_or_default(), &[], redirects);
        match flow {
            Flow::Next(_) if name == "exec" => Flow::Exit,
            flow => flow,
        }
    }

    /// A program of the system, or a script of the tree.
    fn program(&mut self, name: &str, rest: &[Field<'a>], spans: &[Span], span: Span) -> Flow {
        let word = |number: usize| spans.get(number).copied().unwrap_or(span);
        if let Some(path) = self.tree_path(name) {
            let path = super::run::normal(path);
            self.reference(&path, word(0), Naming::Run);
            if has_hole(&path) {
                self.unknown("which script is run here is not known");
            } else {
                self.effect(EffectKind::RunsScript { path });
            }
            self.print_unknown();
            return Flow::Next(Status::Maybe);
        }
        if has_hole(name) {
            self.unknown("which program is run here is not known");
            self.print_unknown();
            return Flow::Next(Status::Maybe);
        }
        let program = last_part(name);
        if matches!(program, "bash" | "sh") {
            return self.shell(rest, spans, span);
        }
        let tests = matches!(program, "[" | "test");
        for (number, field) in rest.iter().enumerate() {
            let how = if tests { Naming::Tested } else { Naming::Named };
            let text = field.text.clone();
            self.mentions(&text, word(number + 1), how);
            if !tests && text.starts_with(ROOT) {
                self.reads(&text, word(number + 1));
            }
        }
        let has = |flags: &[&str]| rest.iter().any(|field| flags.contains(&&*field.text));
        let positional = || positional(rest).map(|field| Text::from(&field.text)).collect::<Vec<Text>>();
        match program {
            "docker" => self.docker(rest),
            "nginx" => self.nginx(rest),
            "systemctl" => self.systemctl(&positional(), rest),
            "service" => {
                let positional = positional();
                let verb = positional.get(1).cloned().unwrap_or_else(unknown);
                let unit = positional.first().cloned().unwrap_or_else(unknown);
                self.systemctl(&[verb, unit], rest);
            }
            "certbot" => self.certbot(rest),
            "openssl" => {
                if has(&["req"]) && has(&["-x509"]) {
                    let host = value_of(rest, &["-addext", "-subj"]).and_then(|text| host_of(&text));
                    let path = value_of(rest, &["-out"]).map_or_else(unknown, |path| Text::from(&path));
                    self.effect(EffectKind::SelfSigned { path, host });
                }
                self.print_unknown();
            }
            "htpasswd" => {
                let prints = rest.iter().any(|field| field.text.starts_with('-') && field.text.contains(['n', 'v']));
                if !prints {
                    self.effect(EffectKind::UserFile { path: positional().first().cloned().unwrap_or_else(unknown) });
                }
                self.print_unknown();
            }
            "mkdir" => self.make_directories(&without_value(rest, &["-m", "--mode"])),
            "install" => {
                let paths = without_value(rest, &["-m", "--mode", "-o", "--owner", "-g", "--group"]);
                if has(&["-d", "--directory"]) {
                    self.make_directories(&paths);
                } else if let Some((to, from)) = paths.split_last() {
                    self.copy(from, to);
                }
            }
            "cp" | "rsync" => {
                if let Some((to, from)) = positional().split_last() {
                    self.copy(from, to);
                }
            }
            "mv" => {
                if let Some((to, from)) = positional().split_last() {
                    for from in from {
                        let (from, to) = (from.clone(), to.clone());
                        self.effect(EffectKind::Move { from, to });
                    }
                }
            }
            "ln" => {
                if let [target, path, ..] = positional().as_slice() {
                    self.effect(EffectKind::Link { path: path.clone(), target: target.clone() });
                }
            }
            "rm" | "rmdir" | "unlink" | "shred" => {
                for path in positional() {
                    self.delete(path);
                }
            }
            "find" => {
                let removes = has(&["-delete"]) || (has(&["-exec", "-execdir"]) && has(&["rm"]));
                let places = rest.iter().take_while(|field| !field.text.starts_with(['-', '!', '(']));
                for place in places.filter(|_| removes) {
                    self.delete(Text::from(format!("{}/{HOLE}", &*place.text).as_str()));
                }
                self.print_unknown();
            }
            "tee" | "touch" | "truncate" | "fallocate" | "mkswap" => {
                for path in without_value(rest, &["-l", "--length", "-s", "--size", "-r", "--output-error"]) {
                    self.write(path);
                }
                if program == "tee" {
                    self.print_unknown();
                }
            }
            "sed" => {
                let in_place = |field: &Field<'_>| field.text.starts_with("-i") || field.text.starts_with("--in-place");
                if let Some(path) = positional().last().filter(|_| rest.iter().any(in_place)) {
                    self.write(path.clone());
                }
                self.print_unknown();
            }
            "apt-get" | "apt" | "dnf" | "yum" | "apk" | "zypper" => {
                if has(&["install", "add"]) {
                    let packages =
                        positional().into_iter().filter(|word| !matches!(word.known(), Some("install" | "add")));
                    let packages = packages.filter(|word| !word.prefix().contains("::")).collect();
                    self.effect(EffectKind::PackageInstall { packages });
                }
            }
            "nft" | "iptables" | "ip6tables" | "ufw" | "firewall-cmd" => {
                if !has(&["--check", "-c", "list", "status", "-L", "-S", "--state"]) {
                    self.effect(EffectKind::FirewallChange);
                }
            }
            "mktemp" => self.print(&TEMPORARY.to_string()),
            "basename" => match (positional().first(), positional().get(1)) {
                (Some(path), suffix) => {
                    let name = last_part(path.0.trim_end_matches('/')).to_owned();
                    let name = suffix.and_then(|suffix| name.strip_suffix(&*suffix.0)).unwrap_or(&name).to_owned();
                    self.print_path(&name);
                }
                _ => self.print_unknown(),
            },
            "dirname" => {
                let path = positional().into_iter().next().unwrap_or_else(unknown);
                let trimmed = path.0.trim_end_matches('/');
                match trimmed.rsplit_once('/') {
                    Some(("", _)) => self.print_path(if trimmed == ROOT { "<tree>" } else { "/" }),
                    Some((folder, _)) => self.print_path(folder),
                    None if has_hole(trimmed) => self.print_unknown(),
                    None => self.print("."),
                }
            }
            "ssh-keygen" | "groupadd" | "useradd" | "usermod" | "logrotate" | "swapon" | "swapoff" | "flock"
            | "cmp" | "grep" => {
                if program == "grep" && !has(&["--quiet", "-q"]) {
                    self.print_unknown();
                }
            }
            _ => self.print_unknown(),
        }
        Flow::Next(Status::Maybe)
    }

    fn print_path(&mut self, path: &str) {
        if path == "<tree>" { self.print_unknown() } else { self.print(path) }
    }

    fn shell(&mut self, rest: &[Field<'a>], spans: &[Span], span: Span) -> Flow {
        let at = rest.iter().position(|field| !field.text.starts_with('-') || &*field.text == "-c");
        match at.and_then(|at| rest.get(at).map(|field| (at, field.text.clone()))) {
            Some((_, text)) if &*text == "-c" => self.unknown("text that is run as a program is not followed"),
            Some((at, text)) => match self.tree_path(&text).map(super::run::normal) {
                Some(path) => {
                    self.reference(&path, spans.get(at + 1).copied().unwrap_or(span), Naming::Run);
                    self.effect(EffectKind::RunsScript { path });
                }
                None if has_hole(&text) => self.unknown("which script is run here is not known"),
                None => {}
            },
            None => self.unknown("text that is run as a program is not followed"),
        }
        self.print_unknown();
        Flow::Next(Status::Maybe)
    }

    fn systemctl(&mut self, positional: &[Text], rest: &[Field<'a>]) {
        let Some((verb, units)) = positional.split_first() else { return };
        let verb_text = verb.known().unwrap_or("").to_owned();
        if matches!(
            verb_text.as_str(),
            "is-active"
                | "is-enabled"
                | "is-failed"
                | "show"
                | "status"
                | "cat"
                | "list-units"
                | "list-timers"
                | "list-unit-files"
        ) {
            return self.print_unknown();
        }
        let now = rest.iter().any(|field| &*field.text == "--now");
        if units.is_empty() {
            self.effect(EffectKind::Systemctl { verb: verb.clone(), unit: Text::from("") });
        }
        for unit in units {
            let is_nginx = matches!(unit.known(), Some("nginx" | "nginx.service"));
            let kind = match verb_text.as_str() {
                "reload" | "reload-or-restart" if is_nginx => EffectKind::NginxReload,
                "start" | "restart" if is_nginx => EffectKind::NginxStart,
                "enable" if is_nginx && now => EffectKind::NginxStart,
                _ => EffectKind::Systemctl { verb: verb.clone(), unit: unit.clone() },
            };
            self.effect(kind);
        }
    }

    fn certbot(&mut self, rest: &[Field<'a>]) {
        let has = |word: &str| rest.iter().any(|field| &*field.text == word);
        if has("renew") {
            self.effect(EffectKind::CertificateRenewal);
        } else if has("certonly") || has("run") || has("--nginx") {
            let host = value_of(rest, &["--cert-name", "-d", "--domain", "--domains"])
                .map_or_else(unknown, |host| Text::from(&host));
            if has_hole(&host.0) {
                self.unknown("which host this certificate is for is not known");
            }
            self.effect(EffectKind::CertificateRequest { host });
        }
        self.print_unknown();
    }

    fn make_directories(&mut self, paths: &[Text]) {
        for path in paths.iter().filter(|path| !path.0.starts_with(TEMPORARY)) {
            self.effect(EffectKind::MakeDirectory { path: path.clone() });
        }
    }

    fn copy(&mut self, from: &[Text], to: &Text) {
        for from in from.iter().filter(|_| !to.0.starts_with(TEMPORARY)) {
            self.effect(EffectKind::Copy { from: from.clone(), to: to.clone() });
        }
    }

    fn delete(&mut self, path: Text) {
        if path.0.starts_with(TEMPORARY) {
            return;
        }
        // A name behind an unknown folder is still a file that the script found; of nothing at all nobody can judge.
        if path.is_unknown() {
            self.unknown("what is deleted here is not known");
        }
        self.effect(EffectKind::Delete(Deleted::Path(path)));
    }

    fn declare(&mut self, name: &str, words: &'a [Argument<'a>], declared: &[&'a Assignment<'a>]) -> Flow {
        let plain = || words[1..].iter().filter_map(borrowed);
        let is_option = |word: &&str| word.starts_with(['-', '+']);
        let option = |letter: char| plain().filter(is_option).any(|option| option.contains(letter));
        let own = match name {
            "local" => true,
            "declare" | "typeset" => self.in_function() && !option('g'),
            _ => false,
        };
        let (map, list) = (option('A'), option('a'));
        let assigned: Vec<Number> = declared.iter().map(|assignment| self.number(assignment.name)).collect();
        for name in plain().filter(|word| !is_option(word)).filter_map(|name| self.library.names.find(name)) {
            // Its value is computed before it hides the outer one: `local a="$a"`.
            if assigned.contains(&name) {
                continue;
            }
            if own {
                self.local(name);
            }
            if map {
                self.variables.set(name, Value::Map(Rc::new(Map::default())));
            } else if list {
                self.variables.set(name, Value::List(Rc::new(Vec::new())));
            }
        }
        for (assignment, name) in declared.iter().zip(assigned) {
            let mark = self.variables.mark();
            self.assign(assignment, map);
            if own {
                let value = self.variables.peek(name).cloned();
                self.variables.forget(mark);
                self.local(name);
                if let Some(value) = value {
                    self.variables.set(name, value);
                }
            }
        }
        Flow::Next(Status::Done)
    }

    fn shift(&mut self, by: &str) {
        let Some(Value::List(list)) = self.variables.get(Number::ARGUMENTS) else { return };
        let by = by.parse::<usize>().unwrap_or(1);
        let known = list.iter().take(by).all(|field| !field.many) && list.len() >= by;
        let rest = if known { list[by..].to_vec() } else { vec![Field::unknown_many()] };
        self.variables.set(Number::ARGUMENTS, Value::List(Rc::new(rest)));
    }

    fn read(&mut self, words: &'a [Argument<'a>], rest: &[Field<'a>], redirects: &'a [Redirect<'a>]) -> Flow {
        let secret = rest.iter().any(|field| field.text.starts_with('-') && field.text.contains('s'));
        let prompts = rest.iter().any(|field| field.text.starts_with('-') && field.text.contains('p'));
        let terminal = redirects.iter().any(|redirect| match &redirect.target {
            Target::Word(word) => word.bare() == Some("/dev/tty"),
            Target::HereDocument(_) => false,
        });
        let asks = (terminal || prompts) && !secret;
        if asks {
            self.effect(EffectKind::Confirm);
        }
        let value = if asks { Str::ANSWER } else { Str::HOLE };
        let mut takes_value = false;
        for word in &words[1..] {
            let Some(name) = borrowed(word) else { continue };
            if std::mem::take(&mut takes_value) {
                continue;
            }
            if name.starts_with('-') {
                takes_value = name.ends_with(['d', 'p', 't', 'n', 'u', 'N', 'i']);
                continue;
            }
            if let Some(name) = self.library.names.find(name) {
                self.variables.set(name, Value::Text(value.clone()));
            }
        }
        Flow::Next(Status::Maybe)
    }

    fn printf(&mut self, rest: &[Field<'a>]) {
        let mut rest = rest;
        if !self.is_heard() {
            return;
        }
        if rest.first().is_some_and(|field| &*field.text == "-v") {
            return;
        }
        if rest.first().is_some_and(|field| &*field.text == "--") {
            rest = &rest[1..];
        }
        let Some((format, mut values)) = rest.split_first() else { return };
        let mut out = String::new();
        loop {
            let before = values.len();
            let mut characters = format.text.chars().peekable();
            while let Some(character) = characters.next() {
                match character {
                    '%' => {
                        while characters.peek().is_some_and(|next| next.is_ascii_digit() || "-+ #.*".contains(*next)) {
                            characters.next();
                        }
                        match characters.next() {
                            Some('%') => out.push('%'),
                            Some('s' | 'd' | 'i' | 'b') => {
                                if let Some((value, more)) = values.split_first() {
                                    out.push_str(&value.text);
                                    values = more;
                                }
                            }
                            _ => {
                                values = values.get(1..).unwrap_or_default();
                                out.push(HOLE);
                            }
                        }
                    }
                    '\\' => match characters.next() {
                        Some('n') => out.push('\n'),
                        Some('t') => out.push('\t'),
                        Some(other) => out.push(other),
                        None => {}
                    },
                    other => out.push(other),
                }
            }
            if values.is_empty() || values.len() == before {
                break;
            }
        }
        self.print(&out);
    }
}

fn unknown() -> Text {
    Text::unknown()
}

fn status(rest: &[Field<'_>]) -> Status {
    match rest.first().map(|field| &*field.text) {
        Some("0") => Status::Done,
        Some(text) if text.parse::<u8>().is_ok() => Status::Failed,
        _ => Status::Maybe,
    }
}

fn absolute<'a>(folder: &Str<'a>) -> Str<'a> {
    match folder.strip_prefix(ROOT) {
        Some(rest) => {
            let path = super::run::normal(rest);
            Str::made(&if path.is_empty() { ROOT.to_owned() } else { format!("{ROOT}/{path}") })
        }
        None if folder.starts_with('/') => folder.clone(),
        None => Str::HOLE,
    }
}

fn borrowed<'a>(argument: &'a Argument<'a>) -> Option<&'a str> {
    match argument {
        Argument::Word(word) => borrowed_word(word),
        Argument::Assignment(_) => None,
    }
}

fn borrowed_word<'a>(word: &'a Word<'a>) -> Option<&'a str> {
    match &*word.parts {
        [Part::Literal(text)] => Some(text),
        _ => None,
    }
}

fn positional<'f, 'a>(fields: &'f [Field<'a>]) -> impl Iterator<Item = &'f Field<'a>> {
    let mut only = false;
    fields.iter().filter(move |field| {
        let ends = !only && &*field.text == "--";
        only |= ends;
        !ends && (only || !field.text.starts_with('-') || &*field.text == "-")
    })
}

/// The words that are neither flags nor the values of these flags.
fn without_value(fields: &[Field<'_>], flags: &[&str]) -> Vec<Text> {
    let mut skip = false;
    let kept: Vec<Field<'_>> = fields
        .iter()
        .filter(|field| {
            if std::mem::take(&mut skip) {
                return false;
            }
            skip = flags.contains(&&*field.text);
            !skip
        })
        .cloned()
        .collect();
    positional(&kept).map(|field| Text::from(&field.text)).collect()
}

fn value_of<'a>(fields: &[Field<'a>], flags: &[&str]) -> Option<Str<'a>> {
    flags.iter().find_map(|flag| {
        fields.iter().enumerate().find_map(|(at, field)| {
            if &*field.text == *flag {
                return fields.get(at + 1).map(|value| value.text.clone());
            }
            field.text.strip_prefix(flag)?.strip_prefix('=').map(Str::made)
        })
    })
}

/// `subjectAltName=DNS:host`, `/CN=host`.
fn host_of(text: &str) -> Option<Text> {
    let from = text.split_once("DNS:").or_else(|| text.split_once("CN="))?.1;
    Some(Text::from(from.split([',', '/']).next().unwrap_or("")))
}
