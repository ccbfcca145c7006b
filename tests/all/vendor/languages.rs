//! The same target in three languages, against the kit and against a real WebDAV server.

use std::fs;
use std::path::{Path, PathBuf};

use booth_tests::{Kind, Need, PASSWORD, Server, needs};

use super::project::{Desk, boothsync, shell};

/// Passes the kit, then everything that can be tried on a real server, which is empty again afterwards.
/// Returns what the kit said.
fn works(project: &Path, package: &str) -> String {
    let tested = boothsync(project, &["plugin", "test", package]).expect(0);
    assert!(tested.stdout.contains("ok     killed in the middle of a put"), "{}", tested.stdout);
    let server = Server::start(Kind::RcloneWebdav);
    let settings = format!(
        "[settings]\nurl = \"http://{}\"\nuser = \"booth\"\n[secrets]\npassword = \"{PASSWORD}\"\n",
        server.address()
    );
    fs::write(project.join("real.toml"), &settings).unwrap();
    let real = boothsync(project, &["plugin", "test", package, "--settings", "real.toml"]).expect(0);
    for looked_at in ["ok     put 20 MB", "ok     put a name with everything in it", "ok     delete twice"] {
        assert!(real.stdout.contains(looked_at), "{}", real.stdout);
    }
    assert!(server.tree("").0.is_empty(), "{:?} is left", server.tree(""));
    fs::write(project.join("wrong.toml"), settings.replace(PASSWORD, "wrong")).unwrap();
    let wrong = boothsync(project, &["plugin", "test", package, "--settings", "wrong.toml"]).expect(1);
    assert!(wrong.stdout.contains("`blocked`: the server answered 401"), "{}", wrong.stdout);
    tested.stdout
}

#[test]
fn the_example_in_rust_works_with_a_real_server() {
    let desk = Desk::new();
    let project = desk.example("webdav-rust");
    boothsync(&project, &["plugin", "pack", "."]).expect(0);
    let tested = works(&project, "webdav-0.1.0.wasm");
    assert!(!tested.contains("not tried"), "{tested}");
}

#[test]
fn the_example_in_javascript_works_with_a_real_server() {
    needs!(Need::Npm);
    let desk = Desk::new();
    let project = desk.example("webdav-js");
    boothsync(&project, &["plugin", "pack", "."]).expect(0);
    works(&project, "webdav-js-0.1.0.wasm");
}

#[test]
fn the_example_in_python_works_with_a_real_server() {
    let desk = Desk::new();
    let project = desk.example("webdav-python");
    let tools = python_tools(&project);
    let pack = format!("PATH='{}':\"$PATH\" boothsync plugin pack .", tools.display());
    shell(&project, &pack).expect(0);
    works(&project, "webdav-python-0.1.0.wasm");
}

/// As the recipe says, except that Debian's Python cannot put pip into an environment.
fn python_tools(project: &Path) -> PathBuf {
    let lines = "python3 -m venv --without-pip .venv\n\
                 python3 -m pip --quiet --disable-pip-version-check --python .venv/bin/python \
                 install --requirement requirements.txt";
    shell(project, lines).expect(0);
    project.join(".venv/bin")
}
