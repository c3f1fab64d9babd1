//! The model as templates see it. Names and addresses are words; everything else is free text and is quoted.

use std::collections::{BTreeMap, BTreeSet};
use std::fmt;
use std::sync::Arc;

use minijinja::context;
use minijinja::value::{Object, ObjectRepr, Value, ValueKind};

use super::format::Format;
use super::locales;
use super::printing::{Bare, Prose, Written, bare, bare_text, mapping};
use crate::describe::Word;
use crate::model::{self, DatabaseKind, Location, Mode, Model, ProxyKind, Secret, Service, Site, Target, Upstream};

/// A mapping of a Compose file, printed by the filter `block`.
#[derive(Debug)]
pub(super) struct Mapping(pub(super) model::Value);

impl Object for Mapping {
    fn repr(self: &Arc<Self>) -> ObjectRepr {
        ObjectRepr::Plain
    }

    fn render(self: &Arc<Self>, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("a mapping: print it with `block(4)`")
    }
}

/// What templates see.
pub(super) struct Context {
    root: BTreeMap<&'static str, Value>,
    /// File name → site, for `each=site`.
    pub(super) sites: Vec<(String, Value)>,
    /// Name → upstream, for `each=upstream`.
    pub(super) upstreams: Vec<(String, Value)>,
}

pub(super) fn of(model: &Model, locale: Value) -> Context {
    let mut sites: Vec<(String, Value)> =
        model.sites.iter().map(|it| (it.host.as_str().to_owned(), site(it))).collect();
    sites.sort_by(|a, b| a.0.cmp(&b.0));
    let upstreams: Vec<(String, Value)> =
        model.upstreams.iter().map(|it| (it.name.as_str().to_owned(), upstream(it, model.proxy.runs))).collect();
    let mut root = BTreeMap::new();
    root.insert("project", bare(&model.project));
    root.insert("language", bare_text(locales::code(model.language)));
    root.insert("mode", Value::from(if model.mode == Mode::Hybrid { "hybrid" } else { "minimal" }));
    root.insert("t", locale);
    root.insert("server", server(model));
    root.insert("proxy", proxy(model));
    root.insert("tls", context! { email => bare(&model.tls.email), ca => bare(&model.tls.ca) });
    root.insert("services", list(&model.services, service));
    root.insert("volumes", list(&model.volumes, resource));
    root.insert("networks", list(&model.networks, resource));
    root.insert("secrets", list(&model.secrets, secret));
    root.insert("sites", sites.iter().map(|(_, site)| site.clone()).collect());
    root.insert("upstreams", upstreams.iter().map(|(_, upstream)| upstream.clone()).collect());
    let scraped = model.services.iter().filter_map(|it| Some((it, it.metrics.as_ref()?)));
    let scraped = scraped.map(
        |(it, (port, path))| context! { id => bare(&it.id), name => bare(&it.name), port => port, path => bare(path) },
    );
    root.insert("metrics", scraped.collect());
    root.insert("hosts", hosts(model).iter().map(bare).collect());
    root.insert("site_urls", site_urls(model));
    root.insert("monitoring", monitoring(model));
    root.insert("images", images(model));
    Context { root, sites, upstreams }
}

fn list<T>(items: &[T], each: impl Fn(&T) -> Value) -> Value {
    items.iter().map(each).collect()
}

fn server(model: &Model) -> Value {
    let server = &model.server;
    context! { host => bare(&server.host), user => bare(&server.user), path => bare(&server.path), arch => bare(&server.arch) }
}

/// nginx sees `srv/` and `state/nginx/` through mounts, or as they are.
fn proxy(model: &Model) -> Value {
    let path = &model.server.path;
    let (runs, srv, state) = match model.proxy.runs {
        ProxyKind::Container => ("container", "/srv/estiba".to_owned(), "/srv/estiba-state".to_owned()),
        ProxyKind::Host => ("host", format!("{path}/srv"), format!("{path}/state/nginx")),
    };
    context! {
        // Compared, not printed: a plain text.
        runs => runs,
        service => bare(&model.proxy.service),
        image => bare(&model.proxy.image),
        srv => bare_text(srv),
        state => bare_text(state),
    }
}

