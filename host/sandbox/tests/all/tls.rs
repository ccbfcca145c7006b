use engine::Failure;
use serde_json::json;

use crate::support::{Booth, Certificates, WebServer, with_roots, without_roots};

/// A target that may reach the server, and the server's address.
fn booth(server: &WebServer) -> (Booth, String) {
    let origin = format!("https://localhost:{}", server.addr.port());
    (Booth::with_permissions(json!({"http": {"allow": [origin]}})), origin)
}

/// As at home, where the NAS has a certificate that its owner signed. Also, no proxy is minded.
#[test]
fn a_server_is_trusted_whose_authority_the_system_trusts() {
    with_roots(
        "tls::a_server_is_trusted_whose_authority_the_system_trusts",
        async |certificates: Certificates| {
            let server = WebServer::start_tls(certificates.of("localhost"));
            let (booth, origin) = booth(&server);
            let answer = booth.put(json!({"verb": "http", "url": format!("{origin}/x")})).await;
            assert_eq!(answer.unwrap(), "200 5 hello");
            assert!(server.next().head.starts_with("GET /x HTTP/1.1\r\n"));
            let content = vec![5; 2_000_000];
            let upload = json!({"verb": "http-upload", "url": format!("{origin}/up")});
            booth.put_bytes(upload, &content).await.unwrap();
            let seen = server.next();
            assert_eq!(seen.body.len(), content.len() + 8);
            assert!(seen.head.to_lowercase().contains("content-length: 2000008"), "{}", seen.head);
        },
    );
}

#[tokio::test]
async fn a_server_is_not_asked_whose_authority_nobody_knows() {
    let folder = tempfile::tempdir().unwrap();
    let server = WebServer::start_tls(Certificates::make(folder.path()).of("localhost"));
    let (booth, origin) = booth(&server);
    let end = booth.put(json!({"verb": "http", "url": format!("{origin}/?token=abc")})).await;
    assert!(
        matches!(&end, Err(Failure::Retry(text)) if text.contains("certificate") && !text.contains("abc")),
        "{end:?}"
    );
    assert!(server.seen.try_recv().is_err());
}

#[tokio::test]
async fn a_server_that_speaks_no_tls_is_not_asked_without_it() {
    let server = WebServer::start();
    let (booth, origin) = booth(&server);
    let end = booth.put(json!({"verb": "http", "url": format!("{origin}/")})).await;
    assert!(matches!(&end, Err(Failure::Retry(_))), "{end:?}");
    assert!(server.seen.try_recv().is_err());
}

#[test]
fn a_machine_without_roots_says_so_and_speaks_without_tls_where_that_was_granted() {
    without_roots(
        "tls::a_machine_without_roots_says_so_and_speaks_without_tls_where_that_was_granted",
        async |certificates: Certificates| {
            let server = WebServer::start_tls(certificates.of("localhost"));
            let (secure, origin) = booth(&server);
            let end = secure.put(json!({"verb": "http", "url": origin})).await;
            assert!(
                matches!(&end, Err(Failure::Blocked(text)) if text.contains("ca-certificates")),
                "{end:?}"
            );
            let server = WebServer::start();
            let plain = Booth::with_permissions(json!({"http": {"allow": [server.url("")]}}));
            let answer = plain.put(json!({"verb": "http", "url": server.url("/")})).await;
            assert_eq!(answer.unwrap(), "200 5 hello");
        },
    );
}
