//! Where work that blocks is done.

use tokio::task::JoinError;

/// On threads of their own, so that nothing else waits for a slow disk; in a simulation at once, so
/// that nothing depends on which thread is faster.
#[derive(Debug, Clone, Copy, Default)]
pub(crate) struct Blocking {
    here: bool,
}

impl Blocking {
    /// Does everything at once, within the task that asks for it.
    #[cfg(test)]
    pub fn here() -> Self {
        Self { here: true }
    }

    /// Does the work. The error: it panicked, or the program is going down.
    pub async fn run<T: Send + 'static>(
        self,
        work: impl FnOnce() -> T + Send + 'static,
    ) -> Result<T, JoinError> {
        if self.here { Ok(work()) } else { tokio::task::spawn_blocking(work).await }
    }
}
