//! A booth: the real program in a folder of its own.

use std::fmt::Write;
use std::fs;
use std::path::{Path, PathBuf};
use std::process::Command;
use std::time::Duration;

use serde_json::Value;
use tempfile::TempDir;

use crate::code;
use crate::http;
use crate::needs::rclone;
use crate::outcome::Outcome;
use crate::process::{Running, free_port};
use crate::server::{PASSWORD, Server};
use crate::tree::Tree;
use crate::wait::{PATIENCE, comes_true, wait_until};

/// How long one command may take.
const COMMAND_LIMIT: Duration = Duration::from_secs(120);

/// How much of its end a failed test shows of the logs.
const SHOWN_LINES: usize = 80;

/// One `[[target]]` of the configuration.
pub struct Target {
    /// Its name.
    pub name: String,
    /// `rclone` or `folder`.
    pub plugin: String,
    /// An inline table.
    pub settings: String,
    /// Further lines of the target's table.
    pub lines: String,
}

/// The program, its configuration, and the folders it works with.
pub struct Booth {
    folder: TempDir,
    port: u16,
    targets: Vec<Target>,
    sections: Vec<(String, String)>,
    /// Further lines of `[rclone]`.
    pub rclone_lines: String,
    /// Further lines of `[sync]`.
    pub sync_lines: String,
    /// The lines of `[share]`.
    pub share_lines: String,
    /// The rclone to use; empty: whichever the program finds.
    pub rclone_binary: String,
    /// What the program sees as `PATH`.
    pub path: String,
    service: Option<Running>,
}

impl Booth {
    /// A booth with an empty media folder and no target.
    pub fn new() -> Self {
        let booth = Self {
            folder: tempfile::tempdir().unwrap(),
            port: free_port(),
            targets: Vec::new(),
            sections: Vec::new(),
            rclone_lines: String::new(),
            sync_lines: String::new(),
            share_lines: String::new(),
            rclone_binary: rclone().to_string_lossy().into_owned(),
            path: "/usr/bin:/bin".into(),
            service: None,
        };
        fs::create_dir_all(booth.media()).unwrap();
        fs::create_dir_all(booth.path_of("home")).unwrap();
        code::hand_out(&booth.data());
        booth
    }

    /// A booth that brings its pictures into the folder `photos` of `server`.
    pub fn with(server: &Server) -> Self {
        let mut booth = Self::new();
        booth.remote("web", &server.section(PASSWORD));
        booth.rclone_target("web", &server.remote("web"), "photos");
        booth
    }

    /// Where `name` lies in the booth's own folder.
    pub fn path_of(&self, name: &str) -> PathBuf {
        self.folder.path().join(name)
    }

    /// Leaves the booth's folder where it is when the test is over.
    pub fn keep(&mut self) -> &Path {
        self.folder.disable_cleanup(true);
        self.folder.path()
    }

    /// The media folder.
    pub fn media(&self) -> PathBuf {
        self.path_of("media")
    }

    /// The data folder.
    pub fn data(&self) -> PathBuf {
        self.path_of("data")
    }

    /// The port of the HTTP interface.
    pub fn port(&self) -> u16 {
        self.port
    }

    /// Adds a remote to rclone.conf, or replaces it, and writes the file.
    pub fn remote(&mut self, name: &str, section: &str) {
        self.sections.retain(|(known, _)| known != name);
        self.sections.push((name.into(), section.into()));
        let text: String =
            self.sections.iter().map(|(name, section)| format!("[{name}]\n{section}\n")).collect();
        fs::write(self.path_of("rclone.conf"), text).unwrap();
    }

    /// Adds a target.
    pub fn target(&mut self, target: Target) {
        self.targets.push(target);
    }

    /// Adds a target that rclone reaches.
    pub fn rclone_target(&mut self, name: &str, remote: &str, subdir: &str) {
        let settings = format!("remote = {remote:?}, subdir = {subdir:?}");
        self.target(Target { name: name.into(), plugin: "rclone".into(), settings, lines: String::new() });
    }

