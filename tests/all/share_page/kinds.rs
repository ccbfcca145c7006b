//! Every kind of picture that booths make.

use booth_tests::{Browser, Film, Need, PATIENCE, needs, wait_until};
use serde_json::json;

use super::{Party, is_shown, visitor};

#[test]
fn animated_pictures_are_shown() {
    needs!(Need::Browser, Need::WebServer, Need::Ffmpeg);
    let party = Party::begin("");
    let browser = Browser::start(&visitor());
    for (film, name) in [(Film::Gif, "moving.gif"), (Film::Webp, "moving.webp")] {
        browser.open(&party.take_and_send(film, name));
        is_shown(&browser);
        assert_eq!(browser.evaluate("return document.querySelector('.card img').naturalWidth"), 480);
        browser.keep_picture(name);
        let first = browser.picture();
        wait_until(PATIENCE, "the picture moves", || browser.picture() != first);
    }
}

#[test]
fn a_video_plays_and_can_be_wound_to_any_place() {
    needs!(Need::Browser, Need::WebServer, Need::Ffmpeg);
    let party = Party::begin("");
    let browser = Browser::start(&visitor());
    browser.open(&party.take_and_send(Film::Mp4, "the dance.mp4"));
    browser.wait_until("document.querySelector('video') && document.querySelector('video').currentTime > 0");
    let video = browser.evaluate(
        "const video = document.querySelector('video');
         return [video.controls, video.muted, video.playsInline, Math.round(video.duration), video.error]",
    );
    assert_eq!(video, json!([true, true, true, 60, null]));
    browser.evaluate("document.querySelector('video').currentTime = 45");
    browser.wait_until(
        "!document.querySelector('video').seeking && document.querySelector('video').currentTime >= 45",
    );
    browser.keep_picture("video");
    wait_until(PATIENCE, "only the part that is needed is asked for", || {
        let asked = party.web.asked();
        let mut parts = asked.iter().filter(|asked| asked.path.ends_with(".mp4") && asked.status == 206);
        parts.any(|asked| !matches!(asked.range.as_str(), "-" | "bytes=0-"))
    });
    assert_eq!(browser.evaluate("return forbidden"), json!([]));
}

#[test]
fn a_webm_video_plays() {
    needs!(Need::Browser, Need::WebServer, Need::Ffmpeg);
    let party = Party::begin("");
    let browser = Browser::start(&visitor());
    browser.open(&party.take_and_send(Film::Webm, "short.webm"));
    browser.wait_until("document.querySelector('video') && document.querySelector('video').currentTime > 0");
}

#[test]
fn what_the_phone_cannot_show_can_still_be_saved() {
    needs!(Need::Browser, Need::WebServer, Need::Ffmpeg);
    let party = Party::begin("");
    let browser = Browser::start(&visitor());
    let link = party.take_and_send(Film::Gif, "raw from the camera.dng");
    browser.open(&link);
    browser.wait_for_text("cannot show this kind of file");
    browser.keep_picture("not-shown");
    browser.tap(".card a");
    assert_eq!(browser.wait_for_download(), "raw from the camera.dng");
}

#[test]
fn the_page_is_small_and_loads_nothing_but_the_picture() {
    needs!(Need::Browser, Need::WebServer, Need::Ffmpeg);
    let party = Party::begin("title = \"Our party\"");
    let page = std::fs::metadata(party.web.ftp.place().join("photos/index.html")).unwrap();
    assert!(page.len() < 60_000, "{} bytes", page.len());
    let browser = Browser::start(&visitor());
    let before = party.web.asked().len();
    browser.open(&party.take_and_send(Film::Jpeg, "one.jpg"));
    is_shown(&browser);
    let asked: Vec<_> = party.web.asked().split_off(before);
    let asked: Vec<_> = asked.iter().map(|asked| (asked.method.as_str(), asked.path.as_str())).collect();
    let picture = "/photos/media/processed_full/one.jpg";
    assert_eq!(asked, [("GET", "/photos/"), ("HEAD", picture), ("GET", picture)]);
}
