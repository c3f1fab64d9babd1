//! The server of a rehearsal: commands of the guide over ssh, and what only its owner can see.

use std::process::Command;
use std::time::Duration;

use estiba_core::rehearsal::Server;

use super::docker::last_line;
use super::world::World;
use super::{Trouble, lines};

const SNAPSHOT: &str = include_str!("../../rehearsal/snapshot.sh");
const LIMIT: Duration = Duration::from_secs(120);

/// A command as somebody types it after a login, at a terminal.
pub(super) fn command(world: &World, server: &Server, line: &str) -> Command {
    let mut command = Command::new("ssh");
    command.arg("-tt").arg("-F").arg(&world.ssh_config);
    command.arg(format!("{}@{}", server.user, server.host)).arg(line).env("TERM", "dumb");
    command
}

/// The state of the server, one fact a line.
pub(super) fn snapshot(world: &World, server: &Server) -> Result<String, Trouble> {
    script(world, SNAPSHOT, &server.path)
}

fn script(world: &World, text: &str, argument: &str) -> Result<String, Trouble> {
    let arguments = ["exec", "-i", &world.server, "bash", "-s", argument];
    let answer = world.docker.give(&arguments, text.as_bytes(), LIMIT)?;
    if answer.status.success() {
        return Ok(String::from_utf8_lossy(&answer.stdout).into_owned());
    }
    Err(Trouble::step(format!("the server cannot be looked at: {}", last_line(&answer.stderr)))
        .with_log(&lines(&answer.stderr)))
}

/// Containers of the project that are not up, or not healthy yet; `None` while the server's Docker does not answer.
pub(super) fn not_up(world: &World, project: &str) -> Result<Option<Vec<String>>, Trouble> {
    let filter = format!("label=estiba.project={project}");
    let format = "{{.Names}}\t{{.Status}}";
    let list = ["exec", &world.server, "docker", "container", "ls", "--all", "--filter", &filter, "--format", format];
    let answer = world.docker.run(&list)?;
    if !answer.status.success() {
        return Ok(None);
    }
    let text = String::from_utf8_lossy(&answer.stdout).into_owned();
    Ok(Some(text.lines().filter(|line| !is_up(line)).map(|line| line.replace('\t', ": ")).collect()))
}

/// A line of a name, a tab and a status. What runs once and ended well is where it should be.
fn is_up(line: &str) -> bool {
    let status = line.split('\t').nth(1).unwrap_or_default();
    let runs = status.starts_with("Up") && !status.contains("starting") && !status.contains("unhealthy");
    runs || status.starts_with("Exited (0)")
}

/// What a reset has left: everything of the project but its backups and their key.
pub(super) fn left(world: &World, server: &Server, project: &str) -> Result<Vec<String>, Trouble> {
    let look = r#"set -u
folder=$1 label=label=estiba.project=$2
docker container ls --all --filter "$label" --format 'container {{.Names}}'
docker network ls --filter "$label" --format 'network {{.Name}}'
docker volume ls --filter "$label" --format 'volume {{.Name}}'
find "$folder" -mindepth 1 -xdev ! -type d ! -path "$folder/backups/*" ! -path "$folder/state/backup/*" 2>/dev/null
ls /etc/systemd/system/estiba-*"$2"* /etc/logrotate.d/estiba-"$2" 2>/dev/null
nft list tables 2>/dev/null | grep estiba
exit 0"#;
    let arguments = ["exec", "-i", &world.server, "bash", "-s", &server.path, project];
    let answer = world.docker.give(&arguments, look.as_bytes(), LIMIT)?;
    Ok(lines(&answer.stdout))
}

#[cfg(test)]
mod tests {
    use super::is_up;

    #[test]
    fn a_container_is_up_when_it_is_healthy_or_says_nothing() {
        assert!(is_up("a\tUp 3 seconds (healthy)") && is_up("a\tUp 3 seconds") && is_up("a\tExited (0) 2 hours ago"));
        for line in ["a\tUp 1 second (health: starting)", "a\tUp 1 hour (unhealthy)", "a\tExited (1) 1 hour ago", "a"] {
            assert!(!is_up(line), "{line}");
        }
    }
}
