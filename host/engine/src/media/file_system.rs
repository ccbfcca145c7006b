//! What kind of file system a folder is on, and so what can be expected of it.

use std::io;
use std::os::fd::OwnedFd;

use rustix::fs::{major, minor};

use super::mounts::{self, Mount};

/// File systems whose content can change without this machine's kernel knowing, by the number that
/// `statfs` gives.
const REMOTE: &[(u32, &str)] = &[
    (0x6969, "NFS"),
    (0x517b, "SMB"),
    (0xfe53_4d42, "SMB"),
    (0xff53_4d42, "CIFS"),
    (0x0102_1997, "9p"),
    (0x00c3_6400, "Ceph"),
    (0x5346_414f, "AFS"),
    (0x6b41_4653, "AFS"),
    (0x7375_7245, "Coda"),
    (0x564c, "NCP"),
    (0x0116_1970, "GFS2"),
    (0x7461_636f, "OCFS2"),
    (0x0bd0_0bd0, "Lustre"),
    (0x786f_4256, "a VirtualBox shared folder"),
    (0xbacb_acbc, "a VMware shared folder"),
];
const FUSE: u32 = 0x6573_5546;
const EXT: u32 = 0xef53;
const BTRFS: u32 = 0x9123_683e;
const ZFS: u32 = 0x2fc1_2fc1;

/// A mounted file system.
#[derive(Debug)]
pub(crate) struct FileSystem {
    /// The number that `statfs` gives its type.
    pub magic: u32,
    /// The number that `statfs` gives itself; zero if it gives none.
    pub id: u64,
    /// Its device.
    pub device: u64,
    /// Its line in the table of mounts.
    pub mount: Option<Mount>,
}

impl FileSystem {
    /// Asks about the file system that `folder` is on.
    #[allow(clippy::useless_conversion, reason = "the types of the fields differ between machines")]
    pub fn of(folder: &OwnedFd) -> io::Result<Self> {
        let kind = rustix::fs::fstatfs(folder)?.f_type;
        let device: u64 = rustix::fs::fstat(folder)?.st_dev.into();
        let name = device_name(device);
        Ok(Self {
            // The number is a signed word of 32 or 64 bits, of which 32 count.
            magic: (i64::from(kind) & 0xffff_ffff) as u32,
            id: rustix::fs::fstatvfs(folder)?.f_fsid,
            device,
            mount: mounts::all().into_iter().find(|mount| mount.device == name),
        })
    }

    /// Why changes have to be looked for; `None` if the kernel reports all of them.
    pub fn without_events(&self) -> Option<String> {
        if let Some((_, name)) = REMOTE.iter().find(|(magic, _)| *magic == self.magic) {
            return Some(format!("the folder is on {name}, which does not report changes made elsewhere"));
        }
        let kind = self.mount.as_ref().map_or("fuse", |mount| mount.kind.as_str());
        // `fuseblk` is a local disk, for example NTFS: all changes are made through this kernel.
        (self.magic == FUSE && kind != "fuseblk")
            .then(|| format!("the folder is on {kind}, which may not report changes made elsewhere"))
    }

    /// Whether `id` comes from the file system's own UUID rather than from its device.
    pub fn has_own_id(&self) -> bool {
        self.id != 0 && matches!(self.magic, EXT | BTRFS | ZFS)
    }
}

/// A device as `major:minor`.
pub(crate) fn device_name(device: u64) -> String {
    format!("{}:{}", major(device), minor(device))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn on(magic: u32, kind: &str) -> FileSystem {
        let mount =
            Mount { device: "0:1".into(), point: "/media".into(), kind: kind.into(), source: "x".into() };
        FileSystem { magic, id: 0, device: 1, mount: Some(mount) }
    }

    #[test]
    fn file_systems_that_others_can_change_have_no_events() {
        for (magic, kind) in
            [(0x6969, "nfs4"), (0xfe53_4d42, "cifs"), (0xff53_4d42, "cifs"), (0x0102_1997, "9p")]
        {
            assert!(on(magic, kind).without_events().is_some(), "{kind}");
        }
        let why = on(FUSE, "fuse.sshfs").without_events().unwrap();
        assert_eq!(why, "the folder is on fuse.sshfs, which may not report changes made elsewhere");
        assert!(FileSystem { mount: None, ..on(FUSE, "") }.without_events().is_some());
    }

    #[test]
    fn local_file_systems_have_events() {
        for (magic, kind) in [(EXT, "ext4"), (FUSE, "fuseblk"), (0x0102_1994, "tmpfs"), (0x4d44, "vfat")] {
            assert_eq!(on(magic, kind).without_events(), None, "{kind}");
        }
    }
}
