//! The matrix of injections: every text of a description × every payload, and what must hold of the rendered tree.

use std::collections::{BTreeMap, BTreeSet};
use std::fmt::Write as _;

use estiba_core::describe::Word;
use estiba_core::source::{MemoryFiles, TreePath};
use estiba_core::syntax::nginx;
use estiba_core::syntax::yaml::{Node, NodeKind, ScalarStyle};
use estiba_core::tree::Tree;

use super::{project, source, yaml};

const TEMPLATE: &str = include_str!("injection.yml");

/// What the canary of a payload that is run would make.
pub(crate) const CANARY: &str = "ESTIBA_CANARY";

/// A text of the description.
#[derive(Clone, Debug)]
pub(crate) struct Field {
    pub(crate) name: &'static str,
    /// Its harmless value.
    pub(crate) benign: &'static str,
    /// What stands around it in the same value; `%` is the value itself.
    around: &'static str,
    /// The line that it stands on, from 1.
    pub(crate) line: usize,
}

impl Field {
    /// Whether Compose, and so we, replace `${NAME}` in it: values of services, volumes and networks.
    pub(crate) fn interpolated(&self) -> bool {
        let ours = ["web.", "metrics.", "project", "language", "mode", "server.", "proxy.", "tls.", "secret.name"];
        let others = ["secret.generate", "secret.format", "variable.", "monitoring.", "retention.", "note", "comment"];
        !self.is_key() && !ours.iter().chain(&others).any(|ours| self.name.starts_with(ours))
    }

    fn is_key(&self) -> bool {
        self.name.ends_with(".name")
    }
}

/// How a payload is written into the description.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Writing {
    /// As a quoted text, every character escaped.
    Quoted,
    /// The same with each `$` doubled, as Compose wants a literal one.
    Doubled,
    /// As it is, without quotes: whatever YAML makes of it.
    Plain,
}

