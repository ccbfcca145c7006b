//! New code under targets and pages that go on working.

use engine::Engine;
use sandbox::{Plugin, Sandbox};
use serde_json::Value;
use tracing::{info, warn};

use super::listing::users;
use crate::config::{Config, TargetConfig};
use crate::plugins::Plugins;
use crate::targets::TargetMaker;
use crate::wired_page;

/// What a running service is made of, as far as plugins are concerned. Cheap to clone.
#[derive(Clone)]
pub struct Live {
    pub plugins: Plugins,
    pub maker: TargetMaker,
    pub engine: Engine,
}

impl Live {
    pub fn sandbox(&self) -> Sandbox {
        self.plugins.sandbox().clone()
    }

    /// Whether everything that uses the plugin `name` could go on with `new`. The error says what could not.
    pub fn try_on(&self, config: &Config, name: &str, new: &Plugin) -> Result<(), String> {
        let Ok(old) = self.plugins.get(name) else { return Ok(()) };
        for target in of_targets(config, name) {
            self.try_target(target, &old, new).map_err(|why| format!("target `{}`: {why}", target.name))?;
        }
        for page in config.pages().into_iter().filter(|page| page.plugin == name) {
            let settings = Value::Object(page.settings.clone());
            new.check_settings(&settings).map_err(|wrong| say(&wrong))?;
            wired_page::make(new, &page, &config.limits(name))?;
        }
        Ok(())
    }

    fn try_target(&self, target: &TargetConfig, old: &Plugin, new: &Plugin) -> Result<(), String> {
        self.maker.behind(target, new)?;
        // The engine keeps with each object where it lies, and learns of another place when it starts.
        if self.maker.placement(target, old) != self.maker.placement(target, new) {
            return Err("the new version puts pictures elsewhere".into());
        }
        Ok(())
    }

    /// Has everything that uses the plugin `name` go on with `plugin`, and do what the old one refused or
    /// made otherwise. Returns who does.
    pub async fn exchange(&self, config: &Config, name: &str, plugin: Plugin) -> Vec<String> {
        if self.plugins.get(name).is_err() {
            // Nothing was made of it when the service started.
            return Vec::new();
        }
        let version = plugin.manifest().plugin.version.clone();
        self.plugins.exchange(name, plugin);
        let users = users(config, name);
        info!(plugin.name = name, "the plugin `{name}` is {version} from now on");
        for target in of_targets(config, name) {
            if let Err(problem) = self.engine.retry(Some(&target.name), None).await {
                warn!(target.name = %target.name, "what was refused is not tried again yet: {problem}");
            }
        }
        if let Err(problem) = self.engine.sync(None).await {
            warn!("pages are made anew with the next full sync: {problem}");
        }
        self.engine.nudge().await;
        users
    }
}

fn of_targets<'a>(config: &'a Config, plugin: &str) -> impl Iterator<Item = &'a TargetConfig> {
    let plugin = plugin.to_owned();
    config.file.targets.iter().filter(move |target| target.plugin == plugin)
}

fn say(problems: &[sandbox::SettingsProblem]) -> String {
    let one = |problem: &sandbox::SettingsProblem| match problem.pointer.as_str() {
        "" => problem.message.clone(),
        pointer => format!("settings{}: {}", pointer.replace('/', "."), problem.message),
    };
    problems.iter().map(one).collect::<Vec<_>>().join("; ")
}
