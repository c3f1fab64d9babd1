use super::super::rule::Draft;
use super::super::{Rule, Sink, World};
use crate::facts::compose::set_aside;
use crate::facts::nginx::{Inside, inside};
use crate::source::{Level, Span};

#[doc = include_str!("bad_script_file.md")]
pub(crate) static RULE: Rule = Rule {
    id: "bad-script-file",
    level: Level::Error,
    summary: "a script cannot be started: lines of Windows, or no `#!`",
    page: include_str!("bad_script_file.md"),
    check,
};

fn check(world: &World<'_>, sink: &mut Sink<'_>) {
    for (path, file, text) in world.facts.texts.iter() {
        let Some(head) = text.split('\n').next() else { continue };
        let shell = text.starts_with("#!") && head.contains("sh");
        // Comments and quotes may hold a carriage return on purpose: the first line cannot.
        if (shell || path.as_str().ends_with(".sh"))
            && !path.is_below("files")
            && head.ends_with('\r')
            && set_aside(path.as_str()).is_none()
        {
            let message = "the lines of this script end as on Windows";
            let help =
                format!("convert it with `dos2unix`, and write `*.sh text eol=lf` in .gitattributes: change {path}");
            let span = Span::new(file, 0, head.len() - 1);
            sink.find(Draft::new(message, span, "the shell takes the carriage return for a part of each line", help));
        }
    }
    started(world, sink);
}

/// Scripts of the tree that a container starts itself.
fn started(world: &World<'_>, sink: &mut Sink<'_>) {
    let facts = world.facts;
    for project in &facts.compose {
        for service in &project.services {
            let Some(first) = service.command.first().filter(|word| word.value.starts_with('/')) else { continue };
            let found = inside(&facts.texts, &facts.places, Some(project), Some(service), &first.value);
            let Inside::TreeFile(path) = found else { continue };
            let Some((file, text)) = facts.texts.get(&path).filter(|(_, text)| !text.is_empty()) else { continue };
            if text.starts_with("#!") || !path.ends_with(".sh") {
                sink.found();
                continue;
            }
            let bom = text.starts_with('\u{feff}');
            let message = format!("{path} is started as a program, and does not begin with `#!`");
            let why = if bom { "a mark of the byte order stands before it" } else { "no `#!` in this line" };
            let help = format!("write `#!/bin/sh` as its first line: change {path}");
            let line = text.lines().next().map_or(0, str::len);
            let draft = Draft::new(message, Span::new(file, 0, line), why, help);
            sink.find(draft.related(first.span, "started here, without a shell"));
        }
    }
}
