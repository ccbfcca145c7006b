//! Plugins as an operator takes them in: the bundled folder plugin's component under another name.

use std::path::PathBuf;

use packing::Project;

use super::{Booth, Ran, wait_until};

const FOLDER: &str = "[permissions.folder]\npath = \"/path\"\nreason = \"It writes there.\"\n";
const SECRET: &str = "[secrets.token]\ntitle = \"API token\"\n";

impl Booth {
    /// A booth whose target is made by the plugin `acme`.
    fn with_acme() -> Self {
        let booth = Self::new();
        let config = std::fs::read_to_string(booth.path("boothsync.toml")).unwrap();
        booth.write("boothsync.toml", config.replace("\"folder\"", "\"acme\"").as_bytes());
        booth
    }

    /// A package of `acme`.
    fn package(&self, version: &str, wishes: &str) -> String {
        let schema = r#"{"type": "object", "properties": {"path": {"type": "string", "x-place": true}}}"#;
        self.packed(
            "folder",
            &format!("name = \"acme\"\nversion = \"{version}\"\nkind = \"target\"\n{wishes}"),
            schema,
        )
    }

    /// The component of a bundled plugin as another plugin.
    fn packed(&self, bundled: &str, about: &str, schema: &str) -> String {
        let dir = tempfile::tempdir().unwrap();
        std::fs::write(dir.path().join(packing::MANIFEST), format!("[plugin]\n{about}")).unwrap();
        std::fs::write(dir.path().join(packing::SCHEMA), schema).unwrap();
        let dist = PathBuf::from(env!("CARGO_MANIFEST_DIR")).join("../../plugins/dist");
        let component = std::fs::read(dist.join(format!("{bundled}.wasm"))).unwrap();
        let project = Project::read(dir.path()).unwrap();
        let name = format!("{}-{}.wasm", project.name(), project.version());
        self.write(&name, &project.pack(&component).unwrap());
        name
    }

    async fn install(&self, version: &str, wishes: &str) -> Ran {
        let file = self.package(version, wishes);
        self.run(&["plugin", "install", &file]).await
    }

    fn on_drive(&self, name: &str) -> bool {
        self.path("drive/media").join(name).is_file()
    }
}

#[tokio::test]
async fn a_stranger_is_looked_at_installed_approved_and_used() {
    let booth = Booth::with_acme();
    let file = booth.package("1.0.0", FOLDER);
    let seen = booth.run(&["plugin", "inspect", &file]).await.expect(0);
    for words in ["acme 1.0.0", "it says: It writes there.", "cannot use the network", "sha256:"] {
        assert!(seen.out.contains(words), "{words}: {}", seen.out);
    }
    assert!(!booth.path("data").exists(), "looking leaves no trace");

    let unknown = booth.run(&["check"]).await.expect(2);
    assert!(unknown.err.contains("there is no plugin `acme`"), "{}", unknown.err);
    let installed = booth.run(&["plugin", "install", &file]).await.expect(0);
    assert!(installed.err.contains("boothsync plugin approve acme"), "{}", installed.err);
    let checked = booth.run(&["check"]).await.expect(1);
    assert!(checked.out.contains("not approved"), "{}", checked.out);
    let asked = booth.run(&["plugin", "approve", "acme"]).await.expect(2);
    assert!(asked.err.contains("It may then:") && asked.err.contains("--yes"), "{}", asked.err);
    booth.run(&["plugin", "approve", "acme", "--yes"]).await.expect(0);
    let listed = booth.run(&["plugin", "list", "--json"]).await.expect(0).json();
    let acme = listed.as_array().unwrap().iter().find(|plugin| plugin["name"] == "acme").unwrap().clone();
    assert_eq!(
        (acme["state"].as_str(), acme["used_by"][0].as_str()),
        (Some("approved"), Some("target `usb`"))
    );

    booth.write("media/processed_full/a.jpg", b"picture");
    booth.run(&["sync"]).await.expect(0);
    assert!(booth.on_drive("processed_full/a.jpg"));
    let kept = booth.run(&["plugin", "remove", "acme"]).await.expect(1);
    assert!(kept.err.contains("target `usb`"), "{}", kept.err);
}

