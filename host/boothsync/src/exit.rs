//! How the program ends.

use std::process::ExitCode;

use engine::OrderError;
use sandbox::PackageError;

use crate::control::ControlError;
use crate::desk::DeskError;

/// The exit codes that scripts rely on.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Exit {
    /// All is as it should be.
    Well,
    /// Finished, but something is not as wanted.
    NotAsWanted,
    /// It did not begin: configuration or usage.
    CannotStart,
}

impl Exit {
    /// Well, unless something is left.
    pub fn well_if(well: bool) -> Self {
        if well { Self::Well } else { Self::NotAsWanted }
    }

    /// What an error means: an order that was understood and refused is not a wrong start.
    pub fn of(error: &anyhow::Error) -> Self {
        let refused =
            matches!(error.downcast_ref(), Some(ControlError::Refused(_) | ControlError::Broken(_)))
                || error
                    .downcast_ref::<OrderError>()
                    .is_some_and(|order| !matches!(order, OrderError::NoSuchTarget(_)))
                || error.downcast_ref::<DeskError>().is_some()
                || error.downcast_ref::<PackageError>().is_some()
                || error.downcast_ref::<Unmet>().is_some();
        if refused { Self::NotAsWanted } else { Self::CannotStart }
    }
}

impl From<Exit> for ExitCode {
    fn from(exit: Exit) -> Self {
        Self::from(match exit {
            Exit::Well => 0,
            Exit::NotAsWanted => 1,
            Exit::CannotStart => 2,
        })
    }
}

/// What was asked for is not there, in one sentence.
#[derive(Debug, thiserror::Error)]
#[error("{0}")]
pub struct Unmet(pub String);
