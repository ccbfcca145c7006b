//! `[[page]]`: the pages that visitors land on.

use engine::PageName;
use serde::Deserialize;
use serde_json::{Map, Value};

use super::reference::{Inner, Key, Section};

/// One page generator with its settings.
#[derive(Debug, Clone, PartialEq, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct PageConfig {
    pub name: PageName,
    pub plugin: String,
    #[serde(default)]
    pub settings: Map<String, Value>,
}

/// The name of the page that exists even when none is written.
pub const BUNDLED: &str = "sharepage";

pub const SECTION: Section = Section {
    about: "A page for visitors, made by a plugin and put on the targets that list it. A page named `sharepage` \
            made by the bundled plugin of that name exists even when none is written.",
    keys: &[
        Key::required("name", "name", "The name by which targets list it: `a-z`, `0-9`, `-` and `_`."),
        Key::required("plugin", "plugin", "The plugin that makes it; `sharepage` is bundled."),
        Key::value("settings", "table", "{}", "The plugin's own settings.").inner(Inner::Free),
    ],
};

impl PageConfig {
    /// The bundled page, as if it were written.
    pub fn bundled() -> Self {
        let name = PageName::new(BUNDLED).expect("the bundled page's name is a usable name");
        Self { name, plugin: BUNDLED.into(), settings: Map::new() }
    }
}
