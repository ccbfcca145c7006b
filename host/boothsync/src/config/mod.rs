//! The configuration file: one submodule for each section, which owns its keys, defaults and checks.
//!
//! Reading happens in three steps, each of which reports everything it finds: the text is parsed,
//! unknown keys are looked up in the table of known ones, then the values are read into their types
//! and checked against each other. Inner crates get finished values, never the file.

mod checks;
mod document;
mod folders;
mod media;
mod page;
mod patterns;
mod plugin;
mod problem;
mod rclone;
pub mod reference;
mod share;
mod sync;
mod target;
mod units;
mod web;

use std::collections::BTreeMap;
use std::path::{Path, PathBuf};

use serde::Deserialize;

pub use self::document::{Document, Place};
pub use self::folders::overlap;
pub use self::page::PageConfig;
pub use self::plugin::PluginConfig;
pub use self::problem::{ConfigError, Problem};
pub use self::rclone::RcloneConfig;
pub use self::target::{NamingConfig, TargetConfig};

use self::checks::Checks;
use self::media::MediaConfig;
use self::reference::{Inner, Key, Section};
use self::share::ShareConfig;
use self::sync::SyncConfig;
use self::web::WebConfig;

/// The configuration, checked, with defaults filled in.
#[derive(Debug, Clone)]
pub struct Config {
    /// What the file says.
    pub file: File,
    /// The folder of the file, absolute; relative paths start here.
    pub base: PathBuf,
    /// The data folder, absolute.
    pub data: PathBuf,
    /// The media folder, absolute.
    pub media: PathBuf,
    /// The text, to point into when something turns out wrong later.
    pub document: Document,
}

/// The file as it is written.
#[derive(Debug, Clone, PartialEq, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct File {
    #[serde(default = "data")]
    pub data: PathBuf,
    pub media: MediaConfig,
    #[serde(default)]
    pub sync: SyncConfig,
    #[serde(default)]
    pub rclone: RcloneConfig,
    #[serde(default)]
    pub plugin: BTreeMap<String, PluginConfig>,
    #[serde(default, rename = "page")]
    pub pages: Vec<PageConfig>,
    #[serde(default, rename = "target")]
    pub targets: Vec<TargetConfig>,
    #[serde(default)]
    pub share: ShareConfig,
    #[serde(default)]
    pub web: WebConfig,
}

/// The whole file.
pub const ROOT: Section = Section {
    about: "Everything that `boothsync.toml` may hold. Unknown keys are refused. Only the keys marked as required \
            have to be written. Relative paths start at the folder of the file; durations are written `10s`, \
            `5m`, `24h`, `30d`.",
    keys: &[
        Key::value(
            "data",
            "path",
            r#""data""#,
            "The data folder: database, secrets, logs. On a local disk, outside the media folder.",
        ),
        Key::required("media", "table", "").inner(Inner::Table(&media::SECTION)),
        Key::value("sync", "table", "{}", "").inner(Inner::Table(&sync::SECTION)),
        Key::value("rclone", "table", "{}", "").inner(Inner::Table(&rclone::SECTION)),
        Key::value("plugin", "tables", "{}", "").inner(Inner::Named(&plugin::SECTION)),
        Key::value("page", "tables", "[]", "").inner(Inner::Array(&page::SECTION)),
        Key::value("target", "tables", "[]", "").inner(Inner::Array(&target::SECTION)),
        Key::value("share", "table", "{}", "").inner(Inner::Table(&share::SECTION)),
        Key::value("web", "table", "{}", "").inner(Inner::Table(&web::SECTION)),
    ],
};

fn data() -> PathBuf {
    "data".into()
}

impl Config {
    /// Reads and checks the file.
    pub fn load(path: &Path) -> Result<Self, ConfigError> {
        let read = |cause| ConfigError::Read { path: path.into(), cause };
        let text = std::fs::read_to_string(path).map_err(read)?;
        let absolute = std::path::absolute(path).map_err(read)?;
        let base = absolute.parent().unwrap_or(Path::new("/")).to_path_buf();
        Self::parse(Document { path: path.into(), text }, base)
    }

