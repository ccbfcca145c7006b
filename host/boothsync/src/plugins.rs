//! Loads the plugins that the configuration names, and makes its pages of them.

use std::collections::BTreeMap;
use std::sync::Arc;

use engine::{PageGenerator, PageName};
use sandbox::{Kind, LimitSettings, Manifest, PackageError, PageSetup, Plugin, Sandbox};
use serde_json::{Map, Value};
use tokio::task::JoinSet;

use crate::bundled;
use crate::config::reference::nearest;
use crate::config::{Config, ConfigError, PageConfig, Place, PluginConfig, Problem, TargetConfig};
use crate::targets::absolute;

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
    #[error("page `{page}` cannot be set up: {source}")]
    Page {
        page: PageName,
        #[source]
        source: sandbox::SetupError,
    },
}

/// A page as the engine takes it.
pub type EnginePage = (PageName, Arc<dyn PageGenerator>);

/// The loaded plugins, by the names in the configuration. Cheap to clone.
#[derive(Clone)]
pub struct Plugins(BTreeMap<String, Plugin>);

impl Plugins {
    /// Loads every plugin that a target or page names, side by side, and checks their settings.
    pub async fn load(sandbox: &Sandbox, config: &Config) -> Result<Self, PluginsError> {
        let mut loading = JoinSet::new();
        for name in known(config)? {
            let (sandbox, package) = (sandbox.clone(), name.package);
            loading.spawn(async move { (name.name, sandbox.load(Arc::from(package)).await) });
        }
        let mut plugins = BTreeMap::new();
        while let Some(loaded) = loading.join_next().await {
            let (name, plugin) = loaded.expect("loading a plugin does not panic");
            let plugin = plugin.map_err(|source| PluginsError::Package { name: name.into(), source })?;
            plugins.insert(name.to_owned(), plugin);
        }
        let plugins = Self(plugins);
        match plugins.problems(config) {
            problems if problems.is_empty() => Ok(plugins),
            problems => Err(config.wrong(problems).into()),
        }
    }

    /// The plugin of this name.
    pub fn get(&self, name: &str) -> Option<&Plugin> {
        self.0.get(name)
    }

    /// What the plugin of this name says of itself.
    pub fn manifest(&self, name: &str) -> Option<&Manifest> {
        self.0.get(name).map(Plugin::manifest)
    }

    /// Whether an enabled target needs rclone.
    pub fn need_rclone(&self, config: &Config) -> bool {
        config.file.targets.iter().any(|target| target.enabled && self.is_rclone(target))
    }

    fn is_rclone(&self, target: &TargetConfig) -> bool {
        self.manifest(&target.plugin).is_some_and(|manifest| manifest.permissions.rclone.is_some())
    }

    /// The configured pages.
    pub fn pages(&self, config: &Config) -> Result<Vec<EnginePage>, PluginsError> {
        let make = |page: PageConfig| {
            let plugin = &self.0[&page.plugin];
            let limits = config.limits(&page.plugin);
            let setup = PageSetup { name: page.name.clone(), settings: Value::Object(page.settings), limits };
            let failed = |source| PluginsError::Page { page: page.name.clone(), source };
            let generator: Arc<dyn PageGenerator> = Arc::new(plugin.page(setup).map_err(failed)?);
            Ok((page.name, generator))
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
        let plugin = &self.0[name];
        let found = plugin.manifest().plugin.kind;
        if found != kind {
            let span = config.document.span(&place.key("plugin"));
            let message = format!("the plugin `{name}` is {}, not {}", article(found), article(kind));
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

/// The packages behind the names in the configuration, each once.
fn known(config: &Config) -> Result<Vec<&'static bundled::Bundled>, ConfigError> {
    let targets = config.file.targets.iter().map(|target| &target.plugin).enumerate();
    let pages = config.file.pages.iter().map(|page| &page.plugin).enumerate();
    let named = targets.map(|(i, name)| ("target", i, name)).chain(pages.map(|(i, name)| ("page", i, name)));
    let mut problems = Vec::new();
    for (kind, index, name) in named {
        if bundled::find(name).is_none() {
            let span = config.document.span(&Place::default().key(kind).index(index).key("plugin"));
            let label = match nearest(name, bundled::ALL.iter().map(|plugin| plugin.name)) {
                Some(near) => format!("did you mean `{near}`?"),
                None => "`rclone`, `folder` and `sharepage` are there".into(),
            };
            problems.push(Problem::new(span, format!("there is no plugin `{name}`"), label));
        }
    }
    if !problems.is_empty() {
        return Err(config.wrong(problems));
    }
    let used = |plugin: &&bundled::Bundled| {
        config.file.targets.iter().any(|target| target.plugin == plugin.name)
            || config.pages().iter().any(|page| page.plugin == plugin.name)
    };
    Ok(bundled::ALL.iter().filter(used).collect())
}

fn article(kind: Kind) -> &'static str {
    match kind {
        Kind::Target => "a target",
        Kind::Page => "a page generator",
    }
}

impl Config {
    /// The operator's limits for a plugin.
    pub fn limits(&self, plugin: &str) -> LimitSettings {
        self.file.plugin.get(plugin).map(PluginConfig::limits).unwrap_or_default()
    }
}