#[tokio::test]
async fn a_running_service_takes_an_update_over() {
    let booth = Booth::with_acme();
    booth.install("1.0.0", FOLDER).await.expect(0);
    booth.run(&["plugin", "approve", "acme", "--yes"]).await.expect(0);
    let service = booth.service().await;
    booth.write("media/processed_full/old.jpg", b"picture");
    wait_until("the old version works", async || booth.on_drive("processed_full/old.jpg")).await;

    let updated = booth.install("1.1.0", FOLDER).await.expect(0);
    assert!(updated.err.contains("runs in target `usb`"), "{}", updated.err);
    booth.write("media/processed_full/new.jpg", b"picture");
    wait_until("the new version works", async || booth.on_drive("processed_full/new.jpg")).await;
    assert!(service.log().contains("target `usb` runs acme 1.1.0 now"), "{}", service.log());

    let waits = booth.install("2.0.0", &format!("{FOLDER}{SECRET}")).await.expect(0);
    assert!(waits.err.contains("waits, and 1.1.0 goes on"), "{}", waits.err);
    let status = booth.run(&["status"]).await;
    assert!(status.out.contains("plugin acme: version 2.0.0 asks for more and waits"), "{}", status.out);
    let checked = booth.run(&["check"]).await.expect(0);
    assert!(checked.out.contains("1.1.0; version 2.0.0 asks for more"), "{}", checked.out);
    booth.run(&["plugin", "approve", "acme", "--yes"]).await.expect(0);
    booth.write("media/processed_full/newest.jpg", b"picture");
    wait_until("what waited works", async || booth.on_drive("processed_full/newest.jpg")).await;
    assert!(service.log().contains("target `usb` runs acme 2.0.0 now"), "{}", service.log());
    let status = booth.status().await;
    assert_eq!(status["targets"][0]["left_behind"].as_u64().unwrap_or(0), 0);
    assert_eq!(service.stop().await, Some(0));
}

