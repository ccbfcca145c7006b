//! Handing the picture to another app.

use booth_tests::{Browser, Film, Need, Visitor, needs};
use serde_json::json;

use super::{Party, is_shown, visitor};

/// A phone that can share files, and remembers what it was given.
const SHARES_FILES: &str = "
    window.forbidden = [];
    window.shared = [];
    navigator.canShare = (what) => what.files.every((file) => /^(image|video)/.test(file.type));
    navigator.share = async (what) => {
        if (!navigator.userActivation.isActive) throw new DOMException('too late', 'NotAllowedError');
        shared.push(what.files ? what.files.map((file) => [file.name, file.type, file.size]) : what.url);
    };
";
/// One that can only share addresses.
const SHARES_LINKS: &str = "
    window.forbidden = [];
    window.shared = [];
    navigator.share = async (what) => { shared.push(what.files ? 'files' : what.url); };
";
/// One that takes its time with the first file it is asked to share.
const SHARES_LATE: &str = "
    window.forbidden = [];
    window.shared = [];
    navigator.canShare = () => true;
    navigator.share = async (what) => {
        shared.push(what.files[0].name);
        if (shared.length === 1) throw new DOMException('too late', 'NotAllowedError');
    };
";
/// One that does not let pages copy, which is the case where the page came unencrypted.
const COPIES_NOTHING: &str = "
    window.forbidden = [];
    document.execCommand = () => false;
    Object.defineProperty(Navigator.prototype, 'clipboard', { value: undefined });
";

fn phone(before: &'static str) -> Browser {
    Browser::start(&Visitor { before, ..visitor() })
}

#[test]
fn a_phone_that_can_share_files_gets_the_file_itself() {
    needs!(Need::Browser, Need::WebServer, Need::Ffmpeg);
    let party = Party::begin("");
    let link = party.take_and_send(Film::Jpeg, "Anna & Ben.jpg");
    let size = std::fs::metadata(party.booth.media().join("processed_full/Anna & Ben.jpg")).unwrap().len();
    let browser = phone(SHARES_FILES);
    browser.open(&link);
    is_shown(&browser);
    browser.keep_picture("share");
    browser.tap(".card button");
    browser.wait_until("shared.length");
    assert_eq!(browser.evaluate("return shared"), json!([[["Anna & Ben.jpg", "image/jpeg", size]]]));
    browser.tap(".card button");
    browser.wait_until("shared.length === 2");
    let loads =
        party.web.asked().into_iter().filter(|asked| asked.path.ends_with(".jpg") && asked.method == "GET");
    assert_eq!(loads.count(), 1, "the picture is loaded once, for showing and for sharing");
}

#[test]
fn a_video_is_fetched_for_sharing_only_when_it_is_to_be_shared() {
    needs!(Need::Browser, Need::WebServer, Need::Ffmpeg);
    let party = Party::begin("");
    let link = party.take_and_send(Film::Webm, "short.webm");
    let browser = phone(SHARES_LATE);
    browser.open(&link);
    browser.wait_until("document.querySelector('video') && document.querySelector('video').currentTime > 0");
    let whole = || {
        let asked = party.web.asked();
        asked
            .iter()
            .filter(|asked| asked.path.ends_with(".webm") && asked.status == 200 && asked.method == "GET")
            .count()
    };
    assert_eq!(whole(), 0);
    browser.tap(".card button");
    browser.wait_for_text("Tap “Share” once more.");
    browser.tap(".card button");
    browser.wait_until("shared.length === 2");
    assert_eq!(browser.evaluate("return shared"), json!(["short.webm", "short.webm"]));
}

#[test]
fn a_phone_that_cannot_share_files_shares_the_link() {
    needs!(Need::Browser, Need::WebServer, Need::Ffmpeg);
    let party = Party::begin("");
    let link = party.take_and_send(Film::Jpeg, "one.jpg");
    let browser = phone(SHARES_LINKS);
    browser.open(&link);
    is_shown(&browser);
    browser.tap(".card button");
    browser.wait_until("shared.length");
    assert_eq!(browser.evaluate("return shared"), json!([link]));
}

#[test]
fn without_a_share_sheet_the_link_can_be_copied() {
    needs!(Need::Browser, Need::WebServer, Need::Ffmpeg);
    let party = Party::begin("");
    let link = party.take_and_send(Film::Jpeg, "one.jpg");
    let browser = Browser::start(&visitor());
    browser.open(&link);
    is_shown(&browser);
    browser.devtools("Browser.grantPermissions", json!({"permissions": ["clipboardReadWrite"]}));
    browser.tap(".card button");
    browser.wait_for_text("The link has been copied.");
    assert_eq!(browser.evaluate_later("navigator.clipboard.readText().then(arguments[0])"), json!(link));

    let browser = phone(COPIES_NOTHING);
    browser.open(&link);
    is_shown(&browser);
    browser.tap(".card button");
    browser.wait_for_text("It is in the address bar of your browser.");
}
