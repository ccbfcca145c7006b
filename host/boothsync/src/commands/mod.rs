//! One file for each command.

mod check;
mod order;
mod plugin;
mod rclone;
mod secret;
mod share;
mod status;
mod sync;

use std::path::{Path, PathBuf};
use std::sync::Arc;

use anyhow::Result;
use engine::{MediaKey, TargetName};
use serde::Serialize;

pub use self::plugin::PluginCommand;
use crate::cli::{Cli, Command, SecretCommand};
use crate::config::reference::nearest;
use crate::config::{Config, ROOT, reference};
use crate::exit::Exit;
use crate::logs::{self, Terminal};
use crate::{service, show};

/// Carries out what the command line says.
pub async fn dispatch(cli: Cli) -> Result<Exit> {
    if let Command::ConfigReference = cli.command {
        show::print(&reference::markdown(&ROOT))?;
        return Ok(Exit::Well);
    }
    if let Command::Plugin(command) = cli.command {
        return plugin::run(&cli.config, command).await;
    }
    let config = Arc::new(Config::load(&cli.config)?);
    match cli.command {
        Command::Run => {
            let _logs = logs::to_files(Terminal::Service, &config.data)?;
            service::run(config).await
        }
        Command::Sync(args) => sync::run(config, args).await,
        command => {
            // What goes wrong while checking is what the command itself shows.
            let quiet = matches!(command, Command::Check(_));
            logs::to_terminal(if quiet { Terminal::Quiet } else { Terminal::Command });
            short(config, command).await
        }
    }
}

async fn short(config: Arc<Config>, command: Command) -> Result<Exit> {
    match command {
        Command::Status(args) => status::run(&config, &args).await,
        Command::Check(args) => check::run(config, &args).await,
        Command::Share(args) => share::run(config, &args).await,
        Command::Offline(args) => order::offline(config, &args).await,
        Command::Retry(args) => order::retry(config, &args).await,
        Command::Pause(args) => order::pause(config, &args).await,
        Command::Resume(args) => order::resume(config, &args).await,
        Command::ConfirmDeletes(args) => order::confirm_deletes(config, &args).await,
        Command::Cleanup(args) => order::cleanup(config, &args).await,
        Command::Secret(SecretCommand::Set { target, name }) => secret::set(config, &target, &name).await,
        Command::Rclone(args) => rclone::run(&config, &args).await,
        Command::Run | Command::Sync(_) | Command::Plugin(_) | Command::ConfigReference => {
            unreachable!("dispatched before")
        }
    }
}

/// A target that the configuration does not have is a typing mistake.
fn known_target(config: &Config, name: &TargetName) -> Result<()> {
    let names = || config.file.targets.iter().map(|target| target.name.as_str());
    if names().any(|known| known == name.as_str()) {
        return Ok(());
    }
    match nearest(name.as_str(), names()) {
        Some(near) => anyhow::bail!("there is no target `{name}`; did you mean `{near}`?"),
        None => anyhow::bail!("there is no target `{name}`; `boothsync status` lists the targets"),
    }
}

/// The key of what was typed: a path below the media folder, or a file in it.
fn media_key(config: &Config, typed: &str) -> Result<MediaKey> {
    let as_key = || MediaKey::new(typed).map_err(anyhow::Error::from);
    if !typed.starts_with('/') && config.media.join(typed).exists() {
        return as_key();
    }
    match below(&config.media, Path::new(typed)) {
        Some(key) => Ok(MediaKey::new(&key)?),
        None if typed.starts_with('/') => anyhow::bail!("`{typed}` is not in the media folder"),
        None => as_key(),
    }
}

/// The path of `file` below `folder`, seen from the current folder and through links.
fn below(folder: &Path, file: &Path) -> Option<String> {
    let strip = |file: PathBuf, folder: &Path| Some(file.strip_prefix(folder).ok()?.to_str()?.to_owned());
    let typed = std::path::absolute(file).ok()?;
    if let Some(key) = strip(typed, folder) {
        return Some(key);
    }
    strip(file.canonicalize().ok()?, &folder.canonicalize().ok()?)
}

/// Prints the one JSON document of a command.
fn print_json(document: &impl Serialize) -> Result<()> {
    Ok(show::print(&format!("{}\n", serde_json::to_string_pretty(document)?))?)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_file_is_named_by_its_path_below_the_media_folder() {
        let dir = tempfile::tempdir().unwrap();
        let media = dir.path().join("media");
        std::fs::create_dir_all(media.join("full")).unwrap();
        std::fs::write(media.join("full/a.jpg"), "x").unwrap();
        std::os::unix::fs::symlink(&media, dir.path().join("link")).unwrap();
        for typed in ["media/full/a.jpg", "link/full/a.jpg"] {
            assert_eq!(below(&media, &dir.path().join(typed)).as_deref(), Some("full/a.jpg"), "{typed}");
        }
        assert_eq!(below(&media, &dir.path().join("b.jpg")), None);
    }
}
