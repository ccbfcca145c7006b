//! Why a call to a plugin did not succeed, told by what to do about it.

use std::fmt;
use std::time::Duration;

/// Mirrors `failure` of the WIT, which says what each case asks of the host, plus the one case that
/// only the host can see: [`Failure::Faulted`]. Texts are for people and logs; they hold no secrets.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Failure {
    /// This attempt failed: back off, try again.
    Retry(String),
    /// The service asked for a pause; nothing is sent to this target until it is over.
    Wait {
        /// How long to leave the target alone.
        pause: Duration,
        /// What the service said.
        reason: String,
    },
    /// The whole target is unusable until a person acts.
    Blocked(String),
    /// The target is fine, this object is not.
    Rejected(String),
    /// The target, as it is set up, cannot do this at all.
    Unsupported(String),
    /// The host asked for the work to stop.
    Cancelled,
    /// The plugin itself failed: it trapped, ran over a limit or answered nonsense.
    Faulted(String),
}

impl Failure {
    /// The stable name under which attempts and metrics count this outcome.
    pub fn kind(&self) -> &'static str {
        match self {
            Self::Retry(_) => "retry",
            Self::Wait { .. } => "wait",
            Self::Blocked(_) => "blocked",
            Self::Rejected(_) => "rejected",
            Self::Unsupported(_) => "unsupported",
            Self::Cancelled => "cancelled",
            Self::Faulted(_) => "faulted",
        }
    }
}

impl fmt::Display for Failure {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Retry(text)
            | Self::Wait { reason: text, .. }
            | Self::Blocked(text)
            | Self::Rejected(text)
            | Self::Unsupported(text)
            | Self::Faulted(text) => f.write_str(text),
            Self::Cancelled => f.write_str("stopped before it was finished"),
        }
    }
}

impl std::error::Error for Failure {}
