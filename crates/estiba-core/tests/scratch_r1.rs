#![allow(clippy::all, clippy::unwrap_used, clippy::print_stdout, clippy::disallowed_methods)]
mod support;
use estiba_core::check::check;
use estiba_core::facts::Facts;
use estiba_core::source::TreePath;
use estiba_core::tree::{Tree, TreeFile};
fn say(name: &str, tree: &Tree) {
    let facts = Facts::of(tree);
    let report = check(&facts);
    println!("=== {name}: {:?} undecided {}", report.tally, report.undecided.len());
    let at = |span: estiba_core::source::Span| {
        let f = facts.texts.sources.get(span.file);
        let (l, c) = f.line_column(span.start as usize);
        format!("{}:{l}:{c}", f.name)
    };
    for f in &report.findings {
        println!("{:?} {} {}\n    {}  {}", f.level, f.rule, f.message, at(f.primary.span), f.primary.text);
        for r in &f.related {
            println!("    {}  {}", at(r.span), r.text);
        }
        println!("    help: {}", f.help);
    }
    for u in &report.undecided {
        println!("  ? {} {}", at(u.span), u.reason);
    }
}
#[test]
fn all() {
    for (dir, name) in
        [("../../examples/jupiter", "jupiter"), ("tests/golden/venus", "venus"), ("tests/golden/smallest", "smallest")]
    {
        let mut files = support::project_on_disk(std::path::Path::new(dir));
        files.0.retain(|p, _| !p.starts_with("tree/"));
        for host in [false, true] {
            let mut files = files.clone();
            let text = String::from_utf8(files.0["estiba.yml"].clone()).unwrap();
            let text = if host {
                text.replace("runs: container", "runs: host")
            } else {
                text.replace("runs: host", "runs: container")
            };
            files.0.insert("estiba.yml".into(), text.into_bytes());
            let run = support::generate(&files);
            match run.result {
                Ok(tree) => say(&format!("{name} host={host}"), &tree),
                Err(e) => println!("{name} {host} refused {e:?}"),
            }
        }
    }
    if let Ok(dirs) = std::env::var("TREES") {
        for dir in dirs.split(':') {
            let files = support::project_on_disk(std::path::Path::new(dir));
            let mut tree = Tree::default();
            for (p, c) in files.0 {
                let mode = if c.starts_with(b"#!") { 0o755 } else { 0o644 };
                if let Ok(p) = TreePath::parse(&p) {
                    tree.insert(p, TreeFile { content: c, mode, origin: None });
                }
            }
            say(dir, &tree);
        }
    }
}
