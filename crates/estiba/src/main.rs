//! The command line of Estiba. Everything it does is in [`cli`] and [`commands`].

mod cli;
mod commands;
mod outcome;
mod pipeline;
mod report;

fn main() -> std::process::ExitCode {
    cli::run()
}
