//! From a description to the model: the one place where defaults are applied.

use std::collections::{BTreeMap, BTreeSet};

use super::interpolate::Variables;
use super::loopback::Pairs;
use super::mounts::Mounts;
use super::project_files::ProjectFiles;
use super::service::{Lowered, Lowering, Networks, as_map};
use super::stop_first;
use super::value::Value;
use super::{
    Database, DatabaseKind, Language, Mode, Model, Proxy, ProxyKind, Resource, Secret, Server, Service, Tls, Upstream,
    defaults, extends, healthy, monitoring, order, sites,
};
use crate::describe::{self, Description, Word};
use crate::source::{Diagnostic, Files, Level, Sources, Span, Spanned, TreePath, last_part};
use crate::syntax::yaml::Node;

/// Reads and resolves the description at `path` of a project: every mistake of both stages is reported at once.
///
/// # Errors
/// What [`describe::read`] and [`build`] find wrong, in the order of the file.
pub fn of_project(
    sources: &mut Sources,
    files: &dyn Files,
    path: &TreePath,
    project_from_common: &str,
) -> Result<Model, Vec<Diagnostic>> {
    let (description, mut problems) = describe::read(sources, files, path);
    let built = description.map(|description| build(&description, files, project_from_common));
    let model = match built {
        Some(Ok(model)) => Some(model),
        Some(Err(more)) => {
            // What was refused where it stands is missing elsewhere: only the first says something.
            let place = |problem: &Diagnostic| problem.primary.as_ref().map(|label| label.span);
            let known: BTreeSet<_> = problems.iter().map(place).collect();
            let more: Vec<Diagnostic> = more.into_iter().filter(|problem| !known.contains(&place(problem))).collect();
            problems.extend(more);
            None
        }
        None => None,
    };
    match model {
        Some(model) if problems.is_empty() => Ok(model),
        _ => {
            problems.sort_by_key(|problem| problem.primary.as_ref().map(|label| label.span));
            // A place is said once, even when two checks saw it.
            problems.dedup_by(|a, b| a.message == b.message && a.primary == b.primary);
            Err(problems)
        }
    }
}

