//! The folder that the host opened, through WASI's file functions.

use wasip2::filesystem::preopens::get_directories;
use wasip2::filesystem::types::{
    Descriptor, DescriptorFlags, DescriptorStat, DescriptorType, ErrorCode, OpenFlags, PathFlags,
};

use crate::drive::{Cause, Drive, Kind, Look, Trouble, Writing};
use kit::Fault;

/// Under this name the host opens the folder from the settings.
const NAME: &str = "/target";

pub struct Opened(Descriptor);

impl Opened {
    pub fn find() -> Result<Self, Fault> {
        let found = get_directories().into_iter().find(|(_, name)| name == NAME);
        let missing =
            || Fault::Blocked("The folder was not opened for this target: name it in the settings".into());
        found.map(|(folder, _)| Self(folder)).ok_or_else(missing)
    }

    fn folder(&self, path: &str) -> Result<Descriptor, ErrorCode> {
        let path = if path.is_empty() { "." } else { path };
        self.0.open_at(PathFlags::empty(), path, OpenFlags::DIRECTORY, DescriptorFlags::READ)
    }
}

impl Drive for Opened {
    fn look(&self, path: &str) -> Result<Option<Look>, Trouble> {
        let found = if path.is_empty() { self.0.stat() } else { self.0.stat_at(PathFlags::empty(), path) };
        match found {
            Ok(found) => Ok(Some(describe(&found))),
            Err(code) => {
                Err(trouble(code))
                    .or_else(|trouble| if trouble.is_missing() { Ok(None) } else { Err(trouble) })
            }
        }
    }

    fn list(&self, folder: &str) -> Result<Vec<(String, Kind)>, Trouble> {
        let folder = self.folder(folder).map_err(trouble)?;
        let entries = folder.read_directory().map_err(trouble)?;
        let mut names = Vec::new();
        loop {
            match entries.read_directory_entry() {
                Ok(Some(entry)) => names.push((entry.name, kind(entry.type_))),
                Ok(None) => return Ok(names),
                // A name that is not UTF-8 cannot be one of ours.
                Err(ErrorCode::IllegalByteSequence) => {}
                Err(code) => return Err(trouble(code)),
            }
        }
    }

    fn make_folder(&self, folder: &str) -> Result<(), Trouble> {
        self.0.create_directory_at(folder).map_err(trouble)
    }

    fn create(&self, path: &str) -> Result<Box<dyn Writing>, Trouble> {
        let flags = OpenFlags::CREATE | OpenFlags::TRUNCATE;
        let file =
            self.0.open_at(PathFlags::empty(), path, flags, DescriptorFlags::WRITE).map_err(trouble)?;
        Ok(Box::new(Written { file, end: 0 }))
    }

    fn rename(&self, from: &str, to: &str) -> Result<(), Trouble> {
        self.0.rename_at(from, &self.0, to).map_err(trouble)
    }

    fn remove_file(&self, path: &str) -> Result<(), Trouble> {
        self.0.unlink_file_at(path).map_err(trouble)
    }

    fn remove_folder(&self, folder: &str) -> Result<(), Trouble> {
        self.0.remove_directory_at(folder).map_err(trouble)
    }

    fn sync_folder(&self, folder: &str) {
        // Some file systems cannot do this for folders, and none can do more about it.
        let _ = self.folder(folder).and_then(|folder| folder.sync());
    }
}

struct Written {
    file: Descriptor,
    end: u64,
}

impl Writing for Written {
    fn write(&mut self, bytes: &[u8]) -> Result<(), Trouble> {
        let mut rest = bytes;
        while !rest.is_empty() {
            let written = self.file.write(rest, self.end).map_err(trouble)?;
            if written == 0 {
                return Err(Trouble { cause: Cause::Full, said: "nothing more was written".into() });
            }
            self.end += written;
            rest = usize::try_from(written).ok().and_then(|written| rest.get(written..)).unwrap_or_default();
        }
        Ok(())
    }

    fn sync(&mut self) -> Result<(), Trouble> {
        self.file.sync().map_err(trouble)
    }
}

fn describe(found: &DescriptorStat) -> Look {
    let modified = found.data_modification_timestamp;
    let modified = modified.map(|time| time.seconds * 1_000 + u64::from(time.nanoseconds / 1_000_000));
    Look { kind: kind(found.type_), size: found.size, modified }
}

fn kind(kind: DescriptorType) -> Kind {
    match kind {
        DescriptorType::RegularFile => Kind::File,
        DescriptorType::Directory => Kind::Folder,
        _ => Kind::Other,
    }
}

fn trouble(code: ErrorCode) -> Trouble {
    let cause = match code {
        ErrorCode::InsufficientSpace | ErrorCode::Quota => Cause::Full,
        ErrorCode::ReadOnly => Cause::ReadOnly,
        ErrorCode::Access | ErrorCode::NotPermitted => Cause::Denied,
        ErrorCode::NoEntry | ErrorCode::NoDevice | ErrorCode::NoSuchDevice => Cause::Missing,
        ErrorCode::NameTooLong | ErrorCode::Invalid | ErrorCode::IllegalByteSequence => Cause::BadName,
        ErrorCode::FileTooLarge => Cause::TooLarge,
        ErrorCode::Exist | ErrorCode::IsDirectory | ErrorCode::NotEmpty => Cause::InTheWay,
        ErrorCode::NotDirectory => Cause::NotAFolder,
        _ => Cause::Other,
    };
    Trouble { cause, said: code.message().to_owned() }
}
