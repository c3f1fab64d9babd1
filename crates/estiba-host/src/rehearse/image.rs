//! The two images of a rehearsal. They stay, as a cache: Docker's own build cache finds out whether they are up to date.

use std::fs;
use std::path::Path;
use std::time::Duration;

use super::docker::Docker;
use super::{Trouble, lines};

/// What the base of both is, where nothing else is named.
pub(super) const BASE: &str = "debian:trixie";

const SERVER: &str = include_str!("../../rehearsal/server.Dockerfile");
const OUTSIDE: [(&str, &str); 6] = [
    ("Dockerfile", include_str!("../../rehearsal/outside/Dockerfile")),
    ("serve.py", include_str!("../../rehearsal/outside/serve.py")),
    ("dns.py", include_str!("../../rehearsal/outside/dns.py")),
    ("web.py", include_str!("../../rehearsal/outside/web.py")),
    ("ask.py", include_str!("../../rehearsal/outside/ask.py")),
    ("scan.py", include_str!("../../rehearsal/outside/scan.py")),
];

/// Fetching a distribution's packages over a slow line takes its time.
const LIMIT: Duration = Duration::from_secs(1800);

/// The names of both.
#[derive(Clone, Debug)]
pub(super) struct Images {
    pub(super) server: String,
    pub(super) outside: String,
}

/// Builds both. `folder` is for their files.
pub(super) fn build(docker: &Docker, folder: &Path, base: &str, outside_base: &str) -> Result<Images, Trouble> {
    let context = folder.join("server-image");
    write(&context, &[("Dockerfile", SERVER)])?;
    let server = one(docker, "server", base, &context)?;
    let context = folder.join("outside-image");
    write(&context, &OUTSIDE)?;
    let outside = one(docker, "outside", outside_base, &context)?;
    Ok(Images { server, outside })
}

fn write(context: &Path, files: &[(&str, &str)]) -> Result<(), Trouble> {
    let failed = |error| Trouble::environment(format!("`{}` cannot be written: {error}", context.display()));
    fs::create_dir_all(context).map_err(failed)?;
    files.iter().try_for_each(|(name, text)| fs::write(context.join(name), text).map_err(failed))
}

fn one(docker: &Docker, what: &str, base: &str, context: &Path) -> Result<String, Trouble> {
    let plain = |c: char| if c.is_ascii_alphanumeric() || c == '.' { c.to_ascii_lowercase() } else { '-' };
    let name = format!("estiba-rehearsal/{what}:{}", base.chars().map(plain).collect::<String>());
    let argument = format!("BASE={base}");
    let path = context.to_string_lossy();
    let arguments = [
        "build",
        "--force-rm",
        "--label",
        "estiba.rehearsal.cache=image",
        "--build-arg",
        &argument,
        "--tag",
        &name,
        &*path,
    ];
    let answer = docker.give(&arguments, &[], LIMIT)?;
    if answer.status.success() {
        return Ok(name);
    }
    let mut log = lines(&answer.stdout);
    log.extend(lines(&answer.stderr));
    let message = format!(
        "the image of the {what} could not be built from `{base}`: it needs Debian's or Ubuntu's apt and the network; \
         `--base IMAGE` names another base, `--image {base}=LOCAL` an image that is here already"
    );
    Err(Trouble::Environment { message, log })
}
