//! What tasks read out of the service's log.

/// An object that a target has taken.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Uploaded {
    /// Which target.
    pub target: String,
    /// Its path on the target.
    pub path: String,
    /// Its size in bytes.
    pub size_bytes: u64,
}

/// What a line such as ``... uploaded media/a b.jpg to `webspace` ... size_bytes=1234 ...`` tells.
pub fn uploaded(line: &str) -> Option<Uploaded> {
    let (_, rest) = line.split_once(" uploaded ")?;
    let (path, fields) = rest.split_once(" to `")?;
    let target = fields.split_once('`')?.0.to_owned();
    let size = fields.split_once("size_bytes=")?.1.split(' ').next()?;
    Some(Uploaded { target, path: path.to_owned(), size_bytes: size.parse().ok()? })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_upload_is_read_from_its_line() {
        let line = "2026-06-20T19:00:00Z  INFO uploaded media/a/party 1.jpg to `webspace` target.name=webspace \
                    object.path=media/a/party 1.jpg size_bytes=1234 took_ms=31";
        let target = "webspace".into();
        let path = "media/a/party 1.jpg".into();
        assert_eq!(uploaded(line), Some(Uploaded { target, path, size_bytes: 1234 }));
        assert_eq!(uploaded("INFO deleted media/a.jpg from `webspace`"), None);
    }
}
