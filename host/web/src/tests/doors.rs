//! Opening, limiting and closing the doors.

use std::net::SocketAddr;
use std::os::unix::fs::PermissionsExt;
use std::path::Path;
use std::sync::Arc;
use std::time::Duration;

use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::net::{TcpListener, TcpStream, UnixStream};
use tokio::task::JoinHandle;
use tokio_util::sync::CancellationToken;

use super::booth::{FakeBooth, KEY};
use super::client::Call;
use super::{Setup, state};
use crate::guard::Peer;
use crate::serve::{Closing, Limits, serve};
use crate::{ControlSocket, ServeError, bind_tcp, bind_unix, control_router, public_router, serve_unix};

fn anywhere() -> SocketAddr {
    "127.0.0.1:0".parse().unwrap()
}

fn router(booth: &Arc<FakeBooth>) -> axum::Router {
    control_router(state(&Setup::default(), booth.clone(), anywhere()))
}

fn start(socket: ControlSocket) -> (CancellationToken, JoinHandle<()>) {
    let stop = CancellationToken::new();
    let task = tokio::spawn(serve_unix(socket, router(&Arc::default()), stop.clone()));
    (stop, task)
}

async fn within<T>(future: impl Future<Output = T>) -> T {
    tokio::time::timeout(Duration::from_secs(20), future).await.expect("it ends in time")
}

async fn health(path: &Path) -> u16 {
    let stream = UnixStream::connect(path).await.unwrap();
    Call::get("/healthz").over(stream).await.status.as_u16()
}

#[tokio::test]
async fn the_control_socket_is_for_its_owner_and_leaves_no_trace() {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("control.sock");
    let (stop, task) = start(bind_unix(&path).await.unwrap());
    assert_eq!(std::fs::metadata(&path).unwrap().permissions().mode() & 0o777, 0o600);
    assert_eq!(health(&path).await, 200);
    stop.cancel();
    within(task).await.unwrap();
    assert_eq!(std::fs::read_dir(folder.path()).unwrap().count(), 0);
}

#[tokio::test]
async fn a_socket_left_by_a_crash_is_replaced_and_a_live_one_is_not() {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("control.sock");
    drop(std::os::unix::net::UnixListener::bind(&path).unwrap());
    assert!(path.exists());
    let (_stop, _task) = start(bind_unix(&path).await.unwrap());
    assert_eq!(health(&path).await, 200);
    let second = bind_unix(&path).await.unwrap_err();
    assert!(matches!(second, ServeError::Answered(_)), "{second}");
    assert_eq!(health(&path).await, 200);
}

#[tokio::test]
async fn a_socket_that_cannot_be_made_is_named() {
    let folder = tempfile::tempdir().unwrap();
    let long = folder.path().join("x".repeat(100)).join("control.sock");
    assert!(matches!(bind_unix(&long).await.unwrap_err(), ServeError::PathTooLong(_)));
    let nowhere = bind_unix(&folder.path().join("no/control.sock")).await.unwrap_err();
    assert!(nowhere.to_string().starts_with("cannot make the control socket `"), "{nowhere}");
}

#[tokio::test]
async fn a_port_in_use_is_said_with_what_to_do() {
    let first = bind_tcp(anywhere(), "web.listen").await.unwrap();
    let address = first.local_addr().unwrap();
    let error = bind_tcp(address, "web.listen").await.unwrap_err().to_string();
    assert_eq!(
        error,
        format!("{address} is in use by another program: stop that one, or set `web.listen` to another port")
    );
    let elsewhere = bind_tcp("192.0.2.1:8080".parse().unwrap(), "web.listen").await.unwrap_err();
    assert!(matches!(elsewhere, ServeError::Listen { .. }), "{elsewhere}");
}

struct Limited {
    address: SocketAddr,
    booth: Arc<FakeBooth>,
    stop: CancellationToken,
    task: JoinHandle<()>,
}

async fn limited(limits: Limits) -> Limited {
    let listener = TcpListener::bind(anywhere()).await.unwrap();
    let address = listener.local_addr().unwrap();
    let (booth, stop) = (Arc::default(), CancellationToken::new());
    let task = tokio::spawn(serve(limits, listener, router(&booth), stop.clone()));
    Limited { address, booth, stop, task }
}

