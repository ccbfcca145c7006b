//! `[share]`: links that do not belong to one target.

use engine::settings::ShareSettings;
use serde::Deserialize;

use super::checks::Checks;
use super::patterns;
use super::reference::{Inner, Key, Section};
use super::units::Listen;

/// Links that do not belong to one target.
#[derive(Debug, Clone, PartialEq, Eq, Deserialize)]
#[serde(deny_unknown_fields, default)]
pub struct ShareConfig {
    pub enabled: bool,
    pub custom_url: String,
    pub prefer: Prefer,
    pub lan: LanConfig,
}

/// Which link a QR code carries when there are several.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum Prefer {
    Online,
    Lan,
    #[default]
    Auto,
}

/// `share.lan`: pictures for phones in the booth's own network.
#[derive(Debug, Clone, PartialEq, Eq, Deserialize)]
#[serde(deny_unknown_fields, default)]
pub struct LanConfig {
    pub enabled: bool,
    pub listen: Listen,
    pub url: String,
}

pub const SECTION: Section = Section {
    about: "Share links that do not belong to one target.",
    keys: &[
        Key::value("enabled", "true or false", "true", "`false`: there are no links at all."),
        Key::value(
            "custom_url",
            "address with placeholders",
            r#""""#,
            "An extra link for every picture; `{filename}`, `{identifier}` and `{key}` are filled in. Empty: none.",
        ),
        Key::value(
            "prefer",
            "`online`, `lan` or `auto`",
            r#""auto""#,
            "Which link a QR code carries when there are several.",
        ),
        Key::value(
            "lan",
            "table",
            r#"{ enabled = false, listen = "0.0.0.0:8088", url = "http://booth.local:8088" }"#,
            "Pictures for phones in the booth's own network.",
        )
        .inner(Inner::Table(&LAN)),
    ],
};

const LAN: Section = Section {
    about: "Pictures for phones in the booth's own network. Not served by this version yet: switching it on is \
            refused.",
    keys: &[
        Key::value("enabled", "true or false", "false", "Serve pictures to phones."),
        Key::value("listen", "address and port", r#""0.0.0.0:8088""#, "Where to listen."),
        Key::value(
            "url",
            "address",
            r#""http://booth.local:8088""#,
            "The address under which phones reach it.",
        ),
    ],
};

impl Default for ShareConfig {
    fn default() -> Self {
        Self { enabled: true, custom_url: String::new(), prefer: Prefer::Auto, lan: LanConfig::default() }
    }
}

impl Default for LanConfig {
    fn default() -> Self {
        Self {
            enabled: false,
            listen: Listen(([0, 0, 0, 0], 8088).into()),
            url: "http://booth.local:8088".into(),
        }
    }
}

impl ShareConfig {
    /// What the types cannot say.
    pub fn check(&self, mut checks: Checks<'_>) {
        if !self.custom_url.is_empty() {
            patterns::check_custom(&self.custom_url, "custom_url", &mut checks);
        }
        let mut lan = checks.table("lan");
        if self.lan.enabled {
            lan.wrong(
                "enabled",
                "this version does not serve pictures in the local network yet",
                "set it to `false`",
            );
        }
        patterns::check_custom(&self.lan.url, "url", &mut lan);
    }

    /// As the engine takes it.
    pub fn settings(&self) -> ShareSettings {
        ShareSettings { enabled: self.enabled, custom_url: self.custom_url.clone() }
    }
}
