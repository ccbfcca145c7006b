//! The directory of a folder target: opened once per call, checked to be on the drive that was
//! chosen, and handed to the guest as the very handle that was checked.
//!
//! The drive is known by a marker file in the folder, whose id is remembered for the target. An
//! unplugged stick leaves an empty mount point behind: the marker is missing there, and the call is
//! refused before a byte lands on the wrong disk.

use std::fs::File;
use std::io::{self, Read, Write};
use std::os::fd::{AsRawFd, OwnedFd};
use std::path::{Path, PathBuf};

use engine::Failure;
use rustix::fs::{CWD, Mode, OFlags, openat};
use wasmtime_wasi::{FsPerms, WasiCtxBuilder};

use crate::doors::StateStore;
use crate::text::escape;
use crate::threads::Threads;

/// The host's own file in a target's folder.
pub(crate) const MARKER: &str = ".boothsync-target";
/// Where the guest finds the folder.
const GUEST_PATH: &str = "/target";
/// The durable value that holds the id of the target's drive.
const REMEMBERED: &str = "host/drive";
/// Longest content of a marker that is read, in bytes.
const MARKER_BYTES: u64 = 128;

/// Whether a durable value of this name is the host's own.
pub(crate) fn is_reserved(name: &str) -> bool {
    name.starts_with("host/")
}

/// The folder of a target, and the threads that touch it.
pub(crate) struct Folder {
    pub path: PathBuf,
    pub threads: Threads,
}

/// A folder that was opened and is on the right drive.
pub(crate) struct Drive {
    folder: PathBuf,
    handle: OwnedFd,
}

impl Drive {
    /// Opens `folder` and checks its drive. A call that writes marks a folder that has no marker yet.
    pub async fn open(folder: &Path, state: &dyn StateStore, writes: bool) -> Result<Self, Failure> {
        let flags = OFlags::RDONLY | OFlags::DIRECTORY | OFlags::CLOEXEC;
        let handle =
            openat(CWD, folder, flags, Mode::empty()).map_err(|error| not_there(folder, error.into()))?;
        let drive = Self { folder: folder.to_owned(), handle };
        drive.check(state, writes).await?;
        Ok(drive)
    }

    /// Gives the guest this folder, read-write, and nothing else.
    pub fn preopen(&self, wasi: &mut WasiCtxBuilder) -> Result<(), Failure> {
        // Opening by this path opens what our handle holds, not what may have been mounted or renamed
        // into the folder's place since it was checked.
        let path = format!("/proc/self/fd/{}", self.handle.as_raw_fd());
        match wasi.preopened_dir(path, GUEST_PATH, FsPerms::ReadWrite) {
            Ok(_) => Ok(()),
            Err(error) => Err(Failure::Retry(format!("the folder could not be opened: {error}"))),
        }
    }

    async fn check(&self, state: &dyn StateStore, writes: bool) -> Result<(), Failure> {
        let remembered = remembered(state).await?;
        let found = self.marker().map_err(|error| self.unreadable(&error))?;
        match (remembered, found) {
            (Some(known), Some(found)) if known == found => Ok(()),
            (Some(known), found) => Err(self.wrong_drive(&known, found.as_deref())),
            (None, Some(found)) => remember(state, &found).await,
            (None, None) if writes => self.mark(state).await,
            (None, None) => Ok(()),
        }
    }

    async fn mark(&self, state: &dyn StateStore) -> Result<(), Failure> {
        match self.write_marker(&engine::Call::new(Default::default()).id) {
            Err(error) if error.kind() != io::ErrorKind::AlreadyExists => return Err(self.unwritable(&error)),
            // Another call was faster: its id is the one that counts.
            _ => {}
        }
        let found = self.marker().map_err(|error| self.unreadable(&error))?;
        let found = found.ok_or_else(|| self.unreadable(&io::ErrorKind::NotFound.into()))?;
        remember(state, &found).await
    }

