//! Which file system a folder is on.

use std::fmt;
use std::io;
use std::os::fd::OwnedFd;
use std::os::unix::fs::MetadataExt;

use serde::{Deserialize, Serialize};

use super::file_system::{FileSystem, device_name};

const LINKS_BY_UUID: &str = "/dev/disk/by-uuid";

/// The identity of a file system. It is the same after a restart of the machine, except where the
/// system offers nothing better than a device number or a mount's source.
#[derive(Debug, Clone, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(transparent)]
pub struct Volume(String);

impl Volume {
    /// Takes it back from the text that was kept.
    pub fn from_text(text: &str) -> Self {
        Self(text.to_owned())
    }

    pub(crate) fn of(folder: &OwnedFd) -> io::Result<Self> {
        FileSystem::of(folder).map(|system| Self::identify(&system, uuid_of))
    }

    fn identify(system: &FileSystem, uuid_of: fn(u64) -> Option<String>) -> Self {
        let FileSystem { magic, id, device, .. } = *system;
        let own = system.has_own_id().then(|| format!("fs:{magic:x}:{id:016x}"));
        let text = own
            // For the rest `id` is mostly made from the device number, which depends on what is plugged in.
            .or_else(|| uuid_of(device).map(|uuid| format!("uuid:{uuid}")))
            .or_else(|| (id == 0 || system.without_events().is_some()).then(|| source_of(system)).flatten())
            .or_else(|| (id != 0).then(|| format!("fs:{magic:x}:{id:016x}")));
        Self(text.unwrap_or_else(|| format!("device:{}", device_name(device))))
    }
}

impl fmt::Display for Volume {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.0)
    }
}

fn source_of(system: &FileSystem) -> Option<String> {
    system.mount.as_ref().map(|mount| format!("source:{}:{}", mount.kind, mount.source))
}

fn uuid_of(device: u64) -> Option<String> {
    let mut links = std::fs::read_dir(LINKS_BY_UUID).ok()?.flatten();
    let link = links.find(|link| std::fs::metadata(link.path()).is_ok_and(|meta| meta.rdev() == device))?;
    link.file_name().into_string().ok()
}

#[cfg(test)]
mod tests {
    use super::super::mounts::Mount;
    use super::*;

    fn system(magic: u32, id: u64, kind: &str) -> FileSystem {
        let mount = Mount {
            device: "8:1".into(),
            point: "/media".into(),
            kind: kind.into(),
            source: "nas:/booth".into(),
        };
        FileSystem { magic, id, device: rustix::fs::makedev(8, 1), mount: Some(mount) }
    }

    fn text(system: &FileSystem, uuid_of: fn(u64) -> Option<String>) -> String {
        Volume::identify(system, uuid_of).to_string()
    }

    #[test]
    fn the_most_durable_identity_is_used() {
        let uuid: fn(u64) -> Option<String> = |_| Some("AB-12".to_owned());
        let none: fn(u64) -> Option<String> = |_| None;
        assert_eq!(text(&system(0xef53, 7, "ext4"), uuid), "fs:ef53:0000000000000007");
        assert_eq!(text(&system(0x4d44, 0x801, "vfat"), uuid), "uuid:AB-12");
        assert_eq!(text(&system(0x4d44, 0x801, "vfat"), none), "fs:4d44:0000000000000801");
        assert_eq!(text(&system(0x6969, 0, "nfs4"), none), "source:nfs4:nas:/booth");
        assert_eq!(text(&FileSystem { mount: None, ..system(1, 0, "") }, none), "device:8:1");
    }

    #[test]
    fn it_survives_being_written_down() {
        let volume = Volume::identify(&system(0xef53, 7, "ext4"), |_| None);
        assert_eq!(Volume::from_text(&volume.to_string()), volume);
        let json = serde_json::to_string(&volume).unwrap();
        assert_eq!(serde_json::from_str::<Volume>(&json).unwrap(), volume);
    }

    #[test]
    fn a_folder_keeps_its_volume_and_another_file_system_has_another() {
        let open = |path: &str| OwnedFd::from(std::fs::File::open(path).unwrap());
        assert_eq!(Volume::of(&open("/proc")).unwrap(), Volume::of(&open("/proc/self")).unwrap());
        assert_ne!(Volume::of(&open("/proc")).unwrap(), Volume::of(&open("/")).unwrap());
    }
}
