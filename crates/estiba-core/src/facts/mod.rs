//! What a tree states, with the place of every word. Real parsers read the rendered text; nothing here knows the model
//! that it was rendered from, so a hand-written tree is read by the very same code.

pub mod compose;
pub mod contract;
pub mod monitoring;
pub mod nginx;
mod places;
mod sequence;
mod settings;
pub mod shell;
mod texts;

#[cfg(test)]
pub(crate) mod testing;

use std::sync::Arc;

use crate::source::{Diagnostic, Span, TreePath};
use crate::tree::Tree;

pub use compose::ComposeFile;
pub use contract::{Contract, Resource, RunsOn, Stated};
pub(crate) use places::below;
pub use places::{Maker, Places, Stands};
pub use sequence::{Call, Sequence};
pub use settings::Settings;
pub(crate) use texts::lines;
pub use texts::{Loaded, Texts};

/// Everything a tree states.
#[derive(Debug)]
pub struct Facts {
    /// The texts that every span points into. Shared, because what the scripts do is found out at the same time.
    pub texts: Arc<Texts>,
    /// Constants of `scripts/settings.sh`.
    pub settings: Settings,
    /// What each script declares about itself.
    pub contracts: Vec<Contract>,
    /// Scripts that run others, with the order.
    pub sequences: Vec<Sequence>,
    /// Compose projects.
    pub compose: Vec<ComposeFile>,
    /// Every Compose file, and whether it is judged.
    pub compose_files: Vec<(TreePath, compose::Judged)>,
    /// Where things stand on the server.
    pub places: Places,
    /// Every nginx that the tree configures.
    pub nginx: Vec<nginx::Config>,
    /// Every configuration of Prometheus, Alertmanager and Grafana.
    pub monitoring: Vec<monitoring::Monitor>,
    /// Dashboards that ask for a data source.
    pub dashboards: Vec<monitoring::Dashboard>,
    /// Files of rules of Prometheus.
    pub rule_files: Vec<monitoring::RuleFile>,
    /// Files that no parser could read to the end: what they say after that is unknown.
    pub broken: Vec<Diagnostic>,
}

impl Facts {
    /// Reads a tree.
    #[must_use]
    pub fn of(tree: &Tree) -> Self {
        let texts = Arc::new(Texts::of(tree));
        let settings = Settings::read(&texts);
        Self::read(texts, settings)
    }

    /// Reads everything but the scripts' own syntax.
    pub(crate) fn read(texts: Arc<Texts>, settings: Settings) -> Self {
        let mut broken = Vec::new();
        let contracts = contract::read_all(&texts, &settings);
        let sequences = sequence::read_all(&texts, &contracts);
        let (compose, compose_files) = compose::read_all(&texts, &contracts, &mut broken);
        // What a script that runs others provides, they provide; what a laptop's script makes, no server has.
        let steps = contracts.iter().enumerate().filter(|(at, contract)| {
            contract.runs_on != Some(RunsOn::Laptop) && !sequences.iter().any(|sequence| sequence.by == *at)
        });
        let places = Places::of(&texts, &settings, steps.map(|(_, contract)| contract));
        let nginx = nginx::read_all(&texts, &settings, &compose, &places, &mut broken);
        let monitoring = monitoring::read_all(&texts, &compose, &places, &mut broken);
        let rule_files = monitoring::rule_files(&texts, &compose, &places, &monitoring, &mut broken);
        let dashboards = monitoring::dashboards(&texts);
        Self {
            rule_files,
            dashboards,
            texts,
            settings,
            contracts,
            sequences,
            compose,
            compose_files,
            places,
            nginx,
            monitoring,
            broken,
        }
    }

    /// The path of the file that a span points into.
    #[must_use]
    pub fn path(&self, span: Span) -> &str {
        &self.texts.sources.get(span.file).name
    }
}
