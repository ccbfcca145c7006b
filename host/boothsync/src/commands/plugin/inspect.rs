//! `plugin inspect`: what a package asks for and can do. Nothing of it is run.

use std::path::PathBuf;

use anyhow::Result;
use serde_json::json;

use super::say;
use crate::cli::JsonArgs;
use crate::commands::print_json;
use crate::exit::Exit;
use crate::show::{self, Style};
use crate::wishes::{abilities, wishes};

/// `plugin inspect`.
#[derive(Debug, clap::Args)]
pub struct Args {
    /// The package
    pub file: PathBuf,
    #[command(flatten)]
    pub output: JsonArgs,
}

pub async fn run(args: &Args) -> Result<Exit> {
    let package = say::examine(&args.file, &say::read(&args.file)?)?;
    if args.output.json {
        let manifest = package.manifest();
        print_json(&json!({
            "digest": package.digest(),
            "size_bytes": package.size_bytes(),
            "manifest": manifest,
            "asks": wishes(manifest),
            "can": abilities(&package),
        }))?;
    } else {
        show::print(&say::whole(&package, Style::of(&std::io::stdout())))?;
    }
    Ok(Exit::Well)
}
