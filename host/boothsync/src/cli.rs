//! The command line.

use std::ffi::OsString;
use std::path::PathBuf;

use clap::{Args, Parser, Subcommand};
use engine::TargetName;

use crate::commands::PluginCommand;

/// Brings the pictures of a photo booth to where they are wanted.
#[derive(Debug, Parser)]
#[command(name = "boothsync", version, max_term_width = 100, disable_help_subcommand = true)]
#[command(
    after_help = "Exit codes: 0 all well, 1 finished but something is not as wanted, 2 cannot start (configuration, usage)."
)]
pub struct Cli {
    /// The configuration
    #[arg(long, global = true, value_name = "FILE", default_value = "boothsync.toml")]
    pub config: PathBuf,
    #[command(subcommand)]
    pub command: Command,
}

/// What to do.
#[derive(Debug, Subcommand)]
pub enum Command {
    /// Run the service: watch the media folder and keep every target up to date
    #[command(after_help = "SIGTERM or Ctrl-C finishes the transfers that run, a second one drops them.")]
    Run,
    /// Bring targets up to date once, then exit
    Sync(SyncArgs),
    /// Show targets, queue and health
    Status(JsonArgs),
    /// Say what is wrong and how to mend it: configuration, plugins, rclone, every target
    Check(JsonArgs),
    /// Show an item's share links and QR code
    Share(ShareArgs),
    /// Take an item off every target, and keep it off
    Offline(OfflineArgs),
    /// Try again what waits or was refused
    Retry(RetryArgs),
    /// Stop a target until `resume`
    Pause(TargetArgs),
    /// Let a paused target work again
    Resume(TargetArgs),
    /// Let deletes happen that were held back
    ConfirmDeletes(TargetArgs),
    /// Delete what earlier settings of a target left behind
    Cleanup(TargetArgs),
    /// Keep a target's password or token
    #[command(subcommand)]
    Secret(SecretCommand),
    /// Take plugins in, say what they may do, and make packages of them
    #[command(subcommand)]
    Plugin(PluginCommand),
    /// Run the rclone that is used, with the configuration that is used; `rclone ui` prints the
    /// address that opens its web UI logged in
    Rclone(RcloneArgs),
    /// Print the reference of all configuration keys as Markdown
    #[command(hide = true)]
    ConfigReference,
}

/// `sync`.
#[derive(Debug, Args)]
pub struct SyncArgs {
    /// Only this target
    #[arg(long, value_name = "T")]
    pub target: Option<TargetName>,
    #[command(flatten)]
    pub output: JsonArgs,
}

/// How to answer.
#[derive(Debug, Args)]
pub struct JsonArgs {
    /// Print one JSON document
    #[arg(long)]
    pub json: bool,
}

/// `share`.
#[derive(Debug, Args)]
pub struct ShareArgs {
    /// The picture: its path below the media folder, or its file
    pub key: String,
    /// Write the QR code into this .svg or .png file instead of showing it
    #[arg(long, value_name = "FILE", value_parser = qr_file)]
    pub qr: Option<PathBuf>,
    #[command(flatten)]
    pub output: JsonArgs,
}

/// `offline`.
#[derive(Debug, Args)]
pub struct OfflineArgs {
    /// The picture: its path below the media folder, or its file
    pub key: String,
    #[command(flatten)]
    pub output: JsonArgs,
}

/// `retry`.
#[derive(Debug, Args)]
pub struct RetryArgs {
    /// Only this target
    #[arg(long, value_name = "T")]
    pub target: Option<TargetName>,
    /// Only this picture: its path below the media folder, or its file
    pub key: Option<String>,
    #[command(flatten)]
    pub output: JsonArgs,
}

/// Commands about one target.
#[derive(Debug, Args)]
pub struct TargetArgs {
    /// Which target
    #[arg(long, value_name = "T")]
    pub target: TargetName,
    #[command(flatten)]
    pub output: JsonArgs,
}

/// `secret`.
#[derive(Debug, Subcommand)]
pub enum SecretCommand {
    /// Keep a secret, read from standard input
    Set {
        /// Which target needs it
        target: TargetName,
        /// Its name, as the target's plugin declares it
        name: String,
    },
}

/// `rclone`.
#[derive(Debug, Args)]
pub struct RcloneArgs {
    /// `ui`, or what to hand to rclone
    #[arg(trailing_var_arg = true, allow_hyphen_values = true, value_name = "ARGS")]
    pub args: Vec<OsString>,
}

fn qr_file(text: &str) -> Result<PathBuf, String> {
    let path = PathBuf::from(text);
    match path.extension().and_then(|extension| extension.to_str()) {
        Some("svg" | "png") => Ok(path),
        _ => Err("a QR code can be written into a file ending in `.svg` or `.png`".into()),
    }
}

#[cfg(test)]
mod tests {
    use clap::CommandFactory as _;

    use super::*;

    #[test]
    fn the_definition_is_consistent() {
        Cli::command().debug_assert();
    }

    #[test]
    fn arguments_of_rclone_are_handed_on_as_they_are() {
        let cli =
            Cli::parse_from(["boothsync", "rclone", "lsd", "nas:", "--max-depth", "2", "--config", "x"]);
        let Command::Rclone(rclone) = cli.command else { panic!("{:?}", cli.command) };
        assert_eq!(rclone.args, ["lsd", "nas:", "--max-depth", "2", "--config", "x"]);
        assert_eq!(cli.config, PathBuf::from("boothsync.toml"));
    }

    #[test]
    fn the_configuration_may_be_named_anywhere() {
        for line in [["boothsync", "--config", "a.toml", "run"], ["boothsync", "run", "--config", "a.toml"]] {
            assert_eq!(Cli::parse_from(line).config, PathBuf::from("a.toml"));
        }
    }

    #[test]
    fn wrong_usage_is_refused_with_code_2() {
        for line in [
            vec!["boothsync"],
            vec!["boothsync", "pause"],
            vec!["boothsync", "pause", "--target", "Not A Name"],
            vec!["boothsync", "share", "a.jpg", "--qr", "a.gif"],
            vec!["boothsync", "frobnicate"],
        ] {
            assert_eq!(Cli::try_parse_from(&line).unwrap_err().exit_code(), 2, "{line:?}");
        }
    }

    #[test]
    fn the_help_names_every_command() {
        insta::assert_snapshot!(Cli::command().render_help(), @r"
    Brings the pictures of a photo booth to where they are wanted

    Usage: boothsync [OPTIONS] <COMMAND>

    Commands:
      run              Run the service: watch the media folder and keep every target up to date
      sync             Bring targets up to date once, then exit
      status           Show targets, queue and health
      check            Say what is wrong and how to mend it: configuration, plugins, rclone, every
                       target
      share            Show an item's share links and QR code
      offline          Take an item off every target, and keep it off
      retry            Try again what waits or was refused
      pause            Stop a target until `resume`
      resume           Let a paused target work again
      confirm-deletes  Let deletes happen that were held back
      cleanup          Delete what earlier settings of a target left behind
      secret           Keep a target's password or token
      plugin           Take plugins in, say what they may do, and make packages of them
      rclone           Run the rclone that is used, with the configuration that is used; `rclone ui`
                       prints the address that opens its web UI logged in

    Options:
          --config <FILE>  The configuration [default: boothsync.toml]
      -h, --help           Print help
      -V, --version        Print version

    Exit codes: 0 all well, 1 finished but something is not as wanted, 2 cannot start (configuration,
    usage).
    ");
    }
}
