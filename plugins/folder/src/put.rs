//! Writes one object: beside its place, flushed, then renamed.

use crate::drive::{parent, Cause, Drive, Kind, Trouble};
use crate::fault::{check_base, of_object};
use kit::aside::beside;
use kit::Fault;

/// The bytes of an object, as the host hands them out.
pub trait Content {
    /// The next bytes from `offset`, empty only at the end.
    fn read(&mut self, offset: u64) -> Result<Vec<u8>, Fault>;
    /// Tells how far the work is. A fault means: stop.
    fn progress(&mut self, done: u64, total: u64) -> Result<(), Fault>;
}

/// Makes the folder hold an object of `size` bytes and gives its receipt.
pub fn put(drive: &dyn Drive, path: &str, size: u64, content: &mut dyn Content) -> Result<String, Fault> {
    check_base(drive)?;
    make_folders(drive, parent(path)).map_err(|trouble| of_object(&trouble, "making a folder"))?;
    let aside = beside(path);
    let written = write(drive, &aside, size, content).and_then(|()| rename(drive, &aside, path));
    if written.is_err() {
        // Best effort: the next attempt writes over it anyway.
        let _ = drive.remove_file(&aside);
    }
    written.map(|()| receipt(drive, path, size))
}

fn make_folders(drive: &dyn Drive, folder: &str) -> Result<(), Trouble> {
    if folder.is_empty() || drive.look(folder)?.is_some_and(|found| found.kind == Kind::Folder) {
        return Ok(());
    }
    make_folders(drive, parent(folder))?;
    match drive.make_folder(folder) {
        // Another put was faster, unless it is a file that has this name.
        Err(trouble) if trouble.cause == Cause::InTheWay => match drive.look(folder)? {
            Some(found) if found.kind == Kind::Folder => Ok(()),
            _ => Err(trouble),
        },
        made => made,
    }
}

fn write(drive: &dyn Drive, aside: &str, size: u64, content: &mut dyn Content) -> Result<(), Fault> {
    let failed = |trouble: Trouble| of_object(&trouble, "writing");
    let mut file = drive.create(aside).map_err(failed)?;
    let mut done = 0;
    loop {
        let part = content.read(done)?;
        if part.is_empty() {
            break;
        }
        file.write(&part).map_err(failed)?;
        done += part.len() as u64;
        content.progress(done, size)?;
    }
    if done != size {
        return Err(Fault::Retry(format!(
            "The file changed while it was copied: {done} bytes instead of {size}"
        )));
    }
    file.sync().map_err(failed)
}

fn rename(drive: &dyn Drive, aside: &str, path: &str) -> Result<(), Fault> {
    drive.rename(aside, path).map_err(|trouble| of_object(&trouble, "renaming"))?;
    drive.sync_folder(parent(path));
    Ok(())
}

fn receipt(drive: &dyn Drive, path: &str, size: u64) -> String {
    let modified = drive.look(path).ok().flatten().and_then(|found| found.modified);
    serde_json::json!({"v": 1, "size": size, "modified": modified}).to_string()
}
