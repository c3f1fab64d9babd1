//! Trees with one mistake each, made by chance from a seed, judged by the programs that read them and by `check`.
//!
//! What nginx, Compose, promtool or amtool refuse for a reason that a rule knows, `check` reports; and what `check` calls a
//! mistake of nginx' grammar, of its contexts, of repeats or of names of its own, nginx refuses. What a program refuses for
//! a reason that no rule knows (a number out of range, PromQL) is counted.
//!
//! `ESTIBA_MUTANTS=COUNT` and `ESTIBA_MUTANTS_SEED=N` choose others.

#![expect(
    clippy::unwrap_used,
    clippy::print_stdout,
    reason = "a test says where it failed by panicking, and what it saw"
)]

use std::collections::{BTreeMap, BTreeSet};
use std::fs;
use std::path::{Path, PathBuf};
use std::process::Command;

use estiba_core::check::{self, RULES};
use estiba_core::facts::Facts;
use estiba_core::source::{Level, TreePath};
use estiba_core::tree::{Tree, TreeFile};
use estiba_testkit::judges::{Generation, JudgeError, Mode, Proxy, Settings, alertmanager, compose, nginx, prometheus};

/// Reasons of nginx that a rule knows, by a part of its message.
const NGINX: [&str; 24] = [
    "unknown directive",
    "is not allowed here",
    "is duplicate",
    "invalid number of arguments",
    "has no opening",
    "has no \";\"",
    "unexpected \"",
    "unexpected end of file",
    "is not terminated by",
    "unknown \"",
    "zero size shared memory zone",
    "open() \"",
    "cannot load certificate",
    "no \"ssl_certificate\" is defined",
    "duplicate default server",
    "duplicate location",
    "duplicate upstream",
    "duplicate listen",
    "a duplicate",
    "may not have port",
    "host not found in upstream",
    "already bound to key",
    "duplicate \"log_format\"",
    "too many parameters",
];

/// Rules that say what nginx itself refuses.
const REFUSALS: [&str; 8] = [
    "duplicate-directive",
    "wrong-context",
    "unknown-variable",
    "zone-undefined",
    "duplicate-default-server",
    "tls-file-missing",
    "upstream-with-port",
    "unreadable-file",
];

/// Reasons of Compose that a rule knows.
const COMPOSE: [&str; 8] = [
    "undefined service",
    "undefined network",
    "undefined volume",
    "undefined secret",
    "undefined config",
    "yaml:",
    "mapping key",
    "could not find expected",
];

#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
enum Format {
    Nginx,
    Compose,
    Prometheus,
    Alertmanager,
}

/// Numbers that are the same on every machine (splitmix64).
struct Chance(u64);

impl Chance {
    fn next(&mut self) -> u64 {
        self.0 = self.0.wrapping_add(0x9e37_79b9_7f4a_7c15);
        let mut z = self.0;
        z = (z ^ (z >> 30)).wrapping_mul(0xbf58_476d_1ce4_e5b9);
        z = (z ^ (z >> 27)).wrapping_mul(0x94d0_49bb_1331_11eb);
        z ^ (z >> 31)
    }

    fn below(&mut self, count: usize) -> usize {
        usize::try_from(self.next() % u64::try_from(count.max(1)).unwrap()).unwrap()
    }
}

