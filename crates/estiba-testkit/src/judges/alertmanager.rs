//! `amtool check-config`, at the paths inside Alertmanager's container.

use std::path::Path;

use super::prometheus::monitoring_jail;
use super::{JudgeError, Settings};

pub(super) const CONFIG: &str = "common/monitoring/alertmanager/alertmanager.yml";

/// The configuration, and the templates that it names.
pub fn alertmanager(tree: &Path) -> Result<(), JudgeError> {
    let settings = Settings::of_tree(tree)?;
    let jail = monitoring_jail("amtool", tree, &settings)?;
    jail.run(&["/usr/bin/amtool", "check-config", &format!("/srv/estiba/live-monitoring/{CONFIG}")])?;
    Ok(())
}
