//! Reading and writing one small file so that a power cut leaves the old or the new one.

use std::fs::{File, OpenOptions, Permissions};
use std::io::{self, Read, Write};
use std::os::unix::fs::{OpenOptionsExt, PermissionsExt};
use std::path::{Path, PathBuf};

use rustix::fs::{CWD, RenameFlags, renameat_with};
use rustix::io::Errno;

use super::IdentityError;

/// For the owner alone.
const MODE: u32 = 0o600;

/// The text of the file, `None` if there is no such file. A file that others may read is closed to
/// them.
pub(super) fn read(path: &Path) -> Result<Option<String>, IdentityError> {
    let failed = |source| IdentityError::File { action: "read", path: path.into(), source };
    let mut file = match File::open(path) {
        Ok(file) => file,
        Err(error) if error.kind() == io::ErrorKind::NotFound => return Ok(None),
        Err(error) => return Err(failed(error)),
    };
    close_to_others(&file, path).map_err(failed)?;
    let mut bytes = Vec::new();
    file.read_to_end(&mut bytes).map_err(failed)?;
    let damaged = |_| IdentityError::Damaged { path: path.into(), problem: "it is not UTF-8 text".into() };
    String::from_utf8(bytes).map(Some).map_err(damaged)
}

fn close_to_others(file: &File, path: &Path) -> io::Result<()> {
    let mode = file.metadata()?.permissions().mode();
    if mode & 0o077 != 0 {
        let path = path.display();
        tracing::warn!("`{path}` holds secrets and could be read by others; now only its owner can");
        file.set_permissions(Permissions::from_mode(MODE))?;
    }
    Ok(())
}

/// Makes the file with `text`, unless somebody else was faster; returns what it holds then.
pub(super) fn create(path: &Path, text: &str) -> Result<String, IdentityError> {
    let placed = write(path, text, |beside| match no_replace(beside, path) {
        // Somebody made it meanwhile: theirs counts.
        Err(Errno::EXIST) => std::fs::remove_file(beside),
        // Some file systems cannot promise not to replace.
        Err(Errno::INVAL | Errno::NOSYS) => std::fs::rename(beside, path),
        other => Ok(other?),
    });
    placed.map_err(|source| IdentityError::File { action: "write", path: path.into(), source })?;
    Ok(read(path)?.unwrap_or_else(|| text.to_owned()))
}

fn no_replace(from: &Path, to: &Path) -> Result<(), Errno> {
    renameat_with(CWD, from, CWD, to, RenameFlags::NOREPLACE)
}

/// Puts `text` in the place of the file.
pub(super) fn replace(path: &Path, text: &str) -> Result<(), IdentityError> {
    write(path, text, |beside| std::fs::rename(beside, path)).map_err(|source| IdentityError::File {
        action: "write",
        path: path.into(),
        source,
    })
}

/// Writes `text` beside `path`, lets `place` move it there, and syncs file and folder.
fn write(path: &Path, text: &str, place: impl FnOnce(&Path) -> io::Result<()>) -> io::Result<()> {
    let beside = beside(path);
    let placed = write_new(&beside, text).and_then(|()| place(&beside));
    if placed.is_err() {
        let _ = std::fs::remove_file(&beside);
        return placed;
    }
    let folder = path.parent().filter(|parent| !parent.as_os_str().is_empty());
    File::open(folder.unwrap_or(Path::new(".")))?.sync_all()
}

fn write_new(path: &Path, text: &str) -> io::Result<()> {
    match std::fs::remove_file(path) {
        Err(error) if error.kind() != io::ErrorKind::NotFound => return Err(error),
        _ => {}
    }
    let mut file = OpenOptions::new().write(true).create_new(true).mode(MODE).open(path)?;
    file.write_all(text.as_bytes())?;
    file.sync_all()
}

/// A name in the same folder that no other process uses.
fn beside(path: &Path) -> PathBuf {
    path.with_extension(format!("toml.{}.new", std::process::id()))
}
