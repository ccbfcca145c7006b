//! `[[target]]`: the places that pictures are copied to.

use engine::settings::{Mode, Naming, TargetSettings, TargetShare};
use engine::{PageName, TargetName};
use serde::{Deserialize, Deserializer};
use serde_json::{Map, Value};

use super::checks::Checks;
use super::patterns;
use super::reference::{Inner, Key, Section};
use super::units::OrNever;

/// One target.
#[derive(Debug, Clone, PartialEq, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct TargetConfig {
    pub name: TargetName,
    pub plugin: String,
    #[serde(default = "yes")]
    pub enabled: bool,
    #[serde(default)]
    pub mode: ModeConfig,
    #[serde(default = "yes")]
    pub immediate: bool,
    #[serde(default = "yes")]
    pub full: bool,
    #[serde(default = "pages")]
    pub pages: Vec<PageName>,
    #[serde(default)]
    pub concurrency: Concurrency,
    #[serde(default)]
    pub include: Vec<String>,
    #[serde(default)]
    pub exclude: Vec<String>,
    #[serde(default)]
    pub naming: NamingConfig,
    #[serde(default = "never")]
    pub expire_after: OrNever,
    #[serde(default)]
    pub settings: Map<String, Value>,
    #[serde(default)]
    pub share: TargetShareConfig,
}

/// Whether deletions are followed.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum ModeConfig {
    #[default]
    Mirror,
    Copy,
}

/// How objects are named.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum NamingConfig {
    #[default]
    Plain,
    Token,
}

/// Transfers at a time; `None` adapts.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub struct Concurrency(pub Option<u16>);

/// `[target.share]`: how the target's links are made.
#[derive(Debug, Clone, PartialEq, Eq, Deserialize)]
#[serde(deny_unknown_fields, default)]
pub struct TargetShareConfig {
    pub enabled: bool,
    pub public_link: String,
    pub use_sharepage: bool,
    pub sharepage_url: String,
}

