//! The world of a rehearsal: a network, a bare server on it, and what the internet is to that server.

use std::fs;
use std::net::{IpAddr, SocketAddr, TcpStream};
use std::os::unix::fs::PermissionsExt as _;
use std::path::{Path, PathBuf};
use std::process::Command;
use std::time::{Duration, Instant};

use estiba_core::rehearsal::{Rehearsal, Server, mirrors};
use serde::Serialize;

use super::clean::LABEL;
use super::docker::Docker;
use super::image::Images;
use super::process::{self, Interrupt};
use super::{SINK, Trouble, lines};

/// What the container of the server may do, said before it starts. systemd and a Docker of its own need it; a container
/// that may do all this is no wall around what runs in it.
pub const RIGHTS: [&str; 4] = [
    "every capability but SYS_RESOURCE, without seccomp and AppArmor, with /proc and /sys unmasked",
    "every device, by `--device-cgroup-rule 'a *:* rwm'`",
    "/sys/fs/cgroup of this machine, writable",
    "a network of its own, with a way to the internet through this machine; no port is published",
];

/// The cache of the distribution's packages: it stays, for the next rehearsal.
pub const PACKAGES: &str = "estiba-rehearsal-packages";

const READY: Duration = Duration::from_secs(90);

/// A world that stands.
#[derive(Debug)]
pub(super) struct World {
    pub(super) docker: Docker,
    pub(super) server: String,
    pub(super) outside: String,
    pub(super) address: String,
    pub(super) ssh_config: PathBuf,
}

/// What `serve.py` is told.
#[derive(Serialize)]
struct Told<'a> {
    own: &'a str,
    server: &'a str,
    names: &'a [String],
    mirrors: Vec<String>,
    upstream: Option<String>,
    authority: std::collections::BTreeMap<&'a str, &'a str>,
    sink: &'a str,
}

/// Makes a world.
pub(super) fn make(
    docker: &Docker,
    run: &str,
    folder: &Path,
    images: &Images,
    rehearsal: &Rehearsal,
    interrupt: &Interrupt,
) -> Result<World, Trouble> {
    let disturbed = docker;
    // What Docker is making when its client goes would appear after everything was removed.
    let docker = &docker.undisturbed();
    let label = format!("{LABEL}={run}");
    let network = format!("estiba-rehearsal-{run}");
    let prefix = make_network(docker, &label, &network)?;
    let world = World {
        docker: disturbed.clone(),
        server: format!("{network}-server"),
        outside: format!("{network}-outside"),
        address: format!("{prefix}.3"),
        ssh_config: folder.join("ssh_config"),
    };
    let own = format!("{prefix}.2");
    let told = Told {
        own: &own,
        server: &world.address,
        names: &rehearsal.names,
        mirrors: package_hosts(docker, images)?,
        upstream: None,
        authority: [(rehearsal.authority.0.as_str(), rehearsal.authority.1.as_str())].into(),
        sink: SINK,
    };
    let told = serde_json::to_string(&told).unwrap_or_default();
    docker.ask(&["volume", "create", "--label", "estiba.rehearsal.cache=packages", PACKAGES])?;
    let cache = format!("{PACKAGES}:/cache");
    docker.ask(&[
        "run",
        "--detach",
        "--name",
        &world.outside,
        "--hostname",
        "outside",
        "--label",
        &label,
        "--network",
        &network,
        "--ip",
        &own,
        "--volume",
        &cache,
        &images.outside,
        &told,
    ])?;
    interrupt.check()?;
    start_server(docker, &world, &label, &network, &own, images, rehearsal)?;
    wait(&world, "the internet of the server", &world.outside, &["test", "-s", "/run/outside/ca.pem"])?;
    // By then /tmp is mounted and the host keys are made.
    let active =
        "systemctl is-active ssh.service || systemctl is-active ssh.socket || systemctl is-active sshd.service";
    wait(&world, "systemd", &world.server, &["sh", "-c", active])?;
    let key = make_key(folder, interrupt)?;
    let_in(&world, &rehearsal.server.user, &key)?;
    trust(&world)?;
    write_ssh_config(&world, folder, &rehearsal.server.name)?;
    wait_for_login(&world, &rehearsal.server, interrupt)?;
    Ok(world)
}

