//! Finds, starts and supervises rclone, and speaks its rc API.
//!
//! * [`find()`] looks for a usable rclone: the configured one, `PATH`, the data folder, and at last
//!   fetches it.
//! * [`Rclone`] is the handle of a supervised child. One task owns the process; callers hold clones
//!   of the handle and learn from its [`State`] what goes on.
//! * [`Client`] calls methods of the child's rc API and follows it over restarts.
//!
//! Whoever can call the rc API can run commands on this machine. So the child gets credentials that
//! nobody else knows, fresh ones at each start, and they appear in no log, no argument list and no
//! `Debug` output.

mod backoff;
mod client;
mod drain;
mod endpoint;
mod fetch;
mod find;
mod handle;
mod launch;
mod nursery;
mod probe;
mod redact;
mod settings;
mod state;
mod supervise;
mod version;
mod vigil;

pub use client::{Client, RcError};
pub use endpoint::Endpoint;
pub use fetch::FetchError;
pub use find::{FindError, FindSettings, Found, find};
pub use handle::{NotReady, Rclone};
pub use probe::ProbeError;
pub use settings::RcloneSettings;
pub use state::{Running, State, WebUi};
pub use version::Version;
