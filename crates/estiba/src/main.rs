//! The command line of Estiba. Everything it does is in [`cli`] and [`commands`].

mod cli;
mod commands;
mod lsp;
mod outcome;
mod pipeline;
mod report;
mod server;

/// A run makes many small values and ends: this allocator takes a quarter of the time off a whole `check`.
#[global_allocator]
static ALLOCATOR: mimalloc::MiMalloc = mimalloc::MiMalloc;

fn main() -> std::process::ExitCode {
    cli::run()
}