    fn marker(&self) -> io::Result<Option<String>> {
        // Neither a link nor a pipe that a guest may have put there is followed or waited for.
        let flags = OFlags::RDONLY | OFlags::NOFOLLOW | OFlags::NONBLOCK | OFlags::CLOEXEC;
        let file = match openat(&self.handle, MARKER, flags, Mode::empty()) {
            Ok(file) => File::from(file),
            Err(rustix::io::Errno::NOENT) => return Ok(None),
            Err(error) => return Err(error.into()),
        };
        if !file.metadata()?.is_file() {
            return Err(io::Error::new(io::ErrorKind::InvalidData, "its marker is no plain file"));
        }
        let mut text = String::new();
        file.take(MARKER_BYTES).read_to_string(&mut text)?;
        Ok(Some(text.trim().to_owned()))
    }

    fn write_marker(&self, id: &str) -> io::Result<()> {
        let flags = OFlags::WRONLY | OFlags::CREATE | OFlags::EXCL | OFlags::NOFOLLOW | OFlags::CLOEXEC;
        let mut file = File::from(openat(&self.handle, MARKER, flags, Mode::from_raw_mode(0o644))?);
        file.write_all(format!("{id}\n").as_bytes())?;
        file.sync_all()?;
        Ok(rustix::fs::fsync(&self.handle)?)
    }

    fn wrong_drive(&self, known: &str, found: Option<&str>) -> Failure {
        let folder = self.folder.display();
        let seen = match found {
            Some(found) => format!("its file {MARKER} says `{}`", escape(found)),
            None => format!("its file {MARKER} is missing, perhaps because the drive is not plugged in"),
        };
        Failure::Blocked(format!(
            "{folder} is not the drive that this target was set up with: {seen}. Plug the right drive in, or, to go on with this one, write `{known}` into {folder}/{MARKER}"
        ))
    }

    fn unreadable(&self, error: &io::Error) -> Failure {
        let file = self.folder.join(MARKER);
        Failure::Retry(format!("{} could not be read: {error}", file.display()))
    }

    fn unwritable(&self, error: &io::Error) -> Failure {
        let folder = self.folder.display();
        Failure::Blocked(format!("{folder} cannot be written: {error}; check its permissions and free space"))
    }
}

async fn remembered(state: &dyn StateStore) -> Result<Option<String>, Failure> {
    let value = state.get(REMEMBERED).await;
    let value =
        value.map_err(|why| Failure::Retry(format!("the target's drive could not be looked up: {why}")))?;
    Ok(value.map(|bytes| String::from_utf8_lossy(&bytes).into_owned()))
}

async fn remember(state: &dyn StateStore, id: &str) -> Result<(), Failure> {
    if state.swap(REMEMBERED, None, Some(id.as_bytes().to_vec())).await? {
        return Ok(());
    }
    // Another call was faster; it saw the same folder, or the drive was changed right now.
    match remembered(state).await? {
        Some(known) if known == id => Ok(()),
        _ => Err(Failure::Retry("the target's drive was changed a moment ago".into())),
    }
}

fn not_there(folder: &Path, error: io::Error) -> Failure {
    let folder = folder.display();
    match error.kind() {
        io::ErrorKind::NotFound => {
            Failure::Blocked(format!("{folder} is not there; plug the drive in, or create the folder"))
        }
        io::ErrorKind::NotADirectory => Failure::Blocked(format!("{folder} is not a folder")),
        io::ErrorKind::PermissionDenied => {
            Failure::Blocked(format!("{folder} cannot be entered: {error}; check its permissions"))
        }
        _ => Failure::Retry(format!("{folder} could not be opened: {error}")),
    }
}

#[cfg(test)]
mod tests {
    use std::collections::BTreeMap;
    use std::sync::Mutex;

    use super::*;

    #[derive(Default)]
    struct Memory(Mutex<BTreeMap<String, Vec<u8>>>);

