//! Reads `estiba.yml` (and the Compose file that it may name) into a [`Description`].

use super::description::{
    Alerts, Description, Language, Mode, Monitoring, Origin, Proxy, ProxyKind, Secret, Server, Service, Tls, WebEntry,
    WebTarget,
};
use super::fields::DESCRIPTION;
use super::kinds::{self, Kind, Word};
use super::validate::{integer, shown, validate};
use crate::source::{Diagnostic, FileId, Files, Level, ReadError, Sources, Span, Spanned, TreePath, nearest};
use crate::syntax::nginx;
use crate::syntax::yaml::{self, Limits, Node, NodeKind, ScalarStyle};

/// The description's file name.
pub const FILE_NAME: &str = "estiba.yml";

/// What was read, and everything that is wrong with it, in the order of the file. There is a description also where
/// something is wrong, if enough of it is there to look for more: what was refused is left out of it.
///
/// Texts are added to `sources`, so that the spans of both can be shown.
pub fn read(sources: &mut Sources, files: &dyn Files, path: &TreePath) -> (Option<Description>, Vec<Diagnostic>) {
    let root = match load(sources, files, path) {
        Ok(root) => root,
        Err(problem) => return (None, vec![*problem]),
    };
    let mut problems = Vec::new();
    validate(&root, &DESCRIPTION, "", &mut problems);
    let mut reader = Reader { problems };
    let description = reader.description(&root, sources, files);
    (description, reader.problems)
}

/// Reads a YAML file of the project.
fn load(sources: &mut Sources, files: &dyn Files, path: &TreePath) -> Result<Node, Box<Diagnostic>> {
    let name = path.as_str();
    let bytes = files.read(path).map_err(|error| {
        let message = match error {
            ReadError::Missing => format!("there is no `{name}` here"),
            other => format!("`{name}` cannot be read: {other}"),
        };
        Box::new(
            Diagnostic::new(Level::Error, message).help("`estiba init` writes a commented description to begin with"),
        )
    })?;
    let text = match String::from_utf8(bytes) {
        Ok(text) => text,
        Err(error) => {
            let valid = error.utf8_error().valid_up_to();
            let text = String::from_utf8_lossy(error.as_bytes()).into_owned();
            let file = sources.add(name, text);
            let problem =
                Diagnostic::error("the file is not UTF-8", Span::new(file, valid, valid), "this byte is not UTF-8");
            return Err(Box::new(problem.help("save the file with the encoding UTF-8")));
        }
    };
    let file = sources.add(name, text);
    Ok(yaml::load(file, &sources.get(file).text, Limits::default())?.root)
}

type Named = Vec<(Spanned<Word>, Node)>;

/// What is in Compose's words, wherever it was written.
#[derive(Default)]
struct Composed {
    services: Vec<Service>,
    origin: Origin,
    volumes: Named,
    networks: Named,
}

/// Our own keys by service name, beside a Compose file.
struct Extra<'a> {
    metrics: Option<&'a Node>,
    release: Option<&'a Node>,
}

struct Reader {
    problems: Vec<Diagnostic>,
}

/// Getters answer `None` for what is absent and for what validation has already refused.
fn word(node: Option<&Node>, kind: &Kind) -> Option<Word> {
    kind.parse(node?.text()?)
}

fn spanned(node: Option<&Node>, kind: &Kind) -> Option<Spanned<Word>> {
    let node = node?;
    Some(Spanned::new(word(Some(node), kind)?, node.span))
}

fn port(node: Option<&Node>) -> Option<u16> {
    let number = integer(node?.text()?)?;
    u16::try_from(number).ok().filter(|number| *number != 0)
}

fn entries(node: Option<&Node>) -> &[(Node, Node)] {
    node.and_then(Node::map).unwrap_or_default()
}

fn one_or_many(node: &Node) -> &[Node] {
    node.list().unwrap_or(std::slice::from_ref(node))
}

