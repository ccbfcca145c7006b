//! Hosts that answer otherwise than most.

use booth_tests::{Browser, Film, Need, PATIENCE, Visitor, needs, wait_until};
use serde_json::json;

use super::{HURRY, Party, is_shown, visitor};

#[test]
fn a_host_that_does_not_answer_head_is_asked_for_the_first_byte() {
    needs!(Need::Browser, Need::WebServer, Need::Ffmpeg);
    let party = Party::begin("");
    let browser = Browser::start(&Visitor { before: HURRY, ..visitor() });
    browser.open(&party.link_to_nothing_in("no-head"));
    browser.wait_for_text("on its way");
    let looked = || party.web.asked().iter().any(|asked| asked.range == "bytes=0-0" && asked.status == 404);
    wait_until(PATIENCE, "it looks in the other way", looked);

    browser.open(&party.take_and_send_in("no-head", Film::Jpeg, "one.jpg"));
    is_shown(&browser);
    assert!(party.web.asked().iter().any(|asked| asked.range == "bytes=0-0" && asked.status == 206));
}

#[test]
fn a_page_in_place_of_a_missing_picture_is_not_taken_for_it() {
    needs!(Need::Browser, Need::WebServer, Need::Ffmpeg);
    let party = Party::begin("");
    let browser = Browser::start(&Visitor { before: HURRY, ..visitor() });
    browser.open(&party.link_to_nothing_in("page-instead"));
    wait_until(PATIENCE, "it looks again", || {
        let asked = party.web.asked();
        asked.iter().filter(|asked| asked.method == "HEAD" && asked.status == 200).count() > 2
    });
    assert!(browser.text().contains("on its way"), "{}", browser.text());
    browser.open(&party.take_and_send_in("page-instead", Film::Jpeg, "one.jpg"));
    is_shown(&browser);
}

#[test]
fn what_is_gone_for_good_is_not_waited_for() {
    needs!(Need::Browser, Need::WebServer);
    let party = Party::begin("");
    let browser = Browser::start(&visitor());
    browser.open(&party.link_to_nothing_in("gone"));
    browser.wait_for_text("This picture is no longer available");
}

#[test]
fn a_host_that_knows_no_types_shows_and_shares_all_the_same() {
    needs!(Need::Browser, Need::WebServer, Need::Ffmpeg);
    let party = Party::begin("");
    let before = "
        window.forbidden = [];
        window.shared = [];
        navigator.canShare = (what) => what.files.every((file) => file.type === 'image/webp');
        navigator.share = async (what) => { shared.push(what.files.map((file) => [file.name, file.type])); };
    ";
    let browser = Browser::start(&Visitor { before, ..visitor() });
    browser.open(&party.take_and_send_in("no-types", Film::Webp, "moving.webp"));
    is_shown(&browser);
    browser.tap(".card button");
    browser.wait_until("shared.length");
    assert_eq!(browser.evaluate("return shared"), json!([[["moving.webp", "image/webp"]]]));
    browser.open("about:blank");
    browser.open(&party.take_and_send_in("no-types", Film::Webm, "short.webm"));
    browser.wait_until("document.querySelector('video') && document.querySelector('video').currentTime > 0");
}
