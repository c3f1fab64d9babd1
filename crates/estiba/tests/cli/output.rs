//! What stands between the program and who reads it: colour, and a reader that goes away.

use std::io::Read as _;
use std::process::Stdio;

use crate::support::Project;

#[test]
fn nobody_gets_colour_without_a_terminal() {
    let project = Project::small();
    for arguments in [&["generate"][..], &["generate", "--diff"], &["--help"], &["generate", "nowhere"]] {
        let ran = project.run(arguments);
        assert!(!ran.stdout().contains('\u{1b}') && !ran.stderr().contains('\u{1b}'), "{ran}");
    }
}

/// Where the README's picture is another than what is shown, `dev/release/screenshot.py` draws it again.
#[test]
fn the_picture_shows_what_is_shown() {
    let root = concat!(env!("CARGO_MANIFEST_DIR"), "/../..");
    let picture = std::fs::read_to_string(format!("{root}/docs/check.svg")).unwrap();
    let drawn = picture.lines().filter(|line| line.starts_with("<text")).map(|line| {
        let pieces = line.split('<').filter_map(|piece| Some(piece.split_once('>')?.1));
        let text: String = pieces.collect();
        text.replace('\u{a0}', " ")
            .replace("&lt;", "<")
            .replace("&gt;", ">")
            .replace("&#x27;", "'")
            .replace("&amp;", "&")
    });
    let ran = Project::empty().command(&["check", "examples/broken"]).current_dir(root).output().unwrap();
    let shown = String::from_utf8(ran.stdout).unwrap();
    let shown = ["$ estiba check examples/broken"].into_iter().chain(shown.lines().filter(|line| !line.is_empty()));
    assert_eq!(drawn.collect::<Vec<_>>(), shown.collect::<Vec<_>>());
}

#[test]
fn a_reader_that_has_gone_is_no_error() {
    let project = Project::small();
    for arguments in [&["schema"][..], &["templates", "list"], &["generate", "--diff"], &["generate"], &["--help"]] {
        let mut child = project.command(arguments).stdout(Stdio::piped()).stderr(Stdio::piped()).spawn().unwrap();
        drop(child.stdout.take());
        let mut complaint = String::new();
        child.stderr.take().unwrap().read_to_string(&mut complaint).unwrap();
        let status = child.wait().unwrap();
        assert!(status.success() && complaint.is_empty(), "{arguments:?}: {status} {complaint}");
    }
}
