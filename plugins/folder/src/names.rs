//! Names of files that are no objects.

use crate::drive::{join, parent};

const PREFIX: &str = ".boothsync-";
const SUFFIX: &str = ".part";
/// By which the host knows the drive again.
const MARKER: &str = ".boothsync-target";

/// Where a file is written before it is renamed: in the same folder, hidden, and always under the same
/// name, so that another attempt overwrites what an interrupted one left behind.
pub fn beside(path: &str) -> String {
    join(parent(path), &format!("{PREFIX}{:016x}{SUFFIX}", fnv1a(path.as_bytes())))
}

/// Whether a file name is one of those, or the host's.
pub fn is_internal(name: &str) -> bool {
    name == MARKER || is_beside(name)
}

fn is_beside(name: &str) -> bool {
    name.strip_prefix(PREFIX)
        .and_then(|rest| rest.strip_suffix(SUFFIX))
        .is_some_and(|hash| hash.len() == 16 && hash.bytes().all(|b| b.is_ascii_hexdigit()))
}

/// FNV-1a, 64 bits: names have to differ from each other here, not to resist anybody.
fn fnv1a(bytes: &[u8]) -> u64 {
    bytes.iter().fold(0xcbf2_9ce4_8422_2325, |hash, byte| {
        (hash ^ u64::from(*byte)).wrapping_mul(0x0000_0100_0000_01b3)
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_name_beside_is_in_the_same_folder_and_recognised() {
        let aside = beside("media/full/a b.jpg");
        assert_eq!(parent(&aside), "media/full");
        assert_eq!(aside, beside("media/full/a b.jpg"));
        assert!(is_internal(&aside["media/full/".len()..]));
        assert_eq!(parent(&beside("index.html")), "");
    }

    #[test]
    fn other_hidden_files_are_left_alone() {
        for name in [".boothsync-notes.part", "a.part", ".boothsync-", "a.jpg"] {
            assert!(!is_internal(name), "{name}");
        }
    }
}
