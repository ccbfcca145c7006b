//! A disk that is soon full.

use std::path::Path;
use std::process::{Command, Stdio};

use tempfile::TempDir;

/// A file system of a few megabytes, unmounted when it is dropped.
pub struct SmallDisk {
    folder: TempDir,
}

impl SmallDisk {
    /// Mounts one; `None` where that is not allowed.
    pub fn mount(megabytes: u32) -> Option<Self> {
        let folder = tempfile::tempdir().unwrap();
        let size = format!("size={megabytes}m");
        let mounted = quietly("mount", &["-t", "tmpfs", "-o", &size, "tmpfs", text(folder.path())]);
        mounted.then_some(Self { folder })
    }

    /// Where it is mounted.
    pub fn path(&self) -> &Path {
        self.folder.path()
    }

    /// Gives it another size, keeping what is on it.
    pub fn resize(&self, megabytes: u32) {
        let options = format!("remount,size={megabytes}m");
        assert!(quietly("mount", &["-o", &options, text(self.path())]), "the disk could not be resized");
    }
}

impl Drop for SmallDisk {
    fn drop(&mut self) {
        // Lazily: a server that is just being killed may still have a file open on it.
        quietly("umount", &["--lazy", text(self.folder.path())]);
    }
}

/// Whether small disks can be had here.
pub(crate) fn can_mount() -> bool {
    SmallDisk::mount(1).is_some()
}

fn quietly(program: &str, args: &[&str]) -> bool {
    let mut command = Command::new(program);
    command.args(args).stdin(Stdio::null()).stdout(Stdio::null()).stderr(Stdio::null());
    command.status().is_ok_and(|status| status.success())
}

fn text(path: &Path) -> &str {
    path.to_str().expect("temporary folders have plain names")
}
