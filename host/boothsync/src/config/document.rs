//! The file's text and where in it each value stands.

use std::ops::Range;
use std::path::PathBuf;

use toml::Spanned;
use toml::de::{DeTable, DeValue};

use super::problem::Problem;
use super::reference::{Inner, Key, Section};

/// Where a value stands, from the root of the file.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Place(Vec<Step>);

#[derive(Debug, Clone, PartialEq, Eq)]
enum Step {
    Key(String),
    Index(usize),
}

impl Place {
    /// The value of `key` in the table at this place.
    pub fn key(&self, key: &str) -> Self {
        self.with(Step::Key(key.into()))
    }

    /// The value number `index` in the array at this place.
    pub fn index(&self, index: usize) -> Self {
        self.with(Step::Index(index))
    }

    /// The value that a JSON pointer names, seen from this place.
    pub fn pointer(&self, pointer: &str) -> Self {
        pointer.split('/').skip(1).fold(self.clone(), |place, part| match part.parse() {
            Ok(index) => place.index(index),
            Err(_) => place.key(&part.replace("~1", "/").replace("~0", "~")),
        })
    }

    fn with(&self, step: Step) -> Self {
        let mut steps = self.0.clone();
        steps.push(step);
        Self(steps)
    }
}

/// A configuration file as it was read.
#[derive(Debug, Clone)]
pub struct Document {
    /// How the operator named it.
    pub path: PathBuf,
    /// Its text.
    pub text: String,
}

impl Document {
    /// The part of the text that `place` names, or else the nearest part around it.
    pub fn span(&self, place: &Place) -> Range<usize> {
        let Ok(root) = DeTable::parse(&self.text) else { return 0..0 };
        let mut span = 0..0;
        let mut at = DeValue::Table(root.into_inner());
        for step in &place.0 {
            let Some(next) = child(at, step) else { break };
            span = next.span();
            at = next.into_inner();
        }
        span
    }

    /// The key whose value stands exactly at `span`.
    pub fn key_of(&self, span: &Range<usize>, section: &'static Section) -> Option<&'static Key> {
        let root = DeTable::parse(&self.text).ok()?;
        key_in_table(root.get_ref(), section, span)
    }

    /// Everything in the file that `section` does not know.
    pub fn unknown_keys(&self, section: &'static Section) -> Vec<Problem> {
        let mut problems = Vec::new();
        if let Ok(root) = DeTable::parse(&self.text) {
            walk_table(root.get_ref(), section, &mut problems);
        }
        problems
    }
}

fn child<'i>(value: DeValue<'i>, step: &Step) -> Option<Spanned<DeValue<'i>>> {
    match (value, step) {
        (DeValue::Table(table), Step::Key(key)) => {
            table.into_iter().find(|(name, _)| name.get_ref() == key).map(|(_, value)| value)
        }
        (DeValue::Array(array), Step::Index(index)) => array.into_iter().nth(*index),
        _ => None,
    }
}

fn key_in_table(table: &DeTable<'_>, section: &'static Section, span: &Range<usize>) -> Option<&'static Key> {
    table.iter().find_map(|(name, value)| {
        let key = section.key(name.get_ref())?;
        if value.span() == *span {
            return Some(key);
        }
        tables_below(value.get_ref(), &key.inner)
            .into_iter()
            .find_map(|(table, section)| key_in_table(table, section, span))
            // One entry of a list of plain values.
            .or_else(|| (value.span().start <= span.start && span.end <= value.span().end).then_some(key))
    })
}

fn walk_table(table: &DeTable<'_>, section: &'static Section, problems: &mut Vec<Problem>) {
    for (name, value) in table {
        match section.key(name.get_ref()) {
            Some(key) => {
                for (table, section) in tables_below(value.get_ref(), &key.inner) {
                    walk_table(table, section, problems);
                }
            }
            None => problems.push(unknown(name, section)),
        }
    }
}

/// The tables in a value that are known to be there.
fn tables_below<'v, 'i>(
    value: &'v DeValue<'i>,
    inner: &'static Inner,
) -> Vec<(&'v DeTable<'i>, &'static Section)> {
    let tables = |values: &mut dyn Iterator<Item = &'v Spanned<DeValue<'i>>>, section| {
        values.filter_map(|value| value.get_ref().as_table()).map(|table| (table, section)).collect()
    };
    match (value, inner) {
        (DeValue::Table(table), Inner::Table(section)) => vec![(table, *section)],
        (DeValue::Table(named), Inner::Named(section)) => tables(&mut named.values(), *section),
        (DeValue::Array(array), Inner::Array(section)) => tables(&mut array.iter(), *section),
        // A value of another kind than expected is reported when it is read into its type.
        _ => Vec::new(),
    }
}

fn unknown(name: &Spanned<std::borrow::Cow<'_, str>>, section: &'static Section) -> Problem {
    let known = || section.keys.iter().map(|key| format!("`{}`", key.name)).collect::<Vec<_>>().join(", ");
    let message = format!("there is no key `{}` here", name.get_ref());
    match section.nearest(name.get_ref()) {
        Some(near) => Problem::new(name.span(), message, format!("did you mean `{near}`?")),
        None => Problem::new(name.span(), message, "unknown key").help(format!("known here are {}", known())),
    }
}