fn service(service: &Service) -> Value {
    let database = service.database.as_ref().map(|database| {
        let kind = match database.kind {
            DatabaseKind::Postgres => "postgres",
            DatabaseKind::MySql => "mysql",
        };
        context! {
            kind => kind,
            user => bare(&database.user),
            volume => database.volume.as_ref().map(bare),
        }
    });
    context! {
        id => bare(&service.id),
        name => bare(&service.name),
        image => bare(&service.image),
        built => service.built,
        one_shot => service.one_shot,
        stop_first => service.stop_first,
        before => (!service.before.is_empty()).then(|| service.before.join("\n")),
        profiled => service.profiled,
        web_port => service.web_port,
        database => database,
        production => Value::from_object(Mapping(service.production.clone())),
        local => Value::from_object(Mapping(service.local.clone())),
    }
}

fn resource(resource: &model::Resource) -> Value {
    context! {
        key => bare(&resource.key),
        name => bare(&resource.name),
        definition => Value::from_object(Mapping(resource.definition.clone())),
    }
}

fn secret(secret: &Secret) -> Value {
    context! {
        name => bare(&secret.name),
        generate => secret.generate,
        url => secret.url,
        monitoring => secret.monitoring,
    }
}

fn site(site: &Site) -> Value {
    let nginx = site.nginx.iter().map(|line| Value::from_object(Written { format: Format::Nginx, text: line.clone() }));
    context! {
        host => bare(&site.host),
        file => bare(&site.host),
        max_body => bare(&site.max_body),
        redirect_from => list(&site.redirect_from, bare),
        locations => list(&site.locations, location),
        nginx => nginx.collect::<Value>(),
    }
}

fn location(location: &Location) -> Value {
    let path = bare(&location.path);
    // With a slash at the end: what stands below the path.
    let below = bare_text(format!("{}/", location.path.as_str().trim_end_matches('/')));
    let root = location.path.as_str() == "/";
    match &location.target {
        Target::Proxy { upstream, strip, timeout } => {
            context! { kind => "proxy", path, below, root, upstream => bare(upstream), strip, timeout }
        }
        Target::Static(folder) => context! { kind => "static", path, below, root, folder => bare(folder) },
        Target::Redirect(address) => {
            // An address without a path of its own is a host: the rest of the request is kept.
            let keeps_path = !address.as_str().trim_start_matches("https://").contains('/');
            context! { kind => "redirect", path, below, root, target => bare(address), keeps_path }
        }
    }
}

fn upstream(upstream: &Upstream, runs: ProxyKind) -> Value {
    let servers: Vec<Value> = match (runs, upstream.loopback) {
        (ProxyKind::Host, Some(first)) => {
            let server =
                |port: u16, backup: bool| context! { address => bare_text(format!("127.0.0.1:{port}")), backup };
            vec![server(first, false), server(first + 1, true)]
        }
        _ => {
            vec![context! { address => bare_text(format!("{}:{}", upstream.service, upstream.port)), backup => false }]
        }
    };
    context! {
        name => bare(&upstream.name),
        service => bare(&upstream.service),
        port => upstream.port,
        loopback => if runs == ProxyKind::Host { upstream.loopback } else { None },
        servers => servers,
        stack => if upstream.monitoring { "monitoring" } else { "services" },
    }
}

/// Every public name: sites, what redirects to them, admin pages.
fn hosts(model: &Model) -> Vec<Word> {
    let mut hosts: Vec<Word> =
        model.sites.iter().flat_map(|site| std::iter::once(&site.host).chain(&site.redirect_from)).cloned().collect();
    if let Some(monitoring) = &model.monitoring {
        hosts.extend([monitoring.alertmanager.clone(), monitoring.grafana.clone(), monitoring.prometheus.clone()]);
    }
    hosts
}

/// Each image once, in alphabetical order; one that services and monitoring share counts to the services.
fn images(model: &Model) -> Value {
    let mut services: BTreeSet<&Word> = model.services.iter().map(|service| &service.image).collect();
    if model.proxy.runs == ProxyKind::Container {
        services.insert(&model.proxy.image);
    }
    let stack = model
        .monitoring
        .iter()
        .flat_map(|monitoring| monitoring.ids.keys().filter_map(|key| monitoring.images.get(key)));
    let stack: BTreeSet<&Word> = stack.filter(|image| !services.contains(image)).collect();
    let words = |set: BTreeSet<&Word>| set.into_iter().map(bare).collect::<Value>();
    context! { services => words(services), monitoring => words(stack) }
}

