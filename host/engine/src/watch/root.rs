//! Whether the media folder is still the one that is watched.

use std::io;
use std::os::fd::OwnedFd;
use std::path::{Path, PathBuf};

use rustix::fs::{AtFlags, StatxFlags};

use crate::media::{MediaFolder, mounts};

/// The folder that the path led to at one moment. Mounting over a watched folder, unmounting it, and
/// turning a symbolic link elsewhere cause no event, so this is compared now and then.
#[derive(Debug, PartialEq, Eq)]
pub(super) struct RootState {
    /// Without symbolic links.
    path: PathBuf,
    inode: (u64, u64),
    mount: u64,
    /// What is mounted inside; its folders need watches of their own.
    mounts_inside: Vec<String>,
}

impl RootState {
    /// Looks where the path leads now.
    pub fn see(folder: &MediaFolder) -> io::Result<Self> {
        let handle = folder.open_root()?;
        let path = std::fs::canonicalize(folder.path())?;
        let stat = rustix::fs::fstat(&handle)?;
        let inode = crate::media::identity_of(&stat).inode;
        Ok(Self { inode, mount: mount_of(&handle), mounts_inside: mounts::inside(&path), path })
    }

    /// Where it really is, without symbolic links.
    pub fn path(&self) -> &Path {
        &self.path
    }
}

/// The number of the mount, which tells one from the next of the same device; zero if the kernel is too old.
fn mount_of(handle: &OwnedFd) -> u64 {
    /// Asks for a number that is never used again (Linux 6.8); older kernels ignore it.
    const UNIQUE: StatxFlags = StatxFlags::from_bits_retain(0x4000);
    let asked = StatxFlags::MNT_ID | UNIQUE;
    rustix::fs::statx(handle, "", AtFlags::EMPTY_PATH, asked).map_or(0, |answer| answer.stx_mnt_id)
}
