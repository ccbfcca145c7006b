//! A watch without a thread and a file system: somebody says what is to be noticed, and when.

use std::collections::BTreeSet;
use std::sync::mpsc::{Receiver, channel};
use std::sync::{Arc, Mutex};
use std::time::{Duration, Instant};

use tokio_util::sync::CancellationToken;

use super::runner::Message;
use super::tracker::Tracker;
use super::wakes::Outbox;
use super::{Shared, Wake, Wakes, Watch, WatchKind, wakes};
use crate::names::MediaKey;

const LONG: Duration = Duration::from_secs(24 * 3600);

/// What tells the watch.
pub(crate) struct Hand {
    outbox: Outbox,
    shared: Arc<Shared>,
    open: BTreeSet<MediaKey>,
    /// Kept, so that pokes find somebody.
    _messages: Mutex<Receiver<Message>>,
}

/// A watch that notices what its hand says.
pub(crate) fn watch(stop: CancellationToken) -> (Watch, Wakes, Hand) {
    let (thread, messages) = channel();
    let (outbox, wakes) = wakes::pair(stop);
    let tracker = Mutex::new(Tracker::new(LONG, LONG));
    let shared = Arc::new(Shared { tracker, kind: Mutex::new(WatchKind::Events) });
    let watch = Watch { shared: Arc::clone(&shared), thread };
    (watch, wakes, Hand { outbox, shared, open: BTreeSet::new(), _messages: Mutex::new(messages) })
}

impl Hand {
    /// Tells the reader.
    pub fn tell(&self, wake: Wake) {
        match wake {
            Wake::Files(keys) => self.outbox.files(keys),
            Wake::Tree(dir) => self.outbox.tree(dir),
            Wake::Rescan(reason) => self.outbox.rescan(reason),
        }
    }

    /// Somebody writes to it.
    pub fn opened(&mut self, key: &MediaKey) {
        self.open.insert(key.clone());
        self.shared.tracker().written(key.clone(), Instant::now());
    }

    /// Nobody writes to it any more.
    pub fn closed(&mut self, key: &MediaKey) {
        self.open.remove(key);
        self.shared.tracker().remove(key);
        self.tell(Wake::Files(vec![key.clone()]));
    }

    /// Nobody writes to any file any more.
    pub fn close_all(&mut self) {
        std::mem::take(&mut self.open).iter().for_each(|key| self.closed(key));
    }

    /// The files that the reader wants to hear of once they held still.
    pub fn settling(&self) -> Vec<MediaKey> {
        let far = Instant::now() + 2 * LONG;
        let all = self.shared.tracker().due(far, usize::MAX);
        all.into_iter().filter(|key| !self.open.contains(key)).collect()
    }
}
