//! `check`: what is wrong and how to mend it.

use std::collections::BTreeMap;
use std::path::Path;
use std::sync::Arc;
use std::time::Duration;

use anyhow::Result;
use engine::view::DatabaseStatus;
use engine::{Call, Target, TargetName};
use serde::{Deserialize, Serialize};
use serde_json::Value;
use tokio::task::JoinSet;
use tokio_util::sync::CancellationToken;

use super::print_json;
use crate::booth::{Bench, Workshop};
use crate::cli::JsonArgs;
use crate::config::{Config, ConfigError};
use crate::control::Control;
use crate::desk::{self, Listed, State};
use crate::exit::Exit;
use crate::installed::Shelf;
use crate::plugins::Plugins;
use crate::rclone_host::{NotUsable, RcloneHost};
use crate::show::status::StatusDocument;
use crate::show::{self, Style, Table};
use crate::targets::EngineTarget;
use crate::text::{chain, io_words};

/// How long one target may take to answer.
const PROBE_LIMIT: Duration = Duration::from_secs(60);
/// How long rclone may take to be found, fetched and started.
const RCLONE_LIMIT: Duration = Duration::from_secs(180);

/// Everything that was looked at.
#[derive(Serialize)]
struct Findings {
    ok: bool,
    checks: Vec<Finding>,
}

/// One thing that was looked at.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
struct Finding {
    name: String,
    ok: bool,
    /// What was found: what is wrong and how to mend it.
    message: String,
}

impl Finding {
    fn good(name: impl Into<String>, message: impl Into<String>) -> Self {
        Self { name: name.into(), ok: true, message: message.into() }
    }

    fn bad(name: impl Into<String>, message: impl Into<String>) -> Self {
        Self { name: name.into(), ok: false, message: message.into() }
    }
}

pub async fn run(config: Arc<Config>, args: &JsonArgs) -> Result<Exit> {
    let file = config.document.path.display().to_string();
    let mut checks = vec![Finding::good("configuration", file), media_folder(&config.media)];
    match Control::find(&config.data).await? {
        Some(control) => checks.extend(through_service(&config, &control).await?),
        None => checks.extend(alone(&config).await?),
    }
    let findings = Findings { ok: checks.iter().all(|finding| finding.ok), checks };
    if args.json {
        print_json(&findings)?;
    } else {
        show::print(&text(&findings, Style::of(&std::io::stdout())))?;
    }
    Ok(Exit::well_if(findings.ok))
}

fn text(findings: &Findings, style: Style) -> String {
    let mut table = Table::default();
    for finding in &findings.checks {
        let row = table.row();
        let row = if finding.ok {
            row.painted("ok", |text| style.good(text))
        } else {
            row.painted("WRONG", |text| style.bad(text))
        };
        row.left(&finding.name).left(&finding.message);
    }
    let wrong = findings.checks.iter().filter(|finding| !finding.ok).count();
    let summary = match wrong {
        0 => style.good("all is well"),
        1 => style.bad("1 thing is wrong"),
        wrong => style.bad(&format!("{wrong} things are wrong")),
    };
    format!("{}{summary}\n", table.render())
}

fn media_folder(folder: &Path) -> Finding {
    let shown = folder.display();
    match std::fs::read_dir(folder) {
        Ok(_) => Finding::good("media folder", shown.to_string()),
        Err(error) if error.kind() == std::io::ErrorKind::NotFound => Finding::bad(
            "media folder",
            format!("there is no folder `{shown}`: make it, or correct `media.folder`"),
        ),
        Err(error) => {
            let words = io_words(&error);
            Finding::bad("media folder", format!("`{shown}` cannot be read: {words}; correct `media.folder`"))
        }
    }
}