    /// Checks a file that was read.
    pub fn parse(document: Document, base: PathBuf) -> Result<Self, ConfigError> {
        let refuse = |document: Document, problems| Err(ConfigError::Wrong(Box::new(document), problems));
        let problems = document.unknown_keys(&ROOT);
        if !problems.is_empty() {
            return refuse(document, problems);
        }
        let file: File = match toml::from_str(&document.text) {
            Ok(file) => file,
            Err(error) => {
                let problem = unreadable(&error, &document);
                return refuse(document, vec![problem]);
            }
        };
        let data = base.join(&file.data);
        let media = base.join(&file.media.folder);
        let config = Self { file, base, data, media, document };
        match config.problems() {
            problems if problems.is_empty() => Ok(config),
            problems => refuse(config.document, problems),
        }
    }

    /// The pages, the bundled one included.
    pub fn pages(&self) -> Vec<PageConfig> {
        let mut pages = self.file.pages.clone();
        if !pages.iter().any(|page| page.name.as_str() == page::BUNDLED) {
            pages.push(PageConfig::bundled());
        }
        pages
    }

    /// The error for problems that were found after reading.
    pub fn wrong(&self, problems: Vec<Problem>) -> ConfigError {
        ConfigError::Wrong(Box::new(self.document.clone()), problems)
    }

    /// As the engine takes it.
    pub fn engine_settings(&self) -> engine::settings::Settings {
        engine::settings::Settings {
            media: self.file.media.settings(&self.base),
            sync: self.file.sync.settings(),
            data: self.data.clone(),
            share: self.file.share.settings(),
        }
    }

    fn problems(&self) -> Vec<Problem> {
        let mut problems = Vec::new();
        let mut checks = Checks::new(&self.document, &mut problems);
        let file = &self.file;
        file.media.check(checks.table("media"));
        file.sync.check(checks.table("sync"));
        file.rclone.check(checks.table("rclone"));
        for (name, plugin) in &file.plugin {
            plugin.check(checks.table("plugin").table(name));
        }
        for (index, target) in file.targets.iter().enumerate() {
            target.check(checks.item("target", index));
        }
        file.share.check(checks.table("share"));
        file.web.check(checks.table("web"));
        self.check_names(&mut checks);
        folders::check(self, &mut checks);
        problems
    }

    /// What the sections say of each other.
    fn check_names(&self, checks: &mut Checks<'_>) {
        let targets = self.file.targets.iter().map(|target| target.name.as_str());
        unique("target", targets, checks);
        unique("page", self.file.pages.iter().map(|page| page.name.as_str()), checks);
        let pages = self.pages();
        for (index, target) in self.file.targets.iter().enumerate() {
            for name in target.pages.iter().filter(|name| !pages.iter().any(|page| page.name == **name)) {
                let message = format!("target `{}` lists a page `{name}` that does not exist", target.name);
                let near = reference::nearest(name.as_str(), pages.iter().map(|page| page.name.as_str()));
                let label = match near {
                    Some(near) => format!("did you mean `{near}`?"),
                    None => "add a `[[page]]` of this name, or take it out".into(),
                };
                checks.item("target", index).wrong("pages", message, label);
            }
        }
    }
}

fn unique<'a>(kind: &str, names: impl Iterator<Item = &'a str>, checks: &mut Checks<'_>) {
    let mut seen = std::collections::HashSet::new();
    for (index, name) in names.enumerate() {
        if !seen.insert(name) {
            let message = format!("there are two {kind}s named `{name}`");
            checks.item(kind, index).wrong("name", message, "give it another name");
        }
    }
}

/// What TOML or a type could not make sense of.
fn unreadable(error: &toml::de::Error, document: &Document) -> Problem {
    let span = error.span().unwrap_or(0..0);
    let message = error.message().trim().replace('\n', ", ");
    let missing = message.strip_prefix("missing field `").and_then(|rest| rest.strip_suffix('`'));
    match (missing, document.key_of(&span, &ROOT)) {
        (Some("media"), _) => Problem::new(0..0, "the `[media]` section is missing", "it can stand anywhere")
            .help("write `[media]` and below it `folder = \"...\"`, the folder the booth app writes to"),
        (Some(key), _) => {
            Problem::new(span, format!("`{key}` is missing here"), format!("needs `{key} = ...`"))
        }
        // What the types themselves say is in the words of programmers.
        (None, Some(key)) if is_of_serde(&message) => {
            let label = format!("expected here: {}", key.kind);
            Problem::new(span, format!("`{}` cannot be read", key.name), label)
        }
        (None, _) => Problem::new(span, message, "here"),
    }
}

fn is_of_serde(message: &str) -> bool {
    ["invalid type", "invalid value", "unknown variant", "invalid length"]
        .iter()
        .any(|start| message.starts_with(start))
}

#[cfg(test)]
mod tests;
