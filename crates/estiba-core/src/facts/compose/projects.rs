//! Which Compose files are one project. A project is what one `docker compose` runs: files that one command names with
//! `-f`, the file of a folder with its override, and whatever they include and extend.

use std::collections::{BTreeMap, BTreeSet};

use super::named::Said;
use super::{Judged, RawFile};
use crate::source::Span;

/// Compose files of one project, the first one giving its folder.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct Group {
    /// In the order in which Compose merges them.
    pub(super) files: Vec<usize>,
    /// Whether a server runs it; otherwise it is for a laptop.
    pub(super) server: bool,
    /// Where a script of a server names one of its files.
    pub(super) run_by: Option<Span>,
    /// Whether `docker stack deploy` runs it.
    pub(super) swarm: bool,
}

/// The files that Compose takes when it is told none, each with its override.
const DEFAULTS: [(&str, [&str; 2]); 4] = [
    ("compose.yaml", ["compose.override.yaml", "compose.override.yml"]),
    ("compose.yml", ["compose.override.yml", "compose.override.yaml"]),
    ("docker-compose.yml", ["docker-compose.override.yml", "docker-compose.override.yaml"]),
    ("docker-compose.yaml", ["docker-compose.override.yaml", "docker-compose.override.yml"]),
];

/// Words in a name that say that no server runs the file.
const LAPTOP: [&str; 6] = ["dev", "develop", "development", "local", "test", "debug"];

/// Where scripts declare what they do, files that they name in one folder are one project: Compose takes the folder's name
/// for it. In any other tree such files are often alternatives.
pub(super) fn of(files: &mut [RawFile], said: &Said, declared: bool) -> Vec<Group> {
    if declared { by_declaration(files, said) } else { by_custom(files, said) }
}

fn by_declaration(files: &[RawFile], said: &Said) -> Vec<Group> {
    let server: Vec<usize> = said.named.iter().filter(|(_, by)| by.server.is_some()).map(|(at, _)| *at).collect();
    // File → another of its project; the first of a project is its own.
    let mut project: BTreeMap<usize, usize> = server.iter().map(|at| (*at, *at)).collect();
    for files in &said.together {
        files.windows(2).for_each(|pair| join(&mut project, pair[0], pair[1]));
    }
    let mut folders: BTreeMap<&str, usize> = BTreeMap::new();
    for at in &server {
        let Some(file) = files.get(*at) else { continue };
        let first = *folders.entry(file.folder()).or_insert(*at);
        let name = |at: usize| files.get(at).and_then(|file| file.root.get("name")?.text());
        if first != *at && (name(first) == name(*at) || name(first).is_none() || name(*at).is_none()) {
            join(&mut project, first, *at);
        }
    }
    let mut projects: BTreeMap<usize, Vec<usize>> = BTreeMap::new();
    for at in &server {
        projects.entry(first_of(&mut project, *at)).or_default().push(*at);
    }
    let mut groups = Vec::new();
    for mut members in projects.into_values() {
        // The production file makes the networks that the others join: `-f` names it first.
        members.sort_by_key(|at| files.get(*at).is_some_and(|file| !file.path.as_str().contains("prod")));
        groups.push(group(members, true, said));
    }
    for at in (0..files.len()).filter(|at| !project.contains_key(at)) {
        groups.push(group(vec![at], !said.named.contains_key(&at), said));
    }
    groups
}

fn group(files: Vec<usize>, server: bool, said: &Said) -> Group {
    let run_by = files.iter().find_map(|at| said.named.get(at)?.server);
    let swarm = files.iter().any(|at| said.swarm.contains(at));
    Group { files, server, run_by, swarm }
}

fn join(project: &mut BTreeMap<usize, usize>, a: usize, b: usize) {
    let (a, b) = (first_of(project, a), first_of(project, b));
    if project.contains_key(&a) && project.contains_key(&b) {
        project.insert(a.max(b), a.min(b));
    }
}

