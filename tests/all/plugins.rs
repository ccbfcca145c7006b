//! An installed plugin in the running service: the bundled rclone plugin's component under another name.

use std::fs;
use std::path::Path;

use booth_tests::{Booth, Kind, PATIENCE, Server, Target, picture, wait_until};
use packing::{MANIFEST, Project, SCHEMA};

/// A package of `acme` in the booth's folder.
fn package(booth: &Booth, version: &str) -> String {
    let plugins = Path::new(env!("CARGO_MANIFEST_DIR")).join("../plugins");
    let project = booth.path_of("project");
    fs::create_dir_all(&project).unwrap();
    let about = fs::read_to_string(plugins.join("rclone").join(MANIFEST)).unwrap();
    let about = about.replacen("name = \"rclone\"", "name = \"acme\"", 1);
    let about = about.replacen("version = \"0.1.0\"", &format!("version = \"{version}\""), 1);
    fs::write(project.join(MANIFEST), about).unwrap();
    fs::copy(plugins.join("rclone").join(SCHEMA), project.join(SCHEMA)).unwrap();
    let component = fs::read(plugins.join("dist/rclone.wasm")).unwrap();
    let package = Project::read(&project).unwrap().pack(&component).unwrap();
    let file = booth.path_of(&format!("acme-{version}.wasm"));
    fs::write(&file, package).unwrap();
    file.to_str().unwrap().into()
}

/// A booth whose target is made by `acme` 1.0.0, approved.
fn booth_with_acme(server: &Server) -> Booth {
    let mut booth = Booth::new();
    booth.remote("web", &server.section(booth_tests::PASSWORD));
    let settings = format!("remote = {:?}, subdir = \"photos\"", server.remote("web"));
    booth.target(Target { name: "web".into(), plugin: "acme".into(), settings, lines: String::new() });
    booth.write_config();
    booth.run(&["plugin", "install", &package(&booth, "1.0.0")]).expect(0).says(&["may do nothing yet"]);
    booth.run(&["plugin", "approve", "acme", "--yes"]).expect(0);
    booth
}

#[test]
fn an_upload_under_way_ends_on_the_old_code_and_is_not_repeated() {
    let server = Server::start(Kind::RcloneWebdav);
    let mut booth = booth_with_acme(&server);
    // Slow enough to be caught in the middle.
    booth.rclone_lines = "bandwidth_limit = \"300k\"".into();
    booth.start();
    picture(&booth.media().join("long.jpg"), 1, 2_400_000);
    wait_until(PATIENCE, "the upload is under way", || {
        booth.target_status("web")["running"] == 1 && !booth.log().contains("uploaded media/long.jpg")
    });
    let newer = package(&booth, "1.1.0");
    booth.run(&["plugin", "install", &newer]).expect(0).says(&["runs in target `web`"]);
    assert!(!booth.log().contains("uploaded media/long.jpg"), "it was still under way");
    picture(&booth.media().join("short.jpg"), 2, 1_000);
    booth.wait_until_same(&server, PATIENCE);
    let log = booth.log();
    assert!(log.contains("target `web` runs acme 1.1.0 now"), "{log}");
    assert!(!log.contains("could not put media/long.jpg"), "{log}");
    let uploads = fs::read_to_string(booth.path_of("service.log")).unwrap();
    assert_eq!(uploads.matches("uploaded media/long.jpg").count(), 1, "{uploads}");
    assert_eq!(booth.stop(), 0);
}

#[test]
fn what_a_damaged_plugin_file_would_have_uploaded_is_uploaded_once_it_is_mended() {
    let server = Server::start(Kind::RcloneWebdav);
    let mut booth = booth_with_acme(&server);
    let file = booth.data().join("plugins/acme.wasm");
    let sound = fs::read(&file).unwrap();
    fs::write(&file, &sound[..sound.len() / 2]).unwrap();
    booth.start();
    picture(&booth.media().join("a.jpg"), 1, 1_000);
    let reason = booth.wait_for_state("web", "blocked");
    assert!(reason.contains("is not the one that was installed"), "{reason}");
    let again = booth.path_of("acme-1.0.0.wasm");
    booth.run(&["plugin", "install", again.to_str().unwrap()]).expect(0);
    assert_eq!(booth.stop(), 0);
    booth.start();
    booth.wait_until_same(&server, PATIENCE);
    assert_eq!(booth.stop(), 0);
}
