//! The HTTP surface: health, status, links and QR codes for this machine, and everything else for
//! who may use the control socket.
//!
//! Two doors lead to one API, and a third, for visitors' phones, to pictures alone ([`lan_router`]). [`public_router`] is what a TCP port serves: it reads, and cares about
//! who asks. [`control_router`] is what a Unix socket serves that only the operator can open: it also
//! takes orders. Both work through [`Booth`], which the engine is.
//!
//! One verb is one file below `api`. A new one is a file, a line in [`api`] and an entry in
//! `openapi.json`; a test compares the two.

mod api;
mod booth;
mod error;
mod extract;
mod guard;
mod lan;
mod plugins;
pub mod qr;
pub mod serve;
mod state;
mod token;

pub use api::{control_router, public_router};
pub use booth::Booth;
pub use guard::{Access, AccessError};
pub use lan::lan_router;
pub use plugins::{PluginDesk, Refusal};
pub use serve::{ControlSocket, ServeError, bind_tcp, bind_unix, serve_lan, serve_tcp, serve_unix};
pub use state::{RcloneView, WebState};

/// The OpenAPI 3.1 document of both doors.
pub const OPENAPI: &str = include_str!("../openapi.json");

#[cfg(test)]
mod tests;
