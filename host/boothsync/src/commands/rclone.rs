//! `rclone`: the rclone that is used, with the configuration that is used.

use std::ffi::{OsStr, OsString};
use std::os::unix::process::CommandExt as _;
use std::process::Command;

use anyhow::{Context as _, Result, bail};
use serde::Deserialize;

use crate::cli::RcloneArgs;
use crate::config::Config;
use crate::control::Control;
use crate::exit::Exit;
use crate::rclone_host::find_settings;

pub async fn run(config: &Config, args: &RcloneArgs) -> Result<Exit> {
    match args.args.as_slice() {
        [word] if word == "ui" => ui(config).await,
        args => hand_over(config, args).await,
    }
}

#[derive(Deserialize)]
struct Login {
    url: String,
}

async fn ui(config: &Config) -> Result<Exit> {
    let Some(control) = Control::find(&config.data).await? else {
        bail!("the service is not running; rclone's web UI is there while `boothsync run` runs");
    };
    let login: Login = control.get("/api/v1/rclone/ui").await?;
    crate::show::print(&format!("{}\n", login.url))?;
    Ok(Exit::Well)
}

/// Becomes rclone, so that its exit code, its signals and its prompts are its own.
async fn hand_over(config: &Config, args: &[OsString]) -> Result<Exit> {
    let found = ::rclone::find(&find_settings(config, true)).await?;
    let mut command = Command::new(&found.path);
    if let Some(file) = config.file.rclone.config(&config.base) {
        command.args([OsStr::new("--config"), file.as_os_str()]);
    }
    let error = command.args(args).exec();
    Err(error).with_context(|| format!("`{}` cannot be run", found.path.display()))
}
