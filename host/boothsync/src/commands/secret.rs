//! `secret set`: takes a secret in and never shows it again.

use std::io::{self, BufRead as _, IsTerminal as _, Read as _, Write as _};
use std::sync::Arc;

use anyhow::{Context as _, Result, bail};
use engine::TargetName;
use rustix::termios::{LocalModes, OptionalActions, Termios, tcgetattr, tcsetattr};

use super::known_target;
use crate::booth::load_plugins;
use crate::config::Config;
use crate::config::reference::nearest;
use crate::control::Control;
use crate::exit::Exit;
use crate::private_file;
use crate::secrets::{MAX_BYTES, Secrets};

pub async fn set(config: Arc<Config>, target: &TargetName, name: &str) -> Result<Exit> {
    known_target(&config, target)?;
    let used = config.file.targets.iter().find(|known| known.name == *target).expect("it was just found");
    let plugins = load_plugins(&config).await?;
    let plugin = plugins.get(&used.plugin).map_err(anyhow::Error::msg)?;
    let manifest = plugin.manifest();
    declared(&used.plugin, name, manifest.secrets.keys().map(String::as_str))?;
    let title = manifest.secrets.get(name).map(|wish| wish.title.clone()).unwrap_or_default();
    let value = read(&title, name)?;
    private_file::folder(&config.data).context("the data folder cannot be made")?;
    Secrets::load(&config.data)?.set(target, name, value)?;
    eprintln!("the secret `{name}` of target `{target}` is kept");
    if Control::find(&config.data).await?.is_some() {
        eprintln!("the running service uses it after a restart");
    }
    Ok(Exit::Well)
}

/// A secret that the plugin never asks for would be a typing mistake.
fn declared<'a>(plugin: &str, name: &str, names: impl Iterator<Item = &'a str> + Clone) -> Result<()> {
    if names.clone().any(|known| known == name) {
        return Ok(());
    }
    let all: Vec<String> = names.clone().map(|name| format!("`{name}`")).collect();
    match (nearest(name, names), all.is_empty()) {
        (_, true) => bail!("the plugin `{plugin}` has no secrets"),
        (Some(near), _) => bail!("the plugin `{plugin}` has no secret `{name}`; did you mean `{near}`?"),
        (None, _) => bail!("the plugin `{plugin}` has no secret `{name}`; it has {}", all.join(", ")),
    }
}

/// From standard input, hidden when a person types.
fn read(title: &str, name: &str) -> Result<String> {
    let text = if io::stdin().is_terminal() {
        prompt(if title.is_empty() { name } else { title })?
    } else {
        let mut text = String::new();
        let limit = u64::try_from(MAX_BYTES).unwrap_or(u64::MAX) + 2;
        io::stdin().take(limit).read_to_string(&mut text).context("the secret cannot be read as text")?;
        text
    };
    let value = text.strip_suffix('\n').unwrap_or(&text);
    let value = value.strip_suffix('\r').unwrap_or(value);
    match value.len() {
        0 => bail!("the secret is empty; write it to standard input"),
        length if length > MAX_BYTES => bail!("the secret is too long: at most 64 KiB are kept"),
        _ => Ok(value.into()),
    }
}

fn prompt(title: &str) -> Result<String> {
    eprint!("{title}: ");
    io::stderr().flush()?;
    let _hidden = Hidden::begin()?;
    let mut line = String::new();
    io::stdin().lock().read_line(&mut line)?;
    eprintln!();
    Ok(line)
}

/// While it lives, the terminal does not show what is typed.
struct Hidden(Termios);

impl Hidden {
    fn begin() -> Result<Self> {
        let before = tcgetattr(io::stdin())?;
        let mut quiet = before.clone();
        quiet.local_modes.remove(LocalModes::ECHO);
        tcsetattr(io::stdin(), OptionalActions::Flush, &quiet)?;
        Ok(Self(before))
    }
}

impl Drop for Hidden {
    fn drop(&mut self) {
        // Nothing can be done about a terminal that is gone.
        let _ = tcsetattr(io::stdin(), OptionalActions::Flush, &self.0);
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_declared_secrets_are_taken() {
        let names = ["token", "user"];
        assert!(declared("p", "token", names.into_iter()).is_ok());
        let text = declared("p", "tokn", names.into_iter()).unwrap_err().to_string();
        assert_eq!(text, "the plugin `p` has no secret `tokn`; did you mean `token`?");
        let text = declared("rclone", "x", [].into_iter()).unwrap_err().to_string();
        assert_eq!(text, "the plugin `rclone` has no secrets");
    }
}
