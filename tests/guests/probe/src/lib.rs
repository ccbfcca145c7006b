//! A target that does what `verb` in its settings says, and tells in its receipt or summary what came
//! of it.

#![expect(clippy::disallowed_methods, reason = "sleeping is one of the things that a guest may do")]

wit_bindgen::generate!({ path: "../../../wit", world: "sync-target-full" });

mod reach;

use boothsync::plugin::catalog::{Entry, Writer};
use boothsync::plugin::media::Blob;
use boothsync::plugin::types::{Failure, Object, Pause};
use boothsync::plugin::{job, log, secrets, settings, state};
use exports::boothsync::plugin::links::Link;
use exports::boothsync::plugin::target::Report;
use serde_json::Value;

struct Probe;
export!(Probe);

/// What the guest was told, and the blob if there is one.
struct Order<'a> {
    settings: Value,
    blob: Option<&'a Blob>,
}

impl Order<'_> {
    fn text(&self, key: &str) -> &str {
        self.settings[key].as_str().unwrap_or_default()
    }

    fn number(&self, key: &str) -> u64 {
        self.settings[key].as_u64().unwrap_or_default()
    }
}

fn order(blob: Option<&Blob>) -> Order<'_> {
    Order { settings: serde_json::from_str(&settings::json()).unwrap_or_default(), blob }
}

fn act(order: &Order) -> Result<String, Failure> {
    match order.text("verb") {
        "" | "ok" => Ok("ok".into()),
        "fail" => Err(fail(order)),
        "log" => {
            log::write(log::Level::Info, order.text("text"));
            Ok("logged".into())
        }
        "print" => {
            println!("{}", order.text("text"));
            eprintln!("{}", order.text("text"));
            Ok("printed".into())
        }
        "secret" => Ok(format!("{:?}", secrets::get(order.text("name")))),
        "secret-in-failure" => {
            Err(Failure::Retry(format!("login with {} failed", secrets::get("token").unwrap_or_default())))
        }
        "state-get" => Ok(format!("{:?}", state::get(order.text("name")))),
        "state-swap" => swap(order),
        "job" => Ok(job::id()),
        "progress-until-told" => progress_until_told(),
        _ => reach::act(order),
    }
}

fn fail(order: &Order) -> Failure {
    let text = order.text("text").to_owned();
    match order.text("failure") {
        "retry" => Failure::Retry(text),
        "wait" => Failure::Wait(Pause { milliseconds: order.number("milliseconds"), reason: text }),
        "blocked" => Failure::Blocked(text),
        "rejected" => Failure::Rejected(text),
        "unsupported" => Failure::Unsupported(text),
        _ => Failure::Cancelled,
    }
}

fn swap(order: &Order) -> Result<String, Failure> {
    let bytes = |key: &str| order.settings[key].as_str().map(|text| text.as_bytes().to_vec());
    let value = match order.number("size") {
        0 => bytes("value"),
        size => Some(vec![b'x'; size as usize]),
    };
    let done = state::swap(order.text("name"), bytes("expected").as_deref(), value.as_deref())?;
    Ok(done.to_string())
}

fn progress_until_told() -> Result<String, Failure> {
    for done in 1.. {
        job::progress(done, u64::MAX)?;
        std::thread::sleep(std::time::Duration::from_millis(5));
    }
    Ok("never".into())
}

impl exports::boothsync::plugin::target::Guest for Probe {
    fn probe() -> Result<Report, Failure> {
        let summary = act(&order(None))?;
        Ok(Report { summary, facts: vec![("free-bytes".into(), "7".into())] })
    }

    fn put(object: Object, previous: Option<String>, content: &Blob) -> Result<String, Failure> {
        let order = order(Some(content));
        if order.text("verb") == "object" {
            return Ok(format!("{} {} {} {previous:?}", object.path, object.size, object.media_type));
        }
        act(&order)
    }

    fn delete(_path: String, _receipt: Option<String>) -> Result<(), Failure> {
        act(&order(None)).map(|_| ())
    }
}

impl exports::boothsync::plugin::inventory::Guest for Probe {
    fn stat(path: String, receipt: Option<String>) -> Result<Option<Entry>, Failure> {
        match order(None).text("verb") {
            "absent" => Ok(None),
            _ => Ok(Some(entry(path, receipt))),
        }
    }

    fn scan(into: &Writer) -> Result<(), Failure> {
        let order = order(None);
        let portion = order.number("portion").max(1);
        for first in (0..order.number("entries")).step_by(portion as usize) {
            let names = first..(first + portion).min(order.number("entries"));
            let entries: Vec<_> = names.map(|n| entry(format!("media/{n}.jpg"), None)).collect();
            into.add(&entries)?;
        }
        into.add(&[entry("../outside".into(), None), entry(".boothsync-target".into(), None)])
    }
}

fn entry(path: String, receipt: Option<String>) -> Entry {
    Entry { path, size: Some(3), receipt, facts: vec![("etag".into(), "x".into())] }
}

impl exports::boothsync::plugin::links::Guest for Probe {
    fn public_link(path: String, _receipt: Option<String>) -> Result<Option<Link>, Failure> {
        let order = order(None);
        match order.text("verb") {
            "no-link" => Ok(None),
            "bad-link" => Ok(Some(Link { url: "javascript:alert(1)".into(), expires_at: None })),
            _ => Ok(Some(Link { url: format!("https://a.example/{path}"), expires_at: Some(1_900_000_000) })),
        }
    }
}
