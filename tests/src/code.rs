//! Compiled plugins, kept from one test to the next: an unoptimised compiler takes seconds for what a
//! booth does once in its life.

use std::fs;
use std::os::unix::fs::DirBuilderExt;
use std::path::{Path, PathBuf};

/// Gives a new booth what was compiled before. The program checks what it finds there.
pub(crate) fn hand_out(data: &Path) {
    let Some(shelf) = shelf() else { return };
    copy_new(&shelf, &in_booth(data));
}

/// Keeps what a booth has compiled.
pub(crate) fn take_in(data: &Path) {
    if let Some(shelf) = shelf() {
        copy_new(&in_booth(data), &shelf);
    }
}

fn in_booth(data: &Path) -> PathBuf {
    data.join("cache/code")
}

/// Beside the tests, so that it goes when they are cleaned away.
fn shelf() -> Option<PathBuf> {
    let test = std::env::current_exe().ok()?;
    Some(test.parent()?.parent()?.join("booth-tests-code"))
}

/// Copies what is missing in `to`, each file at once, because several tests run side by side.
fn copy_new(from: &Path, to: &Path) {
    let found: Vec<_> = fs::read_dir(from).into_iter().flatten().flatten().collect();
    if found.is_empty() {
        return;
    }
    fs::DirBuilder::new().recursive(true).mode(0o700).create(to).unwrap();
    for entry in found.iter().filter(|entry| entry.path().extension().is_some_and(|ending| ending == "cwasm"))
    {
        let place = to.join(entry.file_name());
        if !place.exists() {
            let aside = to.join(format!("{}.tmp", std::process::id()));
            // Gone meanwhile, or somebody else was quicker: the booth compiles for itself.
            let _ = fs::copy(entry.path(), &aside).and_then(|_| fs::rename(&aside, &place));
        }
    }
}
