use std::ffi::OsStr;
use std::fs;
use std::os::unix::ffi::OsStrExt;
use std::os::unix::fs::{PermissionsExt, symlink};
use std::path::Path;

use rustix::process::Uid;
use tempfile::TempDir;

use super::*;
use crate::blob::Root;
use crate::media::{Look, MediaFolder};

fn everything() -> Filter {
    Filter::new(&[], &[]).unwrap()
}

fn folder(dir: &TempDir) -> MediaFolder {
    MediaFolder::new(dir.path().to_owned(), Root::Media)
}

fn write(dir: &Path, key: &str) {
    let path = dir.join(key);
    fs::create_dir_all(path.parent().unwrap()).unwrap();
    fs::write(path, key).unwrap();
}

fn keys(scan: &Scan) -> Vec<&str> {
    let mut keys: Vec<&str> = scan.files.iter().map(|file| file.key.as_str()).collect();
    keys.sort_unstable();
    keys
}

/// Runs `what` without root's right to read everything.
fn as_ordinary_user<T: Send>(what: impl FnOnce() -> T + Send) -> T {
    std::thread::scope(|scope| {
        let thread = scope.spawn(|| {
            if rustix::process::geteuid().is_root() {
                let nobody = Uid::from_raw(65534);
                // Only this thread's identity changes.
                rustix::thread::set_thread_res_uid(nobody, nobody, nobody).unwrap();
            }
            what()
        });
        thread.join().unwrap()
    })
}

#[test]
fn files_are_found_at_every_depth_and_nothing_else() {
    let dir = TempDir::new().unwrap();
    for key in
        ["a.jpg", "b c/ü#%.JPG", "d/e/f/g.jpg", "note.txt", ".hidden/a.jpg", "x.jpg.tmp", "lost+found/a.jpg"]
    {
        write(dir.path(), key);
    }
    symlink(dir.path().join("a.jpg"), dir.path().join("link.jpg")).unwrap();
    symlink(dir.path().join("d"), dir.path().join("linked")).unwrap();
    let scan = folder(&dir).scan(&Filter::new(&["**/*.jpg".into()], &[]).unwrap());
    assert_eq!(keys(&scan), ["a.jpg", "b c/ü#%.JPG", "d/e/f/g.jpg"]);
    assert!(scan.complete() && scan.unusable.is_empty() && scan.clashes.is_empty(), "{scan:?}");
}

#[test]
fn a_scan_sees_the_same_identity_as_a_look_and_an_opened_file() {
    let dir = TempDir::new().unwrap();
    write(dir.path(), "d/a.jpg");
    let scan = folder(&dir).scan(&everything());
    let SeenFile { key, identity } = &scan.files[0];
    assert!(matches!(folder(&dir).look(key), Look::Present(seen) if seen == *identity));
    assert_eq!(folder(&dir).open(key).unwrap().identity(), identity);
    assert_eq!(identity.size_bytes, 7);
}

#[test]
fn a_part_can_be_scanned_and_one_that_is_gone_is_empty() {
    let dir = TempDir::new().unwrap();
    for key in ["a/1.jpg", "a/b/2.jpg", "c/3.jpg", ".x/4.jpg"] {
        write(dir.path(), key);
    }
    symlink(dir.path().join("c"), dir.path().join("link")).unwrap();
    let below = |path: &str| {
        let scan = folder(&dir).scan_below(&MediaKey::new(path).unwrap(), &everything());
        assert!(scan.complete(), "{scan:?}");
        keys(&scan).into_iter().map(str::to_owned).collect::<Vec<_>>()
    };
    assert_eq!(below("a"), ["a/1.jpg", "a/b/2.jpg"]);
    assert_eq!(below("a/b"), ["a/b/2.jpg"]);
    for none in ["missing", "missing/deeper", "a/1.jpg", "link", ".x"] {
        assert!(below(none).is_empty(), "{none}");
    }
}

#[test]
fn a_missing_folder_makes_the_scan_incomplete() {
    let dir = TempDir::new().unwrap();
    let gone = MediaFolder::new(dir.path().join("gone"), Root::Media);
    for scan in [gone.scan(&everything()), gone.scan_below(&MediaKey::new("a").unwrap(), &everything())] {
        assert!(!scan.complete());
        assert_eq!(scan.errors[0].path, "");
    }
}

#[test]
fn an_unreadable_folder_makes_the_scan_incomplete_and_the_rest_is_still_found() {
    let dir = TempDir::new().unwrap();
    fs::set_permissions(dir.path(), fs::Permissions::from_mode(0o755)).unwrap();
    for key in ["a/1.jpg", "locked/2.jpg", "z/3.jpg"] {
        write(dir.path(), key);
    }
    fs::set_permissions(dir.path().join("locked"), fs::Permissions::from_mode(0o000)).unwrap();
    let scan = as_ordinary_user(|| folder(&dir).scan(&everything()));
    assert_eq!(keys(&scan), ["a/1.jpg", "z/3.jpg"]);
    assert_eq!(scan.errors.len(), 1);
    assert_eq!(scan.errors[0].path, "locked");
    assert!(scan.errors[0].message.contains("ermission denied"), "{scan:?}");
    fs::set_permissions(dir.path().join("locked"), fs::Permissions::from_mode(0o755)).unwrap();
}

#[test]
fn folders_that_lie_too_deep_make_the_scan_incomplete() {
    let dir = TempDir::new().unwrap();
    let deep = vec!["d"; DEEPEST + 1].join("/");
    write(dir.path(), &format!("{deep}/a.jpg"));
    write(dir.path(), "b.jpg");
    let scan = folder(&dir).scan(&everything());
    assert_eq!(keys(&scan), ["b.jpg"]);
    assert_eq!(scan.errors[0].path, deep);
    let below = folder(&dir).scan_below(&MediaKey::new("d/d").unwrap(), &everything());
    assert_eq!(below.errors, scan.errors);
}

#[test]
fn names_that_are_not_utf_8_are_reported_if_they_concern_us() {
    let dir = TempDir::new().unwrap();
    for name in [b"caf\xe9.jpg".as_slice(), b"caf\xe9.txt", b".caf\xe9.jpg"] {
        fs::write(dir.path().join(OsStr::from_bytes(name)), "x").unwrap();
    }
    fs::create_dir(dir.path().join(OsStr::from_bytes(b"f\xeate"))).unwrap();
    let scan = folder(&dir).scan(&Filter::new(&["**/*.jpg".into()], &[]).unwrap());
    let mut unusable = scan.unusable.clone();
    unusable.sort_unstable();
    assert_eq!(unusable, ["caf\u{fffd}.jpg", "f\u{fffd}te"]);
    assert!(scan.files.is_empty() && scan.complete(), "{scan:?}");
}

#[test]
fn names_that_differ_in_normal_form_alone_clash() {
    let dir = TempDir::new().unwrap();
    for key in ["u\u{308}/a.jpg", "\u{fc}/a.jpg", "u\u{308}/b.jpg", "\u{212a}.jpg", "K.jpg"] {
        write(dir.path(), key);
    }
    let scan = folder(&dir).scan(&everything());
    let mut clashes: Vec<[&str; 2]> = Vec::new();
    for (one, other) in &scan.clashes {
        let mut pair = [one.as_str(), other.as_str()];
        pair.sort_unstable();
        clashes.push(pair);
    }
    clashes.sort_unstable();
    assert_eq!(clashes, [["K.jpg", "\u{212a}.jpg"], ["u\u{308}/a.jpg", "\u{fc}/a.jpg"]]);
    assert_eq!(scan.files.len(), 5);
}
