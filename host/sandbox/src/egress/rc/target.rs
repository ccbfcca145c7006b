//! What `@target` stands for: the remote and the folder from a target's settings. Pure.

use engine::MediaKey;

/// The file system of a target, as rclone is told. The same settings give the same text, because each
/// text is a pool of connections of its own.
pub(crate) fn target_fs(remote: &str, subdir: &str) -> Result<String, String> {
    let (remote, subdir) = (remote.trim(), subdir.trim().trim_matches('/'));
    if !remote.starts_with('/') && !remote.contains(':') {
        return Err(format!(
            "the remote `{remote}` lacks its colon; write `{remote}:` for a remote of rclone's configuration, or an absolute path"
        ));
    }
    if !subdir.is_empty() && MediaKey::new(subdir).is_err() {
        return Err(format!("the folder `{subdir}` must be relative, without empty, `.` or `..` parts"));
    }
    if remote.chars().chain(subdir.chars()).any(char::is_control) {
        return Err("remote and folder cannot hold control characters".into());
    }
    let remote = if remote == "/" { remote } else { remote.trim_end_matches('/') };
    Ok(match (subdir, remote.ends_with([':', '/'])) {
        ("", _) => remote.to_owned(),
        (subdir, true) => format!("{remote}{subdir}"),
        (subdir, false) => format!("{remote}/{subdir}"),
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn remote_and_folder_become_one_name() {
        for (remote, subdir, fs) in [
            ("ftp:", "photos", "ftp:photos"),
            ("ftp:", "", "ftp:"),
            ("ftp:base", "photos/x", "ftp:base/photos/x"),
            ("ftp:base/", "/photos/", "ftp:base/photos"),
            ("/mnt/nas", "photos", "/mnt/nas/photos"),
            ("/", "photos", "/photos"),
            (":ftp,host=a.example:", "p", ":ftp,host=a.example:p"),
        ] {
            assert_eq!(target_fs(remote, subdir).as_deref(), Ok(fs), "{remote} {subdir}");
        }
    }

    #[test]
    fn a_forgotten_colon_is_noticed() {
        assert!(target_fs("ftp", "photos").unwrap_err().contains("`ftp:`"));
        assert!(target_fs("ftp/photos", "").is_err());
        assert!(target_fs("", "").is_err());
    }

    #[test]
    fn a_folder_does_not_lead_out_of_the_remote() {
        for bad in ["../x", "a/../../x", "a//b", "."] {
            assert!(target_fs("ftp:", bad).is_err(), "{bad}");
        }
    }
}
