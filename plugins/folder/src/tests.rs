//! The target on a real folder.

use std::fs::{self, File};
use std::io::{self, Write};
use std::os::unix::fs::{symlink, PermissionsExt};
use std::path::{Path, PathBuf};
use std::time::UNIX_EPOCH;

use tempfile::TempDir;

use crate::drive::{Cause, Drive, Kind, Look, Trouble, Writing};
use crate::fault::of_object;
use crate::probe::probe;
use crate::put::{put, Content};
use crate::remove::delete;
use crate::scan::{scan, stat};
use kit::aside::beside;
use kit::Fault;

/// A folder of this machine, as the component sees the one that the host opens.
struct Real(PathBuf);

impl Real {
    fn at(path: &Path) -> Self {
        Self(path.to_owned())
    }

    fn place(&self, path: &str) -> PathBuf {
        if path.is_empty() {
            self.0.clone()
        } else {
            self.0.join(path)
        }
    }
}

impl Drive for Real {
    fn look(&self, path: &str) -> Result<Option<Look>, Trouble> {
        let found = fs::symlink_metadata(self.place(path)).map_err(trouble);
        match found {
            Err(trouble) if trouble.is_missing() => Ok(None),
            found => found.map(|found| {
                let modified =
                    found.modified().expect("known").duration_since(UNIX_EPOCH).expect("after 1970");
                let modified = Some(u64::try_from(modified.as_millis()).expect("this age"));
                Some(Look { kind: kind(found.file_type()), size: found.len(), modified })
            }),
        }
    }

    fn list(&self, folder: &str) -> Result<Vec<(String, Kind)>, Trouble> {
        let entries = fs::read_dir(self.place(folder)).and_then(Iterator::collect::<io::Result<Vec<_>>>);
        let entries = entries.map_err(trouble)?;
        let named = entries
            .into_iter()
            .filter_map(|entry| Some((entry.file_name().into_string().ok()?, kind(entry.file_type().ok()?))));
        Ok(named.collect())
    }

    fn make_folder(&self, folder: &str) -> Result<(), Trouble> {
        fs::create_dir(self.place(folder)).map_err(trouble)
    }

    fn create(&self, path: &str) -> Result<Box<dyn Writing>, Trouble> {
        Ok(Box::new(File::create(self.place(path)).map_err(trouble)?))
    }

    fn rename(&self, from: &str, to: &str) -> Result<(), Trouble> {
        fs::rename(self.place(from), self.place(to)).map_err(trouble)
    }

    fn remove_file(&self, path: &str) -> Result<(), Trouble> {
        fs::remove_file(self.place(path)).map_err(trouble)
    }

    fn remove_folder(&self, folder: &str) -> Result<(), Trouble> {
        fs::remove_dir(self.place(folder)).map_err(trouble)
    }

    fn sync_folder(&self, folder: &str) {
        File::open(self.place(folder)).and_then(|folder| folder.sync_all()).expect("this file system can");
    }
}

impl Writing for File {
    fn write(&mut self, bytes: &[u8]) -> Result<(), Trouble> {
        self.write_all(bytes).map_err(trouble)
    }

    fn sync(&mut self) -> Result<(), Trouble> {
        self.sync_all().map_err(trouble)
    }
}

fn kind(kind: fs::FileType) -> Kind {
    match (kind.is_file(), kind.is_dir()) {
        (true, _) => Kind::File,
        (_, true) => Kind::Folder,
        _ => Kind::Other,
    }
}

fn trouble(error: io::Error) -> Trouble {
    let cause = match error.kind() {
        io::ErrorKind::NotFound => Cause::Missing,
        io::ErrorKind::PermissionDenied => Cause::Denied,
        io::ErrorKind::NotADirectory => Cause::NotAFolder,
        io::ErrorKind::IsADirectory | io::ErrorKind::AlreadyExists | io::ErrorKind::DirectoryNotEmpty => {
            Cause::InTheWay
        }
        io::ErrorKind::InvalidInput | io::ErrorKind::InvalidFilename => Cause::BadName,
        _ => Cause::Other,
    };
    Trouble { cause, said: error.to_string() }
}

/// Hands out bytes in small parts and can stop in the middle.
struct Bytes<'a> {
    bytes: &'a [u8],
    stop_at: Option<u64>,
    told: Vec<(u64, u64)>,
}

impl<'a> Bytes<'a> {
    fn new(bytes: &'a [u8]) -> Self {
        Self { bytes, stop_at: None, told: vec![] }
    }
}

