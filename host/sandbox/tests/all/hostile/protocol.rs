//! What speaks HTTP so that others misunderstand it, and what listens to one who does.

use engine::Failure;
use sandbox::LimitSettings;

use super::attack::Attack;
use crate::support::{BOMB, Certificates, WebServer, with_roots};

/// Object that no buffer between here and a server holds as a whole.
const LARGE: usize = 48 << 20;

async fn is_refused(verb: &str) -> Failure {
    let server = WebServer::start();
    let end = Attack::on(verb, &server, "/").put().await;
    assert!(server.seen.try_recv().is_err(), "the server was asked");
    end.unwrap_err()
}

async fn is_tried_again(verb: &str, path: &str, says: &str) {
    let server = WebServer::start();
    let end = Attack::on(verb, &server, path).with_patience(1_000).put().await;
    assert!(matches!(&end, Err(Failure::Retry(text)) if text.contains(says)), "{end:?}");
}

#[tokio::test]
pub async fn injects_a_header() {
    let failure = is_refused("injects_a_header").await;
    assert!(matches!(&failure, Failure::Blocked(text) if text.contains("x-note")), "{failure:?}");
}

#[tokio::test]
pub async fn sends_headers_of_the_host() {
    let failure = is_refused("sends_headers_of_the_host").await;
    assert!(matches!(failure, Failure::Blocked(_)), "{failure:?}");
}

#[tokio::test]
pub async fn sends_two_lengths() {
    let failure = is_refused("sends_two_lengths").await;
    assert!(matches!(&failure, Failure::Blocked(text) if text.contains("Content-Length")), "{failure:?}");
}

#[tokio::test]
pub async fn sends_ten_thousand_headers() {
    let failure = is_refused("sends_ten_thousand_headers").await;
    assert!(matches!(&failure, Failure::Rejected(text) if text.contains("64 headers")), "{failure:?}");
}

#[tokio::test]
pub async fn reads_ten_thousand_headers() {
    is_tried_again("reads_ten_thousand_headers", "/many-headers", "127.0.0.1").await;
}

#[tokio::test]
pub async fn reads_two_lengths() {
    is_tried_again("reads_two_lengths", "/two-lengths", "127.0.0.1").await;
}

#[tokio::test]
pub async fn reads_a_short_body() {
    is_tried_again("reads_a_short_body", "/cut", "broke off").await;
}

#[tokio::test]
pub async fn reads_an_endless_body() {
    let server = WebServer::start();
    let limits = LimitSettings { received_bytes: Some(4 << 20), ..Default::default() };
    let text = Attack::on("reads_an_endless_body", &server, "/endless").under(limits).faulted().await;
    assert!(text.contains("received more than 4 MiB"), "{text}");
}

/// It arrives as it is: nothing on the way unpacks it.
#[tokio::test]
pub async fn reads_a_bomb() {
    let server = WebServer::start();
    let read = Attack::on("reads_a_bomb", &server, "/bomb").put().await.unwrap();
    assert_eq!(read, format!("200 {}", BOMB.len()));
}

#[tokio::test]
pub async fn waits_for_a_dribbled_head() {
    is_tried_again("waits_for_a_dribbled_head", "/dribble-head", "no byte was moved for 1 s").await;
}

#[tokio::test]
pub async fn waits_for_a_dribbled_body() {
    let server = WebServer::start();
    let attack = Attack::on("waits_for_a_dribbled_body", &server, "/dribble-body").with_patience(500);
    assert_eq!(attack.probe().await, Err(Failure::Retry("no answer within 0.5 s".into())));
}

/// What the server has of an upload is never as long as was announced.
async fn is_cut(server: WebServer) {
    server.open();
    let seen = tokio::task::spawn_blocking(move || server.next()).await.unwrap();
    assert!(seen.head.to_lowercase().contains(&format!("content-length: {LARGE}")), "{}", seen.head);
    assert!(seen.cut, "all {} bytes arrived", seen.body.len());
}

#[tokio::test]
pub async fn uploads_to_one_who_does_not_read() {
    let server = WebServer::start();
    let attack = Attack::on("uploads_to_one_who_does_not_read", &server, "/unread");
    let end = attack.with_object(LARGE).with_patience(500).put().await;
    assert_eq!(end, Err(Failure::Retry("no byte was moved for 0.5 s".into())));
    is_cut(server).await;
}

#[tokio::test]
pub async fn leaves_before_its_upload_is_whole() {
    let server = WebServer::start();
    let attack = Attack::on("leaves_before_its_upload_is_whole", &server, "/early").with_object(LARGE);
    assert_eq!(attack.put().await.unwrap(), "200");
    is_cut(server).await;
}

#[test]
pub fn asks_a_server_with_anothers_certificate() {
    with_roots(
        "hostile::protocol::asks_a_server_with_anothers_certificate",
        async |certificates: Certificates| {
            let server = WebServer::start_tls(certificates.of("other.example"));
            let origin = format!("https://localhost:{}", server.addr.port());
            let attack = Attack::allowed("asks_a_server_with_anothers_certificate", &[&origin]);
            let end = attack.with("url", format!("{origin}/")).put().await;
            assert!(
                matches!(&end, Err(Failure::Retry(text)) if text.contains("not valid for name")),
                "{end:?}"
            );
            assert!(server.seen.try_recv().is_err(), "the server was asked");
        },
    );
}
