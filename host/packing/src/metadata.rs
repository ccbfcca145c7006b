//! Standard metadata, in the sections where every tool for components looks for it.

use serde_json::{Map, Value};

use crate::sections::{custom, leb128};

const NAME: &str = "component-name";
/// The subsection of `component-name` that holds the component's own name.
const OWN_NAME: u8 = 0;

/// Sections that hold a text, and the key of `[plugin]` that it comes from.
const TEXTS: [(&str, &str); 5] = [
    ("version", "version"),
    ("description", "description"),
    ("licenses", "license"),
    ("homepage", "homepage"),
    ("source", "source"),
];
const AUTHORS: &str = "authors";

/// The names of all sections that [`sections`] may write.
pub fn names() -> Vec<&'static str> {
    TEXTS.iter().map(|(section, _)| *section).chain([NAME, AUTHORS]).collect()
}

/// What `[plugin]` says, as sections. What it does not say has none.
pub fn sections(plugin: &Map<String, Value>) -> Vec<u8> {
    let text = |key: &str| plugin.get(key).and_then(Value::as_str).filter(|text| !text.is_empty());
    let mut sections = Vec::new();
    if let Some(name) = text("name") {
        let own = [leb128(name.len()), name.as_bytes().to_vec()].concat();
        sections.extend(custom(NAME, &[vec![OWN_NAME], leb128(own.len()), own].concat()));
    }
    for (section, key) in TEXTS {
        if let Some(text) = text(key) {
            sections.extend(custom(section, text.as_bytes()));
        }
    }
    let authors = plugin.get("authors").and_then(Value::as_array).into_iter().flatten();
    let authors: Vec<&str> = authors.filter_map(Value::as_str).collect();
    if !authors.is_empty() {
        sections.extend(custom(AUTHORS, authors.join(", ").as_bytes()));
    }
    sections
}
