//! How a sync goes: a bar on a terminal, plain lines elsewhere.

use std::io::{IsTerminal as _, stderr};
use std::time::Duration;

use engine::TargetName;
use engine::view::{Event, EventKind, LaneState, Status};
use indicatif::{ProgressBar, ProgressStyle};

use super::{Style, bytes, count};

/// Where the progress of one sync is shown.
pub struct Progress {
    bar: Option<ProgressBar>,
    quiet: bool,
    done: u64,
    style: Style,
}

impl Progress {
    /// On standard error, as it is; not at all when `quiet`.
    pub fn new(quiet: bool) -> Self {
        let bar = (!quiet && stderr().is_terminal()).then(bar);
        Self { bar, quiet, done: 0, style: Style::of(&stderr()) }
    }

    /// Something happened.
    pub fn event(&mut self, event: &Event) {
        if matches!(event.kind, EventKind::Online { .. } | EventKind::Deleted { .. }) {
            self.done += 1;
        }
        let Some((line, weight)) = line(&event.kind) else { return };
        match &self.bar {
            _ if self.quiet => {}
            Some(bar) if weight == Weight::Progress => bar.set_message(line),
            Some(bar) => bar.println(self.style.warn(&line)),
            None => eprintln!("{line}"),
        }
    }

    /// What is still to do.
    pub fn counts(&mut self, status: &Status, only: Option<&TargetName>) {
        let Some(bar) = &self.bar else { return };
        let concerned = status.targets.iter().filter(|target| only.is_none_or(|only| target.name == *only));
        let left: u64 = concerned.map(|target| target.pending).sum();
        bar.set_length(self.done + left);
        bar.set_position(self.done);
    }

    /// Takes the bar away.
    pub fn finish(self) {
        if let Some(bar) = self.bar {
            bar.finish_and_clear();
        }
    }
}

fn bar() -> ProgressBar {
    let style = ProgressStyle::with_template("{bar:30} {pos} of {len}  {elapsed} {wide_msg}");
    let bar = ProgressBar::new(0).with_style(style.expect("the template is a constant"));
    bar.enable_steady_tick(Duration::from_millis(200));
    bar
}

/// How much a line matters.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Weight {
    /// It replaces the one before.
    Progress,
    /// It stays.
    Remark,
}

fn line(kind: &EventKind) -> Option<(String, Weight)> {
    let remark = |text| Some((text, Weight::Remark));
    match kind {
        EventKind::Seen { .. } | EventKind::Started { .. } | EventKind::Linked { .. } => None,
        EventKind::Online { target, path, size_bytes, call_ms, .. } => {
            let seconds = *call_ms as f64 / 1000.0;
            Some((format!("{target}: {path} ({}, {seconds:.1} s)", bytes(*size_bytes)), Weight::Progress))
        }
        EventKind::Deleted { target, path, .. } => {
            Some((format!("{target}: {path} deleted"), Weight::Progress))
        }
        EventKind::Failed { target, path, message, next_try, .. } => {
            let then =
                if next_try.is_some() { "it is tried again" } else { "it waits for `boothsync retry`" };
            remark(format!("{target}: {path}: {message}; {then}"))
        }
        EventKind::Lane { target, state, reason } => lane(target, *state, reason).and_then(remark),
        EventKind::DeletesHeld { target, count: held, reason, .. } => {
            let deletes = count(*held, "delete is", "deletes are");
            remark(format!("{target}: {deletes} held back: {reason}"))
        }
        EventKind::Notice { message } => remark(message.clone()),
    }
}

fn lane(target: &TargetName, state: LaneState, reason: &str) -> Option<String> {
    match state {
        LaneState::Waiting => Some(format!("{target}: waiting: {reason}")),
        LaneState::Blocked => Some(format!("{target}: blocked: {reason}")),
        LaneState::Up | LaneState::Paused | LaneState::Off => None,
    }
}

#[cfg(test)]
mod tests {
    use engine::ObjectPath;

    use super::*;

    #[test]
    fn a_failure_stays_and_a_success_is_replaced() {
        let target = TargetName::new("web").unwrap();
        let path = ObjectPath::new("media/a.jpg").unwrap();
        let online = EventKind::Online {
            target: target.clone(),
            path: path.clone(),
            key: None,
            size_bytes: 200_000,
            call_ms: 340,
        };
        assert_eq!(line(&online), Some(("web: media/a.jpg (200 kB, 0.3 s)".into(), Weight::Progress)));
        let failed = EventKind::Failed {
            target,
            path,
            outcome: "rejected".into(),
            message: "the name is too long".into(),
            next_try: None,
        };
        let text = "web: media/a.jpg: the name is too long; it waits for `boothsync retry`";
        assert_eq!(line(&failed), Some((text.into(), Weight::Remark)));
    }
}
