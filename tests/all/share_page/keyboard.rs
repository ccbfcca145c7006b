//! Without touch and without a mouse.

use booth_tests::{Browser, Film, Need, Visitor, needs};

use super::{HURRY, Party, is_shown, visitor};

const FOCUSED: &str = "return document.activeElement.textContent";
const OUTLINED: &str = "return getComputedStyle(document.activeElement).outlineStyle";

#[test]
fn everything_can_be_reached_and_used_with_keys_alone() {
    needs!(Need::Browser, Need::WebServer, Need::Ffmpeg);
    let party = Party::begin("footer_text = \"Imprint\", footer_link = \"https://www.example.com/\"");
    let browser = Browser::start(&visitor());
    browser.open(&party.take_and_send(Film::Jpeg, "with keys.jpg"));
    is_shown(&browser);
    for words in ["Download", "Copy link", "Imprint"] {
        browser.press("Tab");
        assert_eq!(browser.evaluate(FOCUSED), words);
        assert_eq!(browser.evaluate(OUTLINED), "solid", "{words}");
        if words == "Download" {
            browser.keep_picture("keyboard");
            browser.press("Enter");
            assert_eq!(browser.wait_for_download(), "with keys.jpg");
        }
        if words == "Copy link" {
            browser.press("Enter");
            browser.wait_for_text("The link has been copied.");
            assert_eq!(browser.evaluate(FOCUSED), words, "the focus stays where it was");
        }
    }
}

#[test]
fn trying_again_keeps_the_place() {
    needs!(Need::Browser, Need::WebServer);
    let party = Party::begin("");
    let browser = Browser::start(&Visitor { before: HURRY, ..visitor() });
    browser.open(&party.link_to_nothing());
    browser.wait_for_text("Try again");
    browser.press("Tab");
    assert_eq!(browser.evaluate(FOCUSED), "Try again");
    browser.press("Enter");
    browser.wait_for_text("on its way");
    assert_eq!(browser.evaluate(FOCUSED), "Your picture is on its way");
}