    /// The configuration as it is now.
    pub fn config(&self) -> String {
        let mut text = format!(
            "data = \"data\"\n\n[media]\nfolder = \"media\"\n\n[web]\nlisten = \"127.0.0.1:{}\"\n\n[sync]\n{}\n\
             [share]\n{}\n\
             [rclone]\nbinary = {:?}\nconfig = \"rclone.conf\"\nweb_ui = \"off\"\n{}\n",
            self.port, self.sync_lines, self.share_lines, self.rclone_binary, self.rclone_lines
        );
        for target in &self.targets {
            let Target { name, plugin, settings, lines } = target;
            write!(
                text,
                "[[target]]\nname = {name:?}\nplugin = {plugin:?}\nsettings = {{ {settings} }}\n{lines}\n\n"
            )
            .expect("a text can always be written to");
        }
        text
    }

    /// Writes the configuration as it is now, and returns its path.
    pub fn write_config(&self) -> PathBuf {
        self.write_config_text(&self.config())
    }

    /// Writes `text` as the configuration.
    pub fn write_config_text(&self, text: &str) -> PathBuf {
        let path = self.path_of("boothsync.toml");
        fs::write(&path, text).unwrap();
        path
    }

    /// Writes the configuration, starts the service and waits until it answers.
    pub fn start(&mut self) {
        self.write_config();
        self.start_as_configured();
    }

    /// Starts the service with the configuration that was written last.
    pub fn start_as_configured(&mut self) {
        let mut service = self.begin();
        let port = self.port;
        service.wait_until_ready(PATIENCE, || {
            http::get(port, "/healthz").is_some_and(|(status, _)| status == 200)
        });
        self.service = Some(service);
    }

    /// Starts the service and does not wait for anything.
    pub fn begin(&self) -> Running {
        self.begin_with(|_| {})
    }

    /// As [`Booth::begin`], after `change` has had a look at the command.
    pub fn begin_with(&self, change: impl FnOnce(&mut Command)) -> Running {
        let mut command = self.command(&["run"]);
        change(&mut command);
        Running::start("boothsync run", command, &self.path_of("service.log"))
    }

    /// The running service.
    pub fn service(&mut self) -> &mut Running {
        self.service.as_mut().expect("the service was started")
    }

    /// Everything that the program wrote so far, into its logs and elsewhere.
    pub fn log(&self) -> String {
        let logs = fs::read_dir(self.data().join("log")).into_iter().flatten().flatten();
        let paths = logs.map(|entry| entry.path()).chain([self.path_of("service.log")]);
        paths.map(|path| String::from_utf8_lossy(&fs::read(path).unwrap_or_default()).into_owned()).collect()
    }

    /// Ends the service with SIGTERM and returns its exit code.
    pub fn stop(&mut self) -> i32 {
        let mut service = self.service.take().expect("the service was started");
        let code = service.terminate(PATIENCE).code().unwrap_or(-1);
        code::take_in(&self.data());
        code
    }

    /// Ends the service as a power cut would.
    pub fn kill(&mut self) {
        self.service = None;
    }

    /// Runs one command of the program to its end.
    pub fn run(&self, args: &[&str]) -> Outcome {
        self.run_with(args, |_| {})
    }

    /// As [`Booth::run`], after `change` has had a look at the command.
    pub fn run_with(&self, args: &[&str], change: impl FnOnce(&mut Command)) -> Outcome {
        let (out, err) = (tempfile::tempfile().unwrap(), tempfile::tempfile().unwrap());
        let mut command = self.command(args);
        command.stdin(std::process::Stdio::null());
        command.stdout(out.try_clone().unwrap()).stderr(err.try_clone().unwrap());
        change(&mut command);
        let mut child = command.spawn().unwrap();
        let what = format!("`boothsync {}` ends", args.join(" "));
        wait_until(COMMAND_LIMIT, &what, || child.try_wait().unwrap().is_some());
        let status = child.wait().unwrap();
        code::take_in(&self.data());
        Outcome::of(&std::process::Output { status, stdout: read(out), stderr: read(err) })
    }

