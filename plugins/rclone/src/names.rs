//! Names that rclone gives files that are not finished yet.

/// The object that a path is an unfinished upload of, if it is one of rclone's own
/// `NAME.<8 hex digits>.partial`. The digits depend on the content's size and time, so nobody writes
/// over what an interrupted upload left once the picture has changed. Of names longer than 100 bytes
/// rclone cuts the end off: what is given for those is no object's path.
pub fn unfinished(path: &str) -> Option<&str> {
    let (object, hash) = path.strip_suffix(".partial")?.rsplit_once('.')?;
    let named = object.rsplit('/').next().is_some_and(|name| !name.is_empty());
    (named && hash.len() == 8 && hash.bytes().all(|b| b.is_ascii_hexdigit())).then_some(object)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn unfinished_uploads_are_recognised() {
        assert_eq!(unfinished("media/p.jpg.e0be3739.partial"), Some("media/p.jpg"));
    }

    #[test]
    fn pictures_with_similar_names_are_not_unfinished() {
        let names =
            ["media/a.jpg", "a.partial", "media/a.jpg.xyz.partial", "media/.e0be3739.partial", ".partial"];
        for name in names {
            assert_eq!(unfinished(name), None, "{name}");
        }
    }
}
