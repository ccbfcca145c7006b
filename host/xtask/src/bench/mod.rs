//! `cargo xtask bench`: what the program costs, as ratios to rclone alone, measured side by side in one
//! run on this machine. Nothing here is a test: the figures are as good as the machine is quiet.

mod booth;
mod burst;
mod figure;
mod idle;
mod isolation;
mod own_share;
mod scale;

use std::process::ExitCode;

use anyhow::Result;

use crate::tools::{self, Profile};
use crate::{places, plugins, step};
use figure::Figure;

/// Options of `cargo xtask bench`.
#[derive(Debug, clap::Args)]
pub struct Options {
    /// How many pictures go over the long line
    #[arg(long, default_value_t = 1000, value_name = "N")]
    pictures: usize,
    /// Measures only what many pictures cost the engine
    #[arg(long)]
    scale: bool,
}

/// Size of every picture, in bytes.
const PICTURE_BYTES: usize = 200_000;

/// Measures everything, prints a table and writes `target/bench.json`. Fails only when it cannot measure.
pub fn run(options: &Options) -> Result<ExitCode> {
    if options.scale {
        return tell(&scale::measure()?);
    }
    plugins::build(places::root())?;
    let boothsync = tools::boothsync(Profile::Release)?;
    let rclone = tools::rclone(&boothsync)?;
    step::say("measuring memory and start");
    let mut figures = idle::measure(&boothsync, &rclone)?;
    step::say("measuring the program's own share");
    figures.extend(own_share::measure(&boothsync, &rclone)?);
    step::say("measuring whether a server that hangs delays other targets");
    figures.extend(isolation::measure(&boothsync, &rclone)?);
    step::say(&format!("measuring {} pictures over a long line, five times", options.pictures));
    figures.extend(burst::measure(&boothsync, &rclone, options.pictures)?);
    figures.extend(scale::measure()?);
    tell(&figures)
}

fn tell(figures: &[Figure]) -> Result<ExitCode> {
    keep(figures)?;
    println!("{}", figure::table(figures));
    Ok(ExitCode::SUCCESS)
}

fn keep(figures: &[Figure]) -> Result<()> {
    let processors = std::thread::available_parallelism().map_or(1, usize::from);
    let document = serde_json::json!({ "processors": processors, "figures": figures });
    let file = places::root().join("target/bench.json");
    std::fs::write(&file, serde_json::to_string_pretty(&document)? + "\n")?;
    step::say(&format!("written to {}", file.display()));
    Ok(())
}

/// Bytes that no two pictures share and that cannot be compressed.
fn noise(seed: u64, length: usize) -> Vec<u8> {
    let mut chance = crate::media::Chance::new(seed);
    let mut bytes: Vec<u8> = (0..length.div_ceil(8)).flat_map(|_| chance.bits().to_le_bytes()).collect();
    bytes.truncate(length);
    bytes
}
