//! How the folder is watched at the moment, and how that begins.

use std::io;
use std::path::PathBuf;
use std::sync::mpsc::Sender;
use std::time::{Duration, Instant};

use notify::ErrorKind;

use super::WatchKind;
use super::folders::Folders;
use super::root::RootState;
use super::runner::Message;
use crate::media::MediaFolder;
use crate::media::file_system::FileSystem;

const POLL_INTERVAL: Duration = Duration::from_secs(5);
/// How often it is tried whether events have become possible, when it was only the system's limit.
const TRY_EVENTS_AGAIN: Duration = Duration::from_secs(300);

/// How the folder is watched at the moment.
pub(super) enum Mode {
    /// The file system reports changes.
    Events(Folders),
    /// Somebody else looks when told to.
    Polling {
        next: Instant,
        interval: Duration,
        /// When to try events again.
        retry: Option<Instant>,
    },
    /// The folder is not there.
    Lost { retry: Instant, wait: Duration },
}

/// A watch that has just begun.
pub(super) struct Started {
    pub root: RootState,
    pub mode: Mode,
    pub kind: WatchKind,
}

/// Begins to watch the folder that the path leads to now. Fails if there is none.
pub(super) fn begin(
    folder: &MediaFolder,
    poll: Option<Duration>,
    thread: &Sender<Message>,
) -> io::Result<Started> {
    let root = RootState::see(folder)?;
    let polling = |why: String, retry: Option<Duration>| {
        let (now, interval) = (Instant::now(), poll.unwrap_or(POLL_INTERVAL));
        let mode = Mode::Polling { next: now + interval, interval, retry: retry.map(|wait| now + wait) };
        (mode, WatchKind::Polling { interval, why })
    };
    let (mode, kind) = match FileSystem::of(&folder.open_root()?)?.without_events() {
        Some(why) => polling(why, None),
        None => match watch(root.path().to_owned(), thread.clone()) {
            Ok(folders) => (Mode::Events(folders), WatchKind::Events),
            Err(e) if matches!(e.kind, ErrorKind::PathNotFound) => return Err(io::ErrorKind::NotFound.into()),
            Err(e) => polling(limit(&e), Some(TRY_EVENTS_AGAIN)),
        },
    };
    Ok(Started { root, mode, kind })
}

fn watch(root: PathBuf, thread: Sender<Message>) -> notify::Result<Folders> {
    Folders::watch(root, move |event| {
        // Nobody listens only when the watch is ending.
        let _ = thread.send(Message::Event(event));
    })
}

fn limit(error: &notify::Error) -> String {
    match error.kind {
        ErrorKind::MaxFilesWatch => {
            "there are more folders than the system lets us watch; raise fs.inotify.max_user_watches"
                .to_owned()
        }
        _ => format!("the system does not let us watch the folder ({error})"),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_operator_is_told_which_limit_was_reached() {
        let reached = limit(&notify::Error::new(ErrorKind::MaxFilesWatch));
        assert!(reached.ends_with("raise fs.inotify.max_user_watches"), "{reached}");
        let other = limit(&notify::Error::io(io::Error::from_raw_os_error(24)));
        assert!(other.contains("Too many open files"), "{other}");
    }
}
