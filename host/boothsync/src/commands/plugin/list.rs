//! `plugin list`: what is there, who uses it, what waits.

use anyhow::Result;

use crate::cli::JsonArgs;
use crate::commands::print_json;
use crate::config::Config;
use crate::desk::{self, DeskError, Listed, State};
use crate::exit::Exit;
use crate::show::{self, Style, Table};

/// `plugin list`.
#[derive(Debug, clap::Args)]
pub struct Args {
    #[command(flatten)]
    pub output: JsonArgs,
}

pub async fn run(config: &Config, args: &Args) -> Result<Exit> {
    let plugins = desk::list(config).map_err(DeskError::from)?;
    if args.output.json {
        print_json(&plugins)?;
    } else {
        show::print(&text(&plugins, Style::of(&std::io::stdout())))?;
    }
    Ok(Exit::well_if(plugins.iter().all(|plugin| plugin.state != State::Unusable)))
}

fn text(plugins: &[Listed], style: Style) -> String {
    let mut table = Table::default();
    table.row().left("plugin").left("version").left("kind").left("state").left("used by");
    for plugin in plugins {
        let row = table.row().painted(&plugin.name, |text| style.bold(text)).left(&plugin.version);
        let row = row.left(plugin.kind.words());
        let row = row.painted(words(plugin.state), |text| painted(plugin.state, text, style));
        row.left(&plugin.used_by.join(", "));
    }
    let mut text = table.render();
    for plugin in plugins {
        let note = Some(plugin.note.clone()).filter(|note| !note.is_empty());
        for line in note.into_iter().chain(plugin.waiting()) {
            text.push_str(&format!("{}: {line}\n", style.bold(&plugin.name)));
        }
    }
    text
}

fn words(state: State) -> &'static str {
    match state {
        State::Bundled => "bundled",
        State::Approved => "approved",
        State::Unapproved => "not approved",
        State::Unusable => "unusable",
    }
}

fn painted(state: State, text: &str, style: Style) -> String {
    match state {
        State::Bundled => style.dim(text),
        State::Approved => style.good(text),
        State::Unapproved => style.warn(text),
        State::Unusable => style.bad(text),
    }
}

#[cfg(test)]
mod tests {
    use sandbox::Kind;

    use super::*;
    use crate::installed::Pending;

    #[test]
    fn what_somebody_must_act_on_is_said_below() {
        let plugin = |name: &str, state| Listed {
            name: name.into(),
            version: "1.0.0".into(),
            kind: Kind::Target,
            state,
            note: String::new(),
            digest: String::new(),
            pending: None,
            used_by: Vec::new(),
        };
        let pending = Some(Pending { version: "2.0.0".into(), digest: String::new() });
        let acme =
            Listed { pending, used_by: vec!["target `cloud`".into()], ..plugin("acme", State::Approved) };
        let broken = Listed { note: "its file is gone".into(), ..plugin("other", State::Unusable) };
        let plugins = [plugin("rclone", State::Bundled), acme, broken];
        insta::assert_snapshot!(text(&plugins, Style::plain()), @r"
        plugin  version  kind    state     used by
        rclone  1.0.0    target  bundled
        acme    1.0.0    target  approved  target `cloud`
        other   1.0.0    target  unusable
        acme: version 2.0.0 asks for more and waits: `boothsync plugin approve acme` shows what it asks for
        other: its file is gone
        ");
    }
}
