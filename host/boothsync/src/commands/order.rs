//! Commands that change something: through the running service, or else with an engine of their own
//! that transfers nothing.

use std::sync::Arc;

use anyhow::Result;
use engine::TargetName;
use serde::Deserialize;
use serde_json::json;

use super::{known_target, media_key, print_json};
use crate::booth::{Booth, Purpose};
use crate::cli::{OfflineArgs, RetryArgs, TargetArgs};
use crate::config::Config;
use crate::control::{Control, encode};
use crate::exit::Exit;
use crate::show::count;
use crate::stops::Stops;

/// What the service answers to orders about several objects.
#[derive(Deserialize)]
struct Counted {
    objects: u64,
}

pub async fn offline(config: Arc<Config>, args: &OfflineArgs) -> Result<Exit> {
    let key = media_key(&config, &args.key)?;
    let runs = match Control::find(&config.data).await? {
        Some(control) => {
            let path = format!("/api/v1/offline?key={}", encode(key.as_str()));
            control.post::<()>(&path, None).await?;
            true
        }
        None => {
            with_engine(&config, Purpose::Order, async |booth| Ok(booth.engine.offline(&key).await?)).await?;
            false
        }
    };
    let when = if runs { "it is being taken off" } else { "it is taken off when the service runs" };
    done(args.output.json, json!({"key": key}), &format!("`{key}` is offline from now on; {when}"))
}

pub async fn retry(config: Arc<Config>, args: &RetryArgs) -> Result<Exit> {
    if let Some(target) = &args.target {
        known_target(&config, target)?;
    }
    let key = args.key.as_deref().map(|key| media_key(&config, key)).transpose()?;
    let objects = match Control::find(&config.data).await? {
        Some(control) => {
            let target = args.target.as_ref().map(|target| format!("target={}", encode(target.as_str())));
            let key = key.as_ref().map(|key| format!("key={}", encode(key.as_str())));
            let query: Vec<String> = target.into_iter().chain(key).collect();
            control.post::<Counted>(&format!("/api/v1/retry?{}", query.join("&")), None).await?.objects
        }
        None => {
            let (target, key) = (args.target.as_ref(), key.as_ref());
            with_engine(&config, Purpose::Order, async |booth| Ok(booth.engine.retry(target, key).await?))
                .await?
        }
    };
    let what = count(objects, "object is", "objects are");
    done(args.output.json, json!({"objects": objects}), &format!("{what} tried again"))
}

pub async fn pause(config: Arc<Config>, args: &TargetArgs) -> Result<Exit> {
    let name = &args.target;
    match service_of(&config, name).await? {
        Some(control) => control.post::<()>(&path(name, "pause"), None).await?,
        None => {
            with_engine(&config, Purpose::Order, async |booth| Ok(booth.engine.pause(name).await?)).await?;
        }
    }
    let text = format!("target `{name}` is paused until `boothsync resume --target {name}`");
    done(args.output.json, json!({"target": name, "paused": true}), &text)
}

pub async fn resume(config: Arc<Config>, args: &TargetArgs) -> Result<Exit> {
    let name = &args.target;
    match service_of(&config, name).await? {
        Some(control) => control.post::<()>(&path(name, "resume"), None).await?,
        None => {
            with_engine(&config, Purpose::Order, async |booth| Ok(booth.engine.resume(name).await?)).await?;
        }
    }
    let text = format!("target `{name}` works again");
    done(args.output.json, json!({"target": name, "paused": false}), &text)
}

pub async fn confirm_deletes(config: Arc<Config>, args: &TargetArgs) -> Result<Exit> {
    let name = &args.target;
    let objects = match service_of(&config, name).await? {
        Some(control) => control.post::<Counted>(&path(name, "confirm-deletes"), None).await?.objects,
        None => {
            let confirm = async |booth: &Booth| Ok(booth.engine.confirm_deletes(name, None).await?);
            with_engine(&config, Purpose::Order, confirm).await?
        }
    };
    let what = count(objects, "object is", "objects are");
    done(
        args.output.json,
        json!({"target": name, "objects": objects}),
        &format!("{what} deleted from `{name}`"),
    )
}

pub async fn cleanup(config: Arc<Config>, args: &TargetArgs) -> Result<Exit> {
    let name = &args.target;
    let objects = match service_of(&config, name).await? {
        Some(control) => control.post::<Counted>(&path(name, "cleanup"), None).await?.objects,
        None => {
            let cleanup = async |booth: &Booth| Ok(booth.engine.cleanup(name).await?);
            with_engine(&config, Purpose::Work, cleanup).await?
        }
    };
    let what = count(objects, "object was", "objects were");
    let text = format!("{what} deleted where earlier settings of `{name}` had put them");
    done(args.output.json, json!({"target": name, "objects": objects}), &text)
}

async fn service_of(config: &Config, target: &TargetName) -> Result<Option<Control>> {
    known_target(config, target)?;
    Ok(Control::find(&config.data).await?)
}

fn path(target: &TargetName, verb: &str) -> String {
    format!("/api/v1/targets/{target}/{verb}")
}

/// Opens the booth for one order and closes it again.
pub async fn with_engine<T>(
    config: &Arc<Config>,
    purpose: Purpose,
    order: impl AsyncFnOnce(&Booth) -> Result<T>,
) -> Result<T> {
    let stops = Stops::default();
    stops.on_signals()?;
    let booth = Booth::open(config, purpose, &stops).await?;
    let answer = order(&booth).await;
    booth.close().await;
    answer
}

fn done(json: bool, document: serde_json::Value, text: &str) -> Result<Exit> {
    if json {
        print_json(&document)?;
    } else {
        eprintln!("{text}");
    }
    Ok(Exit::Well)
}
