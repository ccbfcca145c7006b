//! The conformance kit: what a plugin has to do, tried out on it.
//!
//! Everything goes through the sandbox as in a running booth: the same limits, the same way out, a fresh
//! instance for each call. What a target has to do when its service fails is tried with a small server of
//! the kit's own (`peer`), so it needs settings that lead there: [`settings`] says how.

mod finding;
mod page;
mod peer;
mod scene;
pub mod settings;
mod show;
mod target;

use engine::{Report, Target as _};
use sandbox::{Kind, Plugin};
use serde_json::Value;

use self::finding::{Book, Look, Otherwise, shown};
pub use self::finding::{Finding, Tally};
use self::scene::{Scene, call};
pub use self::settings::Wanted;
pub use self::show::{Printer, summary};

/// Stands for the server where none is needed.
const SOME_ADDRESS: &str = "http://127.0.0.1:8080";

/// Tries a plugin out. `show` is told of each finding at once.
pub async fn examine(
    plugin: &Plugin,
    wanted: &Wanted,
    show: &mut (dyn FnMut(&Finding) + Send),
) -> anyhow::Result<Tally> {
    let mut book = Book::new(show);
    book.note("package", Ok(introduction(plugin)));
    let template = wanted.template(plugin.manifest());
    if !book.note("settings", defaults_fit(plugin, &template)) {
        return Ok(book.tally());
    }
    match plugin.manifest().plugin.kind {
        Kind::Target => {
            let scene = Scene::set(plugin.clone(), wanted).await?;
            target::examine(&scene, &mut book).await;
        }
        Kind::Page => page::examine(plugin, template, &mut book).await,
    }
    Ok(book.tally())
}

/// What a target says when it is probed, or a page when it is rendered, once.
pub async fn probe(plugin: &Plugin, wanted: &Wanted) -> anyhow::Result<Result<String, String>> {
    if plugin.manifest().plugin.kind == Kind::Page {
        return Ok(page::first(plugin, wanted.template(plugin.manifest())).await);
    }
    let scene = Scene::set(plugin.clone(), wanted).await?;
    let target = match scene.target() {
        Ok(target) => target,
        Err(error) => return Ok(Err(error.to_string())),
    };
    let report = target.probe(&call()).await;
    Ok(report.map(|Report { summary, .. }| summary).map_err(|failure| shown(&failure)))
}

fn introduction(plugin: &Plugin) -> String {
    let about = &plugin.manifest().plugin;
    format!("{} {}, a {}", about.name, about.version, about.kind.words())
}

/// A person who leaves a form as it is must not be told that it is wrong.
fn defaults_fit(plugin: &Plugin, template: &Value) -> Look {
    let schema = &plugin.manifest().settings;
    let defaults = settings::defaults(schema);
    let template = settings::filled(template, settings::PEER, SOME_ADDRESS);
    let mut whole = template.as_object().cloned().unwrap_or_default();
    whole.extend(defaults.clone());
    let Err(problems) = plugin.check_settings(&Value::Object(whole)) else {
        return Ok(match defaults.len() {
            0 => "the schema has no defaults".into(),
            1 => "the default fits the schema".into(),
            many => format!("the {many} defaults fit the schema"),
        });
    };
    let of_default = |pointer: &str| defaults.keys().any(|name| pointer.strip_prefix('/') == Some(name));
    match problems.iter().find(|problem| of_default(&problem.pointer)) {
        Some(problem) => Err(Otherwise::differs(
            "the defaults in settings.schema.json fit the schema",
            format!("`{}`: {}", problem.pointer.trim_start_matches('/'), problem.message),
        )),
        // What is wrong with the other settings is told when they are used.
        None => Ok("the schema is valid".into()),
    }
}
