//! What the service manager is told, if there is one: that the service is ready, how it fares, and that
//! it is alive, but only as long as it is.

use std::convert::Infallible;
use std::time::Duration;

use engine::Engine;
use engine::view::{LaneState, Status};
use sd_notify::NotifyState;
use tokio::time::{MissedTickBehavior, interval, sleep};
use tracing::{debug, warn};

use crate::show::count;

/// How often the line about the state is made anew.
const STATUS_EVERY: Duration = Duration::from_secs(10);
/// How much time is asked for while stopping, and how often.
const MORE_TIME: Duration = Duration::from_secs(30);
const MORE_TIME_EVERY: Duration = Duration::from_secs(5);

/// Tells the service manager.
pub fn tell(states: &[NotifyState<'_>]) {
    if let Err(error) = sd_notify::notify(states) {
        debug!(error = &error as &dyn std::error::Error, "the service manager could not be told");
    }
}

/// Gives signs of life and says how it goes, for as long as it is polled.
pub async fn keep_told(engine: &Engine) -> Infallible {
    if std::env::var_os("NOTIFY_SOCKET").is_none() {
        return std::future::pending().await;
    }
    let alive = async {
        let Some(limit) = sd_notify::watchdog_enabled() else { return std::future::pending().await };
        keep_alive(limit, async || engine.pulse().await.is_ok(), || tell(&[NotifyState::Watchdog])).await
    };
    tokio::select! {
        never = alive => never,
        never = keep_status(engine) => never,
    }
}

/// Asks for more time while transfers under way are finished, for as long as it is polled.
pub async fn ask_for_time() -> Infallible {
    let more = u32::try_from(MORE_TIME.as_micros()).unwrap_or(u32::MAX);
    loop {
        tell(&[
            NotifyState::ExtendTimeoutUsec(more),
            NotifyState::Status("stopping: transfers under way are finished"),
            NotifyState::Watchdog,
        ]);
        sleep(MORE_TIME_EVERY).await;
    }
}

/// Gives a sign of life twice in `limit`, each only after a pulse was felt.
async fn keep_alive(
    limit: Duration,
    mut pulse: impl AsyncFnMut() -> bool,
    mut sign: impl FnMut(),
) -> Infallible {
    let half = limit / 2;
    let mut ticks = interval(half);
    ticks.set_missed_tick_behavior(MissedTickBehavior::Delay);
    loop {
        ticks.tick().await;
        let alive = {
            let felt = pulse();
            tokio::pin!(felt);
            tokio::select! {
                biased;
                alive = &mut felt => alive,
                () = sleep(half) => {
                    warn!("the engine does not answer; the service manager is about to start the service anew");
                    felt.await
                }
            }
        };
        if alive {
            sign();
        }
    }
}

async fn keep_status(engine: &Engine) -> Infallible {
    let mut told = String::new();
    loop {
        if let Ok(status) = engine.status().await {
            let line = line(&status);
            if line != told {
                tell(&[NotifyState::Status(&line)]);
                told = line;
            }
        }
        sleep(STATUS_EVERY).await;
    }
}

/// The state in one line.
fn line(status: &Status) -> String {
    let to_do: u64 = status.targets.iter().map(|target| target.pending).sum();
    let mut line = match to_do {
        0 => "everything is where it should be".to_owned(),
        to_do => format!("{} to bring", count(to_do, "object", "objects")),
    };
    for target in &status.targets {
        if !matches!(target.state, LaneState::Up | LaneState::Off) {
            line.push_str(&format!("; `{}` is {}: {}", target.name, target.state, target.reason));
        }
    }
    // A line break would begin another message, in words that may be a server's.
    line.replace(|c: char| c.is_control(), " ")
}

#[cfg(test)]
mod tests {
    use std::cell::Cell;
    use std::future::pending;

    use engine::TargetName;
    use engine::view::{MediaStatus, TargetStatus};

    use super::*;

    const LIMIT: Duration = Duration::from_secs(20);

    #[tokio::test(start_paused = true)]
    async fn while_the_pulse_is_felt_a_sign_of_life_is_given_twice_in_the_limit() {
        let signs = Cell::new(0);
        let alive = keep_alive(LIMIT, async || true, || signs.set(signs.get() + 1));
        let _ = tokio::time::timeout(Duration::from_secs(95), alive).await;
        assert_eq!(signs.get(), 10);
    }

    #[tokio::test(start_paused = true)]
    async fn without_a_pulse_there_is_no_sign_of_life() {
        let (asked, signs) = (Cell::new(0), Cell::new(0));
        let pulse = async || {
            asked.set(asked.get() + 1);
            if asked.get() > 3 { pending().await } else { true }
        };
        let alive = keep_alive(LIMIT, pulse, || signs.set(signs.get() + 1));
        let _ = tokio::time::timeout(Duration::from_secs(3600), alive).await;
        assert_eq!((asked.get(), signs.get()), (4, 3));
    }

    #[tokio::test(start_paused = true)]
    async fn who_answers_that_it_is_over_is_not_alive() {
        let signs = Cell::new(0);
        let alive = keep_alive(LIMIT, async || false, || signs.set(signs.get() + 1));
        let _ = tokio::time::timeout(Duration::from_secs(3600), alive).await;
        assert_eq!(signs.get(), 0);
    }

    fn target(name: &str, state: LaneState, reason: &str, pending: u64) -> TargetStatus {
        TargetStatus {
            name: TargetName::new(name).unwrap(),
            state,
            reason: reason.into(),
            wanted: 10,
            held: 10 - pending,
            pending,
            running: 0,
            rejected: 0,
            held_deletes: 0,
            left_behind: 0,
        }
    }

    fn status(targets: Vec<TargetStatus>) -> Status {
        Status { media: MediaStatus::default(), database: Default::default(), targets }
    }

    #[test]
    fn the_state_fits_into_one_line() {
        let up = status(vec![target("web", LaneState::Up, "", 0)]);
        assert_eq!(line(&up), "everything is where it should be");
        let more = status(vec![
            target("web", LaneState::Blocked, "wrong password", 3),
            target("usb", LaneState::Up, "", 1),
            target("nas", LaneState::Waiting, "quiet hours until 08:00", 0),
        ]);
        assert_eq!(
            line(&more),
            "4 objects to bring; `web` is blocked: wrong password; `nas` is waiting: quiet hours until 08:00"
        );
    }

    #[test]
    fn a_servers_words_cannot_become_a_message_of_their_own() {
        let evil = status(vec![target("web", LaneState::Blocked, "no\nWATCHDOG=trigger\r\nREADY=1", 0)]);
        assert!(!line(&evil).contains(['\n', '\r']), "{}", line(&evil));
    }
}
