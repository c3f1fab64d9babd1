//! `docker …` and `docker compose …`.

use super::Text;
use super::effect::{Deleted, EffectKind};
use super::run::Run;
use super::string::Str;
use super::text::has_hole;
use super::value::Field;
use crate::source::last_part;

/// Flags that take the next word, of docker itself and of the subcommands that matter here.
const WITH_VALUE: [&str; 46] = [
    "-p",
    "--project-name",
    "-f",
    "--file",
    "--profile",
    "--project-directory",
    "--env-file",
    "--ansi",
    "--progress",
    "--parallel",
    "-t",
    "--timeout",
    "--wait-timeout",
    "--scale",
    "--pull",
    "--entrypoint",
    "-e",
    "--env",
    "-v",
    "--volume",
    "--name",
    "-u",
    "--user",
    "-w",
    "--workdir",
    "--publish",
    "-l",
    "--label",
    "--network",
    "--format",
    "--filter",
    "--signal",
    "-s",
    "--tail",
    "-n",
    "-i",
    "--input",
    "-o",
    "--output",
    "--platform",
    "--host",
    "-H",
    "--context",
    "-c",
    "--hash",
    "--mount",
];

/// Arguments apart: flags with their values, and the others.
struct Arguments<'a> {
    flags: Vec<(Str<'a>, Option<Str<'a>>)>,
    rest: Vec<Field<'a>>,
}