/// A network whose addresses are free, so that both have the same ones after every restart.
fn make_network(docker: &Docker, label: &str, name: &str) -> Result<String, Trouble> {
    let mut said = String::new();
    for number in 1..250 {
        let prefix = format!("10.215.{number}");
        let answer =
            docker.run(&["network", "create", "--label", label, "--subnet", &format!("{prefix}.0/24"), name])?;
        if answer.status.success() {
            return Ok(prefix);
        }
        said = super::docker::last_line(&answer.stderr);
        if !said.contains("overlap") {
            break;
        }
    }
    Err(Trouble::environment(format!("no network can be made: {said}")))
}

/// Where the server will ask for packages.
fn package_hosts(docker: &Docker, images: &Images) -> Result<Vec<String>, Trouble> {
    let read = "cat /etc/apt/sources.list /etc/apt/sources.list.d/* 2>/dev/null || true";
    let sources =
        docker.ask(&["run", "--rm", "--network", "none", "--entrypoint", "/bin/sh", &images.server, "-c", read])?;
    Ok(mirrors(&sources))
}

/// `--privileged` fails where a right is missing on this machine; this line does not. What a real machine's boot does and
/// systemd leaves out in a container, the command does: / is shared, and a first boot makes the ssh host keys.
fn start_server(
    docker: &Docker,
    world: &World,
    label: &str,
    network: &str,
    dns: &str,
    images: &Images,
    rehearsal: &Rehearsal,
) -> Result<(), Trouble> {
    let volumes = ["docker", "containerd"].map(|name| format!("{network}-{name}"));
    for volume in &volumes {
        docker.ask(&["volume", "create", "--label", label, volume])?;
    }
    let mounts = [format!("{}:/var/lib/docker", volumes[0]), format!("{}:/var/lib/containerd", volumes[1])];
    let boot = "mount --make-rshared / && ssh-keygen -A >/dev/null && exec /sbin/init";
    docker.ask(&[
        "run",
        "--detach",
        "--name",
        &world.server,
        "--hostname",
        &rehearsal.server.name,
        "--label",
        label,
        "--network",
        network,
        "--ip",
        &world.address,
        "--dns",
        dns,
        "--security-opt",
        "seccomp=unconfined",
        "--security-opt",
        "apparmor=unconfined",
        "--security-opt",
        "systempaths=unconfined",
        "--cap-add",
        "ALL",
        "--cap-drop",
        "SYS_RESOURCE",
        "--device-cgroup-rule",
        "a *:* rwm",
        "--tmpfs",
        "/run",
        "--tmpfs",
        "/run/lock",
        "--volume",
        &mounts[0],
        "--volume",
        &mounts[1],
        "--volume",
        "/sys/fs/cgroup:/sys/fs/cgroup:rw",
        &images.server,
        "/bin/sh",
        "-c",
        boot,
    ])?;
    Ok(())
}

/// Waits until a command in a container succeeds.
fn wait(world: &World, what: &str, container: &str, command: &[&str]) -> Result<(), Trouble> {
    let began = Instant::now();
    let arguments: Vec<&str> = ["exec", container].into_iter().chain(command.iter().copied()).collect();
    while began.elapsed() < READY {
        if world.docker.run(&arguments)?.status.success() {
            return Ok(());
        }
        std::thread::sleep(Duration::from_millis(200));
    }
    let answer = world.docker.run(&["logs", "--tail", "30", container])?;
    let mut log = lines(&answer.stdout);
    log.extend(lines(&answer.stderr));
    Err(Trouble::Environment { message: format!("{what} did not come up within {} s", READY.as_secs()), log })
}

/// A key for this rehearsal only; gives its public half.
fn make_key(folder: &Path, interrupt: &Interrupt) -> Result<String, Trouble> {
    let mut command = Command::new("ssh-keygen");
    command.args(["-q", "-t", "ed25519", "-N", "", "-C", "estiba rehearsal", "-f"]).arg(folder.join("key"));
    let answer = process::run(command, &[], Duration::from_secs(30), interrupt)?;
    let public = fs::read_to_string(folder.join("key.pub"));
    match public {
        Ok(public) if answer.status.success() => Ok(public),
        _ => Err(Trouble::environment(format!("ssh-keygen failed: {}", super::docker::last_line(&answer.stderr)))),
    }
}

