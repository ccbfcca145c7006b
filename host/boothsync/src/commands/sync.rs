//! `sync`: brings targets up to date once, through the running service or with an engine of its own.

use std::sync::Arc;
use std::time::Duration;

use anyhow::{Result, bail};
use engine::view::Event;
use engine::{SyncOutcome, TargetName};
use serde::{Deserialize, Serialize};
use serde_json::Value;
use tokio::sync::broadcast::Receiver;

use super::{known_target, print_json};
use crate::booth::{Booth, Purpose};
use crate::cli::SyncArgs;
use crate::config::Config;
use crate::control::{Control, Lines, encode};
use crate::exit::Exit;
use crate::logs::{self, Terminal};
use crate::show::count;
use crate::show::progress::Progress;
use crate::show::status::StatusDocument;
use crate::stops::Stops;

/// How often the counts on the bar are renewed.
const TICK: Duration = Duration::from_millis(250);

/// How it ended, as the service says it and `--json` prints it.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
struct Outcome {
    left: u64,
    failed: u64,
    unusable: Vec<Unusable>,
}

#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
struct Unusable {
    target: TargetName,
    reason: String,
}

pub async fn run(config: Arc<Config>, args: SyncArgs) -> Result<Exit> {
    if let Some(target) = &args.target {
        known_target(&config, target)?;
    }
    let target = args.target.as_ref();
    let progress = Progress::new(args.output.json);
    let outcome = match Control::find(&config.data).await? {
        Some(control) => {
            logs::to_terminal(Terminal::Quiet);
            handed_over(&control, target, progress).await?
        }
        None => {
            let _logs = logs::to_files(Terminal::Quiet, &config.data)?;
            alone(&config, target, progress).await?
        }
    };
    let well = outcome.is_well(&config, target);
    if args.output.json {
        print_json(&outcome)?;
    } else {
        eprint!("{}", outcome.text(&config, target));
    }
    Ok(Exit::well_if(well))
}

impl Outcome {
    /// Targets that the operator switched off are as wanted.
    fn troubles<'a>(
        &'a self,
        config: &'a Config,
        only: Option<&'a TargetName>,
    ) -> impl Iterator<Item = &'a Unusable> {
        let enabled = |name: &TargetName| {
            config.file.targets.iter().any(|target| target.name == *name && target.enabled)
        };
        let asked = move |name: &TargetName| only.is_none_or(|only| only == name);
        self.unusable.iter().filter(move |trouble| enabled(&trouble.target) && asked(&trouble.target))
    }

    fn is_well(&self, config: &Config, only: Option<&TargetName>) -> bool {
        self.left == 0 && self.failed == 0 && self.troubles(config, only).next().is_none()
    }

    fn text(&self, config: &Config, only: Option<&TargetName>) -> String {
        if self.is_well(config, only) {
            return "everything is up to date\n".into();
        }
        let mut text = String::new();
        for trouble in self.troubles(config, only) {
            text.push_str(&format!("target `{}` cannot be used: {}\n", trouble.target, trouble.reason));
        }
        if self.left > 0 || self.failed > 0 {
            let left = count(self.left, "object is not as it", "objects are not as they");
            text.push_str(&format!("{left} should be; `boothsync status` says more\n"));
        }
        text
    }
}

impl From<SyncOutcome> for Outcome {
    fn from(outcome: SyncOutcome) -> Self {
        let unusable = outcome.unusable.into_iter().map(|(target, reason)| Unusable { target, reason });
        Self { left: outcome.left, failed: outcome.failed, unusable: unusable.collect() }
    }
}

/// With an engine of our own.
async fn alone(config: &Arc<Config>, target: Option<&TargetName>, mut progress: Progress) -> Result<Outcome> {
    let stops = Stops::default();
    stops.on_signals()?;
    let booth = Booth::open(config, Purpose::Work, &stops).await?;
    let outcome = watched(&booth, target, &stops, &mut progress).await;
    progress.finish();
    booth.close().await;
    outcome
}

async fn watched(
    booth: &Booth,
    target: Option<&TargetName>,
    stops: &Stops,
    progress: &mut Progress,
) -> Result<Outcome> {
    let mut events = booth.engine.events();
    let mut ticks = tokio::time::interval(TICK);
    let work = booth.engine.sync_once(target);
    tokio::pin!(work);
    loop {
        tokio::select! {
            outcome = &mut work => {
                drain(&mut events, progress);
                return Ok(outcome?.into());
            }
            Ok(event) = events.recv() => progress.event(&event),
            _ = ticks.tick() => progress.counts(&booth.engine.status().await?, target),
            () = stops.soft.cancelled() => bail!(crate::exit::Unmet("stopped before everything was up to date".into())),
        }
    }
}

fn drain(events: &mut Receiver<Event>, progress: &mut Progress) {
    while let Ok(event) = events.try_recv() {
        progress.event(&event);
    }
}

/// Through the running service, which says line by line how it goes.
async fn handed_over(
    control: &Control,
    target: Option<&TargetName>,
    mut progress: Progress,
) -> Result<Outcome> {
    let query = target.map(|target| format!("?target={}", encode(target.as_str()))).unwrap_or_default();
    let mut lines = control.stream(&format!("/api/v1/sync{query}"), None).await?;
    let outcome = followed(control, &mut lines, target, &mut progress).await;
    progress.finish();
    outcome
}

async fn followed(
    control: &Control,
    lines: &mut Lines,
    target: Option<&TargetName>,
    progress: &mut Progress,
) -> Result<Outcome> {
    let mut ticks = tokio::time::interval(TICK);
    loop {
        tokio::select! {
            line = lines.next::<Value>() => match line? {
                Some(line) => if let Some(outcome) = said(line, progress)? { return Ok(outcome) },
                None => bail!(crate::exit::Unmet("the service stopped before everything was up to date".into())),
            },
            _ = ticks.tick() => {
                let document: StatusDocument = control.get("/api/v1/status").await?;
                progress.counts(&document.status, target);
            }
        }
    }
}

/// One line of the service: its last one, or an event.
fn said(line: Value, progress: &mut Progress) -> Result<Option<Outcome>> {
    match line.get("event").and_then(Value::as_str) {
        Some("done") => Ok(Some(serde_json::from_value(line)?)),
        Some("error") => {
            let text = line.get("error").and_then(Value::as_str).unwrap_or("the service could not do it");
            bail!(crate::exit::Unmet(text.into()))
        }
        _ => {
            // Lines of a later version are passed over.
            if let Ok(event) = serde_json::from_value(line) {
                progress.event(&event);
            }
            Ok(None)
        }
    }
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    #[test]
    fn the_services_last_line_is_the_outcome() {
        let mut progress = Progress::new(true);
        let line = json!({"event": "done", "left": 2, "failed": 1,
                          "unusable": [{"target": "usb", "reason": "not plugged in"}]});
        let outcome = said(line, &mut progress).unwrap().unwrap();
        assert_eq!((outcome.left, outcome.failed, outcome.unusable.len()), (2, 1, 1));
        assert!(said(json!({"event": "missed", "count": 3}), &mut progress).unwrap().is_none());
        let error = said(json!({"event": "error", "error": "the service is stopping"}), &mut progress);
        assert_eq!(error.unwrap_err().to_string(), "the service is stopping");
    }
}
