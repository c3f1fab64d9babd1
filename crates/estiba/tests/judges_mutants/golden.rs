//! Trees as they are generated.

use std::fs;
use std::path::{Path, PathBuf};
use std::process::Command;
use std::rc::Rc;

use estiba_core::facts::Facts;
use estiba_testkit::judges::{Generation, Mode, Proxy, Settings, alertmanager, compose, nginx_with_names, prometheus};

use super::target::{Files, Format, Target, answer, said, tree};

/// What is generated, and the nginx to which its image is then set back.
const TREES: [(&str, Option<(&str, Generation)>); 5] = [
    ("jupiter", None),
    ("venus", None),
    ("smallest", None),
    ("jupiter", Some(("1.26", Generation::V1_26))),
    ("smallest", Some(("1.22", Generation::V1_22))),
];

/// A tree with a folder of its own.
struct Base {
    folder: PathBuf,
    _kept: tempfile::TempDir,
    settings: Settings,
    generation: Generation,
    names: Vec<String>,
    paths: Vec<String>,
}

pub(crate) fn targets() -> Vec<Target> {
    TREES.into_iter().flat_map(|(name, older)| load(name, older)).collect()
}

fn load(name: &str, older: Option<(&str, Generation)>) -> Vec<Target> {
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
    if let Some((version, _)) = older {
        set_back(&folder, version);
    }
    let mut files = Files::new();
    read(&folder, &folder, &mut files);
    let facts = Facts::of(&tree(&files));
    let base = Rc::new(Base {
        settings: Settings::of_tree(&folder).unwrap(),
        generation: older.map_or(Generation::Newest, |(_, generation)| generation),
        names: names(&facts),
        paths: files.keys().cloned().collect(),
        folder,
        _kept: kept,
    });
    let files = Rc::new(files);
    let formats: &[Format] = match older {
        // Another image changes nothing for the other programs.
        Some(_) => &[Format::Nginx],
        None => &[Format::Nginx, Format::Compose, Format::Prometheus, Format::Alertmanager],
    };
    let name = format!("{name}{}", older.map_or_else(String::new, |(version, _)| format!(" with nginx {version}")));
    let of = |format: &Format| target(&name, *format, &base, &files);
    formats.iter().map(of).filter(|target| !target.paths.is_empty()).collect()
}

fn target(name: &str, format: Format, base: &Rc<Base>, files: &Rc<Files>) -> Target {
    let is = |path: &&String| match format {
        Format::Nginx => path.starts_with("nginx/") && path.ends_with(".conf"),
        Format::Compose => path.starts_with("common/docker-compose") && path.ends_with(".yml"),
        Format::Prometheus => path.starts_with("common/monitoring/prometheus/") && path.ends_with(".yml"),
        Format::Alertmanager => path.ends_with("alertmanager.yml"),
    };
    // On a host another module may know a directive.
    let on_host = base.settings.proxy == Proxy::Host;
    let judge = {
        let base = Rc::clone(base);
        move |path: &str, content: &str| {
            let folder = place(&base, path, content);
            let (folder, settings) = (folder.path(), &base.settings);
            let mode = if settings.monitoring { Mode::Hybrid } else { Mode::Minimal };
            answer(match format {
                Format::Nginx => nginx_with_names(folder, settings, base.generation, mode, &base.names),
                Format::Compose => compose(folder),
                Format::Prometheus => prometheus(folder),
                Format::Alertmanager => alertmanager(folder),
            })
        }
    };
    Target {
        name: name.to_owned(),
        format,
        files: Rc::clone(files),
        paths: files.keys().filter(is).cloned().collect(),
        place: None,
        decides: Box::new(move |output| !(on_host && output.contains("unknown directive"))),
        judge: Box::new(judge),
        before: said(&tree(files), None),
        foreign: false,
    }
}

/// Names of the services on the networks of the one nginx.
fn names(facts: &Facts) -> Vec<String> {
    let config = facts.nginx.first();
    config.map_or_else(Vec::new, |config| super::corpus::names(facts, &config.place))
}

/// An older nginx, without what only the newest one knows.
fn set_back(folder: &Path, version: &str) {
    let mut files = Files::new();
    read(folder, folder, &mut files);
    for (path, content) in files {
        let Ok(text) = String::from_utf8(content) else { continue };
        let older = if path.ends_with("docker-compose.prod.yml") {
            text.replace("image: nginx:1.30.6", &format!("image: nginx:{version}"))
        } else if path.starts_with("nginx/") {
            let known = |line: &&str| {
                !line.contains("keepalive_min_timeout") && (version != "1.22" || line.trim() != "http2 on;")
            };
            let lines = text.lines().filter(known).map(|line| format!("{}\n", line.replace(" resolve ", " ")));
            lines.collect()
        } else {
            continue;
        };
        fs::write(folder.join(path), older).unwrap();
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

fn read(root: &Path, folder: &Path, files: &mut Files) {
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

/// The tree on disk with one file changed: the others are links to what stands in the base's folder.
fn place(base: &Base, path: &str, content: &str) -> tempfile::TempDir {
    let folder = tempfile::tempdir().unwrap();
    for name in &base.paths {
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
