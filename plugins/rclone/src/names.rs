//! Names of files that are not finished yet.

const PREFIX: &str = ".boothsync-";
const SUFFIX: &str = ".part";

/// Where an object is uploaded before it is moved to its path: in the same folder, hidden, and always
/// under the same name, so that another attempt overwrites what an interrupted one left behind.
pub fn beside(path: &str) -> String {
    let folder = path.rsplit_once('/').map_or(String::new(), |(folder, _)| format!("{folder}/"));
    format!("{folder}{PREFIX}{:016x}{SUFFIX}", fnv1a(path.as_bytes()))
}

/// Whether a path is one that [`beside`] gave.
pub fn is_beside(path: &str) -> bool {
    name(path)
        .strip_prefix(PREFIX)
        .and_then(|rest| rest.strip_suffix(SUFFIX))
        .is_some_and(|hash| hash.len() == 16 && is_hex(hash))
}

/// The object that a path is an unfinished upload of, if it is one of rclone's own
/// `NAME.<8 hex digits>.partial`. The digits depend on the content's size and time, so nobody writes
/// over what an interrupted upload left once the picture has changed. Of names longer than 100 bytes
/// rclone cuts the end off: what is given for those is no object's path.
pub fn unfinished(path: &str) -> Option<&str> {
    let (object, hash) = path.strip_suffix(".partial")?.rsplit_once('.')?;
    (hash.len() == 8 && is_hex(hash) && !name(object).is_empty()).then_some(object)
}

fn name(path: &str) -> &str {
    path.rsplit('/').next().unwrap_or(path)
}

fn is_hex(text: &str) -> bool {
    text.bytes().all(|b| b.is_ascii_hexdigit())
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
    fn unfinished_uploads_are_recognised() {
        assert!(is_beside(&beside("media/a.jpg")));
        assert_eq!(unfinished("media/p.jpg.e0be3739.partial"), Some("media/p.jpg"));
    }

    #[test]
    fn pictures_with_similar_names_are_not_unfinished() {
        let names =
            ["media/a.jpg", "a.partial", "media/a.jpg.xyz.partial", "media/.e0be3739.partial", ".partial"];
        for name in names.into_iter().chain([".boothsync-notes.part"]) {
            assert_eq!((is_beside(name), unfinished(name)), (false, None), "{name}");
        }
    }
}
