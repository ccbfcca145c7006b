use std::fs;
use std::os::unix::fs::{FileTypeExt, symlink};
use std::os::unix::net::UnixListener;
use std::sync::mpsc;
use std::time::Duration;

use rustix::fs::CWD;
use tempfile::TempDir;

use super::*;

fn key(text: &str) -> MediaKey {
    MediaKey::new(text).unwrap()
}

fn booth() -> (TempDir, MediaFolder) {
    let dir = TempDir::new().unwrap();
    let folder = MediaFolder::new(dir.path().join("media"), Root::Media);
    fs::create_dir_all(dir.path().join("media/sub")).unwrap();
    fs::write(dir.path().join("media/sub/a.jpg"), "picture").unwrap();
    fs::write(dir.path().join("secret"), "secret").unwrap();
    (dir, folder)
}

/// Runs `what` in a thread and fails if it does not come back.
fn without_hanging<T: Send + 'static>(what: impl FnOnce() -> T + Send + 'static) -> T {
    let (done, result) = mpsc::channel();
    std::thread::spawn(move || done.send(what()));
    result.recv_timeout(Duration::from_secs(20)).expect("it must not wait for anybody")
}

#[test]
fn a_plain_file_is_opened_with_its_own_identity() {
    let (_dir, folder) = booth();
    let blob = folder.open(&key("sub/a.jpg")).unwrap();
    assert_eq!(blob.read_at(0, 100).unwrap(), b"picture");
    assert_eq!(blob.origin(), &Origin { root: Root::Media, path: key("sub/a.jpg") });
    assert!(matches!(folder.look(&key("sub/a.jpg")), Look::Present(seen) if seen == *blob.identity()));
}

#[test]
fn what_is_not_there_is_absent_and_cannot_be_opened() {
    let (_dir, folder) = booth();
    let long = "x".repeat(300);
    for gone in ["b.jpg", "none/a.jpg", "sub/a.jpg/b.jpg", &long] {
        assert!(matches!(folder.look(&key(gone)), Look::Absent), "{gone}");
        assert!(matches!(folder.open(&key(gone)), Err(OpenError::Gone)), "{gone}");
    }
}

#[test]
fn symbolic_links_are_not_followed_wherever_they_lead() {
    let (dir, folder) = booth();
    let media = folder.path();
    symlink(dir.path().join("secret"), media.join("out.jpg")).unwrap();
    symlink("sub/a.jpg", media.join("in.jpg")).unwrap();
    symlink(dir.path(), media.join("above")).unwrap();
    for link in ["out.jpg", "in.jpg"] {
        assert!(matches!(folder.look(&key(link)), Look::NotPlain), "{link}");
        assert!(matches!(folder.open(&key(link)), Err(OpenError::NotPlain)), "{link}");
    }
    // Whether there is something is not even asked.
    for behind in ["above/secret", "above/nothing", "above/media/deeper/a.jpg"] {
        let look = folder.look(&key(behind));
        assert!(matches!(&look, Look::Failed(e) if e.to_string().contains("symbolic link")), "{look:?}");
        let opened = folder.open(&key(behind));
        assert!(matches!(&opened, Err(OpenError::Io(e)) if e.to_string().contains("above is")), "{opened:?}");
    }
    assert!(matches!(folder.look(&key("none/a.jpg")), Look::Absent));
    assert!(matches!(folder.open(&key("in.jpg/a.jpg")), Err(OpenError::Io(_))));
}

#[test]
fn a_pipe_is_not_opened_and_its_writer_goes_on_waiting() {
    let (_dir, folder) = booth();
    let pipe = folder.path().join("pipe.jpg");
    rustix::fs::mkfifoat(CWD, &pipe, Mode::RUSR | Mode::WUSR).unwrap();
    let opened = without_hanging({
        let folder = folder.clone();
        move || (folder.look(&key("pipe.jpg")), folder.open(&key("pipe.jpg")))
    });
    assert!(matches!(opened, (Look::NotPlain, Err(OpenError::NotPlain))), "{opened:?}");
    // With a reader this would succeed.
    let writer = rustix::fs::open(&pipe, OFlags::WRONLY | OFlags::NONBLOCK, Mode::empty());
    assert_eq!(writer.unwrap_err(), Errno::NXIO);
}

#[test]
fn sockets_folders_and_devices_are_not_opened() {
    let (_dir, folder) = booth();
    let _socket = UnixListener::bind(folder.path().join("socket.jpg")).unwrap();
    for other in ["socket.jpg", "sub"] {
        assert!(matches!(folder.look(&key(other)), Look::NotPlain), "{other}");
        assert!(matches!(folder.open(&key(other)), Err(OpenError::NotPlain)), "{other}");
    }
    let devices = MediaFolder::new("/dev".into(), Root::Media);
    assert!(fs::metadata("/dev/null").unwrap().file_type().is_char_device());
    assert!(matches!(devices.open(&key("null")), Err(OpenError::NotPlain)));
}

#[test]
fn a_missing_media_folder_says_nothing_about_its_files() {
    let (_dir, folder) = booth();
    fs::remove_dir_all(folder.path()).unwrap();
    assert!(matches!(folder.look(&key("sub/a.jpg")), Look::Failed(e) if e.kind() == io::ErrorKind::NotFound));
    assert!(matches!(folder.open(&key("sub/a.jpg")), Err(OpenError::Io(_))));
    assert!(folder.volume().is_err());
}

#[test]
fn a_folder_that_is_replaced_is_seen() {
    let (dir, folder) = booth();
    fs::rename(folder.path(), dir.path().join("old")).unwrap();
    fs::create_dir(folder.path()).unwrap();
    assert!(matches!(folder.look(&key("sub/a.jpg")), Look::Absent));
}

#[test]
fn the_folder_itself_may_be_a_symbolic_link() {
    let (dir, folder) = booth();
    symlink(folder.path(), dir.path().join("link")).unwrap();
    let linked = MediaFolder::new(dir.path().join("link"), Root::Media);
    assert_eq!(linked.check(), Ok(()));
    assert_eq!(linked.volume().unwrap(), folder.volume().unwrap());
    assert!(matches!(linked.look(&key("sub/a.jpg")), Look::Present(_)));
}

#[test]
fn a_check_says_what_is_wrong() {
    let (dir, folder) = booth();
    let check = |name: &str| MediaFolder::new(dir.path().join(name), Root::Media).check();
    assert_eq!(folder.check(), Ok(()));
    assert_eq!(check("none").unwrap_err(), "does not exist; make it or correct media.folder");
    assert_eq!(check("secret").unwrap_err(), "is not a folder");
    symlink("loop", dir.path().join("loop")).unwrap();
    let other = check("loop").unwrap_err();
    assert!(other.starts_with("cannot be read: ") && other.contains("symbolic links"), "{other}");
}
