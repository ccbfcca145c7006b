//! Which headers pass in either direction.

use engine::Failure;
use http::{HeaderMap, HeaderName, HeaderValue};

use crate::limits::{HEADER_BYTES, HEADERS, REPLY_HEADERS};
use crate::text::{cut, escape};

/// What belongs to the connection and the body's length is the host's business.
const HOSTS_OWN: &[&str] = &[
    "connection",
    "content-length",
    "expect",
    "host",
    "http2-settings",
    "keep-alive",
    "proxy-authenticate",
    "proxy-authorization",
    "proxy-connection",
    "te",
    "trailer",
    "transfer-encoding",
    "upgrade",
];

/// A guest's headers, or why they cannot be sent.
pub(super) fn check(headers: &[(String, String)]) -> Result<HeaderMap, Failure> {
    let bytes: usize = headers.iter().map(|(name, value)| name.len() + value.len()).sum();
    if headers.len() > HEADERS || bytes > HEADER_BYTES {
        return Err(Failure::Rejected(format!("a request has at most {HEADERS} headers of 32 KiB in all")));
    }
    let mut map = HeaderMap::with_capacity(headers.len() + 2);
    for (name, value) in headers {
        let (name, value) = parse(name, value)?;
        map.append(name, value);
    }
    Ok(map)
}

fn parse(name: &str, value: &str) -> Result<(HeaderName, HeaderValue), Failure> {
    let refuse = |why: &str| Failure::Blocked(format!("the header `{}` {why}", escape(cut(name, 60))));
    let parsed = HeaderName::from_bytes(name.as_bytes()).map_err(|_| refuse("has no valid name"))?;
    if HOSTS_OWN.contains(&parsed.as_str()) {
        return Err(refuse("is set by the host, a plugin cannot send it"));
    }
    let value = HeaderValue::from_str(value).map_err(|_| refuse("has a value that cannot be sent"))?;
    Ok((parsed, value))
}

/// An answer's headers as a guest sees them.
pub(super) fn of_reply(headers: &HeaderMap) -> Vec<(String, String)> {
    let passes = |(name, _): &(&HeaderName, &HeaderValue)| {
        name.as_str() == "content-length" || !HOSTS_OWN.contains(&name.as_str())
    };
    let text = |(name, value): (&HeaderName, &HeaderValue)| {
        (name.as_str().to_owned(), String::from_utf8_lossy(value.as_bytes()).into_owned())
    };
    headers.iter().filter(passes).take(REPLY_HEADERS).map(text).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    fn one(name: &str, value: &str) -> Result<HeaderMap, Failure> {
        check(&[(name.to_owned(), value.to_owned())])
    }

    #[test]
    fn a_guest_cannot_reshape_the_request() {
        for name in
            ["Host", "content-length", "Transfer-Encoding", "Proxy-Authorization", "a b", "x\r\ny", ""]
        {
            assert!(matches!(one(name, "1"), Err(Failure::Blocked(_))), "{name:?}");
        }
        assert!(one("x", "a\r\nHost: evil").is_err());
        assert!(one("Authorization", "Bearer x").is_ok());
    }

    #[test]
    fn headers_are_bounded() {
        assert!(one("x", &"y".repeat(HEADER_BYTES)).is_err());
        let many = vec![("a".to_owned(), "b".to_owned()); HEADERS + 1];
        assert!(check(&many).is_err());
    }
}
