//! What visitors' phones are served.

use std::fs::{self, File};
use std::net::SocketAddr;
use std::sync::Arc;

use engine::blob::{FileIdentity, Origin, Root};
use engine::{Blob, LanItem, MediaKey, OrderError};
use tempfile::TempDir;
use tokio::net::TcpListener;
use tokio_util::sync::{CancellationToken, DropGuard};

use super::booth::FakeBooth;
use super::client::{Answer, Call};
use crate::{lan_router, serve_lan};

/// Files that tokens lead to: `here` to a picture, `gone` to one that is not shared any more.
pub(super) struct FakeLan(TempDir);

impl Default for FakeLan {
    fn default() -> Self {
        Self(tempfile::tempdir().unwrap())
    }
}

impl FakeLan {
    pub(super) fn item(&self, token: &str) -> Result<Option<LanItem>, OrderError> {
        let key = MediaKey::new("full/a.jpg").unwrap();
        Ok(match token {
            "here" => self.open("a.jpg").map(|content| LanItem::Here { key, content }),
            "gone" => Some(LanItem::Gone),
            "broken" => return Err(OrderError::Other("`full/a.jpg` cannot be read: I/O error".into())),
            _ => None,
        })
    }

    pub(super) fn open(&self, name: &str) -> Option<Arc<Blob>> {
        let file = File::open(self.0.path().join(name)).ok()?;
        let origin = Origin { root: Root::Media, path: MediaKey::new(name).unwrap() };
        let identity = FileIdentity::of(&file.metadata().unwrap());
        Some(Arc::new(Blob::new(origin, identity, file)))
    }

    fn write(&self, name: &str, content: &[u8]) {
        fs::write(self.0.path().join(name), content).unwrap();
    }
}

struct Phones {
    address: SocketAddr,
    _stop: DropGuard,
}

/// The port with a picture of these bytes and a page.
async fn phones(picture: &[u8]) -> Phones {
    let booth = FakeBooth::default();
    booth.lan.write("a.jpg", picture);
    booth.lan.write("index.html", b"<!doctype html>");
    open(booth).await
}

async fn open(booth: FakeBooth) -> Phones {
    let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
    let address = listener.local_addr().unwrap();
    let stop = CancellationToken::new();
    tokio::spawn(serve_lan(listener, lan_router(Arc::new(booth)), stop.clone()));
    Phones { address, _stop: stop.drop_guard() }
}

impl Phones {
    async fn get(&self, path: &str) -> Answer {
        Call::get(path).host(Some("booth.local:8088")).send(self.address).await
    }

    async fn range(&self, range: &str) -> Answer {
        Call::get("/p/here/a.jpg").header("range", range).send(self.address).await
    }
}

#[tokio::test]
async fn a_link_leads_to_the_page_which_is_told_where_the_picture_lies() {
    let phones = phones(b"picture").await;
    let answer = phones.get("/s/here/Gr%C3%BC%C3%9Fe%20%231.jpg").await;
    assert_eq!(answer.status, 302);
    let picture = "http%3A%2F%2Fbooth%2Elocal%3A8088%2Fp%2Fhere%2FGr%25C3%25BC%25C3%259Fe%2520%25231%2Ejpg";
    let told =
        answer.header("location").strip_prefix("/#/?url=").unwrap().replace("booth.local", "booth%2Elocal");
    assert_eq!(told.replace(".jpg", "%2Ejpg"), picture);
    let page = phones.get("/").await;
    assert_eq!((page.status.as_u16(), page.body.as_str()), (200, "<!doctype html>"));
    assert_eq!(page.header("content-type"), "text/html; charset=utf-8");
}

