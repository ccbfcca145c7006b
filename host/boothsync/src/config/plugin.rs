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
    pub received: Option<Size>,
    pub entries: Option<u64>,
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
        Key::optional(
            "received",
            "size",
            "`256MiB`",
            "How much one call may receive over HTTP, all answers together.",
        ),
        Key::optional(
            "entries",
            "number",
            "`1000000`",
            "How many objects one look at a target may find; the program keeps them in memory meanwhile.",
        ),
    ],
};

impl PluginConfig {
    /// What the types cannot say.
    pub fn check(&self, mut checks: Checks<'_>) {
        if self.memory.is_some_and(|size| !(1 << 20..=1 << 30).contains(&size.0)) {
            checks.wrong("memory", "no plugin can work with that much memory", "between `1MiB` and `1GiB`");
        }
        if self.received.is_some_and(|size| !(1 << 16..=1 << 40).contains(&size.0)) {
            checks.wrong("received", "no plugin can work with that", "between `64KiB` and `1024GiB`");
        }
        if self.entries.is_some_and(|entries| !(1..=100_000_000).contains(&entries)) {
            checks.wrong("entries", "no look at a target can find that many", "between `1` and `100000000`");
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
            received_bytes: self.received.map(|size| size.0),
            scan_entries: self.entries,
        }
    }
}

#[cfg(test)]
mod tests {
    use super::super::{Config, Document};

    fn parse(line: &str) -> Result<Config, super::super::ConfigError> {
        let text = format!("[media]\nfolder = \"media\"\n[plugin.rclone]\n{line}\n");
        Config::parse(Document { path: "boothsync.toml".into(), text }, "/nowhere".into())
    }

    #[test]
    fn limits_with_which_no_plugin_can_work_are_refused() {
        for line in ["received = \"1KiB\"", "entries = 0", "memory = \"4GiB\"", "cpu = \"10ms\""] {
            let refused = parse(line).map(|_| line).expect_err("it is wrong").report(false);
            assert!(refused.contains(line), "{refused}");
        }
    }

    #[test]
    fn every_limit_reaches_the_sandbox() {
        let lines = [
            "memory = \"1MiB\"",
            "stall = \"2s\"",
            "call = \"3s\"",
            "cpu = \"4s\"",
            "received = \"5MiB\"",
            "entries = 6",
        ];
        let limits = parse(&lines.join("\n")).unwrap().limits("rclone");
        assert_eq!((limits.memory_bytes, limits.received_bytes), (Some(1 << 20), Some(5 << 20)));
        let seconds = [limits.stall, limits.call, limits.cpu].map(|limit| limit.unwrap().as_secs());
        assert_eq!((seconds, limits.scan_entries), ([2, 3, 4], Some(6)));
    }
}
