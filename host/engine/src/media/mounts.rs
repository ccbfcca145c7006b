//! What is mounted where, as the kernel tells this process.

use std::path::{Path, PathBuf};

const TABLE: &str = "/proc/self/mountinfo";

/// One mounted file system.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Mount {
    /// Device as `major:minor`.
    pub device: String,
    /// Where it is mounted.
    pub point: PathBuf,
    /// Its type, such as `ext4` or `fuse.sshfs`.
    pub kind: String,
    /// What is mounted, such as `/dev/sda1` or `//nas/share`.
    pub source: String,
}

/// All mounts, in the order they were made. Empty where the system does not tell.
pub(crate) fn all() -> Vec<Mount> {
    let table = std::fs::read(TABLE).unwrap_or_default();
    String::from_utf8_lossy(&table).lines().filter_map(parse).collect()
}

/// Where something is mounted inside `folder`, without the folder itself.
pub(crate) fn inside(folder: &Path) -> Vec<PathBuf> {
    let points = all().into_iter().map(|mount| mount.point);
    points.filter(|point| point != folder && point.starts_with(folder)).collect()
}

fn parse(line: &str) -> Option<Mount> {
    let (place, what) = line.split_once(" - ")?;
    let mut place = place.split(' ');
    let device = place.nth(2)?;
    let point = place.nth(1)?;
    let mut what = what.split(' ');
    Some(Mount {
        device: device.to_owned(),
        point: unescape(point).into(),
        kind: what.next()?.to_owned(),
        source: unescape(what.next()?),
    })
}

/// Blanks, tabs, line ends and backslashes stand in the table as `\040` and so on.
fn unescape(text: &str) -> String {
    [("\\040", " "), ("\\011", "\t"), ("\\012", "\n"), ("\\134", "\\")]
        .iter()
        .fold(text.to_owned(), |text, (code, plain)| text.replace(code, plain))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_line_of_the_table_is_understood() {
        let line =
            r"36 35 0:44 / /media/my\040booth rw,relatime shared:1 - fuse.sshfs me@nas:/a\040b rw,user_id=0";
        let mount = Mount {
            device: "0:44".into(),
            point: "/media/my booth".into(),
            kind: "fuse.sshfs".into(),
            source: "me@nas:/a b".into(),
        };
        assert_eq!(parse(line), Some(mount));
        assert_eq!(parse("nonsense"), None);
    }

    #[test]
    fn the_mounts_of_this_process_are_known() {
        assert!(all().iter().any(|mount| mount.point == Path::new("/")));
        assert!(inside(Path::new("/")).len() < all().len());
    }
}