enum Piece {
    Literal(&'static str),
    Field(Field),
}

fn pieces() -> Vec<Piece> {
    let mut pieces = Vec::new();
    let mut rest = TEMPLATE.split_once('\n').unwrap().1;
    let mut line = 2;
    while let Some(at) = rest.find('⟦') {
        pieces.push(Piece::Literal(&rest[..at]));
        line += rest[..at].matches('\n').count();
        let inner = &rest[at + '⟦'.len_utf8()..];
        let (inner, after) = inner.split_once('⟧').unwrap();
        let (name, value) = inner.split_once('=').unwrap();
        let (benign, around) = value.split_once('|').unwrap_or((value, "%"));
        pieces.push(Piece::Field(Field { name, benign, around, line }));
        rest = after;
    }
    pieces.push(Piece::Literal(rest));
    pieces
}

/// Every field of the template.
pub(crate) fn fields() -> Vec<Field> {
    let field = |piece| match piece {
        Piece::Field(field) => Some(field),
        Piece::Literal(_) => None,
    };
    pieces().into_iter().filter_map(field).collect()
}

/// The description with these fields set: name → the text between the other words, and how it is written.
pub(crate) fn description(set: &BTreeMap<&str, (&str, Writing)>) -> String {
    let mut out = String::from("# one line\n");
    for piece in pieces() {
        match piece {
            Piece::Literal(text) => out.push_str(text),
            Piece::Field(field) => match set.get(field.name) {
                None => out.push_str(&benign(&field)),
                Some((text, Writing::Plain)) => out.push_str(&field.around.replace('%', text)),
                Some((text, writing)) => {
                    let text = if *writing == Writing::Doubled { text.replace('$', "$$") } else { (*text).to_owned() };
                    out.push_str(&escaped(&field.around.replace('%', &text)));
                }
            },
        }
    }
    out
}

fn benign(field: &Field) -> String {
    let text = field.around.replace('%', field.benign);
    // In a comment nothing is quoted; elsewhere only what needs it.
    let plain = text.chars().all(|c| c.is_ascii_alphanumeric() || "-_./:@=".contains(c)) && !text.starts_with('-');
    if plain || field.name == "comment" { text } else { escaped(&text) }
}

/// A double-quoted YAML text in which everything special is a numbered escape: independent of the product's own way to
/// quote.
fn escaped(text: &str) -> String {
    let mut out = String::from("\"");
    for c in text.chars() {
        if c == ' ' || c.is_ascii_graphic() && c != '"' && c != '\\' {
            out.push(c);
        } else {
            write!(out, "\\U{:08x}", c as u32).unwrap();
        }
    }
    out.push('"');
    out
}

/// The project around a description.
pub(crate) fn files(description: &str) -> MemoryFiles {
    project(&[
        ("estiba.yml", description.as_bytes()),
        ("files/bound.conf", b"bound\n"),
        ("files/zsite/index.html", b"<p>hello</p>\n"),
    ])
}

/// What people, tools and attackers have put where a name was expected.
pub(crate) fn payloads() -> Vec<String> {
    let mut list: Vec<String> = [
        "it's",
        "say \"hi\"",
        "'",
        "\"",
        "\"'\"'",
        "`touch ESTIBA_CANARY`",
        "$(touch ESTIBA_CANARY)",
        "'; touch ESTIBA_CANARY; '",
        "\"; touch ESTIBA_CANARY; \"",
        "'$(touch ESTIBA_CANARY)'",
        "${X}",
        "$X",
        "$$",
        "$$X",
        "$",
        ";",
        "}",
        "{",
        "{}",
        "]",
        "[",
        "#",
        " #x",
        "a #b",
        "x # y",
        "a\nb",
        "\n",
        "a\n\nb\n",
        "a\rb",
        "a\r\nb",
        "a\tb",
        "\0",
        "a\u{2028}b",
        "a\u{2029}b",
        "a\u{85}b",
        "\u{202e}abc",
        "\u{feff}abc",
        "a\u{feff}b",
        "\u{1}\u{7f}\u{9f}",
        "\u{fffe}",
        "\u{1f6a2}",
        "{{7*7}}",
        "{{ .Name }}",
        "<%= 7*7 %>",
        "<% raw %>",
        "%>",
        "<%# x %>",
        "!!python/object:os.system",
        "!!str x",
        "&a",
        "&a *a",
        "*a",
        "<<",
        "<<:",
        "<<: *a",
        "- ",
        "-",
        "- a",
        ": ",
        ":",
        "a: b",
        "a:",
        "? a",
        "| a",
        "|",
        ">",
        "@x",
        "-x",
        "--help",
        "-oProxyCommand=touch",
        "~",
        "null",
        "Null",
        "true",
        "yes",
        "no",
        "on",
        "y",
        "0755",
        "0o17",
        "0x1f",
        "1e3",
        "72044e0",
        "22:22",
        "1_000",
        ".inf",
        ".nan",
        "2001-01-01",
        "=",
        "..",
        "../",
        "../../etc/passwd",
        "/etc/passwd",
        "a/../../b",
        "a\\",
        "\\",
        "\\n",
        "\\\\",
        "\\\"",
        "EOF",
        "EOF\ntouch ESTIBA_CANARY\n",
        "%h",
        "%n%s",
        "%",
        "include /etc/passwd;",
        "}\nserver {",
        "; include /etc/passwd; #",
        "\"; include /etc/passwd; add_header X \"",
        "\"} or vector(1)",
        "\") or (1",
        "a,b",
        "a=b",
        "=a",
        "a:b:c",
        "admin:x",
        "|touch ESTIBA_CANARY",
        "&& touch ESTIBA_CANARY",
        ") touch ESTIBA_CANARY (",
        "[0]=x",
        "x]=$(touch ESTIBA_CANARY)",
        "!",
        "!x",
        "*",
        "?",
        "",
        " ",
        "  a  ",
        "\t",
        "...",
        "---",
        "# estiba-template: mode=0777",
        ".template",
        "http://x/$(id)",
        "ñandú",
        "例え",
        "e\u{301}",
    ]
    .map(str::to_owned)
    .to_vec();
    list.push("x".repeat(64 << 10));
    list.push("$(touch ESTIBA_CANARY)\"' ".repeat(40));
    list
}

/// One text that took the place of another.
#[derive(Clone, Debug)]
pub(crate) struct Change {
    pub(crate) field: Field,
    /// What a reader of the tree must find.
    pub(crate) text: String,
    pub(crate) writing: Writing,
}

impl Change {
    /// A payload as its reader must find it: Compose's `$$` is one dollar where Compose reads.
    pub(crate) fn new(field: &Field, payload: &str, writing: Writing) -> Self {
        let mut field = field.clone();
        let mut text = match writing {
            Writing::Quoted | Writing::Plain if field.interpolated() => payload.replace("$$", "$"),
            _ => payload.to_owned(),
        };
        if field.name == "build.context" {
            // A path is written in its shortest form.
            field.benign = "/zcontext";
            let inside = TreePath::parse(&text).map_or(String::new(), |path| format!("/{path}"));
            if text.contains("://") {
                // Not in the project at all.
                field.benign = "../../zcontext";
            } else {
                text = inside;
            }
        }
        Self { field, text, writing }
    }
}

/// Where a tree is not what the harmless tree becomes when its texts are exchanged: one line each.
pub(crate) fn deviations(benign: &Tree, found: &Tree, changes: &[Change]) -> Vec<String> {
    let mut out = Vec::new();
    let words = |text: &str| exchanged(text, changes, word);
    let mut expected: Vec<String> = benign.iter().map(|(path, _)| words(path.as_str())).collect();
    let mut paths: Vec<String> = found.iter().map(|(path, _)| path.as_str().to_owned()).collect();
    expected.sort();
    paths.sort();
    if expected != paths {
        out.push("the tree has other files".to_owned());
    }
    for (path, file) in benign.iter() {
        let path = path.as_str();
        // Hashes of the others.
        if path == "MANIFEST.sha256" {
            continue;
        }
        let Some(other) = found.get(&words(path)).and_then(|file| file.text()) else {
            out.push(format!("{path} is missing"));
            continue;
        };
        let text = file.text().unwrap();
        let here: Vec<Change> = changes.iter().filter(|it| text.contains(it.field.benign)).cloned().collect();
        let changes = &here[..];
        if changes.is_empty() && text == other {
            continue;
        }
        let words = |text: &str| exchanged(text, changes, word);
        let mut report = |problem: String| out.push(format!("{path}: {problem}"));
        if path.ends_with(".yml") {
            match (yaml(text), yaml(other)) {
                (Ok(a), Ok(b)) => same(&a, &b, changes, "", &mut report),
                (_, Err(error)) | (Err(error), _) => report(error),
            }
        } else if path.ends_with(".conf") && !path.starts_with("files/") {
            same_nginx(text, other, changes, &mut report);
        } else {
            // Lists of names are sorted and without repetitions: an exchanged name may stand elsewhere.
            let expected: BTreeSet<String> = text.lines().map(words).collect();
            let lines: BTreeSet<String> = other.lines().map(str::to_owned).collect();
            for line in expected.symmetric_difference(&lines) {
                let whose = if lines.contains(line) { "found" } else { "expected" };
                report(format!("{whose} {}", short(line)));
            }
        }
    }
    out
}

/// What stands in a script: a database's user that is no word is not carried over.
fn word(change: &Change) -> String {
    if change.field.name == "database.user" && Word::join(&[&change.text]).is_none() {
        return "postgres".to_owned();
    }
    change.text.clone()
}

/// A harmless text with every changed value in its place.
fn exchanged(text: &str, changes: &[Change], value: impl Fn(&Change) -> String) -> String {
    let changes: Vec<&Change> = changes.iter().filter(|it| text.contains(it.field.benign)).collect();
    if changes.is_empty() {
        return text.to_owned();
    }
    let mut out = String::new();
    let mut rest = text;
    let first = |rest: &str| {
        let found = changes.iter().filter_map(|it| Some((rest.find(it.field.benign)?, *it)));
        found.min_by_key(|(at, _)| *at)
    };
    while let Some((at, change)) = first(rest) {
        out.push_str(&rest[..at]);
        out.push_str(&value(change));
        rest = &rest[at + change.field.benign.len()..];
    }
    out + rest
}

fn same(benign: &Node, found: &Node, changes: &[Change], at: &str, report: &mut dyn FnMut(String)) {
    match (&benign.kind, &found.kind) {
        (NodeKind::Scalar { text, .. }, NodeKind::Scalar { text: other, style }) => {
            let expected = exchanged(text, changes, |change| change.text.replace('$', "$$"));
            if expected != *other {
                report(format!("{at}: expected {}, found {}", short(&expected), short(other)));
            } else if expected != *text && *style == ScalarStyle::Plain && ambiguous(other) {
                let typed_plain =
                    changes.iter().any(|it| it.writing == Writing::Plain && text.contains(it.field.benign));
                if !typed_plain {
                    report(format!("{at}: the text {} stands without quotes", short(other)));
                }
            }
        }
        (NodeKind::List(items), NodeKind::List(others)) if items.len() == others.len() => {
            for (number, (item, other)) in items.iter().zip(others).enumerate() {
                same(item, other, changes, &format!("{at}[{number}]"), report);
            }
        }
        (NodeKind::Map(entries), NodeKind::Map(others)) if entries.len() == others.len() => {
            for ((key, value), (other_key, other_value)) in entries.iter().zip(others) {
                let name = key.text().unwrap_or_default();
                // Compose does not interpolate keys.
                let expected = exchanged(name, changes, |change| change.text.clone());
                let other = other_key.text().unwrap_or_default();
                let plain = matches!(&other_key.kind, NodeKind::Scalar { style: ScalarStyle::Plain, .. });
                if expected != other {
                    report(format!("{at}: expected the key {}, found {}", short(&expected), short(other)));
                } else if expected != name && plain && ambiguous(other) {
                    report(format!("{at}: the key {} stands without quotes", short(other)));
                }
                same(value, other_value, changes, &format!("{at}.{name}"), report);
            }
        }
        _ => report(format!("{at}: another shape")),
    }
}

/// Whether a plain scalar may be taken for something else than text, by any version of YAML.
fn ambiguous(text: &str) -> bool {
    let words = ["", "y", "n", "yes", "no", "on", "off", "true", "false", "null", "~", "<<", "="];
    // Compose's reader knows no numbers to the base 60: `22:22` is a text (https://pkg.go.dev/gopkg.in/yaml.v3).
    let number = text.starts_with(|c: char| c.is_ascii_digit() || "+-.".contains(c))
        && text.chars().all(|c| c.is_ascii_hexdigit() || "+-._xoinf".contains(c.to_ascii_lowercase()));
    words.contains(&text.to_ascii_lowercase().as_str()) || number
}

/// The user's own lines may hold what they like; everything around them stays.
fn same_nginx(benign: &str, found: &str, changes: &[Change], report: &mut dyn FnMut(String)) {
    let parsed = nginx::parse(source(found), found);
    if let Some(error) = parsed.errors.first() {
        report(error.message.clone());
        return;
    }
    let expected = exchanged(benign, changes, |change| change.text.clone());
    let expected = nginx::parse(source(&expected), &expected);
    let mut before = Vec::new();
    let mut after = Vec::new();
    words_of(&expected.directives, &mut before);
    words_of(&parsed.directives, &mut after);
    if before != after {
        let first = before.iter().zip(&after).find(|(a, b)| a != b);
        report(format!("other directives: {first:?}, {} and {}", before.len(), after.len()));
    }
}

fn words_of(directives: &[nginx::Directive], out: &mut Vec<String>) {
    for directive in directives {
        let args: Vec<&str> = directive.args.iter().map(|word| word.text.as_str()).collect();
        out.push(format!("{} {}", directive.name.text, args.join(" ")));
        if let Some(block) = &directive.block {
            out.push("{".to_owned());
            words_of(&block.directives, out);
            out.push("}".to_owned());
        }
    }
}

/// A text as a report may show it.
pub(crate) fn short(text: &str) -> String {
    if text.chars().count() > 80 {
        format!("{:?}…", text.chars().take(80).collect::<String>())
    } else {
        format!("{text:?}")
    }
}

/// The built-in English locale with these texts at its top level.
pub(crate) fn locale(texts: &[(&str, &str)]) -> String {
    let built_in = include_str!("../../templates/locales/en.toml");
    let line = |(key, text): &(&str, &str)| format!("{key} = {}\n", toml_string(text));
    texts.iter().map(line).collect::<String>() + built_in
}

/// A basic string of TOML with every special character as a numbered escape.
pub(crate) fn toml_string(text: &str) -> String {
    let character = |c: char| match c {
        ' ' => c.to_string(),
        c if c.is_ascii_graphic() && c != '"' && c != '\\' => c.to_string(),
        c => format!("\\U{:08X}", c as u32),
    };
    format!("\"{}\"", text.chars().map(character).collect::<String>())
}
