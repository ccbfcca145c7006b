//! `[rclone]`: the program behind the `rclone` plugin.

use std::path::{Path, PathBuf};

use serde::Deserialize;

use super::checks::Checks;
use super::reference::{Key, Section};
use super::units::BandwidthLimit;

/// Which rclone is used and how.
#[derive(Debug, Clone, PartialEq, Eq, Deserialize)]
#[serde(deny_unknown_fields, default)]
pub struct RcloneConfig {
    pub binary: PathBuf,
    pub config: PathBuf,
    pub bandwidth_limit: BandwidthLimit,
    pub log_level: LogLevel,
    pub web_ui: String,
}

/// How much rclone writes into its log.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Deserialize)]
#[serde(rename_all = "UPPERCASE")]
pub enum LogLevel {
    Debug,
    Info,
    Notice,
    Error,
}

pub const SECTION: Section = Section {
    about: "The rclone program. It is started only when an enabled target uses the `rclone` plugin.",
    keys: &[
        Key::value(
            "binary",
            "path",
            r#""""#,
            "The rclone to use. Empty: the one on the `PATH`, else one in the data folder, else one is fetched \
             into the data folder.",
        ),
        Key::value(
            "config",
            "path",
            r#""""#,
            "The `rclone.conf` that holds the remotes. Empty: rclone's own default.",
        ),
        Key::value(
            "bandwidth_limit",
            "rclone's `--bwlimit`",
            r#""off""#,
            "How much bandwidth rclone may use, and beside it all plugins that speak HTTP themselves together. A \
             rate per second such as `512k` or `10M`, `10M:1M` for up and down, or a timetable in local time such \
             as `08:00,512k 12:00,10M 23:00,off` or `Mon-08:00,512k Sat-00:00,off`.",
        ),
        Key::value(
            "log_level",
            "`DEBUG`, `INFO`, `NOTICE` or `ERROR`",
            r#""NOTICE""#,
            "How much rclone writes into its log.",
        ),
        Key::value(
            "web_ui",
            "`localhost:PORT` or `off`",
            r#""localhost:5572""#,
            "Where rclone's web UI is found. `boothsync rclone ui` prints the address that logs in.",
        ),
    ],
};

impl Default for RcloneConfig {
    fn default() -> Self {
        Self {
            binary: PathBuf::new(),
            config: PathBuf::new(),
            bandwidth_limit: BandwidthLimit::default(),
            log_level: LogLevel::Notice,
            web_ui: "localhost:5572".into(),
        }
    }
}

impl LogLevel {
    /// As rclone spells it.
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Debug => "DEBUG",
            Self::Info => "INFO",
            Self::Notice => "NOTICE",
            Self::Error => "ERROR",
        }
    }
}

impl RcloneConfig {
    /// What the types cannot say.
    pub fn check(&self, mut checks: Checks<'_>) {
        if self.web_ui != "off" && !is_local(&self.web_ui) {
            let message = format!("`{}` is not an address of this machine", self.web_ui);
            checks.wrong("web_ui", message, "`localhost:5572`, another port, or `off`");
        }
    }

    /// The configured program, absolute.
    pub fn binary(&self, base: &Path) -> Option<PathBuf> {
        given(base, &self.binary)
    }

    /// The configured `rclone.conf`, absolute.
    pub fn config(&self, base: &Path) -> Option<PathBuf> {
        given(base, &self.config)
    }

    /// Where the web UI is wanted, if it is.
    pub fn web_ui(&self) -> Option<String> {
        (self.web_ui != "off").then(|| self.web_ui.clone())
    }
}

fn given(base: &Path, path: &Path) -> Option<PathBuf> {
    (!path.as_os_str().is_empty()).then(|| base.join(path))
}

fn is_local(address: &str) -> bool {
    match address.rsplit_once(':') {
        Some(("localhost" | "127.0.0.1", port)) => port.parse::<u16>().is_ok_and(|port| port > 0),
        _ => false,
    }
}
