//! `cargo xtask`: everything around building that cargo itself does not do.

mod apt;
mod bench;
mod debian;
mod demo;
mod http;
mod media;
mod places;
mod plugins;
mod servers;
mod service_log;
mod soak;
mod step;
mod test;
mod tools;
mod wasm_env;

use std::process::ExitCode;

use clap::{Parser, Subcommand};

#[derive(Parser)]
#[command(name = "cargo xtask", about = "Builds what cargo alone does not")]
struct Arguments {
    #[command(subcommand)]
    task: Task,
}

#[derive(Subcommand)]
enum Task {
    /// Watch pictures travel from a booth to a real server
    Demo(demo::Options),
    /// Run every test, after setting up what it needs without touching the system
    Test(test::Options),
    /// Measure what the program costs, against rclone alone, on this machine
    Bench(bench::Options),
    /// Kill the program again and again while a booth works, and see that nothing is lost
    Soak(soak::Options),
    /// Build the bundled plugins and pack each with its manifest into plugins/dist/<name>.wasm
    Plugins(plugins::Options),
    /// Print what makes cargo build for wasm32-wasip2 here: eval "$(cargo xtask wasm-env)"
    WasmEnv(wasm_env::Options),
}

fn main() -> ExitCode {
    let done = match Arguments::parse().task {
        Task::Demo(options) => demo::run(&options),
        Task::Test(options) => test::run(&options),
        Task::Bench(options) => bench::run(&options),
        Task::Soak(options) => soak::run(&options),
        Task::Plugins(options) => plugins::run(&options),
        Task::WasmEnv(options) => wasm_env::run(&options),
    };
    done.unwrap_or_else(|error| {
        step::failed(&error);
        ExitCode::FAILURE
    })
}