impl Reader {
    fn description(&mut self, root: &Node, sources: &mut Sources, files: &dyn Files) -> Option<Description> {
        let project = spanned(root.get("project"), &kinds::PROJECT);
        let Composed { services, origin, mut volumes, mut networks } = self.services(root, sources, files);
        let mut web = Vec::new();
        for (name, node) in entries(root.get("web")) {
            self.web(name, node, &mut web);
        }
        for (name, node) in entries(root.get("services")) {
            if let Some(node) = node.get("web") {
                self.web(name, node, &mut web);
            }
        }
        volumes.extend(named(root.get("volumes")));
        networks.extend(named(root.get("networks")));
        let description = Description {
            project: project?,
            language: root.get("language").and_then(Node::text).map(|text| match text {
                "es" => Language::Es,
                _ => Language::En,
            }),
            mode: root.get("mode").and_then(|node| {
                let mode = if node.text()? == "hybrid" { Mode::Hybrid } else { Mode::Minimal };
                Some(Spanned::new(mode, node.span))
            }),
            server: server(root.get("server")?)?,
            proxy: proxy(root.get("proxy")),
            tls: tls(root.get("tls")?)?,
            services,
            web,
            volumes,
            networks,
            secrets: secrets(root.get("secrets")),
            variables: variables(root.get("variables")),
            monitoring: match root.get("monitoring") {
                Some(node) => Some(monitoring(node)?),
                None => None,
            },
            origin,
        };
        Some(description)
    }

    /// The services of `services:` or of the Compose file, with that file's volumes and networks.
    fn services(&mut self, root: &Node, sources: &mut Sources, files: &dyn Files) -> Composed {
        let extra = Extra { metrics: root.get("metrics"), release: root.get("release") };
        match (root.entry("services"), root.entry("compose")) {
            (Some((_, services)), None) => {
                let list = self.lower_services(services, &extra);
                Composed { services: list, ..Composed::default() }
            }
            (None, Some((_, node))) => {
                let Some(path) = node.text().and_then(|text| TreePath::parse(text).ok()) else {
                    return Composed::default();
                };
                let document = match load(sources, files, &path) {
                    Ok(document) => document,
                    Err(problem) => {
                        let problem =
                            if problem.primary.is_none() { problem.at(node.span, "named here") } else { *problem };
                        self.problems.push(problem);
                        return Composed::default();
                    }
                };
                self.compose_top_level(&document);
                let list = match document.get("services") {
                    Some(services) => {
                        super::compose_file::validate(services, &mut self.problems);
                        self.lower_services(services, &extra)
                    }
                    None => Vec::new(),
                };
                if list.is_empty() {
                    let problem = Diagnostic::error("the Compose file has no services", node.span, "named here");
                    self.problems.push(problem.help("list them there under `services:`"));
                }
                Composed {
                    services: list,
                    origin: Origin { compose: Some(path) },
                    volumes: named(document.get("volumes")),
                    networks: named(document.get("networks")),
                }
            }
            (Some((services, _)), Some((compose, _))) => {
                let problem = Diagnostic::error(
                    "`services` and `compose` stand together",
                    compose.span,
                    "the services of a file",
                )
                .related(services.span, "and services of this file")
                .help(
                    "keep one of the two; beside `compose:`, `web:`, `metrics:` and `release:` go by service name at the top level",
                );
                self.problems.push(problem);
                Composed::default()
            }
            // The slip itself has been reported, with the right name.
            (None, None) if misspelt(root) => Composed::default(),
            (None, None) => {
                let place = root.map().and_then(<[_]>::first).map_or(root.span, |(key, _)| key.span);
                let problem = Diagnostic::error("the description has no `services`", place, "in this file").help(
                    "list them under `services:` as in Compose, or name your Compose file with `compose: compose.yaml`",
                );
                self.problems.push(problem);
                Composed::default()
            }
        }
    }

    fn compose_top_level(&mut self, document: &Node) {
        for (key, value) in entries(Some(document)) {
            match key.text().unwrap_or_default() {
                "services" | "volumes" | "networks" | "secrets" | "name" | "version" => {}
                extension if extension.starts_with("x-") => {}
                other => {
                    let message = format!("`{other}` of a Compose file cannot be carried over");
                    let help = match other {
                        "configs" => "put the file under `files/` and mount it with `volumes: [./files/…:/…:ro]`",
                        "include" => {
                            "name one file with `compose:` that holds all services (`docker compose config` prints it)"
                        }
                        _ => "remove it, or list the services in estiba.yml",
                    };
                    self.problems.push(Diagnostic::error(message, key.span, "not known here").help(help));
                }
            }
            let _ = value;
        }
    }

