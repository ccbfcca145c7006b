//! What a visitor's phone shows after scanning the code: pages as the program publishes them, from a
//! real web server, in a real browser.

mod access;
mod arriving;
mod keeping;
mod keyboard;
mod kinds;
mod lan;
mod languages;
mod looks;
mod names;
mod odd_hosts;
mod old_phones;
mod refused;

use booth_tests::{Booth, Browser, Film, Visitor, WebSpace};

/// Where booth apps put finished pictures.
const FINISHED: &str = "processed_full";

/// A web space, and a booth that fills it.
struct Party {
    web: WebSpace,
    booth: Booth,
}

impl Party {
    /// The share page has been published; there is no picture yet.
    fn begin(page: &str) -> Self {
        let web = WebSpace::start();
        let mut booth = web.booth(page);
        booth.start();
        web.wait_for("index.html");
        Self { web, booth }
    }

    /// A picture is taken. Returns its key.
    fn take(&self, film: Film, name: &str) -> String {
        let key = format!("{FINISHED}/{name}");
        film.make(&self.booth.media().join(&key));
        key
    }

    /// A picture is taken, and has been uploaded. Returns its link.
    fn take_and_send(&self, film: Film, name: &str) -> String {
        self.take_and_send_in(FINISHED, film, name)
    }

    /// The same in another folder.
    fn take_and_send_in(&self, folder: &str, film: Film, name: &str) -> String {
        let key = format!("{folder}/{name}");
        film.make(&self.booth.media().join(&key));
        self.web.wait_for(&format!("media/{key}"));
        self.web.link(&self.booth, &key)
    }

    /// The link of a picture that does not come. Its address is made as that of others is.
    fn link_to_nothing(&self) -> String {
        self.link_to_nothing_in(FINISHED)
    }

    /// The same in another folder.
    fn link_to_nothing_in(&self, folder: &str) -> String {
        let media = self.web.url(&format!("media/{folder}/never.jpg"));
        self.web.url(&format!("#/?url={}", media.replace(':', "%3A").replace('/', "%2F")))
    }
}

/// Runs before the page: notes what the policy forbids, and lets what takes minutes take seconds.
const HURRY: &str = "
    window.forbidden = [];
    addEventListener('securitypolicyviolation', (event) => forbidden.push(event.blockedURI));
    window.pauses = [];
    const patient = setTimeout;
    window.setTimeout = (act, pause, ...rest) => {
        pauses.push(pause / 1000);
        return patient(act, pause / 50, ...rest);
    };
";

/// Runs before the page: notes what the policy forbids.
const WATCH: &str = "
    window.forbidden = [];
    addEventListener('securitypolicyviolation', (event) => forbidden.push(event.blockedURI));
";

fn visitor() -> Visitor {
    Visitor { before: WATCH, ..Visitor::default() }
}

/// The picture is there, and is a picture.
const SHOWN: &str =
    "document.querySelector('.card img') && document.querySelector('.card img').naturalWidth > 0";

/// Waits for the picture; nothing may have been forbidden on the way.
#[track_caller]
fn is_shown(browser: &Browser) {
    browser.wait_until(SHOWN);
    assert_eq!(browser.evaluate("return forbidden"), serde_json::json!([]), "the policy forbade something");
}
