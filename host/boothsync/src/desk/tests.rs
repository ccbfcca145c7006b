use std::fs;
use std::path::Path;

use packing::Project;
use tempfile::TempDir;

use super::*;
use crate::config::Document;

const FOLDER: &str = "[permissions.folder]\npath = \"/path\"\nreason = \"It writes there.\"\n";
const SECRET: &str = "[secrets.token]\ntitle = \"API token\"\n";

/// The folder plugin's component under another name.
fn packed(name: &str, version: &str, wishes: &str) -> Arc<[u8]> {
    let dir = tempfile::tempdir().unwrap();
    let about = format!("[plugin]\nname = \"{name}\"\nversion = \"{version}\"\nkind = \"target\"\n");
    fs::write(dir.path().join(packing::MANIFEST), about + wishes).unwrap();
    let schema = r#"{"type": "object", "properties": {"path": {"type": "string", "x-place": true}}}"#;
    fs::write(dir.path().join(packing::SCHEMA), schema).unwrap();
    let component = bundled::find("folder").unwrap().package;
    Project::read(dir.path()).unwrap().pack(component).unwrap().into()
}

/// A desk over an empty data folder, and what the configuration says beside the media folder.
async fn desk(config: &str) -> (TempDir, Desk) {
    let dir = tempfile::tempdir().unwrap();
    let text = format!("[media]\nfolder = \"media\"\n{config}");
    let document = Document { path: "boothsync.toml".into(), text };
    let config = Arc::new(Config::parse(document, dir.path().into()).unwrap());
    fs::create_dir(&config.data).unwrap();
    let sandbox = crate::booth::sandbox(&config).await.unwrap();
    (dir, Desk::new(config, sandbox))
}

fn locked(desk: &Desk) -> Locked {
    desk.lock().unwrap().plugins["acme"].clone()
}

/// The digests of what is compiled.
fn compiled(dir: &Path) -> Vec<String> {
    let entries = fs::read_dir(dir.join("data/cache/code")).unwrap();
    let name = |entry: std::io::Result<fs::DirEntry>| entry.unwrap().file_name().into_string().unwrap();
    entries.map(|entry| format!("sha256:{}", name(entry).split('-').next().unwrap())).collect()
}

#[tokio::test]
async fn what_is_installed_may_do_nothing_until_it_is_approved() {
    let (dir, desk) = desk("").await;
    let taken = desk.install(packed("acme", "1.0.0", FOLDER)).await.unwrap();
    assert_eq!(taken.outcome, Outcome::Installed);
    assert_eq!(taken.wishes.len(), 1);
    assert_eq!(locked(&desk).granted, None);
    assert_eq!(compiled(dir.path()), std::slice::from_ref(&taken.digest), "compiled once, at install");
    let approved = desk.approve("acme", &taken.digest).await.unwrap();
    assert_eq!(approved.digest, taken.digest);
    assert_eq!(locked(&desk).granted.unwrap().folder.unwrap().path, "/path");
    let again = desk.install(packed("acme", "1.0.0", FOLDER)).await.unwrap();
    assert_eq!(again.outcome, Outcome::Unchanged);
    assert!(locked(&desk).granted.is_some());
}

#[tokio::test]
async fn an_update_that_asks_for_no_more_is_taken_at_once() {
    let (dir, desk) = desk("").await;
    let first = desk.install(packed("acme", "1.0.0", &format!("{FOLDER}{SECRET}"))).await.unwrap();
    desk.approve("acme", &first.digest).await.unwrap();
    let second = desk.install(packed("acme", "1.1.0", FOLDER)).await.unwrap();
    assert_eq!((second.outcome, second.before.as_deref()), (Outcome::Updated, Some("1.0.0")));
    let granted = locked(&desk).granted.unwrap();
    assert!(granted.secrets.is_empty(), "what it does not ask for any more is not granted any more");
    assert_eq!(locked(&desk).digest, second.digest);
    assert_eq!(compiled(dir.path()), [second.digest], "the old code is gone");
}

#[tokio::test]
async fn an_update_that_asks_for_more_waits_and_takes_over_when_it_is_approved() {
    let (dir, desk) = desk("").await;
    let first = desk.install(packed("acme", "1.0.0", FOLDER)).await.unwrap();
    desk.approve("acme", &first.digest).await.unwrap();
    let second = desk.install(packed("acme", "2.0.0", &format!("{FOLDER}{SECRET}"))).await.unwrap();
    assert_eq!(second.outcome, Outcome::Waiting);
    let asked: Vec<_> = second.wishes.iter().map(|wish| wish.what.as_str()).collect();
    assert_eq!(asked, ["read the secret `token` of its own target"], "only what is new");
    assert_eq!(locked(&desk).digest, first.digest);
    let listed = desk.list().await.unwrap().into_iter().find(|plugin| plugin.name == "acme").unwrap();
    assert_eq!((listed.state, listed.version.as_str()), (State::Approved, "1.0.0"));
    assert!(listed.waiting().unwrap().contains("2.0.0"));

    let stale = desk.approve("acme", "sha256:other").await.unwrap_err();
    assert!(matches!(stale, DeskError::Stale(_)), "{stale}");
    desk.approve("acme", &second.digest).await.unwrap();
    let now = locked(&desk);
    assert_eq!((now.digest.as_str(), now.pending), (second.digest.as_str(), None));
    assert!(now.granted.unwrap().secrets.contains("token"));
    assert_eq!(compiled(dir.path()), [second.digest]);
}

