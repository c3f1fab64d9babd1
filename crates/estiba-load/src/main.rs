//! An open-loop load client: requests begin when the clock says so, whether or not earlier ones were answered, and none
//! is ever sent twice. What it reports is what people who used the server meanwhile would have seen.

mod connection;
mod kinds;
mod report;
mod schedule;

use std::fs;
use std::io::{self, Write as _};
use std::net::SocketAddr;
use std::path::PathBuf;
use std::process::ExitCode;

use clap::Parser;

use crate::connection::Target;

/// Asks a server that runs the example application, and prints what became of every request as JSON.
///
///   estiba-load --address 10.0.0.3:443 --host jupiter.example --root root.pem --rate 500 --seconds 60
#[derive(Parser)]
#[command(version, verbatim_doc_comment)]
struct Args {
    /// Where the server listens.
    #[arg(long)]
    address: SocketAddr,
    /// The name that is asked for, and that its certificate must carry.
    #[arg(long)]
    host: String,
    /// A file with the only certificate authority that is trusted.
    #[arg(long)]
    root: PathBuf,
    /// Short requests per second: one in five a POST, two in five to the pages, two in five to the application.
    #[arg(long, default_value_t = 500)]
    rate: u32,
    /// Connections that the short requests share.
    #[arg(long, default_value_t = 96)]
    connections: usize,
    /// Milliseconds between requests that are answered after ten seconds; 0: none.
    #[arg(long, default_value_t = 1000)]
    slow_every: u64,
    /// Milliseconds between WebSockets; 0: none.
    #[arg(long, default_value_t = 2500)]
    socket_every: u64,
    /// How long each of them stays open.
    #[arg(long, default_value_t = 25)]
    socket_seconds: u32,
    /// Milliseconds between uploads of 20 MB; 0: none.
    #[arg(long, default_value_t = 5000)]
    upload_every: u64,
    /// When nothing new is begun any more.
    #[arg(long, default_value_t = 60)]
    seconds: u64,
    /// Nothing new is begun either once this file exists.
    #[arg(long)]
    stop_file: Option<PathBuf>,
    /// What the ids of the orders begin with.
    #[arg(long, default_value = "load")]
    orders: String,
    /// Where the id of each order that the server said it took is written.
    #[arg(long)]
    taken: Option<PathBuf>,
    /// Lines `SECONDS-SINCE-1970 begin|end LABEL`, read at the end: what is reported apart.
    #[arg(long)]
    marks: Option<PathBuf>,
}

fn main() -> io::Result<ExitCode> {
    let args = Args::parse();
    let target = match Target::new(args.address, &args.host, &fs::read(&args.root)?) {
        Ok(target) => target,
        Err(error) => {
            writeln!(io::stderr(), "estiba-load: {error}")?;
            return Ok(ExitCode::from(2));
        }
    };
    let run = schedule::run(&args, &target);
    if let Some(path) = &args.taken {
        fs::write(path, run.taken.join("\n") + "\n")?;
    }
    let marks = match &args.marks {
        Some(path) => fs::read_to_string(path)?,
        None => String::new(),
    };
    let report = report::Report::of(&run, &marks);
    let failed = report.failed;
    serde_json::to_writer_pretty(io::stdout().lock(), &report)?;
    writeln!(io::stdout())?;
    Ok(ExitCode::from(u8::from(failed > 0)))
}
