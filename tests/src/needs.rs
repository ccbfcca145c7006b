//! Tests that cannot run everywhere.

use std::fs::File;
use std::io::Write;
use std::path::{Path, PathBuf};
use std::process::Command;

use crate::server::Kind;

/// Something that may be missing on this machine.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Need {
    /// The server.
    Server(Kind),
    /// Being able to mount a small file system.
    SmallDisk,
    /// Debian's own rclone, which is too old.
    DebianRclone,
    /// A browser that can be driven.
    Browser,
    /// A web server for static files.
    WebServer,
    /// What makes pictures and films of every kind.
    Ffmpeg,
    /// What fetches JavaScript tools.
    Npm,
}

impl Need {
    /// What is missing, as a person would install it; `None` if nothing is.
    pub fn missing(self) -> Option<&'static str> {
        let (is_there, package) = match self {
            Self::Server(Kind::Vsftpd) => (Path::new("/usr/sbin/vsftpd").exists(), "vsftpd"),
            Self::Server(Kind::Pyftpdlib) => {
                (python().is_some_and(|python| has_pyftpdlib(&python)), "python3-pyftpdlib")
            }
            Self::Server(_) => (true, "rclone"),
            Self::SmallDisk => (crate::disk::can_mount(), "mount (and root to use it)"),
            Self::DebianRclone => (debian_rclone().is_some(), "rclone"),
            Self::Browser => (are_files(&["/usr/bin/chromium", "/usr/bin/chromedriver"]), "chromium-driver"),
            Self::WebServer => (are_files(&["/usr/sbin/nginx"]), "nginx"),
            Self::Ffmpeg => (are_files(&["/usr/bin/ffmpeg"]), "ffmpeg"),
            Self::Npm => (is_on_path("npm"), "npm"),
        };
        (!is_there).then_some(package)
    }
}

/// Returns from the test when something it needs is missing, after telling whoever started it.
#[macro_export]
macro_rules! needs {
    ($($need:expr),+ $(,)?) => {
        $(if let Some(package) = $crate::Need::missing($need) {
            return $crate::skip(package);
        })+
    };
}

/// Notes that the current test cannot run for want of `package`. Fails under `BOOTHSYNC_REQUIRE_ALL=1`.
pub fn skip(package: &str) {
    let thread = std::thread::current();
    let test = thread.name().unwrap_or("a test");
    assert!(std::env::var_os("BOOTHSYNC_REQUIRE_ALL").is_none(), "{test} needs the package {package}");
    println!("SKIPPED {test}: needs {package}");
    if let Some(list) = std::env::var_os("BOOTHSYNC_SKIPS") {
        let mut list = File::options().create(true).append(true).open(list).unwrap();
        list.write_all(format!("{test}\t{package}\n").as_bytes()).unwrap();
    }
}

/// The Python that has pyftpdlib.
pub(crate) fn python() -> Option<PathBuf> {
    std::env::var_os("BOOTHSYNC_PYTHON").map(PathBuf::from)
}

/// Debian 12's package, if it is what is installed.
pub fn debian_rclone() -> Option<PathBuf> {
    let path = Path::new("/usr/bin/rclone");
    let output = Command::new(path).arg("version").env_clear().output().ok()?;
    String::from_utf8_lossy(&output.stdout).starts_with("rclone v1.60.1").then(|| path.into())
}

/// The rclone that is good enough.
pub(crate) fn rclone() -> PathBuf {
    let Some(path) = std::env::var_os("BOOTHSYNC_RCLONE") else {
        panic!(
            "these tests need a real rclone: run `cargo xtask test`, which provides it in BOOTHSYNC_RCLONE"
        )
    };
    path.into()
}

fn are_files(paths: &[&str]) -> bool {
    paths.iter().all(|path| Path::new(path).is_file())
}

fn is_on_path(program: &str) -> bool {
    let path = std::env::var_os("PATH").unwrap_or_default();
    std::env::split_paths(&path).any(|folder| folder.join(program).is_file())
}

fn has_pyftpdlib(python: &Path) -> bool {
    Command::new(python).args(["-c", "import pyftpdlib"]).output().is_ok_and(|output| output.status.success())
}
