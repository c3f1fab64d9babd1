//! What outside programs see of the process: a terminal, the system calls, a kill at any moment.

#![expect(clippy::unwrap_used, reason = "a test says where it failed by panicking")]

mod support;

use std::fmt::Write as _;
use std::fs;
use std::path::Path;
use std::process::{Child, Command, Stdio};
use std::thread::sleep;
use std::time::{Duration, Instant};

use support::{ESTIBA, Project, Ran, SMALL, Snapshot};

const TREE: &str = "vps-infrastructure";
const ESCAPE: &str = "\u{1b}[";

/// A command with a terminal on all three ends, from util-linux' `script`.
fn on_a_terminal(project: &Project, line: &str, environment: &[(&str, &str)]) -> String {
    let mut command = Command::new("script");
    command.args(["-qec", &line.replace("estiba", ESTIBA), "/dev/null"]).current_dir(project.path(""));
    command.env_clear().env("PATH", "/usr/bin:/bin").env("SHELL", "/bin/sh").env("TERM", "xterm-256color");
    command.envs(environment.iter().copied()).stdin(Stdio::null());
    Ran::of(&mut command).stdout()
}

#[test]
fn a_terminal_gets_colour() {
    let project = Project::generated();
    project.change("estiba.yml", "port: 8080", "port: 8081");
    for (line, exits) in [("estiba generate --diff", 0), ("estiba generate nowhere", 2), ("estiba --help", 0)] {
        let said = on_a_terminal(&project, &format!("{line}; echo exit $?"), &[]);
        assert!(said.contains(ESCAPE), "{line}: {said}");
        assert!(said.contains(&format!("exit {exits}")), "{line}: {said}");
    }
}

#[test]
fn no_color_is_honoured_on_a_terminal() {
    let project = Project::generated();
    project.change("estiba.yml", "port: 8080", "port: 8081");
    for line in ["estiba generate --diff", "estiba generate nowhere", "estiba generate", "estiba --help"] {
        let said = on_a_terminal(&project, line, &[("NO_COLOR", "1")]);
        assert!(said.len() > 20 && !said.contains(ESCAPE), "{line}: {said}");
    }
}

#[test]
fn colour_follows_the_end_that_is_a_terminal() {
    let project = Project::generated();
    let said = on_a_terminal(&project, "estiba generate nowhere | cat", &[]);
    assert!(said.contains(ESCAPE), "standard error is still a terminal: {said}");
    let said = on_a_terminal(&project, "estiba generate nowhere 2>&1 | cat", &[]);
    assert!(said.contains("nowhere") && !said.contains(ESCAPE), "{said}");
}

#[test]
fn what_a_person_wrote_into_the_tree_steers_no_terminal() {
    let project = Project::generated();
    project.put("vps-infrastructure/GUIDE.md", "\u{1b}]0;owned\u{7}\n");
    let said = on_a_terminal(&project, "estiba generate --diff", &[]);
    assert!(said.contains("owned") && !said.contains("\u{1b}]0"), "{said:?}");
}

/// System calls of a run, one a line.
fn traced(project: &Project, what: &str, arguments: &[&str]) -> String {
    let log = project.path("calls");
    let mut strace = Command::new("strace");
    strace.args(["-f", "-qq", "-e", "signal=none", "-e", &format!("trace={what}"), "-o"]).arg(&log).arg(ESTIBA);
    Ran::of(strace.args(arguments).current_dir(project.path(""))).exits(0);
    let calls = fs::read_to_string(&log).unwrap();
    fs::remove_file(log).unwrap();
    calls
}

#[test]
fn no_child_process_and_no_network() {
    let project = Project::small();
    for arguments in [&["generate"][..], &["generate", "--diff"], &["templates", "list", "."], &["init", "new"]] {
        let calls = traced(&project, "execve,execveat,fork,vfork,clone,clone3,%network", arguments);
        // A thread is no process; what another thread interrupts is written in two halves.
        let counts = |call: &&str| !call.contains("CLONE_THREAD") && !call.contains("resumed>");
        let calls: Vec<&str> = calls.lines().filter(counts).collect();
        assert!(calls.len() == 1 && calls[0].contains("execve(\""), "{arguments:?}: {calls:#?}");
    }
}

