//! Where log lines go: to the terminal (or journal) and into `<data>/log/`, rotated every day.

use std::path::{Path, PathBuf};

use tracing::Level;
use tracing_appender::non_blocking::{NonBlockingBuilder, WorkerGuard};
use tracing_appender::rolling::{InitError, RollingFileAppender, Rotation};
use tracing_subscriber::filter::{EnvFilter, FilterExt as _, FilterFn, LevelFilter, filter_fn};
use tracing_subscriber::fmt;
use tracing_subscriber::layer::SubscriberExt as _;
use tracing_subscriber::util::SubscriberInitExt as _;
use tracing_subscriber::{Layer, registry::LookupSpan};

use crate::private_file;
use crate::show::Style;

/// Days that are kept.
const FILES: usize = 14;
/// Lines that wait for a slow disk before further ones are dropped.
const WAITING_LINES: usize = 4_096;
/// What the lines that rclone itself wrote are marked with.
const RCLONE: &str = "rclone";

/// Keeps the log files open; dropping it writes what waits.
#[must_use]
pub struct Logs(#[expect(dead_code, reason = "held for its drop")] Vec<WorkerGuard>);

/// Why nothing could be logged into files.
#[derive(Debug, thiserror::Error)]
pub enum LogError {
    #[error("the log folder `{}` cannot be used: {}; make it writable or set `data` to another folder",
        .0.display(), crate::text::io_words(.1))]
    Folder(PathBuf, std::io::Error),
    #[error("no log file can be written in `{}`; make it writable or set `data` to another folder", .0.display())]
    File(PathBuf, #[source] InitError),
}

/// How much goes to the terminal when the environment does not say.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Terminal {
    /// What a service tells.
    Service,
    /// What goes wrong beside a command.
    Command,
    /// Nothing: the command itself shows what happens.
    Quiet,
}

/// Logs to the terminal only.
pub fn to_terminal(terminal: Terminal) {
    tracing_subscriber::registry().with(terminal_layer(terminal)).init();
}

/// Logs to the terminal and into files below the data folder.
pub fn to_files(terminal: Terminal, data: &Path) -> Result<Logs, LogError> {
    let folder = data.join("log");
    private_file::folder(&folder).map_err(|error| LogError::Folder(folder.clone(), error))?;
    let (own, own_guard) = file(&folder, "boothsync")?;
    let (rclone, rclone_guard) = file(&folder, RCLONE)?;
    let level = wanted("info");
    tracing_subscriber::registry()
        .with(terminal_layer(terminal))
        .with(file_layer(own).with_filter(level.and(all_but_rclone())))
        .with(file_layer(rclone).with_filter(only_rclone()))
        .init();
    Ok(Logs(vec![own_guard, rclone_guard]))
}

fn terminal_layer<S>(terminal: Terminal) -> impl Layer<S>
where
    S: tracing::Subscriber + for<'a> LookupSpan<'a>,
{
    let default = match terminal {
        Terminal::Service => "info",
        Terminal::Command => "warn",
        Terminal::Quiet => "off",
    };
    let layer = fmt::layer().compact().with_writer(std::io::stderr).with_target(false);
    layer
        .with_ansi(Style::of(&std::io::stderr()).colours())
        .with_filter(wanted(default).and(all_but_rclone()))
}

/// What `BOOTHSYNC_LOG`, else `RUST_LOG`, else `default` asks for.
fn wanted(default: &str) -> EnvFilter {
    let asked = ["BOOTHSYNC_LOG", "RUST_LOG"].iter().find_map(|name| std::env::var(name).ok());
    let asked = asked.filter(|text| !text.trim().is_empty()).unwrap_or_else(|| default.into());
    // Compilers and HTTP libraries tell nothing that an operator needs.
    let text = format!("wasmtime=warn,cranelift=warn,hyper=warn,hyper_util=warn,reqwest=warn,{asked}");
    EnvFilter::builder().with_default_directive(LevelFilter::INFO.into()).parse_lossy(text)
}

type FileWriter = tracing_appender::non_blocking::NonBlocking;

fn file(folder: &Path, name: &str) -> Result<(FileWriter, WorkerGuard), LogError> {
    let appender = RollingFileAppender::builder()
        .rotation(Rotation::DAILY)
        .filename_prefix(name)
        .filename_suffix("log")
        .latest_symlink(format!("{name}.log"))
        .max_log_files(FILES)
        .build(folder)
        .map_err(|error| LogError::File(folder.into(), error))?;
    Ok(NonBlockingBuilder::default().buffered_lines_limit(WAITING_LINES).finish(appender))
}

fn file_layer<S>(
    writer: FileWriter,
) -> fmt::Layer<S, fmt::format::DefaultFields, fmt::format::Format, FileWriter>
where
    S: tracing::Subscriber + for<'a> LookupSpan<'a>,
{
    fmt::layer().with_ansi(false).with_writer(writer)
}

/// What matters of rclone's own lines is said by us, in context.
fn all_but_rclone() -> FilterFn {
    filter_fn(|line| line.target() != RCLONE)
}

/// rclone's own lines, as many as its `log_level` lets through.
fn only_rclone() -> FilterFn {
    filter_fn(|line| line.target() == RCLONE && *line.level() <= Level::DEBUG)
}
