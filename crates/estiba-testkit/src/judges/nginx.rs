//! `nginx -t` of the generations that a tree may meet, with the tree and its state folder where they stand on a server.

use std::fs;
use std::path::Path;
use std::process::Command;

use super::jail::Jail;
use super::toolbox::{Warnings, run};
use super::{JudgeError, Proxy, Settings, Verdict};

/// An nginx that `./test` installs.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Generation {
    /// Debian 12's.
    V1_22,
    /// Debian 13's.
    V1_26,
    /// Debian unstable's, 1.28 or later: the generation whose upstreams follow Docker's DNS.
    Newest,
}

impl Generation {
    pub(super) fn jail(self) -> &'static str {
        match self {
            Self::V1_22 => "nginx-1.22",
            Self::V1_26 => "nginx-1.26",
            Self::Newest => "nginx-newest",
        }
    }

    /// A container's nginx is chosen by the tree, and new; a host's is what the distribution has.
    pub fn of(proxy: Proxy) -> &'static [Self] {
        match proxy {
            Proxy::Container => &[Self::Newest],
            Proxy::Host => &[Self::V1_22, Self::V1_26, Self::Newest],
        }
    }
}

/// What `state/nginx/mode.conf` includes.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Mode {
    /// Services, nginx, TLS.
    Minimal,
    /// And the monitors behind auth.
    Hybrid,
}

impl Mode {
    fn name(self) -> &'static str {
        match self {
            Self::Minimal => "minimal",
            Self::Hybrid => "hybrid",
        }
    }

    /// Of a pair "both modes, hybrid alone".
    fn of(self, pair: &[Vec<String>; 2]) -> impl Iterator<Item = &String> {
        let hybrid: &[String] = if self == Self::Hybrid { &pair[1] } else { &[] };
        pair[0].iter().chain(hybrid)
    }
}

/// Every generation that may run this tree, in every mode that the tree has.
pub fn nginx_all(tree: &Path, settings: &Settings) -> Vec<Verdict> {
    let modes: &[Mode] = if settings.monitoring { &[Mode::Minimal, Mode::Hybrid] } else { &[Mode::Minimal] };
    let mut verdicts = Vec::new();
    for &generation in Generation::of(settings.proxy) {
        for &mode in modes {
            verdicts.push(Verdict {
                judge: format!("{}, {}", generation.jail().replace('-', " "), mode.name()),
                result: nginx(tree, settings, generation, mode),
            });
        }
    }
    verdicts
}

/// One generation, one mode. No name but `localhost` can be resolved: nginx must start before any container has.
pub fn nginx(tree: &Path, settings: &Settings, generation: Generation, mode: Mode) -> Result<(), JudgeError> {
    nginx_with_names(tree, settings, generation, mode, &[])
}

/// As [`nginx`], with names that Docker's DNS answers to.
pub fn nginx_with_names(
    tree: &Path,
    settings: &Settings,
    generation: Generation,
    mode: Mode,
    names: &[String],
) -> Result<(), JudgeError> {
    let jail = Jail::new(generation.jail())?;
    let (srv, state) = match settings.proxy {
        Proxy::Container => ("/srv/estiba".to_owned(), "/srv/estiba-state".to_owned()),
        Proxy::Host => (format!("{}/srv", settings.server_path), format!("{}/state/nginx", settings.server_path)),
    };
    jail.place_release(tree, &srv, "live-nginx")?;
    jail.names(names)?;
    users(&jail, settings.proxy)?;
    for folder in ["/var/log/nginx", "/var/lib/nginx", "/var/cache/nginx"] {
        jail.folder(folder)?;
    }
    fill_state(&jail, tree, &state, settings, mode)?;
    jail.run(&["/usr/sbin/nginx", "-t", "-c", &settings.proxy_conf]).map(drop)
}

/// The worker's user as its image or its distribution has it, and no other: a `user` directive that names the other's
/// must fail here as it would there.
fn users(jail: &Jail, proxy: Proxy) -> Result<(), JudgeError> {
    let (name, id) = match proxy {
        Proxy::Container => ("nginx", 101),
        Proxy::Host => ("www-data", 33),
    };
    jail.write("/etc/passwd", &format!("root:x:0:0::/root:/bin/sh\n{name}:x:{id}:{id}::/nonexistent:/bin/false\n"))?;
    jail.write("/etc/group", &format!("root:x:0:\n{name}:x:{id}:\n"))
}

/// What `configure-nginx.sh` makes before nginx is first tested on a server.
fn fill_state(jail: &Jail, tree: &Path, state: &str, settings: &Settings, mode: Mode) -> Result<(), JudgeError> {
    jail.write(&format!("{state}/mode.conf"), &format!("include modes/{}.conf;\n", mode.name()))?;
    jail.write(&format!("{state}/release.conf"), "return 200 \"0123456789abcdef\\n\";\n")?;
    jail.folder(&format!("{state}/webroot"))?;
    jail.folder(&format!("{state}/upstreams"))?;
    if mode == Mode::Hybrid && !settings.auth_file.is_empty() {
        jail.write(&format!("{state}/auth/{}", settings.auth_file), "")?;
    }
    for name in mode.of(&settings.upstreams) {
        let first = tree.join(format!("nginx/upstreams/{name}.conf"));
        let text = fs::read_to_string(&first).map_err(|source| JudgeError::File { path: first, source })?;
        jail.write(&format!("{state}/upstreams/{name}.conf"), &text)?;
    }
    for host in mode.of(&settings.hosts) {
        let folder = format!("{state}/certs/{host}");
        jail.folder(&folder)?;
        self_signed(host, &jail.inside(Path::new(&folder)))?;
    }
    Ok(())
}

pub(super) fn self_signed(host: &str, folder: &Path) -> Result<(), JudgeError> {
    let mut openssl = Command::new("openssl");
    openssl.args([
        "req",
        "-x509",
        "-newkey",
        "ec",
        "-pkeyopt",
        "ec_paramgen_curve:prime256v1",
        "-nodes",
        "-days",
        "30",
    ]);
    // A common name holds 64 characters at most; the alternative name is what counts.
    openssl.args(["-subj", "/CN=placeholder", "-addext", &format!("subjectAltName=DNS:{host}")]);
    openssl.arg("-keyout").arg(folder.join("privkey.pem")).arg("-out").arg(folder.join("fullchain.pem"));
    run(&mut openssl, Warnings::Allowed).map(drop)
}
