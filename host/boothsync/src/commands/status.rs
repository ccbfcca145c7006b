//! `status`: targets, queue, health.

use anyhow::Result;
use serde_json::json;

use super::print_json;
use crate::cli::JsonArgs;
use crate::config::Config;
use crate::control::Control;
use crate::desk;
use crate::exit::Exit;
use crate::installed::Shelf;
use crate::show::status::StatusDocument;
use crate::show::{self, Style};

pub async fn run(config: &Config, args: &JsonArgs) -> Result<Exit> {
    let service = Control::find(&config.data).await?;
    let document = match &service {
        Some(control) => control.get("/api/v1/status").await?,
        None => from_database(config).await?,
    };
    if args.json {
        print_json(&document)?;
    } else {
        show::print(&document.text(service.is_some(), Style::of(&std::io::stdout())))?;
    }
    Ok(Exit::well_if(document.is_well()))
}

/// As the last run left it.
async fn from_database(config: &Config) -> Result<StatusDocument> {
    // Nothing is looked up by placement here.
    let targets: Vec<_> = config.file.targets.iter().map(|target| target.settings(String::new())).collect();
    let status = engine::handle::offline_status(&config.data, &targets).await?;
    // A lock that cannot be read is `check`'s business.
    let plugins = desk::of_lock(config, &Shelf::of(&config.data).lock().unwrap_or_default());
    let version = env!("CARGO_PKG_VERSION").into();
    Ok(StatusDocument { version, status, rclone: json!({"state": "off"}), plugins })
}
