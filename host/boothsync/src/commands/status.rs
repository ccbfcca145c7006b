//! `status`: targets, queue, health.

use anyhow::Result;
use serde_json::json;

use super::print_json;
use crate::cli::JsonArgs;
use crate::config::Config;
use crate::control::Control;
use crate::exit::Exit;
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
    Ok(StatusDocument { version: env!("CARGO_PKG_VERSION").into(), status, rclone: json!({"state": "off"}) })
}
