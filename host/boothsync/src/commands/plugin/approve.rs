//! `plugin approve`: shows what is granted, asks, and grants it to that very file.

use std::io::{self, BufRead as _, IsTerminal as _, Write as _};
use std::sync::Arc;

use anyhow::{Result, bail};
use sandbox::Package;
use serde_json::json;

use super::say;
use crate::booth::sandbox;
use crate::bundled;
use crate::cli::JsonArgs;
use crate::commands::print_json;
use crate::config::Config;
use crate::control::{Control, encode};
use crate::desk::{Approved, Desk, DeskError};
use crate::exit::{Exit, Unmet};
use crate::installed::Shelf;
use crate::show::Style;
use crate::wishes::wishes;

/// `plugin approve`.
#[derive(Debug, clap::Args)]
pub struct Args {
    /// The plugin
    pub name: String,
    /// Do not ask
    #[arg(long)]
    pub yes: bool,
    #[command(flatten)]
    pub output: JsonArgs,
}

pub async fn run(config: Config, args: &Args) -> Result<Exit> {
    let candidate = Candidate::of(&config, &args.name)?;
    eprint!("{}", candidate.text(Style::of(&io::stderr())));
    if candidate.granted {
        eprintln!("{} {} is approved already", args.name, candidate.version());
        return Ok(Exit::Well);
    }
    if !args.yes && !ask(&args.name)? {
        return Err(Unmet("nothing was approved".into()).into());
    }
    let digest = candidate.package.digest().to_owned();
    let approved: Approved = match Control::find(&config.data).await? {
        Some(control) => {
            let path = format!("/api/v1/plugins/{}/approve", encode(&args.name));
            control.post(&path, Some(&json!({"digest": digest}))).await?
        }
        None => {
            let sandbox = sandbox(&config).await?;
            Desk::new(Arc::new(config), sandbox).approve(&args.name, &digest).await?
        }
    };
    if args.output.json {
        print_json(&approved)?;
    } else {
        eprintln!("{}", said(&approved));
    }
    Ok(Exit::Well)
}

/// What would be approved.
struct Candidate {
    package: Package,
    /// The version that is used until then.
    before: Option<String>,
    /// It was approved before.
    granted: bool,
}

impl Candidate {
    fn of(config: &Config, name: &str) -> Result<Self, DeskError> {
        if bundled::find(name).is_some() {
            return Err(DeskError::Part(name.into()));
        }
        let shelf = Shelf::of(&config.data);
        let lock = shelf.lock()?;
        let locked = lock.plugins.get(name).ok_or_else(|| DeskError::not_installed(name, &lock))?;
        let (bytes, before) = match &locked.pending {
            Some(pending) => (shelf.pending(name, pending)?, Some(locked.version.clone())),
            None => (shelf.package(name, locked)?, None),
        };
        let granted = locked.granted.is_some() && before.is_none();
        Ok(Self { package: Package::examine(&bytes)?, before, granted })
    }

    fn version(&self) -> &str {
        &self.package.manifest().plugin.version
    }

    fn text(&self, style: Style) -> String {
        let mut text = say::about(&self.package, style);
        if let Some(before) = &self.before {
            text.push_str(&format!("It takes the place of {before}.\n"));
        }
        text + &say::wish_list("It may then", &wishes(self.package.manifest()))
    }
}

/// Asks a person.
fn ask(name: &str) -> Result<bool> {
    if !io::stdin().is_terminal() {
        bail!("nobody can be asked here: `boothsync plugin approve {name} --yes` approves without asking");
    }
    eprint!("Approve? [y/N] ");
    io::stderr().flush()?;
    let mut answer = String::new();
    io::stdin().lock().read_line(&mut answer)?;
    Ok(["y", "yes"].contains(&answer.trim().to_lowercase().as_str()))
}

fn said(approved: &Approved) -> String {
    let Approved { name, version, running, .. } = approved;
    match running.as_slice() {
        [] => format!(
            "{name} {version} is approved; what the configuration makes of it uses it from the next start on"
        ),
        users => format!("{name} {version} is approved and runs in {}", users.join(", ")),
    }
}
