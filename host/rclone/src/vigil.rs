//! Watches over a running child: is it there, does it answer, did its configuration change, does it
//! hold on to connections that are dead?

use std::path::PathBuf;
use std::time::{Duration, SystemTime};

use serde_json::json;
use tokio::sync::watch;
use tokio::time::{Instant, MissedTickBehavior, interval, sleep, timeout};
use tracing::{debug, warn};

use crate::client::{RcError, call_at, within};
use crate::drain::Heard;
use crate::endpoint::Endpoint;

/// From an SD card 85 MB of rclone take their time.
const START_LIMIT: Duration = Duration::from_secs(60);
const START_POLL: Duration = Duration::from_millis(20);
const HEALTH_POLL: Duration = Duration::from_secs(15);
const HEALTH_LIMIT: Duration = Duration::from_secs(10);
const IDLE_LIMIT: Duration = Duration::from_secs(1);
/// Silences in a row after which a child counts as hung.
const SILENCES: u32 = 3;
/// Dropping healthy ones costs a log-in each, so not more often than this.
const CONNECTIONS_PAUSE: Duration = Duration::from_secs(3);
const CONFIG_POLL: Duration = Duration::from_secs(2);

/// One child, seen from outside.
pub(crate) struct Vigil {
    pub(crate) http: reqwest::Client,
    pub(crate) endpoint: Endpoint,
    pub(crate) pid: u32,
    /// Configuration file that the child was told to use.
    pub(crate) config: Option<PathBuf>,
    /// What it complains about.
    pub(crate) heard: Heard,
}

impl Vigil {
    /// Resolves when the child answers, or with the reason why it is not going to.
    pub(crate) async fn answers(&self) -> Result<(), String> {
        timeout(START_LIMIT, async {
            while !self.answers_now().await {
                sleep(START_POLL).await;
            }
        })
        .await
        .map_err(|_| format!("rclone did not answer within {} s of its start", START_LIMIT.as_secs()))
    }

    /// Another program may have been quicker to take the port, so the process id has to match.
    async fn answers_now(&self) -> bool {
        match self.call("core/pid").await {
            Ok(answer) => answer["pid"].as_u64() == Some(self.pid.into()),
            Err(_) => false,
        }
    }

    /// Counts changes of the configuration file in `changes`; resolves only when the child hangs, with
    /// the reason.
    pub(crate) async fn keep(&self, changes: &watch::Sender<u64>) -> String {
        tokio::select! {
            reason = self.until_silent() => reason,
            never = self.follow_config(changes) => match never {},
            never = self.drop_dead_connections() => match never {},
        }
    }

    /// Whether the child transfers nothing. `false` when it does not say.
    pub(crate) async fn is_idle(&self) -> bool {
        let asked = timeout(IDLE_LIMIT, self.call("core/stats")).await;
        matches!(asked, Ok(Ok(stats)) if stats["transferring"].as_array().is_none_or(Vec::is_empty))
    }

    async fn until_silent(&self) -> String {
        let mut silences = 0;
        let mut ticks = interval(HEALTH_POLL);
        ticks.set_missed_tick_behavior(MissedTickBehavior::Delay);
        while silences < SILENCES {
            ticks.tick().await;
            match self.call("rc/noop").await {
                Ok(_) => silences = 0,
                Err(error) => {
                    silences += 1;
                    debug!(rclone.pid = self.pid, "rclone did not answer a health check: {error}");
                }
            }
        }
        format!("rclone was running but did not answer {SILENCES} times in a row")
    }

    /// Remotes that were used already go on with old settings until rclone is told to forget them.
    async fn follow_config(&self, changes: &watch::Sender<u64>) -> std::convert::Infallible {
        let Some(path) = self.config_path().await else { return std::future::pending().await };
        let mut known = identity(&path).await;
        let mut ticks = interval(CONFIG_POLL);
        ticks.reset_at(Instant::now() + CONFIG_POLL);
        ticks.set_missed_tick_behavior(MissedTickBehavior::Delay);
        loop {
            ticks.tick().await;
            let found = identity(&path).await;
            if found == known {
                continue;
            }
            // Told first, kept afterwards: a call that failed is made again at the next look.
            match self.call("fscache/clear").await {
                Ok(_) => {
                    known = found;
                    changes.send_modify(|count| *count += 1);
                    tracing::info!(rclone.config = %path.display(), "rclone's configuration changed");
                }
                Err(error) => warn!("rclone could not be told that its configuration changed: {error}"),
            }
        }
    }

    /// rclone puts FTP connections that have died back into its pool, and takes them out again for as
    /// long as somebody asks at least once a minute: a server that was restarted would never be
    /// reached again. Transfers that run keep their connections.
    async fn drop_dead_connections(&self) -> std::convert::Infallible {
        loop {
            self.heard.broken_connection().await;
            if let Err(error) = self.call("fscache/clear").await {
                debug!("rclone could not be told to drop its connections: {error}");
            }
            sleep(CONNECTIONS_PAUSE).await;
        }
    }

    /// Where the child reads its configuration; `None` when it keeps it in memory or does not say.
    async fn config_path(&self) -> Option<PathBuf> {
        let said = match self.call("config/paths").await {
            Ok(answer) => answer["config"].as_str().filter(|path| !path.is_empty()).map(PathBuf::from),
            Err(error) => {
                debug!("rclone does not say where its configuration is: {error}");
                None
            }
        };
        said.or_else(|| self.config.clone())
    }

    async fn call(&self, method: &str) -> Result<serde_json::Value, RcError> {
        within(HEALTH_LIMIT, call_at(&self.http, &self.endpoint, method, &json!({}))).await
    }
}

/// What tells one state of a file from another; `None` while there is no file.
async fn identity(path: &std::path::Path) -> Option<(SystemTime, u64)> {
    let meta = tokio::fs::metadata(path).await.ok()?;
    Some((meta.modified().ok()?, meta.len()))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[tokio::test(start_paused = true)]
    async fn a_child_that_accepts_but_never_answers_counts_as_hung() {
        let silent = tokio::net::TcpListener::bind("127.0.0.1:0").await.unwrap();
        let endpoint = Endpoint::fresh(silent.local_addr().unwrap().port());
        let vigil =
            Vigil { http: crate::client::http(), endpoint, pid: 1, config: None, heard: Heard::default() };
        let since = Instant::now();
        let reason = vigil.until_silent().await;
        assert!(reason.contains("did not answer 3 times"), "{reason}");
        assert!(since.elapsed() >= HEALTH_LIMIT * SILENCES);
        assert!(vigil.answers().await.unwrap_err().contains("did not answer within 60 s"));
    }
}