/// The first of a project; on the way each file learns of one nearer to it.
fn first_of(project: &mut BTreeMap<usize, usize>, mut at: usize) -> usize {
    while let Some(next) = project.get(&at).copied().filter(|next| *next != at) {
        let further = project.get(&next).copied().unwrap_or(next);
        project.insert(at, further);
        at = next;
    }
    at
}

/// What other trees do: one command, the override of a folder, an overlay beside or below what it lies over.
fn by_custom(files: &mut [RawFile], said: &Said) -> Vec<Group> {
    let at_path: BTreeMap<String, usize> =
        files.iter().enumerate().map(|(at, file)| (file.path.as_str().to_owned(), at)).collect();
    for file in files.iter_mut() {
        if let Some(why) = set_aside(file.path.as_str()) {
            file.judged = Judged::No(why);
        }
    }
    for at in 0..files.len() {
        for path in files[at].parts() {
            if let Some(part) = at_path.get(&path).copied().filter(|part| *part != at) {
                files[part].judged = Judged::PartOf(files[at].path.as_str().to_owned());
            }
        }
    }
    let judged = |files: &[RawFile], at: usize| files.get(at).is_some_and(|file| file.judged == Judged::Alone);
    let mut members: Vec<Vec<usize>> = Vec::new();
    let mut covered: BTreeSet<usize> = BTreeSet::new();
    for command in &said.together {
        if command.iter().all(|at| judged(files, *at)) {
            // Its first file may also be run alone, where that is what Compose takes by itself.
            let alone = |at: &&usize| {
                files.get(**at).is_some_and(|file| DEFAULTS.iter().any(|(name, _)| *name == file.path.file_name()))
            };
            covered.extend(command.iter().filter(|at| !alone(at)));
            members.push(command.clone());
        }
    }
    for at in 0..files.len() {
        let folder = files[at].folder().to_owned();
        let beside = |name: &str| at_path.get(&super::env::join(&folder, name)).copied();
        let overrides = DEFAULTS.iter().find(|(name, _)| *name == files[at].path.file_name());
        let over = overrides.and_then(|(_, names)| names.iter().find_map(|name| beside(name)));
        if let Some(over) = over.filter(|over| judged(files, at) && judged(files, *over)) {
            covered.extend([at, over]);
            members.push(vec![at, over]);
        }
    }
    for at in 0..files.len() {
        if !judged(files, at) || covered.contains(&at) {
            continue;
        }
        // What Compose takes by itself is a project also where Compose would refuse it, and so is the only one.
        let default = DEFAULTS.iter().any(|(name, _)| *name == files[at].path.file_name());
        if files[at].is_whole() || default || files.len() == 1 {
            members.push(vec![at]);
            continue;
        }
        match base_of(files, at, &at_path).filter(|base| judged(files, *base)) {
            Some(base) => members.push(vec![base, at]),
            None => files[at].judged = Judged::No("it is no project by itself, and nothing says what it lies over"),
        }
    }
    // An overlay lies over a project that also runs without it.
    members.sort();
    members.dedup();
    let laptop = |group: &[usize]| {
        let named: Vec<_> = group.iter().filter_map(|at| said.named.get(at)).collect();
        !named.is_empty() && named.iter().all(|named| named.server.is_none() && named.laptop)
            || group.iter().any(|at| files.get(*at).is_some_and(|file| for_laptop(file.path.as_str())))
    };
    // Where a script says it in a variable, the name of the file often says it too.
    let named_so = |at: &usize| {
        files.get(*at).is_some_and(|file| file.path.file_name().split(['.', '-', '_']).any(|word| word == "swarm"))
    };
    let groups = members.iter().map(|members| {
        let group = group(members.clone(), !laptop(members), said);
        Group { swarm: group.swarm || members.iter().any(named_so), ..group }
    });
    groups.collect()
}

