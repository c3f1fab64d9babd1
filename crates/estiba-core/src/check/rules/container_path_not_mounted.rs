use super::super::rule::Draft;
use super::super::{Rule, Sink, World, images};
use crate::facts::ComposeFile;
use crate::facts::compose::Service;
use crate::facts::monitoring::{Monitor, flag};
use crate::facts::nginx::{Config, Inside, Place, glob, inside};
use crate::source::{Level, Span, last_part, normal};

#[doc = include_str!("container_path_not_mounted.md")]
pub(crate) static RULE: Rule = Rule {
    id: "container-path-not-mounted",
    level: Level::Error,
    summary: "a program reads a path that does not exist where it runs",
    page: include_str!("container_path_not_mounted.md"),
    check,
};

/// Directives whose argument nginx opens, with what stands there. nginx starts from its own folder where they are
/// relative (`ngx_conf_full_name` with `conf_prefix`).
const FILES: [(&str, &str); 14] = [
    ("ssl_certificate", "a certificate"),
    ("ssl_certificate_key", "the key of a certificate"),
    ("ssl_trusted_certificate", "certificates"),
    ("ssl_client_certificate", "certificates"),
    ("ssl_dhparam", "parameters of TLS"),
    ("ssl_crl", "revoked certificates"),
    ("ssl_password_file", "the passwords of keys"),
    ("ssl_stapling_file", "an answer about a certificate"),
    ("ssl_session_ticket_key", "a key of TLS sessions"),
    ("proxy_ssl_certificate", "a certificate"),
    ("proxy_ssl_certificate_key", "the key of a certificate"),
    ("proxy_ssl_trusted_certificate", "certificates"),
    ("proxy_ssl_crl", "revoked certificates"),
    ("auth_basic_user_file", "the users of a page"),
];

fn check(world: &World<'_>, sink: &mut Sink<'_>) {
    for config in &world.facts.nginx {
        nginx(world, sink, config);
    }
    for monitor in &world.facts.monitoring {
        for reader in &monitor.readers {
            let Some(file) = world.facts.compose.get(reader.file) else { continue };
            let Some(service) = file.services.get(reader.service) else { continue };
            opened(sink, &Asker { world, file: Some(file), service: Some(service) }, monitor, &reader.path);
        }
    }
    for file in &world.facts.compose {
        for service in &file.services {
            let asker = Asker { world, file: Some(file), service: Some(service) };
            for path in &service.environment_files {
                asker.path(sink, &path.value, path.span, "the file of a variable", Level::Error);
            }
            // The image may hold what no mount covers.
            for path in &service.environment_paths {
                if matches!(asker.inside(&path.value), Inside::Missing { .. }) {
                    asker.path(sink, &path.value, path.span, "the file of a variable", Level::Error);
                }
            }
            for name in ["config.file", "web.config.file"] {
                if let Some((path, span)) = flag(service, name).filter(|(path, _)| path.starts_with('/')) {
                    asker.path(sink, path, span, "its configuration", Level::Error);
                }
            }
        }
    }
}

fn nginx(world: &World<'_>, sink: &mut Sink<'_>, config: &Config) {
    let compose = &world.facts.compose;
    let file = match config.place {
        Place::Container { file, .. } => compose.get(file),
        Place::Host => None,
    };
    let asker = Asker { world, file, service: config.service(compose) };
    for include in &config.includes {
        // The image's own configuration is no reference of the tree.
        if include.span == config.stated && include.led_to == Inside::Image {
            continue;
        }
        asker.judge(sink, &include.path, &include.led_to, include.span, "a part of nginx' configuration", Level::Error);
    }
    for directive in &config.directives {
        let name = directive.name.text.as_str();
        let Some(word) = directive.args.first() else { continue };
        if let Some((_, what)) = FILES.iter().find(|(known, _)| *known == name) {
            if word.text.starts_with("data:") || word.text.starts_with("engine:") || word.text.starts_with("store:") {
                continue;
            }
            // `auth_basic_user_file` takes variables, the certificates do too since 1.15.9.
            if word.text.contains('$') {
                sink.undecided(word.span, "the path is a variable");
                continue;
            }
            let path = absolute(&config.prefix, &word.text);
            asker.path(sink, &path, word.span, what, Level::Error);
        } else if matches!(name, "root" | "alias") {
            if word.text.contains('$') {
                sink.undecided(word.span, "the path is a variable");
            } else if word.text.starts_with('/') {
                // Missing, it answers 404, and the other sites work.
                asker.path(sink, &word.text, word.span, "the files of a site", Level::Warning);
            } else {
                sink.undecided(word.span, "the path starts from the folder that nginx was built for");
            }
        }
    }
}

/// What a monitor opens.
fn opened(sink: &mut Sink<'_>, asker: &Asker<'_>, monitor: &Monitor, config: &str) {
    let folder = config.rfind('/').map_or("", |at| &config[..at]);
    for opened in &monitor.opens {
        let path = absolute(folder, &opened.path.value);
        let span = opened.path.span;
        let name = last_part(&path);
        let above = &path[..path.len() - name.len()];
        if above.contains(['*', '?', '[']) || name.contains('[') {
            sink.undecided(span, "the folder is a pattern");
        } else if !name.contains(['*', '?']) {
            asker.path(sink, &path, span, opened.what, Level::Error);
        } else {
            asker.pattern(sink, above, name, span, opened.what);
        }
    }
}