/// The user of the tree, with the key and the right to sudo that a provider gives.
fn let_in(world: &World, user: &str, key: &str) -> Result<(), Trouble> {
    let script = r#"set -eu
user=$1
if [ "$user" != root ]; then
  id "$user" >/dev/null 2>&1 || useradd --create-home --shell /bin/bash "$user"
  printf '%s ALL=(ALL) NOPASSWD: ALL\n' "$user" >/etc/sudoers.d/90-first-user
  chmod 0440 /etc/sudoers.d/90-first-user
fi
home=$(getent passwd "$user" | cut -d : -f 6)
install -d -m 0700 -o "$user" -g "$(id -gn "$user")" "$home/.ssh"
cat >"$home/.ssh/authorized_keys"
chown "$user:" "$home/.ssh/authorized_keys"
chmod 0600 "$home/.ssh/authorized_keys""#;
    let arguments = ["exec", "-i", &world.server, "sh", "-c", script, "sh", user];
    let answer = world.docker.give(&arguments, key.as_bytes(), Duration::from_secs(30))?;
    if answer.status.success() {
        return Ok(());
    }
    let said = super::docker::last_line(&answer.stderr);
    Err(Trouble::environment(format!("the user `{user}` cannot be let in: {said}")))
}

/// The two roots of the private authority take the place of the one that every machine trusts.
fn trust(world: &World) -> Result<(), Trouble> {
    for name in ["ca.pem", "root.pem"] {
        let root = world.docker.ask(&["exec", &world.outside, "cat", &format!("/run/outside/{name}")])?;
        let write = format!("cat >/usr/local/share/ca-certificates/rehearsal-{name}.crt");
        let arguments = ["exec", "-i", &world.server, "sh", "-c", &write];
        world.docker.give(&arguments, format!("{root}\n").as_bytes(), Duration::from_secs(30))?;
    }
    world.docker.ask(&["exec", &world.server, "update-ca-certificates"])?;
    Ok(())
}

/// An ssh configuration of its own, with its own known hosts: nothing of the person's is read or written.
fn write_ssh_config(world: &World, folder: &Path, name: &str) -> Result<(), Trouble> {
    let host_key = world.docker.ask(&["exec", &world.server, "cat", "/etc/ssh/ssh_host_ed25519_key.pub"])?;
    let quoted = |file: &str| format!("\"{}\"", folder.join(file).display());
    let mut text = format!(
        "Host *\n  HostName {}\n  IdentityFile {}\n  IdentitiesOnly yes\n  UserKnownHostsFile {}\n  \
         GlobalKnownHostsFile /dev/null\n  HostKeyAlias {name}\n  StrictHostKeyChecking yes\n  LogLevel ERROR\n",
        world.address,
        quoted("key"),
        quoted("known_hosts"),
    );
    if !reaches(&world.address) {
        text.push_str(&format!("  ProxyCommand docker exec -i {} nc {} 22\n", world.outside, world.address));
    }
    let write = |file: &str, text: &str| {
        let path = folder.join(file);
        fs::write(&path, text)
            .and_then(|()| fs::set_permissions(&path, fs::Permissions::from_mode(0o600)))
            .map_err(|error| Trouble::environment(format!("`{}` cannot be written: {error}", path.display())))
    };
    write("known_hosts", &format!("{name} {host_key}\n"))?;
    write("ssh_config", &text)
}

/// Until it has booted, a server lets nobody in but root.
fn wait_for_login(world: &World, server: &Server, interrupt: &Interrupt) -> Result<(), Trouble> {
    let began = Instant::now();
    loop {
        let mut command = Command::new("ssh");
        command.arg("-F").arg(&world.ssh_config).arg("-oBatchMode=yes");
        command.arg(format!("{}@{}", server.user, server.host)).arg("true");
        let answer = process::run(command, &[], READY, interrupt)?;
        if answer.status.success() {
            return Ok(());
        }
        if began.elapsed() > READY {
            let said = super::docker::last_line(&answer.stderr);
            return Err(Trouble::environment(format!("nobody can log in to the server: {said}")));
        }
        std::thread::sleep(Duration::from_millis(300));
    }
}

/// Whether this machine and the containers share a network: they do not where Docker runs in a virtual machine.
fn reaches(address: &str) -> bool {
    let Ok(address) = address.parse::<IpAddr>() else { return false };
    TcpStream::connect_timeout(&SocketAddr::new(address, 22), Duration::from_millis(700)).is_ok()
}
