//! For those who see little, or nothing, or not these colours.

use booth_tests::{Browser, Film, Need, Visitor, needs, npm_tool};
use serde_json::{Value, json};

use super::{HURRY, Party, is_shown, visitor};

const RULES: &str = "const done = arguments[0];
    axe.run(document, { resultTypes: ['violations'] }).then(
        (found) => done(found.violations.map((one) => [one.impact, one.id, one.nodes.map((node) => node.html)])),
        (error) => done(String(error)));";

/// Fails if axe-core finds anything that keeps somebody from using the page.
#[track_caller]
fn nothing_serious(browser: &Browser, axe: &str, state: &str) {
    browser.evaluate(axe);
    let found = browser.evaluate_later(RULES);
    let found = found.as_array().unwrap_or_else(|| panic!("axe-core failed: {found}"));
    let minor: [Value; 2] = [json!("minor"), json!("moderate")];
    let serious: Vec<_> = found.iter().filter(|one| !minor.contains(&one[0])).collect();
    assert!(serious.is_empty(), "{state}: {serious:#?}");
    for one in found {
        println!("{state}: {one}");
    }
}

#[test]
fn axe_core_finds_nothing_serious_in_any_state() {
    needs!(Need::Browser, Need::WebServer, Need::Ffmpeg, Need::Npm);
    let axe = std::fs::read_to_string(npm_tool("axe-core", "4.14.1").join("axe.min.js")).unwrap();
    let party = Party::begin(
        "title = \"Anna & Ben\", text = \"Thank you!\", footer_text = \"Imprint\", footer_link = \"https://www.example.com/\"",
    );
    let link = party.take_and_send(Film::Jpeg, "one.jpg");
    let video = party.take_and_send(Film::Webm, "short.webm");
    for (languages, dark) in [("en", false), ("en", true), ("ar", false)] {
        let browser = Browser::start(&Visitor { languages, dark, before: HURRY });
        let state = |what: &str| format!("{what} ({languages}, {})", if dark { "dark" } else { "light" });
        browser.open(&link);
        is_shown(&browser);
        nothing_serious(&browser, &axe, &state("shown"));
        browser.open(&video);
        browser.wait_until("document.querySelector('video')");
        nothing_serious(&browser, &axe, &state("video"));
        browser.open(&party.link_to_nothing());
        browser.wait_until("document.querySelector('.busy')");
        nothing_serious(&browser, &axe, &state("waiting"));
        browser.wait_until("document.querySelector('.card button')");
        nothing_serious(&browser, &axe, &state("missing"));
        browser.open(&party.web.url(""));
        nothing_serious(&browser, &axe, &state("nothing asked"));
    }
}

#[test]
fn a_screen_reader_is_told_what_happens() {
    needs!(Need::Browser, Need::WebServer, Need::Ffmpeg);
    let party = Party::begin("");
    let browser = Browser::start(&Visitor { before: HURRY, ..visitor() });
    browser.open(&party.link_to_nothing());
    browser.wait_for_text("on its way");
    browser.evaluate("window.region = document.querySelector('.card [role=status]')");
    Film::Jpeg.make(&party.web.ftp.place().join("photos/media/processed_full/never.jpg"));
    is_shown(&browser);
    browser.wait_until("region.isConnected && region.textContent === 'Your picture is here.'");
    let alternative = browser.evaluate("return document.querySelector('.card img').alt");
    assert_eq!(alternative, "Your picture from the photo booth");
    let viewport = browser.evaluate("return document.querySelector('meta[name=viewport]').content");
    assert_eq!(viewport, "width=device-width, initial-scale=1", "nobody is kept from zooming");
}
