//! How the program ends: the first signal finishes what runs, the second one drops it.

use tokio::signal::unix::{SignalKind, signal};
use tokio_util::sync::CancellationToken;
use tracing::{info, warn};

/// The two stages of an end. Cheap to clone.
#[derive(Clone, Default)]
pub struct Stops {
    /// Claim nothing new, finish what runs.
    pub soft: CancellationToken,
    /// Drop what runs.
    pub hard: CancellationToken,
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
            info!("stopping: transfers that run are finished; a second signal drops them");
            stops.soft.cancel();
            next().await;
            warn!("stopping at once: transfers that run are dropped and begun again at the next start");
            stops.hard.cancel();
            next().await;
            std::process::exit(1);
        });
        Ok(())
    }
}
