use std::collections::BTreeMap;
use std::sync::Mutex;

use async_trait::async_trait;
use engine::Failure;
use sandbox::StateStore;

/// Durable values that are not durable.
#[derive(Default)]
pub struct MemoryState {
    pub values: Mutex<BTreeMap<String, Vec<u8>>>,
    pub broken: std::sync::atomic::AtomicBool,
}

#[async_trait]
impl StateStore for MemoryState {
    async fn get(&self, name: &str) -> Result<Option<Vec<u8>>, String> {
        match self.broken.load(std::sync::atomic::Ordering::SeqCst) {
            true => Err("disk I/O error".into()),
            false => Ok(self.values.lock().unwrap().get(name).cloned()),
        }
    }

    async fn swap(
        &self,
        name: &str,
        expected: Option<Vec<u8>>,
        value: Option<Vec<u8>>,
    ) -> Result<bool, Failure> {
        let mut values = self.values.lock().unwrap();
        if values.get(name) != expected.as_ref() {
            return Ok(false);
        }
        match value {
            Some(value) => values.insert(name.into(), value),
            None => values.remove(name),
        };
        Ok(true)
    }
}
