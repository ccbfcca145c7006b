//! The program as an operator uses it, with a folder as target: no rclone, no network.

#![expect(clippy::unwrap_used, reason = "a test ends with what it did not expect")]

mod plugins;

use std::path::{Path, PathBuf};
use std::process::{Output, Stdio};
use std::time::{Duration, Instant};

use serde_json::Value;
use tempfile::TempDir;
use tokio::process::{Child, Command};

/// A media folder, a drive and a configuration, thrown away at the end.
struct Booth {
    dir: TempDir,
}

impl Booth {
    fn new() -> Self {
        let booth = Self { dir: tempfile::tempdir().unwrap() };
        for folder in ["media/processed_full", "drive"] {
            std::fs::create_dir_all(booth.path(folder)).unwrap();
        }
        let config = r#"
            [media]
            folder = "media"
            [[target]]
            name = "usb"
            plugin = "folder"
            settings = { path = "drive" }
            [target.share]
            enabled = true
            use_sharepage = false
            public_link = "https://photos.example.com/{path}"
            [web]
            listen = "127.0.0.1:0"
        "#;
        booth.write("boothsync.toml", config.as_bytes());
        booth
    }

    fn path(&self, name: &str) -> PathBuf {
        self.dir.path().join(name)
    }

    fn write(&self, name: &str, content: &[u8]) {
        std::fs::write(self.path(name), content).unwrap();
    }

    fn command(&self, args: &[&str]) -> Command {
        let mut command = Command::new(env!("CARGO_BIN_EXE_boothsync"));
        command.args(args).current_dir(self.dir.path()).env_clear().kill_on_drop(true).stdin(Stdio::null());
        command
    }

    async fn run(&self, args: &[&str]) -> Ran {
        let output = tokio::time::timeout(Duration::from_secs(120), self.command(args).output());
        Ran::new(output.await.unwrap_or_else(|_| panic!("{args:?} did not end")).unwrap())
    }

    /// Starts the service and waits until it answers.
    async fn service(&self) -> Service {
        let log = std::fs::File::create(self.path("service.log")).unwrap();
        let child = self.command(&["run"]).stderr(log).spawn().unwrap();
        let service = Service { child, log: self.path("service.log") };
        let ready = async || service.log().contains("ready after");
        wait_until("the service is ready", ready).await;
        service
    }

    async fn status(&self) -> Value {
        self.run(&["status", "--json"]).await.json()
    }
}

struct Service {
    child: Child,
    log: PathBuf,
}

impl Service {
    fn log(&self) -> String {
        std::fs::read_to_string(&self.log).unwrap_or_default()
    }

    /// Asks it to stop and returns its exit code.
    async fn stop(mut self) -> Option<i32> {
        let pid = i32::try_from(self.child.id().unwrap()).unwrap();
        let pid = rustix::process::Pid::from_raw(pid).unwrap();
        rustix::process::kill_process(pid, rustix::process::Signal::TERM).unwrap();
        let ended = tokio::time::timeout(Duration::from_secs(60), self.child.wait());
        let ended = ended.await.unwrap_or_else(|_| panic!("it did not stop:\n{}", self.log()));
        ended.unwrap().code()
    }
}

/// How a command ended.
struct Ran {
    code: Option<i32>,
    out: String,
    err: String,
}

impl Ran {
    fn new(output: Output) -> Self {
        let text = |bytes| String::from_utf8(bytes).unwrap();
        Self { code: output.status.code(), out: text(output.stdout), err: text(output.stderr) }
    }

    /// Standard output has to be one JSON document.
    fn json(&self) -> Value {
        serde_json::from_str(&self.out).unwrap_or_else(|error| panic!("{error}: {}{}", self.out, self.err))
    }

    fn expect(self, code: i32) -> Self {
        assert_eq!(self.code, Some(code), "{}{}", self.out, self.err);
        self
    }
}

async fn wait_until(what: &str, mut holds: impl AsyncFnMut() -> bool) {
    let began = Instant::now();
    while !holds().await {
        assert!(began.elapsed() < Duration::from_secs(60), "{what}: this did not happen in a minute");
        tokio::time::sleep(Duration::from_millis(20)).await;
    }
}

fn same(a: &Path, b: &Path) -> bool {
    matches!((std::fs::read(a), std::fs::read(b)), (Ok(a), Ok(b)) if a == b)
}

#[tokio::test]
async fn a_wrong_configuration_ends_with_code_2_and_says_where() {
    let booth = Booth::new();
    booth.write("boothsync.toml", b"[media]\nfoldr = \"media\"\n");
    for args in [&["run"][..], &["status", "--json"], &["sync"], &["check"]] {
        let ran = booth.run(args).await.expect(2);
        assert_eq!(ran.out, "");
        assert!(
            ran.err.contains("boothsync.toml:2:1") && ran.err.contains("did you mean `folder`?"),
            "{}",
            ran.err
        );
    }
    assert!(
        booth.run(&["--config", "none.toml", "run"]).await.expect(2).err.contains("there is no such file")
    );
    assert!(!booth.path("data").exists(), "nothing is made before the configuration is right");
}

