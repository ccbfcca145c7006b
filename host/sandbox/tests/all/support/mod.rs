//! A booth around one plugin: package, settings, state, files, servers.

mod booth;
mod guests;
mod log;
mod rc_server;
mod state;
mod web_server;

pub use booth::{Booth, blob_of, object};
pub use guests::{guest, pack, sandbox, sandbox_with};
pub use log::LogLines;
pub use rc_server::RcServer;
pub use state::MemoryState;
pub use web_server::WebServer;
