//! Threads of a folder target's own. A dead network mount keeps whoever touches it, for hours: these
//! few, and none that the rest of the program needs.

use std::sync::Arc;
use std::sync::atomic::{AtomicU8, AtomicUsize, Ordering::SeqCst};

use engine::Failure;
use futures_util::future::BoxFuture;
use tokio::runtime::Handle;
use tokio::sync::{OwnedSemaphorePermit, Semaphore, oneshot};

use crate::limits::FOLDER_THREADS;

/// The threads of one target.
#[derive(Clone)]
pub(crate) struct Threads {
    free: Arc<Semaphore>,
    stuck: Arc<AtomicUsize>,
}

/// A place on one of the threads.
pub(crate) struct Seat {
    _permit: OwnedSemaphorePermit,
    fate: Arc<Fate>,
}

/// How a call on a thread goes on after nobody waits for it.
pub(crate) struct Fate {
    state: AtomicU8,
    stuck: Arc<AtomicUsize>,
}

const RUNNING: u8 = 0;
const GIVEN_UP: u8 = 1;
const OVER: u8 = 2;

impl Threads {
    pub fn new() -> Self {
        Self { free: Arc::new(Semaphore::new(FOLDER_THREADS)), stuck: Arc::default() }
    }

    /// Waits for a free thread. While a call that was given up still hangs, no other begins: nobody
    /// could say what the old one does when it wakes.
    pub async fn seat(&self) -> Result<Seat, Failure> {
        if self.stuck.load(SeqCst) > 0 {
            return Err(Failure::Retry(
                "the folder does not answer, an earlier call still waits for it".into(),
            ));
        }
        let permit = self.free.clone().acquire_owned().await;
        let permit = permit.map_err(|_| Failure::Retry("the folder is being closed".into()))?;
        let fate = Arc::new(Fate { state: AtomicU8::new(RUNNING), stuck: self.stuck.clone() });
        Ok(Seat { _permit: permit, fate })
    }
}

impl Seat {
    /// The seat's fate, to be told when the call is given up.
    pub fn fate(&self) -> Arc<Fate> {
        self.fate.clone()
    }

    /// Runs `work` on a thread of its own. The receiver errs if `work` panics.
    pub fn run<T: Send + 'static>(
        self,
        work: BoxFuture<'static, T>,
    ) -> std::io::Result<oneshot::Receiver<T>> {
        let (done, result) = oneshot::channel();
        let runtime = Handle::current();
        std::thread::Builder::new().name("folder".into()).spawn(move || {
            let _seat = self;
            // Nobody waiting for the result is no concern of this thread.
            let _ = done.send(runtime.block_on(work));
        })?;
        Ok(result)
    }
}

impl Drop for Seat {
    fn drop(&mut self) {
        if self.fate.state.swap(OVER, SeqCst) == GIVEN_UP {
            self.fate.stuck.fetch_sub(1, SeqCst);
        }
    }
}

impl Fate {
    /// Nobody waits for the call any more. If it is not over, the folder counts as stuck until it is.
    pub fn give_up(&self) {
        self.stuck.fetch_add(1, SeqCst);
        if self.state.compare_exchange(RUNNING, GIVEN_UP, SeqCst, SeqCst).is_err() {
            self.stuck.fetch_sub(1, SeqCst);
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[tokio::test(flavor = "multi_thread")]
    async fn nothing_begins_while_a_call_that_was_given_up_still_hangs() {
        let threads = Threads::new();
        let (wake, asleep) = oneshot::channel::<()>();
        let seat = threads.seat().await.unwrap();
        let fate = seat.fate();
        let result = seat.run(Box::pin(async { asleep.await.unwrap() })).unwrap();
        fate.give_up();
        assert!(matches!(threads.seat().await, Err(Failure::Retry(_))));
        wake.send(()).unwrap();
        result.await.unwrap();
        while threads.stuck.load(SeqCst) > 0 {
            tokio::task::yield_now().await;
        }
        assert!(threads.seat().await.is_ok());
    }

    #[tokio::test]
    async fn giving_up_what_is_over_changes_nothing() {
        let threads = Threads::new();
        let seat = threads.seat().await.unwrap();
        let fate = seat.fate();
        drop(seat);
        fate.give_up();
        assert!(threads.seat().await.is_ok());
    }

    #[tokio::test]
    async fn a_panic_on_a_thread_is_seen_and_frees_it() {
        let threads = Threads::new();
        let seat = threads.seat().await.unwrap();
        let result = seat.run::<()>(Box::pin(async { panic!("host bug") })).unwrap();
        assert!(result.await.is_err());
        while threads.free.available_permits() < FOLDER_THREADS {
            tokio::task::yield_now().await;
        }
    }
}
