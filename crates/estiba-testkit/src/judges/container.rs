//! Programs in a container of any tree: its files where the Compose file mounts them, what the image has beside them, and a
//! DNS that knows the names of its networks and no other.

use std::fs;
use std::path::{Path, PathBuf};

use super::jail::Jail;
use super::nginx::{Generation, self_signed};
use super::toolbox::{Warnings, run};
use super::{JudgeError, compose};

/// A container.
#[derive(Clone, Debug, Default)]
pub struct Container {
    /// Paths inside, with the file or folder that stands there; a later one covers an earlier one.
    pub places: Vec<(String, PathBuf)>,
    /// Names that its DNS answers to.
    pub names: Vec<String>,
    /// Paths of certificates and their keys. One pair is put wherever no file with content stands.
    pub certificates: Vec<(String, String)>,
}

/// What the official image has below `/etc/nginx` (<https://github.com/nginx/docker-nginx>), as far as another file may
/// depend on it.
const IMAGE: [(&str, &str); 6] = [
    (
        "nginx.conf",
        "user nginx;\nworker_processes auto;\nerror_log /var/log/nginx/error.log notice;\npid /run/nginx.pid;\n\
         events {\n    worker_connections 1024;\n}\nhttp {\n    include /etc/nginx/mime.types;\n    \
         default_type application/octet-stream;\n    log_format main '$remote_addr';\n    \
         access_log /var/log/nginx/access.log main;\n    sendfile on;\n    keepalive_timeout 65;\n    \
         include /etc/nginx/conf.d/*.conf;\n}\n",
    ),
    ("conf.d/default.conf", "server {\n    listen 80;\n    server_name localhost;\n}\n"),
    ("fastcgi_params", "fastcgi_param QUERY_STRING $query_string;\n"),
    (
        "fastcgi.conf",
        "fastcgi_param SCRIPT_FILENAME $document_root$fastcgi_script_name;\nfastcgi_param QUERY_STRING $query_string;\n",
    ),
    ("uwsgi_params", "uwsgi_param QUERY_STRING $query_string;\n"),
    ("scgi_params", "scgi_param QUERY_STRING $query_string;\n"),
];

/// `nginx -t` with the configuration at a path inside.
pub fn nginx_in(container: &Container, generation: Generation, conf: &str) -> Result<(), JudgeError> {
    let jail = Jail::new(generation.jail())?;
    for (name, text) in IMAGE {
        jail.write(&format!("/etc/nginx/{name}"), text)?;
    }
    fill(&jail, container)?;
    certificates(&jail, container)?;
    let users = "root:x:0:0::/root:/bin/sh\nnginx:x:101:101::/nonexistent:/bin/false\n\
                 www-data:x:33:33::/nonexistent:/bin/false\n";
    jail.write("/etc/passwd", users)?;
    jail.write("/etc/group", "root:x:0:\nnginx:x:101:\nwww-data:x:33:\n")?;
    for folder in ["/var/log/nginx", "/var/lib/nginx", "/var/cache/nginx", "/run"] {
        jail.folder(folder)?;
    }
    jail.run(&["/usr/sbin/nginx", "-t", "-c", conf]).map(drop)
}

/// `promtool check config`.
pub fn promtool_in(container: &Container, conf: &str) -> Result<(), JudgeError> {
    let jail = Jail::new("promtool")?;
    fill(&jail, container)?;
    jail.run(&["/usr/bin/promtool", "check", "config", conf]).map(drop)
}

/// `amtool check-config`.
pub fn amtool_in(container: &Container, conf: &str) -> Result<(), JudgeError> {
    let jail = Jail::new("amtool")?;
    fill(&jail, container)?;
    jail.run(&["/usr/bin/amtool", "check-config", conf]).map(drop)
}

/// `docker compose config` of files that run together. Warnings are no refusal: that a person sets a variable later is usual.
pub fn compose_of(folder: &Path, files: &[String]) -> Result<(), JudgeError> {
    let mut command = compose::command(folder, files)?;
    run(&mut command, Warnings::Allowed).map(drop)
}

fn fill(jail: &Jail, container: &Container) -> Result<(), JudgeError> {
    jail.names(&container.names)?;
    for (path, source) in &container.places {
        jail.place(source, path)?;
    }
    Ok(())
}

fn certificates(jail: &Jail, container: &Container) -> Result<(), JudgeError> {
    let is_empty = |path: &str| fs::metadata(jail.inside(Path::new(path))).map_or(true, |found| found.len() == 0);
    let absent: Vec<_> =
        container.certificates.iter().filter(|(chain, key)| is_empty(chain) && is_empty(key)).collect();
    if absent.is_empty() {
        return Ok(());
    }
    let folder = jail.inside(Path::new("/pair"));
    jail.folder("/pair")?;
    self_signed("server.example", &folder)?;
    let text = |name: &str| {
        let path = folder.join(name);
        fs::read_to_string(&path).map_err(|source| JudgeError::File { path, source })
    };
    let (chain, key) = (text("fullchain.pem")?, text("privkey.pem")?);
    for (chain_path, key_path) in absent {
        jail.write(chain_path, &chain)?;
        // Both may stand in one file.
        let key = if chain_path == key_path { format!("{chain}{key}") } else { key.clone() };
        jail.write(key_path, &key)?;
    }
    Ok(())
}