/// Resolves a description. `project_from_common` is the way from the folder of the tree's Compose files back to the
/// project, as the local Compose file writes it (`../..` where the tree stands in the project).
///
/// # Errors
/// Everything that names what does not exist, stands twice or leaves the project, at once.
pub fn build(
    description: &Description,
    files: &dyn Files,
    project_from_common: &str,
) -> Result<Model, Vec<Diagnostic>> {
    let mut problems = Vec::new();
    let description = &*extends::merged(description, &mut problems);
    let project = description.project.value.clone();
    let server = Server {
        host: description.server.host.clone(),
        user: description.server.user.clone().unwrap_or_else(|| Word::literal(defaults::USER)),
        path: description.server.path.clone().unwrap_or_else(|| Word::literal("/opt").below(project.as_str())),
        arch: description.server.arch.clone().unwrap_or_else(|| Word::literal(defaults::ARCH)),
    };
    let runs = description.proxy.runs.unwrap_or(ProxyKind::Container);
    let proxy = Proxy {
        runs,
        service: project.dashed(&Word::literal("proxy")),
        image: description
            .proxy
            .image
            .as_ref()
            .map_or_else(|| Word::literal(defaults::NGINX_IMAGE), |image| image.value.clone()),
    };
    if let (ProxyKind::Container, Some(image)) = (runs, &description.proxy.image)
        && too_old(image.value.as_str())
    {
        let message = format!("`proxy.image`: nginx in a container must be 1.27.4 or newer, found `{}`", image.value);
        let problem = Diagnostic::error(message, image.span, "too old")
            .help("older ones do not start while a service is absent: leave `image` out for the pinned one, or use `runs: host`");
        problems.push(problem);
    }
    let typed_mode = description.mode.as_ref();
    let mode = typed_mode.map_or(Mode::Minimal, |mode| mode.value);
    if let (Some(typed), Mode::Hybrid, None) = (typed_mode, mode, &description.monitoring) {
        problems.push(
            Diagnostic::error("`mode: hybrid` needs `monitoring`", typed.span, "hybrid is minimal and monitoring")
                .help("add `monitoring:` with its three hosts, or write `mode: minimal`"),
        );
    }
    reserved_names(description, &mut problems);
    healthy::check(description, &base(description), files, &mut problems);

    let user_files = ProjectFiles::read(files, &mut problems);
    let (sites, mut upstreams) = sites::resolve(&project, description, &user_files, &mut problems);
    let monitoring = description.monitoring.as_ref().map(|typed| monitoring::resolve(&project, typed));
    upstreams.extend(monitoring.iter().flat_map(monitoring::upstreams));
    if runs == ProxyKind::Host {
        give_loopback(&mut upstreams, &mut problems);
    }
    let variables = description.variables.iter().map(|(name, value)| (name.value.as_str().to_owned(), value.clone()));
    let variables = Variables::new(variables.collect());
    let volumes = resources(&project, &description.volumes, "volume", &variables, &mut problems);
    let networks = resources(&project, &description.networks, "network", &variables, &mut problems);
    let services = {
        let mounts = Mounts {
            base: base(description),
            volumes: &description.volumes,
            files: &user_files,
            server_path: &server.path,
            project_from_common,
        };
        let lowering =
            Lowering { description, project: &project, variables: &variables, mounts: &mounts, arch: &server.arch };
        services(&lowering, &upstreams, runs, &mut problems)
    };
    let secrets = secrets(description, &services, monitoring.is_some(), &mut problems);
    let (files, mounted) = user_files.into_parts();
    let (notes, mut errors): (Vec<_>, Vec<_>) = problems.into_iter().partition(|problem| problem.level != Level::Error);
    if !errors.is_empty() {
        errors.sort_by_key(|problem| problem.primary.as_ref().map(|label| label.span));
        return Err(errors);
    }
    let ca = match description.tls.ca.as_ref().map(Word::as_str) {
        None | Some("letsencrypt") => Word::literal(defaults::LETSENCRYPT),
        Some("letsencrypt-staging") => Word::literal(defaults::LETSENCRYPT_STAGING),
        Some(_) => description.tls.ca.clone().unwrap_or_else(|| Word::literal(defaults::LETSENCRYPT)),
    };
    Ok(Model {
        project,
        language: description.language.unwrap_or(Language::En),
        mode,
        server,
        proxy,
        tls: Tls { email: description.tls.email.clone(), ca },
        services,
        volumes,
        networks,
        secrets,
        sites,
        upstreams,
        monitoring: monitoring.map(|mut monitoring| {
            monitoring.ids.retain(|key, _| monitoring::runs(key, runs));
            monitoring
        }),
        files,
        mounted,
        notes,
    })
}

/// The folder that Compose's relative paths start from, with a slash at the end, or nothing.
fn base(description: &Description) -> String {
    let path = description.origin.compose.as_ref().map_or("", |path| path.as_str());
    path.rfind('/').map_or(String::new(), |at| path[..=at].to_owned())
}

/// Whether an image's tag names a version of nginx before 1.27.4. A tag without a version says nothing.
fn too_old(image: &str) -> bool {
    let tag = image.split('@').next().unwrap_or_default().rsplit_once(':').map_or("", |(_, tag)| tag);
    let numbers = tag.split(['.', '-']).map_while(|part| part.parse::<u32>().ok());
    let version: Vec<u32> = numbers.collect();
    // `1.27` means the newest of that line, which is new enough.
    let least: &[u32] = &[1, 27, 4];
    !version.is_empty() && version.as_slice() < &least[..version.len().min(3)]
}

