//! Programs that answer and end. Each is a process group of its own: a Ctrl-C at the terminal reaches this program only,
//! which then ends them in its own order.

use std::io::{Read, Write};
use std::os::unix::process::CommandExt as _;
use std::process::{Child, Command, Output, Stdio};
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};
use std::thread;
use std::time::{Duration, Instant};

use rustix::process::{Pid, Signal, kill_process_group};

use super::Trouble;

const PAUSE: Duration = Duration::from_millis(20);
/// For a program that was asked to end.
const PATIENCE: Duration = Duration::from_secs(5);

/// Whether a person wants the rehearsal to end: Ctrl-C, the end of the session, or a request to terminate.
#[derive(Clone, Debug, Default)]
pub(super) struct Interrupt(Arc<AtomicBool>);

impl Interrupt {
    /// One that notices the signals of this process from now on.
    pub(super) fn listen() -> std::io::Result<Self> {
        let interrupt = Self::default();
        for signal in [signal_hook::consts::SIGINT, signal_hook::consts::SIGTERM, signal_hook::consts::SIGHUP] {
            signal_hook::flag::register(signal, Arc::clone(&interrupt.0))?;
        }
        Ok(interrupt)
    }

    pub(super) fn check(&self) -> Result<(), Trouble> {
        if self.0.load(Ordering::Relaxed) { Err(Trouble::Interrupted) } else { Ok(()) }
    }
}

/// Runs a program to its end, gives it `input`, and ends it when it takes too long.
pub(super) fn run(
    mut command: Command,
    input: &[u8],
    limit: Duration,
    interrupt: &Interrupt,
) -> Result<Output, Trouble> {
    interrupt.check()?;
    let name = command.get_program().to_string_lossy().into_owned();
    command.stdin(Stdio::piped()).stdout(Stdio::piped()).stderr(Stdio::piped()).process_group(0);
    let mut child =
        command.spawn().map_err(|error| Trouble::environment(format!("`{name}` does not start: {error}")))?;
    let input = input.to_vec();
    let mut stdin = child.stdin.take();
    // A program may end without reading everything: that is its own business.
    let writer = thread::spawn(move || stdin.as_mut().map(|stdin| stdin.write_all(&input)));
    let (stdout, stderr) = (reader(child.stdout.take()), reader(child.stderr.take()));
    let began = Instant::now();
    let status = loop {
        match child.try_wait() {
            Ok(Some(status)) => break status,
            Ok(None) => {}
            Err(error) => return Err(Trouble::environment(format!("`{name}`: {error}"))),
        }
        let over = interrupt.check().err().or_else(|| {
            let message = format!("`{name}` took longer than {} s", limit.as_secs());
            (began.elapsed() > limit).then(|| Trouble::environment(message))
        });
        if let Some(trouble) = over {
            end(&mut child, &[Signal::TERM]);
            return Err(trouble);
        }
        thread::sleep(PAUSE);
    };
    let _ = writer.join();
    let text = |thread: thread::JoinHandle<Vec<u8>>| thread.join().unwrap_or_default();
    Ok(Output { status, stdout: text(stdout), stderr: text(stderr) })
}

fn reader<R: Read + Send + 'static>(pipe: Option<R>) -> thread::JoinHandle<Vec<u8>> {
    thread::spawn(move || {
        let mut bytes = Vec::new();
        if let Some(mut pipe) = pipe {
            let _ = pipe.read_to_end(&mut bytes);
        }
        bytes
    })
}

/// Ends a process group: with these signals, and after a while for certain.
pub(super) fn end(child: &mut Child, asking: &[Signal]) {
    let group = i32::try_from(child.id()).ok().and_then(Pid::from_raw);
    let send = |signal| group.map(|group| kill_process_group(group, signal));
    for signal in asking {
        let _ = send(*signal);
    }
    let began = Instant::now();
    while began.elapsed() < PATIENCE && !matches!(child.try_wait(), Ok(Some(_))) {
        thread::sleep(PAUSE);
    }
    let _ = send(Signal::KILL);
    let _ = child.wait();
}