/// Asks the service, which has everything open.
async fn through_service(config: &Config, control: &Control) -> Result<Vec<Finding>> {
    let document: StatusDocument = control.get("/api/v1/status").await?;
    let mut checks = vec![Finding::good("service", "running")];
    checks.extend(database(&document.status.database));
    checks.extend(rclone_of_service(&document.rclone));
    checks.extend(plugins_of_service(config));
    for target in &config.file.targets {
        let name = &target.name;
        checks.push(if !document.status.targets.iter().any(|known| known.name == *name) {
            Finding::bad(of(name), "the running service does not know it yet: restart the service")
        } else if !target.enabled {
            off(name)
        } else {
            let probed: Probed = control.post(&format!("/api/v1/targets/{name}/probe"), None).await?;
            Finding { name: of(name), ok: probed.usable, message: probed.summary }
        });
    }
    Ok(checks)
}

/// Nothing is said of a database that is as it should be.
fn database(status: &DatabaseStatus) -> Option<Finding> {
    let problem = status.problem.as_ref().map(|problem| Finding::bad("database", problem));
    problem.or_else(|| status.note.as_ref().map(|note| Finding::good("database", note)))
}

/// What the service answers to a probe.
#[derive(Deserialize)]
struct Probed {
    usable: bool,
    summary: String,
}

fn rclone_of_service(rclone: &Value) -> Option<Finding> {
    let part = |name| rclone.get(name).and_then(Value::as_str);
    let state = part("state").filter(|state| *state != "off")?;
    let version = part("version").unwrap_or("");
    let message = [version, state, part("note").unwrap_or("")].join(" ");
    Some(Finding { name: "rclone".into(), ok: state == "up", message: message.trim().into() })
}

/// Opens what the service would open, and closes it again.
async fn alone(config: &Arc<Config>) -> Result<Vec<Finding>> {
    let workshop = match Workshop::open(config).await {
        Ok(workshop) => workshop,
        Err(error) if is_configuration(&error) => return Err(error),
        Err(error) => return Ok(vec![Finding::bad("start", chain(&error))]),
    };
    let mut checks =
        vec![Finding::good("data folder", config.data.display().to_string()), port(config).await];
    checks.extend(phones(config).await);
    let mended = workshop.store.mended().map(|mended| Finding::good("database", mended.to_string()));
    checks.extend(mended);
    let Bench { maker, rclone, store: _store, plugins } = workshop.bench();
    checks.extend(of_plugins(config, &plugins));
    if let Some(rclone) = &rclone {
        checks.push(rclone_alone(rclone).await);
    }
    checks.extend(probe_all(maker.all()).await);
    if let Some(rclone) = rclone {
        rclone.stop(Duration::from_secs(2)).await;
    }
    Ok(checks)
}

fn is_configuration(error: &anyhow::Error) -> bool {
    error.downcast_ref::<ConfigError>().is_some()
}

async fn port(config: &Config) -> Finding {
    let address = config.file.web.listen.0;
    match web::bind_tcp(address, "web.listen").await {
        Ok(_) => Finding::good("http port", format!("http://{address}")),
        Err(error) => Finding::bad("http port", chain(&anyhow::Error::from(error))),
    }
}

/// Whether phones can be served, if they are to be.
async fn phones(config: &Config) -> Option<Finding> {
    let lan = Some(&config.file.share.lan).filter(|lan| config.file.share.enabled && lan.enabled)?;
    Some(match web::bind_tcp(lan.listen.0, "share.lan.listen").await {
        Ok(_) => Finding::good("port for phones", lan.url.clone()),
        Err(error) => Finding::bad("port for phones", chain(&anyhow::Error::from(error))),
    })
}

fn of_plugins(config: &Config, plugins: &Plugins) -> Vec<Finding> {
    let targets = config.file.targets.iter().map(|target| target.plugin.clone());
    let mut names: Vec<String> = targets.chain(config.pages().into_iter().map(|page| page.plugin)).collect();
    names.sort();
    names.dedup();
    let waiting = waiting(config);
    let one = |name: String| {
        let plugin = match plugins.get(&name) {
            Ok(plugin) => plugin,
            Err(reason) => return Finding::bad(of_plugin(&name), reason),
        };
        let about = &plugin.manifest().plugin;
        let waits = waiting.get(&name).map(|note| format!("; {note}")).unwrap_or_default();
        Finding::good(of_plugin(&name), format!("{}, {}{waits}", about.version, about.title))
    };
    names.into_iter().map(one).collect()
}