#[tokio::test]
async fn a_picture_comes_whole_with_what_a_phone_needs_to_keep_it() {
    let picture: Vec<u8> = (0..600_000u32).map(|n| n as u8).collect();
    let phones = phones(&picture).await;
    let answer = phones.get("/p/here/a.jpg").await;
    assert_eq!((answer.status.as_u16(), answer.header("content-type")), (200, "image/jpeg"));
    assert_eq!((answer.header("content-length"), answer.header("accept-ranges")), ("600000", "bytes"));
    assert_eq!(answer.header("x-content-type-options"), "nosniff");
    assert!(answer.bytes == picture);
    let tag = answer.header("etag").to_owned();
    let again = Call::get("/p/here/a.jpg").header("if-none-match", &tag).send(phones.address).await;
    assert_eq!((again.status.as_u16(), again.body.as_str()), (304, ""));
    let head = Call::new("HEAD", "/p/here/a.jpg", "").send(phones.address).await;
    assert_eq!((head.header("content-length"), head.body.as_str()), ("600000", ""));
}

#[tokio::test]
async fn a_video_can_be_sought_in() {
    let picture: Vec<u8> = (0..600_000u32).map(|n| (n / 7) as u8).collect();
    let phones = phones(&picture).await;
    let part = phones.range("bytes=300000-599998").await;
    assert_eq!((part.status.as_u16(), part.header("content-range")), (206, "bytes 300000-599998/600000"));
    assert!(part.bytes == picture[300_000..=599_998]);
    let end = phones.range("bytes=-4").await;
    assert_eq!((end.bytes.as_ref(), end.header("content-length")), (&picture[599_996..], "4"));
    let behind = phones.range("bytes=600000-").await;
    assert_eq!((behind.status.as_u16(), behind.header("content-range")), (416, "bytes */600000"));
}

#[tokio::test]
async fn an_empty_file_is_an_empty_answer() {
    let phones = phones(b"").await;
    let answer = phones.get("/p/here/a.jpg").await;
    assert_eq!(
        (answer.status.as_u16(), answer.header("content-length"), answer.body.as_str()),
        (200, "0", "")
    );
    assert_eq!(phones.range("bytes=0-").await.status, 416);
}

#[tokio::test]
async fn what_is_over_is_told_apart_from_what_never_was() {
    let phones = phones(b"picture").await;
    assert_eq!(phones.get("/p/gone/a.jpg").await.status, 410);
    assert_eq!(phones.get("/p/guessed/a.jpg").await.status, 404);
    assert_eq!(phones.get("/p/broken/a.jpg").await.status, 500);
}

#[tokio::test]
async fn nothing_else_is_reachable_and_nothing_can_be_changed() {
    let phones = phones(b"picture").await;
    for path in [
        "/api/v1/status",
        "/healthz",
        "/p/",
        "/p/here",
        "/p/here/../../etc/passwd",
        "/api/v1/links?key=a.jpg",
    ] {
        let answer = phones.get(path).await;
        assert_eq!((answer.status.as_u16(), answer.body.as_str()), (404, "there is nothing here"), "{path}");
    }
    for method in ["POST", "PUT", "DELETE"] {
        let answer = Call::new(method, "/p/here/a.jpg", "x").send(phones.address).await;
        assert_eq!(answer.status, 405, "{method}");
    }
}

#[tokio::test]
async fn a_page_that_is_not_made_yet_says_so() {
    let phones = open(FakeBooth::default()).await;
    let answer = phones.get("/").await;
    assert_eq!(
        (answer.status.as_u16(), answer.body.as_str()),
        (503, "the page is not made yet; try again in a moment")
    );
}

#[tokio::test]
async fn who_asks_without_end_is_told_to_slow_down() {
    let phones = phones(b"picture").await;
    // All at once, so that it does not matter how fast this machine is.
    let calls = (0..200).map(|_| phones.get("/p/guessed/a.jpg"));
    let answers = futures_util::future::join_all(calls).await;
    let refused = answers.iter().find(|answer| answer.status == 429).expect("one is too many");
    assert_eq!(refused.header("retry-after"), "1");
    assert!(answers.iter().filter(|answer| answer.status == 404).count() >= 100);
}