/// A tree as it is generated.
struct Base {
    name: &'static str,
    folder: PathBuf,
    _kept: tempfile::TempDir,
    files: BTreeMap<String, Vec<u8>>,
    settings: Settings,
    /// Names that Docker's DNS answers to on the networks of the tree.
    names: BTreeSet<String>,
    /// What is said before anything is changed.
    before: BTreeSet<(&'static str, String)>,
}

impl Base {
    fn load(name: &'static str) -> Self {
        let root = Path::new(env!("CARGO_MANIFEST_DIR")).join("../..");
        let project = match name {
            "jupiter" => root.join("examples/jupiter"),
            name => root.join("crates/estiba-core/tests/golden").join(name),
        };
        let kept = tempfile::tempdir().unwrap();
        copy(&project, kept.path());
        let done = Command::new(env!("CARGO_BIN_EXE_estiba")).arg("generate").arg(kept.path()).output().unwrap();
        assert!(done.status.success(), "{name}: {}", String::from_utf8_lossy(&done.stderr));
        let folder = kept.path().join("vps-infrastructure");
        let mut files = BTreeMap::new();
        read(&folder, &folder, &mut files);
        let settings = Settings::of_tree(&folder).unwrap();
        let facts = Facts::of(&tree(&files));
        let services = facts.compose.iter().flat_map(|project| &project.services);
        let names = services.flat_map(|service| {
            let aliases = service.networks.iter().flatten().flat_map(|network| network.aliases.clone());
            aliases.chain([service.name.value.clone()]).collect::<Vec<_>>()
        });
        let names = names.collect();
        let before = errors(&facts).into_iter().collect();
        Self { name, folder, _kept: kept, files, settings, names, before }
    }

