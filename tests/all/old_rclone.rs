//! An rclone that is too old is refused in words.

use std::fs;
use std::os::unix::fs::PermissionsExt;
use std::path::{Path, PathBuf};

use booth_tests::{Booth, Kind, Need, Server, debian_rclone, needs, picture};

/// What Debian 12's package prints.
const DEBIAN: &str =
    "rclone v1.60.1-DEV\n- os/version: debian 12.11 (64 bit)\n- go/version: go1.19.8\n- go/tags: none\n";

fn stand_in(folder: &Path, says: &str) -> PathBuf {
    fs::create_dir_all(folder).unwrap();
    let path = folder.join("rclone");
    fs::write(&path, format!("#!/bin/sh\ncat <<'END'\n{says}END\n")).unwrap();
    fs::set_permissions(&path, fs::Permissions::from_mode(0o755)).unwrap();
    path
}

/// A booth with a picture and a target, on a machine on which nothing can be fetched.
fn booth(server: &Server) -> Booth {
    let booth = Booth::with(server);
    picture(&booth.media().join("one.jpg"), 1, 1_000);
    booth
}

fn is_refused(booth: &Booth, version: &str) {
    booth.write_config();
    for command in ["check", "sync"] {
        let outcome = booth.run(&[command]);
        assert_ne!(outcome.code, 0, "{command}");
        let said = format!("{}{}", outcome.stdout, outcome.stderr);
        for word in [version, "too old", "1.75"] {
            assert!(said.contains(word), "`{command}` says nothing of `{word}`: {said}");
        }
    }
}

#[test]
fn debians_version_is_refused_when_it_is_configured() {
    let server = Server::start(Kind::RcloneFtp);
    let mut booth = booth(&server);
    let old = stand_in(&booth.path_of("old"), DEBIAN);
    booth.rclone_binary = old.to_string_lossy().into_owned();
    is_refused(&booth, "1.60.1");
    assert!(server.tree("").0.is_empty(), "nothing is uploaded with it");
}

#[test]
fn debians_version_on_path_is_refused_when_no_other_can_be_had() {
    let server = Server::start(Kind::RcloneFtp);
    let mut booth = booth(&server);
    let old = stand_in(&booth.path_of("old"), DEBIAN);
    booth.rclone_binary.clear();
    booth.path = old.parent().unwrap().to_string_lossy().into_owned() + ":" + &bin_of_cat(&booth);
    is_refused(&booth, "1.60.1");
}

#[test]
fn the_package_of_debian_itself_is_refused() {
    needs!(Need::DebianRclone);
    let server = Server::start(Kind::RcloneFtp);
    let mut booth = booth(&server);
    let package = debian_rclone().expect("the test said that it needs it");
    booth.rclone_binary = package.to_string_lossy().into_owned();
    is_refused(&booth, "1.60.1");
}

/// A folder for `PATH` with `cat` alone in it: no Python with which another rclone could be fetched.
fn bin_of_cat(booth: &Booth) -> String {
    let folder = booth.path_of("bin");
    fs::create_dir_all(&folder).unwrap();
    std::os::unix::fs::symlink("/bin/cat", folder.join("cat")).unwrap();
    folder.to_string_lossy().into_owned()
}
