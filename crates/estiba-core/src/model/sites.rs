//! Public hosts: entries of `web:` grouped by domain.

use std::collections::BTreeMap;

use super::{Location, Site, Target, Upstream, defaults};
use crate::describe::{Description, WebEntry, WebTarget, Word, no_such_service};
use crate::source::{Diagnostic, Span, Spanned};

use super::project_files::ProjectFiles;

/// The sites and the upstreams that they need.
pub(super) fn resolve(
    project: &Word,
    description: &Description,
    files: &ProjectFiles,
    problems: &mut Vec<Diagnostic>,
) -> (Vec<Site>, Vec<Upstream>) {
    let mut sites: BTreeMap<Word, Site> = BTreeMap::new();
    let mut places: BTreeMap<(Word, String), Span> = BTreeMap::new();
    let mut hosts: BTreeMap<Word, Span> = BTreeMap::new();
    let mut sizes: BTreeMap<Word, Spanned<Word>> = BTreeMap::new();
    let mut upstreams: Vec<Upstream> = Vec::new();
    for entry in &description.web {
        let path = normal_path(entry);
        let key = (entry.host.value.clone(), path.as_str().to_owned());
        let place = entry.path.as_ref().map_or(entry.host.span, |path| path.span);
        if let Some(first) = places.insert(key, place) {
            let message = format!("`{}{path}` is given twice", entry.host.value);
            problems.push(
                Diagnostic::error(message, place, "here again")
                    .related(first, "first here")
                    .help("one path of a host has one answer: change the path or the host of one of the two"),
            );
            continue;
        }
        hosts.entry(entry.host.value.clone()).or_insert(entry.host.span);
        let Some(target) = target(project, description, files, entry, &mut upstreams, problems) else { continue };
        let site = sites.entry(entry.host.value.clone()).or_insert_with(|| Site {
            host: entry.host.value.clone(),
            redirect_from: Vec::new(),
            locations: Vec::new(),
            nginx: Vec::new(),
            max_body: Word::literal(defaults::MAX_BODY),
        });
        site.locations.push(Location { path, target });
        site.redirect_from.extend(entry.redirect_from.iter().map(|host| host.value.clone()));
        site.nginx.extend(entry.nginx.iter().flat_map(|lines| lines.value.lines().map(str::to_owned)));
        if let Some(size) = &entry.max_body {
            match sizes.get(&entry.host.value) {
                Some(first) if first.value != size.value => problems.push(
                    Diagnostic::error(format!("`{}` has two `max_body`", entry.host.value), size.span, "another size")
                        .related(first.span, "first here")
                        .help("it is one size for the whole host: keep one of the two"),
                ),
                _ => {
                    site.max_body = size.value.clone();
                    sizes.insert(entry.host.value.clone(), size.clone());
                }
            }
        }
    }
    taken_hosts(description, &mut hosts, problems);
    let mut sites: Vec<Site> = sites.into_values().collect();
    for site in &mut sites {
        site.locations.sort_by(|a, b| b.path.as_str().len().cmp(&a.path.as_str().len()).then(a.path.cmp(&b.path)));
    }
    upstreams.sort_by(|a, b| a.name.cmp(&b.name));
    (sites, upstreams)
}

/// `/api/` and `/api` are one place.
fn normal_path(entry: &WebEntry) -> Word {
    let typed = entry.path.as_ref().map_or("/", |path| path.value.as_str());
    Word::join(&[typed.trim_end_matches('/')]).unwrap_or_else(|| Word::literal("/"))
}

fn target(
    project: &Word,
    description: &Description,
    files: &ProjectFiles,
    entry: &WebEntry,
    upstreams: &mut Vec<Upstream>,
    problems: &mut Vec<Diagnostic>,
) -> Option<Target> {
    match &entry.target {
        WebTarget::Service { port, strip } => {
            let name = &entry.name.value;
            if !description.services.iter().any(|service| service.name.value == *name) {
                problems.push(no_such_service(name.as_str(), entry.name.span, &description.services));
                return None;
            }
            let service = project.dashed(name);
            let known = upstreams.iter().find(|upstream| upstream.service == service && upstream.port == *port);
            let upstream = match known {
                Some(upstream) => upstream.name.clone(),
                None => {
                    // The first port has the service's name, exactly; a further one says which it is, behind a dot,
                    // which no service's name holds.
                    let first = !upstreams.iter().any(|upstream| upstream.service == service);
                    let name =
                        if first { service.clone() } else { Word::join(&[service.as_str(), ".", &port.to_string()])? };
                    upstreams.push(Upstream {
                        name: name.clone(),
                        service,
                        port: *port,
                        loopback: None,
                        monitoring: false,
                    });
                    name
                }
            };
            let timeout = entry.timeout.unwrap_or(defaults::TIMEOUT_SECONDS);
            Some(Target::Proxy { upstream, strip: *strip, timeout })
        }
        WebTarget::Static(folder) => {
            let path = crate::source::TreePath::parse(folder.value.as_str()).ok()?;
            let travels = path.as_str() == "files" || path.is_below("files");
            if !travels || !files.has_folder(path.as_str()) {
                let message = if travels {
                    format!("there is no folder `{path}` in the project")
                } else {
                    format!("`{path}` does not travel with the tree")
                };
                problems.push(
                    Diagnostic::error(message, folder.span, "served from here")
                        .help("put the site into a folder below `files/`, such as `files/site`"),
                );
                return None;
            }
            Some(Target::Static(Word::join(&[path.as_str()])?))
        }
        WebTarget::Redirect(address) => Some(Target::Redirect(address.clone())),
    }
}

/// Redirecting names and admin pages may not be hosts already.
fn taken_hosts(description: &Description, hosts: &mut BTreeMap<Word, Span>, problems: &mut Vec<Diagnostic>) {
    let redirects = description.web.iter().flat_map(|entry| &entry.redirect_from);
    let pages = description
        .monitoring
        .iter()
        .flat_map(|monitoring| [&monitoring.grafana, &monitoring.prometheus, &monitoring.alertmanager]);
    for host in redirects.chain(pages) {
        if let Some(first) = hosts.insert(host.value.clone(), host.span) {
            problems.push(
                Diagnostic::error(format!("the host `{}` is given twice", host.value), host.span, "here again")
                    .related(first, "first here")
                    .help("nginx would serve only one of the two: give one of them another name"),
            );
        }
    }
}
