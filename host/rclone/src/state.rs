//! What the supervised child is doing.
//!
//! ```text
//!                 start
//!                   │
//!                   ▼        answers          ends, hangs, or `restart`
//!   ┌──────────► Starting ──────────────► Up ─────────────────────┐
//!   │               │                     │                       │
//!   │               │ ends, or is silent  │                       ▼
//!   │               └─────────────────────│─────────────────► Restarting
//!   │                                     │                       │
//!   └─────────────────────────────────────│───────────────────────┤
//!                  wait is over           │                       │
//!                                         ▼                       ▼
//!                     `stop`, the token, or the last handle is gone: Stopped
//! ```
//!
//! There is no state for having given up: an rclone that cannot start now may well start after the
//! operator has put it back, and pictures must reach their targets without anybody pressing a button.
//! `Restarting` says why and for how long.

use std::sync::Arc;
use std::time::Duration;

use crate::endpoint::Endpoint;
use crate::version::Version;

/// One state of the child. Changed by the supervising task alone.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum State {
    /// The process was or is about to be started and does not answer yet.
    Starting,
    /// It answers.
    Up(Arc<Running>),
    /// It ended, did not start or was told to restart; the next start follows after a wait.
    Restarting {
        /// Why, in one sentence for people.
        reason: String,
        /// Starts in a row that did not last, from 1; 0 when the restart was asked for.
        failures: u32,
        /// How long until the next start, counted from when this state began.
        wait: Duration,
    },
    /// Ended for good.
    Stopped,
}

/// A child that answers.
#[derive(Debug, Clone)]
pub struct Running {
    /// How to call it.
    pub endpoint: Endpoint,
    /// Process id.
    pub pid: u32,
    /// Which rclone it is.
    pub version: Version,
    /// Whether its web UI can be opened.
    pub web_ui: WebUi,
    /// Connections to this very child, closed when it is no longer the running one.
    pub(crate) http: reqwest::Client,
}

/// No two children have the same credentials.
impl PartialEq for Running {
    fn eq(&self, other: &Self) -> bool {
        self.endpoint == other.endpoint
    }
}

impl Eq for Running {}

/// rclone's own web UI.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum WebUi {
    /// Not wanted.
    Off,
    /// It is served at this address, `http://localhost:5572`.
    At(String),
    /// Wanted, but not there; uploads go on without it. Why and how to mend it, in words.
    Unavailable(String),
}

impl State {
    /// The running child, if it answers.
    pub fn running(&self) -> Option<&Running> {
        match self {
            Self::Up(running) => Some(running),
            _ => None,
        }
    }

    /// A stable name for status documents: `starting`, `up`, `restarting`, `stopped`.
    pub fn name(&self) -> &'static str {
        match self {
            Self::Starting => "starting",
            Self::Up(_) => "up",
            Self::Restarting { .. } => "restarting",
            Self::Stopped => "stopped",
        }
    }

    /// What the operator should know about it; `None` when all is as it should be.
    pub fn note(&self) -> Option<&str> {
        match self {
            Self::Up(running) => match &running.web_ui {
                WebUi::Unavailable(reason) => Some(reason),
                WebUi::Off | WebUi::At(_) => None,
            },
            Self::Restarting { reason, .. } => Some(reason),
            Self::Starting | Self::Stopped => None,
        }
    }
}