fn site_urls(model: &Model) -> Value {
    let urls = model.sites.iter().flat_map(|site| site.locations.iter().map(move |location| (site, location)));
    urls.map(|(site, location)| bare_text(format!("https://{}{}", site.host, location.path))).collect()
}

fn monitoring(model: &Model) -> Value {
    let Some(monitoring) = &model.monitoring else { return Value::from(()) };
    let words = |map: &BTreeMap<&'static str, Word>| mapping(map.iter().map(|(key, word)| (*key, bare(word))));
    let pages = ["alertmanager", "grafana", "prometheus"];
    let loopback = mapping(pages.into_iter().filter_map(|key| {
        let id = monitoring.ids.get(key)?;
        let first = model.upstreams.iter().find(|upstream| upstream.service == *id)?.loopback?;
        Some((key, context! { first, second => first + 1 }))
    }));
    let hosts = context! {
        grafana => bare(&monitoring.grafana),
        prometheus => bare(&monitoring.prometheus),
        alertmanager => bare(&monitoring.alertmanager),
    };
    context! {
        hosts,
        loopback,
        user => bare(&monitoring.user),
        webhook_secret => monitoring.webhook_secret.as_ref().map(bare),
        retention => context! { time => bare(&monitoring.retention_time), size => bare(&monitoring.retention_size) },
        images => words(&monitoring.images),
        ids => words(&monitoring.ids),
    }
}

impl Context {
    /// The whole context of one file.
    pub(super) fn with(&self, item: Option<(&str, Value)>, files: &[(String, String)]) -> Value {
        let mut all: BTreeMap<&str, Value> = self.root.iter().map(|(key, value)| (*key, value.clone())).collect();
        if let Some((name, value)) = item {
            all.insert(name, value);
        }
        let files = files
            .iter()
            .map(|(path, hash)| context! { path => bare_text(path.clone()), hash => bare_text(hash.clone()) });
        all.insert("files", files.collect());
        mapping(all)
    }

    /// Names under which free text stands somewhere.
    pub(super) fn free_text_names(&self) -> BTreeSet<String> {
        let mut names = BTreeSet::new();
        for (key, value) in self.root.iter().filter(|(key, _)| **key != "t") {
            free_text(key, value, &mut names);
        }
        names
    }

    /// The first part of a dotted path that has no value, and what is known at that place.
    pub(super) fn missing(&self, path: &str) -> (String, Vec<String>) {
        let mut known: Vec<String> = self.root.keys().map(|key| (*key).to_owned()).collect();
        let mut parts = path.split('.').map(str::trim);
        let first = parts.next().unwrap_or_default();
        let item = |items: &[(String, Value)]| items.first().map(|(_, value)| value.clone());
        let found = match first {
            "site" => item(&self.sites),
            "upstream" => item(&self.upstreams),
            name => self.root.get(name).cloned(),
        };
        let Some(mut value) = found else { return (first.to_owned(), known) };
        for part in parts {
            known = value.try_iter().map(|keys| keys.map(|key| key.to_string()).collect()).unwrap_or_default();
            match value.get_attr(part) {
                Ok(next) if !next.is_undefined() => value = next,
                _ => return (part.to_owned(), known),
            }
        }
        (path.to_owned(), known)
    }
}

fn free_text(key: &str, value: &Value, names: &mut BTreeSet<String>) {
    let ours = value.downcast_object_ref::<Bare>().is_some()
        || value.downcast_object_ref::<Prose>().is_some()
        || value.downcast_object_ref::<Written>().is_some();
    match value.kind() {
        _ if ours => {}
        ValueKind::String => {
            names.insert(key.to_owned());
        }
        ValueKind::Seq | ValueKind::Iterable => {
            // Items of a list are alike; the first tells.
            if let Some(first) = value.try_iter().ok().and_then(|mut items| items.next()) {
                free_text(key, &first, names);
            }
        }
        ValueKind::Map => {
            for inner in value.try_iter().into_iter().flatten() {
                if let Ok(field) = value.get_item(&inner) {
                    free_text(&inner.to_string(), &field, names);
                }
            }
        }
        _ => {}
    }
}
