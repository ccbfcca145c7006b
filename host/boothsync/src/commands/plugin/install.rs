//! `plugin install`: takes a package in, by the running service or else alone.

use std::path::PathBuf;
use std::sync::Arc;

use anyhow::{Context as _, Result};

use super::say;
use crate::booth::sandbox;
use crate::cli::JsonArgs;
use crate::commands::print_json;
use crate::config::Config;
use crate::control::Control;
use crate::desk::{Desk, Outcome, Taken};
use crate::exit::Exit;
use crate::private_file;

/// `plugin install`.
#[derive(Debug, clap::Args)]
pub struct Args {
    /// The package
    pub file: PathBuf,
    #[command(flatten)]
    pub output: JsonArgs,
}

pub async fn run(config: Config, args: &Args) -> Result<Exit> {
    let bytes = say::read(&args.file)?;
    say::examine(&args.file, &bytes)?;
    let taken: Taken = match Control::find(&config.data).await? {
        Some(control) => control.post_bytes("/api/v1/plugins", bytes).await?,
        None => alone(config, bytes).await?,
    };
    if args.output.json {
        print_json(&taken)?;
    } else {
        eprint!("{}", text(&taken));
    }
    Ok(Exit::Well)
}

async fn alone(config: Config, bytes: Vec<u8>) -> Result<Taken> {
    private_file::folder(&config.data).context("the data folder cannot be made")?;
    let sandbox = sandbox(&config).await?;
    Ok(Desk::new(Arc::new(config), sandbox).install(bytes.into()).await?)
}

fn text(taken: &Taken) -> String {
    let Taken { name, version, before, wishes, running, .. } = taken;
    let instead = before.as_ref().map(|before| format!(" instead of {before}")).unwrap_or_default();
    match taken.outcome {
        Outcome::Installed => format!(
            "{name} {version} is installed{instead}, and may do nothing yet\n{}it runs after `boothsync plugin approve {name}`\n",
            say::wish_list("it asks to", wishes)
        ),
        Outcome::Unchanged => format!(
            "{name} {version} was installed already; its file is written once more, and a service that had to do without it uses it after a restart\n"
        ),
        Outcome::Updated if running.is_empty() => {
            format!("{name} {version} is installed{instead}; it asks for no more than was approved\n")
        }
        Outcome::Updated => format!(
            "{name} {version} is installed{instead} and runs in {}; it asks for no more than was approved\n",
            running.join(", ")
        ),
        Outcome::Waiting => {
            let old = before.as_deref().unwrap_or("the approved one");
            format!(
                "{name} {version} waits, and {old} goes on: it asks for more than was approved\n{}it takes over after `boothsync plugin approve {name}`\n",
                say::wish_list("beyond that it asks to", wishes)
            )
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::wishes::Wish;

    fn taken(outcome: Outcome) -> Taken {
        Taken {
            name: "acme".into(),
            version: "1.1.0".into(),
            digest: String::new(),
            outcome,
            before: Some("1.0.0".into()),
            wishes: vec![Wish { what: "talk to https://a.example".into(), reason: "It uploads.".into() }],
            running: vec!["target `cloud`".into()],
        }
    }

    #[test]
    fn what_has_to_be_done_next_is_said() {
        insta::assert_snapshot!(text(&taken(Outcome::Installed)), @r"
        acme 1.1.0 is installed instead of 1.0.0, and may do nothing yet
        it asks to:
          - talk to https://a.example
            it says: It uploads.
        it runs after `boothsync plugin approve acme`
        ");
        insta::assert_snapshot!(text(&taken(Outcome::Waiting)), @r"
        acme 1.1.0 waits, and 1.0.0 goes on: it asks for more than was approved
        beyond that it asks to:
          - talk to https://a.example
            it says: It uploads.
        it takes over after `boothsync plugin approve acme`
        ");
        insta::assert_snapshot!(text(&taken(Outcome::Updated)), @"acme 1.1.0 is installed instead of 1.0.0 and runs in target `cloud`; it asks for no more than was approved");
    }
}
