//! Names as people and cameras give them.

use booth_tests::{Browser, Film, Need, needs};

use super::{FINISHED, Party, is_shown, visitor};

const NAMES: [&str; 9] = [
    "Anna & Ben.jpg",
    "100%.jpg",
    "50%25 %41 %2F.jpg",
    "#1 = best.jpg",
    "a+b a%2Bb.jpg",
    "Grüße aus Köln.jpg",
    "写真 🎉.jpg",
    "صورة.jpg",
    "it's \"here\"; <b>there & now.jpg",
];

#[test]
fn every_name_is_shown_and_saved_as_it_is() {
    needs!(Need::Browser, Need::WebServer, Need::Ffmpeg);
    let party = Party::begin("");
    for name in NAMES {
        party.take(Film::Jpeg, name);
    }
    let browser = Browser::start(&visitor());
    for name in NAMES {
        let key = format!("{FINISHED}/{name}");
        party.web.wait_for(&format!("media/{key}"));
        browser.open(&party.web.link(&party.booth, &key));
        is_shown(&browser);
        let saved_as = browser.evaluate("return document.querySelector('.card a').download");
        assert_eq!(saved_as, *name);
    }
    let failed: Vec<_> = party.web.asked().into_iter().filter(|asked| asked.status >= 400).collect();
    assert!(failed.is_empty(), "{failed:#?}");
}

#[test]
fn a_file_is_saved_under_its_real_name() {
    needs!(Need::Browser, Need::WebServer, Need::Ffmpeg);
    let party = Party::begin("");
    let browser = Browser::start(&visitor());
    browser.open(&party.take_and_send(Film::Jpeg, "Grüße + Küsse 100%.jpg"));
    is_shown(&browser);
    browser.tap(".card a");
    assert_eq!(browser.wait_for_download(), "Grüße + Küsse 100%.jpg");
}