    #[async_trait::async_trait]
    impl StateStore for Memory {
        async fn get(&self, name: &str) -> Result<Option<Vec<u8>>, String> {
            Ok(self.0.lock().unwrap().get(name).cloned())
        }

        async fn swap(
            &self,
            name: &str,
            expected: Option<Vec<u8>>,
            value: Option<Vec<u8>>,
        ) -> Result<bool, Failure> {
            let mut values = self.0.lock().unwrap();
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

    async fn open(folder: &Path, state: &Memory, writes: bool) -> Result<(), Failure> {
        Drive::open(folder, state, writes).await.map(|_| ())
    }

    #[tokio::test]
    async fn an_unplugged_drive_is_noticed_and_the_right_one_taken_again() {
        let temp = tempfile::tempdir().unwrap();
        let (mount, state) = (temp.path().join("usb"), Memory::default());
        std::fs::create_dir(&mount).unwrap();
        open(&mount, &state, true).await.unwrap();
        std::fs::rename(&mount, temp.path().join("unplugged")).unwrap();
        assert!(
            matches!(open(&mount, &state, true).await, Err(Failure::Blocked(text)) if text.contains("plug"))
        );
        std::fs::create_dir(&mount).unwrap();
        let refused = open(&mount, &state, true).await.unwrap_err();
        assert!(matches!(&refused, Failure::Blocked(text) if text.contains("not the drive")), "{refused}");
        assert_eq!(std::fs::read_dir(&mount).unwrap().count(), 0);
        std::fs::remove_dir(&mount).unwrap();
        std::fs::rename(temp.path().join("unplugged"), &mount).unwrap();
        open(&mount, &state, true).await.unwrap();
    }

    #[tokio::test]
    async fn another_drive_is_accepted_by_doing_what_the_message_says() {
        let temp = tempfile::tempdir().unwrap();
        let (one, other, state) = (temp.path().join("one"), temp.path().join("other"), Memory::default());
        for folder in [&one, &other] {
            std::fs::create_dir(folder).unwrap();
        }
        open(&one, &state, true).await.unwrap();
        let Err(Failure::Blocked(text)) = open(&other, &state, true).await else { panic!("accepted") };
        let id = text.split("write `").nth(1).unwrap().split('`').next().unwrap();
        std::fs::write(other.join(MARKER), id).unwrap();
        open(&other, &state, true).await.unwrap();
    }

    #[tokio::test]
    async fn looking_does_not_change_a_folder() {
        let temp = tempfile::tempdir().unwrap();
        let state = Memory::default();
        open(temp.path(), &state, false).await.unwrap();
        assert_eq!(std::fs::read_dir(temp.path()).unwrap().count(), 0);
        std::fs::write(temp.path().join(MARKER), "known-before\n").unwrap();
        open(temp.path(), &state, false).await.unwrap();
        assert_eq!(state.get(REMEMBERED).await.unwrap().unwrap(), b"known-before");
    }

    #[tokio::test]
    async fn a_marker_that_is_a_link_or_a_pipe_is_not_followed() {
        let temp = tempfile::tempdir().unwrap();
        let marker = temp.path().join(MARKER);
        std::os::unix::fs::symlink("/etc/hostname", &marker).unwrap();
        assert!(matches!(open(temp.path(), &Memory::default(), true).await, Err(Failure::Retry(_))));
        std::fs::remove_file(&marker).unwrap();
        rustix::fs::mknodat(CWD, &marker, rustix::fs::FileType::Fifo, Mode::from_raw_mode(0o600), 0).unwrap();
        assert!(matches!(open(temp.path(), &Memory::default(), true).await, Err(Failure::Retry(_))));
    }

    #[tokio::test]
    async fn a_folder_that_is_none_is_said_to_be_none() {
        let temp = tempfile::tempdir().unwrap();
        let file = temp.path().join("file");
        std::fs::write(&file, "").unwrap();
        let text = open(&file, &Memory::default(), false).await.unwrap_err().to_string();
        assert!(text.contains("is not a folder"), "{text}");
    }
}
