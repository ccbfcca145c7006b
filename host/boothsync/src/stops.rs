//! How the program ends: the first signal finishes what runs, the second one drops it.

use std::time::Duration;

use tokio::signal::unix::{SignalKind, signal};
use tokio::time::{sleep, timeout};
use tokio_util::sync::CancellationToken;
use tracing::{info, warn};

/// How long transfers under way may take to finish after the first signal. Longer than any picture
/// needs, and short enough for who waits beside a machine that is being switched off.
pub const FINISH_LIMIT: Duration = Duration::from_secs(3 * 60);
/// How long dropped transfers may take to let go.
const DROP_LIMIT: Duration = Duration::from_secs(15);

/// The two stages of an end. Cheap to clone.
#[derive(Clone, Default)]
pub struct Stops {
    /// Claim nothing new, finish what runs.
    pub soft: CancellationToken,
    /// Drop what runs.
    pub hard: CancellationToken,
}

/// How work came to its end.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Ended {
    /// What ran was finished.
    Finished,
    /// Something was dropped, to be done again at the next start.
    Dropped,
}

impl Stops {
    /// Ends both stages at once.
    pub fn drop_everything(&self) {
        self.soft.cancel();
        self.hard.cancel();
    }

    /// Begins to listen to SIGTERM and SIGINT. A third one ends the process as it is.
    pub fn on_signals(&self) -> std::io::Result<()> {
        let mut terminate = signal(SignalKind::terminate())?;
        let mut interrupt = signal(SignalKind::interrupt())?;
        let stops = self.clone();
        tokio::spawn(async move {
            let mut next = async || {
                tokio::select! {
                    _ = terminate.recv() => {}
                    _ = interrupt.recv() => {}
                }
            };
            next().await;
            let limit_min = FINISH_LIMIT.as_secs() / 60;
            info!(
                "stopping: transfers that run are finished, for {limit_min} min at most; a second signal drops them"
            );
            stops.soft.cancel();
            next().await;
            warn!("stopping at once: transfers that run are dropped and begun again at the next start");
            stops.hard.cancel();
            next().await;
            std::process::exit(1);
        });
        Ok(())
    }

    /// Has `work` stop, and waits until it has: for what runs to finish, unless it takes too long or is
    /// told to stop at once. Always returns.
    pub async fn see_out(&self, work: impl Future<Output = ()>) -> Ended {
        self.soft.cancel();
        tokio::pin!(work);
        tokio::select! {
            biased;
            () = self.hard.cancelled() => {}
            () = &mut work => return Ended::Finished,
            () = sleep(FINISH_LIMIT) => warn!("transfers took too long to finish and are dropped"),
        }
        self.hard.cancel();
        if timeout(DROP_LIMIT, work).await.is_err() {
            warn!("something did not stop; the process ends without it");
        }
        Ended::Dropped
    }
}

#[cfg(test)]
mod tests {
    use std::future::pending;

    use tokio::time::Instant;

    use super::*;

    #[tokio::test(start_paused = true)]
    async fn work_that_finishes_is_waited_for() {
        let (stops, since) = (Stops::default(), Instant::now());
        let soft = stops.soft.clone();
        let work = async move {
            soft.cancelled().await;
            sleep(Duration::from_secs(100)).await;
        };
        assert_eq!(stops.see_out(work).await, Ended::Finished);
        assert_eq!(since.elapsed().as_secs(), 100);
        assert!(!stops.hard.is_cancelled());
    }

    #[tokio::test(start_paused = true)]
    async fn a_second_stop_drops_the_work() {
        let (stops, since) = (Stops::default(), Instant::now());
        let (second, hard) = (stops.clone(), stops.hard.clone());
        tokio::spawn(async move {
            sleep(Duration::from_secs(10)).await;
            second.hard.cancel();
        });
        assert_eq!(stops.see_out(async move { hard.cancelled().await }).await, Ended::Dropped);
        assert_eq!(since.elapsed().as_secs(), 10);
    }

    #[tokio::test(start_paused = true)]
    async fn a_transfer_that_never_ends_is_dropped_after_the_limit() {
        let (stops, since) = (Stops::default(), Instant::now());
        let hard = stops.hard.clone();
        assert_eq!(stops.see_out(async move { hard.cancelled().await }).await, Ended::Dropped);
        assert_eq!(since.elapsed(), FINISH_LIMIT);
    }

    #[tokio::test(start_paused = true)]
    async fn what_does_not_even_let_go_holds_nobody_up() {
        let (stops, since) = (Stops::default(), Instant::now());
        assert_eq!(stops.see_out(pending()).await, Ended::Dropped);
        assert_eq!(since.elapsed(), FINISH_LIMIT + DROP_LIMIT);
    }
}
