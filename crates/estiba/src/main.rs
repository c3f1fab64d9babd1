//! The command line of Estiba. Everything it does is in [`cli`] and [`commands`].

mod cli;
mod commands;
mod lsp;
mod outcome;
mod pipeline;
mod report;
mod server;

/// A run makes many small values and ends: this allocator takes a quarter of the time off a whole `check`. Its feature
/// `no_thp` keeps it from huge pages: a virtual machine that reports free ones to its host (Linux does so for blocks of
/// 2 MiB, <https://docs.kernel.org/mm/free_page_reporting.html>) waits for each until the host has brought it back.
#[global_allocator]
static ALLOCATOR: mimalloc::MiMalloc = mimalloc::MiMalloc;

fn main() -> std::process::ExitCode {
    cli::run()
}
