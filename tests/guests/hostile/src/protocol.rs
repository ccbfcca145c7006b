//! Speaks HTTP so that somebody else misunderstands it, or listens to one who does.

use crate::boothsync::plugin::http::{self, Chunk, Request, Span};
use crate::boothsync::plugin::types::Failure;
use crate::{Answer, Order};

pub fn injects_a_header(order: &Order) -> Answer {
    with_headers(order, &[("x-note", "a\r\nX-Admin: yes\r\n\r\nGET /evil HTTP/1.1")])
}

/// Each by itself; tells which was let through.
pub fn sends_headers_of_the_host(order: &Order) -> Answer {
    let names = [
        "Host",
        "transfer-encoding",
        "Connection",
        "Upgrade",
        "TE",
        "Trailer",
        "Expect",
        "Proxy-Authorization",
        "Keep-Alive",
        "x y",
        "x\r\ny",
        "",
        ":authority",
    ];
    let mut passed = Vec::new();
    let mut last = None;
    for name in names {
        match with_headers(order, &[(name, "chunked")]) {
            Ok(_) => passed.push(name),
            Err(failure) => last = Some(failure),
        }
    }
    match last {
        Some(failure) if passed.is_empty() => Err(failure),
        _ => Ok(passed.join(" ")),
    }
}

pub fn sends_two_lengths(order: &Order) -> Answer {
    with_headers(order, &[("Content-Length", "5"), ("content-length", "500")])
}

pub fn sends_ten_thousand_headers(order: &Order) -> Answer {
    with_headers(order, &[("x", "y"); 10_000])
}

pub fn reads_ten_thousand_headers(order: &Order) -> Answer {
    ask(order.text("url"))
}

pub fn reads_two_lengths(order: &Order) -> Answer {
    ask(order.text("url"))
}

pub fn reads_a_short_body(order: &Order) -> Answer {
    ask(order.text("url"))
}

pub fn reads_an_endless_body(order: &Order) -> Answer {
    ask(order.text("url"))
}

pub fn reads_a_bomb(order: &Order) -> Answer {
    ask(order.text("url"))
}

pub fn waits_for_a_dribbled_head(order: &Order) -> Answer {
    ask(order.text("url"))
}

pub fn waits_for_a_dribbled_body(order: &Order) -> Answer {
    ask(order.text("url"))
}

pub fn uploads_to_one_who_does_not_read(order: &Order) -> Answer {
    upload(order)
}

/// The server answers at once, and the call is over while the host still sends.
pub fn leaves_before_its_upload_is_whole(order: &Order) -> Answer {
    upload(order)
}

pub fn asks_a_server_with_anothers_certificate(order: &Order) -> Answer {
    ask(order.text("url"))
}

/// Status and length of an answer, none of which is kept.
pub fn ask(url: &str) -> Answer {
    let response = http::send(&get(url))?;
    let mut length = 0;
    loop {
        let part = response.read(1 << 20)?;
        if part.is_empty() {
            return Ok(format!("{} {length}", response.status()));
        }
        length += part.len();
    }
}

pub fn get(url: &str) -> Request<'static> {
    Request { method: "GET".into(), url: url.into(), headers: vec![], body: vec![] }
}

fn with_headers(order: &Order, headers: &[(&str, &str)]) -> Answer {
    let headers = headers.iter().map(|(name, value)| ((*name).to_owned(), (*value).to_owned())).collect();
    let body = vec![Chunk::Bytes(b"hello".to_vec())];
    let request = Request { method: "POST".into(), url: order.text("url").into(), headers, body };
    http::send(&request).map(|response| response.status().to_string())
}

fn upload(order: &Order) -> Answer {
    let blob = order.blob.ok_or(Failure::Unsupported("needs an object".into()))?;
    let body = vec![Chunk::File(Span { blob, offset: 0, length: blob.size() })];
    let request = Request { method: "PUT".into(), url: order.text("url").into(), headers: vec![], body };
    http::send(&request).map(|response| response.status().to_string())
}