impl<'a> Arguments<'a> {
    /// Up to `positional` words that are no flags; from there on everything is the rest.
    fn read(fields: &[Field<'a>], interactive: bool, positional: usize) -> Self {
        let (mut flags, mut rest) = (Vec::new(), Vec::new());
        let mut at = 0;
        while let Some(field) = fields.get(at) {
            at += 1;
            let text = &*field.text;
            if rest.len() >= positional || !text.starts_with('-') || text == "-" {
                rest.push(field.clone());
            } else if let Some((flag, value)) = text.split_once('=').filter(|_| text.starts_with("--")) {
                flags.push((Str::made(flag), Some(Str::made(value))));
            } else if WITH_VALUE.contains(&text) && !(interactive && text == "-i") {
                flags.push((field.text.clone(), fields.get(at).map(|value| value.text.clone())));
                at += 1;
            } else {
                flags.push((field.text.clone(), None));
            }
        }
        Self { flags, rest }
    }

    fn value(&self, names: &[&str]) -> Option<Text> {
        let found = self.flags.iter().find(|(flag, _)| names.contains(&&**flag))?;
        Some(found.1.as_ref().map_or_else(Text::unknown, Text::from))
    }
}

fn text(field: Option<&Field<'_>>) -> Text {
    field.map_or_else(Text::unknown, |field| Text::from(&field.text))
}

fn texts(fields: &[Field<'_>]) -> Vec<Text> {
    fields.iter().map(|field| Text::from(&field.text)).collect()
}

impl<'a> Run<'a, '_> {
    pub(super) fn docker(&mut self, fields: &[Field<'a>]) {
        let global = Arguments::read(fields, false, 1);
        let Some((first, rest)) = global.rest.split_first() else { return };
        let (object, verb, rest) = match (&*first.text, rest.split_first()) {
            ("compose", _) => return self.compose(rest),
            (
                object @ ("image" | "container" | "network" | "volume" | "system" | "builder" | "buildx"),
                Some((verb, rest)),
            ) => (object, &*verb.text, rest),
            (verb @ ("load" | "tag" | "pull" | "rmi"), _) => ("image", if verb == "rmi" { "rm" } else { verb }, rest),
            (verb, _) => ("container", verb, rest),
        };
        // Most look something up, whatever their other arguments are.
        if matches!(verb, "ls" | "inspect") {
            return self.print_unknown();
        }
        let arguments = Arguments::read(
            rest,
            object == "container",
            if matches!(verb, "exec" | "run" | "create") { 1 } else { usize::MAX },
        );
        let kind = match (object, verb) {
            ("image", "load") => {
                EffectKind::ImageLoad { archive: arguments.value(&["-i", "--input"]).unwrap_or_else(|| text(None)) }
            }
            ("image", "tag") => {
                EffectKind::ImageTag { from: text(arguments.rest.first()), to: text(arguments.rest.get(1)) }
            }
            ("image", "pull") => EffectKind::ImagePull { reference: text(arguments.rest.first()) },
            ("network", "create") => EffectKind::NetworkCreate { name: text(arguments.rest.last()) },
            ("volume", "create") => EffectKind::VolumeCreate { name: text(arguments.rest.last()) },
            ("container", "run" | "create") => EffectKind::ContainerRun { arguments: texts(rest) },
            ("container", "exec") => return self.inside(arguments.rest.get(1..).unwrap_or_default()),
            ("container", "kill") => EffectKind::ContainerSignal {
                container: text(arguments.rest.first()),
                signal: arguments.value(&["-s", "--signal"]).unwrap_or_else(|| Text::from("KILL")),
            },
            (_, "rm" | "remove") => {
                for field in &arguments.rest {
                    self.effect(EffectKind::Delete(Deleted::Docker(object_name(object), Text::from(&field.text))));
                }
                return;
            }
            (_, "prune") => EffectKind::Delete(Deleted::Docker(object_name(object), text(None))),
            _ => return self.print_unknown(),
        };
        self.effect(kind);
    }

    fn compose(&mut self, fields: &[Field<'a>]) {
        let global = Arguments::read(fields, false, 1);
        let mut files = Vec::new();
        for (flag, value) in &global.flags {
            if matches!(&**flag, "-f" | "--file") {
                files.push(value.as_ref().map_or_else(Text::unknown, Text::from));
            }
        }
        let Some((subcommand, rest)) = global.rest.split_first() else { return };
        let one = matches!(&*subcommand.text, "run" | "exec");
        let arguments = Arguments::read(rest, one, if one { 1 } else { usize::MAX });
        if files.iter().any(|file| has_hole(&file.0)) {
            self.unknown("which compose file this is for is not known");
        }
        if subcommand.many || has_hole(&subcommand.text) {
            self.unknown("which subcommand of docker compose this is is not known");
        }
        if &*subcommand.text == "up" {
            if arguments.rest.iter().any(|field| has_hole(&field.text)) {
                self.unknown("which services are started here is not known");
            }
            self.effect(EffectKind::ComposeUp { files, services: texts(&arguments.rest) });
            return;
        }
        let services = if one { &arguments.rest[..arguments.rest.len().min(1)] } else { arguments.rest.as_slice() };
        let kind =
            EffectKind::ComposeOther { subcommand: Text::from(&subcommand.text), files, services: texts(services) };
        self.effect(kind);
        if one {
            let mut inside: Vec<Field<'a>> = arguments.rest.get(1..).unwrap_or_default().to_vec();
            if let Some(program) = arguments.value(&["--entrypoint"]) {
                inside.insert(0, Field::one(Str::made(&program.0)));
            }
            self.inside(&inside);
        }
        if matches!(&*subcommand.text, "down" | "rm") {
            let what = services.iter().map(|field| Text::from(&field.text)).next().unwrap_or_else(|| Text::from("*"));
            self.effect(EffectKind::Delete(Deleted::Docker("container", what)));
            if arguments.flags.iter().any(|(flag, _)| matches!(&**flag, "-v" | "--volumes")) {
                self.effect(EffectKind::Delete(Deleted::Docker("volume", Text::from("*"))));
            }
        }
        self.print_unknown();
    }

    /// A command in a container: only nginx' own matter outside.
    fn inside(&mut self, fields: &[Field<'a>]) {
        if fields.first().is_some_and(|program| last_part(&program.text) == "nginx") {
            self.nginx(fields.get(1..).unwrap_or_default());
        }
        self.print_unknown();
    }

    pub(super) fn nginx(&mut self, fields: &[Field<'a>]) {
        let has = |wanted: &str| fields.iter().any(|field| &*field.text == wanted);
        if has("-t") {
            self.effect(EffectKind::NginxTest);
        } else if has("-s") {
            if has("reload") {
                self.effect(EffectKind::NginxReload);
            }
        } else if !(has("-T") || has("-v") || has("-V")) {
            self.effect(EffectKind::NginxStart);
        }
        self.print_unknown();
    }
}

fn object_name(object: &str) -> &'static str {
    match object {
        "image" => "image",
        "network" => "network",
        "volume" => "volume",
        "container" => "container",
        _ => "system",
    }
}
