//! Notices what changes in the media folder.
//!
//! The callback of `notify` only pushes into a channel; a thread of its own takes everything from it,
//! keeps track of which files are still written to, and hands [`Wake`]s to one reader. No decision
//! rests on what an event says: a wake means "look there now".

use std::sync::mpsc::{Receiver, Sender, channel};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::time::{Duration, Instant};

use tokio_util::sync::CancellationToken;

use crate::media::MediaFolder;
use crate::names::MediaKey;

#[cfg(test)]
pub(crate) mod by_hand;
mod change;
mod folders;
mod mode;
mod root;
mod runner;
mod tracker;
mod wakes;

pub use wakes::Wakes;

use mode::Started;
use runner::{Message, Runner};
use tracker::Tracker;

/// For how long at least nothing must be written to a file whose close was not seen.
const QUIET_AT_LEAST: Duration = Duration::from_secs(30);

/// Something changed; what it is now must be looked up.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Wake {
    /// These files may have changed or be gone, and nobody writes to them as far as is known: look at
    /// them now. The names were not filtered, except for what [`crate::filter::REFUSED`] names.
    Files(Vec<MediaKey>),
    /// A folder appeared, was moved, is gone, or has other permissions: scan below it. One that is gone
    /// has no files. A file for which [`Watch::is_open`] holds comes in [`Wake::Files`] later.
    Tree(MediaKey),
    /// Scan everything; the reason is a clause for the log. As for [`Wake::Tree`], a file that is open
    /// comes later. Files that were opened before the watch began are not known to be open: one
    /// that was written to a moment ago is best given to [`Watch::settle_later`].
    Rescan(&'static str),
}

/// How changes are noticed.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum WatchKind {
    /// The file system reports them.
    Events,
    /// By looking: a [`Wake::Rescan`] each interval. When a file is complete can only be told by
    /// [`Watch::settle_later`].
    Polling {
        /// Time from one look to the next.
        interval: Duration,
        /// Why, as a clause for people.
        why: String,
    },
}

/// How to watch.
#[derive(Debug, Clone)]
pub struct WatchSettings {
    /// How long size and modification time must hold still where a close cannot be seen.
    pub settle: Duration,
    /// How often to look where there are no events; `None`: every five seconds.
    pub poll: Option<Duration>,
}

/// Why watching could not start.
#[derive(Debug, thiserror::Error)]
pub enum WatchError {
    /// The folder is not usable; `problem` is the rest of the sentence.
    #[error("the media folder `{path}` {problem}")]
    Folder {
        /// The folder.
        path: String,
        /// What is wrong.
        problem: String,
    },
    /// The system has no thread left.
    #[error("no thread can be started to watch the media folder")]
    Thread(#[source] std::io::Error),
}

/// A running watch. Cheap to clone. It ends when it is told to stop, or when its [`Wakes`] are dropped.
#[derive(Clone)]
pub struct Watch {
    shared: Arc<Shared>,
    thread: Sender<Message>,
}

/// What the thread and the handles both use.
struct Shared {
    tracker: Mutex<Tracker>,
    kind: Mutex<WatchKind>,
}

impl Watch {
    /// Starts watching; from the return on nothing is missed. Blocks while it walks over the folders.
    /// Later the folder may vanish and come back: that is reported by [`Wake::Rescan`].
    pub fn start(
        folder: &MediaFolder,
        settings: WatchSettings,
        stop: CancellationToken,
    ) -> Result<(Self, Wakes), WatchError> {
        let unusable =
            |problem: String| WatchError::Folder { path: folder.path().display().to_string(), problem };
        folder.check().map_err(unusable)?;
        let (thread, messages) = channel();
        let started = mode::begin(folder, settings.poll, &thread);
        let started = started.map_err(|e| unusable(format!("cannot be watched: {e}")))?;
        Self::launch(folder.clone(), settings, stop, (thread, messages), started)
    }

    fn launch(
        folder: MediaFolder,
        settings: WatchSettings,
        stop: CancellationToken,
        (thread, messages): (Sender<Message>, Receiver<Message>),
        started: Started,
    ) -> Result<(Self, Wakes), WatchError> {
        let (outbox, wakes) = wakes::pair(stop.clone());
        let quiet = QUIET_AT_LEAST.max(settings.settle * 10);
        let shared = Arc::new(Shared {
            tracker: Mutex::new(Tracker::new(settings.settle, quiet)),
            kind: Mutex::new(started.kind.clone()),
        });
        let watch = Self { shared: shared.clone(), thread: thread.clone() };
        let runner = Runner::new(folder, settings.poll, stop, (thread, messages), shared, outbox, started);
        let spawned = std::thread::Builder::new().name("media-watch".into()).spawn(move || runner.run());
        spawned.map_err(WatchError::Thread)?;
        Ok((watch, wakes))
    }

    /// Whether somebody writes to `key`, or it is yet to hold still, as far as is known. A
    /// [`Wake::Files`] with it will come.
    pub fn is_open(&self, key: &MediaKey) -> bool {
        self.shared.tracker().contains(key)
    }

    /// Reports `key` in [`Wake::Files`] once its size and modification time held still, or as soon as
    /// it is seen to be closed.
    pub fn settle_later(&self, key: MediaKey) {
        self.shared.tracker().settle(key, Instant::now());
        // After the end of the watch there is nobody to tell, and nobody who waits.
        let _ = self.thread.send(Message::Poke);
    }

    /// How changes are noticed now. It can change while it runs.
    pub fn kind(&self) -> WatchKind {
        self.shared.kind.lock().unwrap_or_else(PoisonError::into_inner).clone()
    }
}

impl Shared {
    fn tracker(&self) -> MutexGuard<'_, Tracker> {
        self.tracker.lock().unwrap_or_else(PoisonError::into_inner)
    }

    fn set_kind(&self, kind: WatchKind) {
        *self.kind.lock().unwrap_or_else(PoisonError::into_inner) = kind;
    }
}

#[cfg(test)]
mod tests;
