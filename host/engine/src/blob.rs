//! The bytes of one object: an open plain file that nobody but the host can name.

use std::fs::File;
use std::io;
use std::os::unix::fs::{FileExt, MetadataExt};
use std::sync::{Arc, OnceLock};

use sha2::{Digest, Sha256};

use crate::names::MediaKey;

/// The folders that objects come from. A helper process may share them under these names.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum Root {
    /// The media folder.
    Media,
    /// The host's folder of rendered pages.
    Pages,
}

impl Root {
    /// The name that plugins see.
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Media => "media",
            Self::Pages => "pages",
        }
    }
}

/// Where a blob lies: a root and a path in it, never a path of the machine.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Origin {
    /// The folder.
    pub root: Root,
    /// The path below it, as the file system spells it.
    pub path: MediaKey,
}

/// What tells one state of a file from another without reading it.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct FileIdentity {
    /// Device and inode number.
    pub inode: (u64, u64),
    /// Size in bytes.
    pub size_bytes: u64,
    /// Last write to the content, nanoseconds since 1970.
    pub mtime_ns: i128,
    /// Last change of the inode, nanoseconds since 1970.
    pub ctime_ns: i128,
}

impl FileIdentity {
    /// Takes the identity out of what `stat` said.
    pub fn of(meta: &std::fs::Metadata) -> Self {
        let ns = |seconds: i64, rest: i64| i128::from(seconds) * 1_000_000_000 + i128::from(rest);
        Self {
            inode: (meta.dev(), meta.ino()),
            size_bytes: meta.len(),
            mtime_ns: ns(meta.mtime(), meta.mtime_nsec()),
            ctime_ns: ns(meta.ctime(), meta.ctime_nsec()),
        }
    }
}

/// An opened plain file. Reads are positional, so any number of readers can share it.
#[derive(Debug)]
pub struct Blob {
    origin: Origin,
    identity: FileIdentity,
    file: Arc<File>,
    sha256: OnceLock<String>,
}

impl Blob {
    /// Wraps an open plain file. `identity` was taken from this very handle.
    pub fn new(origin: Origin, identity: FileIdentity, file: File) -> Self {
        Self { origin, identity, file: Arc::new(file), sha256: OnceLock::new() }
    }

    /// Size in bytes when it was opened.
    pub fn size_bytes(&self) -> u64 {
        self.identity.size_bytes
    }

    /// Where it lies.
    pub fn origin(&self) -> &Origin {
        &self.origin
    }

    /// The file's identity when it was opened.
    pub fn identity(&self) -> &FileIdentity {
        &self.identity
    }

    /// The open file, for positional reads only.
    pub fn file(&self) -> &Arc<File> {
        &self.file
    }

    /// Reads up to `length` bytes from `offset`; shorter only at the end of the file. Blocks.
    pub fn read_at(&self, offset: u64, length: usize) -> io::Result<Vec<u8>> {
        let rest = self.size_bytes().saturating_sub(offset);
        let mut bytes = vec![0; length.min(usize::try_from(rest).unwrap_or(usize::MAX))];
        let mut filled = 0;
        while filled < bytes.len() {
            match self.file.read_at(&mut bytes[filled..], offset + filled as u64) {
                Ok(0) => break,
                Ok(n) => filled += n,
                Err(e) if e.kind() == io::ErrorKind::Interrupted => {}
                Err(e) => return Err(e),
            }
        }
        bytes.truncate(filled);
        Ok(bytes)
    }

    /// Lowercase hex SHA-256 of the content, computed once. Blocks while it reads the file.
    pub fn sha256(&self) -> io::Result<String> {
        if let Some(known) = self.sha256.get() {
            return Ok(known.clone());
        }
        let digest = self.digest::<Sha256>()?;
        Ok(self.sha256.get_or_init(|| digest).clone())
    }

    /// Lowercase hex of any digest of the content. Blocks while it reads the file.
    pub fn digest<D: Digest>(&self) -> io::Result<String> {
        const PORTION_BYTES: usize = 256 * 1024;
        let mut hasher = D::new();
        let mut offset = 0;
        while offset < self.size_bytes() {
            let portion = self.read_at(offset, PORTION_BYTES)?;
            if portion.is_empty() {
                return Err(io::ErrorKind::UnexpectedEof.into());
            }
            offset += portion.len() as u64;
            hasher.update(&portion);
        }
        Ok(hasher.finalize().iter().map(|byte| format!("{byte:02x}")).collect())
    }
}
