//! Looks at what the folder holds.

use crate::drive::{join, Cause, Drive, Kind, Look, Trouble};
use crate::fault::{check_base, of_object};
use crate::names::is_internal;
use kit::Fault;

/// One file in the folder.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Found {
    /// Path below the folder, with `/`.
    pub path: String,
    /// Size in bytes.
    pub size: u64,
    /// When it was last written, Unix time in milliseconds.
    pub modified: Option<u64>,
}

/// Entries are handed over in parts of this many.
const BATCH: usize = 500;

/// Looks at one object.
pub fn stat(drive: &dyn Drive, path: &str) -> Result<Option<Found>, Fault> {
    check_base(drive)?;
    let found = drive.look(path).map_err(|trouble| of_object(&trouble, "looking at a file"))?;
    Ok(found.filter(|found| found.kind == Kind::File).map(|found| describe(path.to_owned(), found)))
}

/// Lists all plain files below the folder. Links are not followed and not listed. A folder that cannot
/// be read fails the scan if it could hold our objects; elsewhere (`lost+found` of a whole drive) it is
/// passed over, and `skipped` is told.
pub fn scan(
    drive: &dyn Drive,
    mut add: impl FnMut(Vec<Found>) -> Result<(), Fault>,
    mut skipped: impl FnMut(&str),
) -> Result<(), Fault> {
    check_base(drive)?;
    let mut folders = vec![String::new()];
    let mut batch = Vec::new();
    while let Some(folder) = folders.pop() {
        match list(drive, &folder) {
            Ok(mut inside) => {
                folders.append(&mut inside.folders);
                batch.append(&mut inside.files);
            }
            // Removed since its parent was read.
            Err(trouble) if trouble.is_missing() && !folder.is_empty() => {}
            Err(trouble) if trouble.cause == Cause::Denied && !is_ours(&folder) => skipped(&folder),
            Err(trouble) => return Err(of_object(&trouble, "listing a folder")),
        }
        while batch.len() >= BATCH {
            add(batch.drain(..BATCH).collect())?;
        }
    }
    if batch.is_empty() {
        Ok(())
    } else {
        add(batch)
    }
}

fn is_ours(folder: &str) -> bool {
    folder.is_empty() || folder == "media" || folder.starts_with("media/")
}

#[derive(Default)]
struct Inside {
    files: Vec<Found>,
    folders: Vec<String>,
}

fn list(drive: &dyn Drive, folder: &str) -> Result<Inside, Trouble> {
    let mut inside = Inside::default();
    for (name, kind) in drive.list(folder)? {
        let path = join(folder, &name);
        match kind {
            Kind::Folder => inside.folders.push(path),
            Kind::File if !is_internal(&name) => {
                let found = drive.look(&path)?.filter(|found| found.kind == Kind::File);
                inside.files.extend(found.map(|found| describe(path, found)));
            }
            Kind::File | Kind::Other => {}
        }
    }
    Ok(inside)
}

fn describe(path: String, found: Look) -> Found {
    Found { path, size: found.size, modified: found.modified }
}