/// What waits for approval, in words, by the plugin's name.
fn waiting(config: &Config) -> BTreeMap<String, String> {
    // A lock that cannot be read was said with the plugins that need it.
    let lock = Shelf::of(&config.data).lock().unwrap_or_default();
    let listed = desk::of_lock(config, &lock).into_iter();
    listed.filter_map(|plugin| Some((plugin.name.clone(), plugin.waiting()?))).collect()
}

/// The service says how its targets are; this says why, where the reason is a plugin.
fn plugins_of_service(config: &Config) -> Vec<Finding> {
    let known = desk::list(config).unwrap_or_default().into_iter();
    let used = known.filter(|plugin| !plugin.used_by.is_empty() && plugin.state != State::Bundled);
    let one = |plugin: Listed| {
        let words =
            plugin.waiting().map_or_else(|| plugin.version.clone(), |it| format!("{}; {it}", plugin.version));
        match plugin.note.as_str() {
            "" => Finding::good(of_plugin(&plugin.name), words),
            note => Finding::bad(of_plugin(&plugin.name), note),
        }
    };
    used.map(one).collect()
}

fn of_plugin(name: &str) -> String {
    format!("plugin {name}")
}

async fn rclone_alone(host: &RcloneHost) -> Finding {
    match host.ready(RCLONE_LIMIT).await {
        Ok(rclone) => {
            let state = rclone.state();
            let version = state.running().map(|running| running.version.to_string()).unwrap_or_default();
            let note = state.note().map(|note| format!("; {note}")).unwrap_or_default();
            Finding::good("rclone", format!("{version}, starts and answers{note}"))
        }
        Err(NotUsable::Missing(reason) | NotUsable::Starting(reason)) => Finding::bad("rclone", reason),
    }
}

/// Asks all targets at once, and lists them in the order of the file.
async fn probe_all(targets: Vec<EngineTarget>) -> Vec<Finding> {
    let mut probes = JoinSet::new();
    for (index, (rules, behind)) in targets.into_iter().enumerate() {
        probes.spawn(async move {
            let finding = match behind {
                _ if !rules.enabled => off(&rules.name),
                Err(reason) => Finding::bad(of(&rules.name), reason),
                Ok(target) => probe(&rules.name, &*target).await,
            };
            (index, finding)
        });
    }
    let mut findings = probes.join_all().await;
    findings.sort_by_key(|(index, _)| *index);
    findings.into_iter().map(|(_, finding)| finding).collect()
}

async fn probe(name: &TargetName, target: &dyn Target) -> Finding {
    let call = Call::new(CancellationToken::new());
    match tokio::time::timeout(PROBE_LIMIT, target.probe(&call)).await {
        Ok(Ok(report)) => Finding::good(of(name), report.summary),
        Ok(Err(failure)) => Finding::bad(of(name), failure.to_string()),
        Err(_) => {
            call.cancel.cancel();
            Finding::bad(
                of(name),
                "it did not answer within a minute: is the network there, is the address right?",
            )
        }
    }
}

fn of(name: &TargetName) -> String {
    format!("target {name}")
}

fn off(name: &TargetName) -> Finding {
    Finding::good(of(name), "switched off (`enabled = false`), not asked")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_is_wrong_stands_out_and_is_counted() {
        let checks = vec![
            Finding::good("configuration", "boothsync.toml"),
            Finding::bad("target usb", "there is no folder `/media/usb`: is the drive plugged in?"),
        ];
        let findings = Findings { ok: false, checks };
        insta::assert_snapshot!(text(&findings, Style::plain()), @r"
    ok     configuration  boothsync.toml
    WRONG  target usb     there is no folder `/media/usb`: is the drive plugged in?
    1 thing is wrong
    ");
    }

    #[test]
    fn a_media_folder_that_is_not_there_is_said_with_the_key_to_correct() {
        let finding = media_folder(Path::new("/nowhere/media"));
        assert!(!finding.ok);
        assert_eq!(
            finding.message,
            "there is no folder `/nowhere/media`: make it, or correct `media.folder`"
        );
    }
}
