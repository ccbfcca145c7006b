//! The servers themselves, without the program: when these fail, look here first.

use std::fs;
use std::process::Command;

use booth_tests::{Kind, Need, PASSWORD, Server, SmallDisk, Tree, needs, picture};

/// Copies `folder` to the server with rclone alone.
fn copy(server: &Server, password: &str, folder: &std::path::Path) -> std::process::Output {
    let config = folder.with_extension("conf");
    fs::write(&config, format!("[web]\n{}", server.section(password))).unwrap();
    let rclone = std::env::var_os("BOOTHSYNC_RCLONE").expect("set by `cargo xtask test`");
    let mut command = Command::new(rclone);
    // pyftpdlib answers the listing of a folder that is not there yet in a way that rclone takes for a failure.
    command
        .args(["copy", "--no-traverse", "--retries", "1", "--low-level-retries", "1", "--config"])
        .arg(config)
        .arg(folder);
    command.arg(format!("{}/photos", server.remote("web")).replace(":/", ":")).env_remove("RCLONE_CONFIG");
    command.output().unwrap()
}

fn takes_files_before_and_after_a_restart(kind: Kind) {
    let mut server = Server::start(kind);
    let here = tempfile::tempdir().unwrap();
    let media = here.path().join("media");
    picture(&media.join("a/ü b.jpg"), 1, 70_000);
    let output = copy(&server, PASSWORD, &media);
    assert!(output.status.success(), "{}", String::from_utf8_lossy(&output.stderr));
    assert_eq!(server.tree("photos"), Tree::of(&media));

    assert!(!copy(&server, "wrong", &media).status.success());
    server.stop();
    assert!(!copy(&server, PASSWORD, &media).status.success());
    server.resume();
    picture(&media.join("c.jpg"), 2, 10);
    assert!(copy(&server, PASSWORD, &media).status.success());
    assert_eq!(server.tree("photos"), Tree::of(&media));
}

macro_rules! takes_files {
    ($($test:ident: $kind:ident),+ $(,)?) => {
        $(#[test]
        fn $test() {
            needs!(Need::Server(Kind::$kind));
            takes_files_before_and_after_a_restart(Kind::$kind);
        })+
    };
}

takes_files! {
    rclone_ftp_takes_files: RcloneFtp,
    rclone_sftp_takes_files: RcloneSftp,
    rclone_webdav_takes_files: RcloneWebdav,
    rclone_s3_takes_files: RcloneS3,
    vsftpd_takes_files: Vsftpd,
    pyftpdlib_takes_files: Pyftpdlib,
}

#[test]
fn a_small_disk_is_full_soon_and_can_grow() {
    needs!(Need::SmallDisk);
    let disk = SmallDisk::mount(1).expect("the test said that it needs it");
    let file = disk.path().join("x");
    assert!(fs::write(&file, vec![1; 2_000_000]).is_err());
    disk.resize(4);
    fs::write(&file, vec![1; 2_000_000]).unwrap();
}
