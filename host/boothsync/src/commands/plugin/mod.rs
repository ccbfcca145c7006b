//! `plugin`: what is installed and what it may do, for operators; packing, for vendors.

mod approve;
mod dev;
mod inspect;
mod install;
mod list;
mod new;
mod pack;
mod remove;
mod say;
mod test;

use std::path::Path;

use anyhow::Result;
use clap::Subcommand;

use crate::config::Config;
use crate::exit::Exit;
use crate::logs::{self, Terminal};

/// `plugin`.
#[derive(Debug, Subcommand)]
pub enum PluginCommand {
    /// Show the plugins that are there, who uses them, and what waits for approval
    List(list::Args),
    /// Say what a plugin asks for and what it can do; nothing of it is run
    Inspect(inspect::Args),
    /// Take a plugin in; it may do nothing before it is approved
    Install(install::Args),
    /// Grant an installed plugin what it asks for
    Approve(approve::Args),
    /// Take a plugin away
    Remove(remove::Args),
    /// Begin a plugin: a project that builds and passes `test` as it is
    New(new::Args),
    /// Build, pack and try a plugin at every change of its project
    Dev(dev::Args),
    /// Try out all that a plugin has to do
    Test(test::Args),
    /// Build a plugin and make one file of it, its manifest inside
    Pack(pack::Args),
}

/// Carries it out. Vendors need no configuration, so each reads it by itself.
pub async fn run(config: &Path, command: PluginCommand) -> Result<Exit> {
    logs::to_terminal(Terminal::Command);
    match command {
        PluginCommand::List(args) => list::run(&Config::load(config)?, &args).await,
        PluginCommand::Inspect(args) => inspect::run(&args).await,
        PluginCommand::Install(args) => install::run(Config::load(config)?, &args).await,
        PluginCommand::Approve(args) => approve::run(Config::load(config)?, &args).await,
        PluginCommand::Remove(args) => remove::run(Config::load(config)?, &args).await,
        PluginCommand::New(args) => new::run(&args),
        PluginCommand::Dev(args) => dev::run(&args).await,
        PluginCommand::Test(args) => test::run(&args).await,
        PluginCommand::Pack(args) => pack::run(&args).await,
    }
}
