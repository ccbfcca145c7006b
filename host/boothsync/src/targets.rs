//! Makes the configured targets of their plugins.

use std::path::Path;
use std::sync::Arc;

use engine::settings::TargetSettings;
use engine::{Store, Target};
use sandbox::{Manifest, Plugin, Roots, TargetSetup};
use serde::{Deserialize, Serialize};
use serde_json::{Map, Value};

use crate::config::{Config, NamingConfig, TargetConfig};
use crate::plugin_state::PluginState;
use crate::plugins::Plugins;
use crate::rclone_check::{RcloneCheck, fs_name};
use crate::rclone_host::RcloneHost;
use crate::secrets::Secrets;
use crate::wired_target::{Behind, WiredTarget};

/// A target as the engine takes it: its rules, and the plugin behind it or why there is none.
pub type EngineTarget = (TargetSettings, Result<Arc<dyn Target>, String>);

/// What targets are made with. Cheap to clone.
#[derive(Clone)]
pub struct TargetMaker(Arc<Parts>);

/// The parts of a [`TargetMaker`].
pub struct Parts {
    pub config: Arc<Config>,
    pub plugins: Plugins,
    pub store: Store,
    pub secrets: Secrets,
    pub rclone: Option<RcloneHost>,
}

/// Where a target's objects lie, as it is kept with each of them: which plugin brought them there, and
/// those of its settings that decide it.
#[derive(Serialize, Deserialize)]
struct Placement {
    plugin: String,
    settings: Value,
    /// The names of objects are part of where they lie.
    naming: String,
}

impl TargetMaker {
    pub fn new(parts: Parts) -> Self {
        Self(Arc::new(parts))
    }

    /// The configured targets, in the order of the file.
    pub fn all(&self) -> Vec<EngineTarget> {
        self.0.config.file.targets.iter().map(|target| self.one(target)).collect()
    }

    fn one(&self, target: &TargetConfig) -> EngineTarget {
        let plugin = match self.plugin(target) {
            Ok(plugin) => plugin,
            // Where it puts things is not known without its plugin; the engine goes by what it knows.
            Err(problem) => return (target.settings(String::new()), Err(problem)),
        };
        let rules = target.settings(self.placement(target, &plugin));
        let behind = self.behind(target, &plugin);
        let wired = |behind| Arc::new(WiredTarget::new(behind, target.clone(), self.clone())) as _;
        (rules, behind.map(wired))
    }

    /// The plugin of a target as it is loaded now.
    pub fn plugin(&self, target: &TargetConfig) -> Result<Plugin, String> {
        self.0.plugins.get(&target.plugin)
    }

    /// Where `plugin` would put the objects of `target`, as text.
    pub fn placement(&self, target: &TargetConfig, plugin: &Plugin) -> String {
        placement(target, plugin, &absolute(plugin.manifest(), &target.settings, &self.0.config.base))
    }

    /// What `plugin` makes of the settings of `target`.
    pub fn behind(&self, target: &TargetConfig, plugin: &Plugin) -> Result<Behind, String> {
        let settings = absolute(plugin.manifest(), &target.settings, &self.0.config.base);
        self.wire(target, plugin, settings)
    }

    /// `target` as it was under an earlier placement.
    pub fn placed_at(&self, target: &TargetConfig, placement: &str) -> Result<Arc<dyn Target>, String> {
        let unreadable = |error| format!("it is not known any more where earlier settings put it: {error}");
        let earlier: Placement = serde_json::from_str(placement).map_err(unreadable)?;
        let plugin = self.0.plugins.get(&earlier.plugin).map_err(|reason| {
            let name = &earlier.plugin;
            format!("the plugin `{name}` brought it there, and {reason}; add a target that uses it, then try again")
        })?;
        let mut settings = Map::new();
        if earlier.plugin == target.plugin {
            settings.clone_from(&target.settings);
            // What decided the place then counts, also where it said nothing and a default held.
            for key in keys(&plugin.placement(&Value::Object(target.settings.clone()))) {
                settings.remove(&key);
            }
        }
        settings.extend(earlier.settings.as_object().cloned().unwrap_or_default());
        let behind = self.wire(target, &plugin, Value::Object(settings))?;
        Ok(Arc::new(WiredTarget::fixed(behind, target.clone(), self.clone())))
    }

    fn wire(&self, target: &TargetConfig, plugin: &Plugin, settings: Value) -> Result<Behind, String> {
        let parts = &*self.0;
        let manifest = plugin.manifest();
        let fs = rclone_fs(manifest, &settings);
        let setup = TargetSetup {
            name: target.name.clone(),
            settings,
            secrets: parts.secrets.of(&target.name, manifest.secrets.keys()),
            state: Arc::new(PluginState { store: parts.store.clone(), target: target.name.clone() }),
            rc: parts.rclone.clone().map(|host| Arc::new(host) as _),
            roots: roots(&parts.config),
            limits: parts.config.limits(&manifest.plugin.name),
        };
        let made: Arc<dyn Target> = Arc::new(plugin.target(setup).map_err(|error| error.to_string())?);
        let check = fs.zip(parts.rclone.clone());
        let check = check.map(|(fs, host)| Arc::new(RcloneCheck::new(fs, host, Arc::clone(&parts.config))));
        Ok(Behind { plugin: plugin.clone(), target: made, check })
    }
}

/// The settings with the folder they name made absolute: relative ones start at the configuration.
pub fn absolute(manifest: &Manifest, settings: &Map<String, Value>, base: &Path) -> Value {
    let mut settings = Value::Object(settings.clone());
    let folder = manifest.permissions.folder.as_ref().map(|wish| &wish.path);
    if let Some(Value::String(path)) = folder.and_then(|pointer| settings.pointer_mut(pointer)) {
        *path = base.join(&*path).to_string_lossy().into_owned();
    }
    let remote = manifest.permissions.rclone.as_ref().map(|wish| &wish.remote);
    if let Some(Value::String(remote)) = remote.and_then(|pointer| settings.pointer_mut(pointer))
        && remote.starts_with('.')
    {
        *remote = base.join(&*remote).to_string_lossy().into_owned();
    }
    settings
}

/// Equal places give equal text: keys are sorted.
fn placement(target: &TargetConfig, plugin: &Plugin, settings: &Value) -> String {
    let naming = match target.naming {
        NamingConfig::Plain => "plain",
        NamingConfig::Token => "token",
    };
    let (plugin, settings) = (target.plugin.clone(), plugin.placement(settings));
    let placement = Placement { plugin, settings, naming: naming.into() };
    serde_json::to_string(&placement).expect("JSON can be written as text")
}

fn keys(value: &Value) -> Vec<String> {
    value.as_object().map(|object| object.keys().cloned().collect()).unwrap_or_default()
}

/// The remote that a target behind rclone stands for.
fn rclone_fs(manifest: &Manifest, settings: &Value) -> Option<String> {
    let wish = manifest.permissions.rclone.as_ref()?;
    let text = |pointer: &str| settings.pointer(pointer).and_then(Value::as_str);
    let subdir = wish.subdir.as_deref().and_then(text).unwrap_or("");
    Some(fs_name(text(&wish.remote)?, subdir))
}

/// Where objects come from; the engine keeps its rendered pages in this folder.
fn roots(config: &Config) -> Roots {
    Roots { media: config.media.clone(), pages: config.data.join(engine::pages::FOLDER) }
}
