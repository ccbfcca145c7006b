//! A target's values where there is no database.

use std::collections::BTreeMap;
use std::sync::{Mutex, MutexGuard, PoisonError};

use async_trait::async_trait;
use engine::Failure;

use crate::doors::StateStore;

/// Values that last as long as this does: for trying a plugin out.
#[derive(Debug, Default)]
pub struct MemoryState(Mutex<BTreeMap<String, Vec<u8>>>);

impl MemoryState {
    /// All of them, by their names. Nobody else gets at them meanwhile.
    pub fn values(&self) -> MutexGuard<'_, BTreeMap<String, Vec<u8>>> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

#[async_trait]
impl StateStore for MemoryState {
    async fn get(&self, name: &str) -> Result<Option<Vec<u8>>, String> {
        Ok(self.values().get(name).cloned())
    }

    async fn swap(
        &self,
        name: &str,
        expected: Option<Vec<u8>>,
        value: Option<Vec<u8>>,
    ) -> Result<bool, Failure> {
        let mut values = self.values();
        if values.get(name) != expected.as_ref() {
            return Ok(false);
        }
        match value {
            Some(value) => values.insert(name.to_owned(), value),
            None => values.remove(name),
        };
        Ok(true)
    }
}