    fn lower_services(&mut self, services: &Node, extra: &Extra<'_>) -> Vec<Service> {
        let mut list = Vec::new();
        for (key, node) in entries(Some(services)) {
            let Some(name) = spanned(Some(key), &kinds::SERVICE).filter(|_| node.map().is_some()) else { continue };
            let metrics = node.get("metrics").or_else(|| extra.metrics?.get(name.value.as_str()));
            let release = node.get("release").or_else(|| extra.release?.get(name.value.as_str()));
            let before = self.before(release);
            let own = |key: &Node| {
                matches!(key.text(), Some("web" | "metrics" | "release"))
                    || key.text().is_some_and(|key| key.starts_with("x-"))
            };
            list.push(Service {
                name,
                compose: entries(Some(node)).iter().filter(|(key, _)| !own(key)).cloned().collect(),
                metrics: metrics
                    .and_then(|node| Some((port(node.get("port"))?, word(node.get("path"), &kinds::URL_PATH)))),
                before,
            });
        }
        for (key, _) in entries(extra.metrics).iter().chain(entries(extra.release)) {
            let name = key.text().unwrap_or_default();
            if !list.iter().any(|service| service.name.value.as_str() == name) {
                self.problems.push(no_such_service(name, key.span, &list));
            }
        }
        list
    }

    /// The command before a release. Line breaks part its words on the way to the server.
    fn before(&mut self, release: Option<&Node>) -> Vec<String> {
        let Some((key, node)) = release.and_then(|release| release.entry("before")) else { return Vec::new() };
        let items = node.list().unwrap_or_default();
        if node.list().is_some_and(<[Node]>::is_empty) {
            let problem = Diagnostic::error("`before` names no command", key.span, "an empty list");
            self.problems.push(problem.help("for example `before: [/app, migrate]`, or remove the key"));
        }
        for item in items {
            if item.text().is_some_and(|text| text.contains(['\n', '\r']) || text.is_empty()) {
                let problem =
                    Diagnostic::error("a word of a command is empty or has a line break", item.span, "this word");
                self.problems.push(problem.help("put what is longer into a script of the image and name that"));
            }
        }
        items.iter().filter_map(Node::text).map(str::to_owned).collect()
    }

    fn web(&mut self, name: &Node, node: &Node, web: &mut Vec<WebEntry>) {
        let Some(name) = spanned(Some(name), &kinds::SERVICE) else { return };
        for entry in one_or_many(node) {
            let Some(host) = spanned(entry.get("host"), &kinds::DOMAIN) else { continue };
            let Some(target) = self.target(entry) else { continue };
            web.push(WebEntry {
                name: name.clone(),
                span: entry.span,
                host,
                path: spanned(entry.get("path"), &kinds::URL_PATH),
                target,
                redirect_from: entry
                    .get("redirect_from")
                    .and_then(Node::list)
                    .unwrap_or_default()
                    .iter()
                    .filter_map(|node| spanned(Some(node), &kinds::DOMAIN))
                    .collect(),
                max_body: spanned(entry.get("max_body"), &kinds::NGINX_SIZE),
                timeout: entry.get("timeout").and_then(Node::text).and_then(integer),
                nginx: entry.get("nginx").and_then(|node| Some(Spanned::new(node.text()?.to_owned(), node.span))),
            });
        }
    }

    /// Exactly one of `port`, `static` and `redirect` says what answers.
    fn target(&mut self, entry: &Node) -> Option<WebTarget> {
        let given: Vec<(&str, &Node)> = ["port", "static", "redirect"]
            .into_iter()
            .filter_map(|key| entry.entry(key).map(|(name, _)| (key, name)))
            .collect();
        match given.as_slice() {
            [] => {
                let place = entry.get("host").map_or(entry.span, |host| host.span);
                let problem =
                    Diagnostic::error("nothing answers at this host", place, "no `port`, `static` or `redirect`").help(
                        "add `port:` (the service's, inside its container), `static: files/…` or `redirect: https://…`",
                    );
                self.problems.push(problem);
                None
            }
            [(key, _)] => match *key {
                "port" => {
                    let strip = entry.get("strip").and_then(Node::boolean).unwrap_or(false);
                    Some(WebTarget::Service { port: port(entry.get("port"))?, strip })
                }
                "static" => Some(WebTarget::Static(spanned(entry.get("static"), &kinds::PROJECT_PATH)?)),
                _ => Some(WebTarget::Redirect(word(entry.get("redirect"), &kinds::HTTPS_URL)?)),
            },
            [(one, first), (two, second), ..] => {
                let problem = Diagnostic::error(
                    format!("`{one}` and `{two}` stand together"),
                    second.span,
                    "only one thing can answer",
                )
                .related(first.span, "first here")
                .help("keep one of the two");
                self.problems.push(problem);
                None
            }
        }
    }
}

