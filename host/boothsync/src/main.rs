//! Boothsync: brings the pictures of a photo booth to where they are wanted, and gives each visitor a
//! link to theirs.
//!
//! This crate knows all others and is known by none: it reads the command line and the configuration,
//! wires engine, sandbox, rclone and HTTP surface together, and ends them in order.

mod booth;
mod bundled;
mod cli;
mod commands;
mod config;
mod conformance;
mod control;
mod desk;
mod exit;
mod installed;
mod logs;
mod named_plugins;
mod plugin_state;
mod plugins;
mod private_file;
mod rclone_check;
mod rclone_host;
mod secrets;
mod service;
mod show;
mod stops;
mod systemd;
mod targets;
mod text;
mod wired_page;
mod wired_target;
mod wishes;

use std::process::ExitCode;

use clap::Parser as _;

use crate::cli::Cli;
use crate::config::ConfigError;
use crate::exit::Exit;
use crate::show::Style;

/// Enough to keep transfers and answers apart; more would only cost memory.
const WORKER_THREADS: usize = 2;

fn main() -> ExitCode {
    let cli = Cli::parse();
    let runtime =
        tokio::runtime::Builder::new_multi_thread().worker_threads(WORKER_THREADS).enable_all().build();
    let outcome = match runtime {
        Ok(runtime) => {
            let outcome = runtime.block_on(commands::dispatch(cli));
            // What still blocks a thread here has had its time.
            runtime.shutdown_background();
            outcome
        }
        Err(error) => Err(anyhow::Error::new(error).context("the program's threads cannot be started")),
    };
    outcome.unwrap_or_else(|error| complain(&error)).into()
}

/// Says what is wrong, once, to people.
fn complain(error: &anyhow::Error) -> Exit {
    let style = Style::of(&std::io::stderr());
    let config = error.chain().find_map(|cause| cause.downcast_ref::<ConfigError>());
    match config {
        Some(config) => eprint!("{}", config.report(style.colours())),
        None => eprintln!("{}: {}", style.bad("error"), text::chain(error)),
    }
    Exit::of(error)
}
