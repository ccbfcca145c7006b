//! What the engine is told to do. Values are finished: checked, with defaults filled in and paths
//! absolute. The configuration file is read elsewhere.

use std::path::PathBuf;
use std::time::Duration;

use crate::names::{PageName, TargetName};

/// Everything the engine needs to know beyond its plugins.
#[derive(Debug, Clone)]
pub struct Settings {
    /// The folder that is watched, absolute.
    pub media: MediaSettings,
    /// When and how to converge.
    pub sync: SyncSettings,
    /// The data folder, absolute: database, identity, rendered pages.
    pub data: PathBuf,
    /// Share links that do not belong to one target.
    pub share: ShareSettings,
}

/// What of the media folder is synced, and in which order.
#[derive(Debug, Clone)]
pub struct MediaSettings {
    /// The media folder, absolute. Nothing below it is ever written.
    pub folder: PathBuf,
    /// Globs over keys, in any case; a key must match one.
    pub include: Vec<String>,
    /// Globs over keys, in any case; a key must match none.
    pub exclude: Vec<String>,
    /// How long size and mtime must hold still where the close of a file cannot be seen.
    pub settle: Duration,
    /// How often to look where the file system reports no events; `None`: decided by itself.
    pub poll_interval: Option<Duration>,
    /// Glob over keys to priority, first match wins, lower goes first; without a match it is 10.
    pub priority: Vec<(String, u8)>,
}

/// When and how to converge.
#[derive(Debug, Clone)]
pub struct SyncSettings {
    /// Off: nothing is uploaded or deleted.
    pub enabled: bool,
    /// How often the folder is scanned.
    pub full_sync_interval: Duration,
    /// How often a target is asked what it really holds.
    pub verify_interval: Duration,
    /// Share of a target's replicas, in percent, that may be deleted without asking.
    pub max_delete_percent: u8,
    /// Local time of day during which nothing is transferred: (from, to) as minutes since midnight.
    pub quiet_hours: Option<(u16, u16)>,
    /// Transfer only what visitors need: priority below 10.
    pub metered: bool,
}

/// Share links that do not belong to one target.
#[derive(Debug, Clone, Default)]
pub struct ShareSettings {
    /// Off: there are no links.
    pub enabled: bool,
    /// Pattern of an extra link; empty for none.
    pub custom_url: String,
    /// The address under which phones in the booth's own network reach this machine; `None`: they are
    /// served nothing.
    pub lan_url: Option<String>,
    /// Which link is given out when there are several.
    pub prefer: Prefer,
}

/// Which of several links is given out.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub enum Prefer {
    /// To a target.
    Online,
    /// To this machine.
    Lan,
    /// To a target that works; while none does, to this machine.
    #[default]
    Auto,
}

/// The rules of one target.
#[derive(Debug, Clone)]
pub struct TargetSettings {
    /// Its name.
    pub name: TargetName,
    /// Off: kept as it is, nothing is sent or deleted.
    pub enabled: bool,
    /// Whether things that are gone from the folder are deleted.
    pub mode: Mode,
    /// Converge on every change.
    pub immediate: bool,
    /// Converge on every full sync.
    pub full: bool,
    /// The pages it carries. The first lies at its root, each further one below its own name.
    pub pages: Vec<PageName>,
    /// Transfers at a time; `None`: adapts to what the target can take.
    pub concurrency: Option<u16>,
    /// Narrows [`MediaSettings::include`]; empty: everything.
    pub include: Vec<String>,
    /// Adds to [`MediaSettings::exclude`].
    pub exclude: Vec<String>,
    /// How objects are named.
    pub naming: Naming,
    /// When objects are taken off again although the file stays.
    pub expire_after: Option<Duration>,
    /// The settings that decide where objects lie, as canonical JSON. When it changes, what was put
    /// under the old one is left behind until a cleanup.
    pub placement: String,
    /// The target's share links, if it gives any.
    pub share: Option<TargetShare>,
}

/// Whether a target follows deletions.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Mode {
    /// What is gone from the folder is deleted from the target, if we put it there.
    Mirror,
    /// Nothing is deleted because it is gone from the folder.
    Copy,
}

/// How objects are named on a target.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Naming {
    /// `media/<key>`.
    Plain,
    /// `media/<2 letters>/<24 letters>.<ext>`, which only this booth can compute.
    Token,
}

/// How a target's share links are made.
#[derive(Debug, Clone)]
pub struct TargetShare {
    /// Pattern with `{filename}`, `{key}`, `{path}`, `{identifier}`; empty: asked from the plugin.
    pub public_link: String,
    /// Wrap the link in the share page at this address.
    pub sharepage_url: Option<String>,
}
