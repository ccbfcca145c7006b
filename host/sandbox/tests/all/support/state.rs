use std::collections::BTreeMap;
use std::sync::MutexGuard;
use std::sync::atomic::{AtomicBool, Ordering};

use async_trait::async_trait;
use engine::Failure;
use sandbox::StateStore;

/// Durable values that are not durable, and can be made unreadable.
#[derive(Default)]
pub struct MemoryState {
    kept: sandbox::MemoryState,
    pub broken: AtomicBool,
}

impl MemoryState {
    pub fn values(&self) -> MutexGuard<'_, BTreeMap<String, Vec<u8>>> {
        self.kept.values()
    }
}

#[async_trait]
impl StateStore for MemoryState {
    async fn get(&self, name: &str) -> Result<Option<Vec<u8>>, String> {
        match self.broken.load(Ordering::SeqCst) {
            true => Err("disk I/O error".into()),
            false => self.kept.get(name).await,
        }
    }

    async fn swap(
        &self,
        name: &str,
        expected: Option<Vec<u8>>,
        value: Option<Vec<u8>>,
    ) -> Result<bool, Failure> {
        self.kept.swap(name, expected, value).await
    }
}
