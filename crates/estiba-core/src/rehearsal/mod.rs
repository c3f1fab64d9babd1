//! What a rehearsal does and when it is content: the acts in their order, what is typed, what is asked from outside.
//! Who does it stands outside of the core.

mod acts;
mod judge;
mod pages;
mod words;

pub use acts::{Act, Does, LeftOut, Run};
pub use judge::{changes, mirrors};
pub use pages::{Expect, Page};
pub use words::{Asked, Words};

use crate::facts::{Facts, Settings};
use crate::guide::{self, GUIDE, Guide};
use crate::source::{Diagnostic, Level};

/// What a person wishes of a rehearsal.
#[derive(Clone, Debug, Default)]
pub struct Wish {
    /// The mode; the tree's own when absent.
    pub mode: Option<String>,
    /// The last step.
    pub step: Option<String>,
    /// Pages that are asked beside those of the tree.
    pub pages: Vec<Page>,
}

/// A rehearsal, decided.
#[derive(Clone, Debug)]
pub struct Rehearsal {
    /// The project.
    pub project: String,
    /// The mode that is installed.
    pub mode: String,
    /// The server.
    pub server: Server,
    /// Names that lead to the server.
    pub names: Vec<String>,
    /// The certificate authority's name, and the path of its directory.
    pub authority: (String, String),
    /// References of the images of this mode.
    pub images: Vec<String>,
    /// The user of the admin pages.
    pub login: String,
    /// Secrets that must be an address.
    pub urls: Vec<String>,
    /// What scripts ask, and how they say what they are doing.
    pub words: Words,
    /// The guide that is proved.
    pub guide: Guide,
    /// What is done.
    pub acts: Vec<Act>,
    /// Command blocks of the guide that no act runs.
    pub left_out: Vec<LeftOut>,
    /// Every page with all services and monitors there.
    pub pages: Vec<Page>,
    /// The same without the monitors.
    pub pages_minimal: Vec<Page>,
}

/// The server of a tree.
#[derive(Clone, Debug)]
pub struct Server {
    /// For ssh.
    pub host: String,
    /// For ssh.
    pub user: String,
    /// The project's folder.
    pub path: String,
    /// In Docker's words.
    pub arch: String,
    /// What the machine calls itself; typed where a script asks for it.
    pub name: String,
}

/// Why nothing is rehearsed.
#[derive(Clone, Debug)]
pub enum Refusal {
    /// What the tree lacks for it.
    Tree(Vec<Diagnostic>),
    /// What was wished cannot be: why, and the way out.
    Wish(String, String),
}

/// Ports that a server answers on, to everybody.
pub const PORTS: [u16; 3] = [22, 80, 443];

/// Decides a rehearsal of a tree.
///
/// # Errors
/// See [`Refusal`].
pub fn plan(facts: &Facts, wish: &Wish) -> Result<Rehearsal, Refusal> {
    let settings = &facts.settings;
    let server = server(settings).map_err(Refusal::Tree)?;
    let Some((file, text)) = facts.texts.get(GUIDE) else {
        return Err(Refusal::Tree(vec![
            Diagnostic::new(Level::Error, format!("the tree has no {GUIDE}"))
                .help("a rehearsal runs what the guide tells people to run; `estiba generate` writes one"),
        ]));
    };
    let guide = guide::read(file, text, &server.path, |path| facts.texts.has_file(path)).map_err(Refusal::Tree)?;
    let mode = mode(settings, wish)?;
    let words = Words::of(facts).map_err(Refusal::Tree)?;
    let authority = authority(settings).map_err(Refusal::Tree)?;
    let (acts, left_out) = acts::of(facts, &guide, &mode, wish)?;
    let monitors = mode == "hybrid";
    let mut images = settings.array("IMAGES").to_vec();
    if monitors {
        images.extend_from_slice(settings.array("MONITORING_IMAGES"));
    }
    let mut all = pages::of(facts, monitors);
    let mut minimal = pages::of(facts, false);
    all.extend_from_slice(&wish.pages);
    minimal.extend_from_slice(&wish.pages);
    Ok(Rehearsal {
        project: settings.word("PROJECT").unwrap_or_default().to_owned(),
        names: names(settings, &server),
        authority,
        images,
        login: settings.word("AUTH_USER").unwrap_or_default().to_owned(),
        urls: urls(settings),
        words,
        acts,
        left_out,
        pages: all,
        pages_minimal: minimal,
        guide,
        mode,
        server,
    })
}

fn server(settings: &Settings) -> Result<Server, Vec<Diagnostic>> {
    let need = |name: &str| {
        settings.word(name).filter(|word| !word.is_empty()).map(str::to_owned).ok_or_else(|| {
            vec![
                Diagnostic::new(Level::Error, format!("the tree does not state {name}"))
                    .help("a rehearsal reads it from scripts/settings.sh, which `estiba generate` writes"),
            ]
        })
    };
    let host = need("SERVER_HOST")?;
    let first = host.split('.').next().unwrap_or_default();
    let name = if first.starts_with(|c: char| c.is_ascii_alphabetic()) { first } else { "vps" };
    Ok(Server {
        name: name.to_owned(),
        user: need("SERVER_USER")?,
        path: need("SERVER_PATH")?,
        arch: need("SERVER_ARCH")?,
        host,
    })
}

fn mode(settings: &Settings, wish: &Wish) -> Result<String, Refusal> {
    let mode = wish.mode.as_deref().or(settings.word("DEFAULT_MODE")).unwrap_or("minimal");
    if mode == "hybrid" && settings.word("HAS_MONITORING") != Some("yes") {
        return Err(Refusal::Wish(
            "the tree has no monitoring, so there is no mode `hybrid`".to_owned(),
            "leave `--mode` out, or describe `monitoring:` in estiba.yml".to_owned(),
        ));
    }
    Ok(mode.to_owned())
}

/// An address has no name.
fn names(settings: &Settings, server: &Server) -> Vec<String> {
    let aliases = settings.map("HOST_ALIASES").into_iter().flat_map(|map| map.values());
    let mut names: Vec<String> = std::iter::once(&server.host)
        .chain(settings.array("HOSTS"))
        .chain(settings.array("MONITORING_HOSTS"))
        .cloned()
        .chain(aliases.flat_map(|names| names.split_whitespace().map(str::to_owned)))
        .filter(|name| name.contains(|c: char| c.is_ascii_alphabetic()) && !name.contains(':'))
        .collect();
    names.sort();
    names.dedup();
    names
}

fn authority(settings: &Settings) -> Result<(String, String), Vec<Diagnostic>> {
    let url = settings.word("TLS_CA_URL").unwrap_or_default();
    let parts = url.strip_prefix("https://").and_then(|rest| rest.split_once('/'));
    match parts {
        Some((host, path)) if !host.is_empty() && !host.contains([':', '@']) => {
            Ok((host.to_owned(), format!("/{path}")))
        }
        _ => Err(vec![
            Diagnostic::new(Level::Error, format!("the authority `{url}` cannot be rehearsed"))
                .help("`tls.ca` is `letsencrypt`, or an https address without a port"),
        ]),
    }
}

/// Secrets that are asked for and must be an address.
fn urls(settings: &Settings) -> Vec<String> {
    let formats = settings.map("SECRET_FORMAT").into_iter().flatten();
    formats.filter(|(_, format)| *format == "url").map(|(name, _)| name.clone()).collect()
}