#[tokio::test]
async fn installing_the_used_version_again_calls_a_waiting_one_off() {
    let (_dir, desk) = desk("").await;
    let first = desk.install(packed("acme", "1.0.0", FOLDER)).await.unwrap();
    desk.approve("acme", &first.digest).await.unwrap();
    desk.install(packed("acme", "2.0.0", SECRET)).await.unwrap();
    desk.install(packed("acme", "1.0.0", FOLDER)).await.unwrap();
    assert_eq!(locked(&desk).pending, None);
    assert_eq!(locked(&desk).digest, first.digest);
}

#[tokio::test]
async fn a_refused_order_changes_nothing() {
    let (dir, desk) = desk("").await;
    let first = desk.install(packed("acme", "1.0.0", FOLDER)).await.unwrap();
    desk.approve("acme", &first.digest).await.unwrap();
    let before = desk.lock().unwrap();
    let refused = [
        desk.install(b"nonsense".as_slice().into()).await.map(drop).unwrap_err(),
        desk.install(packed("rclone", "9.0.0", "")).await.map(drop).unwrap_err(),
        desk.install(packed("acme", "1.0.0", "[permissions.folder]\npath = \"/path\"\n"))
            .await
            .map(drop)
            .unwrap_err(),
        desk.approve("acne", &first.digest).await.map(drop).unwrap_err(),
        desk.approve("folder", &first.digest).await.map(drop).unwrap_err(),
        desk.remove("sharepage").await.map(drop).unwrap_err(),
    ];
    let said: Vec<_> = refused.iter().map(ToString::to_string).collect();
    insta::assert_snapshot!(said.join("\n"), @r"
    the package cannot be used: this is no WebAssembly file; take the `.wasm` file that `boothsync plugin pack` wrote
    `rclone` is part of Boothsync, so no other plugin can have this name; give it another one in plugin.toml
    the package cannot be used: its manifest cannot be used: [permissions.folder] has no `reason`; write one sentence that tells the operator what it is for
    no plugin `acne` is installed; did you mean `acme`?
    `folder` is part of Boothsync: it is approved, and cannot be removed
    `sharepage` is part of Boothsync: it is approved, and cannot be removed
    ");
    assert_eq!(desk.lock().unwrap(), before);
    assert_eq!(compiled(dir.path()), [first.digest]);
}

#[tokio::test]
async fn a_plugin_in_use_is_not_removed_and_others_leave_nothing_behind() {
    let target = "[[target]]\nname = \"cloud\"\nplugin = \"acme\"\nsettings = { path = \"x\" }\n";
    let (_dir, desk) = desk(target).await;
    let first = desk.install(packed("acme", "1.0.0", FOLDER)).await.unwrap();
    let error = desk.remove("acme").await.unwrap_err().to_string();
    assert_eq!(
        error,
        "the plugin `acme` is in use: target `cloud` in the configuration; take that out first"
    );
    assert_eq!(locked(&desk).digest, first.digest);

    let (dir, desk) = self::desk("").await;
    desk.install(packed("acme", "1.0.0", FOLDER)).await.unwrap();
    fs::write(dir.path().join("data/secrets.toml"), "[cloud]\ntoken = \"x\"\n").unwrap();
    let removed = desk.remove("acme").await.unwrap();
    assert_eq!(removed.left_secrets, ["cloud"]);
    assert!(desk.lock().unwrap().plugins.is_empty());
    assert!(compiled(dir.path()).is_empty());
    assert!(!dir.path().join("data/plugins/acme.wasm").exists());
}

#[tokio::test]
async fn a_file_that_was_changed_is_said_and_mended_by_installing_it_again() {
    let (dir, desk) = desk("").await;
    let package = packed("acme", "1.0.0", FOLDER);
    let first = desk.install(Arc::clone(&package)).await.unwrap();
    desk.approve("acme", &first.digest).await.unwrap();
    fs::write(dir.path().join("data/plugins/acme.wasm"), packed("acme", "6.6.6", FOLDER)).unwrap();
    let listed =
        async || desk.list().await.unwrap().into_iter().find(|plugin| plugin.name == "acme").unwrap();
    let broken = listed().await;
    assert_eq!(broken.state, State::Unusable);
    assert!(broken.note.contains("is not the one that was installed"), "{}", broken.note);
    desk.install(package).await.unwrap();
    assert_eq!(listed().await.state, State::Approved);
}
