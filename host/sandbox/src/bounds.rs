//! Memory, tables and instances of one store, all of them together.

use wasmtime::{ResourceLimiter, Result};

use crate::limits::{INSTANCES, MEMORIES, TABLE_ELEMENTS, TABLES};

/// Bounds the sum over all memories and tables: wasmtime's own limiter bounds each for itself.
#[derive(Debug)]
pub(crate) struct Bounds {
    memory_bytes: u64,
    memory: Total,
    elements: Total,
    refused: bool,
}

#[derive(Debug, Default)]
struct Total {
    used: u64,
    last: u64,
}

impl Total {
    fn grow(&mut self, current: usize, desired: usize, cap: u64) -> bool {
        let more = (desired as u64).saturating_sub(current as u64);
        if self.used.saturating_add(more) > cap {
            return false;
        }
        self.used += more;
        self.last = more;
        true
    }

    fn undo(&mut self) {
        self.used -= std::mem::take(&mut self.last);
    }
}

impl Bounds {
    /// At most `memory_bytes` of linear memory.
    pub fn new(memory_bytes: u64) -> Self {
        Self { memory_bytes, memory: Total::default(), elements: Total::default(), refused: false }
    }

    /// Whether the guest was refused memory.
    pub fn refused(&self) -> bool {
        self.refused
    }

    /// The cap in bytes.
    pub fn memory_bytes(&self) -> u64 {
        self.memory_bytes
    }
}

impl ResourceLimiter for Bounds {
    fn memory_growing(&mut self, current: usize, desired: usize, maximum: Option<usize>) -> Result<bool> {
        let fits = maximum.is_none_or(|most| desired <= most);
        let granted = fits && self.memory.grow(current, desired, self.memory_bytes);
        self.refused |= !granted;
        Ok(granted)
    }

    fn memory_grow_failed(&mut self, _error: wasmtime::Error) -> Result<()> {
        self.memory.undo();
        Ok(())
    }

    fn table_growing(&mut self, current: usize, desired: usize, maximum: Option<usize>) -> Result<bool> {
        let fits = maximum.is_none_or(|most| desired <= most);
        Ok(fits && self.elements.grow(current, desired, TABLE_ELEMENTS as u64))
    }

    fn table_grow_failed(&mut self, _error: wasmtime::Error) -> Result<()> {
        self.elements.undo();
        Ok(())
    }

    fn instances(&self) -> usize {
        INSTANCES
    }

    fn tables(&self) -> usize {
        TABLES
    }

    fn memories(&self) -> usize {
        MEMORIES
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn two_memories_share_one_cap() {
        let mut bounds = Bounds::new(100);
        assert!(bounds.memory_growing(0, 60, None).unwrap());
        assert!(!bounds.memory_growing(0, 60, None).unwrap());
        assert!(bounds.refused());
        assert!(bounds.memory_growing(60, 100, None).unwrap());
    }

    #[test]
    fn memory_that_the_machine_refused_is_given_back() {
        let mut bounds = Bounds::new(100);
        assert!(bounds.memory_growing(0, 100, None).unwrap());
        bounds.memory_grow_failed(wasmtime::Error::msg("no memory")).unwrap();
        assert!(bounds.memory_growing(0, 100, None).unwrap());
    }
}
