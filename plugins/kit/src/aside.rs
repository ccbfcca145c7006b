//! Names of files that are not finished yet.

const PREFIX: &str = ".boothsync-";
const SUFFIX: &str = ".part";

/// Where an object is written before it is moved to its path: in the same folder, hidden, and always
/// under the same name, so that another attempt overwrites what an interrupted one left behind.
pub fn beside(path: &str) -> String {
    let folder = path.rsplit_once('/').map_or(String::new(), |(folder, _)| format!("{folder}/"));
    format!("{folder}{PREFIX}{:016x}{SUFFIX}", fnv1a(path.as_bytes()))
}

/// Whether a path, or a file's name alone, is one that [`beside`] gave.
pub fn is_beside(path: &str) -> bool {
    let name = path.rsplit('/').next().unwrap_or(path);
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
    fn a_name_beside_stays_in_the_folder_and_never_changes() {
        let name = beside("media/processed_full/a b.jpg");
        assert_eq!(name, beside("media/processed_full/a b.jpg"));
        assert!(name.starts_with("media/processed_full/.boothsync-"), "{name}");
        assert_ne!(name, beside("media/processed_full/a c.jpg"));
        assert!(beside("index.html").starts_with(".boothsync-"));
    }

    #[test]
    fn names_beside_are_recognised_and_others_are_not() {
        assert!(is_beside(&beside("media/a.jpg")) && is_beside(&beside("index.html")));
        for name in [".boothsync-notes.part", "media/a.part", ".boothsync-", "a.jpg"] {
            assert!(!is_beside(name), "{name}");
        }
    }
}
