//! A command of the guide on this machine, in the folder of the tree.

use std::ffi::OsString;
use std::path::Path;
use std::process::Command;

use estiba_core::rehearsal::Run;

use super::Options;

/// The command: the script as it stands, led to the server of the rehearsal by an ssh configuration of its own.
pub(super) fn command(run: &Run, options: &Options, ssh_config: Option<&Path>, folder: &Path) -> Command {
    let mut command = Command::new(options.tree.join(&run.script));
    command.args(&run.arguments).current_dir(&options.tree).env("TERM", "dumb");
    // Archives that a real transfer has left for going on stay as they are.
    command.env("XDG_CACHE_HOME", folder.join("cache"));
    if let Some(config) = ssh_config {
        command.env("ESTIBA_SSH_CONFIG", config);
    }
    if let Some(program) = &options.program {
        let mut path = OsString::from(program);
        if let Some(rest) = std::env::var_os("PATH") {
            path.push(":");
            path.push(rest);
        }
        command.env("PATH", path);
    }
    command
}