#[tokio::test]
async fn who_sends_nothing_or_half_a_request_is_hung_up_on() {
    let patience = Duration::from_millis(200);
    let served = limited(Limits { head_patience: patience, ..Limits::default() }).await;
    for begin in
        ["", "GET /healthz HTTP/1.1\r\nhost: localh", "GET /healthz HTTP/1.1\r\nhost: localhost\r\n\r\n"]
    {
        let mut stream = TcpStream::connect(served.address).await.unwrap();
        stream.write_all(begin.as_bytes()).await.unwrap();
        let mut answer = Vec::new();
        within(stream.read_to_end(&mut answer)).await.unwrap();
    }
}

#[tokio::test]
async fn a_head_without_end_is_refused() {
    let served = limited(Limits::default()).await;
    let mut stream = TcpStream::connect(served.address).await.unwrap();
    let head = format!("GET /healthz HTTP/1.1\r\nx: {}", "y".repeat(64 << 10));
    // The other side may hang up while we still talk.
    let _ = stream.write_all(head.as_bytes()).await;
    let mut answer = vec![0; 12];
    within(stream.read_exact(&mut answer)).await.unwrap();
    assert_eq!(answer, b"HTTP/1.1 431");
}

#[tokio::test]
async fn further_connections_wait_for_a_free_slot() {
    let served = limited(Limits { connections: 1, ..Limits::default() }).await;
    let mut first = TcpStream::connect(served.address).await.unwrap();
    let head = "GET /healthz HTTP/1.1\r\nhost: localhost\r\n\r\n";
    first.write_all(head.as_bytes()).await.unwrap();
    within(first.read_exact(&mut [0; 12])).await.unwrap();
    let address = served.address;
    let mut second = tokio::spawn(async move { Call::get("/healthz").send(address).await.status.as_u16() });
    let early = tokio::time::timeout(Duration::from_millis(200), &mut second).await;
    assert!(early.is_err(), "the second was served beside the first: {early:?}");
    drop(first);
    assert_eq!(within(second).await.unwrap(), 200);
}

/// Begins a sync, which does not end by itself.
async fn begin_sync(served: &Limited) -> TcpStream {
    let mut stream = TcpStream::connect(served.address).await.unwrap();
    let head = "POST /api/v1/sync HTTP/1.1\r\nhost: localhost\r\ncontent-length: 0\r\n\r\n";
    stream.write_all(head.as_bytes()).await.unwrap();
    within(served.booth.begun.notified()).await;
    stream
}

#[tokio::test]
async fn an_answer_under_way_is_finished_when_the_service_stops() {
    let served = limited(Limits::default()).await;
    let mut stream = begin_sync(&served).await;
    served.stop.cancel();
    served.booth.finish.notify_one();
    let mut answer = String::new();
    within(stream.read_to_string(&mut answer)).await.unwrap();
    assert!(answer.contains("\"event\":\"done\""), "{answer}");
    within(served.task).await.unwrap();
}

#[tokio::test]
async fn an_answer_that_does_not_end_does_not_keep_the_service_from_stopping() {
    let served = limited(Limits { farewell: Duration::from_millis(100), ..Limits::default() }).await;
    let mut stream = begin_sync(&served).await;
    served.stop.cancel();
    within(served.task).await.unwrap();
    let mut answer = String::new();
    // Cut off or reset, but over.
    let _ = within(stream.read_to_string(&mut answer)).await;
    assert!(!answer.contains("\"event\":\"done\""), "{answer}");
}

/// Answers as if every request came over the network.
async fn from_elsewhere(call: Call) -> u16 {
    let (ours, theirs) = tokio::io::duplex(1 << 16);
    let router = public_router(state(&Setup::default(), Arc::default(), anywhere()));
    let connection = crate::serve::connection(
        theirs,
        Peer { address: None, is_local: false },
        Closing(CancellationToken::new()),
        router,
        Limits::default(),
    );
    tokio::spawn(async move { drop(connection.await) });
    call.over(ours).await.status.as_u16()
}

#[tokio::test]
async fn another_machine_reads_links_with_a_token_only() {
    let query: String = url::form_urlencoded::byte_serialize(KEY.as_bytes()).collect();
    for route in ["links", "qr.svg"] {
        let path = format!("/api/v1/{route}?key={query}");
        assert_eq!(from_elsewhere(Call::get(&path)).await, 401, "{path}");
        assert_eq!(from_elsewhere(Call::get(&path).token(super::TOKEN)).await, 200, "{path}");
    }
    assert_eq!(from_elsewhere(Call::get("/healthz")).await, 200);
    assert_eq!(from_elsewhere(Call::get("/api/v1/openapi.json")).await, 200);
}
