//! The thread that turns events into wakes.

use std::sync::Arc;
use std::sync::mpsc::{Receiver, RecvTimeoutError, Sender};
use std::time::{Duration, Instant};

use tokio_util::sync::CancellationToken;

use super::change::Change;
use super::mode::{self, Mode, Started};
use super::root::RootState;
use super::wakes::Outbox;
use super::{Shared, WatchKind};
use crate::filter::REFUSED;
use crate::media::{Look, MediaFolder};
use crate::names::MediaKey;

/// How often it is checked whether the folder is still the same one, and whether to stop.
const CHECK: Duration = Duration::from_secs(1);
/// How many messages are taken, and files looked at, before what they mean is passed on.
const AT_ONCE: usize = 1024;
const FIRST_WAIT: Duration = Duration::from_millis(250);
const LONGEST_WAIT: Duration = Duration::from_secs(5);

/// What the thread is told.
pub(super) enum Message {
    /// From the file system.
    Event(notify::Result<notify::Event>),
    /// Something is due earlier than it was.
    Poke,
}

pub(super) struct Runner {
    folder: MediaFolder,
    poll: Option<Duration>,
    stop: CancellationToken,
    sender: Sender<Message>,
    messages: Receiver<Message>,
    shared: Arc<Shared>,
    outbox: Outbox,
    mode: Mode,
    root: RootState,
    next_check: Instant,
    ready: Vec<MediaKey>,
    begin_again: Option<&'static str>,
}

impl Runner {
    pub fn new(
        folder: MediaFolder,
        poll: Option<Duration>,
        stop: CancellationToken,
        (sender, messages): (Sender<Message>, Receiver<Message>),
        shared: Arc<Shared>,
        outbox: Outbox,
        started: Started,
    ) -> Self {
        announce(&started.kind);
        let Started { root, mode, .. } = started;
        let (next_check, ready) = (Instant::now() + CHECK, Vec::new());
        Self {
            folder,
            poll,
            stop,
            sender,
            messages,
            shared,
            outbox,
            mode,
            root,
            next_check,
            ready,
            begin_again: None,
        }
    }

    /// Runs until it is stopped or nobody listens any more.
    pub fn run(mut self) {
        while !self.stop.is_cancelled() && !self.outbox.is_abandoned() {
            let all_taken = self.take_messages();
            // While there is more to take, the news that a file was closed may be among it.
            if all_taken {
                self.look_at_due();
            }
            self.pass_on();
            self.follow_root();
            self.follow_clock();
        }
    }

    /// Waits for messages and takes what is there. Answers whether that was all.
    fn take_messages(&mut self) -> bool {
        match self.messages.recv_timeout(self.wait()) {
            Ok(message) => self.message(message),
            // The other end is our own, so it is never closed.
            Err(RecvTimeoutError::Timeout | RecvTimeoutError::Disconnected) => return true,
        }
        for _ in 1..AT_ONCE {
            match self.messages.try_recv() {
                Ok(message) => self.message(message),
                Err(_) => return true,
            }
        }
        false
    }

    fn wait(&self) -> Duration {
        let now = Instant::now();
        let clock = match &self.mode {
            Mode::Events(_) => None,
            Mode::Polling { next, .. } => Some(*next),
            Mode::Lost { retry, .. } => Some(*retry),
        };
        let due = self.shared.tracker().next_due();
        let earliest =
            [clock, due].into_iter().flatten().fold(self.next_check.min(now + CHECK), Instant::min);
        earliest.saturating_duration_since(now)
    }

    fn message(&mut self, message: Message) {
        let Message::Event(event) = message else { return };
        match event {
            Ok(event) => {
                let Mode::Events(folders) = &self.mode else { return };
                if let Some(change) = Change::of(folders.root(), &event) {
                    self.change(change);
                }
            }
            Err(error) => {
                tracing::warn!(%error, "the system reported an error instead of a change in the media folder");
                self.begin_again = Some("the system reported an error instead of a change");
            }
        }
    }

    fn change(&mut self, change: Change) {
        let now = Instant::now();
        match change {
            Change::Created(key) => self.shared.tracker().created(key, now),
            Change::Opened(key) => self.shared.tracker().opened(&key),
            Change::Written(key) => self.shared.tracker().written(key, now),
            Change::Closed(key) => self.finished(key),
            Change::FolderCreated(dir) => self.folder_appeared(dir, true),
            Change::Touched(key) => self.touched(key),
            Change::Left(key, rename) => self.left(key, rename),
            Change::Arrived(key, rename) => self.arrived(key, rename),
            Change::Gone(key) => self.gone(key),
            Change::Root => self.next_check = now,
            Change::Lost => self.begin_again = Some("events were lost"),
        }
    }

    fn finished(&mut self, key: MediaKey) {
        self.shared.tracker().remove(&key);
        self.ready.push(key);
    }

    fn touched(&mut self, key: MediaKey) {
        if self.is_folder(&key) {
            self.folder_appeared(key, false);
        } else if !self.shared.tracker().contains(&key) {
            self.ready.push(key);
        }
    }

    fn left(&mut self, key: MediaKey, rename: Option<usize>) {
        if self.folder_gone(&key) {
            return;
        }
        self.shared.tracker().moved_away(&key, rename);
        self.ready.push(key);
    }

