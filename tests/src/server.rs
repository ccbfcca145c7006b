//! Real servers to upload to.

use std::fs;
use std::net::{Ipv4Addr, SocketAddr, SocketAddrV4, TcpListener, TcpStream};
use std::path::{Path, PathBuf};
use std::process::Command;
use std::sync::OnceLock;
use std::sync::atomic::{AtomicU32, Ordering};

use tempfile::TempDir;

use crate::needs::{python, rclone};
use crate::process::Running;
use crate::tree::Tree;
use crate::wait::PATIENCE;

/// The password that every server accepts.
pub const PASSWORD: &str = "party-2026";
const BUCKET: &str = "bucket";

/// Which server.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Kind {
    /// `rclone serve ftp`
    RcloneFtp,
    /// `rclone serve sftp`
    RcloneSftp,
    /// `rclone serve webdav`
    RcloneWebdav,
    /// `rclone serve s3`
    RcloneS3,
    /// Debian's vsftpd
    Vsftpd,
    /// pyftpdlib from PyPI
    Pyftpdlib,
}

/// A server on an address of its own, so that nobody takes its port while it is down. Killed when it is
/// dropped.
pub struct Server {
    kind: Kind,
    address: SocketAddrV4,
    root: PathBuf,
    folder: TempDir,
    process: Option<Running>,
}

impl Server {
    /// Starts one with nothing on it.
    pub fn start(kind: Kind) -> Self {
        let folder = tempfile::tempdir().unwrap();
        let root = folder.path().join("root");
        Self::start_on(kind, folder, root)
    }

    /// Starts one that keeps its files in `root`, which may be filled already.
    pub fn start_in(kind: Kind, root: &Path) -> Self {
        Self::start_on(kind, tempfile::tempdir().unwrap(), root.join("root"))
    }

    fn start_on(kind: Kind, folder: TempDir, root: PathBuf) -> Self {
        let mut server = Self { kind, address: free_address(), root, folder, process: None };
        fs::create_dir_all(server.place()).unwrap();
        server.resume();
        server
    }

    /// Ends it, as a power cut would.
    pub fn stop(&mut self) {
        self.process = None;
    }

    /// Starts it again on the same port with the same files.
    pub fn resume(&mut self) {
        let log = self.folder.path().join("server.log");
        let mut process = Running::start(&format!("{:?}", self.kind), self.command(), &log);
        let address = self.address;
        process.wait_until_ready(PATIENCE, || listens(address));
        self.process = Some(process);
    }

    /// Where the target's remote begins on this machine's disk.
    pub fn place(&self) -> PathBuf {
        match self.kind {
            Kind::RcloneS3 => self.root.join(BUCKET),
            _ => self.root.clone(),
        }
    }

    /// What it holds below `folder` of the remote.
    pub fn tree(&self, folder: &str) -> Tree {
        Tree::of(&self.place().join(folder))
    }

    /// How a target names the place of its files, if the remote is called `name`.
    pub fn remote(&self, name: &str) -> String {
        match self.kind {
            Kind::RcloneS3 => format!("{name}:{BUCKET}"),
            _ => format!("{name}:"),
        }
    }

    /// Where it listens.
    pub fn address(&self) -> SocketAddr {
        self.address.into()
    }

    /// The remote's section in rclone.conf, without its name.
    pub fn section(&self, password: &str) -> String {
        self.section_at(self.address(), password)
    }

    /// As [`Server::section`], but it is reached at another address.
    pub fn section_at(&self, address: SocketAddr, password: &str) -> String {
        let obscured = obscure(password);
        let (host, port) = (address.ip(), address.port());
        let log_in = format!("host = {host}\nport = {port}\nuser = {}\npass = {obscured}\n", self.user());
        match self.kind {
            Kind::RcloneFtp | Kind::Vsftpd | Kind::Pyftpdlib => format!("type = ftp\n{log_in}"),
            Kind::RcloneSftp => format!("type = sftp\n{log_in}"),
            Kind::RcloneWebdav => format!(
                "type = webdav\nurl = http://{address}\nvendor = other\nuser = {}\npass = {obscured}\n",
                self.user()
            ),
            Kind::RcloneS3 => format!(
                "type = s3\nprovider = Rclone\nendpoint = http://{address}\naccess_key_id = {}\n\
                 secret_access_key = {password}\n",
                self.user()
            ),
        }
    }