/// Names that the tree's own services bear.
fn reserved_names(description: &Description, problems: &mut Vec<Diagnostic>) {
    let stack: Vec<&str> = description.monitoring.iter().flat_map(|_| monitoring::short_names()).collect();
    for service in &description.services {
        let name = service.name.value.as_str();
        if name == "proxy" || stack.contains(&name) {
            let problem = Diagnostic::error(
                format!("the service name `{name}` is taken"),
                service.name.span,
                "the tree has a service of this name",
            )
            .help("give the service another name; it keeps answering to it between services");
            problems.push(problem);
        }
    }
    for (network, _) in &description.networks {
        let name = network.value.as_str();
        if ["private", "edge", "monitoring", "default"].contains(&name) {
            let help = match name {
                "default" => {
                    "remove this entry: `private` of the tree takes the place of Compose's default network, and every service that names no network joins it"
                }
                _ => "services share the network `private` without asking; give a network of your own another name",
            };
            let message = format!("the network name `{name}` is taken");
            problems.push(Diagnostic::error(message, network.span, "the tree has a network of this name").help(help));
        }
    }
    let mut seen: BTreeMap<&str, Span> = BTreeMap::new();
    for (volume, _) in &description.volumes {
        if let Some(first) = seen.insert(volume.value.as_str(), volume.span) {
            problems.push(
                Diagnostic::error(
                    format!("the volume `{}` is declared twice", volume.value),
                    volume.span,
                    "here again",
                )
                .related(first, "first here")
                .help("keep one of the two"),
            );
        }
    }
}

fn give_loopback(upstreams: &mut [Upstream], problems: &mut Vec<Diagnostic>) {
    let mut pairs = Pairs::default();
    upstreams.sort_by(|a, b| a.name.cmp(&b.name));
    for upstream in upstreams {
        upstream.loopback = pairs.take(upstream.name.as_str());
        if upstream.loopback.is_none() {
            let message = "there are more web services than pairs of loopback ports (5,000)";
            problems.push(Diagnostic::new(Level::Error, message).help("use `proxy: { runs: container }`"));
            return;
        }
    }
}

/// Volumes or networks with the name that Docker knows and our label.
fn resources(
    project: &Word,
    declared: &[(Spanned<Word>, Node)],
    kind: &str,
    variables: &Variables,
    problems: &mut Vec<Diagnostic>,
) -> Vec<Resource> {
    let mut list = Vec::new();
    for (key, node) in declared {
        let mut entries = as_map(&variables.resolve(node, problems));
        for (name, _) in node.map().unwrap_or_default() {
            if name.text() == Some("external") {
                let problem = Diagnostic::error(
                    format!("the {kind} `{}` is external", key.value),
                    name.span,
                    "no script of the tree makes it",
                )
                .help("remove `external`: the tree makes its own, named after the project");
                problems.push(problem);
            }
        }
        let Some(name) = Word::join(&[project.as_str(), "_", key.value.as_str()]) else { continue };
        if let Some((typed, value)) = node.entry("name")
            && let Some((_, resolved)) = entries.iter().find(|(key, _)| key == "name")
            && resolved.as_text() != Some(name.as_str())
            && !value.is_null()
        {
            problems.push(other_name(kind, &key.value, typed.span, &name));
        }
        entries.retain(|(name, _)| !matches!(name.as_str(), "name" | "external"));
        let mut labels = entries
            .iter()
            .position(|(name, _)| name == "labels")
            .map_or(Vec::new(), |at| as_map(&entries.remove(at).1));
        labels.push(("estiba.project".into(), Value::text(project.as_str())));
        entries.insert(0, ("name".into(), Value::text(name.as_str())));
        entries.push(("labels".into(), Value::Map(labels)));
        list.push(Resource { key: key.value.clone(), name, definition: Value::Map(entries) });
    }
    list
}

