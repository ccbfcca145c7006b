//! Everything that can be wrong before a picture travels: a sentence that says what and how to mend
//! it, and the right exit code.

use std::fs;
use std::net::TcpListener;
use std::path::Path;

use booth_tests::{Booth, Kind, Outcome, PATIENCE, Server, Tree, picture, wait_until};

/// Runs the service until it gives up by itself.
#[track_caller]
fn run_refused(booth: &Booth) -> Outcome {
    booth.run(&["run"]).expect(2)
}

#[test]
fn a_missing_configuration_is_named() {
    let booth = Booth::new();
    run_refused(&booth).says(&["boothsync.toml"]);
}

#[test]
fn a_misspelt_key_is_pointed_at_and_the_right_one_is_suggested() {
    let booth = Booth::new();
    booth.write_config_text("[media]\nfolder = \"media\"\n\n[sync]\nfull_snyc_interval = \"5m\"\n");
    run_refused(&booth).says(&["boothsync.toml", "5", "full_snyc_interval", "full_sync_interval"]);
}

#[test]
fn a_value_of_the_wrong_kind_is_pointed_at() {
    let booth = Booth::new();
    booth.write_config_text("[media]\nfolder = \"media\"\n\n[sync]\nfull_sync_interval = \"5 bananas\"\n");
    run_refused(&booth).says(&["full_sync_interval", "5 bananas"]);
}

#[test]
fn a_target_without_a_name_is_pointed_at() {
    let booth = Booth::new();
    booth.write_config_text("[media]\nfolder = \"media\"\n\n[[target]]\nplugin = \"rclone\"\n");
    run_refused(&booth).says(&["name"]);
}

#[test]
fn a_setting_that_the_plugin_does_not_know_is_named() {
    let mut booth = Booth::new();
    booth.rclone_target("web", "web:", "photos");
    let config = booth.config().replace("subdir", "subdri");
    booth.write_config_text(&config);
    run_refused(&booth).says(&["web", "subdri"]);
}

#[test]
fn a_missing_media_folder_is_named() {
    let booth = Booth::new();
    booth.write_config();
    fs::remove_dir(booth.media()).unwrap();
    run_refused(&booth).says(&["media folder", booth.media().to_str().unwrap()]);
}

/// Root may read everything, so the folder is one that nobody can read: a file.
#[test]
fn a_media_folder_that_is_a_file_is_named() {
    let booth = Booth::new();
    booth.write_config();
    fs::remove_dir(booth.media()).unwrap();
    fs::write(booth.media(), "not a folder").unwrap();
    run_refused(&booth).says(&["media folder", booth.media().to_str().unwrap()]);
    assert_eq!(fs::read_to_string(booth.media()).unwrap(), "not a folder");
}

#[test]
fn an_unwritable_data_folder_is_named() {
    let booth = Booth::new();
    fs::write(booth.path_of("file"), "").unwrap();
    let config = booth.config().replace("data = \"data\"", "data = \"file/data\"");
    booth.write_config_text(&config);
    run_refused(&booth).says(&["file/data", "`data`"]);
}

#[test]
fn a_port_in_use_is_named() {
    let booth = Booth::new();
    let other = TcpListener::bind(("127.0.0.1", booth.port())).unwrap();
    booth.write_config();
    run_refused(&booth).says(&[&booth.port().to_string(), "listen"]);
    drop(other);
}

#[test]
fn a_second_instance_on_one_data_folder_is_refused_and_the_first_goes_on() {
    let server = Server::start(Kind::RcloneFtp);
    let mut booth = Booth::with(&server);
    booth.start();
    let second = booth.config().replace(&booth.port().to_string(), &booth_tests::free_port().to_string());
    booth.write_config_text(&second);
    run_refused(&booth).says(&["already runs", "data folder"]);
    picture(&booth.media().join("one.jpg"), 1, 1_000);
    booth.wait_until_same(&server, PATIENCE);
}

#[test]
fn without_rclone_and_without_a_network_the_target_says_so() {
    let mut booth = Booth::new();
    booth.remote("web", "type = memory\n");
    booth.rclone_target("web", "web:", "photos");
    booth.rclone_binary.clear();
    booth.path = booth.path_of("empty").to_string_lossy().into_owned();
    booth.write_config();
    let outcome = booth.run(&["check"]).expect(1);
    let said = outcome.stdout + &outcome.stderr;
    assert!(said.contains("rclone") && said.contains("install"), "{said}");
}

