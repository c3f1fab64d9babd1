use super::super::rule::Draft;
use super::super::{Rule, Sink, World};
use crate::source::{FileId, Level, Span, lines};

#[doc = include_str!("unescaped_dollar.md")]
pub(crate) static RULE: Rule = Rule {
    id: "unescaped-dollar",
    level: Level::Error,
    summary: "Compose takes a part of a password's hash for a variable",
    page: include_str!("unescaped_dollar.md"),
    check,
};

/// How hashes of passwords begin (crypt(5)).
const HASHES: [&str; 8] = ["$2a$", "$2b$", "$2y$", "$apr1$", "$argon2id$", "$argon2i$", "$5$", "$6$"];

fn check(world: &World<'_>, sink: &mut Sink<'_>) {
    let facts = world.facts;
    let mut seen = std::collections::BTreeSet::new();
    for project in &facts.compose {
        for path in &project.files {
            if let Some((file, text)) = facts.texts.get(path.as_str()).filter(|(file, _)| seen.insert(*file)) {
                text_of(sink, path.as_str(), file, text, false);
            }
        }
        let folder = project.path.as_str().rsplit_once('/').map_or(String::new(), |(folder, _)| format!("{folder}/"));
        let env = format!("{folder}.env");
        if let Some((file, text)) = facts.texts.get(&env).filter(|(file, _)| seen.insert(*file)) {
            text_of(sink, &env, file, text, true);
        }
    }
}

fn text_of(sink: &mut Sink<'_>, path: &str, file: FileId, text: &str, env: bool) {
    for (start, line) in lines::holding(text, &HASHES) {
        let own = line.trim_start();
        let found = HASHES.iter().find_map(|hash| {
            let at = line.find(hash)?;
            // Doubled, it is one `$` of the value; something has to stand behind it.
            let doubled = line[..at].ends_with('$');
            let value = line[at + hash.len()..].starts_with(|c: char| c.is_ascii_alphanumeric() || "./$=".contains(c));
            (!doubled && value).then_some((at, *hash))
        });
        // In `.env` single quotes keep it as it is.
        let quoted = env && line.split_once('=').is_some_and(|(_, value)| value.trim_start().starts_with('\''));
        if let Some((at, hash)) = found.filter(|_| !own.starts_with('#') && !quoted) {
            let end = line[at..]
                .find(|c: char| c.is_whitespace() || c == '"' || c == '\'')
                .map_or(line.trim_end().len(), |length| at + length);
            let help = match env {
                true => format!("put the value into single quotes: change {path}"),
                false => format!("write each `$` twice, as `{}`: change {path}", hash.replace('$', "$$")),
            };
            let span = Span::new(file, start + at, start + end);
            let message = "Compose takes parts of this hash for variables";
            sink.find(Draft::new(message, span, "what follows a `$` is replaced, by nothing as a rule", help));
        }
    }
}
