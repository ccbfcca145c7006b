//! `[sync]`: when and how targets are brought up to date.

use std::time::Duration;

use engine::settings::SyncSettings;
use serde::Deserialize;

use super::checks::Checks;
use super::reference::{Key, Section};
use super::units::{QuietHours, Span};

/// When and how to converge.
#[derive(Debug, Clone, PartialEq, Eq, Deserialize)]
#[serde(deny_unknown_fields, default)]
pub struct SyncConfig {
    pub enabled: bool,
    pub full_sync_interval: Span,
    pub verify_interval: Span,
    pub max_delete_percent: u8,
    pub quiet_hours: QuietHours,
    pub metered: bool,
}

pub const SECTION: Section = Section {
    about: "When and how targets are brought up to date.",
    keys: &[
        Key::value("enabled", "true or false", "true", "`false`: nothing is uploaded or deleted anywhere."),
        Key::value(
            "full_sync_interval",
            "duration",
            r#""5m""#,
            "How often the whole media folder is compared with what the targets should hold. Costs no network \
             when nothing changed.",
        ),
        Key::value(
            "verify_interval",
            "duration",
            r#""24h""#,
            "How often each target is asked what it really holds, so that what was lost there is put back.",
        ),
        Key::value(
            "max_delete_percent",
            "0 to 100",
            "30",
            "When more of a target than this would be deleted at once (and more than 20 objects), nothing is, \
             until `boothsync confirm-deletes`.",
        ),
        Key::value(
            "quiet_hours",
            "part of the day",
            r#""""#,
            "Local time during which no transfer begins, such as `22:00-08:00`; what runs then is finished. \
             Links and QR codes exist all the same.",
        ),
        Key::value(
            "metered",
            "true or false",
            "false",
            "`true`: only what visitors need is uploaded (share pages, and pictures of a priority below 10), for a \
             connection that is paid by volume. `boothsync status` counts what is kept back. Deletes happen all \
             the same: they cost next to nothing, and may be an order to take a picture off.",
        ),
    ],
};

impl Default for SyncConfig {
    fn default() -> Self {
        Self {
            enabled: true,
            full_sync_interval: Span(Duration::from_secs(5 * 60)),
            verify_interval: Span(Duration::from_secs(24 * 60 * 60)),
            max_delete_percent: 30,
            quiet_hours: QuietHours(None),
            metered: false,
        }
    }
}

impl SyncConfig {
    /// What the types cannot say.
    pub fn check(&self, mut checks: Checks<'_>) {
        let intervals =
            [("full_sync_interval", self.full_sync_interval), ("verify_interval", self.verify_interval)];
        for (key, interval) in intervals {
            if interval.0 < Duration::from_secs(1) {
                checks.wrong(key, format!("`{key}` is too short"), "at least `1s`");
            }
        }
        if self.max_delete_percent > 100 {
            checks.wrong("max_delete_percent", "there is no more than 100 percent", "0 to 100");
        }
    }

    /// As the engine takes it.
    pub fn settings(&self) -> SyncSettings {
        SyncSettings {
            enabled: self.enabled,
            full_sync_interval: self.full_sync_interval.0,
            verify_interval: self.verify_interval.0,
            max_delete_percent: self.max_delete_percent,
            quiet_hours: self.quiet_hours.0,
            metered: self.metered,
        }
    }
}