    /// Files of a format.
    fn of(&self, format: Format) -> Vec<&String> {
        let is = |path: &&String| match format {
            Format::Nginx => path.starts_with("nginx/") && path.ends_with(".conf"),
            Format::Compose => path.starts_with("common/docker-compose") && path.ends_with(".yml"),
            Format::Prometheus => path.starts_with("common/monitoring/prometheus/") && path.ends_with(".yml"),
            Format::Alertmanager => path.ends_with("alertmanager.yml"),
        };
        self.files.keys().filter(is).collect()
    }
}

/// What a person wrote; the golden tree beside it is none of that.
fn copy(from: &Path, to: &Path) {
    fs::create_dir_all(to).unwrap();
    for entry in fs::read_dir(from).unwrap().map(Result::unwrap) {
        let target = to.join(entry.file_name());
        if entry.file_name() == "tree" || entry.file_name() == "vps-infrastructure" {
            continue;
        }
        if entry.file_type().unwrap().is_dir() {
            copy(&entry.path(), &target);
        } else {
            fs::copy(entry.path(), target).unwrap();
        }
    }
}

fn read(root: &Path, folder: &Path, files: &mut BTreeMap<String, Vec<u8>>) {
    for entry in fs::read_dir(folder).unwrap().map(Result::unwrap) {
        let path = entry.path();
        if path.is_dir() {
            read(root, &path, files);
        } else {
            let name = path.strip_prefix(root).unwrap().to_str().unwrap().to_owned();
            files.insert(name, fs::read(&path).unwrap());
        }
    }
}

fn tree(files: &BTreeMap<String, Vec<u8>>) -> Tree {
    let mut tree = Tree::default();
    for (path, content) in files {
        let mode = if content.starts_with(b"#!") { 0o755 } else { 0o644 };
        tree.insert(TreePath::parse(path).unwrap(), TreeFile { content: content.clone(), mode, origin: None });
    }
    tree
}

/// Every error, as rule and words; without the rules that only look at scripts, which no mutation touches.
fn errors(facts: &Facts) -> Vec<(&'static str, String)> {
    let of_scripts =
        ["step-contract-mismatch", "unguarded-danger", "dangling-script-reference", "signal-marks-stopped"];
    let rules = RULES.iter().copied().filter(|rule| !of_scripts.contains(&rule.id));
    let report = check::run(facts, rules);
    let errors = report.findings.into_iter().filter(|finding| finding.level == Level::Error);
    errors.map(|finding| (finding.rule, finding.message)).collect()
}

/// A text with one mistake, and what was done; `None` where nothing came of it.
fn mutate(text: &str, chance: &mut Chance) -> Option<(String, String)> {
    let lines: Vec<&str> = text.lines().collect();
    let own: Vec<usize> = (0..lines.len())
        .filter(|at| !lines[*at].trim().is_empty() && !lines[*at].trim_start().starts_with('#'))
        .collect();
    if own.is_empty() {
        return None;
    }
    let at = own[chance.below(own.len())];
    let line = lines[at];
    let join = |lines: &[String]| format!("{}\n", lines.join("\n"));
    let mut changed: Vec<String> = lines.iter().map(|line| (*line).to_owned()).collect();
    let done = match chance.below(9) {
        0 => {
            changed.remove(at);
            format!("removed line {}: {}", at + 1, line.trim())
        }
        1 => {
            changed.insert(at, line.to_owned());
            format!("repeated line {}: {}", at + 1, line.trim())
        }
        2 => {
            let to = own[chance.below(own.len())];
            let moved = changed.remove(at);
            changed.insert(to.min(changed.len()), moved);
            format!("moved line {} to {}: {}", at + 1, to + 1, line.trim())
        }
        3 => {
            let words: Vec<(usize, &str)> = words(line);
            let (start, word) = *words.get(chance.below(words.len()))?;
            let cut = chance.below(word.len());
            changed[at] = format!("{}{}{}", &line[..start], &word[..cut], &line[start + cut + 1..]);
            format!("took a letter from `{word}` in line {}: {}", at + 1, changed[at].trim())
        }
        4 => {
            let words: Vec<(usize, &str)> = words(line);
            let (start, word) = *words.get(chance.below(words.len()))?;
            changed[at] = format!("{}{word}x{}", &line[..start], &line[start + word.len()..]);
            format!("renamed `{word}` in line {}: {}", at + 1, changed[at].trim())
        }
        5 => {
            let end = line.rfind([';', '}', '{', ':'])?;
            changed[at] = format!("{}{}", &line[..end], &line[end + 1..]);
            format!("took the last sign from line {}: {}", at + 1, changed[at].trim())
        }
        6 => {
            let other = own[chance.below(own.len())];
            changed.swap(at, other);
            format!("swapped lines {} and {}", at + 1, other + 1)
        }
        7 => {
            let digits = line.find(|c: char| c.is_ascii_digit())?;
            let other = if line[digits..].starts_with('7') { "8" } else { "7" };
            changed[at] = format!("{}{other}{}", &line[..digits], &line[digits + 1..]);
            format!("changed a number in line {}: {}", at + 1, changed[at].trim())
        }
        _ => {
            let words: Vec<(usize, &str)> = words(line);
            let (start, word) = *words.get(chance.below(words.len()))?;
            changed[at] = format!("{}{}", &line[..start], line[start + word.len()..].trim_start());
            format!("removed `{word}` from line {}: {}", at + 1, changed[at].trim())
        }
    };
    let result = join(&changed);
    (result != text).then_some((result, done))
}

/// Words of ASCII letters, with their places.
fn words(line: &str) -> Vec<(usize, &str)> {
    let mut found = Vec::new();
    let mut start = None;
    for (at, c) in line.char_indices().chain([(line.len(), ' ')]) {
        match (c.is_ascii_alphanumeric() || c == '_' || c == '-', start) {
            (true, None) => start = Some(at),
            (false, Some(from)) => {
                if at - from > 1 {
                    found.push((from, &line[from..at]));
                }
                start = None;
            }
            _ => {}
        }
    }
    found
}

fn judge(base: &Base, format: Format, folder: &Path) -> Result<(), String> {
    let mode = if base.settings.monitoring { Mode::Hybrid } else { Mode::Minimal };
    let result = match format {
        Format::Nginx => nginx(folder, &base.settings, Generation::Newest, mode),
        Format::Compose => compose(folder),
        Format::Prometheus => prometheus(folder),
        Format::Alertmanager => alertmanager(folder),
    };
    match result {
        Ok(()) => Ok(()),
        Err(JudgeError::Rejected { output, .. }) => Err(output),
        Err(other) => panic!("{other}"),
    }
}

/// The tree on disk with one file changed: the others are links to what stands in the repository.
fn place(base: &Base, path: &str, content: &str) -> tempfile::TempDir {
    let folder = tempfile::tempdir().unwrap();
    for name in base.files.keys() {
        let target = folder.path().join(name);
        fs::create_dir_all(target.parent().unwrap()).unwrap();
        if name == path {
            fs::write(&target, content).unwrap();
        } else if fs::hard_link(base.folder.join(name), &target).is_err() {
            fs::copy(base.folder.join(name), &target).unwrap();
        }
    }
    folder
}

/// Whether a rule knows the reason.
fn known(base: &Base, format: Format, output: &str) -> bool {
    match format {
        Format::Nginx => {
            // The jail has no names of Docker's DNS: those of the tree's services are answered on a server. One with a dot
            // may be a name of the public DNS.
            let host = output.split_once("host not found in upstream \"").map(|(_, rest)| rest);
            let host = host.and_then(|rest| rest.split(['"', ':']).next());
            // On a host another module may know a directive.
            let foreign = output.contains("unknown directive") && base.settings.proxy == Proxy::Host;
            NGINX.iter().any(|reason| output.contains(reason))
                && !foreign
                && host.is_none_or(|host| !base.names.contains(host) && !host.contains('.'))
        }
        Format::Compose => COMPOSE.iter().any(|reason| output.contains(reason)),
        Format::Prometheus | Format::Alertmanager => {
            ["yaml: line", "yaml: control", "did not find expected", "mapping key"].iter().any(|it| output.contains(it))
        }
    }
}

#[derive(Debug, Default)]
struct Tally {
    mutants: usize,
    refused: usize,
    known: usize,
    reported: usize,
}

fn run(count: usize, seed: u64) {
    let bases = ["jupiter", "venus", "smallest"].map(Base::load);
    let formats = [Format::Nginx, Format::Nginx, Format::Compose, Format::Prometheus, Format::Alertmanager];
    let mut chance = Chance(seed);
    let mut tallies: BTreeMap<Format, Tally> = BTreeMap::new();
    let mut disagreements = Vec::new();
    let mut made = 0;
    while made < count {
        let format = formats[chance.below(formats.len())];
        let base = &bases[chance.below(bases.len())];
        let paths = base.of(format);
        let Some(path) = paths.get(chance.below(paths.len())) else { continue };
        let Ok(text) = std::str::from_utf8(&base.files[*path]) else { continue };
        let Some((changed, done)) = mutate(text, &mut chance) else { continue };
        made += 1;
        let mut files = base.files.clone();
        files.insert((*path).clone(), changed.clone().into_bytes());
        let facts = Facts::of(&tree(&files));
        let mut found = errors(&facts);
        found.retain(|error| !base.before.contains(error));
        let verdict = judge(base, format, place(base, path, &changed).path());
        let tally = tallies.entry(format).or_default();
        tally.mutants += 1;
        tally.reported += usize::from(!found.is_empty());
        let who = || format!("{} {path}: {done}", base.name);
        match verdict {
            Err(output) => {
                tally.refused += 1;
                if known(base, format, &output) {
                    tally.known += 1;
                    if found.is_empty() {
                        disagreements.push(format!("refused and not reported\n  {}\n  {}", who(), output.trim()));
                    }
                }
            }
            Ok(()) => {
                let refusals: Vec<_> = found.iter().filter(|(rule, _)| REFUSALS.contains(rule)).collect();
                if format == Format::Nginx && !refusals.is_empty() {
                    disagreements.push(format!("reported and not refused\n  {}\n  {refusals:?}", who()));
                }
            }
        }
    }
    for (format, tally) in &tallies {
        println!(
            "{format:?}: {} mutants, {} refused, {} of them for a reason that a rule knows; check reports {}",
            tally.mutants, tally.refused, tally.known, tally.reported
        );
    }
    assert!(
        disagreements.is_empty(),
        "seed {seed}: {} disagreements\n\n{}",
        disagreements.len(),
        disagreements.join("\n\n")
    );
}

fn number(name: &str, default: u64) -> u64 {
    std::env::var(name).ok().and_then(|text| text.parse().ok()).unwrap_or(default)
}

#[test]
fn three_hundred_mutants_are_judged_alike() {
    run(usize::try_from(number("ESTIBA_MUTANTS", 300)).unwrap(), number("ESTIBA_MUTANTS_SEED", 1));
}

#[test]
#[ignore = "a quarter of an hour"]
fn five_thousand_mutants_are_judged_alike() {
    run(5_000, number("ESTIBA_MUTANTS_SEED", 2));
}
