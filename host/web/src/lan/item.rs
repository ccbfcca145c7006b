//! One item: whole or a range of it, never by a path of the machine.

use std::io;
use std::ops::RangeInclusive;
use std::sync::Arc;

use axum::body::{Body, Bytes};
use axum::extract::{Path, State};
use axum::http::{HeaderMap, HeaderValue, Method, StatusCode, header};
use axum::response::{IntoResponse, Response};
use engine::{Blob, LanItem, MediaKey};
use futures_util::stream::{self, Stream};

use super::{nothing_here, plain};
use crate::booth::Booth;

/// Bytes that are read of a file at a time.
const PORTION_BYTES: u64 = 256 << 10;
/// Players ask for a video in pieces; an item hardly ever changes.
const KEEP: &str = "private, max-age=600";

pub(super) async fn get(
    State(booth): State<Arc<dyn Booth>>,
    Path((token, _name)): Path<(String, String)>,
    method: Method,
    headers: HeaderMap,
) -> Response {
    match booth.lan_item(&token).await {
        Ok(Some(LanItem::Here { key, content })) => answer(&key, content, &method, &headers),
        Ok(Some(LanItem::Gone)) => plain(StatusCode::GONE, "this picture is not shared any more"),
        Ok(None) => nothing_here(),
        Err(error) => {
            tracing::error!(error = &error as &dyn std::error::Error, "a picture cannot be served: {error}");
            plain(StatusCode::INTERNAL_SERVER_ERROR, "the picture cannot be read")
        }
    }
}

fn answer(key: &MediaKey, content: Arc<Blob>, method: &Method, headers: &HeaderMap) -> Response {
    let tag = entity_tag(&content);
    if matches(headers, &header::IF_NONE_MATCH, &tag) {
        return (StatusCode::NOT_MODIFIED, [(header::ETAG, tag)]).into_response();
    }
    let size = content.size_bytes();
    let (status, range) = match wanted(headers, &tag, size) {
        Wanted::All => (StatusCode::OK, 0..=size.wrapping_sub(1)),
        Wanted::Part(range) => (StatusCode::PARTIAL_CONTENT, range),
        Wanted::Nothing => {
            let of = [(header::CONTENT_RANGE, format!("bytes */{size}"))];
            return (of, plain(StatusCode::RANGE_NOT_SATISFIABLE, "the picture is shorter")).into_response();
        }
    };
    let length = if size == 0 { 0 } else { range.end() - range.start() + 1 };
    let mut response = Response::builder()
        .status(status)
        .header(header::CONTENT_TYPE, engine::naming::media_type(key))
        .header(header::CONTENT_LENGTH, length)
        .header(header::ACCEPT_RANGES, "bytes")
        .header(header::CACHE_CONTROL, KEEP)
        .header(header::ETAG, tag);
    if status == StatusCode::PARTIAL_CONTENT {
        let of = format!("bytes {}-{}/{size}", range.start(), range.end());
        response = response.header(header::CONTENT_RANGE, of);
    }
    let body = if method == Method::HEAD {
        Body::empty()
    } else {
        Body::from_stream(read(content, *range.start(), length))
    };
    response.body(body).expect("every header is made of plain text")
}

/// Changes with the file, and tells nothing of where it lies.
fn entity_tag(content: &Blob) -> HeaderValue {
    let identity = content.identity();
    let tag = format!("\"{:x}-{:x}\"", identity.size_bytes, identity.mtime_ns);
    HeaderValue::try_from(tag).expect("hexadecimal digits in quotes")
}

fn matches(headers: &HeaderMap, name: &header::HeaderName, tag: &HeaderValue) -> bool {
    let Some(asked) = headers.get(name).and_then(|value| value.to_str().ok()) else { return false };
    let tag = tag.to_str().unwrap_or_default();
    asked.split(',').map(str::trim).any(|one| one == "*" || one.trim_start_matches("W/") == tag)
}

#[derive(Debug, PartialEq, Eq)]
enum Wanted {
    All,
    Part(RangeInclusive<u64>),
    /// Of what lies behind the end.
    Nothing,
}

/// What the request asks for. Several ranges at once are answered with everything, as is allowed.
fn wanted(headers: &HeaderMap, tag: &HeaderValue, size: u64) -> Wanted {
    let Some(asked) = headers.get(header::RANGE).and_then(|value| value.to_str().ok()) else {
        return Wanted::All;
    };
    if headers.contains_key(header::IF_RANGE) && headers.get(header::IF_RANGE) != Some(tag) {
        return Wanted::All;
    }
    let Ok(parsed) = http_range_header::parse_range_header(asked) else { return Wanted::All };
    match parsed.validate(size) {
        Ok(ranges) => match ranges.as_slice() {
            [one] => Wanted::Part(one.clone()),
            _ => Wanted::All,
        },
        Err(_) => Wanted::Nothing,
    }
}

/// The bytes from `start` on, `length` of them. A file that became shorter cuts the answer off.
fn read(content: Arc<Blob>, start: u64, length: u64) -> impl Stream<Item = io::Result<Bytes>> {
    stream::try_unfold((start, length), move |(at, left)| {
        let content = Arc::clone(&content);
        async move {
            if left == 0 {
                return Ok(None);
            }
            let portion = usize::try_from(left.min(PORTION_BYTES)).unwrap_or(usize::MAX);
            let bytes = tokio::task::spawn_blocking(move || content.read_at(at, portion)).await??;
            if bytes.is_empty() {
                return Err(io::ErrorKind::UnexpectedEof.into());
            }
            let count = bytes.len() as u64;
            Ok(Some((Bytes::from(bytes), (at + count, left - count))))
        }
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    fn asked(name: header::HeaderName, value: &str) -> HeaderMap {
        HeaderMap::from_iter([(name, value.parse().unwrap())])
    }

    fn of(range: &str) -> Wanted {
        wanted(&asked(header::RANGE, range), &HeaderValue::from_static("\"a\""), 100)
    }

    #[test]
    fn ranges_are_what_players_ask_for() {
        assert_eq!(of("bytes=0-"), Wanted::Part(0..=99));
        assert_eq!(of("bytes=10-19"), Wanted::Part(10..=19));
        assert_eq!(of("bytes=-5"), Wanted::Part(95..=99));
        assert_eq!(of("bytes=90-1000"), Wanted::Part(90..=99));
        assert_eq!(of("bytes=100-"), Wanted::Nothing);
        assert_eq!(of("bytes=1-2,4-5"), Wanted::All);
        assert_eq!(of("pages=1-2"), Wanted::All);
    }

    #[test]
    fn a_range_of_what_has_changed_since_is_everything() {
        let tag = HeaderValue::from_static("\"a\"");
        let mut headers = asked(header::RANGE, "bytes=0-1");
        headers.insert(header::IF_RANGE, tag.clone());
        assert_eq!(wanted(&headers, &tag, 100), Wanted::Part(0..=1));
        assert_eq!(wanted(&headers, &HeaderValue::from_static("\"b\""), 100), Wanted::All);
    }

    #[test]
    fn what_the_phone_has_is_not_sent_again() {
        let tag = HeaderValue::from_static("\"a\"");
        for has in ["\"a\"", "W/\"a\"", "\"x\", \"a\"", "*"] {
            assert!(matches(&asked(header::IF_NONE_MATCH, has), &header::IF_NONE_MATCH, &tag), "{has}");
        }
        assert!(!matches(&asked(header::IF_NONE_MATCH, "\"b\""), &header::IF_NONE_MATCH, &tag));
    }
}
