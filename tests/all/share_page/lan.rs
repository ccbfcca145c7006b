//! Phones in the booth's own network, with no web space and no network beyond it.

use std::fs;

use booth_tests::{Booth, Browser, Film, Need, PATIENCE, comes_true, free_port, get, needs, wait_until};
use serde_json::{Value, json};

use super::{FINISHED, SHOWN, is_shown, visitor};

/// A booth that serves phones and has no target.
struct Network {
    booth: Booth,
    port: u16,
    host: String,
}

impl Network {
    fn begin() -> Self {
        let mut booth = Booth::new();
        let port = free_port();
        let host = format!("127.0.0.1:{port}");
        booth.share_lines =
            format!("lan = {{ enabled = true, listen = \"{host}\", url = \"http://{host}\" }}");
        booth.start();
        let network = Self { booth, port, host };
        wait_until(PATIENCE, "the page is made", || network.get("/").0 == 200);
        network
    }

    fn get(&self, path: &str) -> (u16, String) {
        get(self.port, path).unwrap_or_default()
    }

    fn take(&self, film: Film, name: &str) -> String {
        let key = format!("{FINISHED}/{name}");
        film.make(&self.booth.media().join(&key));
        self.link(&key)
    }

    /// The link that is given out.
    fn link(&self, key: &str) -> String {
        let links = self.booth.run(&["share", key, "--json"]).expect(0).json();
        let chosen = links.as_array().unwrap().iter().find(|link| link["preferred"] == true).unwrap();
        assert_eq!((&chosen["kind"], &chosen["state"]), (&json!("lan"), &json!("online")));
        chosen["url"].as_str().unwrap().to_owned()
    }
}

#[test]
fn a_phone_gets_its_picture_from_the_booth_itself() {
    needs!(Need::Browser, Need::Ffmpeg);
    let network = Network::begin();
    for name in ["20260704-201500-000001.jpg", "Gr\u{fc}\u{df}e #1 100%+ a b.jpg"] {
        let browser = Browser::start(&visitor());
        browser.open(&network.take(Film::Jpeg, name));
        is_shown(&browser);
        browser.keep_picture("lan");
        browser.tap(".card a[download]");
        assert_eq!(browser.wait_for_download(), name);
    }
}

#[test]
fn a_video_from_the_booth_can_be_wound_to_any_place() {
    needs!(Need::Browser, Need::Ffmpeg);
    let network = Network::begin();
    let browser = Browser::start(&visitor());
    browser.open(&network.take(Film::Mp4, "the dance.mp4"));
    browser.wait_until("document.querySelector('video') && document.querySelector('video').currentTime > 0");
    browser.evaluate("document.querySelector('video').currentTime = 45");
    browser.wait_until(
        "!document.querySelector('video').seeking && document.querySelector('video').currentTime >= 45",
    );
    assert_eq!(browser.evaluate("return forbidden"), json!([]));
}

#[test]
fn a_picture_that_was_taken_offline_is_gone_from_the_booth_s_network_too() {
    needs!(Need::Browser, Need::Ffmpeg);
    let network = Network::begin();
    let link = network.take(Film::Jpeg, "a.jpg");
    let browser = Browser::start(&visitor());
    browser.open(&link);
    is_shown(&browser);
    network.booth.run(&["offline", &format!("{FINISHED}/a.jpg")]).expect(0);
    let path = link.split_once(&network.host).unwrap().1.replacen("/s/", "/p/", 1);
    assert!(comes_true(PATIENCE, || network.get(&path).0 == 410), "{:?}", network.get(&path));
    browser.open("about:blank");
    browser.open(&link);
    browser.wait_for_text("no longer available");
    assert_eq!(browser.evaluate(&format!("return !!({SHOWN})")), Value::Bool(false));
}

#[test]
fn nothing_but_pictures_is_served_and_no_token_is_in_the_log() {
    let network = Network::begin();
    let key = format!("{FINISHED}/a.jpg");
    fs::create_dir_all(network.booth.media().join(FINISHED)).unwrap();
    fs::write(network.booth.media().join(&key), "picture").unwrap();
    let link = network.link(&key);
    let token = link.split('/').nth(4).unwrap().to_owned();
    assert_eq!(network.get(&format!("/p/{token}/a.jpg")), (200, "picture".into()));
    for path in
        ["/api/v1/status", "/healthz", "/api/v1/links?key=a.jpg", &format!("/p/{}/a.jpg", &token[..32])]
    {
        assert_eq!(network.get(path).0, 404, "{path}");
    }
    let log = network.booth.log();
    assert!(log.contains("serving phones"), "{log}");
    assert!(!log.contains(&token) && !log.contains(&token[32..]), "{log}");
}

#[test]
fn a_port_for_phones_that_is_in_use_is_told_with_the_key_that_names_it() {
    let first = Network::begin();
    let mut second = Booth::new();
    second.share_lines = first.booth.share_lines.clone();
    second.write_config();
    second.run(&["run"]).expect(2).says(&["`share.lan.listen`", &first.host]);
}
