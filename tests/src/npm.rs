//! Tools written in JavaScript, fetched once and unpacked below cargo's folder of results.

use std::fs;
use std::path::PathBuf;
use std::process::Command;

use crate::browser::results;

/// The folder of an npm package that depends on no other, fetched if it is not there yet.
pub fn npm_tool(package: &str, version: &str) -> PathBuf {
    let folder = results().join("tools/npm").join(format!("{package}-{version}"));
    if !folder.is_dir() {
        let parent = folder.parent().expect("it was joined");
        fs::create_dir_all(parent).unwrap();
        let aside = tempfile::tempdir_in(parent).unwrap();
        let mut pack = Command::new("npm");
        pack.args(["pack", "--silent", &format!("{package}@{version}")]).current_dir(aside.path());
        run(&mut pack);
        let mut unpack = Command::new("tar");
        unpack.args(["-xzf", &format!("{package}-{version}.tgz")]).current_dir(aside.path());
        run(&mut unpack);
        // Another test may have been faster.
        let moved = fs::rename(aside.path().join("package"), &folder);
        assert!(moved.is_ok() || folder.is_dir(), "{package}: {moved:?}");
    }
    folder
}

fn run(command: &mut Command) {
    let output = command.output().unwrap();
    assert!(output.status.success(), "{command:?}: {}", String::from_utf8_lossy(&output.stderr));
}
