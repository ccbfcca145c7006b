use std::time::{Duration, Instant};

use engine::{Call, Failure, Target};
use sandbox::LimitSettings;
use serde_json::{Value, json};
use tokio_util::sync::CancellationToken;

use crate::support::{Booth, WebServer, blob_of, object, sandbox_with};

fn granted(server: &WebServer) -> Booth {
    Booth::with_permissions(json!({"http": {"allow": [server.url("")]}}))
}

async fn get(booth: &Booth, url: &str) -> Result<String, Failure> {
    booth.put(json!({"verb": "http", "url": url})).await
}

async fn blocked(booth: &Booth, settings: Value) -> String {
    match booth.put(settings).await {
        Err(Failure::Blocked(text)) => text,
        other => panic!("{other:?}"),
    }
}

#[tokio::test]
async fn any_answer_of_a_granted_host_arrives() {
    let server = WebServer::start();
    let booth = granted(&server);
    assert_eq!(get(&booth, &server.url("/x")).await.unwrap(), "200 5 hello");
    let seen = server.next();
    assert!(
        seen.head.starts_with("GET /x HTTP/1.1\r\n") && seen.head.contains("user-agent: boothsync/"),
        "{}",
        seen.head
    );
    assert_eq!(get(&booth, &server.url("/status/503")).await.unwrap(), "503 4 body");
    assert!(get(&booth, &server.url("/big")).await.unwrap().starts_with("200 3145728 xxx"));
}

#[tokio::test]
async fn the_calls_of_a_target_share_connections_with_each_other_and_with_nobody_else() {
    let server = WebServer::start();
    let booth = granted(&server);
    let target = async || booth.target(json!({"verb": "http", "url": server.url("/x")})).await;
    let (one, other) = (target().await, target().await);
    for _ in 0..3 {
        one.probe(&booth.call()).await.unwrap();
    }
    assert_eq!(server.connections(), 1);
    other.probe(&booth.call()).await.unwrap();
    assert_eq!(server.connections(), 2);
}

#[tokio::test]
async fn a_redirect_is_shown_and_not_followed() {
    let server = WebServer::start();
    let answer = get(&granted(&server), &server.url("/redirect")).await.unwrap();
    assert_eq!(answer, "302 -> http://127.0.0.1:1/ 0 ");
}

#[tokio::test]
async fn what_was_not_granted_is_blocked_with_the_line_that_would_allow_it() {
    let server = WebServer::start();
    let other = WebServer::start();
    let booth = granted(&server);
    let text = blocked(&booth, json!({"verb": "http", "url": other.url("/")})).await;
    assert!(text.contains(&format!("allow = [\"{}\"]", other.url(""))), "{text}");
    let port = server.addr.port();
    for url in [
        format!("https://127.0.0.1:{port}/"),
        format!("http://localhost:{port}/"),
        format!("http://user@127.0.0.1:{port}/"),
        "http://169.254.169.254/".into(),
        "http://rclone.internal/core/version".into(),
        "file:///etc/passwd".into(),
    ] {
        blocked(&booth, json!({"verb": "http", "url": url})).await;
    }
    assert!(other.seen.try_recv().is_err());
}

#[tokio::test]
async fn a_name_that_leads_to_this_machine_is_not_connected_to() {
    let server = WebServer::start();
    let port = server.addr.port();
    // The machine's own name resolves to one of its own addresses, without any network.
    let booth = Booth::with_permissions(json!({"http": {"allow": [format!("http://ip6-localhost:{port}")]}}));
    let end = get(&booth, &format!("http://ip6-localhost:{port}/")).await;
    assert!(matches!(end, Err(Failure::Blocked(_) | Failure::Retry(_))), "{end:?}");
    assert!(server.seen.try_recv().is_err());
    let localhost = Booth::with_permissions(json!({"http": {"allow": [format!("http://localhost:{port}")]}}));
    assert_eq!(get(&localhost, &format!("http://localhost:{port}/")).await.unwrap(), "200 5 hello");
}