pub const SECTION: Section = Section {
    about: "A place that pictures are copied to. Any number of them; each works on its own.",
    keys: &[
        Key::required("name", "name", "Its name: `a-z`, `0-9`, `-` and `_`."),
        Key::required("plugin", "plugin", "What brings pictures there; `rclone` and `folder` are bundled."),
        Key::value("enabled", "true or false", "true", "`false`: it is left as it is."),
        Key::value(
            "mode",
            "`mirror` or `copy`",
            r#""mirror""#,
            "`mirror` deletes what is gone from the media folder, as far as Boothsync put it there; `copy` never \
             does (`expire_after` and `boothsync offline` are orders of their own).",
        ),
        Key::value("immediate", "true or false", "true", "Upload on every change."),
        Key::value("full", "true or false", "true", "Take part in every full sync."),
        Key::value(
            "pages",
            "names of pages",
            r#"["sharepage"]"#,
            "The pages it carries. The first lies at its root, each further one below its own name.",
        ),
        Key::value("concurrency", "`auto` or 1 to 64", r#""auto""#, "Transfers at a time."),
        Key::value("include", "globs", "[]", "Narrows `media.include` for this target."),
        Key::value("exclude", "globs", "[]", "Adds to `media.exclude` for this target."),
        Key::value(
            "naming",
            "`plain` or `token`",
            r#""plain""#,
            "`token` gives every object a name that nobody can guess, so that a visitor cannot step through \
             everybody's pictures.",
        ),
        Key::value(
            "expire_after",
            "duration or `never`",
            r#""never""#,
            "When a picture is taken off again although the file stays, counted from when it was first seen. \
             Another time for a target that is full already asks before it deletes (`boothsync confirm-deletes`).",
        ),
        Key::value("settings", "table", "{}", "The plugin's own settings.").inner(Inner::Free),
        Key::value("share", "table", "{}", "How its links are made.").inner(Inner::Table(&SHARE)),
    ],
};

const SHARE: Section = Section {
    about: "How this target's share links are made.",
    keys: &[
        Key::value("enabled", "true or false", "false", "Give links to what this target holds."),
        Key::value(
            "public_link",
            "address with placeholders",
            r#""""#,
            "Where a visitor finds an object, such as `https://photos.example.com/{path}`. `{filename}`, `{key}` \
             (path below the media folder), `{path}` (path on the target) and `{identifier}` are filled in. \
             Empty: asked from the plugin.",
        ),
        Key::value(
            "use_sharepage",
            "true or false",
            "true",
            "Lead visitors to the share page, which shows the picture.",
        ),
        Key::value(
            "sharepage_url",
            "address",
            r#""""#,
            "The address of the share page; needed for `use_sharepage`.",
        ),
    ],
};

impl Default for TargetShareConfig {
    fn default() -> Self {
        Self { enabled: false, public_link: String::new(), use_sharepage: true, sharepage_url: String::new() }
    }
}

fn yes() -> bool {
    true
}

fn pages() -> Vec<PageName> {
    vec![super::page::PageConfig::bundled().name]
}

fn never() -> OrNever {
    OrNever(None)
}

impl TargetConfig {
    /// What the types cannot say of this target alone.
    pub fn check(&self, mut checks: Checks<'_>) {
        checks.globs("include", &self.include);
        checks.globs("exclude", &self.exclude);
        if self.share.enabled {
            self.check_share(checks.table("share"));
        }
    }

    fn check_share(&self, mut checks: Checks<'_>) {
        let share = &self.share;
        if share.use_sharepage && share.sharepage_url.is_empty() {
            let message =
                format!("target `{}` uses the share page, but `sharepage_url` is not given", self.name);
            checks.wrong(
                "sharepage_url",
                message,
                "add `sharepage_url = \"https://...\"`, or `use_sharepage = false`",
            );
            return;
        }
        patterns::check_target(&self.settings(String::new()), checks);
    }

    /// As the engine takes it; `placement` comes from the plugin.
    pub fn settings(&self, placement: String) -> TargetSettings {
        TargetSettings {
            name: self.name.clone(),
            enabled: self.enabled,
            mode: match self.mode {
                ModeConfig::Mirror => Mode::Mirror,
                ModeConfig::Copy => Mode::Copy,
            },
            immediate: self.immediate,
            full: self.full,
            pages: self.pages.clone(),
            concurrency: self.concurrency.0,
            include: self.include.clone(),
            exclude: self.exclude.clone(),
            naming: match self.naming {
                NamingConfig::Plain => Naming::Plain,
                NamingConfig::Token => Naming::Token,
            },
            expire_after: self.expire_after.0,
            placement,
            share: self.share.enabled.then(|| self.share.settings()),
        }
    }
}

impl TargetShareConfig {
    fn settings(&self) -> TargetShare {
        TargetShare {
            public_link: self.public_link.clone(),
            sharepage_url: self.use_sharepage.then(|| self.sharepage_url.clone()),
        }
    }
}

impl<'de> Deserialize<'de> for Concurrency {
    fn deserialize<D: Deserializer<'de>>(from: D) -> Result<Self, D::Error> {
        from.deserialize_any(ConcurrencyVisitor)
    }
}

struct ConcurrencyVisitor;

impl serde::de::Visitor<'_> for ConcurrencyVisitor {
    type Value = Concurrency;

    fn expecting(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str("`\"auto\"` or a number from 1 to 64")
    }

    fn visit_str<E: serde::de::Error>(self, text: &str) -> Result<Concurrency, E> {
        match text {
            "auto" => Ok(Concurrency(None)),
            _ => Err(E::invalid_value(serde::de::Unexpected::Str(text), &self)),
        }
    }

    fn visit_i64<E: serde::de::Error>(self, number: i64) -> Result<Concurrency, E> {
        match u16::try_from(number) {
            Ok(number @ 1..=64) => Ok(Concurrency(Some(number))),
            _ => Err(E::invalid_value(serde::de::Unexpected::Signed(number), &self)),
        }
    }
}
