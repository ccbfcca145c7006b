//! What trouble with the drive means for the call.

use kit::Fault;

use crate::drive::{Cause, Drive, Kind, Trouble};

const FULL: &str = "The drive is full: make room on it or use another one";
const READ_ONLY: &str = "The drive can only be read: check its write protection, or check it for errors and \
                         mount it anew";
const DENIED: &str =
    "The folder does not allow this: give the user that runs this service the right to read and \
                      write there, and have no links in it that lead elsewhere";
/// The sandbox reports a write-protected drive and a broken one alike.
const PERHAPS: &str = ": check whether it is write-protected, unplugged or damaged";
const NOT_THERE: &str = "The folder is not there: plug in or mount the drive, or create the folder on it";
const TOO_LARGE: &str = "The file is too large for the drive's file system";
const IN_THE_WAY: &str = "A folder stands where the file has to be, or a file where its folder has to be";

/// What trouble with the drive means while `doing` something to an object.
pub fn of_object(trouble: &Trouble, doing: &str) -> Fault {
    match trouble.cause {
        Cause::Full => Fault::Blocked(FULL.into()),
        Cause::ReadOnly => Fault::Blocked(READ_ONLY.into()),
        Cause::Denied => Fault::Blocked(DENIED.into()),
        Cause::BadName => {
            Fault::Rejected(format!("The drive cannot hold a file of this name ({})", trouble.said))
        }
        Cause::TooLarge => Fault::Rejected(TOO_LARGE.into()),
        Cause::InTheWay | Cause::NotAFolder => Fault::Rejected(IN_THE_WAY.into()),
        Cause::Missing | Cause::Other => {
            Fault::Retry(format!("The drive failed while {doing}{PERHAPS} ({})", trouble.said))
        }
    }
}

/// Makes sure that the folder itself is there: without the drive there is nothing to say about objects.
pub fn check_base(drive: &dyn Drive) -> Result<(), Fault> {
    match drive.look("") {
        Ok(Some(found)) if found.kind == Kind::Folder => Ok(()),
        Ok(Some(_)) => Err(Fault::Blocked("The path in the settings is not a folder".into())),
        Ok(None) => Err(Fault::Blocked(NOT_THERE.into())),
        Err(trouble) => Err(of_object(&trouble, "looking at the folder")),
    }
}