/// The default file of the same folder, or of the nearest one above.
fn base_of(files: &[RawFile], at: usize, at_path: &BTreeMap<String, usize>) -> Option<usize> {
    let mut folder = files.get(at)?.folder();
    loop {
        let found = DEFAULTS.iter().find_map(|(name, _)| at_path.get(&super::env::join(folder, name)).copied());
        if let Some(base) = found.filter(|base| *base != at) {
            return Some(base);
        }
        if folder.is_empty() {
            return None;
        }
        folder = folder.rsplit_once('/').map_or("", |(above, _)| above);
    }
}

/// Why a path says that nobody deploys the file.
#[must_use]
pub fn set_aside(path: &str) -> Option<&'static str> {
    let (folders, name) = path.rsplit_once('/').unwrap_or(("", path));
    let words = |text: &str, wanted: &[&str]| text.split(['.', '-', '_']).any(|word| wanted.contains(&word));
    if folders.split('/').any(|folder| ["vendor", "node_modules", "third_party"].contains(&folder)) {
        Some("it belongs to a library")
    } else if folders.split('/').any(|folder| words(folder, &["test", "tests", "testdata", "fixtures"])) {
        Some("it belongs to tests")
    } else if words(name, &["example", "sample", "dist"]) {
        Some("it is an example to copy")
    } else {
        None
    }
}

fn for_laptop(path: &str) -> bool {
    path.split(['/', '.', '-', '_']).any(|word| LAPTOP.contains(&word))
}

#[cfg(test)]
mod tests {
    use crate::facts::ComposeFile;
    use crate::facts::testing::facts;

    const ONE: &str = "services:\n  a: { image: a }\n";

    /// Each project as its paths, and whether a server runs it.
    fn stacks(files: &[(&str, &str)]) -> Vec<(Vec<String>, bool)> {
        let project = |project: &ComposeFile| {
            (project.files.iter().map(|path| path.as_str().to_owned()).collect(), project.server)
        };
        facts(files).compose.iter().map(project).collect()
    }

    fn stack(files: &[&str], server: bool) -> (Vec<String>, bool) {
        (files.iter().map(|file| (*file).to_owned()).collect(), server)
    }

    #[test]
    fn scripts_say_what_runs_together_and_where() {
        let lib = "up() {\n    docker compose -f \"$TREE/common/a.prod.yml\" \\\n        -f \"$TREE/common/a.more.yml\" up -d\n}\n";
        let files = [
            ("common/a.local.yml", ONE),
            ("common/a.more.yml", ONE),
            ("common/a.prod.yml", ONE),
            ("common/unnamed.yml", ONE),
            ("scripts/lib/up.sh", lib),
            ("scripts/install.sh", "#!/bin/bash\nsource \"$TREE/scripts/lib/up.sh\"\n# not a.local.yml\nup\n"),
            ("scripts/try.sh", "#!/bin/bash\n# runs-on: laptop\ndocker compose -f common/a.local.yml up\n"),
        ];
        let wanted = [
            stack(&["common/a.local.yml"], false),
            stack(&["common/a.prod.yml", "common/a.more.yml"], true),
            stack(&["common/unnamed.yml"], true),
        ];
        assert_eq!(stacks(&files), wanted);
    }

    #[test]
    fn one_name_in_two_folders_is_two_projects() {
        let files = [
            ("app/docker-compose.yml", ONE),
            ("mon/docker-compose.yml", ONE),
            ("mon/compose.yml", ONE),
            (
                "up.sh",
                "#!/bin/bash\n(cd app && docker compose -f docker-compose.yml up)\ndocker compose -f mon/docker-compose.yml up\n",
            ),
        ];
        let wanted = [
            stack(&["app/docker-compose.yml"], true),
            stack(&["mon/compose.yml"], true),
            stack(&["mon/docker-compose.yml"], true),
        ];
        assert_eq!(stacks(&files), wanted);
    }

    #[test]
    fn the_place_that_names_a_file_is_known() {
        let facts = facts(&[("a.yml", ONE), ("up.sh", "#!/bin/bash\ndocker compose --file=./a.yml up\n")]);
        let named = facts.compose[0].run_by.unwrap();
        assert_eq!(facts.texts.sources.slice(named), "./a.yml");
    }
}
