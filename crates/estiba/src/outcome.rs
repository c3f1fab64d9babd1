//! How a run ended. The numbers are fixed: scripts and CI systems read them.

use std::process::ExitCode;

use estiba_host::ProjectError;

/// How a run ended.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Outcome {
    /// 0: nothing to report.
    Fine,
    /// 1: errors were found, a description was refused, or a person's edit stands in the way.
    Refused,
    /// 2: wrong usage.
    Usage,
    /// 2: under `--strict`, something could not be decided.
    Gap,
    /// 3: the environment failed.
    Environment,
    /// 130, as shells say it: a person ended it.
    Interrupted,
}

impl From<&ProjectError> for Outcome {
    fn from(error: &ProjectError) -> Self {
        match error {
            ProjectError::Missing(_) => Self::Usage,
            ProjectError::System(..) => Self::Environment,
        }
    }
}

impl From<Outcome> for ExitCode {
    fn from(outcome: Outcome) -> Self {
        Self::from(match outcome {
            Outcome::Fine => 0,
            Outcome::Refused => 1,
            Outcome::Usage | Outcome::Gap => 2,
            Outcome::Environment => 3,
            Outcome::Interrupted => 130,
        })
    }
}
