//! Where a path really leads, asked of file systems that may not answer.

use std::io;
use std::path::{Path, PathBuf};
use std::sync::mpsc;
use std::time::Duration;

/// A disk that slept needs seconds; a mount whose server is gone keeps whoever asks for hours.
const PATIENCE: Duration = Duration::from_secs(3);

/// The path without symbolic links. Whoever asks never waits longer than a few seconds: one dead mount
/// must not keep the program from starting, and all other targets from working. Then the error is
/// [`io::ErrorKind::TimedOut`].
pub fn resolve(path: &Path) -> io::Result<PathBuf> {
    let path = path.to_owned();
    within(PATIENCE, move || path.canonicalize())
}

fn within<T: Send + 'static>(
    limit: Duration,
    work: impl FnOnce() -> io::Result<T> + Send + 'static,
) -> io::Result<T> {
    let (done, result) = mpsc::channel();
    std::thread::Builder::new().name("resolve".into()).spawn(move || {
        // Whoever asked may have stopped waiting.
        let _ = done.send(work());
    })?;
    result.recv_timeout(limit).unwrap_or_else(|_| Err(io::ErrorKind::TimedOut.into()))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn links_are_followed_and_what_is_missing_is_said() {
        let temp = tempfile::tempdir().unwrap();
        let real = temp.path().canonicalize().unwrap();
        std::os::unix::fs::symlink(temp.path(), temp.path().join("link")).unwrap();
        assert_eq!(resolve(&temp.path().join("link")).unwrap(), real);
        assert_eq!(resolve(&temp.path().join("none")).unwrap_err().kind(), io::ErrorKind::NotFound);
    }

    #[test]
    fn who_does_not_answer_is_not_waited_for() {
        let (wake, asleep) = mpsc::channel::<()>();
        let answer = within(Duration::from_millis(20), move || asleep.recv().map_err(io::Error::other));
        assert_eq!(answer.unwrap_err().kind(), io::ErrorKind::TimedOut);
        drop(wake);
    }
}
