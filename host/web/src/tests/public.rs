//! What the public door answers, and to whom.

use engine::naming::identifier;
use engine::view::{LinkKind, LinkState};
use serde_json::json;
use url::form_urlencoded;

use super::booth::{FakeBooth, KEY, item, link};
use super::client::Call;
use super::{Served, Setup, TOKEN, public};

fn by_key(route: &str) -> String {
    let query: String = form_urlencoded::byte_serialize(KEY.as_bytes()).collect();
    format!("/api/v1/{route}?key={query}")
}

fn by_identifier(route: &str) -> String {
    format!("/api/v1/media/{}/{route}", identifier(&item()))
}

/// What an independent reader sees in an SVG code.
fn scan(svg: &str) -> String {
    crate::qr::tests::scan(svg)
}

#[tokio::test]
async fn everybody_sees_whether_it_works_and_nothing_more() {
    let served = public(Setup::default()).await;
    let answer = served.get("/healthz").await;
    assert_eq!((answer.status.as_u16(), answer.json()), (200, json!({"status": "ok", "version": "1.2.3"})));
    let booth = FakeBooth { broken: true, ..FakeBooth::default() };
    let broken = public(Setup { booth, ..Setup::default() }).await;
    assert_eq!(broken.get("/healthz").await.error(503), "the service cannot read its state");
}

#[tokio::test]
async fn the_status_needs_a_token_even_on_this_machine() {
    let served = public(Setup::default()).await;
    let refused = served.get("/api/v1/status").await;
    assert_eq!(refused.error(401), "this needs an API token");
    assert_eq!(refused.header("www-authenticate"), "Bearer realm=\"boothsync\"");
    let wrong = Call::get("/api/v1/status").token("0123456789abcdeF").send(served.address).await;
    assert_eq!(wrong.status, 401);
}

#[tokio::test]
async fn the_status_is_exactly_the_agreed_document() {
    let served = public(Setup::default()).await;
    let status = Call::get("/api/v1/status").token(TOKEN).send(served.address).await.json();
    let target = |name| {
        json!({
            "name": name, "state": "blocked", "reason": "the password is wrong", "wanted": 7, "held": 4,
            "pending": 2, "running": 1, "rejected": 0, "held_deletes": 0, "left_behind": 0
        })
    };
    let expected = json!({
        "version": "1.2.3",
        "media": {"items": 3, "bytes": 300},
        "targets": [target("web"), target("cloud")],
        "rclone": {"state": "up", "version": "1.75.2"},
        "plugins": [{"name": "acme", "version": "1.0.0"}],
    });
    assert_eq!(status, expected);
}

#[tokio::test]
async fn links_are_the_same_by_key_and_by_identifier() {
    let served = public(Setup::default()).await;
    let links = served.get(&by_key("links")).await.json();
    assert_eq!(
        links[1],
        json!({"target": "web", "kind": "online", "url": "https://web.example/#/?url=x", "state": "pending", "preferred": true})
    );
    assert_eq!(links, served.get(&by_identifier("links")).await.json());
}

#[tokio::test]
async fn a_code_shows_the_preferred_link_or_the_target_s() {
    let served = public(Setup::default()).await;
    for (path, shown) in [
        (by_key("qr.svg"), "https://web.example/#/?url=x"),
        (by_key("qr.svg") + "&target=cloud", "https://cloud.example/#/?url=x"),
        (by_key("qr.svg") + "&target=", "https://.example/#/?url=x"),
        (by_identifier("qr.svg"), "https://web.example/#/?url=x"),
        (by_identifier("qr.svg?target=cloud"), "https://cloud.example/#/?url=x"),
    ] {
        let answer = served.get(&path).await;
        assert_eq!((answer.status.as_u16(), answer.header("content-type")), (200, "image/svg+xml"), "{path}");
        assert_eq!(scan(&answer.body), shown, "{path}");
    }
    for path in [by_key("qr.png") + "&target=cloud", by_identifier("qr.png?target=cloud")] {
        let answer = served.get(&path).await;
        assert_eq!((answer.status.as_u16(), answer.header("content-type")), (200, "image/png"), "{path}");
        assert_eq!(crate::qr::tests::scan_png(&answer.bytes), "https://cloud.example/#/?url=x", "{path}");
    }
    let missing = served.get(&(by_key("qr.svg") + "&target=usb")).await;
    assert!(missing.error(404).ends_with("has no share link on target `usb`"));
}

#[tokio::test]
async fn a_code_is_not_made_for_what_is_not_shared_any_more() {
    let links = vec![
        link("web", LinkKind::Online, LinkState::Expired),
        link("cloud", LinkKind::Online, LinkState::Online),
        link("old", LinkKind::Online, LinkState::Removed),
    ];
    let booth = FakeBooth { links, ..FakeBooth::default() };
    let served = public(Setup { booth, ..Setup::default() }).await;
    assert_eq!(scan(&served.get(&by_key("qr.svg")).await.body), "https://cloud.example/#/?url=x");
    let gone = served.get(&(by_key("qr.svg") + "&target=old")).await;
    assert_eq!(gone.error(410), format!("`{KEY}` is not shared any more"));
}

#[tokio::test]
async fn without_any_link_there_is_no_code() {
    let booth = FakeBooth { links: Vec::new(), ..FakeBooth::default() };
    let served = public(Setup { booth, ..Setup::default() }).await;
    assert!(served.get(&by_key("qr.svg")).await.error(404).ends_with("has no share link"));
}