#[tokio::test]
async fn a_sync_ends_when_everything_is_there() {
    let booth = Booth::new();
    booth.write("media/processed_full/a b#ü.jpg", b"picture");
    let outcome = booth.run(&["sync", "--json"]).await.expect(0).json();
    assert_eq!(outcome, serde_json::json!({"left": 0, "failed": 0, "unusable": []}));
    assert!(same(
        &booth.path("media/processed_full/a b#ü.jpg"),
        &booth.path("drive/media/processed_full/a b#ü.jpg")
    ));
    let status = booth.status().await;
    assert_eq!(status["media"]["items"], 1);
    assert_eq!(status["targets"][0]["held"], status["targets"][0]["wanted"]);
    assert!(booth.run(&["sync"]).await.expect(0).err.contains("everything is up to date"));
}

#[tokio::test]
async fn a_target_that_is_not_there_makes_sync_and_check_fail_with_words() {
    let booth = Booth::new();
    std::fs::remove_dir(booth.path("drive")).unwrap();
    booth.write("media/processed_full/a.jpg", b"picture");
    booth.run(&["sync"]).await.expect(1);
    let found = booth.run(&["check", "--json"]).await.expect(1).json();
    let wrong: Vec<&Value> =
        found["checks"].as_array().unwrap().iter().filter(|one| one["ok"] == false).collect();
    assert_eq!(wrong.len(), 1, "{found}");
    assert_eq!(wrong[0]["name"], "target usb");
}

#[tokio::test]
async fn the_commands_reach_the_running_service() {
    let booth = Booth::new();
    let service = booth.service().await;
    booth.write("media/processed_full/a.jpg", b"picture");
    let links = booth.run(&["share", "processed_full/a.jpg", "--json"]).await.expect(0).json();
    assert_eq!(links[0]["url"], "https://photos.example.com/media/processed_full/a.jpg");
    wait_until("the picture is there", async || booth.path("drive/media/processed_full/a.jpg").exists())
        .await;

    let code = booth.run(&["share", "media/processed_full/a.jpg", "--qr", "a.svg"]).await.expect(0);
    assert!(code.out.contains("https://photos.example.com/"), "{}", code.out);
    assert!(std::fs::read_to_string(booth.path("a.svg")).unwrap().starts_with("<svg"));

    booth.run(&["pause", "--target", "usb"]).await.expect(0);
    assert_eq!(booth.status().await["targets"][0]["state"], "paused");
    booth.run(&["resume", "--target", "usb"]).await.expect(0);
    booth.run(&["sync"]).await.expect(0);
    booth.run(&["check"]).await.expect(0);
    assert!(booth.run(&["pause", "--target", "usv"]).await.expect(2).err.contains("did you mean `usb`?"));
    booth.run(&["share", "nothing.jpg"]).await.expect(1);
    booth.run(&["confirm-deletes", "--target", "usb"]).await.expect(1);

    let second = booth.run(&["run"]).await.expect(2);
    assert!(second.err.contains("already runs with the data folder"), "{}", second.err);
    assert_eq!(service.stop().await, Some(0));
    assert!(!booth.path("data/control.sock").exists());
}

#[tokio::test]
async fn orders_are_kept_while_no_service_runs() {
    let booth = Booth::new();
    booth.write("media/processed_full/a.jpg", b"picture");
    booth.run(&["pause", "--target", "usb"]).await.expect(0);
    assert_eq!(booth.status().await["targets"][0]["state"], "paused");
    booth.run(&["sync"]).await.expect(1);
    assert!(!booth.path("drive/media").exists(), "a paused target is left alone");
    booth.run(&["resume", "--target", "usb"]).await.expect(0);
    booth.run(&["sync"]).await.expect(0);
    assert!(booth.path("drive/media/processed_full/a.jpg").exists());
}

#[tokio::test]
async fn a_service_that_was_killed_is_not_in_the_way() {
    let booth = Booth::new();
    let mut service = booth.service().await;
    service.child.kill().await.unwrap();
    assert!(booth.path("data/control.sock").exists(), "nobody was there to remove it");
    booth.run(&["status"]).await.expect(0);
    let service = booth.service().await;
    assert_eq!(service.stop().await, Some(0));
}

#[tokio::test]
async fn what_earlier_settings_left_is_cleaned_up_with_them() {
    let booth = Booth::new();
    booth.write("media/processed_full/a.jpg", b"picture");
    booth.run(&["sync"]).await.expect(0);
    std::fs::create_dir(booth.path("other")).unwrap();
    let config = std::fs::read_to_string(booth.path("boothsync.toml")).unwrap();
    booth.write("boothsync.toml", config.replace("\"drive\"", "\"other\"").as_bytes());
    booth.run(&["sync"]).await.expect(0);
    assert!(booth.path("other/media/processed_full/a.jpg").exists());
    assert!(booth.path("drive/media/processed_full/a.jpg").exists(), "nothing is deleted without a word");
    let cleaned = booth.run(&["cleanup", "--target", "usb", "--json"]).await.expect(0).json();
    assert_eq!(cleaned["objects"], 2, "the picture and the page");
    assert!(!booth.path("drive/media/processed_full/a.jpg").exists());
    assert!(booth.path("other/media/processed_full/a.jpg").exists());
}