impl Content for Bytes<'_> {
    fn read(&mut self, offset: u64) -> Result<Vec<u8>, Fault> {
        let rest = &self.bytes[usize::try_from(offset).expect("small")..];
        Ok(rest[..rest.len().min(3)].to_vec())
    }

    fn progress(&mut self, done: u64, total: u64) -> Result<(), Fault> {
        self.told.push((done, total));
        if self.stop_at.is_some_and(|at| done >= at) {
            Err(Fault::Cancelled)
        } else {
            Ok(())
        }
    }
}

fn folder() -> TempDir {
    tempfile::tempdir().expect("a temporary folder")
}

fn put_bytes(base: &Path, path: &str, bytes: &[u8]) -> Result<String, Fault> {
    put(&Real::at(base), path, bytes.len() as u64, &mut Bytes::new(bytes))
}

fn paths(base: &Path) -> Vec<String> {
    let mut paths = Vec::new();
    let add = |found: Vec<crate::scan::Found>| {
        paths.extend(found.into_iter().map(|found| found.path));
        Ok(())
    };
    scan(&Real::at(base), add, |_| ()).expect("readable");
    paths.sort();
    paths
}

#[test]
fn a_put_creates_folders_and_leaves_nothing_beside() {
    let folder = folder();
    let receipt = put_bytes(folder.path(), "media/full/a b ü😀.jpg", b"0123456789").expect("written");
    assert_eq!(fs::read(folder.path().join("media/full/a b ü😀.jpg")).expect("there"), b"0123456789");
    assert_eq!(paths(folder.path()), ["media/full/a b ü😀.jpg"]);
    assert!(receipt.starts_with(r#"{"modified":"#) && receipt.ends_with(r#","size":10,"v":1}"#), "{receipt}");
    assert_eq!(fs::read_dir(folder.path().join("media/full")).expect("readable").count(), 1);
}

#[test]
fn a_put_replaces_what_was_there_and_may_be_repeated() {
    let folder = folder();
    for content in [b"old".as_slice(), b"", b"newer", b"newer"] {
        put_bytes(folder.path(), "media/a.jpg", content).expect("written");
        assert_eq!(fs::read(folder.path().join("media/a.jpg")).expect("there"), content);
    }
}

#[test]
fn an_interrupted_put_keeps_the_old_object_whole() {
    let folder = folder();
    put_bytes(folder.path(), "media/a.jpg", b"the old one").expect("written");
    let mut content = Bytes { stop_at: Some(6), ..Bytes::new(b"the new one, longer") };
    assert_eq!(put(&Real::at(folder.path()), "media/a.jpg", 19, &mut content), Err(Fault::Cancelled));
    assert_eq!(content.told, [(3, 19), (6, 19)]);
    assert_eq!(fs::read(folder.path().join("media/a.jpg")).expect("there"), b"the old one");
    assert!(!folder.path().join(beside("media/a.jpg")).exists(), "the unfinished file is removed");
}

#[test]
fn a_file_that_grew_or_shrank_is_looked_at_again() {
    let folder = folder();
    for size in [3, 11] {
        let put = put(&Real::at(folder.path()), "media/a.jpg", size, &mut Bytes::new(b"0123456789"));
        assert!(matches!(put, Err(Fault::Retry(_))), "{put:?}");
        assert!(!folder.path().join("media/a.jpg").exists());
    }
}

#[test]
fn without_the_drive_everything_is_blocked_and_nothing_is_created() {
    let folder = folder();
    let gone = folder.path().join("unplugged");
    assert!(matches!(put_bytes(&gone, "media/a.jpg", b"x"), Err(Fault::Blocked(_))));
    assert!(matches!(delete(&Real::at(&gone), "media/a.jpg"), Err(Fault::Blocked(_))));
    assert!(matches!(stat(&Real::at(&gone), "media/a.jpg"), Err(Fault::Blocked(_))));
    assert!(matches!(scan(&Real::at(&gone), |_| Ok(()), |_| ()), Err(Fault::Blocked(_))));
    assert!(matches!(probe(&Real::at(&gone)), Err(Fault::Blocked(_))));
    assert!(!gone.exists());
}

#[test]
fn a_delete_takes_empty_folders_below_media_with_it_and_no_others() {
    let folder = folder();
    for path in ["media/one/two/a.jpg", "media/one/b.jpg", "index.html", "other/c.jpg"] {
        put_bytes(folder.path(), path, b"x").expect("written");
    }
    delete(&Real::at(folder.path()), "media/one/two/a.jpg").expect("deleted");
    assert!(!folder.path().join("media/one/two").exists());
    delete(&Real::at(folder.path()), "media/one/b.jpg").expect("deleted");
    delete(&Real::at(folder.path()), "other/c.jpg").expect("deleted");
    delete(&Real::at(folder.path()), "index.html").expect("deleted");
    assert!(!folder.path().join("media/one").exists());
    assert!(folder.path().join("media").is_dir() && folder.path().join("other").is_dir());
}

#[test]
fn deleting_what_is_gone_is_success() {
    let folder = folder();
    delete(&Real::at(folder.path()), "media/one/a.jpg").expect("gone");
    fs::create_dir_all(folder.path().join("media/a.jpg")).expect("a folder of that name");
    delete(&Real::at(folder.path()), "media/a.jpg").expect("no object");
    assert!(folder.path().join("media/a.jpg").is_dir());
}

#[test]
fn a_scan_lists_plain_files_only() {
    let folder = folder();
    put_bytes(folder.path(), "media/a.jpg", b"12345").expect("written");
    fs::write(folder.path().join(beside("media/b.jpg")), b"half").expect("written");
    symlink("/etc/passwd", folder.path().join("media/link.jpg")).expect("a link");
    fs::write(folder.path().join(".boothsync-target"), b"the host's").expect("written");
    symlink("..", folder.path().join("media/loop")).expect("a link");
    fs::create_dir(folder.path().join("media/empty")).expect("a folder");
    assert_eq!(paths(folder.path()), ["media/a.jpg"]);
    assert_eq!(stat(&Real::at(folder.path()), "media/a.jpg").expect("answered").expect("there").size, 5);
    for path in ["media/link.jpg", "media/empty", "media/none.jpg", "none/none.jpg", "media/a.jpg/b.jpg"] {
        assert_eq!(stat(&Real::at(folder.path()), path), Ok(None), "{path}");
    }
}

#[test]
fn many_files_are_handed_over_in_parts() {
    let folder = folder();
    fs::create_dir(folder.path().join("media")).expect("a folder");
    for number in 0..1203 {
        fs::write(folder.path().join(format!("media/{number}.jpg")), b"x").expect("written");
    }
    let mut parts = Vec::new();
    scan(
        &Real::at(folder.path()),
        |found| {
            parts.push(found.len());
            Ok(())
        },
        |_| (),
    )
    .expect("readable");
    assert_eq!(parts, [500, 500, 203]);
}

#[test]
fn a_probe_leaves_nothing_behind() {
    let folder = folder();
    probe(&Real::at(folder.path())).expect("writable");
    assert_eq!(fs::read_dir(folder.path()).expect("readable").count(), 0);
}

#[test]
fn a_folder_in_the_way_concerns_one_object() {
    let folder = folder();
    fs::create_dir_all(folder.path().join("media/a.jpg/x")).expect("a folder of that name");
    assert!(matches!(put_bytes(folder.path(), "media/a.jpg", b"x"), Err(Fault::Rejected(_))));
    fs::write(folder.path().join("media/file"), b"x").expect("a file of that name");
    assert!(matches!(put_bytes(folder.path(), "media/file/b.jpg", b"x"), Err(Fault::Rejected(_))));
    let long = format!("media/{}.jpg", "n".repeat(300));
    assert!(matches!(put_bytes(folder.path(), &long, b"x"), Err(Fault::Rejected(_))));
}

#[test]
fn trouble_with_the_drive_says_what_to_mend() {
    let sentence = |cause| match of_object(&Trouble { cause, said: "said".into() }, "writing") {
        Fault::Blocked(text) => text,
        other => panic!("{cause:?} is {other:?}"),
    };
    assert!(sentence(Cause::Full).contains("drive is full"));
    assert!(sentence(Cause::ReadOnly).contains("can only be read"));
    assert!(sentence(Cause::Denied).contains("does not allow this"));
    let lost = of_object(&Trouble { cause: Cause::Other, said: "I/O error".into() }, "writing");
    let Fault::Retry(text) = lost else { panic!("{lost:?}") };
    assert!(
        text.starts_with("The drive failed while writing: check") && text.ends_with("(I/O error)"),
        "{text}"
    );
}

#[test]
fn an_unreadable_folder_fails_the_scan_only_where_objects_may_be() {
    let folder = folder();
    for name in ["lost+found", "media/closed"] {
        let closed = folder.path().join(name);
        fs::create_dir_all(&closed).expect("a folder");
        fs::set_permissions(&closed, fs::Permissions::from_mode(0o000)).expect("closed");
    }
    if fs::read_dir(folder.path().join("lost+found")).is_ok() {
        return; // Whoever runs this may read everything.
    }
    assert!(matches!(scan(&Real::at(folder.path()), |_| Ok(()), |_| ()), Err(Fault::Blocked(_))));
    fs::remove_dir(folder.path().join("media/closed")).expect("removable");
    let mut skipped = Vec::new();
    scan(&Real::at(folder.path()), |_| Ok(()), |folder| skipped.push(folder.to_owned())).expect("readable");
    assert_eq!(skipped, ["lost+found"]);
}