#[tokio::test]
async fn what_is_not_there_is_said_in_words() {
    let served = public(Setup::default()).await;
    let error = async |path: &str, status| served.get(path).await.error(status);
    assert_eq!(
        error("/api/v1/links?key=full/none.jpg", 404).await,
        "`full/none.jpg` is not in the media folder"
    );
    assert_eq!(
        error("/api/v1/qr.svg?key=full/none.jpg", 404).await,
        "`full/none.jpg` is not in the media folder"
    );
    assert!(error("/api/v1/links?key=../x", 400).await.contains("is not a usable path"));
    assert_eq!(error("/api/v1/links", 400).await, "the query is not understood: missing field `key`");
    assert!(error("/api/v1/qr.svg?key=a&tagret=b", 400).await.contains("unknown field `tagret`"));
    assert_eq!(error("/api/v1/media/x.jpg/links", 400).await, "`x.jpg` is not an identifier");
    let unknown = "/api/v1/media/00000000-0000-0000-0000-000000000000/qr.svg";
    assert!(error(unknown, 404).await.contains("is not in the media folder"));
    assert_eq!(error("/nowhere", 404).await, "there is nothing at `/nowhere`");
}

#[tokio::test]
async fn orders_are_not_taken_at_the_public_door() {
    let served = public(Setup::default()).await;
    let order = Call::post("/api/v1/targets/web/pause", "").token(TOKEN).send(served.address).await;
    assert_eq!(order.status, 404);
    let wrong = Call::post("/api/v1/links", "").token(TOKEN).send(served.address).await;
    assert_eq!(wrong.error(405), "`/api/v1/links` does not answer POST");
    assert_eq!(wrong.header("allow"), "GET,HEAD,OPTIONS");
    assert!(served.booth.ordered().is_empty());
}

#[tokio::test]
async fn a_name_that_is_not_ours_is_refused_everywhere() {
    let served = public(Setup::default()).await;
    for host in [
        Some("evil.example"),
        Some("evil.example:8080"),
        Some("localhost.evil.example"),
        Some("192.0.2.7"),
        Some("user@localhost"),
        Some(""),
        None,
    ] {
        for path in ["/healthz", "/api/v1/links?key=a", "/nowhere"] {
            let call = Call::get(path).host(host).token(TOKEN);
            assert_eq!(call.send(served.address).await.status, 421, "{host:?} {path}");
        }
    }
    let two = Call::get("/healthz").header("host", "evil.example");
    assert_eq!(two.send(served.address).await.status, 421);
    let absolute = Call::get("http://evil.example/healthz");
    assert_eq!(absolute.send(served.address).await.status, 421);
}

#[tokio::test]
async fn our_own_names_are_known_in_every_spelling() {
    let served = public(Setup { hosts: vec!["Booth.local".into()], ..Setup::default() }).await;
    for host in [
        "localhost",
        "LOCALHOST:1234",
        "localhost.",
        "127.0.0.1",
        "[::1]:80",
        "booth.local",
        "BOOTH.local.:8080",
    ] {
        let answer = Call::get("/healthz").host(Some(host)).send(served.address).await;
        assert_eq!(answer.status, 200, "{host}");
    }
}

async fn from_page(served: &Served, method: &'static str, path: &str, origin: &str) -> super::Answer {
    Call::new(method, path, "").header("origin", origin).send(served.address).await
}

#[tokio::test]
async fn only_pages_of_the_configured_origins_may_read_links() {
    let origins = vec!["http://localhost:8000/".into()];
    let served = public(Setup { origins, ..Setup::default() }).await;
    let friend = from_page(&served, "GET", &by_key("links"), "http://localhost:8000").await;
    assert_eq!(friend.header("access-control-allow-origin"), "http://localhost:8000");
    assert_eq!(friend.header("vary"), "Origin");
    assert_eq!(friend.header("cross-origin-resource-policy"), "cross-origin");
    for stranger in ["http://localhost:8001", "https://localhost:8000", "http://evil.example", "null"] {
        let answer = from_page(&served, "GET", &by_key("links"), stranger).await;
        assert_eq!(
            (answer.status.as_u16(), answer.header("access-control-allow-origin")),
            (200, ""),
            "{stranger}"
        );
    }
    let status = Call::get("/api/v1/status").token(TOKEN).header("origin", "http://localhost:8000");
    assert_eq!(status.send(served.address).await.header("access-control-allow-origin"), "");
}

#[tokio::test]
async fn a_configured_page_may_ask_beforehand() {
    let origins = vec!["http://localhost:8000".into()];
    let served = public(Setup { origins, ..Setup::default() }).await;
    let friend = from_page(&served, "OPTIONS", &by_key("qr.svg"), "http://localhost:8000").await;
    assert_eq!((friend.status.as_u16(), friend.header("access-control-allow-methods")), (204, "GET"));
    let stranger = from_page(&served, "OPTIONS", &by_key("qr.svg"), "http://evil.example").await;
    assert_eq!((stranger.status.as_u16(), stranger.header("access-control-allow-origin")), (405, ""));
}

#[tokio::test]
async fn every_answer_tells_the_browser_to_keep_it_to_itself() {
    let served = public(Setup::default()).await;
    for path in ["/healthz", "/nowhere", "/api/v1/status", &by_key("qr.svg")] {
        let answer = served.get(path).await;
        assert_eq!(answer.header("x-content-type-options"), "nosniff", "{path}");
        assert_eq!(answer.header("cache-control"), "no-store", "{path}");
        assert_eq!(answer.header("x-frame-options"), "DENY", "{path}");
        assert!(answer.header("content-security-policy").contains("default-src 'none'"), "{path}");
    }
    assert_eq!(served.get("/api/v1/status").await.header("cross-origin-resource-policy"), "same-origin");
    assert_eq!(served.get(&by_key("qr.svg")).await.header("cross-origin-resource-policy"), "same-site");
}
