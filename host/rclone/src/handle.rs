//! The handle to a supervised rclone.

use std::sync::Arc;
use std::time::Duration;

use tokio::sync::{mpsc, oneshot, watch};
use tokio_util::sync::CancellationToken;
use tracing::error;
use url::form_urlencoded;

use crate::client::Client;
use crate::endpoint::Endpoint;
use crate::nursery::Nursery;
use crate::settings::RcloneSettings;
use crate::state::{State, WebUi};
use crate::supervise::{Order, Supervisor};

/// Why rclone was not ready in time.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum NotReady {
    /// It did not come up in time.
    #[error("rclone was not ready within {} s: {reason}", .waited.as_secs_f32())]
    Timeout {
        /// How long was waited.
        waited: Duration,
        /// What its state said last.
        reason: String,
    },
    /// It was stopped.
    #[error("rclone was stopped")]
    Stopped,
}

/// A supervised rclone. Cheap to clone; the child is stopped when the last clone is gone.
#[derive(Clone)]
pub struct Rclone {
    orders: mpsc::Sender<Order>,
    state: watch::Receiver<State>,
    config_changes: watch::Receiver<u64>,
    client: Client,
    web_ui: Option<Arc<str>>,
}

impl Rclone {
    /// Starts the supervising task on the current runtime and returns at once; see
    /// [`Rclone::ready`]. Cancelling `cancel` stops the child with a few seconds of grace.
    pub fn start(settings: RcloneSettings, cancel: CancellationToken) -> Self {
        let (orders, inbox) = mpsc::channel(8);
        let (state_in, state) = watch::channel(State::Starting);
        let (config_in, config_changes) = watch::channel(0);
        let client = Client::new(state.clone());
        let web_ui = settings.web_ui.as_deref().map(Arc::from);
        match Nursery::open() {
            Ok(nursery) => {
                let supervisor = Supervisor {
                    settings,
                    nursery,
                    orders: inbox,
                    cancel,
                    state: state_in,
                    config_changes: config_in,
                    waiting: Vec::new(),
                };
                tokio::spawn(supervisor.run());
            }
            Err(cause) => {
                error!("rclone cannot be run, because no thread could be started: {cause}");
                state_in.send_replace(State::Stopped);
            }
        }
        Self { orders, state, config_changes, client, web_ui }
    }

    /// How to call the running child; `None` while there is none that answers.
    pub fn endpoint(&self) -> Option<Endpoint> {
        self.state.borrow().running().map(|running| running.endpoint.clone())
    }

    /// Resolves as soon as the child answers.
    pub async fn ready(&self, limit: Duration) -> Result<(), NotReady> {
        let mut state = self.state.clone();
        let settled = state.wait_for(|state| matches!(state, State::Up(_) | State::Stopped));
        match tokio::time::timeout(limit, settled).await {
            Ok(Ok(state)) if state.running().is_some() => Ok(()),
            Ok(_) => Err(NotReady::Stopped),
            Err(_) => {
                let reason = self.state().note().unwrap_or("it is still starting").to_owned();
                Err(NotReady::Timeout { waited: limit, reason })
            }
        }
    }

    /// What the child does now.
    pub fn state(&self) -> State {
        self.state.borrow().clone()
    }

    /// Every change of the state; a slow reader misses all but the newest.
    pub fn changes(&self) -> watch::Receiver<State> {
        self.state.clone()
    }

    /// Counts changes of rclone's configuration file, whoever made them, since the start. When it
    /// changes, rclone has already been told to forget what it knew of its remotes.
    pub fn config_changes(&self) -> watch::Receiver<u64> {
        self.config_changes.clone()
    }

    /// The address that opens rclone's web UI logged in, while it is served. It holds the password:
    /// show it to the operator alone, never log it. Void after a restart.
    pub fn web_ui_login(&self) -> Option<String> {
        let state = self.state.borrow();
        let running = state.running()?;
        match &running.web_ui {
            // The page may call the API only when it was opened under this very name.
            WebUi::At(origin) => Some(log_in_address(origin, &running.endpoint)),
            WebUi::Off | WebUi::Unavailable(_) => None,
        }
    }

    /// Host and port that were configured for the web UI, whether or not it is served.
    pub fn web_ui(&self) -> Option<&str> {
        self.web_ui.as_deref()
    }

    /// Calls methods of the rc API.
    pub fn client(&self) -> Client {
        self.client.clone()
    }

    /// Ends the child, with `grace` to remove what it has half uploaded, and starts another. Resolves
    /// when that one answers or has failed to start, or when rclone was stopped meanwhile.
    pub async fn restart(&self, grace: Duration) {
        self.order(|done| Order::Restart { grace, done }).await;
    }

    /// Ends the child for good, with `grace` to remove what it has half uploaded. Resolves when the
    /// process is over.
    pub async fn stop(&self, grace: Duration) {
        self.order(|done| Order::Stop { grace, done }).await;
    }

    async fn order(&self, order: impl FnOnce(oneshot::Sender<()>) -> Order) {
        let (done, answer) = oneshot::channel();
        if self.orders.send(order(done)).await.is_ok() {
            // No answer means that the supervising task has ended, and the child with it.
            let _ = answer.await;
        }
    }
}

fn log_in_address(origin: &str, endpoint: &Endpoint) -> String {
    let query = form_urlencoded::Serializer::new(String::new())
        .append_pair("pass", &endpoint.password)
        .append_pair("url", &format!("http://{}/", endpoint.addr))
        .append_pair("user", &endpoint.user)
        .finish();
    format!("{origin}/login?{query}")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_log_in_address_uses_the_name_that_the_api_lets_in() {
        let endpoint =
            Endpoint { addr: ([127, 0, 0, 1], 5598).into(), user: "us".into(), password: "pw".into() };
        assert_eq!(
            log_in_address("http://localhost:5572", &endpoint),
            "http://localhost:5572/login?pass=pw&url=http%3A%2F%2F127.0.0.1%3A5598%2F&user=us"
        );
    }
}