#[tokio::test]
async fn an_update_that_would_put_pictures_elsewhere_is_not_taken_over_while_the_service_works() {
    let booth = Booth::with_acme();
    booth.install("1.0.0", FOLDER).await.expect(0);
    booth.run(&["plugin", "approve", "acme", "--yes"]).await.expect(0);
    let service = booth.service().await;
    let lock = std::fs::read(booth.path("data/plugins.lock")).unwrap();
    let about = format!("name = \"acme\"\nversion = \"1.1.0\"\nkind = \"target\"\n{FOLDER}");
    let elsewhere = booth.packed("folder", &about, r#"{"properties": {"path": {}}}"#);
    let refused = booth.run(&["plugin", "install", &elsewhere]).await.expect(1);
    assert!(refused.err.contains("target `usb`: the new version puts pictures elsewhere"), "{}", refused.err);
    assert_eq!(std::fs::read(booth.path("data/plugins.lock")).unwrap(), lock, "nothing was changed");
    assert_eq!(service.stop().await, Some(0));
}

#[tokio::test]
async fn a_file_that_was_changed_stops_its_target_and_no_other() {
    let booth = Booth::with_acme();
    booth.install("1.0.0", FOLDER).await.expect(0);
    booth.run(&["plugin", "approve", "acme", "--yes"]).await.expect(0);
    let mut config = std::fs::read_to_string(booth.path("boothsync.toml")).unwrap();
    std::fs::create_dir(booth.path("second")).unwrap();
    config
        .push_str("\n[[target]]\nname = \"other\"\nplugin = \"folder\"\nsettings = { path = \"second\" }\n");
    booth.write("boothsync.toml", config.as_bytes());
    booth.write("data/plugins/acme.wasm", b"something else");
    let service = booth.service().await;
    booth.write("media/processed_full/a.jpg", b"picture");
    wait_until("the other target works", async || booth.path("second/media/processed_full/a.jpg").is_file())
        .await;
    assert!(!booth.on_drive("processed_full/a.jpg"));
    let checked = booth.run(&["check"]).await.expect(1);
    assert!(checked.out.contains("is not the one that was installed"), "{}", checked.out);
    assert_eq!(service.stop().await, Some(0));
}

#[tokio::test]
async fn what_is_no_package_is_refused_and_nothing_is_written() {
    let booth = Booth::new();
    booth.write("page.html", b"<html>");
    for verb in ["inspect", "install"] {
        let refused = booth.run(&["plugin", verb, "page.html"]).await.expect(1);
        assert!(
            refused.err.contains("`page.html` is refused: this is no WebAssembly file"),
            "{}",
            refused.err
        );
    }
    let folder = booth.run(&["plugin", "install", "media"]).await.expect(1);
    assert!(folder.err.contains("is a folder, not a package"), "{}", folder.err);
    assert!(!booth.path("data").exists());
}

#[tokio::test]
async fn a_plugin_is_packed_by_its_own_build_command() {
    let booth = Booth::new();
    let component = booth.package("0.0.1", FOLDER);
    std::fs::create_dir(booth.path("project")).unwrap();
    let about = "[plugin]\nname = \"mine\"\nversion = \"1.2.3\"\nkind = \"target\"\nlicense = \"MIT\"\n";
    let build = format!("[build]\ncommand = \"cp ../{component} built.wasm\"\ncomponent = \"built.wasm\"\n");
    booth.write("project/plugin.toml", format!("{about}{build}{FOLDER}").as_bytes());
    booth.write("project/settings.schema.json", br#"{"properties": {"path": {"type": "string"}}}"#);
    let packed = booth.run(&["plugin", "pack", "project"]).await.expect(0);
    assert!(packed.err.contains("project/mine-1.2.3.wasm"), "{}", packed.err);
    let seen = booth.run(&["plugin", "inspect", "project/mine-1.2.3.wasm"]).await.expect(0);
    assert!(seen.out.contains("mine 1.2.3") && seen.out.contains("licence MIT"), "{}", seen.out);

    let failing = format!("{about}{}{FOLDER}", build.replace("cp ", "false "));
    booth.write("project/plugin.toml", failing.as_bytes());
    let failed = booth.run(&["plugin", "pack", "project"]).await.expect(1);
    assert!(failed.err.contains("ended with code 1"), "{}", failed.err);
    booth.write("project/plugin.toml", format!("{about}{FOLDER}").as_bytes());
    let unsaid = booth.run(&["plugin", "pack", "project"]).await.expect(1);
    assert!(unsaid.err.contains("does not say how it is built"), "{}", unsaid.err);
}

#[tokio::test]
async fn a_new_version_of_a_page_is_rendered_and_put_at_once() {
    let booth = Booth::new();
    let mut config = std::fs::read_to_string(booth.path("boothsync.toml")).unwrap();
    config = config.replace("plugin = \"folder\"", "plugin = \"folder\"\npages = [\"card\"]");
    config.push_str("\n[[page]]\nname = \"card\"\nplugin = \"cards\"\n");
    booth.write("boothsync.toml", config.as_bytes());
    let package = |version: &str| {
        let about = format!("name = \"cards\"\nversion = \"{version}\"\nkind = \"page\"\n");
        booth.packed("sharepage", &about, r#"{"type": "object"}"#)
    };
    booth.run(&["plugin", "install", &package("1.0.0")]).await.expect(0);
    booth.run(&["plugin", "approve", "cards", "--yes"]).await.expect(0);
    let service = booth.service().await;
    wait_until("the page is there", async || booth.path("drive/index.html").is_file()).await;
    let made = || service.log().matches("page `card` was made anew").count();
    assert_eq!(made(), 1);
    let updated = booth.run(&["plugin", "install", &package("1.0.1")]).await.expect(0);
    assert!(updated.err.contains("runs in page `card`"), "{}", updated.err);
    wait_until("it is made by the new version", async || made() == 2).await;
    assert_eq!(service.stop().await, Some(0));
}
