//! What the API asks of whoever keeps the plugins.

use async_trait::async_trait;
use serde_json::Value;

/// Largest package that is taken, in bytes.
pub const PACKAGE_BYTES: usize = 64 << 20;

/// Takes orders about plugins. What it answers is the document of the route.
#[async_trait]
pub trait PluginDesk: Send + Sync + 'static {
    /// The installed plugins as they are noted down, for the status; no file is looked at.
    fn noted(&self) -> Value;

    /// All plugins, each file looked at.
    async fn list(&self) -> Result<Value, Refusal>;

    /// Takes a package in.
    async fn install(&self, package: Vec<u8>) -> Result<Value, Refusal>;

    /// Grants the file with this digest what it asks for.
    async fn approve(&self, name: &str, digest: &str) -> Result<Value, Refusal>;

    /// Takes a plugin away.
    async fn remove(&self, name: &str) -> Result<Value, Refusal>;
}

/// Why an order about a plugin was refused. Nothing was changed.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Refusal {
    /// There is no such plugin. The sentence names the nearest.
    NoSuchPlugin(String),
    /// What, why and how to mend it.
    Refused(String),
}
