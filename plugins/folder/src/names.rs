//! Names of files that are no objects.

use kit::aside;

/// By which the host knows the drive again.
const MARKER: &str = ".boothsync-target";

/// Whether a file's name is that of an unfinished one, or the host's.
pub fn is_internal(name: &str) -> bool {
    name == MARKER || aside::is_beside(name)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn other_hidden_files_are_left_alone() {
        assert!(is_internal(MARKER) && is_internal(&aside::beside("a.jpg")));
        for name in [".boothsync-notes.part", "a.part", ".boothsync-", "a.jpg"] {
            assert!(!is_internal(name), "{name}");
        }
    }
}
