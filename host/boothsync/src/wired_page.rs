//! A plugin's page as the engine gets it: always made by the plugin that is loaded now.

use std::sync::{Arc, Mutex, PoisonError};

use async_trait::async_trait;
use engine::{Call, Failure, PageFile, PageGenerator, Share};
use sandbox::{LimitSettings, PageSetup, Plugin, PluginPage};
use serde_json::Value;

use crate::config::PageConfig;
use crate::plugins::Plugins;

/// One configured page.
pub struct WiredPage {
    plugins: Plugins,
    config: PageConfig,
    limits: LimitSettings,
    /// The page of the plugin that was loaded when it was last asked for.
    last: Mutex<Option<(Plugin, Arc<PluginPage>)>>,
}

impl WiredPage {
    pub fn new(plugins: Plugins, config: PageConfig, limits: LimitSettings) -> Self {
        Self { plugins, config, limits, last: Mutex::default() }
    }

    fn page(&self) -> Result<Arc<PluginPage>, String> {
        let plugin = self.plugins.get(&self.config.plugin)?;
        let mut last = self.last.lock().unwrap_or_else(PoisonError::into_inner);
        if let Some((_, page)) = last.as_ref().filter(|(of, _)| of.is(&plugin)) {
            return Ok(Arc::clone(page));
        }
        let page = Arc::new(make(&plugin, &self.config, &self.limits)?);
        *last = Some((plugin, Arc::clone(&page)));
        Ok(page)
    }
}

/// The page that `plugin` makes with these settings.
pub fn make(plugin: &Plugin, config: &PageConfig, limits: &LimitSettings) -> Result<PluginPage, String> {
    let settings = Value::Object(config.settings.clone());
    let setup = PageSetup { name: config.name.clone(), settings, limits: limits.clone() };
    plugin.page(setup).map_err(|error| format!("page `{}` cannot be set up: {error}", config.name))
}

#[async_trait]
impl PageGenerator for WiredPage {
    fn fingerprint(&self) -> String {
        // One that cannot be made is tried again at every sync.
        self.page().map(|page| page.fingerprint()).unwrap_or_default()
    }

    async fn render(&self, call: &Call, share: &Share) -> Result<Vec<PageFile>, Failure> {
        self.page().map_err(Failure::Blocked)?.render(call, share).await
    }
}
