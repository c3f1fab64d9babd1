//! What the monitors are told: Prometheus, Alertmanager and Grafana's provisioning. Found by content, because people
//! name these files as they like, with the Compose service that reads each where the tree says so.

mod alertmanager;
mod dashboards;
mod grafana;
mod prometheus;
mod readers;
mod rules;

use super::compose::{ComposeFile, Service, name_and_tag};
use super::{Places, Texts};
use crate::source::{Diagnostic, FileId, Span, Spanned, TreePath, lines};
use crate::syntax::yaml::{Limits, Node, load};

/// Which program reads a configuration.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Program {
    /// A file with `scrape_configs`.
    Prometheus,
    /// A file with `route` and `receivers`.
    Alertmanager,
    /// A file with `apiVersion` and `datasources` or `providers`.
    Grafana,
}

/// A configuration of a monitor.
#[derive(Clone, Debug)]
pub struct Monitor {
    /// The program.
    pub program: Program,
    /// Its path in the tree.
    pub path: TreePath,
    /// Its text.
    pub file: FileId,
    /// The services that read it; empty when the tree does not say.
    pub readers: Vec<Reader>,
    /// Addresses that Prometheus asks for metrics.
    pub scrapes: Vec<Target>,
    /// Alertmanagers that Prometheus tells of alerts.
    pub alertmanagers: Vec<Target>,
    /// URLs that Grafana's data sources and Alertmanager's webhooks are asked at.
    pub urls: Vec<Spanned<String>>,
    /// Names of Prometheus' jobs.
    pub jobs: Vec<Spanned<String>>,
    /// Whether series may bear other jobs than these: discovered, relabelled, federated or honoured.
    pub other_jobs: bool,
    /// Folders of dashboards that Grafana is told.
    pub dashboards: Vec<Spanned<String>>,
    /// Files and folders that the program opens.
    pub opens: Vec<Opened>,
    /// Who is told of which alert.
    pub routing: Routing,
    /// Data sources that Grafana is given.
    pub datasources: Vec<DataSource>,
    /// Labels that Prometheus gives to every alert.
    pub external_labels: Vec<String>,
    /// Whether it changes the labels of alerts on their way.
    pub relabels_alerts: bool,
}

/// An address that Prometheus asks, or a place from which it learns addresses.
#[derive(Clone, Debug)]
pub struct Target {
    /// The address as written, or the key behind which addresses are not told.
    pub address: Spanned<String>,
    /// The job.
    pub job: Option<String>,
    /// Why no file tells the address.
    pub undecidable: Option<&'static str>,
    /// What is asked for there.
    pub path: AskedPath,
}

/// `metrics_path`, or `path_prefix` of an Alertmanager.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum AskedPath {
    /// The usual one.
    Usual,
    /// This one.
    Written(Spanned<String>),
    /// It is made of labels.
    Unknown,
}

/// A path that a program opens.
#[derive(Clone, Debug)]
pub struct Opened {
    /// The path, relative to the configuration's folder unless absolute; the last part may be a glob.
    pub path: Spanned<String>,
    /// What for.
    pub what: &'static str,
}

/// A service that reads a configuration.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Reader {
    /// Into [`Facts::compose`](super::Facts::compose).
    pub file: usize,
    /// Into the file's services.
    pub service: usize,
    /// The path of the configuration inside the container.
    pub path: String,
}

impl Reader {
    /// The service.
    #[must_use]
    pub fn of<'a>(&self, compose: &'a [ComposeFile]) -> Option<&'a Service> {
        compose.get(self.file)?.services.get(self.service)
    }
}

pub use alertmanager::{Matcher, Receiver, Route, Routing, definitions};
pub(super) use dashboards::read_all as dashboards;
pub use dashboards::{Asked, Dashboard};
pub use grafana::DataSource;
pub(super) use rules::read_all as rule_files;
pub use rules::{Alert, Refused, RuleFile, Selector};
pub(crate) use rules::{RULES, led_to};

