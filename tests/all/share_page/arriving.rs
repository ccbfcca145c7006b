//! Pictures that are still on their way.

use booth_tests::{Browser, Film, Need, PATIENCE, Visitor, needs, wait_until};
use serde_json::json;

use super::{HURRY, Party, is_shown, visitor};

#[test]
fn an_early_scan_shows_the_picture_once_it_is_there_without_a_reload() {
    needs!(Need::Browser, Need::WebServer, Need::Ffmpeg);
    let mut party = Party::begin("title = \"Anna & Ben\"");
    party.web.ftp.stop();
    let key = party.take(Film::Jpeg, "20260704-201500-000001.jpg");
    let link = party.web.link(&party.booth, &key);

    let browser = Browser::start(&visitor());
    browser.open(&link);
    browser.wait_for_text("Your picture is on its way");
    browser.evaluate("window.sameDocument = true");
    browser.keep_picture("waiting");
    let looks = || party.web.asked().iter().filter(|asked| asked.method == "HEAD").count();
    wait_until(PATIENCE, "the page looks again", || looks() >= 3);

    party.web.ftp.resume();
    is_shown(&browser);
    assert_eq!(browser.evaluate("return window.sameDocument"), true, "the page was loaded again");
    assert_eq!(browser.evaluate("return document.querySelector('.card img').naturalWidth"), 1200);
    assert!(!browser.text().contains("on its way"));
    browser.keep_picture("arrived");
    let pages = party.web.asked().into_iter().filter(|asked| asked.path == "/photos/").count();
    assert_eq!(pages, 1, "the page itself is asked for once");
}

#[test]
fn a_picture_that_does_not_come_is_told_and_can_be_tried_again() {
    needs!(Need::Browser, Need::WebServer, Need::Ffmpeg);
    let party = Party::begin("");
    let browser = Browser::start(&Visitor { before: HURRY, ..visitor() });
    browser.open(&party.link_to_nothing());
    browser.wait_for_text("Your picture is not here yet");
    browser.keep_picture("missing");
    let said = browser.text();
    assert!(said.contains("Try again") && !said.contains("on its way"), "{said}");

    let looks = party.web.asked().iter().filter(|asked| asked.method == "HEAD").count();
    assert!((10..40).contains(&looks), "{looks} looks in three minutes");
    let pauses: Vec<f64> = serde_json::from_value(browser.evaluate("return pauses")).unwrap();
    let between: Vec<f64> = pauses.into_iter().filter(|pause| *pause != 20.0).collect();
    assert!(between.is_sorted() && between[0] >= 1.0, "{between:?}");
    assert!(between.iter().sum::<f64>() > 120.0, "it gave up too soon: {between:?}");

    Film::Jpeg.make(&party.web.ftp.place().join("photos/media/processed_full/never.jpg"));
    browser.tap(".card button");
    is_shown(&browser);
}

#[test]
fn a_page_in_the_background_does_not_ask() {
    needs!(Need::Browser, Need::WebServer);
    let party = Party::begin("");
    let browser = Browser::start(&Visitor { before: HURRY, ..visitor() });
    browser.open(&party.link_to_nothing());
    browser.wait_for_text("Your picture is on its way");
    browser.evaluate("Object.defineProperty(document, 'hidden', { configurable: true, get: () => true })");
    // Whatever was under way ends; then there is silence.
    browser.wait_until(
        "(pauses.length === window.last ? window.quiet++ : (window.last = pauses.length, window.quiet = 0), quiet > 30)",
    );
    assert!(browser.text().contains("on its way"), "it has not given up: {}", browser.text());
    let before = party.web.asked().len();

    browser.evaluate("delete document.hidden; document.dispatchEvent(new Event('visibilitychange'))");
    wait_until(PATIENCE, "it asks again", || party.web.asked().len() > before);
}

#[test]
fn a_link_says_until_when_and_then_that_the_time_is_over() {
    needs!(Need::Browser, Need::WebServer, Need::Ffmpeg);
    let party = Party::begin("");
    let link = party.take_and_send(Film::Jpeg, "kept for a while.jpg");
    let browser = Browser::start(&visitor());
    browser.open(&format!("{link}&until=4102444800"));
    is_shown(&browser);
    browser.wait_for_text("Available until");
    browser.wait_for_text("2100");
    let before = party.web.asked().len();
    browser.open(&format!("{link}&until=1600000000"));
    browser.wait_for_text("This picture is no longer available");
    browser.keep_picture("expired");
    assert_eq!(browser.evaluate("return document.querySelectorAll('.card img, .card a').length"), json!(0));
    assert_eq!(party.web.asked().len(), before, "nothing is asked for what is over");
}
