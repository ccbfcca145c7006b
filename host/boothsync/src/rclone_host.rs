//! The rclone that the plugins use: looked for and started beside everything else, because the media
//! folder has to be watched long before rclone answers.

use std::path::Path;
use std::sync::{Arc, OnceLock};
use std::time::Duration;

use engine::Engine;
use rclone::{FindError, FindSettings, Found, Rclone, RcloneSettings, State};
use sandbox::{RcDoor, RcEndpoint};
use serde_json::{Value, json};
use tokio::sync::watch;
use tokio_util::sync::CancellationToken;
use tracing::{info, warn};

use crate::config::{Config, RcloneConfig};

/// Waits between two looks for an rclone that is not there.
const SHORTEST_WAIT: Duration = Duration::from_secs(5);
const LONGEST_WAIT: Duration = Duration::from_secs(300);

/// Handle to the rclone that is looked for or supervised. Cheap to clone.
#[derive(Clone)]
pub struct RcloneHost(Arc<Inner>);

struct Inner {
    rclone: OnceLock<Rclone>,
    search: watch::Receiver<Search>,
    stop: CancellationToken,
}

/// How far the search is.
#[derive(Debug, Clone, PartialEq, Eq)]
enum Search {
    Looking,
    /// Why there is none, for people. It is looked for again.
    Missing(String),
    Found {
        version: String,
        note: Option<String>,
    },
}

/// Why rclone cannot be used now.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum NotUsable {
    /// It will be, without anybody's help.
    Starting(String),
    /// Somebody has to act.
    Missing(String),
}

/// Where rclone is looked for.
pub fn find_settings(config: &Config, fetch: bool) -> FindSettings {
    let binary = config.file.rclone.binary(&config.base);
    FindSettings { binary, data: config.data.join("rclone"), fetch }
}

impl RcloneHost {
    /// Begins to look for rclone and starts it once it is found. Returns at once.
    pub fn start(config: &Config) -> Self {
        let (report, search) = watch::channel(Search::Looking);
        let host = Self(Arc::new(Inner { rclone: OnceLock::new(), search, stop: CancellationToken::new() }));
        let (section, base, data) = (config.file.rclone.clone(), config.base.clone(), config.data.clone());
        let settings = move |found| settings(&section, &base, &data, found);
        tokio::spawn(look_and_start(host.clone(), find_settings(config, true), settings, report));
        host
    }

    /// The supervised process, once it was found.
    pub fn rclone(&self) -> Option<&Rclone> {
        self.0.rclone.get()
    }

    /// Resolves when rclone answers, or says why it does not within `limit`.
    pub async fn ready(&self, limit: Duration) -> Result<&Rclone, NotUsable> {
        let mut search = self.0.search.clone();
        let wait = search.wait_for(|search| *search != Search::Looking);
        if let Ok(Ok(found)) = tokio::time::timeout(limit, wait).await
            && let Search::Missing(reason) = &*found
        {
            return Err(NotUsable::Missing(reason.clone()));
        }
        let rclone =
            self.rclone().ok_or_else(|| NotUsable::Starting("rclone is still being looked for".into()))?;
        match rclone.ready(limit).await {
            Ok(()) => Ok(rclone),
            Err(reason) => Err(NotUsable::Starting(reason.to_string())),
        }
    }

    /// Ends the search and the process, with `grace` to remove what is half uploaded.
    pub async fn stop(&self, grace: Duration) {
        self.0.stop.cancel();
        if let Some(rclone) = self.rclone() {
            rclone.stop(grace).await;
        }
    }

    /// Nudges `engine` whenever something changed that may help a target: rclone came up, or its
    /// configuration was edited. Runs until rclone is stopped.
    pub async fn nudge(&self, engine: &Engine) {
        let mut search = self.0.search.clone();
        if search.wait_for(|search| matches!(search, Search::Found { .. })).await.is_err() {
            return;
        }
        let Some(rclone) = self.rclone() else { return };
        let (mut states, mut edits) = (rclone.changes(), rclone.config_changes());
        loop {
            let changed = tokio::select! {
                changed = states.changed() => changed,
                changed = edits.changed() => changed,
            };
            if changed.is_err() {
                return;
            }
            if states.borrow_and_update().running().is_some() {
                engine.nudge().await;
            }
        }
    }

    /// The `rclone` part of the status document.
    pub fn status(&self) -> Value {
        match &*self.0.search.borrow() {
            Search::Looking => json!({"state": "looking"}),
            Search::Missing(reason) => json!({"state": "missing", "note": reason}),
            Search::Found { version, note } => {
                let state = self.rclone().map_or(State::Starting, Rclone::state);
                let note = state.note().map(str::to_owned).or_else(|| note.clone());
                json!({"state": state.name(), "version": version, "note": note})
            }
        }
    }

    /// The address that opens the web UI logged in. A secret.
    pub fn ui_login(&self) -> Option<String> {
        self.rclone()?.web_ui_login()
    }
}

impl RcDoor for RcloneHost {
    fn endpoint(&self) -> Option<RcEndpoint> {
        let endpoint = self.rclone()?.endpoint()?;
        Some(RcEndpoint { addr: endpoint.addr, user: endpoint.user, password: endpoint.password })
    }
}

fn settings(section: &RcloneConfig, base: &Path, data: &Path, found: Found) -> RcloneSettings {
    RcloneSettings {
        found,
        config: section.config(base),
        work_dir: data.join("rclone").join("empty"),
        log_level: section.log_level.as_str().into(),
        bandwidth_limit: section.bandwidth_limit.0.to_string(),
        web_ui: section.web_ui(),
    }
}

async fn look_and_start(
    host: RcloneHost,
    find: FindSettings,
    settings: impl FnOnce(Found) -> RcloneSettings + Send,
    report: watch::Sender<Search>,
) {
    let stop = host.0.stop.clone();
    let Some(found) = stop.run_until_cancelled(look(&find, &report)).await else { return };
    info!(rclone.version = %found.version, rclone.path = %found.path.display(), "using rclone {}", found.version);
    if let Some(note) = &found.note {
        warn!("{note}");
    }
    let (version, note) = (found.version.to_string(), found.note.clone());
    let started = Rclone::start(settings(found), stop.clone());
    // Only this task sets it, and only once.
    let _ = host.0.rclone.set(started);
    report.send_replace(Search::Found { version, note });
    // The channel stays open as long as somebody may wait for it.
    stop.cancelled().await;
}

/// Looks until there is one: an operator may install it while the service runs.
async fn look(find: &FindSettings, report: &watch::Sender<Search>) -> Found {
    let mut wait = SHORTEST_WAIT;
    loop {
        let error: FindError = match rclone::find(find).await {
            Ok(found) => return found,
            Err(error) => error,
        };
        let reason = error.to_string();
        if *report.borrow() != Search::Missing(reason.clone()) {
            warn!("no target that needs rclone can work: {reason}");
            report.send_replace(Search::Missing(reason));
        }
        tokio::time::sleep(wait).await;
        wait = (wait * 2).min(LONGEST_WAIT);
    }
}
