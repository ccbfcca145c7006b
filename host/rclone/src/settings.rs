//! What the supervised rclone is started with.

use std::path::PathBuf;

use crate::find::Found;

/// Finished values; the configuration file is read elsewhere.
#[derive(Debug, Clone)]
pub struct RcloneSettings {
    /// The binary to run.
    pub found: Found,
    /// rclone's configuration file; `None`: rclone's own default.
    pub config: Option<PathBuf>,
    /// rclone's working directory. It must be empty and stay so: a remote whose colon was forgotten
    /// would be taken for a folder in it. Made if it is missing.
    pub work_dir: PathBuf,
    /// `DEBUG`, `INFO`, `NOTICE` or `ERROR`.
    pub log_level: String,
    /// In rclone's syntax, a timetable included; `off` for none.
    pub bandwidth_limit: String,
    /// Host and port of rclone's web UI, such as `localhost:5572`; `None`: no web UI. Only names of
    /// this machine are accepted as host.
    pub web_ui: Option<String>,
}
