//! All plugins, those of the program and installed ones.

use sandbox::{Kind, Package};
use serde::{Deserialize, Serialize};

use crate::bundled;
use crate::config::Config;
use crate::installed::{Lock, Locked, Pending, Shelf, ShelfError};
use crate::named_plugins::{Found, installed};

/// One plugin.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Listed {
    pub name: String,
    pub version: String,
    pub kind: Kind,
    pub state: State,
    /// Why it cannot be used, and how to mend it.
    #[serde(default, skip_serializing_if = "String::is_empty")]
    pub note: String,
    pub digest: String,
    /// A newer version that waits for approval.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub pending: Option<Pending>,
    /// The targets and pages that the configuration makes of it.
    pub used_by: Vec<String>,
}

/// Whether a plugin may be used.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum State {
    /// It is part of the program.
    Bundled,
    /// The operator approved it.
    Approved,
    /// It is installed and may do nothing yet.
    Unapproved,
    /// Its file is not what it was.
    Unusable,
}

impl Listed {
    /// What waits for approval, in words.
    pub fn waiting(&self) -> Option<String> {
        let (name, version) = (&self.name, &self.pending.as_ref()?.version);
        Some(format!(
            "version {version} asks for more and waits: `boothsync plugin approve {name}` shows what it asks for"
        ))
    }
}

/// Every plugin that is there, each file looked at. Blocks.
pub fn list(config: &Config) -> Result<Vec<Listed>, ShelfError> {
    let shelf = Shelf::of(&config.data);
    let lock = shelf.lock()?;
    let bundled = bundled::ALL.iter().filter_map(|plugin| of_bundled(config, plugin));
    let installed = of_lock(config, &lock).into_iter().map(|listed| {
        let broken = lock.plugins.get(&listed.name).and_then(|locked| broken(&shelf, &listed, locked));
        broken.unwrap_or(listed)
    });
    Ok(bundled.chain(installed).collect())
}

/// The installed plugins as the lock has them; no file is looked at.
pub fn of_lock(config: &Config, lock: &Lock) -> Vec<Listed> {
    let one = |(name, locked): (&String, &Locked)| Listed {
        name: name.clone(),
        version: locked.version.clone(),
        kind: locked.kind,
        state: if locked.granted.is_some() { State::Approved } else { State::Unapproved },
        note: String::new(),
        digest: locked.digest.clone(),
        pending: locked.pending.clone(),
        used_by: users(config, name),
    };
    lock.plugins.iter().map(one).collect()
}

/// Who uses a plugin, by the configuration.
pub fn users(config: &Config, plugin: &str) -> Vec<String> {
    let targets = config.file.targets.iter().filter(|target| target.plugin == plugin);
    let targets = targets.map(|target| format!("target `{}`", target.name));
    let pages = config.pages().into_iter().filter(|page| page.plugin == plugin);
    targets.chain(pages.map(|page| format!("page `{}`", page.name))).collect()
}

fn of_bundled(config: &Config, plugin: &bundled::Bundled) -> Option<Listed> {
    let package = Package::examine(plugin.package).ok()?;
    let about = &package.manifest().plugin;
    Some(Listed {
        name: plugin.name.into(),
        version: about.version.clone(),
        kind: about.kind,
        state: State::Bundled,
        note: String::new(),
        digest: package.digest().into(),
        pending: None,
        used_by: users(config, plugin.name),
    })
}

fn broken(shelf: &Shelf, listed: &Listed, locked: &Locked) -> Option<Listed> {
    match installed(shelf, &listed.name, locked) {
        Found::Unusable(note) if listed.state == State::Approved => {
            Some(Listed { state: State::Unusable, note, ..listed.clone() })
        }
        Found::Unusable(note) => Some(Listed { note, ..listed.clone() }),
        _ => None,
    }
}