/// Every configuration of a monitor.
pub(super) fn read_all(
    texts: &Texts,
    compose: &[ComposeFile],
    places: &Places,
    broken: &mut Vec<Diagnostic>,
) -> Vec<Monitor> {
    let mut monitors = Vec::new();
    for (path, file, text) in texts.iter() {
        let yaml = path.as_str().ends_with(".yml") || path.as_str().ends_with(".yaml");
        if !yaml || path.is_below("files") {
            continue;
        }
        let Some(program) = program(text) else { continue };
        match load(file, text, Limits::default()) {
            Ok(document) => {
                let mut monitor = Monitor {
                    program,
                    path: path.clone(),
                    file,
                    readers: Vec::new(),
                    scrapes: Vec::new(),
                    alertmanagers: Vec::new(),
                    urls: Vec::new(),
                    jobs: Vec::new(),
                    other_jobs: false,
                    dashboards: Vec::new(),
                    opens: Vec::new(),
                    routing: Routing::default(),
                    datasources: Vec::new(),
                    external_labels: Vec::new(),
                    relabels_alerts: false,
                };
                match program {
                    Program::Prometheus => prometheus::read(&document.root, &mut monitor),
                    Program::Alertmanager => alertmanager::read(&document.root, text, &mut monitor),
                    Program::Grafana => grafana::read(&document.root, &mut monitor),
                }
                monitors.push(monitor);
            }
            Err(problem) => broken.push(*problem),
        }
    }
    readers::find(texts, compose, places, &mut monitors, broken);
    monitors
}

/// Whether a file is known to be unreadable.
fn is_said(broken: &[Diagnostic], file: FileId) -> bool {
    broken.iter().any(|known| known.primary.as_ref().is_some_and(|at| at.span.file == file))
}

/// A cheap look before the parser.
fn program(text: &str) -> Option<Program> {
    let text = text.trim_start_matches('\u{feff}');
    let begins = |line: &str, key: &str| line.strip_prefix(key).is_some_and(|rest| rest.starts_with(':'));
    let has = |key: &str| lines::holding(text, &[key]).iter().any(|(_, line)| begins(line, key));
    if has("scrape_configs") {
        Some(Program::Prometheus)
    } else if has("route") && has("receivers") {
        Some(Program::Alertmanager)
    } else if has("apiVersion") && (has("datasources") || has("providers")) {
        Some(Program::Grafana)
    } else {
        None
    }
}

fn text(node: &Node) -> Option<Spanned<String>> {
    Some(Spanned::new(node.text()?.to_owned(), node.span))
}

fn list<'a>(node: &'a Node, key: &str) -> &'a [Node] {
    node.get(key).and_then(Node::list).unwrap_or_default()
}

/// Every value under a key that ends in `_file`, at any depth: in both programs such a key names a file that is read
/// instead of a value (<https://prometheus.io/docs/prometheus/latest/configuration/configuration/>). The parser limits
/// the depth.
fn files(node: &Node, opens: &mut Vec<Opened>) {
    for (key, value) in node.map().unwrap_or_default() {
        if key.text().is_some_and(|key| key.ends_with("_file"))
            && let Some(path) = text(value).filter(|path| !path.value.is_empty())
        {
            opens.push(Opened { path, what: "a file with a secret or a certificate" });
        } else {
            files(value, opens);
        }
    }
    for item in node.list().unwrap_or_default() {
        files(item, opens);
    }
}

/// The place of a key whose values no file tells.
fn untold(key: &Node, job: Option<&str>, why: &'static str) -> Target {
    let address = Spanned::new(String::new(), key.span);
    Target { address, job: job.map(str::to_owned), undecidable: Some(why), path: AskedPath::Unknown }
}

/// The name of a service's image, without tag and digest.
pub(crate) fn image_name(service: &Service) -> &str {
    name_and_tag(service.program_image()).0
}

/// The value of a flag of a service's command, `--NAME=VALUE` or `--NAME VALUE`, with one dash or two.
pub(crate) fn flag<'a>(service: &'a Service, name: &str) -> Option<(&'a str, Span)> {
    for (at, word) in service.command.iter().enumerate() {
        let Some(rest) = word.value.trim_start_matches('-').strip_prefix(name) else { continue };
        if !word.value.starts_with('-') {
            continue;
        }
        if let Some(value) = rest.strip_prefix('=') {
            return Some((value, word.span));
        }
        if rest.is_empty()
            && let Some(next) = service.command.get(at + 1)
        {
            return Some((&next.value, next.span));
        }
    }
    None
}
