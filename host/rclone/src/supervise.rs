//! The task that owns the child.

use std::process::ExitStatus;
use std::time::Duration;

use rustix::process::{Pid, Signal, kill_process};
use tokio::process::Child;
use tokio::sync::{mpsc, oneshot, watch};
use tokio::task::JoinSet;
use tokio::time::{Instant, timeout};
use tokio_util::sync::CancellationToken;
use tracing::{info, warn};

use crate::backoff;
use crate::client::http;
use crate::drain::{Heard, drain};
use crate::launch::Launch;
use crate::nursery::Nursery;
use crate::redact::Redactor;
use crate::settings::RcloneSettings;
use crate::state::{Running, State, WebUi};
use crate::vigil::Vigil;

/// How long a child may finish when the token is cancelled or the last handle is gone.
const DEFAULT_GRACE: Duration = Duration::from_secs(5);
/// How long one may that transfers nothing, and so leaves nothing half uploaded behind.
const IDLE_GRACE: Duration = Duration::from_secs(1);
/// How long a dead child's last output may take to arrive.
const LAST_WORDS_LIMIT: Duration = Duration::from_millis(500);

/// What a handle asks for. `done` is answered when it has come true.
pub(crate) enum Order {
    Restart { grace: Duration, done: oneshot::Sender<()> },
    Stop { grace: Duration, done: oneshot::Sender<()> },
}

/// Owns the child and is the only one to change the state.
pub(crate) struct Supervisor {
    pub(crate) settings: RcloneSettings,
    pub(crate) nursery: Nursery,
    pub(crate) orders: mpsc::Receiver<Order>,
    pub(crate) cancel: CancellationToken,
    pub(crate) state: watch::Sender<State>,
    pub(crate) config_changes: watch::Sender<u64>,
    /// Who waits for the next child to answer, or for the end.
    pub(crate) waiting: Vec<oneshot::Sender<()>>,
}

/// How one child's life ended.
enum Ending {
    /// By itself or because it hung.
    Died { reason: String, was_healthy: bool },
    /// On demand, to be started again at once.
    Restart,
    /// For good.
    Stop,
}

/// What happened first while a child was watched.
enum Event<T> {
    Exited(std::io::Result<ExitStatus>),
    Seen(T),
    Ordered(Order),
    Cancelled,
}

/// A started process and what belongs to it.
struct Process {
    child: Child,
    pid: u32,
    launch: Launch,
    drains: JoinSet<()>,
    heard: Heard,
}

impl Supervisor {
    /// Keeps a child running until it is told to stop.
    pub(crate) async fn run(mut self) {
        let mut failures = 0;
        loop {
            self.state.send_replace(State::Starting);
            let go_on = match self.one_life().await {
                Ending::Stop => false,
                Ending::Restart => {
                    failures = 0;
                    true
                }
                Ending::Died { reason, was_healthy } => {
                    failures = if was_healthy { 1 } else { failures + 1 };
                    self.answer_waiting();
                    self.pause(reason, failures).await
                }
            };
            if !go_on {
                break;
            }
        }
        self.state.send_replace(State::Stopped);
        self.answer_waiting();
    }

    /// One child, from its start to its end.
    async fn one_life(&mut self) -> Ending {
        let mut process = match self.start().await {
            Ok(process) => process,
            Err(error) => {
                let path = self.settings.found.path.display();
                return died(format!("rclone (`{path}`) could not be started: {error}"), false);
            }
        };
        let vigil = self.vigil_over(&process);
        let started = self.until(&mut process.child, vigil.answers()).await;
        if !matches!(started, Event::Seen(Ok(()))) {
            let silent = started.map(|silent| silent.err().unwrap_or_default());
            return self.conclude(process, vigil, silent, false).await;
        }
        self.announce(&process, &vigil);
        let since = Instant::now();
        let config_changes = self.config_changes.clone();
        let event = self.until(&mut process.child, vigil.keep(&config_changes)).await;
        self.conclude(process, vigil, event, since.elapsed() >= backoff::HEALTHY_AFTER).await
    }

    async fn start(&self) -> std::io::Result<Process> {
        let launch = Launch::prepare(&self.settings)?;
        let mut child = self.nursery.spawn(launch.command()).await?;
        let pid = child.id().expect("a child that nobody waited for has an id");
        let (redactor, heard) = (Redactor::of(&launch.endpoint), Heard::default());
        let mut drains = JoinSet::new();
        if let Some(output) = child.stdout.take() {
            drains.spawn(drain(output, redactor.clone(), heard.clone()));
        }
        if let Some(output) = child.stderr.take() {
            drains.spawn(drain(output, redactor, heard.clone()));
        }
        Ok(Process { child, pid, launch, drains, heard })
    }

    fn vigil_over(&self, process: &Process) -> Vigil {
        Vigil {
            http: http(),
            endpoint: process.launch.endpoint.clone(),
            pid: process.pid,
            config: self.settings.config.clone(),
            heard: process.heard.clone(),
        }
    }

