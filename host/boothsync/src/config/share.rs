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

impl From<Prefer> for engine::settings::Prefer {
    fn from(prefer: Prefer) -> Self {
        match prefer {
            Prefer::Online => Self::Online,
            Prefer::Lan => Self::Lan,
            Prefer::Auto => Self::Auto,
        }
    }
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
            "Which link a QR code carries when there are several. `auto`: the one to a target that works; while none does, the one in the booth's own network.",
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
    about: "Pictures for phones in the booth's own network: the share page, and every picture for who has its \
            link. Nothing else can be reached there, and nothing changed.",
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
        if !is_address(&self.lan.url) {
            lan.wrong(
                "url",
                "this is not the address of a machine",
                "write it as in `http://booth.local:8088`, without a path",
            );
        }
    }

    /// As the engine takes it.
    pub fn settings(&self) -> ShareSettings {
        let lan = Some(&self.lan).filter(|lan| self.enabled && lan.enabled);
        ShareSettings {
            enabled: self.enabled,
            custom_url: self.custom_url.clone(),
            lan_url: lan.map(|lan| lan.url.clone()),
            prefer: self.prefer.into(),
        }
    }
}

/// Scheme, host and perhaps a port.
fn is_address(text: &str) -> bool {
    let Ok(url) = url::Url::parse(text) else { return false };
    let bare = url.path() == "/" && url.query().is_none() && url.fragment().is_none();
    matches!(url.scheme(), "http" | "https") && bare && url.username().is_empty() && url.password().is_none()
}
