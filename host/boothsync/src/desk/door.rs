//! The running service's door to the desk.

use async_trait::async_trait;
use serde::Serialize;
use serde_json::Value;
use web::{PluginDesk, Refusal};

use super::{Desk, DeskError, of_lock};

#[async_trait]
impl PluginDesk for Desk {
    fn noted(&self) -> Value {
        // A lock that cannot be read is told with the list.
        document(of_lock(&self.config, &self.lock().unwrap_or_default()))
    }

    async fn list(&self) -> Result<Value, Refusal> {
        Self::list(self).await.map(document).map_err(refusal)
    }

    async fn install(&self, package: Vec<u8>) -> Result<Value, Refusal> {
        Self::install(self, package.into()).await.map(document).map_err(refusal)
    }

    async fn approve(&self, name: &str, digest: &str) -> Result<Value, Refusal> {
        Self::approve(self, name, digest).await.map(document).map_err(refusal)
    }

    async fn remove(&self, name: &str) -> Result<Value, Refusal> {
        Self::remove(self, name).await.map(document).map_err(refusal)
    }
}

fn document(answer: impl Serialize) -> Value {
    serde_json::to_value(answer).expect("names and texts can be written as JSON")
}

fn refusal(error: DeskError) -> Refusal {
    match error {
        DeskError::NotInstalled { .. } => Refusal::NoSuchPlugin(error.to_string()),
        error => Refusal::Refused(error.to_string()),
    }
}