/// Backups, resets and rollbacks find what is the project's by its name, so a name of the user's own is not taken over.
/// A volume may hold data under that name, which must not be missed in silence; a network holds nothing.
fn other_name(kind: &str, key: &Word, span: Span, name: &Word) -> Diagnostic {
    if kind == "volume" {
        return Diagnostic::error(
            format!("the volume `{key}` has a name of its own"),
            span,
            "another name than the tree's",
        )
        .help(format!(
            "remove `name`: on the server the volume is called `{name}`; data of another one has to be copied into it"
        ));
    }
    Diagnostic::note(format!("the name of the {kind} `{key}` is left out"), span, "another name than the tree's")
        .help(format!("on the server it is called `{name}`; services name it `{key}`"))
}

fn secrets(
    description: &Description,
    services: &[Service],
    monitoring: bool,
    problems: &mut Vec<Diagnostic>,
) -> Vec<Secret> {
    let webhook =
        description.monitoring.as_ref().and_then(|typed| typed.alerts.as_ref()).map(|alerts| &alerts.webhook_secret);
    if let Some(webhook) = webhook
        && !description.secrets.iter().any(|secret| secret.name.value == webhook.value)
    {
        let problem =
            Diagnostic::error(format!("the secret `{}` is not declared", webhook.value), webhook.span, "used here")
                .help(format!("add `{}: {{ format: url }}` under `secrets:`", webhook.value));
        problems.push(problem);
    }
    let mut list: Vec<Secret> = description
        .secrets
        .iter()
        .map(|secret| Secret {
            name: secret.name.value.clone(),
            generate: secret.generate,
            url: secret.url,
            monitoring: webhook.is_some_and(|webhook| webhook.value == secret.name.value)
                && !services
                    .iter()
                    .any(|service| service.secrets.iter().any(|name| name == secret.name.value.as_str())),
        })
        .collect();
    if monitoring {
        for own in monitoring::secrets() {
            match description.secrets.iter().find(|secret| secret.name.value == own.name) {
                Some(taken) => {
                    let problem = Diagnostic::error(
                        format!("the secret name `{}` is taken", own.name),
                        taken.name.span,
                        "the tree has a secret of this name",
                    )
                    .help("give the secret another name");
                    problems.push(problem);
                }
                None => list.push(own),
            }
        }
    }
    list
}

fn services(
    lowering: &Lowering<'_>,
    upstreams: &[Upstream],
    runs: ProxyKind,
    problems: &mut Vec<Diagnostic>,
) -> Vec<Service> {
    let typed = &lowering.description.services;
    let lowered: Vec<Lowered> = typed.iter().map(|service| lowering.service(service, problems)).collect();
    let names: Vec<String> = typed.iter().map(|service| service.name.value.as_str().to_owned()).collect();
    let edges = names.iter().cloned().zip(lowered.iter().map(|service| service.needs.clone())).collect();
    let sequence = match order::order(&names, &edges) {
        Ok(sequence) => sequence,
        Err(cycle) => {
            let first =
                typed.iter().find(|service| cycle.first().is_some_and(|name| name == service.name.value.as_str()));
            let message = format!(
                "services wait for each other: {} → {}",
                cycle.join(" → "),
                cycle.first().map_or("", String::as_str)
            );
            let problem = Diagnostic::new(Level::Error, message).help("remove one `depends_on` of the circle");
            problems.push(match first {
                Some(service) => problem.at(service.name.span, "part of the circle"),
                None => problem,
            });
            return Vec::new();
        }
    };
    let completes: BTreeSet<&str> = lowered.iter().flat_map(|service| &service.completes).map(String::as_str).collect();
    let mut local_ports = LocalPorts::new(&lowered);
    let mut services: Vec<Service> = sequence
        .into_iter()
        .filter_map(|at| {
            let one_shot = completes.contains(names[at].as_str());
            let service = &typed[at];
            let own: Vec<&Upstream> = {
                let id = lowering.project.dashed(&service.name.value);
                upstreams.iter().filter(|upstream| upstream.service == id).collect()
            };
            finish(lowering, service, &lowered[at], one_shot, &own, runs, &mut local_ports, problems)
        })
        .collect();
    let stop_first = stop_first::ids(&services);
    for service in &mut services {
        service.stop_first = stop_first.contains(service.id.as_str());
    }
    services
}

