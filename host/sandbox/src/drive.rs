//! The directory of a folder target: opened once per call, checked to be on the drive that was
//! chosen, and handed to the guest as the very handle that was checked.
//!
//! The drive is known by a marker file in the folder, whose id is remembered for the target. An
//! unplugged stick leaves an empty mount point behind: the marker is missing there, and the call is
//! refused before a byte lands on the wrong disk.

use std::collections::BTreeMap;
use std::fs::File;
use std::io::{self, Read, Write};
use std::os::fd::{AsRawFd, OwnedFd};
use std::path::{Path, PathBuf};
use std::sync::{Arc, Mutex, PoisonError};

use engine::Failure;
use rustix::fs::{CWD, Mode, OFlags, openat};
use sha2::{Digest, Sha256};
use wasmtime_wasi::{FsPerms, WasiCtxBuilder};

use crate::doors::StateStore;
use crate::text::escape;
use crate::threads::Threads;

/// The host's own file in a target's folder.
pub(crate) const MARKER: &str = ".boothsync-target";
/// What the marker is called until it is whole.
const UNFINISHED: &str = ".boothsync-target.new";
/// Where the guest finds the folder.
const GUEST_PATH: &str = "/target";
/// Calls that find no marker in a folder make it one after the other. Each folder for itself: one that
/// does not answer keeps whoever marks it.
static MARKING: Mutex<BTreeMap<PathBuf, Arc<tokio::sync::Mutex<()>>>> = Mutex::new(BTreeMap::new());
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
        let remembered = remembered(&self.folder, state).await?;
        let found = self.marker().map_err(|error| self.unreadable(&error))?;
        match (remembered, found) {
            (Some(known), Some(found)) if known == found => Ok(()),
            (Some(known), found) => Err(self.wrong_drive(&known, found.as_deref())),
            (None, Some(found)) => remember(&self.folder, state, &found).await,
            (None, None) if writes => self.mark(state).await,
            (None, None) => Ok(()),
        }
    }

    async fn mark(&self, state: &dyn StateStore) -> Result<(), Failure> {
        let marking = marking(&self.folder);
        let _one_at_a_time = marking.lock().await;
        // Another call may have been faster: its id is the one that counts.
        let found = self.marker().map_err(|error| self.unreadable(&error))?;
        let id = match found {
            Some(found) => found,
            None => {
                let id = engine::Call::new(Default::default()).id;
                self.write_marker(&id).map_err(|error| self.unwritable(&error))?;
                id
            }
        };
        remember(&self.folder, state, &id).await
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
        // An empty one is what a power cut left of one that was just made.
        Ok(Some(text.trim().to_owned()).filter(|id| !id.is_empty()))
    }

    fn write_marker(&self, id: &str) -> io::Result<()> {
        let flags = OFlags::WRONLY | OFlags::CREATE | OFlags::TRUNC | OFlags::NOFOLLOW | OFlags::CLOEXEC;
        let mut file = File::from(openat(&self.handle, UNFINISHED, flags, Mode::from_raw_mode(0o644))?);
        file.write_all(format!("{id}\n").as_bytes())?;
        file.sync_all()?;
        rustix::fs::renameat(&self.handle, UNFINISHED, &self.handle, MARKER)?;
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

fn marking(folder: &Path) -> Arc<tokio::sync::Mutex<()>> {
    let mut all = MARKING.lock().unwrap_or_else(PoisonError::into_inner);
    Arc::clone(all.entry(folder.to_owned()).or_default())
}

/// The name of the durable value that holds the id of the drive at this path. Another path in the
/// settings is another drive, chosen on purpose.
fn remembered_as(folder: &Path) -> String {
    let digest = Sha256::digest(folder.as_os_str().as_encoded_bytes());
    let digest: String = digest[..8].iter().map(|byte| format!("{byte:02x}")).collect();
    format!("host/drive/{digest}")
}

async fn remembered(folder: &Path, state: &dyn StateStore) -> Result<Option<String>, Failure> {
    let value = state.get(&remembered_as(folder)).await;
    let value =
        value.map_err(|why| Failure::Retry(format!("the target's drive could not be looked up: {why}")))?;
    Ok(value.map(|bytes| String::from_utf8_lossy(&bytes).into_owned()))
}

async fn remember(folder: &Path, state: &dyn StateStore, id: &str) -> Result<(), Failure> {
    if state.swap(&remembered_as(folder), None, Some(id.as_bytes().to_vec())).await? {
        return Ok(());
    }
    // Another call was faster; it saw the same folder, or the drive was changed right now.
    match remembered(folder, state).await? {
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
    use super::*;
    use crate::MemoryState;

    async fn open(folder: &Path, state: &MemoryState, writes: bool) -> Result<(), Failure> {
        Drive::open(folder, state, writes).await.map(|_| ())
    }

    #[tokio::test]
    async fn an_unplugged_drive_is_noticed_and_the_right_one_taken_again() {
        let temp = tempfile::tempdir().unwrap();
        let (mount, state) = (temp.path().join("usb"), MemoryState::default());
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
        let (mount, state) = (temp.path().join("usb"), MemoryState::default());
        std::fs::create_dir(&mount).unwrap();
        open(&mount, &state, true).await.unwrap();
        std::fs::remove_dir_all(&mount).unwrap();
        std::fs::create_dir(&mount).unwrap();
        let Err(Failure::Blocked(text)) = open(&mount, &state, true).await else { panic!("accepted") };
        let id = text.split("write `").nth(1).unwrap().split('`').next().unwrap();
        std::fs::write(mount.join(MARKER), id).unwrap();
        open(&mount, &state, true).await.unwrap();
    }

    #[tokio::test]
    async fn another_folder_in_the_settings_is_another_drive() {
        let temp = tempfile::tempdir().unwrap();
        let (one, other, state) =
            (temp.path().join("one"), temp.path().join("other"), MemoryState::default());
        for folder in [&one, &other] {
            std::fs::create_dir(folder).unwrap();
            open(folder, &state, true).await.unwrap();
        }
        std::fs::remove_file(one.join(MARKER)).unwrap();
        assert!(matches!(open(&one, &state, true).await, Err(Failure::Blocked(_))));
        open(&other, &state, true).await.unwrap();
    }

    #[tokio::test(flavor = "multi_thread")]
    async fn first_calls_side_by_side_agree_on_the_marker() {
        let temp = tempfile::tempdir().unwrap();
        let state = Arc::new(MemoryState::default());
        let calls = (0..16).map(|_| {
            let (folder, state) = (temp.path().to_owned(), Arc::clone(&state));
            tokio::spawn(async move { open(&folder, &state, true).await })
        });
        for call in calls.collect::<Vec<_>>() {
            call.await.unwrap().unwrap();
        }
        assert_eq!(std::fs::read_dir(temp.path()).unwrap().count(), 1);
    }

    /// Opening a pipe for writing waits for a reader, as everything does on a dead mount.
    #[tokio::test(flavor = "multi_thread")]
    async fn a_folder_that_hangs_while_it_is_marked_does_not_keep_another_from_being_marked() {
        let temp = tempfile::tempdir().unwrap();
        let (dead, good) = (temp.path().join("dead"), temp.path().join("good"));
        for folder in [&dead, &good] {
            std::fs::create_dir(folder).unwrap();
        }
        let pipe = dead.join(UNFINISHED);
        rustix::fs::mknodat(CWD, &pipe, rustix::fs::FileType::Fifo, Mode::from_raw_mode(0o600), 0).unwrap();
        let (runtime, folder) = (tokio::runtime::Handle::current(), dead.clone());
        let hangs =
            std::thread::spawn(move || runtime.block_on(open(&folder, &MemoryState::default(), true)));
        while marking(&dead).try_lock().is_ok() {
            tokio::task::yield_now().await;
        }
        let state = MemoryState::default();
        let marked = open(&good, &state, true);
        tokio::time::timeout(std::time::Duration::from_secs(30), marked)
            .await
            .expect("it does not wait")
            .unwrap();
        assert!(!hangs.is_finished());
        let _reader = openat(CWD, &pipe, OFlags::RDONLY | OFlags::NONBLOCK, Mode::empty()).unwrap();
        hangs.join().unwrap().unwrap_err();
    }

    #[tokio::test]
    async fn a_marker_that_a_power_cut_left_empty_is_made_anew() {
        let temp = tempfile::tempdir().unwrap();
        std::fs::write(temp.path().join(MARKER), "").unwrap();
        open(temp.path(), &MemoryState::default(), true).await.unwrap();
        assert!(!std::fs::read(temp.path().join(MARKER)).unwrap().is_empty());
    }

    #[tokio::test]
    async fn looking_does_not_change_a_folder() {
        let temp = tempfile::tempdir().unwrap();
        let state = MemoryState::default();
        open(temp.path(), &state, false).await.unwrap();
        assert_eq!(std::fs::read_dir(temp.path()).unwrap().count(), 0);
        std::fs::write(temp.path().join(MARKER), "known-before\n").unwrap();
        open(temp.path(), &state, false).await.unwrap();
        assert_eq!(state.get(&remembered_as(temp.path())).await.unwrap().unwrap(), b"known-before");
    }

    #[tokio::test]
    async fn a_marker_that_is_a_link_or_a_pipe_is_not_followed() {
        let temp = tempfile::tempdir().unwrap();
        let marker = temp.path().join(MARKER);
        std::os::unix::fs::symlink("/etc/hostname", &marker).unwrap();
        assert!(matches!(open(temp.path(), &MemoryState::default(), true).await, Err(Failure::Retry(_))));
        std::fs::remove_file(&marker).unwrap();
        rustix::fs::mknodat(CWD, &marker, rustix::fs::FileType::Fifo, Mode::from_raw_mode(0o600), 0).unwrap();
        assert!(matches!(open(temp.path(), &MemoryState::default(), true).await, Err(Failure::Retry(_))));
    }

    #[tokio::test]
    async fn a_folder_that_is_none_is_said_to_be_none() {
        let temp = tempfile::tempdir().unwrap();
        let file = temp.path().join("file");
        std::fs::write(&file, "").unwrap();
        let text = open(&file, &MemoryState::default(), false).await.unwrap_err().to_string();
        assert!(text.contains("is not a folder"), "{text}");
    }
}