    fn arrived(&mut self, key: MediaKey, rename: Option<usize>) {
        if self.is_folder(&key) {
            return self.folder_appeared(key, false);
        }
        let still_open = self.shared.tracker().moved_here(key.clone(), rename);
        if !still_open {
            self.ready.push(key);
        }
    }

    fn gone(&mut self, key: MediaKey) {
        if !self.folder_gone(&key) {
            self.finished(key);
        }
    }

    /// Watches a folder first and has it scanned then, so nothing falls in between. In one that was
    /// just made, files may be half written by somebody whose doings were not seen.
    fn folder_appeared(&mut self, dir: MediaKey, just_made: bool) {
        let Mode::Events(folders) = &mut self.mode else { return };
        if dir.as_str().split('/').any(|part| REFUSED.folder(part)) {
            return;
        }
        match folders.add(&dir) {
            Ok(files) if just_made => {
                let now = Instant::now();
                let mut tracker = self.shared.tracker();
                files.into_iter().filter(|key| !REFUSED.key(key)).for_each(|key| tracker.settle(key, now));
            }
            Ok(_) => {}
            Err(error) => {
                tracing::debug!(object.path = %dir, %error, "a new folder cannot be watched");
                self.begin_again = Some("a new folder cannot be watched");
            }
        }
        self.outbox.tree(dir);
    }

    /// Answers whether `key` was a watched folder.
    fn folder_gone(&mut self, key: &MediaKey) -> bool {
        let Mode::Events(folders) = &mut self.mode else { return false };
        let was_folder = folders.forget(key);
        if was_folder {
            self.outbox.tree(key.clone());
            // The news may be old, and there is one of that name again.
            if self.is_folder(key) {
                self.folder_appeared(key.clone(), false);
            }
        }
        was_folder
    }

    fn is_folder(&self, key: &MediaKey) -> bool {
        let Mode::Events(folders) = &self.mode else { return false };
        std::fs::symlink_metadata(folders.path(key)).is_ok_and(|meta| meta.is_dir())
    }

    fn look_at_due(&mut self) {
        let keys = self.shared.tracker().due(Instant::now(), AT_ONCE);
        for key in keys {
            // No lock is held while the file system is asked.
            let file = match self.folder.look(&key) {
                Look::Present(file) => Some(file),
                Look::Absent | Look::NotPlain | Look::Failed(_) => None,
            };
            if self.shared.tracker().judge(&key, file.as_ref(), Instant::now()) {
                self.ready.push(key);
            }
        }
    }

    fn pass_on(&mut self) {
        let ready = std::mem::take(&mut self.ready);
        let mut usable = ready.into_iter().filter(|key| !REFUSED.key(key)).peekable();
        if usable.peek().is_some() {
            self.outbox.files(usable);
        }
    }

    /// Begins again if the folder is not the one that is watched, or the watch cannot be relied on.
    fn follow_root(&mut self) {
        let now = Instant::now();
        if now >= self.next_check {
            self.next_check = now + CHECK;
            match (&self.mode, RootState::see(&self.folder)) {
                (Mode::Lost { .. }, _) => {}
                (_, Ok(root)) if root == self.root => {}
                (_, Ok(_)) => {
                    self.begin_again = Some("the media folder, or a folder in it, is another one now")
                }
                (_, Err(_)) => self.begin_again = Some("the media folder is gone"),
            }
        }
        if let Some(reason) = self.begin_again.take() {
            tracing::warn!("watching the media folder begins again: {reason}");
            self.shared.tracker().distrust(now);
            // The old watches are given back first: their number is limited.
            self.mode = Mode::Lost { retry: now, wait: FIRST_WAIT };
            self.begin();
            self.outbox.rescan(reason);
        }
    }

    fn follow_clock(&mut self) {
        let now = Instant::now();
        match &mut self.mode {
            Mode::Events(_) => {}
            Mode::Lost { retry, .. } if now >= *retry => {
                if self.begin() {
                    tracing::info!("the media folder is there again");
                    self.outbox.rescan("the media folder is there again");
                }
            }
            Mode::Polling { retry: Some(retry), .. } if now >= *retry => {
                self.begin();
                self.outbox.rescan("it was time to look again");
            }
            Mode::Polling { next, interval, .. } if now >= *next => {
                *next = now + *interval;
                self.outbox.rescan("it was time to look again");
            }
            Mode::Lost { .. } | Mode::Polling { .. } => {}
        }
    }

    /// Tries to watch what the path leads to now; if there is nothing, later again.
    fn begin(&mut self) -> bool {
        match mode::begin(&self.folder, self.poll, &self.sender) {
            Ok(Started { root, mode, kind }) => {
                announce(&kind);
                self.shared.set_kind(kind);
                (self.root, self.mode) = (root, mode);
                true
            }
            Err(error) => {
                tracing::debug!(%error, "the media folder cannot be watched now");
                let wait = match self.mode {
                    Mode::Lost { wait, .. } => wait,
                    _ => FIRST_WAIT,
                };
                let longer = (wait * 2).min(LONGEST_WAIT);
                self.mode = Mode::Lost { retry: Instant::now() + wait, wait: longer };
                false
            }
        }
    }
}

fn announce(kind: &WatchKind) {
    match kind {
        WatchKind::Events => tracing::debug!("the file system reports changes in the media folder"),
        WatchKind::Polling { interval, why } => {
            tracing::warn!("the media folder is looked through every {interval:?} because {why}");
        }
    }
}