/// "There is no such service", with the nearest name.
pub(crate) fn no_such_service(name: &str, span: Span, services: &[Service]) -> Diagnostic {
    // Comparing with very many names costs more than the hint is worth.
    let close = if services.len() <= 500 { services } else { &[] };
    let names = || close.iter().map(|service| service.name.value.as_str());
    let problem = Diagnostic::error(format!("there is no service {}", shown(name)), span, "no service has this name");
    match nearest(name, names()) {
        Some(near) => problem.help(format!("did you mean `{near}`?")),
        None => {
            let shown = services.iter().take(8).map(|service| format!("`{}`", service.name.value));
            let more = if services.len() > 8 { ", …" } else { "" };
            problem.help(format!("the services are {}{more}", shown.collect::<Vec<_>>().join(", ")))
        }
    }
}

/// Whether a key is a slip of `services` or `compose`.
fn misspelt(root: &Node) -> bool {
    entries(Some(root))
        .iter()
        .any(|(key, _)| nearest(key.text().unwrap_or_default(), ["services", "compose"]).is_some())
}

fn named(node: Option<&Node>) -> Named {
    let list = entries(node).iter();
    list.filter_map(|(key, value)| Some((spanned(Some(key), &kinds::NAME)?, value.clone()))).collect()
}

fn server(node: &Node) -> Option<Server> {
    Some(Server {
        host: word(node.get("host"), &kinds::SSH_HOST)?,
        user: word(node.get("user"), &kinds::USER),
        path: word(node.get("path"), &kinds::SERVER_PATH),
        arch: word(node.get("arch"), &kinds::NAME),
    })
}

fn proxy(node: Option<&Node>) -> Proxy {
    let Some(node) = node else { return Proxy::default() };
    Proxy {
        runs: node.get("runs").and_then(Node::text).map(|text| match text {
            "host" => ProxyKind::Host,
            _ => ProxyKind::Container,
        }),
        image: spanned(node.get("image"), &kinds::IMAGE),
    }
}

fn tls(node: &Node) -> Option<Tls> {
    let ca = node.get("ca");
    Some(Tls {
        email: word(node.get("email"), &kinds::EMAIL)?,
        ca: word(ca, &kinds::NAME).or_else(|| word(ca, &kinds::HTTPS_URL)),
    })
}

fn secrets(node: Option<&Node>) -> Vec<Secret> {
    let list = entries(node).iter();
    list.filter_map(|(key, value)| {
        Some(Secret {
            name: spanned(Some(key), &kinds::NAME)?,
            generate: value.get("generate").and_then(Node::text).and_then(integer),
            url: value.get("format").is_some(),
        })
    })
    .collect()
}

fn variables(node: Option<&Node>) -> Vec<(Spanned<Word>, String)> {
    let list = entries(node).iter();
    list.filter_map(|(key, value)| {
        let text = match &value.kind {
            NodeKind::Scalar { style: ScalarStyle::Plain, .. } if value.is_null() => String::new(),
            NodeKind::Scalar { text, .. } => text.clone(),
            _ => return None,
        };
        Some((spanned(Some(key), &kinds::VARIABLE)?, text))
    })
    .collect()
}

fn monitoring(node: &Node) -> Option<Monitoring> {
    let hosts = node.get("hosts")?;
    let retention = node.get("retention");
    let secret = node.get("alerts").and_then(|alerts| alerts.get("webhook")).and_then(|webhook| webhook.get("secret"));
    Some(Monitoring {
        grafana: spanned(hosts.get("grafana"), &kinds::DOMAIN)?,
        prometheus: spanned(hosts.get("prometheus"), &kinds::DOMAIN)?,
        alertmanager: spanned(hosts.get("alertmanager"), &kinds::DOMAIN)?,
        user: word(node.get("auth").and_then(|auth| auth.get("user")), &kinds::LOGIN),
        alerts: spanned(secret, &kinds::NAME).map(|webhook_secret| Alerts { webhook_secret }),
        retention_time: word(retention.and_then(|node| node.get("time")), &kinds::DURATION),
        retention_size: word(retention.and_then(|node| node.get("size")), &kinds::BYTE_SIZE),
        images: entries(node.get("images"))
            .iter()
            .filter_map(|(key, value)| Some((key.text()?.to_owned(), word(Some(value), &kinds::IMAGE)?)))
            .collect(),
    })
}

/// Whether a text is a run of complete nginx directives that stay inside the block they are put into.
pub(super) fn nginx_lines(text: &str) -> Result<(), String> {
    if text.contains("<%") || text.contains("%>") {
        return Err("template delimiters".to_owned());
    }
    let mut sources = Sources::default();
    let file: FileId = sources.add("", text);
    match nginx::parse(file, text).errors.into_iter().next() {
        None => Ok(()),
        Some(error) => Err(error.message),
    }
}
