//! Whether the media folder is still the one that is watched.

use std::io;
use std::os::fd::{AsFd, OwnedFd};
use std::path::{Path, PathBuf};

use rustix::fs::{AtFlags, CWD, StatxFlags};

use crate::media::{MediaFolder, identity_of, mounts};

/// The folder that the path led to at one moment. Mounting over a watched folder, unmounting it, and
/// turning a symbolic link elsewhere cause no event, so this is compared now and then.
#[derive(Debug, PartialEq, Eq)]
pub(super) struct RootState {
    /// Without symbolic links.
    path: PathBuf,
    inode: (u64, u64),
    mount: u64,
    /// What is mounted inside; its folders need watches of their own.
    mounts_inside: Vec<(PathBuf, u64)>,
}

impl RootState {
    /// Looks where the path leads now.
    pub fn see(folder: &MediaFolder) -> io::Result<Self> {
        let handle = folder.open_root()?;
        let path = std::fs::canonicalize(folder.path())?;
        let inode = identity_of(&rustix::fs::fstat(&handle)?).inode;
        let inside = mounts::inside(&path).into_iter();
        let mounts_inside = inside.map(|point| (point.clone(), mount_at(CWD, &point))).collect();
        Ok(Self { inode, mount: mount_of(&handle), mounts_inside, path })
    }

    /// Where it really is, without symbolic links.
    pub fn path(&self) -> &Path {
        &self.path
    }
}

fn mount_of(handle: &OwnedFd) -> u64 {
    mount_at(handle, Path::new(""))
}

/// The number of the mount, which tells one from the next of the same device; zero if the kernel is too
/// old to tell. A server that does not answer is not waited for.
fn mount_at(folder: impl AsFd, path: &Path) -> u64 {
    /// Asks for a number that is never used again (Linux 6.8); older kernels ignore it.
    const UNIQUE: StatxFlags = StatxFlags::from_bits_retain(0x4000);
    let how =
        AtFlags::EMPTY_PATH | AtFlags::SYMLINK_NOFOLLOW | AtFlags::NO_AUTOMOUNT | AtFlags::STATX_DONT_SYNC;
    let answer = rustix::fs::statx(folder, path, how, StatxFlags::MNT_ID | UNIQUE);
    answer.map_or(0, |answer| answer.stx_mnt_id)
}
