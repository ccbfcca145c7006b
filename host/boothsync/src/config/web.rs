//! `[web]`: the HTTP surface.

use serde::Deserialize;
use url::Url;

use super::checks::Checks;
use super::reference::{Key, Section};
use super::units::Listen;

/// Where the HTTP surface is, and for whom.
#[derive(Debug, Clone, PartialEq, Eq, Deserialize)]
#[serde(deny_unknown_fields, default)]
pub struct WebConfig {
    pub listen: Listen,
    pub hosts: Vec<String>,
    pub origins: Vec<String>,
}

pub const SECTION: Section = Section {
    about: "The HTTP interface for booth apps, and the admin page.",
    keys: &[
        Key::value("listen", "address and port", r#""127.0.0.1:8080""#, "Where to listen."),
        Key::value(
            "hosts",
            "host names",
            "[]",
            "Further names under which this machine is reached; requests for other names are refused.",
        ),
        Key::value(
            "origins",
            "origins",
            "[]",
            "Booth apps in a browser that may read links, such as `http://localhost:8000`.",
        ),
    ],
};

impl Default for WebConfig {
    fn default() -> Self {
        Self { listen: Listen(([127, 0, 0, 1], 8080).into()), hosts: Vec::new(), origins: Vec::new() }
    }
}

impl WebConfig {
    /// What the types cannot say.
    pub fn check(&self, mut checks: Checks<'_>) {
        for host in self.hosts.iter().filter(|host| host.is_empty() || host.contains(['/', ' ', '*'])) {
            checks.wrong("hosts", format!("`{host}` is not a host name"), "a name like `booth.local`");
        }
        for origin in self.origins.iter().filter(|origin| !is_origin(origin)) {
            let message = format!("`{origin}` is not an origin");
            checks.wrong("origins", message, "scheme, host and port only, like `http://localhost:8000`");
        }
    }
}

fn is_origin(text: &str) -> bool {
    Url::parse(text).is_ok_and(|url| {
        matches!(url.scheme(), "http" | "https") && url.origin().ascii_serialization() == text
    })
}
