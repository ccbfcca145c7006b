//! Answers what no host can want.

use crate::boothsync::plugin::catalog::{Entry, Writer};
use crate::boothsync::plugin::state;
use crate::boothsync::plugin::types::Failure;
use crate::{Answer, Order};

const PORTION: u64 = 1000;

pub fn returns_a_receipt_of_ten_megabytes(_: &Order) -> Answer {
    Ok("x".repeat(10 << 20))
}

pub fn finds_a_million_objects(order: &Order) -> Answer {
    let into = writer(order)?;
    for first in (0..1_000_000).step_by(PORTION as usize) {
        let portion: Vec<_> = (first..first + PORTION).map(|n| entry(format!("media/{n}.jpg"))).collect();
        into.add(&portion)?;
    }
    Ok("found".into())
}

pub fn finds_the_same_portion_for_ever(order: &Order) -> Answer {
    let into = writer(order)?;
    let portion: Vec<_> = (0..PORTION).map(|n| entry(format!("media/{n}.jpg"))).collect();
    loop {
        into.add(&portion)?;
    }
}

pub fn finds_objects_with_endless_facts(order: &Order) -> Answer {
    let into = writer(order)?;
    for n in 0.. {
        let facts = (0..64).map(|fact| (format!("fact-{fact}"), "x".repeat(1000))).collect();
        into.add(&[Entry { facts, ..entry(format!("media/{n}.jpg")) }])?;
    }
    Ok("found".into())
}

pub fn finds_names_that_lead_elsewhere(order: &Order) -> Answer {
    let names = [
        "../../etc/passwd",
        "a//b",
        "/etc/passwd",
        "a/./b",
        "a/../b",
        "..",
        "",
        "a\0b",
        "a/",
        // Not composed, so that it is another name for what is there already.
        "u\u{308}.jpg",
        // Shown as `exe.gpj`, which it is not. Legal, as a file's name is.
        "\u{202e}gpj.exe",
    ];
    let entries: Vec<_> = names.iter().map(|name| entry((*name).into())).collect();
    writer(order)?.add(&entries)?;
    Ok("found".into())
}

pub fn answers_in_broken_text(_: &Order) -> Answer {
    // SAFETY: none; the host is to notice.
    Ok(unsafe { String::from_utf8_unchecked(vec![b'o', 0xff, 0xfe, b'k']) })
}

pub fn answers_with_escape_sequences(_: &Order) -> Answer {
    Ok("\u{1b}]0;owned\u{7}\u{1b}[2Jall is well\r\nERROR nothing is \u{202e}llew\u{9b}31m".into())
}

pub fn keeps_the_hosts_own_values(_: &Order) -> Answer {
    let read = state::get("host/drive").is_some();
    match state::swap("host/drive", None, Some(b"mine")) {
        Err(Failure::Rejected(why)) => Ok(format!("read {read}, {why}")),
        other => Ok(format!("read {read}, {other:?}")),
    }
}

fn writer<'a>(order: &Order<'a>) -> Result<&'a Writer, Failure> {
    order.into.ok_or(Failure::Unsupported("needs a scan".into()))
}

fn entry(path: String) -> Entry {
    Entry { path, size: Some(3), receipt: None, facts: vec![] }
}