#[test]
fn a_fetch_without_a_network_says_so_and_leaves_nothing_behind() {
    let mut booth = Booth::new();
    booth.rclone_target("web", "web:", "photos");
    booth.rclone_binary.clear();
    booth.path = python_on_path(&booth);
    booth.write_config();
    let outcome = booth.run_with(&["check"], |command| {
        command.env("PIP_INDEX_URL", "http://127.0.0.1:1/simple").env("PIP_CONFIG_FILE", "/dev/null");
    });
    let outcome = outcome.expect(1);
    let said = outcome.stdout + &outcome.stderr;
    assert!(said.contains("is there internet"), "{said}");
    let left = Tree::of(&booth.data().join("rclone"));
    assert!(left.0.is_empty(), "{left:?}");
}

/// The Python that a person at this machine would use, if it has pip.
fn python_with_pip() -> String {
    let path = std::env::var_os("PATH").expect("there is a PATH");
    let found = std::env::split_paths(&path).map(|folder| folder.join("python3")).find(|python| {
        let asked = std::process::Command::new(python).args(["-m", "pip", "--version"]).output();
        asked.is_ok_and(|answer| answer.status.success())
    });
    found.expect("a python3 with pip is on the PATH: install `python3-pip`").to_string_lossy().into_owned()
}

/// A folder for `PATH` with Python alone in it, and no rclone.
fn python_on_path(booth: &Booth) -> String {
    let folder = booth.path_of("bin");
    fs::create_dir_all(&folder).unwrap();
    let python = python_with_pip();
    let script = format!("#!/bin/sh\nexec '{python}' \"$@\"\n");
    fs::write(folder.join("python3"), script).unwrap();
    let executable = std::os::unix::fs::PermissionsExt::from_mode(0o755);
    fs::set_permissions(folder.join("python3"), executable).unwrap();
    folder.to_string_lossy().into_owned()
}

#[test]
fn a_remote_that_does_not_exist_blocks_its_target() {
    let mut booth = Booth::new();
    booth.remote("web", "type = memory\n");
    booth.rclone_target("other", "nosuch:", "photos");
    picture(&booth.media().join("one.jpg"), 1, 1_000);
    booth.start();
    let reason = booth.wait_for_state("other", "blocked");
    assert!(reason.contains("no such remote") && reason.contains("nosuch"), "{reason}");
    booth.stop();
    let outcome = booth.run(&["check"]).expect(1);
    let said = outcome.stdout + &outcome.stderr;
    assert!(said.contains("other") && said.contains("no such remote"), "{said}");
    booth.run(&["sync"]).expect(1);
}

#[test]
fn a_damaged_database_is_kept_aside_and_rebuilt_from_folder_and_target() {
    let server = Server::start(Kind::RcloneFtp);
    let mut booth = Booth::with(&server);
    for seed in 0..5 {
        picture(&booth.media().join(format!("{seed}.jpg")), seed, 10_000);
    }
    booth.start();
    booth.wait_until_same(&server, PATIENCE);
    assert_eq!(booth.stop(), 0);
    let before = Tree::identities(&server.place().join("photos/media"));
    let identity = identity_of(&booth);

    damage(&booth.data());
    picture(&booth.media().join("new.jpg"), 9, 10_000);
    booth.start();
    booth.wait_until_same(&server, PATIENCE);
    let mut after = Tree::identities(&server.place().join("photos/media"));
    assert!(after.remove("new.jpg").is_some());
    assert_eq!(after, before, "nothing is uploaded twice");
    assert_eq!(identity_of(&booth), identity);
    let kept = fs::read_dir(booth.data()).unwrap().flatten().map(|entry| entry.file_name());
    let kept: Vec<_> = kept.filter(|name| name.to_string_lossy().contains("damaged")).collect();
    assert!(!kept.is_empty(), "the damaged database is kept");
    wait_until(PATIENCE, "the operator is told", || booth.log().contains("damaged"));
}

/// All but the era: a rebuilt database begins a new one.
fn identity_of(booth: &Booth) -> String {
    let text = fs::read_to_string(booth.data().join("identity.toml")).unwrap();
    text.lines().filter(|line| !line.starts_with("era = ")).map(|line| format!("{line}\n")).collect()
}

fn damage(data: &Path) {
    for rest in ["boothsync.db-wal", "boothsync.db-shm"] {
        // Not there after a clean stop.
        let _ = fs::remove_file(data.join(rest));
    }
    let mut bytes = fs::read(data.join("boothsync.db")).unwrap();
    for byte in bytes.iter_mut().skip(16).step_by(3) {
        *byte ^= 0x5a;
    }
    fs::write(data.join("boothsync.db"), bytes).unwrap();
}
