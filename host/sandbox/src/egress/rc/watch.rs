//! Follows what rclone does for one call, and sees to it that it is over before the call is.

use std::convert::Infallible;

use serde_json::{Value, json};
use tokio::time::{Instant, sleep};
use tracing::{debug, warn};

use super::RcBridge;
use crate::doors::RcEndpoint;
use crate::guest::Job;
use crate::limits::{RC_POLL, SETTLE};
use std::time::Duration;

/// How often a dropped transfer is looked at.
const SETTLE_POLL: Duration = Duration::from_millis(200);

impl RcBridge {
    /// Asks about once a second how far a long call got. A short one is over before the first time.
    pub(super) async fn follow(&self, job: &Job, endpoint: &RcEndpoint) -> Infallible {
        let question = json!({ "group": job.call.id });
        let mut last = None;
        loop {
            sleep(RC_POLL).await;
            let Some(stats) = self.client.ask(endpoint, "core/stats", &question).await else { continue };
            let done = number(&stats, "bytes");
            if number(&stats, "totalBytes") > 0 {
                job.meter.reported(done, number(&stats, "totalBytes"));
            }
            let seen = signs_of_life(&stats);
            if last.replace(seen) != Some(seen) {
                job.meter.touch();
            }
        }
    }

    /// Returns when nothing that this call began in rclone can change the target any more: after the
    /// call was dropped rclone may still be busy with it. Bounded, and cut short when the program ends.
    pub async fn settle(&self, job: &Job) {
        if !job.rc.is_open() || job.call.cancel.is_cancelled() {
            return;
        }
        tokio::select! {
            () = job.call.cancel.cancelled() => {}
            () = self.stop_group(&job.call.id) => {}
        }
    }

    async fn stop_group(&self, group: &str) {
        let until = Instant::now() + SETTLE;
        let question = json!({ "group": group });
        while Instant::now() < until {
            // A rclone that is gone does nothing any more, and a new one knows nothing of this call.
            let Some(endpoint) = self.door.endpoint() else { return };
            self.client.ask(&endpoint, "job/stopgroup", &question).await;
            let stats = self.client.ask(&endpoint, "core/stats", &question).await;
            if stats.is_some_and(|stats| !is_busy(&stats)) {
                debug!(call.id = group, "rclone has let go of a call that was dropped");
                return;
            }
            sleep(SETTLE_POLL).await;
        }
        warn!(call.id = group, "rclone still works on a call that was dropped, {} s ago", SETTLE.as_secs());
    }

    /// Tells rclone, in the background, to forget its numbers on this call: it keeps at most 1,000.
    pub fn forget(&self, job: &Job) {
        if !job.rc.is_grouped() {
            return;
        }
        let Some(endpoint) = self.door.endpoint() else { return };
        let (client, question) = (self.client.clone(), json!({ "group": job.call.id }));
        tokio::spawn(async move { client.ask(&endpoint, "core/stats-delete", &question).await });
    }
}

fn number(stats: &Value, key: &str) -> u64 {
    stats.get(key).and_then(Value::as_u64).unwrap_or(0)
}

fn signs_of_life(stats: &Value) -> u64 {
    let keys = ["bytes", "checks", "deletes", "listed", "renames", "transfers", "serverSideCopyBytes"];
    keys.iter().map(|key| number(stats, key)).fold(0, u64::wrapping_add)
}

fn is_busy(stats: &Value) -> bool {
    let any = |key: &str| stats.get(key).and_then(Value::as_array).is_some_and(|list| !list.is_empty());
    any("transferring") || any("checking")
}
