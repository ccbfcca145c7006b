//! `share`: an item's links, and the QR code of the one to give out.

use std::sync::Arc;
use std::time::{Duration, Instant};

use anyhow::Result;
use engine::MediaKey;
use engine::view::{Link, LinkKind, LinkState};

use super::order::with_engine;
use super::{media_key, print_json};
use crate::booth::{Booth, Purpose};
use crate::cli::ShareArgs;
use crate::config::Config;
use crate::control::{Control, encode};
use crate::exit::{Exit, Unmet};
use crate::show::{self, Style, Table, qr};

/// How long a new file may take to be seen.
const PATIENCE: Duration = Duration::from_secs(3);
const PAUSE: Duration = Duration::from_millis(100);

pub async fn run(config: Arc<Config>, args: &ShareArgs) -> Result<Exit> {
    let key = media_key(&config, &args.key)?;
    let links: Vec<Link> = match Control::find(&config.data).await? {
        Some(control) => {
            let path = format!("/api/v1/links?key={}", encode(key.as_str()));
            seen(&config, &key, async || Ok(control.get(&path).await?)).await?
        }
        None => {
            let ask =
                async |booth: &Booth| seen(&config, &key, async || Ok(booth.engine.links(&key).await?)).await;
            with_engine(&config, Purpose::Order, ask).await?
        }
    };
    let chosen = links.iter().find(|link| link.preferred);
    if let (Some(file), Some(link)) = (&args.qr, chosen) {
        qr::write(&link.url, file)?;
    }
    if args.output.json {
        print_json(&links)?;
    } else if let Some(link) = chosen {
        tell(&links, link, args)?;
    }
    match chosen {
        Some(_) => Ok(Exit::Well),
        None if links.is_empty() => {
            Err(Unmet(format!("`{key}` has no link: no target has `[target.share]` with `enabled = true`"))
                .into())
        }
        None => Err(Unmet(format!("`{key}` is not shared any more")).into()),
    }
}

/// Asks again for a moment where the file is there: it may be so new that it was not seen yet.
async fn seen<T>(config: &Config, key: &MediaKey, ask: impl AsyncFn() -> Result<T>) -> Result<T> {
    let began = Instant::now();
    loop {
        match ask().await {
            Err(_) if began.elapsed() < PATIENCE && config.media.join(key.as_str()).is_file() => {
                tokio::time::sleep(PAUSE).await;
            }
            answer => return answer,
        }
    }
}

fn tell(links: &[Link], chosen: &Link, args: &ShareArgs) -> Result<()> {
    let style = Style::of(&std::io::stdout());
    let mut table = Table::default();
    for link in links {
        let place = if link.target.is_empty() { kind(link.kind) } else { &link.target };
        let row = table.row().painted(place, |text| style.bold(text));
        row.painted(state(link.state), |text| painted(link.state, text, style)).left(&link.url);
    }
    show::print(&table.render())?;
    match &args.qr {
        Some(file) => eprintln!("the QR code of {} is in `{}`", chosen.url, file.display()),
        None => show::print(&format!("\n{}", qr::terminal(&chosen.url, style.colours())?))?,
    }
    Ok(())
}

fn kind(kind: LinkKind) -> &'static str {
    match kind {
        LinkKind::Online => "online",
        LinkKind::Lan => "lan",
        LinkKind::Custom => "custom",
    }
}

fn state(state: LinkState) -> &'static str {
    match state {
        LinkState::Pending => "pending",
        LinkState::Online => "online",
        LinkState::Expired => "expired",
        LinkState::Removed => "removed",
    }
}

fn painted(state: LinkState, text: &str, style: Style) -> String {
    match state {
        LinkState::Online => style.good(text),
        LinkState::Pending => style.warn(text),
        LinkState::Expired | LinkState::Removed => style.dim(text),
    }
}