    /// Waits for whatever happens first.
    async fn until<T>(&mut self, child: &mut Child, seen: impl Future<Output = T>) -> Event<T> {
        tokio::select! {
            status = child.wait() => Event::Exited(status),
            () = self.cancel.cancelled() => Event::Cancelled,
            order = self.orders.recv() => order.map_or(Event::Cancelled, Event::Ordered),
            seen = seen => Event::Seen(seen),
        }
    }

    fn announce(&mut self, process: &Process, vigil: &Vigil) {
        let version = self.settings.found.version.clone();
        let web_ui = process.launch.web_ui.clone();
        info!(rclone.pid = process.pid, rclone.version = %version, "rclone {version} is running");
        if let WebUi::Unavailable(reason) = &web_ui {
            warn!("{reason}");
        }
        let endpoint = process.launch.endpoint.clone();
        let running = Running { endpoint, pid: process.pid, version, web_ui, http: vigil.http.clone() };
        self.state.send_replace(State::Up(running.into()));
        self.answer_waiting();
    }

    /// Makes sure that the process is over, and says how it ended. An [`Event::Seen`] is the reason why
    /// the child counts as hung.
    async fn conclude(
        &mut self,
        mut process: Process,
        vigil: Vigil,
        event: Event<String>,
        was_healthy: bool,
    ) -> Ending {
        let (grace, ending) = match event {
            Event::Exited(status) => return died(process.obituary(status).await, was_healthy),
            Event::Seen(reason) => {
                process.end(Duration::ZERO).await;
                return died(reason, was_healthy);
            }
            Event::Cancelled => (DEFAULT_GRACE, Ending::Stop),
            Event::Ordered(Order::Stop { grace, done }) => {
                self.waiting.push(done);
                (grace, Ending::Stop)
            }
            Event::Ordered(Order::Restart { grace, done }) => {
                self.waiting.push(done);
                (grace, Ending::Restart)
            }
        };
        let reason = String::from("rclone is being stopped");
        self.state.send_replace(State::Restarting { reason, failures: 0, wait: Duration::ZERO });
        let grace = if vigil.is_idle().await { grace.min(IDLE_GRACE) } else { grace };
        // With it go the connections that nobody uses: rclone would wait 5 s for them.
        drop(vigil);
        process.end(grace).await;
        ending
    }

    /// Waits until the next start is due or asked for. `false`: there will be none.
    async fn pause(&mut self, reason: String, failures: u32) -> bool {
        let wait = backoff::wait(failures, &mut rand::rng());
        warn!(rclone.failures = failures, wait_ms = wait.as_millis() as u64, "{reason}; starting it again");
        self.state.send_replace(State::Restarting { reason, failures, wait });
        let order = tokio::select! {
            () = tokio::time::sleep(wait) => return true,
            () = self.cancel.cancelled() => return false,
            order = self.orders.recv() => order,
        };
        match order {
            Some(Order::Restart { done, .. }) => {
                self.waiting.push(done);
                true
            }
            Some(Order::Stop { done, .. }) => {
                self.waiting.push(done);
                false
            }
            None => false,
        }
    }

    fn answer_waiting(&mut self) {
        for done in self.waiting.drain(..) {
            // Whoever asked may have stopped waiting.
            let _ = done.send(());
        }
    }
}

impl<T> Event<T> {
    fn map<U>(self, change: impl FnOnce(T) -> U) -> Event<U> {
        match self {
            Self::Exited(status) => Event::Exited(status),
            Self::Seen(seen) => Event::Seen(change(seen)),
            Self::Ordered(order) => Event::Ordered(order),
            Self::Cancelled => Event::Cancelled,
        }
    }
}

impl Process {
    /// Asks the child to end, and after `grace` ends it. Returns when it is over.
    async fn end(&mut self, grace: Duration) {
        if !grace.is_zero() && self.ask_to_end() && timeout(grace, self.child.wait()).await.is_ok() {
            return;
        }
        if let Err(error) = self.child.kill().await {
            warn!(rclone.pid = self.pid, "rclone could not be ended: {error}");
        }
    }

    /// SIGTERM: rclone removes what it has half uploaded. A child that was not waited for keeps its id,
    /// so no stranger can be hit.
    fn ask_to_end(&self) -> bool {
        let pid = self.child.id().and_then(|id| Pid::from_raw(id.cast_signed()));
        pid.is_some_and(|pid| kill_process(pid, Signal::TERM).is_ok())
    }

    /// Says how an ended child ended.
    async fn obituary(&mut self, status: std::io::Result<ExitStatus>) -> String {
        let how = status.map_or_else(|error| error.to_string(), |status| status.to_string());
        let drained = async { while self.drains.join_next().await.is_some() {} };
        let _ = timeout(LAST_WORDS_LIMIT, drained).await;
        match self.heard.last_words() {
            Some(words) => format!("rclone ended ({how}): {words}"),
            None => format!("rclone ended ({how})"),
        }
    }
}

fn died(reason: String, was_healthy: bool) -> Ending {
    Ending::Died { reason, was_healthy }
}