#[tokio::test]
async fn a_host_that_the_operator_typed_is_reached() {
    let server = WebServer::start();
    let booth = Booth::with_permissions(json!({"http": {"settings": ["/url"]}}));
    assert_eq!(get(&booth, &server.url("/dav/x")).await.unwrap(), "200 5 hello");
}

#[tokio::test]
async fn headers_that_reshape_a_request_are_blocked() {
    let server = WebServer::start();
    let booth = granted(&server);
    for header in ["Host", "Content-Length", "Transfer-Encoding"] {
        let settings = json!({"verb": "http", "url": server.url("/"), "headers": {header: "1"}});
        assert!(blocked(&booth, settings).await.contains(header));
    }
    let settings =
        json!({"verb": "http", "url": server.url("/"), "headers": {"X-Token": "abc"}, "method": "PROPFIND"});
    booth.put(settings).await.unwrap();
    let seen = server.next();
    assert!(seen.head.starts_with("PROPFIND / ") && seen.head.contains("x-token: abc"), "{}", seen.head);
    assert!(seen.head.contains("content-length: 0"), "{}", seen.head);
}

#[tokio::test]
async fn a_file_is_streamed_with_its_exact_length_and_counted() {
    let server = WebServer::start();
    let booth = granted(&server);
    let content: Vec<u8> = (0..2_000_001u32).map(|n| (n * 7) as u8).collect();
    let target = booth.target(json!({"verb": "http-upload", "url": server.url("/up")})).await;
    let (blob, call) = (booth.blob("a.jpg", &content), booth.call());
    target.put(&call, &object("media/a.jpg", &blob), None, blob).await.unwrap();
    let seen = server.next();
    assert!(seen.head.to_lowercase().contains("content-length: 2000009"), "{}", seen.head);
    assert_eq!(seen.body, [b"head".as_slice(), &content, b"tail"].concat());
    assert_eq!(call.progress.get(), (2_000_001, 2_000_001));
}

#[tokio::test]
async fn an_empty_file_is_an_upload_too() {
    let server = WebServer::start();
    granted(&server).put_bytes(json!({"verb": "http-upload", "url": server.url("/up")}), b"").await.unwrap();
    assert_eq!(server.next().body, b"headtail");
}

#[tokio::test]
async fn an_upload_that_breaks_off_never_looks_complete() {
    let server = WebServer::start();
    let booth = granted(&server);
    let target = booth.target(json!({"verb": "http-upload", "url": server.url("/up")})).await;
    let blob = booth.blob("a.jpg", &vec![1; 2_000_000]);
    let shrunk = std::fs::OpenOptions::new().write(true).open(booth.path("media/a.jpg")).unwrap();
    shrunk.set_len(1_500_000).unwrap();
    let end = target.put(&booth.call(), &object("media/a.jpg", &blob), None, blob).await;
    assert!(matches!(&end, Err(Failure::Retry(text)) if text.contains("shorter")), "{end:?}");
    assert!(server.next().cut);
}

#[tokio::test]
async fn a_span_outside_of_the_file_is_refused() {
    let server = WebServer::start();
    let settings = json!({"verb": "http-upload", "url": server.url("/up"), "beyond": 1});
    assert!(matches!(granted(&server).put(settings).await, Err(Failure::Rejected(_))));
}

#[tokio::test]
async fn no_answer_is_tried_again() {
    let server = WebServer::start();
    let booth = granted(&server);
    let end = get(&booth, &server.url("/cut")).await;
    assert!(matches!(&end, Err(Failure::Retry(text)) if text.contains("broke off")), "{end:?}");
    let refused = Booth::with_permissions(json!({"http": {"allow": ["http://127.0.0.1:9"]}}));
    let end = get(&refused, "http://127.0.0.1:9/?token=abc").await;
    assert!(
        matches!(&end, Err(Failure::Retry(text)) if text.contains("refused") && !text.contains("abc")),
        "{end:?}"
    );
}

#[tokio::test]
async fn a_server_that_hangs_is_a_stall() {
    let server = WebServer::start();
    let mut booth = granted(&server);
    booth.limits = LimitSettings { stall: Some(Duration::from_millis(300)), ..Default::default() };
    let end = get(&booth, &server.url("/hang")).await;
    assert!(matches!(&end, Err(Failure::Retry(text)) if text.contains("no byte was moved")), "{end:?}");
}

