//! `[media]`: the folder that is watched.

use std::path::{Path, PathBuf};
use std::time::Duration;

use engine::settings::MediaSettings;
use serde::Deserialize;

use super::checks::Checks;
use super::reference::{Inner, Key, Section};
use super::units::OrAuto;

/// What is synced, and in which order.
#[derive(Debug, Clone, PartialEq, Eq, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct MediaConfig {
    pub folder: PathBuf,
    #[serde(default = "include")]
    pub include: Vec<String>,
    #[serde(default)]
    pub exclude: Vec<String>,
    #[serde(default = "settle_ms")]
    pub settle_ms: u64,
    #[serde(default = "poll_interval")]
    pub poll_interval: OrAuto,
    #[serde(default = "priority")]
    pub priority: Vec<PriorityRule>,
}

/// One rule about what goes first.
#[derive(Debug, Clone, PartialEq, Eq, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct PriorityRule {
    pub glob: String,
    pub value: u8,
}

pub const SECTION: Section = Section {
    about: "The media folder: where the booth app writes its pictures. Nothing in it is ever written, renamed \
            or deleted. Globs are matched against the path below the folder, in any case; names of temporary \
            files (`.tmp`, `.part`, a trailing `~`) and dotfiles are always left out.",
    keys: &[
        Key::required("folder", "path", "The folder to watch, relative to this file or absolute."),
        Key::value(
            "include",
            "globs",
            r#"["**/*.{jpg,jpeg,png,gif,webp,avif,heic,mp4,mov,webm,dng,cr2,cr3,nef,arw}"]"#,
            "What is synced: a file must match one of these.",
        ),
        Key::value("exclude", "globs", "[]", "What is not synced although it is included."),
        Key::value(
            "settle_ms",
            "milliseconds",
            "750",
            "How long a file's size and time must hold still before it is taken as finished. Only used where the \
             file system does not tell when a file is closed.",
        ),
        Key::value(
            "poll_interval",
            "duration or `auto`",
            r#""auto""#,
            "How often to look for changes on a mount that reports none. `auto` decides by itself.",
        ),
        Key::value(
            "priority",
            "rules `{ glob, value }`",
            r#"[{ glob = "processed_full/**", value = 9 }, { glob = "camera_original/**", value = 12 }]"#,
            "What goes first: the first rule that matches counts, lower values go first, and what matches none \
             has 10.",
        )
        .inner(Inner::Array(&PRIORITY)),
    ],
};

const PRIORITY: Section = Section {
    about: "One rule of `media.priority`.",
    keys: &[
        Key::required("glob", "glob", "Which files."),
        Key::required("value", "0 to 255", "Their priority; lower goes first."),
    ],
};

fn include() -> Vec<String> {
    vec!["**/*.{jpg,jpeg,png,gif,webp,avif,heic,mp4,mov,webm,dng,cr2,cr3,nef,arw}".into()]
}

fn settle_ms() -> u64 {
    750
}

fn poll_interval() -> OrAuto {
    OrAuto(None)
}

fn priority() -> Vec<PriorityRule> {
    let rule = |glob: &str, value| PriorityRule { glob: glob.into(), value };
    vec![rule("processed_full/**", 9), rule("camera_original/**", 12)]
}

impl MediaConfig {
    /// What the types cannot say.
    pub fn check(&self, mut checks: Checks<'_>) {
        checks.globs("include", &self.include);
        checks.globs("exclude", &self.exclude);
        for (index, rule) in self.priority.iter().enumerate() {
            let glob = std::slice::from_ref(&rule.glob);
            checks.item("priority", index).globs("glob", glob);
        }
        if self.folder.as_os_str().is_empty() {
            checks.wrong("folder", "the media folder has no name", "name the folder the booth app writes to");
        }
        if self.include.is_empty() {
            checks.wrong(
                "include",
                "nothing would be synced",
                "leave the key out to sync pictures and videos",
            );
        }
        if self.settle_ms > 600_000 {
            checks.wrong("settle_ms", "`settle_ms` is more than ten minutes", "in milliseconds");
        }
        if self.poll_interval.0.is_some_and(|span| span < Duration::from_millis(100)) {
            checks.wrong(
                "poll_interval",
                "looking so often would only slow the booth down",
                "at least `100ms`",
            );
        }
    }

    /// As the engine takes it.
    pub fn settings(&self, base: &Path) -> MediaSettings {
        MediaSettings {
            folder: base.join(&self.folder),
            include: self.include.clone(),
            exclude: self.exclude.clone(),
            settle: Duration::from_millis(self.settle_ms),
            poll_interval: self.poll_interval.0,
            priority: self.priority.iter().map(|rule| (rule.glob.clone(), rule.value)).collect(),
        }
    }
}
