//! What the handlers work with.

use std::sync::Arc;

use crate::booth::Booth;
use crate::guard::Access;
use crate::plugins::PluginDesk;

/// What is shown of rclone.
pub trait RcloneView: Send + Sync + 'static {
    /// The `rclone` part of the status document.
    fn status(&self) -> serde_json::Value;

    /// An address that opens rclone's web UI logged in; `None` while there is no UI. It is a secret.
    fn ui_login(&self) -> Option<String>;
}

/// Everything that the routers are made with.
#[derive(Clone)]
pub struct WebState {
    /// The running engine.
    pub booth: Arc<dyn Booth>,
    /// The program's version.
    pub version: String,
    /// The supervised rclone.
    pub rclone: Arc<dyn RcloneView>,
    /// The installed plugins.
    pub plugins: Arc<dyn PluginDesk>,
    /// API tokens, any of which opens the public door.
    pub tokens: Vec<String>,
    /// Under which names and from which pages the public door may be used.
    pub access: Access,
}

/// As the handlers hold it.
pub(crate) type Shared = Arc<WebState>;
