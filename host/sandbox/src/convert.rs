//! Between the words of the WIT and those of the engine, with bounds on what a guest says.

use std::time::Duration;

use engine::{Attributes, Entry, Failure, Object, ObjectPath, PublicLink, Receipt, Report};
use jiff::Timestamp;

use crate::bindings::{exports, wit};
use crate::limits::{FACT_BYTES, FACTS, LINK_BYTES, PAUSE, RECEIPT_BYTES, TEXT_BYTES};
use crate::text::{Redactor, cut, escape};

/// The guest's failure, with its text made fit to be shown.
pub(crate) fn failure(failure: wit::types::Failure, redactor: &Redactor) -> Failure {
    use wit::types::Failure as Wit;
    let clean = |text: String| match redactor.clean(text.trim(), TEXT_BYTES) {
        text if text.is_empty() => "the plugin did not say why".to_owned(),
        text => text,
    };
    match failure {
        Wit::Retry(text) => Failure::Retry(clean(text)),
        Wit::Wait(pause) => Failure::Wait {
            pause: Duration::from_millis(pause.milliseconds).min(PAUSE),
            reason: clean(pause.reason),
        },
        Wit::Blocked(text) => Failure::Blocked(clean(text)),
        Wit::Rejected(text) => Failure::Rejected(clean(text)),
        Wit::Unsupported(text) => Failure::Unsupported(clean(text)),
        Wit::Cancelled => Failure::Cancelled,
    }
}

/// The host's failure as a guest sees it.
pub(crate) fn wit_failure(failure: Failure) -> wit::types::Failure {
    use wit::types::Failure as Wit;
    match failure {
        Failure::Retry(text) | Failure::Faulted(text) => Wit::Retry(text),
        Failure::Wait { pause, reason } => Wit::Wait(wit::types::Pause {
            milliseconds: u64::try_from(pause.as_millis()).unwrap_or(u64::MAX),
            reason,
        }),
        Failure::Blocked(text) => Wit::Blocked(text),
        Failure::Rejected(text) => Wit::Rejected(text),
        Failure::Unsupported(text) => Wit::Unsupported(text),
        Failure::Cancelled => Wit::Cancelled,
    }
}

/// An object as the guest sees it.
pub(crate) fn wit_object(object: &Object) -> wit::types::Object {
    wit::types::Object {
        path: object.path.to_string(),
        size: object.size_bytes,
        modified: u64::try_from(object.modified.as_millisecond()).unwrap_or(0),
        media_type: object.media_type.clone(),
        attributes: object.attributes.clone(),
    }
}

/// A receipt, if it is short enough to be kept.
pub(crate) fn receipt(text: String) -> Result<Receipt, Failure> {
    if text.len() > RECEIPT_BYTES {
        let said = format!(
            "the plugin returned a receipt of {} bytes; at most {RECEIPT_BYTES} are kept",
            text.len()
        );
        return Err(Failure::Faulted(said));
    }
    Ok(Receipt(text))
}

/// What a probe found.
pub(crate) fn report(report: exports::target::Report, redactor: &Redactor) -> Report {
    Report { summary: redactor.clean(report.summary.trim(), TEXT_BYTES), facts: facts(report.facts) }
}

/// Attributes within bounds; what is beyond them is left out.
pub(crate) fn facts(facts: Attributes) -> Attributes {
    let fits = |(name, value): &(String, String)| name.len() <= FACT_BYTES && value.len() <= FACT_BYTES;
    facts.into_iter().filter(fits).take(FACTS).map(|(name, value)| (escape(&name), escape(&value))).collect()
}

/// One entry of a catalog, `None` if its path cannot be a path.
pub(crate) fn entry(entry: wit::catalog::Entry) -> Option<Entry> {
    Some(Entry {
        path: ObjectPath::new(&entry.path).ok()?,
        size_bytes: entry.size,
        receipt: entry.receipt.filter(|text| text.len() <= RECEIPT_BYTES).map(Receipt),
        facts: facts(entry.facts),
    })
}

/// A link that a visitor can open.
pub(crate) fn link(link: exports::links::Link) -> Result<PublicLink, Failure> {
    let scheme = url::Url::parse(&link.url).ok().map(|url| url.scheme().to_owned());
    if link.url.len() > LINK_BYTES || !matches!(scheme.as_deref(), Some("http" | "https")) {
        let shown = escape(cut(&link.url, 200));
        return Err(Failure::Faulted(format!("the plugin returned `{shown}`, which is no web address")));
    }
    Ok(PublicLink { url: link.url, expires: link.expires_at.and_then(unix_time) })
}

/// Unix time in milliseconds; a link that ends beyond what can be written down does not end.
fn unix_time(milliseconds: u64) -> Option<Timestamp> {
    Timestamp::from_millisecond(i64::try_from(milliseconds).ok()?).ok()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_endless_pause_is_an_hour() {
        let pause = wit::types::Pause { milliseconds: u64::MAX, reason: "busy".into() };
        let failure = failure(wit::types::Failure::Wait(pause), &Redactor::default());
        assert_eq!(failure, Failure::Wait { pause: PAUSE, reason: "busy".into() });
    }

    #[test]
    fn a_link_that_runs_code_is_no_link() {
        let of = |url: &str| link(exports::links::Link { url: url.into(), expires_at: Some(5_000) });
        assert!(of("javascript:alert(1)").is_err());
        assert!(of(&format!("https://a.example/{}", "x".repeat(LINK_BYTES))).is_err());
        assert_eq!(of("https://a.example/x").unwrap().expires, Some(Timestamp::from_second(5).unwrap()));
    }

    #[test]
    fn a_link_without_a_real_end_does_not_end() {
        assert_eq!(unix_time(u64::MAX), None);
    }

    #[test]
    fn a_receipt_that_is_too_long_is_the_plugins_fault() {
        assert!(matches!(receipt("x".repeat(1025)), Err(Failure::Faulted(_))));
        assert!(receipt("x".repeat(1024)).is_ok());
    }

    #[test]
    fn facts_are_bounded() {
        let many = (0..100).map(|n| (n.to_string(), "x".repeat(n * 100))).collect();
        assert!(facts(many).len() <= 11);
    }
}