#[test]
fn nothing_outside_of_the_project_is_written() {
    let project = Project::small();
    let calls =
        traced(&project, "openat,mkdir,mkdirat,unlink,unlinkat,rename,renameat,renameat2,linkat", &["generate"]);
    let reads = |call: &str| call.contains("openat(") && call.contains("O_RDONLY");
    let writes: Vec<&str> = calls.lines().filter(|call| !reads(call)).collect();
    assert!(writes.len() > 50, "{writes:#?}");
    for call in writes {
        let paths = call.split('"').skip(1).step_by(2);
        // A relative path is the project's: that is where the command runs. `unlinkat` names what is in an open folder.
        paths.for_each(|path| assert!(!path.starts_with('/') && !path.contains(".."), "{call}"));
    }
}

/// A project with many services and a tree of its first state, ready for its second.
struct Killed {
    project: Project,
    old: Snapshot,
    new: Snapshot,
}

impl Killed {
    fn prepared() -> Self {
        let mut text = SMALL.to_owned();
        for index in 0..60 {
            let _ = write!(
                text,
                "  part-{index}:\n    image: venus-part:prod\n    web: {{ host: part-{index}.venus.example, port: 3000 }}\n"
            );
        }
        let project = Project::empty().with("estiba.yml", &text);
        project.run(&["generate"]).exits(0);
        project.put("vps-infrastructure/notes/mine.txt", "mine");
        let old = Snapshot::of(&project.path(TREE));
        // Some files change, some appear, some go.
        project.put("estiba.yml", text.replace("part-1", "piece-1").replace("port: 3000", "port: 4000"));
        project.run(&["generate", "--out", "new"]).exits(0);
        project.put("new/notes/mine.txt", "mine");
        let new = Snapshot::of(&project.path("new"));
        fs::remove_dir_all(project.path("new")).unwrap();
        Self { project, old, new }
    }

    /// The old tree or the new one, whole; says which.
    #[track_caller]
    fn is_new(&self, when: &str) -> bool {
        let now = Snapshot::of(&self.project.path(TREE));
        let (old, new) = (now.files() == self.old.files(), now.files() == self.new.files());
        assert!(old || new, "{when}: a third state");
        let mut sums = Command::new("sha256sum");
        sums.args(["--check", "--strict", "--quiet", "MANIFEST.sha256"]).current_dir(self.project.path(TREE));
        Ran::of(&mut sums).exits(0);
        new
    }

    /// One more run makes the new tree and removes what the killed one left.
    #[track_caller]
    fn converges(&self, when: &str) {
        self.project.run(&["generate"]).exits(0);
        assert!(self.is_new(when), "{when}: a rerun did not converge");
        let mut names: Vec<_> =
            fs::read_dir(self.project.path("")).unwrap().map(|it| it.unwrap().file_name()).collect();
        names.sort();
        assert_eq!(names, ["estiba.yml", TREE], "{when}");
    }

    /// Back to the old tree for the next time.
    fn back(&self) {
        let tree = self.project.path(TREE);
        fs::remove_dir_all(&tree).unwrap();
        for (path, (mode, content)) in self.old.files() {
            let path = tree.join(path);
            fs::create_dir_all(path.parent().unwrap()).unwrap();
            fs::write(&path, content).unwrap();
            fs::set_permissions(&path, std::os::unix::fs::PermissionsExt::from_mode(mode & 0o777)).unwrap();
        }
    }
}

/// Every system call that changes something is a moment. A process that is killed at the entry of a call does not make it.
const CHANGES: &str =
    "mkdir,mkdirat,openat,write,fchmod,chmod,link,linkat,rename,renameat,renameat2,unlink,unlinkat,rmdir";

fn kind_of(call: &str) -> &str {
    let (before, _) = call.split_once('(').unwrap_or_default();
    before.rsplit(' ').next().unwrap_or_default()
}

