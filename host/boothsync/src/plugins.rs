//! The plugins that the configuration names, loaded: those that are part of the program, and installed
//! ones with what they were granted.

use std::collections::BTreeMap;
use std::sync::{Arc, PoisonError, RwLock};

use engine::{PageGenerator, PageName};
use sandbox::{Kind, LimitSettings, PackageError, Plugin, Sandbox};
use serde_json::{Map, Value};
use tokio::task::JoinSet;

use crate::config::{Config, ConfigError, PageConfig, Place, PluginConfig, Problem, TargetConfig};
use crate::named_plugins::{self, Found};
use crate::targets::absolute;
use crate::wired_page::WiredPage;

/// Why the plugins could not be loaded.
#[derive(Debug, thiserror::Error)]
pub enum PluginsError {
    /// The configuration and the plugins do not fit together.
    #[error(transparent)]
    Config(#[from] ConfigError),
    #[error("the plugin `{name}` cannot be loaded: {source}")]
    Package {
        name: String,
        #[source]
        source: PackageError,
    },
}

/// A page as the engine takes it.
pub type EnginePage = (PageName, Arc<dyn PageGenerator>);

/// The loaded plugins, by the names in the configuration. Cheap to clone; all clones are the same, and
/// a plugin can be exchanged under those who use it.
#[derive(Clone)]
pub struct Plugins(Arc<Inner>);

struct Inner {
    sandbox: Sandbox,
    loaded: RwLock<BTreeMap<String, Result<Plugin, String>>>,
}

impl Plugins {
    /// Loads every plugin that a target or page names, side by side, and checks their settings. An
    /// installed one that cannot be used takes nobody else down: [`Plugins::get`] says why.
    pub async fn load(sandbox: Sandbox, config: &Arc<Config>) -> Result<Self, PluginsError> {
        let reading = Arc::clone(config);
        let found = tokio::task::spawn_blocking(move || named_plugins::find(&reading));
        let mut loading = JoinSet::new();
        for (name, found) in found.await.expect("looking for plugins does not panic")? {
            let sandbox = sandbox.clone();
            loading.spawn(async move { (load(&sandbox, &name, found).await, name) });
        }
        let mut loaded = BTreeMap::new();
        while let Some(one) = loading.join_next().await {
            let (plugin, name) = one.expect("loading a plugin does not panic");
            loaded.insert(name, plugin?);
        }
        let plugins = Self(Arc::new(Inner { sandbox, loaded: RwLock::new(loaded) }));
        match plugins.problems(config) {
            problems if problems.is_empty() => Ok(plugins),
            problems => Err(config.wrong(problems).into()),
        }
    }

    /// What runs them.
    pub fn sandbox(&self) -> &Sandbox {
        &self.0.sandbox
    }

    /// The plugin of this name as it is now, or why it cannot be used.
    pub fn get(&self, name: &str) -> Result<Plugin, String> {
        let loaded = self.0.loaded.read().unwrap_or_else(PoisonError::into_inner);
        let plugin = loaded.get(name).cloned();
        plugin.unwrap_or_else(|| Err(format!("the plugin `{name}` is not there")))
    }

    /// Has those who use the plugin of this name use this one from their next call on.
    pub fn exchange(&self, name: &str, plugin: Plugin) {
        let mut loaded = self.0.loaded.write().unwrap_or_else(PoisonError::into_inner);
        loaded.insert(name.into(), Ok(plugin));
    }

    /// Whether an enabled target needs rclone.
    pub fn need_rclone(&self, config: &Config) -> bool {
        config.file.targets.iter().any(|target| target.enabled && self.is_rclone(target))
    }

    fn is_rclone(&self, target: &TargetConfig) -> bool {
        self.get(&target.plugin).is_ok_and(|plugin| plugin.manifest().permissions.rclone.is_some())
    }

    /// The configured pages.
    pub fn pages(&self, config: &Config) -> Vec<EnginePage> {
        let make = |page: PageConfig| {
            let (name, limits) = (page.name.clone(), config.limits(&page.plugin));
            let generator: Arc<dyn PageGenerator> = Arc::new(WiredPage::new(self.clone(), page, limits));
            (name, generator)
        };
        config.pages().into_iter().map(make).collect()
    }

    fn problems(&self, config: &Config) -> Vec<Problem> {
        let mut problems = Vec::new();
        for (index, target) in config.file.targets.iter().enumerate() {
            let place = Place::default().key("target").index(index);
            problems.extend(self.of_one(config, place, &target.plugin, Kind::Target, &target.settings));
        }
        for (index, page) in config.file.pages.iter().enumerate() {
            let place = Place::default().key("page").index(index);
            problems.extend(self.of_one(config, place, &page.plugin, Kind::Page, &page.settings));
        }
        problems
    }

    fn of_one(
        &self,
        config: &Config,
        place: Place,
        name: &str,
        kind: Kind,
        settings: &Map<String, Value>,
    ) -> Vec<Problem> {
        let Ok(plugin) = self.get(name) else { return Vec::new() };
        let found = plugin.manifest().plugin.kind;
        if found != kind {
            let span = config.document.span(&place.key("plugin"));
            let message = format!("the plugin `{name}` is a {}, not a {}", found.words(), kind.words());
            return vec![Problem::new(span, message, "choose another plugin")];
        }
        let Err(wrong) = plugin.check_settings(&absolute(plugin.manifest(), settings, &config.base)) else {
            return Vec::new();
        };
        let one = |problem: sandbox::SettingsProblem| {
            let span = config.document.span(&place.key("settings").pointer(&problem.pointer));
            let of = problem.pointer.trim_start_matches('/').replace('/', ".");
            let message = match of.as_str() {
                "" => format!("the settings do not fit the plugin `{name}`"),
                of => format!("`{of}` does not fit the plugin `{name}`"),
            };
            Problem::new(span, message, problem.message)
        };
        wrong.into_iter().map(one).collect()
    }
}

/// The outer error is of a plugin that is part of the program, the inner one of any other.
async fn load(sandbox: &Sandbox, name: &str, found: Found) -> Result<Result<Plugin, String>, PluginsError> {
    match found {
        Found::Bundled(package) => match sandbox.load(Arc::from(package)).await {
            Ok(plugin) => Ok(Ok(plugin)),
            Err(source) => Err(PluginsError::Package { name: name.into(), source }),
        },
        Found::Installed { package, granted } => {
            let plugin = sandbox.load(package.into()).await.map(|plugin| plugin.granted(&granted));
            Ok(plugin.map_err(|error| format!("the plugin `{name}` cannot be loaded: {error}")))
        }
        Found::Unusable(reason) => {
            tracing::warn!(plugin.name = name, "{reason}");
            Ok(Err(reason))
        }
    }
}

impl Config {
    /// The operator's limits for a plugin.
    pub fn limits(&self, plugin: &str) -> LimitSettings {
        self.file.plugin.get(plugin).map(PluginConfig::limits).unwrap_or_default()
    }
}
