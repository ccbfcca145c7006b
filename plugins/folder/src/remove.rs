//! Deletes one object and the folders that it leaves empty.

use crate::drive::{parent, Drive, Kind};
use crate::fault::{check_base, of_object};
use kit::aside::beside;
use kit::Fault;

/// Folders below this one belong to the pictures; it and what lies beside it may have been there before.
const MEDIA: &str = "media/";

/// Makes the folder not hold an object. One that is gone already is success.
pub fn delete(drive: &dyn Drive, path: &str) -> Result<(), Fault> {
    check_base(drive)?;
    remove_file(drive, &beside(path))?;
    remove_file(drive, path)?;
    remove_empty_parents(drive, path);
    Ok(())
}

fn remove_file(drive: &dyn Drive, path: &str) -> Result<(), Fault> {
    let removed = match drive.look(path) {
        Ok(Some(found)) if found.kind != Kind::Folder => drive.remove_file(path),
        Ok(_) => Ok(()),
        Err(trouble) => Err(trouble),
    };
    match removed {
        Err(trouble) if !trouble.is_missing() => Err(of_object(&trouble, "deleting")),
        _ => Ok(()),
    }
}

/// From the innermost outwards, as long as they are empty: a folder with anything in it refuses to go.
fn remove_empty_parents(drive: &dyn Drive, path: &str) {
    let mut folder = parent(path);
    while folder.starts_with(MEDIA) && drive.remove_folder(folder).is_ok() {
        folder = parent(folder);
    }
}
