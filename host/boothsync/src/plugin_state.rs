//! A target's durable memory, kept in the database.

use async_trait::async_trait;
use engine::store::Swap;
use engine::{Failure, Store, TargetName};
use sandbox::{STATE_BYTES, StateStore};

/// The memory of one target.
pub struct PluginState {
    pub store: Store,
    pub target: TargetName,
}

#[async_trait]
impl StateStore for PluginState {
    async fn get(&self, name: &str) -> Result<Option<Vec<u8>>, String> {
        self.store.plugin_state(self.target.as_str(), name).await.map_err(|error| error.to_string())
    }

    async fn swap(
        &self,
        name: &str,
        expected: Option<Vec<u8>>,
        value: Option<Vec<u8>>,
    ) -> Result<bool, Failure> {
        let (target, expected, value) = (self.target.as_str(), expected.as_deref(), value.as_deref());
        match self.store.swap_plugin_state(target, name, expected, value, STATE_BYTES).await {
            Ok(Swap::Done) => Ok(true),
            Ok(Swap::Changed) => Ok(false),
            Ok(Swap::TooMuch) => {
                Err(Failure::Rejected("the plugin's memory is full: it may keep 1 MiB".into()))
            }
            Err(error) => Err(Failure::Retry(error.to_string())),
        }
    }
}
