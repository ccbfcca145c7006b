//! What the operator chose, and dark phones.

use booth_tests::{Browser, Film, Need, Visitor, needs};
use serde_json::json;

use super::{Party, is_shown, visitor};

/// A star, as small as pictures get.
const STAR: &str = "data:image/svg+xml;base64,PHN2ZyB4bWxucz0iaHR0cDovL3d3dy53My5vcmcvMjAwMC9zdmciIHdpZHRoPSI4MCIgaGVpZ2h0PSI4MCIgdmlld0JveD0iMCAwIDEwIDEwIj48cGF0aCBmaWxsPSIjYjMyNjFlIiBkPSJNNSAwbDEuNSAzLjVMMTAgNCA3LjUgNi41IDggMTAgNSA4LjIgMiAxMGwuNS0zLjVMMCA0bDMuNS0uNXoiLz48L3N2Zz4=";

const COLOURS: &str = "const style = (name) => getComputedStyle(document.querySelector(name));
    return [style('body').backgroundColor, style('.card a').backgroundColor, style('.card a').color]";

#[test]
fn a_dark_phone_gets_a_dark_page() {
    needs!(Need::Browser, Need::WebServer, Need::Ffmpeg);
    let party = Party::begin("title = \"Our party\"");
    let link = party.take_and_send(Film::Jpeg, "one.jpg");
    for (dark, page) in [(false, "rgb(255, 255, 255)"), (true, "rgb(18, 20, 23)")] {
        let browser = Browser::start(&Visitor { dark, ..visitor() });
        browser.open(&link);
        is_shown(&browser);
        assert_eq!(browser.evaluate(COLOURS)[0], page);
        browser.keep_picture(if dark { "dark" } else { "light" });
        browser.open("about:blank");
        browser.open(&party.link_to_nothing());
        browser.wait_for_text("on its way");
        browser.keep_picture(if dark { "dark-waiting" } else { "light-waiting" });
    }
}

#[test]
fn the_page_wears_what_the_operator_chose() {
    needs!(Need::Browser, Need::WebServer, Need::Ffmpeg);
    let party = Party::begin(&format!(
        "title = \"Anna & Ben\", text = \"Thank you for\\ncelebrating with us!\", logo = \"{STAR}\", \
         logo_text = \"Example Events\", colour = \"#b3261e\", background = \"#fff8e7\", footer_text = \"Imprint\", \
         footer_link = \"https://www.example.com/imprint\""
    ));
    let link = party.take_and_send(Film::Jpeg, "one.jpg");
    let browser = Browser::start(&visitor());
    browser.open(&link);
    is_shown(&browser);
    browser.keep_picture("branding");
    assert_eq!(
        browser.evaluate(COLOURS),
        json!(["rgb(255, 248, 231)", "rgb(179, 38, 30)", "rgb(255, 255, 255)"])
    );
    let found = browser.evaluate(
        "const one = (name) => document.querySelector(name);
         return [document.title, one('h1').textContent, one('.text').innerText, one('.logo').alt,
                 one('.logo').naturalWidth, one('footer a').href, one('footer a').textContent]",
    );
    let wanted = json!([
        "Anna & Ben",
        "Anna & Ben",
        "Thank you for\ncelebrating with us!",
        "Example Events",
        80,
        "https://www.example.com/imprint",
        "Imprint",
    ]);
    assert_eq!(found, wanted);
}

#[test]
fn a_logo_can_lie_beside_the_page() {
    needs!(Need::Browser, Need::WebServer, Need::Ffmpeg);
    let party = Party::begin("logo = \"pictures/logo.jpg\", background = \"#1b1b1f\", colour = \"#ffe08a\"");
    Film::Jpeg.make(&party.web.ftp.place().join("photos/pictures/logo.jpg"));
    let browser = Browser::start(&visitor());
    browser.open(&party.take_and_send(Film::Jpeg, "one.jpg"));
    is_shown(&browser);
    browser.wait_until("document.querySelector('.logo').naturalWidth === 1200");
    assert_eq!(browser.evaluate(COLOURS), json!(["rgb(27, 27, 31)", "rgb(255, 224, 138)", "rgb(0, 0, 0)"]));
    browser.keep_picture("branding-dark");
}

#[test]
fn changed_settings_are_published_again() {
    needs!(Need::Browser, Need::WebServer, Need::Ffmpeg);
    let mut party = Party::begin("title = \"Friday\"");
    let link = party.take_and_send(Film::Jpeg, "one.jpg");
    let browser = Browser::start(&visitor());
    browser.open(&link);
    browser.wait_for_text("Friday");
    assert_eq!(party.booth.stop(), 0);
    party.booth.write_config_text(&party.booth.config().replace("Friday", "Saturday"));
    party.booth.start_as_configured();
    let page = party.web.ftp.place().join("photos/index.html");
    booth_tests::wait_until(booth_tests::PATIENCE, "the new page is there", || {
        std::fs::read_to_string(&page).is_ok_and(|page| page.contains("Saturday"))
    });
    browser.open("about:blank");
    browser.open(&link);
    browser.wait_for_text("Saturday");
}