    /// vsftpd knows other users only through PAM, which would have to be set up in the system.
    fn user(&self) -> &'static str {
        if self.kind == Kind::Vsftpd { "anonymous" } else { "booth" }
    }

    fn command(&self) -> Command {
        match self.kind {
            Kind::RcloneFtp => self.rclone_serve("ftp", &["--passive-port", &self.passive_ports()]),
            Kind::RcloneSftp => self.rclone_serve("sftp", &[]),
            Kind::RcloneWebdav => self.rclone_serve("webdav", &[]),
            Kind::RcloneS3 => self.rclone_serve("s3", &[]),
            Kind::Vsftpd => self.vsftpd(),
            Kind::Pyftpdlib => self.pyftpdlib(),
        }
    }

    fn rclone_serve(&self, protocol: &str, further: &[&str]) -> Command {
        let mut command = Command::new(rclone());
        command.env_clear().env("HOME", self.folder.path()).env("RCLONE_CONFIG", "");
        command.args(["serve", protocol, "--addr", &self.address.to_string()]).args(further);
        if self.kind == Kind::RcloneS3 {
            command.args(["--auth-key", &format!("{},{PASSWORD}", self.user())]);
        } else {
            command.args(["--user", self.user(), "--pass", PASSWORD]);
        }
        command.arg(&self.root);
        command
    }

    fn vsftpd(&self) -> Command {
        let (passwords, config) =
            (self.folder.path().join("passwords"), self.folder.path().join("vsftpd.conf"));
        fs::write(&passwords, format!("{PASSWORD}\n")).unwrap();
        let ports = self.passive_ports();
        let (first, last) = ports.split_once('-').expect("a range");
        let lines = [
            format!("listen=YES\nbackground=NO\nlisten_address={}", self.address.ip()),
            format!("listen_port={}\npasv_min_port={first}\npasv_max_port={last}", self.address.port()),
            "run_as_launching_user=YES\nseccomp_sandbox=NO\nallow_writeable_chroot=YES".into(),
            format!("anonymous_enable=YES\nanon_root={}", self.root.display()),
            "write_enable=YES\nanon_upload_enable=YES\nanon_mkdir_write_enable=YES".into(),
            "anon_other_write_enable=YES\nanon_world_readable_only=NO\nanon_umask=022".into(),
            format!("secure_email_list_enable=YES\nemail_password_file={}", passwords.display()),
            format!(
                "xferlog_enable=YES\nvsftpd_log_file={}",
                self.folder.path().join("transfers.log").display()
            ),
        ];
        fs::write(&config, lines.join("\n") + "\n").unwrap();
        let mut command = Command::new("/usr/sbin/vsftpd");
        command.arg(config).env_clear();
        command
    }

    fn pyftpdlib(&self) -> Command {
        let mut command = Command::new(python().expect("the test said that it needs it"));
        command.args([
            "-m",
            "pyftpdlib",
            "--interface",
            &self.address.ip().to_string(),
            "--port",
            &self.address.port().to_string(),
            "--write",
        ]);
        command.args(["--range", &self.passive_ports(), "--username", self.user(), "--password", PASSWORD]);
        command.arg("--directory").arg(&self.root);
        command
    }

    /// A range of its own below the ports that the system hands out.
    fn passive_ports(&self) -> String {
        let first = 10_000 + u32::from(self.address.port()) % 200 * 100;
        format!("{first}-{}", first + 99)
    }
}

/// A password as rclone.conf holds it.
fn obscure(password: &str) -> String {
    static RIGHT: OnceLock<String> = OnceLock::new();
    let obscured = || {
        let output = Command::new(rclone()).args(["obscure", password]).output().unwrap();
        String::from_utf8(output.stdout).unwrap().trim().to_owned()
    };
    if password == PASSWORD { RIGHT.get_or_init(obscured).clone() } else { obscured() }
}

/// A free port of a loopback address that no other test and no other server of this one uses.
pub(crate) fn free_address() -> SocketAddrV4 {
    static SERVERS: AtomicU32 = AtomicU32::new(0);
    let number = std::process::id() * 4 + SERVERS.fetch_add(1, Ordering::Relaxed) % 4;
    // All of 127/8 is this machine; 127.0 stays free for everybody else, and no address ends the range.
    let ip = Ipv4Addr::from_bits(Ipv4Addr::new(127, 1, 0, 0).to_bits() + number % 0xfe_0000);
    let listener = TcpListener::bind((ip, 0)).unwrap();
    SocketAddrV4::new(ip, listener.local_addr().unwrap().port())
}

/// Whether a server listens. A connection to a port at which nobody listens yet can meet itself.
pub(crate) fn listens(address: SocketAddrV4) -> bool {
    let met = TcpStream::connect(address);
    met.is_ok_and(|stream| stream.local_addr().ok() != stream.peer_addr().ok())
}
