//! What one event of the file system says, in our words.

use std::path::Path;

use notify::event::{AccessKind, AccessMode, CreateKind, ModifyKind, RemoveKind, RenameMode};
use notify::{Event, EventKind};

use crate::names::MediaKey;

/// Something happened to a name.
#[derive(Debug, PartialEq, Eq)]
pub(super) enum Change {
    /// A file, link, pipe or socket appeared.
    Created(MediaKey),
    /// A folder was made.
    FolderCreated(MediaKey),
    /// Somebody opened it, for whatever purpose.
    Opened(MediaKey),
    /// Somebody wrote to it.
    Written(MediaKey),
    /// Somebody who could write to it closed it.
    Closed(MediaKey),
    /// Its times, owner or permissions changed; it may be a folder.
    Touched(MediaKey),
    /// It was renamed to something else, in the rename of this number; it may be a folder.
    Left(MediaKey, Option<usize>),
    /// Something was renamed to it; it may be a folder.
    Arrived(MediaKey, Option<usize>),
    /// It was deleted; it may be a folder.
    Gone(MediaKey),
    /// Something happened to the media folder itself.
    Root,
    /// Events were lost.
    Lost,
}

impl Change {
    /// Reads an event about something in `root`. `None`: it means nothing to us, or the name is not
    /// UTF-8 and so can be no key.
    pub fn of(root: &Path, event: &Event) -> Option<Self> {
        if event.need_rescan() {
            return Some(Self::Lost);
        }
        let below = event.paths.first()?.strip_prefix(root).ok()?;
        let made: fn(MediaKey, Option<usize>) -> Self = match event.kind {
            EventKind::Create(CreateKind::Folder) => |key, _| Self::FolderCreated(key),
            EventKind::Create(_) => |key, _| Self::Created(key),
            EventKind::Access(AccessKind::Open(_)) => |key, _| Self::Opened(key),
            EventKind::Access(AccessKind::Close(AccessMode::Write)) => |key, _| Self::Closed(key),
            EventKind::Modify(ModifyKind::Data(_)) => |key, _| Self::Written(key),
            EventKind::Modify(ModifyKind::Metadata(_)) => |key, _| Self::Touched(key),
            // `Both` follows these two and says nothing new.
            EventKind::Modify(ModifyKind::Name(RenameMode::From)) => Self::Left,
            EventKind::Modify(ModifyKind::Name(RenameMode::To)) => Self::Arrived,
            EventKind::Remove(
                RemoveKind::Any | RemoveKind::File | RemoveKind::Folder | RemoveKind::Other,
            ) => |key, _| Self::Gone(key),
            _ => return None,
        };
        if below.as_os_str().is_empty() {
            // Looking into it is not worth a check.
            return (!matches!(event.kind, EventKind::Access(_))).then_some(Self::Root);
        }
        Some(made(MediaKey::new(below.to_str()?).ok()?, event.tracker()))
    }
}

#[cfg(test)]
mod tests {
    use std::ffi::OsStr;
    use std::os::unix::ffi::OsStrExt;

    use notify::event::Flag;

    use super::*;

    fn read(kind: EventKind, path: &Path) -> Option<Change> {
        Change::of(Path::new("/media"), &Event::new(kind).add_path(path.to_owned()))
    }

    #[test]
    fn a_name_that_is_not_utf_8_is_ignored() {
        let kind = EventKind::Access(AccessKind::Close(AccessMode::Write));
        assert_eq!(read(kind, Path::new("/media/a b")), Some(Change::Closed(MediaKey::new("a b").unwrap())));
        assert_eq!(read(kind, Path::new(OsStr::from_bytes(b"/media/\xff"))), None);
        assert_eq!(read(kind, Path::new("/elsewhere/a")), None);
    }

    #[test]
    fn what_happens_to_the_folder_itself_is_told_apart() {
        assert_eq!(read(EventKind::Remove(RemoveKind::Folder), Path::new("/media")), Some(Change::Root));
        assert_eq!(read(EventKind::Access(AccessKind::Open(AccessMode::Any)), Path::new("/media")), None);
    }

    #[test]
    fn lost_events_are_noticed_without_a_path() {
        let event = Event::new(EventKind::Other).set_flag(Flag::Rescan);
        assert_eq!(Change::of(Path::new("/media"), &event), Some(Change::Lost));
    }
}
