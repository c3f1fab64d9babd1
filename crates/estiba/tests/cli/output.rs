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
