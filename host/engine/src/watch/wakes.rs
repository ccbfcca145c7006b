//! What the watch hands to its one reader: merged by key until it is fetched, so that a burst takes no
//! more memory than the folder has names.

use std::collections::HashSet;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

use tokio::sync::Notify;
use tokio_util::sync::CancellationToken;

use super::Wake;
use crate::names::MediaKey;

/// The receiving end.
pub struct Wakes {
    shared: Arc<Shared>,
    stop: CancellationToken,
}

/// The sending end. When it is dropped, the reader is told that the watch has ended.
pub(super) struct Outbox(Arc<Shared>);

#[derive(Default)]
struct Shared {
    pending: Mutex<Pending>,
    news: Notify,
}

#[derive(Default)]
struct Pending {
    files: Unique,
    trees: Unique,
    rescan: Option<&'static str>,
    files_were_last: bool,
    ended: bool,
}

/// Keys in the order in which they came, each once.
#[derive(Default)]
struct Unique {
    order: Vec<MediaKey>,
    known: HashSet<MediaKey>,
}

pub(super) fn pair(stop: CancellationToken) -> (Outbox, Wakes) {
    let shared = Arc::new(Shared::default());
    (Outbox(shared.clone()), Wakes { shared, stop })
}

impl Wakes {
    /// The next wake; `None` once the watch has ended. Nothing is lost when the future is dropped.
    pub async fn recv(&mut self) -> Option<Wake> {
        loop {
            if self.stop.is_cancelled() {
                return None;
            }
            let (wake, ended) = {
                let mut pending = self.shared.lock();
                (pending.next(), pending.ended)
            };
            if wake.is_some() || ended {
                return wake;
            }
            tokio::select! {
                () = self.shared.news.notified() => {}
                () = self.stop.cancelled() => {}
            }
        }
    }
}

impl Drop for Wakes {
    fn drop(&mut self) {
        self.shared.lock().ended = true;
    }
}

impl Outbox {
    /// Reports files.
    pub fn files(&self, keys: impl IntoIterator<Item = MediaKey>) {
        self.add(|pending| keys.into_iter().for_each(|key| pending.files.push(key)));
    }

    /// Reports a folder.
    pub fn tree(&self, dir: MediaKey) {
        self.add(|pending| pending.trees.push(dir));
    }

    /// Asks for a scan of everything.
    pub fn rescan(&self, reason: &'static str) {
        self.add(|pending| pending.rescan = Some(reason));
    }

    /// Whether nobody listens any more.
    pub fn is_abandoned(&self) -> bool {
        self.0.lock().ended
    }

    fn add(&self, add: impl FnOnce(&mut Pending)) {
        add(&mut self.0.lock());
        self.0.news.notify_one();
    }
}

impl Drop for Outbox {
    fn drop(&mut self) {
        self.add(|pending| pending.ended = true);
    }
}

impl Shared {
    fn lock(&self) -> MutexGuard<'_, Pending> {
        self.pending.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl Pending {
    /// Files go first, because a visitor waits for them, but not twice in a row while there is more.
    fn next(&mut self) -> Option<Wake> {
        let files_were_last = std::mem::take(&mut self.files_were_last);
        let others = self.rescan.is_some() || !self.trees.order.is_empty();
        let others_turn = files_were_last && others;
        if !others_turn && !self.files.order.is_empty() {
            self.files_were_last = true;
            return Some(Wake::Files(std::mem::take(&mut self.files).order));
        }
        if let Some(reason) = self.rescan.take() {
            // It looks at those folders too.
            self.trees = Unique::default();
            return Some(Wake::Rescan(reason));
        }
        self.trees.pop().map(Wake::Tree)
    }
}

impl Unique {
    fn push(&mut self, key: MediaKey) {
        if self.known.insert(key.clone()) {
            self.order.push(key);
        }
    }

    fn pop(&mut self) -> Option<MediaKey> {
        let key = self.order.pop()?;
        self.known.remove(&key);
        Some(key)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn key(text: &str) -> MediaKey {
        MediaKey::new(text).unwrap()
    }

    #[tokio::test]
    async fn what_was_not_fetched_is_merged() {
        let (outbox, mut wakes) = pair(CancellationToken::new());
        outbox.files([key("a"), key("b")]);
        outbox.files([key("a")]);
        outbox.tree(key("d"));
        outbox.tree(key("d"));
        assert_eq!(wakes.recv().await, Some(Wake::Files(vec![key("a"), key("b")])));
        assert_eq!(wakes.recv().await, Some(Wake::Tree(key("d"))));
        outbox.files([key("a")]);
        assert_eq!(wakes.recv().await, Some(Wake::Files(vec![key("a")])));
        drop(outbox);
        assert_eq!(wakes.recv().await, None);
    }

    #[tokio::test]
    async fn a_stream_of_files_does_not_hold_up_a_rescan() {
        let (outbox, mut wakes) = pair(CancellationToken::new());
        outbox.rescan("x");
        outbox.tree(key("d"));
        for wanted in [Wake::Files(vec![key("a")]), Wake::Rescan("x"), Wake::Files(vec![key("a")])] {
            outbox.files([key("a")]);
            assert_eq!(wakes.recv().await, Some(wanted));
        }
        assert!(!outbox.is_abandoned());
        drop(wakes);
        assert!(outbox.is_abandoned());
    }

    #[tokio::test]
    async fn a_stop_ends_it_although_the_watch_goes_on() {
        let stop = CancellationToken::new();
        let (outbox, mut wakes) = pair(stop.clone());
        stop.cancel();
        assert_eq!(wakes.recv().await, None);
        drop(outbox);
    }
}