#[tokio::test]
async fn an_endless_answer_ends_at_the_guests_own_memory() {
    let server = WebServer::start();
    let end = get(&granted(&server), &server.url("/endless")).await;
    assert!(matches!(&end, Err(Failure::Faulted(text)) if text.contains("memory")), "{end:?}");
}

#[tokio::test]
async fn a_request_ends_when_the_work_should_stop() {
    let server = WebServer::start();
    let booth = granted(&server);
    let target = booth.target(json!({"verb": "http", "url": server.url("/hang")})).await;
    let cancel = CancellationToken::new();
    let call = Call::new(cancel.clone());
    let (end, _) = tokio::join!(target.probe(&call), async {
        tokio::task::spawn_blocking(move || (server.next(), server)).await.unwrap();
        cancel.cancel();
    });
    assert_eq!(end, Err(Failure::Cancelled));
}

#[tokio::test]
async fn a_large_file_does_not_pass_through_the_guest() {
    let server = WebServer::start();
    let mut booth = granted(&server);
    booth.limits.memory_bytes = Some(4 << 20);
    let path = booth.path("media/big.mp4");
    let file = std::fs::File::create(&path).unwrap();
    file.set_len(64 << 20).unwrap();
    let blob = blob_of(&path, "big.mp4");
    let target = booth.target(json!({"verb": "http-upload", "url": server.url("/up")})).await;
    target.put(&booth.call(), &object("media/big.mp4", &blob), None, blob).await.unwrap();
    assert_eq!(server.next().body.len(), (64 << 20) + 8);
}

/// Uploads `bytes` bytes at once for each target, and says how long all of them took.
async fn uploads(booths: &[Booth], server: &WebServer, bytes: usize) -> Duration {
    let mut targets = Vec::new();
    for booth in booths {
        targets.push(booth.target(json!({"verb": "http-upload", "url": server.url("/up")})).await);
    }
    let begun = Instant::now();
    let puts = targets.iter().zip(booths).map(async |(target, booth)| {
        let blob = booth.blob("a.jpg", &vec![7; bytes]);
        target.put(&booth.call(), &object("media/a.jpg", &blob), None, blob).await.unwrap();
    });
    futures_util::future::join_all(puts).await;
    begun.elapsed()
}

/// A busy machine only makes it slower, so that it is never too fast by chance.
#[tokio::test]
async fn an_upload_takes_the_bandwidth_it_may_have_and_that_is_no_stall() {
    let server = WebServer::start();
    let mut booth = granted(&server);
    booth.sandbox = sandbox_with("4k".parse().unwrap());
    booth.limits = LimitSettings { stall: Some(Duration::from_secs(2)), ..Default::default() };
    let took = uploads(&[booth], &server, 16 << 10).await;
    // Four seconds, less what was saved up while nothing was sent.
    assert!(took >= Duration::from_millis(3_700), "{took:?}");
    assert_eq!(server.next().body.len(), (16 << 10) + 8);
}

#[tokio::test]
async fn all_plugins_share_one_bandwidth() {
    let server = WebServer::start();
    let limited = sandbox_with("8k".parse().unwrap());
    let booth = || {
        let mut booth = granted(&server);
        booth.sandbox = limited.clone();
        booth
    };
    let took = uploads(&[booth(), booth(), booth(), booth()], &server, 4 << 10).await;
    assert!(took >= Duration::from_millis(1_700), "{took:?}");
}

#[tokio::test]
async fn an_answer_is_read_as_fast_as_the_bandwidth_allows() {
    let server = WebServer::start();
    let mut booth = granted(&server);
    booth.sandbox = sandbox_with("off:2M".parse().unwrap());
    let target = booth.target(json!({"verb": "http", "url": server.url("/big")})).await;
    let begun = Instant::now();
    let report = target.probe(&booth.call()).await.unwrap();
    assert!(begun.elapsed() >= Duration::from_millis(1_200), "{:?}", begun.elapsed());
    assert!(report.summary.starts_with("200 3145728 "), "{}", &report.summary[..20]);
}
