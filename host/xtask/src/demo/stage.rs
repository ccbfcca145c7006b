//! Everything that the demo plays on: a folder of its own, a web space, and the service.

use std::net::SocketAddr;
use std::path::{Path, PathBuf};
use std::process::Command;
use std::time::{Duration, Instant};

use anyhow::{Context, Result};
use fault_proxy::FaultProxy;

use crate::servers::{self, Login, Running};
use crate::step::{self, say};
use crate::{http, places};

/// How the demo logs in to its own FTP server, which only this machine can reach.
const LOGIN: Login = Login { user: "party", password: "confetti" };

/// The target, as the configuration and the log name it.
pub const TARGET: &str = "webspace";
/// How far away the FTP server seems to be, so that there is something to see.
const ONE_WAY: Duration = Duration::from_millis(15);
/// Where on the web space everything lies.
const SUBDIR: &str = "photos";

/// A running service with a web space to upload to. Dropping it ends all processes and removes all files.
pub struct Stage {
    // In this order they end: the service before the servers it talks to, the folder last.
    service: Running,
    _line: FaultProxy,
    _ftp: Running,
    _web: Running,
    boothsync: PathBuf,
    web_address: SocketAddr,
    folder: tempfile::TempDir,
}

impl Stage {
    /// Builds, starts and connects everything. With `web_ui`, rclone's web UI runs on a free port.
    /// Each line of the service's log goes to `hear`.
    pub fn set(
        boothsync: PathBuf,
        rclone: &Path,
        web_ui: bool,
        hear: impl FnMut(&str, Instant) + Send + 'static,
    ) -> Result<Self> {
        let folder =
            tempfile::Builder::new().prefix("boothsync-demo-").tempdir().context("no temporary folder")?;
        let at = |name: &str| folder.path().join(name);
        for name in ["media", "web-space", "log"] {
            std::fs::create_dir(at(name))?;
        }
        let (ftp, near) = servers::ftp(rclone, &at("web-space"), &LOGIN, &at("log/ftp.log"))?;
        let line = FaultProxy::long_ftp(near, ONE_WAY);
        let ftp_address = line.address();
        let (web, web_address) = servers::web(&at("web-space"), &at("log/web.log"))?;
        say(&format!(
            "a web space, slowed down to be {} ms away: FTP on {ftp_address}, the web on {web_address}",
            2 * ONE_WAY.as_millis()
        ));
        std::fs::write(at("boothsync.toml"), configuration(rclone, web_address, web_ui)?)?;
        make_remote(&boothsync, &at("boothsync.toml"), ftp_address)?;
        let service = serve(&boothsync, folder.path(), hear)?;
        let mut stage = Self { service, _line: line, _ftp: ftp, _web: web, boothsync, web_address, folder };
        let socket = stage.socket();
        stage.service.wait_until(Duration::from_secs(30), || healthy(&socket))?;
        Ok(stage)
    }

    /// The service, to see whether it still runs.
    pub fn service(&mut self) -> &mut Running {
        &mut self.service
    }

    /// Where pictures are dropped.
    pub fn media(&self) -> PathBuf {
        self.folder.path().join("media")
    }

    /// The file on the server that a picture ends up in.
    pub fn on_server(&self, key: &str) -> PathBuf {
        self.folder.path().join("web-space").join(SUBDIR).join("media").join(key)
    }

    /// The page that visitors land on.
    pub fn share_page(&self) -> String {
        format!("http://{}/{SUBDIR}/", self.web_address)
    }

    /// Through which commands reach the service.
    pub fn socket(&self) -> PathBuf {
        self.folder.path().join("data/control.sock")
    }

    /// What the service has said so far is kept here.
    pub fn log(&self) -> PathBuf {
        log_file(self.folder.path())
    }

    /// What a person types to give the running service a command.
    pub fn command_line(&self, arguments: &str) -> String {
        let config = self.folder.path().join("boothsync.toml");
        format!("{} --config {} {arguments}", self.boothsync.display(), config.display())
    }
}

fn log_file(folder: &Path) -> PathBuf {
    folder.join("log/boothsync.log")
}

/// What an operator with a web space would write, with this demo's addresses.
fn configuration(rclone: &Path, web: SocketAddr, web_ui: bool) -> Result<String> {
    // JSON's strings are also TOML's.
    let rclone = serde_json::to_string(rclone).context("the path of rclone is not UTF-8")?;
    let listen = servers::free_address()?;
    let ui = if web_ui { format!("localhost:{}", servers::free_address()?.port()) } else { "off".into() };
    Ok(format!(
        r#"data = "data"

[media]
folder = "media"

[rclone]
binary = {rclone}
config = "rclone.conf"
web_ui = "{ui}"

[[target]]
name = "{TARGET}"
plugin = "rclone"
pages = ["sharepage"]
settings = {{ remote = "{TARGET}:", subdir = "{SUBDIR}" }}

[target.share]
enabled = true
public_link = "http://{web}/{SUBDIR}/media/{{key}}"
use_sharepage = true
sharepage_url = "http://{web}/{SUBDIR}/"

[web]
listen = "{listen}"
"#
    ))
}

/// Configures the remote as an operator does: with the program's own rclone.
fn make_remote(boothsync: &Path, config: &Path, ftp: SocketAddr) -> Result<()> {
    say(&format!(
        "boothsync rclone config create {TARGET} ftp host={} port={} user={} pass=...",
        ftp.ip(),
        ftp.port(),
        LOGIN.user
    ));
    let mut create = Command::new(boothsync);
    create.arg("--config").arg(config).args(["rclone", "config", "create", TARGET, "ftp"]);
    create.arg(format!("host={}", ftp.ip())).arg(format!("port={}", ftp.port()));
    create.arg(format!("user={}", LOGIN.user)).arg(format!("pass={}", LOGIN.password));
    create.args(["--obscure", "--non-interactive"]);
    step::run_quietly(&mut create, "configuring the remote")
}

fn serve(
    boothsync: &Path,
    folder: &Path,
    hear: impl FnMut(&str, Instant) + Send + 'static,
) -> Result<Running> {
    say("boothsync run");
    let mut command = Command::new(boothsync);
    command.arg("--config").arg(folder.join("boothsync.toml")).arg("run").current_dir(places::root());
    // What components log, to show that pictures went through one.
    command.env("BOOTHSYNC_LOG", "info,sandbox=debug").env_remove("RUST_LOG");
    Running::start_heard("boothsync run", &mut command, &log_file(folder), hear)
}

fn healthy(socket: &Path) -> bool {
    let patience = Some(Duration::from_secs(2));
    http::over_socket(socket, "GET", "/healthz", patience).is_ok_and(|answer| answer.status == 200)
}
