//! Everything that a limit must end.

use std::time::Duration;

use crate::boothsync::plugin::types::Failure;
use crate::boothsync::plugin::{http, job, log, secrets};
use crate::Order;

pub fn act(verb: &str, order: &Order) -> Result<String, Failure> {
    match verb {
        "bad-loop" => loop {
            std::hint::black_box(0);
        },
        "bad-busy-progress" => loop {
            job::progress(1, 2)?;
        },
        "bad-sleep" => std::thread::sleep(Duration::from_secs(order.number("seconds"))),
        "bad-allocate" => allocate(),
        "bad-panic" => panic!("at the disco {}", "x".repeat(order.number("size") as usize)),
        "bad-panic-with-secret" => panic!("password is {}", secrets::get("token").unwrap_or_default()),
        "bad-recursion" => return Ok(recurse(1).to_string()),
        "bad-exit" => std::process::exit(3),
        "bad-receipt" => return Ok("x".repeat(order.number("size") as usize)),
        "bad-log-flood" => {
            (0..order.number("lines")).for_each(|n| log::write(log::Level::Warn, &format!("line {n}")))
        }
        "bad-long-line" => log::write(log::Level::Warn, &"x".repeat(order.number("size") as usize)),
        "bad-print-flood" => (0..order.number("lines")).for_each(|_| eprintln!("{}", "y".repeat(1000))),
        "bad-reread" => reread(order)?,
        "bad-handles" => return handles(order),
        "bad-socket" => {
            return Ok(format!("{:?}", std::net::TcpStream::connect(order.text("address")).map(|_| ())))
        }
        "bad-environment" => return Ok(look_around()),
        _ => return Err(Failure::Unsupported(format!("no verb {verb}"))),
    }
    Ok("done".into())
}

fn allocate() {
    let mut kept = Vec::new();
    loop {
        kept.push(std::hint::black_box(vec![1u8; 1 << 20]));
    }
}

fn recurse(n: u64) -> u64 {
    let page = std::hint::black_box([n; 64]);
    if n == 0 {
        0
    } else {
        recurse(n + 1) + page[(n % 64) as usize]
    }
}

/// Moves bytes for ever without getting anywhere.
fn reread(order: &Order) -> Result<(), Failure> {
    let Some(blob) = order.blob else { return Ok(()) };
    loop {
        blob.read(0, 1)?;
    }
}

/// Keeps every answer.
fn handles(order: &Order) -> Result<String, Failure> {
    let mut kept = Vec::new();
    for n in 0..order.number("count") {
        let request = http::Request {
            method: "GET".into(),
            url: order.text("url").into(),
            headers: vec![],
            body: vec![],
        };
        match http::send(&request) {
            Ok(response) => kept.push(response),
            Err(Failure::Retry(why)) => return Ok(format!("{n}: {why}")),
            Err(other) => return Err(other),
        }
    }
    Ok(format!("{} open", kept.len()))
}

fn look_around() -> String {
    let vars = std::env::vars().count();
    let args = std::env::args().count();
    let open = |path: &str| std::fs::File::open(path).map(|_| "opened").unwrap_or("nothing");
    let root = std::fs::read_dir("/").map(|_| "listed").unwrap_or("nothing");
    format!("vars {vars}, args {args}, /etc/passwd {}, / {root}", open("/etc/passwd"))
}