#[tokio::test]
async fn a_secret_that_no_plugin_asks_for_is_refused() {
    let booth = Booth::new();
    let ran = booth.run(&["secret", "set", "usb", "password"]).await.expect(2);
    assert!(ran.err.contains("the plugin `folder` has no secrets"), "{}", ran.err);
    assert!(!booth.path("data/secrets.toml").exists());
}

/// Pictures that only an order brings: a service with nothing of its own to do.
fn slow_to_act(booth: &Booth) {
    let config = std::fs::read_to_string(booth.path("boothsync.toml")).unwrap();
    let config = config.replace("plugin = \"folder\"", "plugin = \"folder\"\nimmediate = false");
    booth.write("boothsync.toml", format!("{config}\n[sync]\nfull_sync_interval = \"24h\"\n").as_bytes());
}

#[tokio::test]
async fn a_sync_beside_a_running_service_is_handed_over_and_followed() {
    let booth = Booth::new();
    slow_to_act(&booth);
    let service = booth.service().await;
    let arrives = async |name: &str| {
        let there = booth.path("drive/media/processed_full").join(name);
        assert!(there.exists(), "{name}:\n{}", service.log());
    };
    booth.run(&["sync"]).await.expect(0);
    booth.write("media/processed_full/a.jpg", b"picture");
    let ran = booth.run(&["sync"]).await.expect(0);
    arrives("a.jpg").await;
    assert!(ran.err.contains("usb: media/processed_full/a.jpg"), "it says how it goes: {}", ran.err);
    assert!(ran.err.ends_with("everything is up to date\n"), "{}", ran.err);
    assert_eq!(ran.out, "");

    booth.write("media/processed_full/b.jpg", b"picture");
    let ran = booth.run(&["sync", "--json", "--target", "usb"]).await.expect(0);
    arrives("b.jpg").await;
    assert_eq!(ran.json(), serde_json::json!({"left": 0, "failed": 0, "unusable": []}));

    booth.run(&["pause", "--target", "usb"]).await.expect(0);
    booth.write("media/processed_full/c.jpg", b"picture");
    let outcome = booth.run(&["sync", "--json"]).await.expect(1).json();
    assert_eq!(
        (&outcome["left"], &outcome["unusable"][0]["target"]),
        (&1.into(), &"usb".into()),
        "{outcome}"
    );
    let ran = booth.run(&["sync"]).await.expect(1);
    assert!(ran.err.contains("target `usb` cannot be used: paused by the operator"), "{}", ran.err);
    booth.run(&["sync", "--target", "usv"]).await.expect(2);
    assert_eq!(service.stop().await, Some(0));
}

#[tokio::test]
async fn a_service_does_not_start_while_a_command_works_with_the_data_folder() {
    let booth = Booth::new();
    booth.run(&["sync"]).await.expect(0);
    // What a `sync` without a service holds as long as it runs.
    let lock = std::fs::File::options().write(true).open(booth.path("data/lock")).unwrap();
    rustix::fs::flock(&lock, rustix::fs::FlockOperation::NonBlockingLockExclusive).unwrap();
    for args in [&["run"][..], &["sync"], &["pause", "--target", "usb"]] {
        let ran = booth.run(args).await.expect(2);
        assert!(ran.err.contains("another Boothsync already works with the data folder"), "{}", ran.err);
        assert!(ran.err.contains("stop it first"), "{}", ran.err);
    }
    booth.run(&["status"]).await.expect(0);
    drop(lock);
    booth.run(&["sync"]).await.expect(0);
}

#[tokio::test]
async fn a_database_from_a_newer_version_is_refused_and_left_as_it_is() {
    let booth = Booth::new();
    booth.write("media/processed_full/a.jpg", b"picture");
    booth.run(&["sync"]).await.expect(0);
    let path = booth.path("data/boothsync.db");
    let mut database = std::fs::read(&path).unwrap();
    // Where SQLite keeps the number of the tables' version.
    database[60..64].copy_from_slice(&9_999_u32.to_be_bytes());
    std::fs::write(&path, &database).unwrap();
    for args in [&["run"][..], &["sync"], &["status"], &["check"], &["offline", "processed_full/a.jpg"]] {
        let ran = booth.run(args).await;
        assert_ne!(ran.code, Some(0), "{args:?}");
        let said = ran.out + &ran.err;
        assert!(said.contains("written by a newer Boothsync"), "{args:?}: {said}");
        assert!(said.contains("use that version again"), "{args:?}: {said}");
    }
    booth.run(&["run"]).await.expect(2);
    assert!(std::fs::read(&path).unwrap() == database, "nothing was written into it");
    let set_aside = std::fs::read_dir(booth.path("data")).unwrap().flatten();
    assert!(set_aside.map(|entry| entry.file_name()).all(|name| !name.to_string_lossy().contains("damaged")));
}