    fn command(&self, args: &[&str]) -> Command {
        let mut command = Command::new(program());
        command.arg("--config").arg(self.path_of("boothsync.toml")).args(args);
        command.env_clear().env("PATH", &self.path).env("HOME", self.path_of("home"));
        command.env("LANG", "C.UTF-8").env("NO_COLOR", "1").env("RUST_BACKTRACE", "1");
        command.current_dir(self.folder.path());
        command
    }

    /// What `boothsync status --json` answers.
    pub fn status(&self) -> Value {
        self.run(&["status", "--json"]).json()
    }

    /// The part of the status that is about one target.
    pub fn target_status(&self, name: &str) -> Value {
        let status = self.status();
        let targets = status["targets"].as_array().into_iter().flatten();
        let found = targets.clone().find(|target| target["name"] == name).cloned();
        found.unwrap_or_else(|| panic!("no target `{name}` in {status}"))
    }

    /// Waits until a target is in `state`, and returns the reason it gives.
    pub fn wait_for_state(&self, target: &str, state: &str) -> String {
        let mut last = Value::Null;
        wait_until(PATIENCE, &format!("`{target}` is {state}"), || {
            last = self.target_status(target);
            last["state"] == state
        });
        last["reason"].as_str().unwrap_or_default().to_owned()
    }

    /// Waits until `server` holds exactly what the media folder has, and the share page, and the
    /// program knows it.
    #[track_caller]
    pub fn wait_until_same(&self, server: &Server, limit: Duration) {
        self.wait_until(server, limit, |path| path.contains(".partial"));
    }

    /// As [`Booth::wait_until_same`], but after a power cut half a file may be left under a name of its
    /// own, where nobody sees it.
    #[track_caller]
    pub fn wait_until_same_after_a_crash(&self, server: &Server, limit: Duration) {
        self.wait_until(server, limit, |_| false);
    }

    #[track_caller]
    fn wait_until(&self, server: &Server, limit: Duration, is_wrong: impl Fn(&str) -> bool) {
        let wanted = Tree::of(&self.media());
        let same = || {
            let held = server.tree("photos");
            let pictures = held.below("media").without(is_leftover);
            pictures == wanted
                && held.0.contains_key("index.html")
                && !held.paths().into_iter().any(&is_wrong)
        };
        if !comes_true(limit, same) {
            panic!("wanted {wanted:#?}\nheld {:#?}\nstatus {:#}", server.tree("photos"), self.status());
        }
        wait_until(PATIENCE, "the program knows that all is there", || {
            let target = self.target_status("web");
            target["pending"] == 0 && target["running"] == 0 && target["held"] == target["wanted"]
        });
    }
}

/// What rclone, or an S3 server of rclone's, leaves of an upload that was cut off.
fn is_leftover(path: &str) -> bool {
    path.ends_with(".partial") || path.contains(".rclone_temp_put_")
}

impl Drop for Booth {
    fn drop(&mut self) {
        self.service = None;
        if std::thread::panicking() {
            let log = self.log();
            let lines: Vec<&str> = log.lines().collect();
            let shown = lines[lines.len().saturating_sub(SHOWN_LINES)..].join("\n");
            eprintln!("---- the end of the booth's logs ----\n{shown}\n----");
        }
    }
}

impl Default for Booth {
    fn default() -> Self {
        Self::new()
    }
}

fn read(mut file: std::fs::File) -> Vec<u8> {
    use std::io::{Read, Seek};
    let mut bytes = Vec::new();
    file.rewind().unwrap();
    file.read_to_end(&mut bytes).unwrap();
    bytes
}

/// The program under test.
fn program() -> PathBuf {
    if let Some(path) = std::env::var_os("BOOTHSYNC_BIN") {
        return path.into();
    }
    let beside =
        std::env::current_exe().ok().and_then(|test| Some(test.parent()?.parent()?.join("boothsync")));
    match beside {
        Some(path) if Path::is_file(&path) => path,
        _ => panic!("these tests need the program: run `cargo xtask test`, which builds it"),
    }
}