/// Ports of the laptop for web services that name none themselves.
struct LocalPorts {
    taken: BTreeSet<u16>,
}

impl LocalPorts {
    fn new(services: &[Lowered]) -> Self {
        let ports = services.iter().flat_map(|service| &service.local).filter(|(key, _)| key == "ports");
        let lists = ports.filter_map(|(_, value)| match value {
            Value::List(items) => Some(items),
            _ => None,
        });
        // `[IP:]HOST:CONTAINER`: the last but one part is the laptop's.
        let host = |item: &Value| item.as_text()?.rsplit(':').nth(1)?.parse().ok();
        Self { taken: lists.flatten().filter_map(host).collect() }
    }

    fn take(&mut self, wanted: u16) -> u16 {
        let port = (wanted..=u16::MAX).find(|port| !self.taken.contains(port)).unwrap_or(wanted);
        self.taken.insert(port);
        port
    }
}

#[expect(clippy::too_many_arguments, reason = "one service with everything it is joined with, used in one place")]
fn finish(
    lowering: &Lowering<'_>,
    typed: &describe::Service,
    lowered: &Lowered,
    one_shot: bool,
    own: &[&Upstream],
    runs: ProxyKind,
    local_ports: &mut LocalPorts,
    problems: &mut Vec<Diagnostic>,
) -> Option<Service> {
    let name = typed.name.value.clone();
    let id = lowering.project.dashed(&name);
    let Some(image) = describe::image(&lowered.image) else {
        let shown = describe::shown(&lowered.image);
        let problem = Diagnostic::error(format!("`image`: expected an image with a tag or digest, found {shown}"), lowered.image_span, "not an image with a tag")
            .help("write the tag that you mean, such as `postgres:17`: without one Docker takes `latest`, whatever that is that day");
        problems.push(problem);
        return None;
    };
    let get = |key: &str| lowered.production.iter().find(|(name, _)| name == key).map(|(_, value)| value);
    let restart = get("restart").and_then(Value::as_text).map(str::to_owned);
    let one_shot = one_shot || restart.as_deref() == Some("no");

    let mut production =
        vec![("image".to_owned(), Value::text(image.as_str())), ("pull_policy".into(), Value::text("never"))];
    let mut local = Vec::new();
    local.push(("image".to_owned(), Value::text(image.as_str())));
    // After its daemon was killed, Docker 26.1 leaves those with `unless-stopped` stopped.
    let default_restart = Value::text(if one_shot { "no" } else { "always" });
    production.push(("restart".into(), get("restart").cloned().unwrap_or(default_restart)));
    let ours = ["restart", "labels", "security_opt", "logging", "pids_limit"];
    production.extend(lowered.production.iter().filter(|(key, _)| !ours.contains(&key.as_str())).cloned());
    local.extend(lowered.local.iter().cloned());

    if !lowered.environment.is_empty() {
        production.push(("environment".into(), Value::Map(lowered.environment.clone())));
        local.push(("environment".into(), Value::Map(lowered.environment.clone())));
    }
    let web = !own.is_empty();
    if let Networks::Joined(joined) = &lowered.networks {
        // Without Prometheus there is no network `monitoring`.
        let scraped = typed.metrics.is_some() && lowering.description.monitoring.is_some();
        // nginx in a container asks there. Docker publishes no port of a service that is on internal networks only, and
        // nginx of the host asks a published one.
        let edge = web && (runs == ProxyKind::Container || joined.iter().all(|(key, _)| is_internal(lowering, key)));
        let production_networks = networks(joined, &name, edge, scraped);
        production.push(("networks".into(), production_networks));
        local.push(("networks".into(), networks(joined, &name, false, false)));
    }
    if runs == ProxyKind::Host && web {
        let publish = |upstream: &&Upstream| {
            let first = upstream.loopback?;
            Some(format!("127.0.0.1:{first}-{}:{}", first + 1, upstream.port))
        };
        production.push(("ports".into(), Value::texts(own.iter().filter_map(publish))));
    }
    if web && !lowered.local.iter().any(|(key, _)| key == "ports") {
        let publish = |upstream: &&Upstream| format!("127.0.0.1:{}:{}", local_ports.take(upstream.port), upstream.port);
        local.push(("ports".into(), Value::texts(own.iter().map(publish).collect::<Vec<_>>())));
    }
    production.push(("security_opt".into(), hardened(get("security_opt"))));
    limit_processes(&mut production, get("pids_limit").cloned().unwrap_or(Value::plain(1024)));
    production.push(("logging".into(), get("logging").cloned().unwrap_or_else(rotation)));
    let mut labels = get("labels").map(as_map).unwrap_or_default();
    labels.extend(label_set(lowering.project, &name));
    production.push(("labels".into(), Value::Map(labels)));

    Some(Service {
        database: database(&typed.name, &image, lowered, problems),
        metrics: typed
            .metrics
            .as_ref()
            .map(|(port, path)| (*port, path.clone().unwrap_or_else(|| Word::literal(defaults::METRICS_PATH)))),
        before: typed.before.clone(),
        built: lowered.built,
        secrets: lowered.secrets.clone(),
        production: Value::Map(production),
        local: Value::Map(local),
        one_shot,
        stop_first: false,
        profiled: lowered.profiled,
        web_port: own.iter().find(|upstream| upstream.name == id).map(|upstream| upstream.port),
        name,
        id,
        image,
    })
}

