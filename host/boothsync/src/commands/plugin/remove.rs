//! `plugin remove`: takes a plugin away, unless the configuration still names it.

use std::sync::Arc;

use anyhow::Result;
use serde_json::json;

use crate::booth::sandbox;
use crate::cli::JsonArgs;
use crate::commands::print_json;
use crate::config::Config;
use crate::control::{Control, encode};
use crate::desk::{Desk, Removed};
use crate::exit::Exit;

/// `plugin remove`.
#[derive(Debug, clap::Args)]
pub struct Args {
    /// The plugin
    pub name: String,
    #[command(flatten)]
    pub output: JsonArgs,
}

pub async fn run(config: Config, args: &Args) -> Result<Exit> {
    let removed: Removed = match Control::find(&config.data).await? {
        Some(control) => {
            control.post(&format!("/api/v1/plugins/{}/remove", encode(&args.name)), Some(&json!({}))).await?
        }
        None => {
            let sandbox = sandbox(&config).await?;
            Desk::new(Arc::new(config), sandbox).remove(&args.name).await?
        }
    };
    if args.output.json {
        print_json(&removed)?;
    } else {
        eprint!("{}", text(&removed));
    }
    Ok(Exit::Well)
}

fn text(removed: &Removed) -> String {
    let Removed { name, version, left_secrets } = removed;
    let mut text = format!("{name} {version} is removed, and with it what it was granted\n");
    if !left_secrets.is_empty() {
        let targets: Vec<String> = left_secrets.iter().map(|target| format!("`{target}`")).collect();
        text.push_str(&format!(
            "kept: the secrets and notes of {}, which the configuration does not have any more; a target of that name gets them again\n",
            targets.join(", ")
        ));
    }
    text
}
