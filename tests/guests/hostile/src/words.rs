//! Says too much.

use crate::boothsync::plugin::types::Failure;
use crate::boothsync::plugin::{log, secrets};
use crate::{Answer, Order};

const LINES: usize = 20_000;

pub fn floods_the_log(_: &Order) -> Answer {
    (0..LINES).for_each(|n| log::write(log::Level::Warn, &format!("line {n}")));
    Ok("done".into())
}

pub fn floods_standard_error(_: &Order) -> Answer {
    let line = "y".repeat(1000);
    (0..LINES).for_each(|_| eprintln!("{line}"));
    Ok("done".into())
}

pub fn writes_a_line_of_a_megabyte(_: &Order) -> Answer {
    let line = "z".repeat(1 << 20);
    log::write(log::Level::Warn, &line);
    println!("{line}");
    Ok("done".into())
}

pub fn writes_escape_sequences(_: &Order) -> Answer {
    let line = "up\u{1b}[2Jload\nERROR boothsync: all pictures are gone\u{202e}\u{9b}31m";
    log::write(log::Level::Info, line);
    eprintln!("{line}");
    Ok("done".into())
}

/// In every form that it knows, and where a line is cut.
pub fn prints_its_secret(_: &Order) -> Answer {
    let secret = secret();
    for line in [secret.clone(), format!("{}{secret}", "x".repeat(4090)), format!("a=1&token={secret}&b=2")] {
        log::write(log::Level::Error, &line);
        println!("{line}");
        eprint!("{line}");
    }
    eprintln!();
    Ok("done".into())
}

pub fn panics_with_a_megabyte(_: &Order) -> Answer {
    panic!("my secret is {} {}", secret(), "p".repeat(1 << 20));
}

pub fn fails_with_its_secret(_: &Order) -> Answer {
    Err(Failure::Retry(format!("could not log in as {}\u{1b}[2J", secret())))
}

fn secret() -> String {
    secrets::get("token").unwrap_or_default()
}
