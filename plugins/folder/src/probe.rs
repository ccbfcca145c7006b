//! Finds out whether the folder can be written to.

use crate::drive::{Drive, Trouble};
use crate::fault::{check_base, of_object};
use kit::aside::beside;
use kit::Fault;

/// Enough that a full drive shows, little enough for a slow one.
const TRIAL_BYTES: usize = 256 * 1024;

/// Writes a hidden file and removes it at once: a drive that is full, worn or write-protected looks like
/// any other until it is written to, and the host goes on as soon as this succeeds.
pub fn probe(drive: &dyn Drive) -> Result<(), Fault> {
    check_base(drive)?;
    let trial = beside("probe");
    let written = write(drive, &trial);
    // Best effort: the trouble worth telling is the one of writing.
    let _ = drive.remove_file(&trial);
    written.map_err(|trouble| for_all(of_object(&trouble, "writing")))
}

/// A drive that cannot be written to stays so until a person looks at it.
fn for_all(fault: Fault) -> Fault {
    match fault {
        Fault::Rejected(text) | Fault::Retry(text) => Fault::Blocked(text),
        other => other,
    }
}

fn write(drive: &dyn Drive, trial: &str) -> Result<(), Trouble> {
    let mut file = drive.create(trial)?;
    file.write(&vec![0; TRIAL_BYTES])?;
    file.sync()
}
