//! What an update from one tree to another does to each service, and why: the tree that a server claims to run, and the
//! next one. Nothing is asked of a server; what two trees cannot tell stays `None`.

use std::collections::{BTreeMap, BTreeSet};

use crate::facts::compose::{MountKind, Service, ServiceWord, service_words};
use crate::facts::{ComposeFile, Facts, nginx};
use crate::source::Span;
use crate::tree::Tree;

/// A tree as it is compared.
#[derive(Clone, Copy, Debug)]
pub struct State<'a> {
    /// Its files.
    pub tree: &'a Tree,
    /// What they state.
    pub facts: &'a Facts,
    /// The images that belong to it, where they are known.
    pub images: Option<&'a Images>,
}

/// `images.tsv` of a release: service, reference, config digest.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Images(BTreeMap<String, (String, String)>);

impl Images {
    /// Reads it; lines of another form say nothing.
    #[must_use]
    pub fn parse(text: &str) -> Self {
        let row = |line: &str| {
            let mut words = line.split('\t');
            let (service, reference, digest) = (words.next()?, words.next()?, words.next()?);
            Some((service.to_owned(), (reference.to_owned(), digest.to_owned())))
        };
        Self(text.lines().filter_map(row).collect())
    }

    fn digest(&self, service: &str) -> Option<&str> {
        self.0.get(service).map(|(_, digest)| digest.as_str())
    }
}

/// What happens to a service.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum Action {
    /// Its container stays as it is.
    Untouched,
    /// Its process reads its files again.
    Reloaded,
    /// There was none.
    Started,
    /// The next container starts beside it and takes over.
    Replaced,
    /// It stops, and the next one starts.
    Restarted,
    /// The next tree does not describe it: its container is removed at the end, its volumes stay.
    Removed,
}

/// Why.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Cause {
    /// What changed.
    pub what: String,
    /// The file in the tree, and the line.
    pub place: Option<(String, usize)>,
    /// Whether the place is in the tree of before: what is gone stands in no other.
    pub before: bool,
}

/// One service.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct ServiceChange {
    /// Its name; `nginx` for one on the host.
    pub service: String,
    /// What happens to it.
    pub action: Action,
    /// Why, the most telling first; none where nothing happens.
    pub causes: Vec<Cause>,
    /// Seconds in which it answers nobody; `None` where only a server can tell.
    pub downtime: Option<u32>,
}

/// What no way back undoes.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Lasting {
    /// A command that runs once before the cut-over.
    Command {
        /// In whose image.
        service: String,
        /// The command.
        command: String,
    },
    /// Another program over the same data.
    Data {
        /// The service that keeps them.
        service: String,
    },
}

/// What is sent to the server.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Transfer {
    /// Bytes of the tree.
    pub tree: u64,
    /// Config digests of the images that the server lacks; `None` where images are not known.
    pub images: Option<Vec<String>>,
}

/// An update.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Update {
    /// Every service of both trees in this mode.
    pub services: Vec<ServiceChange>,
    /// Files that differ and belong to no service: scripts, the guide.
    pub files: Vec<String>,
    /// What cannot be undone.
    pub lasting: Vec<Lasting>,
    /// What is sent.
    pub transfer: Transfer,
    /// How many releases the server keeps.
    pub keep: Option<usize>,
    /// Releases that it will then forget, the newest first; `None` where its list is not known.
    pub forgotten: Option<Vec<String>>,
}

impl Update {
    /// Whether the two are different at all.
    #[must_use]
    pub fn changes(&self) -> bool {
        !self.files.is_empty() || self.services.iter().any(|service| service.action != Action::Untouched)
    }
}

/// What a server knows beside its tree.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Server {
    /// For how many seconds each service stood still in the last update that stopped it.
    pub stops: BTreeMap<String, u32>,
    /// Releases that are still there, the one that came into force last first.
    pub releases: Option<Vec<String>>,
}

impl Server {
    /// Of `state/stop-start.tsv`, of `state/releases.tsv`, and of the releases that are there.
    #[must_use]
    pub fn parse(stops: &str, releases: Option<(&str, &[String])>) -> Self {
        let stop = |line: &str| {
            let (service, seconds) = line.split_once('\t')?;
            Some((service.to_owned(), seconds.trim().parse().ok()?))
        };
        let releases = releases.map(|(table, present)| {
            let mut newest: Vec<String> = Vec::new();
            for id in table.lines().rev().filter_map(|line| line.split('\t').nth(1)) {
                if present.iter().any(|there| there == id) && !newest.iter().any(|known| known == id) {
                    newest.push(id.to_owned());
                }
            }
            newest
        });
        Self { stops: stops.lines().filter_map(stop).collect(), releases }
    }
}