/// The thread that makes a call.
fn thread_of(call: &str) -> &str {
    call.split_whitespace().next().unwrap_or_default()
}

fn killed_at_every(step: usize) {
    let killed = Killed::prepared();
    let calls = traced(&killed.project, CHANGES, &["generate"]);
    // Without the second half of calls that another thread interrupted.
    let calls: Vec<String> = calls.lines().filter(|call| !kind_of(call).is_empty()).map(str::to_owned).collect();
    killed.back();
    let first = calls.iter().position(|call| call.contains("mkdir")).unwrap();
    let exchange = calls.iter().position(|call| call.contains("RENAME_EXCHANGE")).unwrap();
    let moments = (first..calls.len()).filter(|at| at % step == 0 || at.abs_diff(exchange) <= 1);
    let mut outcomes = [0, 0];
    for moment in moments {
        let when = format!("killed before call {} of {}, {}", moment + 1, calls.len(), calls[moment]);
        // strace counts each kind of call of each thread for itself.
        let (kind, thread) = (kind_of(&calls[moment]), thread_of(&calls[moment]));
        let same = |call: &&String| kind_of(call) == kind && thread_of(call) == thread;
        let ordinal = calls[..=moment].iter().filter(same).count();
        let mut strace = Command::new("strace");
        strace.args(["-f", "-qq", "-o", "/dev/null", "-e", &format!("trace={kind}"), "-e"]);
        strace.arg(format!("inject={kind}:signal=SIGKILL:when={ordinal}")).args([ESTIBA, "generate"]);
        let status = strace.current_dir(killed.project.path("")).stdout(Stdio::null()).status().unwrap();
        assert!(!status.success(), "{when}: it was not killed");
        outcomes[usize::from(killed.is_new(&when))] += 1;
        killed.converges(&when);
        killed.back();
    }
    assert!(outcomes[0] > 0 && outcomes[1] > 0, "old and new trees seen: {outcomes:?}");
}

#[test]
fn killed_at_one_change_in_25_leaves_the_old_tree_or_the_new_one() {
    killed_at_every(25);
}

#[test]
#[ignore = "each of some 1,500 changes once: minutes"]
fn killed_at_each_change_leaves_the_old_tree_or_the_new_one() {
    killed_at_every(1);
}

/// Waits until a run has begun to write.
fn begins_to_write(staging: &Path, child: &mut Child) -> bool {
    let began = Instant::now();
    while began.elapsed() < Duration::from_secs(30) {
        if staging.exists() {
            return true;
        }
        if child.try_wait().unwrap().is_some() {
            return false;
        }
    }
    panic!("the run neither writes nor ends");
}

#[test]
fn killed_at_random_moments_leaves_the_old_tree_or_the_new_one() {
    let killed = Killed::prepared();
    let staging = killed.project.path(".vps-infrastructure.estiba-new");
    let mut died_writing = 0;
    for round in 0..40_u64 {
        let mut child = killed.project.command(&["generate"]).stdout(Stdio::null()).spawn().unwrap();
        if begins_to_write(&staging, &mut child) {
            // Spread over the time that writing takes; the moment itself is the scheduler's.
            sleep(Duration::from_micros(round * 1500));
        }
        child.kill().unwrap();
        child.wait().unwrap();
        died_writing += u32::from(staging.exists());
        let when = format!("round {round}");
        killed.is_new(&when);
        killed.converges(&when);
        killed.back();
    }
    assert!(died_writing >= 5, "only {died_writing} of 40 were killed while writing");
}

#[test]
fn two_runs_at_once_make_one_tree() {
    let killed = Killed::prepared();
    for round in 0..10 {
        let start =
            || killed.project.command(&["generate"]).stdout(Stdio::null()).stderr(Stdio::null()).spawn().unwrap();
        let codes: Vec<_> =
            [start(), start(), start()].iter_mut().map(|run| run.wait().unwrap().code().unwrap()).collect();
        assert!(codes.contains(&0) && codes.iter().all(|code| [0, 3].contains(code)), "round {round}: {codes:?}");
        killed.converges(&format!("round {round}"));
        killed.back();
    }
}
