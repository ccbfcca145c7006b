//! `run`: the service from its first line in the log to its last.

use std::net::SocketAddr;
use std::sync::Arc;
use std::time::Instant;

use anyhow::{Context as _, bail};
use engine::Engine;
use sd_notify::NotifyState;
use serde_json::{Value, json};
use tokio::net::TcpListener;
use tokio::task::JoinSet;
use tokio_util::sync::CancellationToken;
use tracing::{error, info};
use web::{Access, RcloneView, WebState};

use crate::booth::{Booth, Purpose};
use crate::config::Config;
use crate::control::{self, Control};
use crate::exit::Exit;
use crate::rclone_host::RcloneHost;
use crate::stops::{Ended, Stops};
use crate::systemd;

/// Runs until a signal, or until something ends that should not have.
pub async fn run(config: Arc<Config>) -> anyhow::Result<Exit> {
    let began = Instant::now();
    let stops = Stops::default();
    stops.on_signals().context("cannot listen to signals")?;
    if Control::find(&config.data).await?.is_some() {
        bail!("Boothsync already runs with the data folder `{}`: stop it first", config.data.display());
    }
    // The port comes first: it is quick, and one in use should be said before work begins.
    let port = Port::open(&config).await?;
    let booth = Booth::open(&config, Purpose::Work, &stops).await?;
    let mut doors = match Doors::open(port, &config, &booth).await {
        Ok(doors) => doors,
        Err(error) => {
            stops.drop_everything();
            booth.close().await;
            return Err(error);
        }
    };
    say_ready(&config, doors.address, began);
    let wanted = stay(&booth, &stops, &mut doors).await;
    systemd::tell(&[NotifyState::Stopping]);
    let ended = close(booth).await;
    doors.close().await;
    info!("stopped");
    Ok(Exit::well_if(wanted && ended == Ended::Finished))
}

/// Closes the booth, and has the service manager wait for it.
async fn close(booth: Booth) -> Ended {
    tokio::select! {
        ended = booth.close() => ended,
        never = systemd::ask_for_time() => match never {},
    }
}

/// Waits for the end, and says whether it was wanted.
async fn stay(booth: &Booth, stops: &Stops, doors: &mut Doors) -> bool {
    let what = tokio::select! {
        biased;
        () = stops.soft.cancelled() => return true,
        task = booth.engine.task_ended() => task,
        () = doors.ended() => "a door".into(),
        never = systemd::keep_told(&booth.engine) => match never {},
    };
    error!("{what} ended although nobody asked it to; the service stops, so that it can be started anew");
    false
}

/// The HTTP ports, taken but not answered on yet.
struct Port {
    listener: TcpListener,
    access: Access,
    /// For phones in the booth's own network.
    lan: Option<TcpListener>,
}

impl Port {
    async fn open(config: &Config) -> anyhow::Result<Self> {
        let web = &config.file.web;
        let access = Access::new(web.listen.0, &web.hosts, &web.origins)?;
        let listener = web::bind_tcp(web.listen.0, "web.listen").await?;
        let share = &config.file.share;
        let lan = match &share.lan {
            lan if share.enabled && lan.enabled => {
                Some(web::bind_tcp(lan.listen.0, "share.lan.listen").await?)
            }
            _ => None,
        };
        Ok(Self { listener, access, lan })
    }
}

/// Where others reach the service: the HTTP port and the control socket.
struct Doors {
    address: SocketAddr,
    stop: CancellationToken,
    tasks: JoinSet<()>,
}

impl Doors {
    /// Begins to answer. The socket is bound only now, when the data folder is surely ours.
    async fn open(port: Port, config: &Config, booth: &Booth) -> anyhow::Result<Self> {
        let address = port.listener.local_addr().context("the HTTP port has no address")?;
        let socket = web::bind_unix(&config.data.join(control::FILE_NAME)).await?;
        let state = WebState {
            booth: Arc::new(booth.engine.clone()),
            version: env!("CARGO_PKG_VERSION").into(),
            rclone: Arc::new(View(booth.rclone.clone())),
            plugins: Arc::clone(&booth.desk) as _,
            tokens: booth.engine.identity().api_tokens().into_iter().map(|token| token.token).collect(),
            access: port.access,
        };
        let stop = CancellationToken::new();
        let mut tasks = JoinSet::new();
        tasks.spawn(web::serve_tcp(port.listener, web::public_router(state.clone()), stop.clone()));
        if let Some(lan) = port.lan {
            info!(http.address = %lan.local_addr().context("the phones' port has no address")?, "serving phones at {}", config.file.share.lan.url);
            tasks.spawn(web::serve_lan(lan, web::lan_router(state.booth.clone()), stop.clone()));
        }
        tasks.spawn(web::serve_unix(socket, web::control_router(state), stop.clone()));
        if let Some(rclone) = booth.rclone.clone() {
            tokio::spawn(nudge(rclone, booth.engine.clone(), stop.clone()));
        }
        Ok(Self { address, stop, tasks })
    }

    /// Resolves when one of them ended, which none does by itself.
    async fn ended(&mut self) {
        if let Some(Err(error)) = self.tasks.join_next().await {
            error!(error = &error as &dyn std::error::Error, "a door broke");
        }
    }

    async fn close(mut self) {
        self.stop.cancel();
        // Each bounds its own farewell.
        while self.tasks.join_next().await.is_some() {}
    }
}

/// What came up or was edited may unblock a target.
async fn nudge(rclone: RcloneHost, engine: Engine, stop: CancellationToken) {
    stop.run_until_cancelled(rclone.nudge(&engine)).await;
}

/// What the API shows of rclone.
struct View(Option<RcloneHost>);

impl RcloneView for View {
    fn status(&self) -> Value {
        self.0.as_ref().map_or_else(|| json!({"state": "off"}), RcloneHost::status)
    }

    fn ui_login(&self) -> Option<String> {
        self.0.as_ref()?.ui_login()
    }
}

fn say_ready(config: &Config, address: SocketAddr, began: Instant) {
    let ready_ms = u64::try_from(began.elapsed().as_millis()).unwrap_or(u64::MAX);
    info!(ready_ms, http.address = %address, "ready after {ready_ms} ms, answering on http://{address}");
    if config.file.targets.is_empty() {
        tracing::warn!("there is no target: add a [[target]] to the configuration");
    }
    systemd::tell(&[NotifyState::Ready]);
}