/// What an update from `before` to `after` does in a mode.
#[must_use]
pub fn update(before: State, after: State, mode: &str, server: &Server) -> Update {
    let compared = Compared::new(before, after);
    let mut services: Vec<ServiceChange> =
        running(after.facts, mode).into_iter().map(|(project, service)| compared.service(project, service)).collect();
    let present: BTreeSet<String> = services.iter().map(|change| change.service.clone()).collect();
    for (_, service) in running(before.facts, mode) {
        if !present.contains(&service.name.value) {
            let cause = compared.old_cause("it is described no more", service.name.span);
            services.push(change(&service.name.value, Action::Removed, vec![cause]));
        }
    }
    compared.reloads(&mut services);
    for service in &mut services {
        if service.action == Action::Restarted {
            service.downtime = server.stops.get(&service.service).copied();
        }
    }
    let told: BTreeSet<&String> = services
        .iter()
        .flat_map(|service| &service.causes)
        .filter_map(|cause| Some(&cause.place.as_ref()?.0))
        .collect();
    let files = compared.files.iter().filter(|path| !told.contains(path)).cloned().collect();
    let lasting = compared.lasting(&services, mode);
    let transfer = compared.transfer();
    let keep: Option<usize> = after.facts.settings.word("KEEP_RELEASES").and_then(|word| word.parse().ok());
    // The new one is the newest of those that are kept.
    let others = keep.map(|keep| keep.saturating_sub(1));
    let forgotten =
        server.releases.as_ref().zip(others).map(|(known, others)| known.iter().skip(others).cloned().collect());
    Update { services, files, lasting, transfer, keep, forgotten }
}

fn change(service: &str, action: Action, causes: Vec<Cause>) -> ServiceChange {
    let downtime = (action != Action::Restarted).then_some(0);
    ServiceChange { service: service.to_owned(), action, causes, downtime }
}

/// Services that a server runs in a mode, in the order of the tree.
fn running<'a>(facts: &'a Facts, mode: &str) -> Vec<(&'a ComposeFile, &'a Service)> {
    let monitoring = facts.settings.array("MONITORING_SERVICES");
    let counts = |service: &Service| mode != "minimal" || !monitoring.contains(&service.name.value);
    let projects = facts.compose.iter().filter(|project| project.server);
    let all = projects.flat_map(|project| project.services.iter().map(move |service| (project, service)));
    all.filter(|(_, service)| service.profiles.is_empty() && counts(service)).collect()
}

struct Compared<'a> {
    before: State<'a>,
    after: State<'a>,
    old_words: BTreeMap<String, Vec<ServiceWord>>,
    /// Files that are not the same in both trees.
    files: Vec<String>,
}