fn label_set(project: &Word, name: &Word) -> [(String, Value); 3] {
    [
        ("estiba.project".into(), Value::text(project.as_str())),
        ("estiba.service".into(), Value::text(name.as_str())),
        ("estiba.stack".into(), Value::text("services")),
    ]
}

/// Whether containers on a network of the user's own reach nobody outside of it.
fn is_internal(lowering: &Lowering<'_>, key: &str) -> bool {
    let declared = lowering.description.networks.iter().find(|(name, _)| name.value.as_str() == key);
    declared.and_then(|(_, node)| node.get("internal")).and_then(Node::boolean) == Some(true)
}

/// The short name is an alias on the private networks only: on `edge` the tree's name is exact.
fn networks(joined: &[(String, Vec<(String, Value)>)], name: &Word, edge: bool, monitoring: bool) -> Value {
    let mut list: Vec<(String, Value)> = Vec::new();
    for (network, options) in joined {
        let mut options = options.clone();
        let alias = Value::text(name.as_str());
        match options.iter_mut().find(|(key, _)| key == "aliases") {
            Some((_, Value::List(aliases))) => {
                if !aliases.contains(&alias) {
                    aliases.push(alias);
                }
            }
            None => options.push(("aliases".into(), Value::List(vec![alias]))),
            // A key without a value.
            Some((_, none)) if none.is_null() => *none = Value::List(vec![alias]),
            Some((_, one)) => *one = Value::List(vec![one.clone(), alias]),
        }
        list.push((network.clone(), Value::Map(options)));
    }
    for (network, wanted) in [("edge", edge), ("monitoring", monitoring)] {
        if wanted {
            list.push((network.to_owned(), Value::Map(Vec::new())));
        }
    }
    Value::Map(list)
}

/// <https://docs.docker.com/reference/cli/docker/container/run/#security-opt>; a service that must gain privileges says
/// so with `no-new-privileges:false`.
fn hardened(typed: Option<&Value>) -> Value {
    let mut options = match typed {
        Some(Value::List(options)) => options.clone(),
        _ => Vec::new(),
    };
    if !options.iter().any(|option| option.as_text().is_some_and(|text| text.starts_with("no-new-privileges"))) {
        options.push(Value::text("no-new-privileges:true"));
    }
    Value::List(options)
}

