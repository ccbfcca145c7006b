//! A booth around one plugin: package, settings, state, files, servers.

mod booth;
mod certificates;
mod guests;
mod log;
pub mod peak;
mod rc_server;
mod state;
mod web_server;

pub use booth::{Booth, blob_of, object};
pub use certificates::{Certificates, with_roots, without_roots};
pub use guests::{guest, leb128, pack, sandbox, sandbox_that_knows, sandbox_with};
pub use log::LogLines;
pub use rc_server::RcServer;
pub use state::MemoryState;
pub use web_server::{BOMB, WebServer};
