//! The conformance kit: it passes what is right, and finds what is wrong.

use std::fs;
use std::path::{Path, PathBuf};

use super::project::{Desk, boothsync, root};

const SCHEMA: &str =
    r#"{"type": "object", "required": ["url"], "properties": {"url": {"type": "string", "x-place": true}}}"#;

/// Makes a package of a component that is built already.
fn pack(desk: &Desk, name: &str, component: &Path) -> PathBuf {
    let folder = desk.path().join(name);
    fs::create_dir(&folder).unwrap();
    let manifest = format!(
        "[plugin]\nname = \"{name}\"\nversion = \"1.0.0\"\nkind = \"target\"\n\
         [permissions.http]\nsettings = [\"/url\"]\nreason = \"It uploads there.\"\n[secrets.token]\ntitle = \"Token\"\n\
         [build]\ncommand = \"true\"\ncomponent = {component:?}\n"
    );
    fs::write(folder.join("plugin.toml"), manifest).unwrap();
    fs::write(folder.join("settings.schema.json"), SCHEMA).unwrap();
    boothsync(&folder, &["plugin", "pack", "."]).expect(0);
    folder.join(format!("{name}-1.0.0.wasm"))
}

fn guest(name: &str) -> PathBuf {
    let folder = std::env::var_os("BOOTHSYNC_GUESTS").expect("run these tests with `cargo xtask test`");
    PathBuf::from(folder).join(format!("{name}.wasm"))
}

fn text(path: &Path) -> &str {
    path.to_str().unwrap()
}

/// It was built from what was published first, not from what stands in `wit/plugin.wit` now.
#[test]
fn a_plugin_built_against_the_first_published_contract_works_on_this_host() {
    let desk = Desk::new();
    let package = pack(&desk, "first", &guest("first_contract"));
    fs::write(
        package.with_file_name("conformance.toml"),
        "peer = \"store\"\n[settings]\nurl = \"{peer}/a\"\n",
    )
    .unwrap();
    let outcome = boothsync(desk.path(), &["plugin", "test", text(&package)]).expect(0);
    assert!(outcome.stdout.ends_with("all is as the contract says\n"), "{}", outcome.stdout);
    assert!(!outcome.stdout.contains("not tried"), "{}", outcome.stdout);
}

#[test]
fn a_target_that_shows_half_an_upload_is_found_out() {
    let desk = Desk::new();
    let package = pack(&desk, "careless", &guest("first_contract"));
    // On a server that shows what has come so far, the same plugin is careless.
    let settings = "[settings]\nurl = \"{peer}/a\"\nfolders = true\n";
    fs::write(package.with_file_name("conformance.toml"), settings).unwrap();
    let outcome = boothsync(desk.path(), &["plugin", "test", text(&package)]).expect(1);
    let wrong: Vec<&str> = outcome.stdout.lines().filter_map(|line| line.strip_prefix("WRONG  ")).collect();
    let half = [
        "connection lost in the middle of a put",
        "what visitors see of a put under way",
        "told to stop in the middle of a put",
        "killed in the middle of a put, then again",
    ];
    assert_eq!(wrong, half, "{}", outcome.stdout);
    assert!(outcome.stdout.contains("expected  visitors never see half an object"), "{}", outcome.stdout);
}

#[test]
fn a_target_that_does_nothing_is_found_out() {
    let desk = Desk::new();
    let package = pack(&desk, "nothing", &guest("minimal"));
    let outcome = boothsync(desk.path(), &["plugin", "test", text(&package)]).expect(1);
    let wrong = outcome.stdout.lines().filter(|line| line.starts_with("WRONG")).count();
    assert!(wrong > 5, "{}", outcome.stdout);
    assert!(outcome.stdout.contains("came      `unsupported`: it holds nothing"), "{}", outcome.stdout);
}

#[test]
fn the_bundled_page_is_as_a_page_should_be() {
    let desk = Desk::new();
    let package = root().join("plugins/dist/sharepage.wasm");
    let outcome = boothsync(desk.path(), &["plugin", "test", text(&package)]).expect(0);
    assert!(outcome.stdout.contains("a title full of HTML"), "{}", outcome.stdout);
}

/// Packs a page generator and tries it out.
fn tried_page(desk: &Desk, name: &str, component: &Path, code: i32) -> String {
    let folder = desk.path().join(name);
    fs::create_dir(&folder).unwrap();
    let manifest = format!(
        "[plugin]\nname = \"{name}\"\nversion = \"1.0.0\"\nkind = \"page\"\n\
         [build]\ncommand = \"true\"\ncomponent = {component:?}\n"
    );
    fs::write(folder.join("plugin.toml"), manifest).unwrap();
    fs::write(folder.join("settings.schema.json"), r#"{"type": "object"}"#).unwrap();
    boothsync(&folder, &["plugin", "pack", "."]).expect(0);
    boothsync(&folder, &["plugin", "test", &format!("{name}-1.0.0.wasm")]).expect(code).stdout
}

#[test]
fn a_page_built_against_the_first_published_contract_works_on_this_host() {
    let tried = tried_page(&Desk::new(), "first", &guest("first_page"), 0);
    assert!(tried.contains("ok     a page for many pictures                      2 files"), "{tried}");
}

#[test]
fn a_page_that_escapes_nothing_is_found_out() {
    let tried = tried_page(&Desk::new(), "rough", &guest("page"), 1);
    let wrong: Vec<&str> = tried.lines().filter_map(|line| line.strip_prefix("WRONG  ")).collect();
    assert_eq!(wrong, ["a title full of HTML"], "{tried}");
}

#[test]
fn what_is_no_plugin_is_refused_in_one_sentence() {
    let desk = Desk::new();
    let file = desk.path().join("a.wasm");
    fs::write(&file, "<html>").unwrap();
    boothsync(desk.path(), &["plugin", "test", "a.wasm"]).expect(1).says(&["a.wasm", "no WebAssembly"]);
    boothsync(desk.path(), &["plugin", "test", "b.wasm"])
        .expect(1)
        .says(&["b.wasm", "there is no such file"]);
}