impl<'a> Compared<'a> {
    fn new(before: State<'a>, after: State<'a>) -> Self {
        let old = before.facts.compose.iter().filter(|project| project.server);
        let old_words = old.flat_map(|project| service_words(before.facts, project)).collect();
        let content = |tree: &'a Tree| -> BTreeMap<&'a str, &'a [u8]> {
            let files = tree.iter().filter(|(path, _)| !matches!(path.as_str(), "MANIFEST.sha256" | "images.tsv"));
            files.map(|(path, file)| (path.as_str(), file.content.as_slice())).collect()
        };
        let (old, new) = (content(before.tree), content(after.tree));
        let paths: BTreeSet<&str> = old.keys().chain(new.keys()).copied().collect();
        let files = paths.into_iter().filter(|path| old.get(path) != new.get(path)).map(str::to_owned).collect();
        Self { before, after, old_words, files }
    }

    fn service(&self, project: &ComposeFile, service: &Service) -> ServiceChange {
        let name = &service.name.value;
        let Some(old) = self.old_words.get(name) else {
            let cause = self.new_cause("it is new", service.name.span);
            return change(name, Action::Started, vec![cause]);
        };
        let new = service_words(self.after.facts, project).remove(name).unwrap_or_default();
        let mut causes: Vec<Cause> = self.image_cause(service).into_iter().collect();
        causes.extend(self.word_causes(service, old, &new));
        let action = match causes.is_empty() {
            true => Action::Untouched,
            false if self.may_have_two(name) => Action::Replaced,
            false => Action::Restarted,
        };
        change(name, action, causes)
    }

    /// Whether the scripts of the tree start a second container beside the first.
    fn may_have_two(&self, name: &String) -> bool {
        let settings = &self.after.facts.settings;
        settings.array("SERVICES").contains(name) && !settings.array("STOP_FIRST_SERVICES").contains(name)
    }

    fn image_cause(&self, service: &Service) -> Option<Cause> {
        let (old, new) = (self.before.images?, self.after.images?);
        let digest = |images: &Images| images.digest(&service.name.value).map(str::to_owned);
        let (old, new) = (digest(old)?, digest(new)?);
        let short = |digest: &str| digest.trim_start_matches("sha256:").chars().take(12).collect::<String>();
        let at = service.image.as_ref().map_or(service.name.span, |image| image.span);
        (old != new).then(|| self.new_cause(&format!("the image is {} instead of {}", short(&new), short(&old)), at))
    }

    /// Words that are new or gone. Where all of them are the same in another order, Compose still makes it anew.
    fn word_causes(&self, service: &Service, old: &[ServiceWord], new: &[ServiceWord]) -> Vec<Cause> {
        fn same(word: &ServiceWord) -> (&str, &str) {
            (&word.key, &word.text)
        }
        if old.iter().map(same).eq(new.iter().map(same)) {
            return Vec::new();
        }
        let has = |words: &[ServiceWord], word: &ServiceWord| words.iter().any(|other| same(other) == same(word));
        let mut causes = Vec::new();
        for word in new.iter().filter(|word| !has(old, word)) {
            let files = self.files_behind(&word.text);
            if files.is_empty() {
                causes.push(self.new_cause(&format!("`{}` changed", word.key), word.span));
            }
            causes.extend(files);
        }
        let keys: BTreeSet<&str> = new.iter().filter(|word| !has(old, word)).map(|word| word.key.as_str()).collect();
        for word in old.iter().filter(|word| !has(new, word) && !keys.contains(word.key.as_str())) {
            causes.push(self.old_cause(&format!("`{}` is gone", word.key), word.span));
        }
        if causes.is_empty() {
            causes.push(self.new_cause("the order of its settings changed", service.name.span));
        }
        causes
    }

    /// A folder named by the hash of what it holds (`files.tsv`): the files of the tree in it that changed.
    fn files_behind(&self, text: &str) -> Vec<Cause> {
        let Some((_, table)) = self.after.facts.texts.get("files.tsv") else { return Vec::new() };
        let rows = table.lines().filter_map(|line| line.split_once('\t'));
        let named = rows.filter(|(hash, _)| text.contains(*hash));
        named.flat_map(|(_, path)| self.changed_below(path)).collect()
    }

    /// Files that differ, at or below a path.
    fn changed_below(&self, path: &str) -> Vec<Cause> {
        let path = path.trim_end_matches('/');
        let inside = |file: &&String| {
            file.strip_prefix(path).is_some_and(|rest| path.is_empty() || rest.is_empty() || rest.starts_with('/'))
        };
        self.files.iter().filter(inside).map(|file| self.file_cause(file)).collect()
    }

    fn file_cause(&self, path: &str) -> Cause {
        let text = |tree: &Tree| tree.get(path).map(|file| String::from_utf8_lossy(&file.content).into_owned());
        let (old, new) = (text(self.before.tree), text(self.after.tree));
        let line = match (&old, &new) {
            (Some(old), Some(new)) => 1 + old.lines().zip(new.lines()).take_while(|(old, new)| old == new).count(),
            _ => 1,
        };
        let what = match (old, new) {
            (None, _) => "the file is new",
            (_, None) => "the file is gone",
            _ => "the file changed",
        };
        let before = self.after.tree.get(path).is_none();
        Cause { what: what.to_owned(), place: Some((path.to_owned(), line)), before }
    }

    /// nginx and the monitors, whose processes read files of the tree through a link.
    fn reloads(&self, services: &mut Vec<ServiceChange>) {
        for config in &self.after.facts.nginx {
            let name = config.service(&self.after.facts.compose).map_or("nginx", |service| service.name.value.as_str());
            let mut causes: Vec<Cause> = self.read_by(config).iter().map(|path| self.file_cause(path)).collect();
            let followed = services.iter().filter(|service| service.action == Action::Replaced);
            causes.extend(followed.map(|service| Cause {
                what: format!("it sends to the next container of {}", service.service),
                place: None,
                before: false,
            }));
            let differs =
                !self.files.is_empty() || self.before.images.zip(self.after.images).is_some_and(|(a, b)| a != b);
            if causes.is_empty() && differs && !self.after.facts.settings.array("HOSTS").is_empty() {
                causes.push(Cause { what: "it tells which release it serves".to_owned(), place: None, before: false });
            }
            reload(services, name, causes);
        }
        for monitor in &self.after.facts.monitoring {
            let folder = monitor.path.as_str().rsplit_once('/').map_or("", |(folder, _)| folder);
            for reader in &monitor.readers {
                let Some(service) = reader.of(&self.after.facts.compose) else { continue };
                if services.iter().any(|change| change.service == service.name.value) {
                    reload(services, &service.name.value, self.changed_below(folder));
                }
            }
        }
    }

    /// Changed files that an nginx reads. The servers of an upstream stand in the server's state, and are not overwritten.
    fn read_by(&self, config: &nginx::Config) -> Vec<String> {
        let here = config.directives.iter().map(|directive| self.after.facts.path(directive.name.span));
        let read: BTreeSet<&str> = here.collect();
        let known: BTreeSet<&str> = self
            .before
            .facts
            .nginx
            .iter()
            .flat_map(|config| &config.directives)
            .map(|directive| self.before.facts.path(directive.name.span))
            .collect();
        let reads = |path: &&String| read.contains(path.as_str()) || known.contains(path.as_str());
        self.files.iter().filter(reads).filter(|path| !path.starts_with("nginx/upstreams/")).cloned().collect()
    }

    fn lasting(&self, services: &[ServiceChange], mode: &str) -> Vec<Lasting> {
        let changed = |name: &str| {
            let is = |change: &&ServiceChange| change.service == name;
            services
                .iter()
                .find(is)
                .filter(|change| matches!(change.action, Action::Replaced | Action::Restarted | Action::Started))
        };
        let commands = self.after.facts.settings.map("RELEASE_BEFORE").into_iter().flatten();
        let mut lasting: Vec<Lasting> = commands
            .map(|(service, command)| Lasting::Command {
                service: service.clone(),
                command: command.replace('\n', " "),
            })
            .collect();
        for (_, service) in running(self.after.facts, mode) {
            let name = &service.name.value;
            let keeps = service.mounts.iter().any(|mount| mount.kind == MountKind::Volume);
            let image = |change: &ServiceChange| {
                let of_image = |cause: &Cause| cause.what.starts_with("the image") || cause.what.starts_with("`image`");
                change.action != Action::Started && change.causes.iter().any(of_image)
            };
            if keeps && changed(name).is_some_and(image) {
                lasting.push(Lasting::Data { service: name.clone() });
            }
        }
        lasting
    }

    fn transfer(&self) -> Transfer {
        let tree = self.after.tree.iter().map(|(_, file)| file.content.len() as u64).sum();
        let there: Option<BTreeSet<&str>> =
            self.before.images.map(|images| images.0.values().map(|(_, digest)| digest.as_str()).collect());
        let images = there.zip(self.after.images).map(|(there, images)| {
            let new: BTreeSet<&String> = images.0.values().map(|(_, digest)| digest).collect();
            new.into_iter().filter(|digest| !there.contains(digest.as_str())).cloned().collect()
        });
        Transfer { tree: if self.files.is_empty() { 0 } else { tree }, images }
    }

    fn new_cause(&self, what: &str, span: Span) -> Cause {
        Cause { what: what.to_owned(), place: Some(place(self.after.facts, span)), before: false }
    }

    fn old_cause(&self, what: &str, span: Span) -> Cause {
        Cause { what: what.to_owned(), place: Some(place(self.before.facts, span)), before: true }
    }
}

fn place(facts: &Facts, span: Span) -> (String, usize) {
    let source = facts.texts.sources.get(span.file);
    (source.name.clone(), source.line_column(span.start as usize).0)
}

/// A service whose container is made anew reads its files at its start.
fn reload(services: &mut Vec<ServiceChange>, name: &str, causes: Vec<Cause>) {
    if causes.is_empty() {
        return;
    }
    match services.iter_mut().find(|change| change.service == name) {
        Some(known) if known.action == Action::Untouched => *known = change(name, Action::Reloaded, causes),
        Some(_) => {}
        None => services.push(change(name, Action::Reloaded, causes)),
    }
}

#[cfg(test)]
mod tests;