/// Without them Alertmanager takes its own.
const TEMPLATES: &str = "templates of notifications";

/// What people bring to a server by hand.
fn directive_of_people(what: &str) -> bool {
    FILES.iter().any(|(_, known)| *known == what) || what == "a file with a secret or a certificate"
}

fn absolute(folder: &str, path: &str) -> String {
    if path.starts_with('/') { normal(path) } else { normal(&format!("{folder}/{path}")) }
}

/// The program that reads: in a container, or on the host.
struct Asker<'a> {
    world: &'a World<'a>,
    file: Option<&'a ComposeFile>,
    service: Option<&'a Service>,
}

impl Asker<'_> {
    fn inside(&self, path: &str) -> Inside {
        let facts = self.world.facts;
        inside(&facts.texts, &facts.places, self.file, self.service, path)
    }

    fn path(&self, sink: &mut Sink<'_>, path: &str, span: Span, what: &str, level: Level) {
        let led_to = self.inside(path);
        self.judge(sink, &normal(path), &led_to, span, what, level);
    }

    fn pattern(&self, sink: &mut Sink<'_>, folder: &str, name: &str, span: Span, what: &str) {
        match self.inside(folder) {
            Inside::TreeFolder(path) => {
                let texts = &self.world.facts.texts;
                let matches = |file: &str| glob(name, last_part(file));
                if texts.files_in(&path).any(matches) {
                    sink.found();
                } else {
                    let message = format!("`{name}` matches no file in {path}, where {what} should stand");
                    let help = format!("put a file there, or name where they are: change {}", self.path_of(span));
                    let draft = Draft::new(message, span, "nothing is loaded, and nothing says so", help);
                    let weak = what == TEMPLATES && !self.steps();
                    sink.not_found(if weak { draft.level(Level::Warning) } else { draft });
                }
            }
            // A step makes what is in it.
            Inside::Made { .. } | Inside::Above => sink.found(),
            led_to => self.judge(sink, &normal(folder), &led_to, span, what, Level::Error),
        }
    }

    fn judge(&self, sink: &mut Sink<'_>, path: &str, led_to: &Inside, span: Span, what: &str, level: Level) {
        let texts = &self.world.facts.texts;
        let (label, mount) = match led_to {
            Inside::TreeFile(_) | Inside::TreeFolder(_) | Inside::Made { .. } | Inside::Above => return sink.found(),
            Inside::Volume => return sink.undecided(span, "it stands in a volume, whose content no file tells"),
            Inside::Missing { path: None, mount: None } if images::holds(texts, None, path) == Some(true) => {
                return sink.found();
            }
            Inside::Missing { path: None, mount: Some(_) } if !self.steps() => {
                return sink.undecided(span, "no script of the tree declares what it makes on the server");
            }
            // One cause, one finding: `bind-source-missing` has it.
            Inside::Missing { mount: Some(mount), .. } if self.leads_nowhere(*mount) => return,
            Inside::Missing { path: in_tree, mount } => {
                let label = match in_tree {
                    Some(path) => format!("this is `{path}` of the tree, which is not there"),
                    None => "no step makes anything there".to_owned(),
                };
                (label, *mount)
            }
            Inside::Image => match images::holds(texts, self.service, path) {
                Some(true) => return sink.found(),
                None => return sink.undecided(span, "the image may hold it"),
                Some(false) => ("no mount covers this path".to_owned(), None),
            },
        };
        let reader = self.service.map_or("nginx of the host", |service| service.name.value.as_str());
        let message = format!("`{reader}` reads `{path}` ({what}), and it does not exist there");
        let compose = self.service.map_or("the Compose file", |service| self.path_of(service.name.span));
        let help = match (led_to, mount) {
            (Inside::Image, _) => format!("mount what is meant at this path: change {compose}"),
            (_, Some(_)) => {
                format!("put it there, or name the path where it is mounted: change {}", self.path_of(span))
            }
            (_, None) => format!("let a step make it, or name what is there: change {}", self.path_of(span)),
        };
        let supplied = matches!(led_to, Inside::Missing { .. }) && directive_of_people(what) || what == TEMPLATES;
        // A certificate or a user file of a running server stands in no repository.
        let level = if supplied && !self.steps() { Level::Warning } else { level };
        let mut draft = Draft::new(message, span, label, help).level(level);
        if supplied && !self.steps() && what != TEMPLATES {
            draft = draft.pedantic();
        }
        if let Some(mount) = mount {
            draft = draft.related(mount, "this mount covers the path");
        } else if let Some(service) = self.service {
            draft = draft.related(service.name.span, "the mounts of this service");
        }
        sink.not_found(draft);
    }

    /// Whether the source of a mount itself is missing.
    fn leads_nowhere(&self, mount: Span) -> bool {
        let mounts = self.service.map_or(&[][..], |service| &service.mounts);
        let found = mounts.iter().find(|known| known.span == mount);
        found.is_some_and(|mount| matches!(self.inside(&mount.target), Inside::Missing { .. }))
    }

    fn path_of(&self, span: Span) -> &str {
        self.world.facts.path(span)
    }

    /// Whether scripts declare at all what they make.
    fn steps(&self) -> bool {
        self.world.facts.contracts.iter().any(|contract| !contract.provides.is_empty())
    }
}
