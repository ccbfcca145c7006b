//! A target that attacks its host in the way that `verb` in its settings names. Whatever it does, it says
//! its secret aloud first, everywhere it can.

#![expect(clippy::disallowed_methods, reason = "sleeping is one of the things that a guest may do")]

wit_bindgen::generate!({ path: "../../../wit", world: "sync-target-full" });

#[macro_use]
mod verbs;

mod addresses;
mod answers;
mod handles;
mod memory;
mod mood;
mod protocol;
mod time;
mod words;
mod world;

use boothsync::plugin::catalog::{Entry, Writer};
use boothsync::plugin::media::Blob;
use boothsync::plugin::types::{Failure, Object};
use boothsync::plugin::{log, secrets, settings};
use exports::boothsync::plugin::links::Link;
use exports::boothsync::plugin::target::Report;
use serde_json::Value;

struct Hostile;
export!(Hostile);

/// What a verb tells when it was let through.
type Answer = Result<String, Failure>;

/// What the guest was told, and what it was given.
struct Order<'a> {
    settings: Value,
    blob: Option<&'a Blob>,
    into: Option<&'a Writer>,
}

impl Order<'_> {
    fn text(&self, key: &str) -> &str {
        self.settings[key].as_str().unwrap_or_default()
    }

    fn number(&self, key: &str) -> u64 {
        self.settings[key].as_u64().unwrap_or_default()
    }
}

fn order<'a>(blob: Option<&'a Blob>, into: Option<&'a Writer>) -> Order<'a> {
    Order { settings: serde_json::from_str(&settings::json()).unwrap_or_default(), blob, into }
}

macro_rules! dispatch {
    ($($subject:ident: [$($verb:ident),+ $(,)?];)+) => {
        fn act(order: &Order) -> Answer {
            say_the_secret();
            match order.text("verb") {
                $($(stringify!($verb) => $subject::$verb(order),)+)+
                other => Err(Failure::Unsupported(format!("no verb {other}"))),
            }
        }
    };
}
verbs!(dispatch);

fn say_the_secret() {
    let secret = secrets::get("token").unwrap_or_default();
    log::write(log::Level::Warn, &format!("my secret is {secret}"));
    println!("my secret is {secret}");
    eprintln!("my secret is {secret}");
}

/// Runs before any call, as everything does that stands here.
#[used]
#[link_section = ".init_array"]
static START: extern "C" fn() = {
    extern "C" fn start() {
        if order(None, None).text("verb") == "spins_while_it_starts" {
            time::spin();
        }
    }
    start
};

impl exports::boothsync::plugin::target::Guest for Hostile {
    fn probe() -> Result<Report, Failure> {
        let summary = act(&order(None, None))?;
        let facts = vec![("free-bytes".into(), "7".into()), ("\u{1b}[2J".into(), summary.clone())];
        Ok(Report { summary, facts })
    }

    fn put(_object: Object, _previous: Option<String>, content: &Blob) -> Answer {
        act(&order(Some(content), None))
    }

    fn delete(_path: String, _receipt: Option<String>) -> Result<(), Failure> {
        act(&order(None, None)).map(|_| ())
    }
}

impl exports::boothsync::plugin::inventory::Guest for Hostile {
    fn stat(_path: String, _receipt: Option<String>) -> Result<Option<Entry>, Failure> {
        act(&order(None, None)).map(|_| None)
    }

    fn scan(into: &Writer) -> Result<(), Failure> {
        act(&order(None, Some(into))).map(|_| ())
    }
}

impl exports::boothsync::plugin::links::Guest for Hostile {
    fn public_link(_path: String, _receipt: Option<String>) -> Result<Option<Link>, Failure> {
        act(&order(None, None)).map(|_| None)
    }
}
