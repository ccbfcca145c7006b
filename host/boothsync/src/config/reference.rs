//! The table of all keys: what the file may hold, what it means and what holds when it is not there.
//!
//! Each section keeps its part beside its struct. Unknown keys are found with it, the Markdown
//! reference is printed from it, and a test compares its defaults with the code's.

use std::fmt::Write as _;

/// One table of the file.
pub struct Section {
    /// What it is for, in a sentence or two.
    pub about: &'static str,
    /// What may stand in it.
    pub keys: &'static [Key],
}

/// One key of a table.
pub struct Key {
    pub name: &'static str,
    /// What kind of value it takes, for people.
    pub kind: &'static str,
    pub default: Default,
    /// What it does, in a sentence or two.
    pub meaning: &'static str,
    pub inner: Inner,
}

/// What holds when a key is not written.
pub enum Default {
    /// It has to be written.
    Required,
    /// This value, as TOML.
    Value(&'static str),
    /// What these words say.
    Words(&'static str),
}

/// What may stand below a key.
pub enum Inner {
    /// A value of no further structure.
    Value,
    /// Whatever a plugin's schema says.
    Free,
    /// A table.
    Table(&'static Section),
    /// Tables under names that the operator chooses.
    Named(&'static Section),
    /// Any number of tables.
    Array(&'static Section),
}

impl Key {
    pub const fn required(name: &'static str, kind: &'static str, meaning: &'static str) -> Self {
        Self { name, kind, default: Default::Required, meaning, inner: Inner::Value }
    }

    pub const fn value(
        name: &'static str,
        kind: &'static str,
        default: &'static str,
        meaning: &'static str,
    ) -> Self {
        Self { name, kind, default: Default::Value(default), meaning, inner: Inner::Value }
    }

    pub const fn optional(
        name: &'static str,
        kind: &'static str,
        default: &'static str,
        meaning: &'static str,
    ) -> Self {
        Self { name, kind, default: Default::Words(default), meaning, inner: Inner::Value }
    }

    pub const fn inner(mut self, inner: Inner) -> Self {
        self.inner = inner;
        self
    }
}

impl Section {
    /// The key of this name.
    pub fn key(&self, name: &str) -> Option<&Key> {
        self.keys.iter().find(|key| key.name == name)
    }

    /// The key that was most likely meant by `name`.
    pub fn nearest(&self, name: &str) -> Option<&'static str> {
        nearest(name, self.keys.iter().map(|key| key.name))
    }
}

/// The candidate most like `name`, if one is like it at all.
pub fn nearest<'a>(name: &str, candidates: impl Iterator<Item = &'a str>) -> Option<&'a str> {
    candidates
        .map(|candidate| (strsim::jaro_winkler(&name.to_lowercase(), candidate), candidate))
        .filter(|(likeness, _)| *likeness > 0.75)
        .max_by(|a, b| a.0.total_cmp(&b.0))
        .map(|(_, candidate)| candidate)
}

/// The whole reference as Markdown.
pub fn markdown(root: &'static Section) -> String {
    let mut text = format!("# Configuration reference\n\n{}\n", root.about);
    for (heading, section) in sections(root) {
        if !heading.is_empty() {
            write!(text, "\n## `{heading}`\n\n{}\n", section.about).expect("a String takes everything");
        }
        text.push_str("\n| key | value | default | meaning |\n| --- | --- | --- | --- |\n");
        for key in section.keys.iter().filter(|key| !key.meaning.is_empty()) {
            let default = match key.default {
                Default::Required => "required".into(),
                Default::Value(toml) => code(toml),
                Default::Words(words) => words.into(),
            };
            let row = [code(key.name), key.kind.into(), default, key.meaning.into()];
            writeln!(text, "| {} |", row.map(|cell| cell.replace('|', "\\|")).join(" | "))
                .expect("a String takes everything");
        }
    }
    text
}

fn code(text: &str) -> String {
    format!("`{text}`")
}

/// Every table with the heading under which it is written, in the order of the file.
pub fn sections(root: &'static Section) -> Vec<(String, &'static Section)> {
    let mut found = Vec::new();
    collect("", "", root, &mut found);
    found
}

fn collect(
    path: &str,
    heading: &str,
    section: &'static Section,
    found: &mut Vec<(String, &'static Section)>,
) {
    found.push((heading.into(), section));
    for key in section.keys {
        let below = if path.is_empty() { key.name.into() } else { format!("{path}.{}", key.name) };
        match &key.inner {
            Inner::Value | Inner::Free => {}
            Inner::Table(inner) => collect(&below, &format!("[{below}]"), inner, found),
            Inner::Named(inner) => collect(&below, &format!("[{below}.NAME]"), inner, found),
            Inner::Array(inner) => collect(&below, &format!("[[{below}]]"), inner, found),
        }
    }
}
