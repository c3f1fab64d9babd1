//! The stand-in for every outside program that a generated script calls and that a test cannot let act: it passes its
//! name, its arguments and its standard input to the supervisor in `dev/faults/`, and does what that answers.
//!
//! One frame is a letter, a length of four bytes and the bytes: `O` and `E` are printed, `I` asks for standard input,
//! `R` is a command to run (`NAME=VALUE`, then its words, each ended by a NUL), `X` the exit code.

use std::ffi::OsStr;
use std::io::{self, Read, Write};
use std::os::unix::ffi::OsStrExt;
use std::os::unix::net::UnixStream;
use std::process::{Command, ExitCode};

const SOCKET: &str = "/stand-ins/socket";

const BROKEN: u8 = 125;

fn main() -> ExitCode {
    let code = converse().unwrap_or_else(|problem| {
        drop(writeln!(io::stderr(), "stand-in: {problem}"));
        BROKEN
    });
    ExitCode::from(code)
}

fn converse() -> io::Result<u8> {
    let mut supervisor = UnixStream::connect(SOCKET)?;
    let mut words = Vec::new();
    for word in std::env::args_os() {
        words.extend_from_slice(word.as_bytes());
        words.push(0);
    }
    send(&mut supervisor, b'A', &words)?;
    loop {
        let (kind, body) = receive(&mut supervisor)?;
        match kind {
            // Whoever reads this output may have left: the program it stands for would not mind either.
            b'O' => drop(io::stdout().write_all(&body)),
            b'E' => drop(io::stderr().write_all(&body)),
            b'I' => {
                let mut input = Vec::new();
                io::stdin().read_to_end(&mut input)?;
                send(&mut supervisor, b'I', &input)?;
            }
            b'R' => {
                let ended = run(&body)?;
                send(&mut supervisor, b'R', &ended.to_le_bytes())?;
            }
            _ => return Ok(body.first().copied().unwrap_or(BROKEN)),
        }
    }
}

fn run(words: &[u8]) -> io::Result<i32> {
    let mut words = words.split(|byte| *byte == 0).map(OsStr::from_bytes);
    let variable = words.next().unwrap_or_default();
    let (name, value) = variable.to_str().and_then(|it| it.split_once('=')).unwrap_or_default();
    let program = words.next().unwrap_or_default();
    let ended = Command::new(program).args(words.filter(|word| !word.is_empty())).env(name, value).status()?;
    Ok(ended.code().unwrap_or(BROKEN.into()))
}

fn send(supervisor: &mut UnixStream, kind: u8, body: &[u8]) -> io::Result<()> {
    let length = u32::try_from(body.len()).map_err(io::Error::other)?;
    supervisor.write_all(&[kind])?;
    supervisor.write_all(&length.to_le_bytes())?;
    supervisor.write_all(body)
}

fn receive(supervisor: &mut UnixStream) -> io::Result<(u8, Vec<u8>)> {
    let mut head = [0; 5];
    supervisor.read_exact(&mut head)?;
    let length = u32::from_le_bytes([head[1], head[2], head[3], head[4]]);
    let mut body = vec![0; usize::try_from(length).map_err(io::Error::other)?];
    supervisor.read_exact(&mut body)?;
    Ok((head[0], body))
}
