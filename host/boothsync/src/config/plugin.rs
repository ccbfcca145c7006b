//! `[plugin.NAME]`: the operator's limits for one plugin.

use std::time::Duration;

use sandbox::LimitSettings;
use serde::Deserialize;

use super::checks::Checks;
use super::reference::{Key, Section};
use super::units::{Size, Span};

/// Limits that the operator sets over the plugin's own.
#[derive(Debug, Clone, Default, PartialEq, Eq, Deserialize)]
#[serde(deny_unknown_fields, default)]
pub struct PluginConfig {
    pub memory: Option<Size>,
    pub stall: Option<Span>,
    pub call: Option<Span>,
    pub cpu: Option<Span>,
}

pub const SECTION: Section = Section {
    about: "The operator's limits for one plugin, all optional.",
    keys: &[
        Key::optional(
            "memory",
            "size",
            "what the plugin asks for, else `64MiB`",
            "How much memory one call may use.",
        ),
        Key::optional(
            "stall",
            "duration",
            "`120s`",
            "How long a transfer may move no byte before it is given up.",
        ),
        Key::optional("call", "duration", "`60s`", "How long a call that transfers nothing may take."),
        Key::optional(
            "cpu",
            "duration",
            "`30s`",
            "Processor time of one call, beside half a second for each MiB that it moves.",
        ),
    ],
};

impl PluginConfig {
    /// What the types cannot say.
    pub fn check(&self, mut checks: Checks<'_>) {
        if self.memory.is_some_and(|size| !(1 << 20..=1 << 30).contains(&size.0)) {
            checks.wrong("memory", "no plugin can work with that much memory", "between `1MiB` and `1GiB`");
        }
        for (key, limit) in [("stall", self.stall), ("call", self.call), ("cpu", self.cpu)] {
            if limit.is_some_and(|span| span.0 < Duration::from_secs(1)) {
                checks.wrong(
                    key,
                    format!("`{key}` is so short that nothing would ever succeed"),
                    "at least `1s`",
                );
            }
        }
    }

    /// As the sandbox takes it.
    pub fn limits(&self) -> LimitSettings {
        LimitSettings {
            memory_bytes: self.memory.map(|size| size.0),
            stall: self.stall.map(|span| span.0),
            call: self.call.map(|span| span.0),
            cpu: self.cpu.map(|span| span.0),
        }
    }
}
