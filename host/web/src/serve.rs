//! The two doors: a TCP port and a Unix socket, with limits on who keeps them busy.

use std::io;
use std::net::SocketAddr;
use std::path::PathBuf;
use std::sync::Arc;
use std::time::Duration;

use axum::Router;
use hyper::Request;
use hyper::body::Incoming;
use hyper::server::conn::http1;
use hyper::service::{Service, service_fn};
use hyper_util::rt::{TokioIo, TokioTimer};
use hyper_util::server::graceful::{GracefulConnection, GracefulShutdown};
use hyper_util::service::TowerToHyperService;
use tokio::io::{AsyncRead, AsyncWrite};
use tokio::net::{TcpListener, TcpStream, UnixListener, UnixStream};
use tokio::sync::Semaphore;
use tokio::task::JoinSet;
use tokio_util::sync::CancellationToken;

use crate::guard::Peer;

mod socket;

pub use socket::{ControlSocket, bind_unix};

/// Connections at a time on each door; further ones wait to be accepted.
const MOST_CONNECTIONS: usize = 64;
/// Connections of phones at a time; each may keep a few.
const MOST_PHONES: usize = 256;
/// How long a connection may take to send a request's head, and how long it may be idle.
const HEAD_PATIENCE: Duration = Duration::from_secs(10);
/// Longest head of a request, in bytes.
const HEAD_LIMIT_BYTES: usize = 16 << 10;
/// How long answers under way may take to end once the service stops.
const FAREWELL: Duration = Duration::from_secs(5);
/// How long to wait when the system has no more file handles for us.
const BREATH: Duration = Duration::from_millis(200);

/// Why a door could not be opened.
#[derive(Debug, thiserror::Error)]
pub enum ServeError {
    /// Another program listens there.
    #[error("{address} is in use by another program: stop that one, or set `{setting}` to another port")]
    PortInUse {
        /// Which.
        address: SocketAddr,
        /// The key of the configuration that says so.
        setting: &'static str,
    },
    /// The system refuses the address.
    #[error(
        "cannot listen on {address}: set `{setting}` to an address of this machine and a port from 1024 on"
    )]
    Listen {
        /// Which.
        address: SocketAddr,
        /// The key of the configuration that says so.
        setting: &'static str,
        /// What the system said.
        source: io::Error,
    },
    /// A socket's path must fit into 107 bytes.
    #[error("the path of the control socket `{0}` is too long: choose a data folder with a shorter path")]
    PathTooLong(PathBuf),
    /// Another service answers there.
    #[error("another Boothsync answers on `{0}`: stop it first")]
    Answered(PathBuf),
    /// The system refuses the socket.
    #[error("cannot make the control socket `{path}`")]
    Socket {
        /// Which.
        path: PathBuf,
        /// What the system said.
        source: io::Error,
    },
}

/// Listens on a TCP address that `setting` of the configuration names.
pub async fn bind_tcp(address: SocketAddr, setting: &'static str) -> Result<TcpListener, ServeError> {
    TcpListener::bind(address).await.map_err(|source| match source.kind() {
        io::ErrorKind::AddrInUse => ServeError::PortInUse { address, setting },
        _ => ServeError::Listen { address, setting, source },
    })
}

/// Serves until `shutdown`, then lets answers under way end, for a few seconds at most.
pub async fn serve_tcp(listener: TcpListener, router: Router, shutdown: CancellationToken) {
    serve(Limits::default(), listener, router, shutdown).await;
}

/// As [`serve_tcp`], for as many phones as a party has.
pub async fn serve_lan(listener: TcpListener, router: Router, shutdown: CancellationToken) {
    let limits = Limits { connections: MOST_PHONES, ..Limits::default() };
    serve(limits, listener, router, shutdown).await;
}

/// As [`serve_tcp`]. Removes the socket at the end.
pub async fn serve_unix(socket: ControlSocket, router: Router, shutdown: CancellationToken) {
    serve(Limits::default(), socket, router, shutdown).await;
}

/// The door closes: an answer without an end comes to one now.
#[derive(Debug, Clone)]
pub(crate) struct Closing(pub(crate) CancellationToken);

/// What one door puts up with.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Limits {
    pub(crate) connections: usize,
    pub(crate) head_patience: Duration,
    pub(crate) farewell: Duration,
}

impl Default for Limits {
    fn default() -> Self {
        Self { connections: MOST_CONNECTIONS, head_patience: HEAD_PATIENCE, farewell: FAREWELL }
    }
}

/// Where connections come from.
pub(crate) trait Door: Send {
    type Stream: AsyncRead + AsyncWrite + Unpin + Send + 'static;

    fn accept(&self) -> impl Future<Output = io::Result<(Self::Stream, Peer)>> + Send;
}

impl Door for TcpListener {
    type Stream = TcpStream;

    async fn accept(&self) -> io::Result<(TcpStream, Peer)> {
        let (stream, theirs) = TcpListener::accept(self).await?;
        stream.set_nodelay(true)?;
        let peer = Peer::new(theirs, stream.local_addr()?);
        Ok((stream, peer))
    }
}

impl Door for ControlSocket {
    type Stream = UnixStream;

    async fn accept(&self) -> io::Result<(UnixStream, Peer)> {
        let listener: &UnixListener = self.listener();
        Ok((listener.accept().await?.0, Peer { address: None, is_local: true }))
    }
}

pub(crate) async fn serve(limits: Limits, door: impl Door, router: Router, shutdown: CancellationToken) {
    let slots = Arc::new(Semaphore::new(limits.connections));
    let graceful = GracefulShutdown::new();
    let mut connections = JoinSet::new();
    let accepting = async {
        loop {
            let slot = slots.clone().acquire_owned().await.expect("the semaphore is never closed");
            let (stream, peer) = next(&door).await;
            let closing = Closing(shutdown.clone());
            let connection = graceful.watch(connection(stream, peer, closing, router.clone(), limits));
            connections.spawn(async move {
                // How a visitor hangs up is not worth a line in the log.
                let _ = connection.await;
                drop(slot);
            });
            while connections.try_join_next().is_some() {}
        }
    };
    tokio::select! {
        () = shutdown.cancelled() => {}
        () = accepting => {}
    }
    drop(door);
    // Dropping the set ends what is still there.
    let _ = tokio::time::timeout(limits.farewell, graceful.shutdown()).await;
}

async fn next<D: Door>(door: &D) -> (D::Stream, Peer) {
    loop {
        match door.accept().await {
            Ok(accepted) => return accepted,
            Err(error) => {
                tracing::warn!(error = &error as &dyn std::error::Error, "could not accept a connection");
                tokio::time::sleep(BREATH).await;
            }
        }
    }
}

pub(crate) fn connection<S: AsyncRead + AsyncWrite + Unpin + Send + 'static>(
    stream: S,
    peer: Peer,
    closing: Closing,
    router: Router,
    limits: Limits,
) -> impl GracefulConnection<Error = hyper::Error> + Send {
    let router = TowerToHyperService::new(router);
    let service = service_fn(move |mut request: Request<Incoming>| {
        request.extensions_mut().insert(peer);
        request.extensions_mut().insert(closing.clone());
        router.call(request)
    });
    http1::Builder::new()
        .timer(TokioTimer::new())
        .header_read_timeout(limits.head_patience)
        .max_buf_size(HEAD_LIMIT_BYTES)
        .serve_connection(TokioIo::new(stream), service)
}