/// Docker's default never rotates (<https://docs.docker.com/engine/logging/configure/>).
fn rotation() -> Value {
    let options = Value::map([("max-size", Value::text("10m")), ("max-file", Value::text("3"))]);
    Value::map([("driver", Value::text("json-file")), ("options", options)])
}

/// Databases by a part of their images' names: files copied while one runs may not fit together.
const UNDUMPED: &str = "postgres pgvecto mysql mariadb percona mongo mssql oracle cockroach clickhouse influxdb couchdb \
    couchbase cassandra scylla neo4j elasticsearch opensearch arangodb surrealdb rethinkdb edgedb";

/// Families are known by the last part of the image's name.
fn database(
    service: &Spanned<Word>,
    image: &Word,
    lowered: &Lowered,
    problems: &mut Vec<Diagnostic>,
) -> Option<Database> {
    let name = image.as_str().split('@').next().unwrap_or_default();
    let name = last_part(name);
    let name = name.split(':').next().unwrap_or_default();
    let (kind, variable, superuser, folder) = match name {
        "postgres" | "postgis" | "timescaledb" | "pgvector" => {
            (DatabaseKind::Postgres, "POSTGRES_USER", "postgres", "/var/lib/postgresql")
        }
        "mysql" | "mariadb" | "percona" => (DatabaseKind::MySql, "MYSQL_ROOT_USER", "root", "/var/lib/mysql"),
        other => {
            if UNDUMPED.split_whitespace().any(|family| other.contains(family)) && !lowered.volumes.is_empty() {
                let message = format!("`{}` gets no dump: its volumes are backed up file by file", service.value);
                let help = "for a copy that is sure to be whole, have it write dumps of its own into a volume; of \
                            `postgres`, `mysql` and `mariadb` images the tree makes them";
                let note = Diagnostic::note(message, lowered.image_span, "a database that the backup does not know");
                problems.push(note.help(help));
            }
            return None;
        }
    };
    let at = lowered.environment.iter().position(|(name, _)| name == variable);
    let typed = at.and_then(|at| lowered.environment.get(at)).and_then(|(_, value)| value.as_text());
    let place = at.and_then(|at| lowered.environment_at.get(at)).copied().unwrap_or(lowered.image_span);
    let user = match typed {
        None => Word::literal(superuser),
        Some(text) => match describe::login(text) {
            Some(user) => user,
            None => {
                let shown = describe::shown(text);
                let problem =
                    Diagnostic::error(format!("`{variable}`: the backup cannot log in as {shown}"), place, "this user")
                        .help("use a user name of letters, digits, `.`, `_` and `-` that begins with a letter");
                problems.push(problem);
                return None;
            }
        },
    };
    // Where the images keep their data; another volume of the service is backed up as a volume.
    let data = lowered.volumes.iter().find(|(_, target)| target.starts_with(folder));
    let volume = data.and_then(|(volume, _)| Word::join(&[volume]));
    Some(Database { kind, user, volume })
}

/// Compose refuses `pids_limit` beside `deploy.resources.limits` that say nothing of it, so the number goes there:
/// <https://github.com/compose-spec/compose-spec/blob/main/05-services.md#pids_limit>.
fn limit_processes(service: &mut Vec<(String, Value)>, most: Value) {
    let limits = ["deploy", "resources", "limits"].iter().try_fold(&mut *service, |map, key| {
        let (_, value) = map.iter_mut().find(|(name, _)| name == key)?;
        if let Value::Map(inner) = value { Some(inner) } else { None }
    });
    match limits {
        Some(limits) if limits.iter().any(|(key, _)| key == "pids") => {}
        Some(limits) => limits.push(("pids".into(), most)),
        None => service.push(("pids_limit".into(), most)),
    }
}
