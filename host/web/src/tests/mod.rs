//! The API over real connections, with a booth that only pretends.

mod booth;
mod client;
mod doors;
mod events;
mod lan;
mod openapi;
mod orders;
mod plugins;
mod public;
mod sync;

use std::net::SocketAddr;
use std::sync::Arc;

use serde_json::{Value, json};
use tokio::net::TcpListener;
use tokio_util::sync::{CancellationToken, DropGuard};

use crate::{Access, RcloneView, WebState, control_router, public_router, serve_tcp};
use booth::FakeBooth;
use client::{Answer, Call};

/// The token that opens the API in tests.
const TOKEN: &str = "0123456789abcdef";

struct FakeRclone(Option<&'static str>);

impl RcloneView for FakeRclone {
    fn status(&self) -> Value {
        json!({"state": "up", "version": "1.75.2"})
    }

    fn ui_login(&self) -> Option<String> {
        self.0.map(Into::into)
    }
}

/// A service on a free port.
struct Served {
    address: SocketAddr,
    booth: Arc<FakeBooth>,
    stop: Option<DropGuard>,
}

/// How a service differs from the usual one.
#[derive(Default)]
struct Setup {
    hosts: Vec<String>,
    origins: Vec<String>,
    booth: FakeBooth,
    ui: Option<&'static str>,
}

fn state(setup: &Setup, booth: Arc<FakeBooth>, listen: SocketAddr) -> WebState {
    WebState {
        booth,
        version: "1.2.3".into(),
        rclone: Arc::new(FakeRclone(setup.ui)),
        plugins: Arc::new(plugins::FakeDesk::default()),
        tokens: vec!["another token".into(), TOKEN.into()],
        access: Access::new(listen, &setup.hosts, &setup.origins).unwrap(),
    }
}

async fn public(setup: Setup) -> Served {
    serve(setup, public_router).await
}

/// The control socket's routes; which kind of socket carries them makes no difference to them.
async fn control(setup: Setup) -> Served {
    serve(setup, control_router).await
}

async fn serve(mut setup: Setup, router: fn(WebState) -> axum::Router) -> Served {
    let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
    let address = listener.local_addr().unwrap();
    let booth = Arc::new(std::mem::take(&mut setup.booth));
    let stop = CancellationToken::new();
    tokio::spawn(serve_tcp(listener, router(state(&setup, booth.clone(), address)), stop.clone()));
    Served { address, booth, stop: Some(stop.drop_guard()) }
}

impl Served {
    fn stop(&mut self) {
        self.stop = None;
    }

    async fn get(&self, path: &str) -> Answer {
        Call::get(path).send(self.address).await
    }

    async fn post(&self, path: &str) -> Answer {
        Call::post(path, "").send(self.address).await
    }
}
