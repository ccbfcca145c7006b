//! Links that nobody at the booth made.

use booth_tests::{Browser, Need, Visitor, needs};
use serde_json::json;

use super::{HURRY, Party, visitor};

const REFUSED: &str = "This link is not valid";

fn encoded(address: &str) -> String {
    address.bytes().map(|byte| format!("%{byte:02X}")).collect()
}

#[test]
fn pictures_of_other_hosts_and_other_kinds_of_address_are_refused() {
    needs!(Need::Browser, Need::WebServer);
    let party = Party::begin("");
    let browser = Browser::start(&visitor());
    let elsewhere = party.web.url_elsewhere("media/processed_full/a.jpg");
    let (_, after_scheme) = elsewhere.split_once("://").unwrap();
    let own_host = party.web.url("").split('/').nth(2).unwrap().to_owned();
    let own_address = own_host.split(':').next().unwrap().to_owned();
    let addresses = [
        elsewhere.clone(),
        format!("//{after_scheme}"),
        format!("\\\\{after_scheme}"),
        format!("https://{after_scheme}"),
        format!("http://{own_host}@{after_scheme}"),
        format!("http://{own_address}:1/a.jpg"),
        format!("ftp://{own_host}/a.jpg"),
        format!("blob:http://{own_host}/1"),
        "javascript:document.body.textContent='taken'".into(),
        "data:image/gif;base64,R0lGODlhAQABAAAAACw=".into(),
        "data:text/html,<script>parent.taken=1</script>".into(),
        "http://".into(),
    ];
    for address in addresses {
        browser.open("about:blank");
        browser.open(&party.web.url(&format!("#/?url={}", encoded(&address))));
        browser.wait_for_text(REFUSED);
        let left = "return document.querySelectorAll('.card img, .card video, .card a, .card button').length";
        assert_eq!(browser.evaluate(left), 0, "{address}");
    }
    browser.keep_picture("foreign");
    let (_, there) = elsewhere.split_once("://").unwrap();
    let host = there.split('/').next().unwrap();
    let asked = party.web.asked();
    assert!(asked.iter().all(|asked| asked.host != host), "another host was asked: {asked:#?}");
    assert!(asked.iter().all(|asked| asked.method == "GET" && asked.path == "/photos/"), "{asked:#?}");
}

#[test]
fn an_address_is_decoded_once() {
    needs!(Need::Browser, Need::WebServer);
    let party = Party::begin("");
    let browser = Browser::start(&Visitor { before: HURRY, ..visitor() });
    // Decoded twice, it would be the address of another host.
    let twice = encoded(&encoded(&party.web.url_elsewhere("a.jpg")));
    browser.open(&party.web.url(&format!("#/?url={twice}")));
    browser.wait_for_text("on its way");
    let asked = party.web.asked();
    let looked = asked.iter().find(|asked| asked.method == "HEAD").unwrap();
    assert!(looked.path.starts_with("/photos/%68%74%74%70%3A"), "{looked:?}");
}

#[test]
fn a_page_without_a_picture_says_so_and_follows_its_address() {
    needs!(Need::Browser, Need::WebServer);
    let party = Party::begin("");
    let browser = Browser::start(&visitor());
    browser.open(&party.web.url(""));
    browser.wait_for_text("There is no picture to show");
    browser.open(&party.web.url("#/?url=%E4%B8"));
    browser.wait_for_text(REFUSED);
    browser.open(&party.link_to_nothing());
    browser.wait_for_text("on its way");
    assert_eq!(browser.evaluate("return forbidden"), json!([]));
}
