//! Measures what the engine costs with many pictures: `scale <what> <count> <folder>` prints one line of
//! JSON. `cargo xtask bench` runs it, each measurement in a process of its own so that memory counts.
//!
//! `fill` makes a booth with `count` pictures in `folder`; the others measure it as it was left.

mod booth;
mod measure;
mod memory;
mod target;

use std::path::Path;
use std::process::ExitCode;

fn main() -> ExitCode {
    let arguments: Vec<String> = std::env::args().skip(1).collect();
    let [what, count, folder] = arguments.as_slice() else { return usage() };
    let Ok(count) = count.parse() else { return usage() };
    let runtime = tokio::runtime::Runtime::new().expect("a runtime can be made");
    match runtime.block_on(measure::run(what, count, Path::new(folder))) {
        Some(measured) => {
            println!("{measured}");
            ExitCode::SUCCESS
        }
        None => usage(),
    }
}

fn usage() -> ExitCode {
    eprintln!("usage: scale fill|rescan|start|dropped|queued <count> <folder>");
    ExitCode::from(2)
}
