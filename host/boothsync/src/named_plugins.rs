//! Which packages are meant by the names in the configuration.

use std::collections::BTreeMap;

use sandbox::Approval;

use crate::bundled;
use crate::config::reference::nearest;
use crate::config::{Config, ConfigError, Place, Problem};
use crate::installed::{Lock, Locked, Shelf};

/// What stands behind a name.
pub enum Found {
    /// Approved by being part of the program.
    Bundled(&'static [u8]),
    /// The file that the operator approved, and for what.
    Installed { package: Vec<u8>, granted: Box<Approval> },
    /// It is known, and cannot be used: why, and what mends it.
    Unusable(String),
}

/// Looks for every plugin that a target or page names. A name that nothing is known by is a mistake in
/// the configuration. Blocks.
pub fn find(config: &Config) -> Result<BTreeMap<String, Found>, ConfigError> {
    let shelf = Shelf::of(&config.data);
    // A lock that cannot be read concerns those alone who need it.
    let lock = shelf.lock();
    let mut found = BTreeMap::new();
    let mut problems = Vec::new();
    for (place, name) in named(config) {
        match behind(&shelf, lock.as_ref().map_err(ToString::to_string), &name) {
            Some(one) => drop(found.insert(name, one)),
            None => problems.push(unknown(config, &shelf, lock.as_ref().ok(), place, &name)),
        }
    }
    if problems.is_empty() { Ok(found) } else { Err(config.wrong(problems)) }
}

/// The names in the file with their places, and those that are meant without being written.
fn named(config: &Config) -> Vec<(Place, String)> {
    let at = |kind: &str, index| Place::default().key(kind).index(index).key("plugin");
    let targets = config.file.targets.iter().enumerate();
    let targets = targets.map(|(index, target)| (at("target", index), target.plugin.clone()));
    // What is not written comes after all that is.
    let pages = config.pages().into_iter().enumerate();
    let pages = pages.map(|(index, page)| (at("page", index), page.plugin));
    targets.chain(pages).collect()
}

fn behind(shelf: &Shelf, lock: Result<&Lock, String>, name: &str) -> Option<Found> {
    if let Some(bundled) = bundled::find(name) {
        return Some(Found::Bundled(bundled.package));
    }
    let lock = match lock {
        Ok(lock) => lock,
        Err(reason) => return Some(Found::Unusable(reason)),
    };
    Some(installed(shelf, name, lock.plugins.get(name)?))
}

/// What an entry of the lock is worth.
pub fn installed(shelf: &Shelf, name: &str, locked: &Locked) -> Found {
    let package = match shelf.package(name, locked) {
        Ok(package) => package,
        Err(error) => return Found::Unusable(error.to_string()),
    };
    match &locked.granted {
        Some(granted) => Found::Installed { package, granted: Box::new(granted.clone()) },
        None => Found::Unusable(format!(
            "the plugin `{name}` is installed, but not approved: `boothsync plugin approve {name}` shows what it asks for"
        )),
    }
}

fn unknown(config: &Config, shelf: &Shelf, lock: Option<&Lock>, place: Place, name: &str) -> Problem {
    let span = config.document.span(&place);
    if let Some(file) = shelf.stray(name).filter(|_| is_plain(name)) {
        let message = format!("the plugin `{name}` is not installed, although its file lies there");
        let help = format!("`boothsync plugin install {}` takes it in", file.display());
        return Problem::new(span, message, "a file alone grants nothing").help(help);
    }
    let installed: Vec<&str> =
        lock.map(|lock| lock.plugins.keys().map(String::as_str).collect()).unwrap_or_default();
    let names: Vec<&str> = [bundled::ALL.iter().map(|plugin| plugin.name).collect(), installed].concat();
    let label = match nearest(name, names.iter().copied()) {
        Some(near) => format!("did you mean `{near}`?"),
        None => format!("there are {}", listed(&names)),
    };
    Problem::new(span, format!("there is no plugin `{name}`"), label)
        .help("`boothsync plugin install FILE` adds one, `boothsync plugin list` shows them")
}

fn is_plain(name: &str) -> bool {
    name.bytes().all(|b| b.is_ascii_lowercase() || b.is_ascii_digit() || b == b'-')
}

/// `a`, `b` and `c`.
fn listed(names: &[&str]) -> String {
    let quoted: Vec<String> = names.iter().map(|name| format!("`{name}`")).collect();
    match quoted.as_slice() {
        [front @ .., last] if !front.is_empty() => format!("{} and {last}", front.join(", ")),
        one => one.concat(),
    }
}

#[cfg(test)]
mod tests {
    use sandbox::Package;

    use super::*;
    use crate::config::Document;

    fn config(data: &std::path::Path, plugin: &str) -> Config {
        let text = format!("[media]\nfolder = \"media\"\n[[target]]\nname = \"a\"\nplugin = \"{plugin}\"\n");
        Config::parse(Document { path: "boothsync.toml".into(), text }, data.parent().unwrap().into())
            .unwrap()
    }

    /// What stands behind the plugin `acme` of a target, the package of another one lying in its place.
    fn acme(granted: Option<Approval>, file: Option<&[u8]>) -> Found {
        let dir = tempfile::tempdir().unwrap();
        let data = dir.path().join("data");
        std::fs::create_dir_all(data.join("plugins")).unwrap();
        let bytes = bundled::find("folder").unwrap().package;
        let locked = Locked::new(&Package::examine(bytes).unwrap(), granted);
        Lock { plugins: BTreeMap::from([("acme".to_owned(), locked)]) }.save(&data).unwrap();
        if let Some(file) = file {
            std::fs::write(data.join("plugins/acme.wasm"), file).unwrap();
        }
        find(&config(&data, "acme")).unwrap().remove("acme").unwrap()
    }

    fn reason(found: Found) -> String {
        match found {
            Found::Unusable(reason) => reason,
            _ => panic!("it is usable"),
        }
    }

    fn said(plugin: &str, prepare: impl FnOnce(&std::path::Path)) -> String {
        let dir = tempfile::tempdir().unwrap();
        let data = dir.path().join("data");
        std::fs::create_dir_all(data.join("plugins")).unwrap();
        prepare(&data);
        let error = find(&config(&data, plugin)).map(drop).unwrap_err();
        error.report(false)
    }

    #[test]
    fn what_was_approved_is_used_and_nothing_else() {
        let bytes = bundled::find("folder").unwrap().package;
        let granted = Approval::default();
        assert!(matches!(acme(Some(granted.clone()), Some(bytes)), Found::Installed { .. }));
        let text = reason(acme(None, Some(bytes)));
        assert!(text.contains("not approved: `boothsync plugin approve acme`"), "{text}");
        let text = reason(acme(Some(granted.clone()), Some(b"other")));
        assert!(
            text.contains("is not the one that was installed") && text.contains("plugins/acme.wasm"),
            "{text}"
        );
        let text = reason(acme(Some(granted), None));
        assert!(text.contains("is gone") && text.contains("plugin install"), "{text}");
    }

    #[test]
    fn an_unknown_name_is_answered_with_the_nearest_and_the_command_that_helps() {
        let text = said("rclne", |_| ());
        assert!(
            text.contains("there is no plugin `rclne`") && text.contains("did you mean `rclone`?"),
            "{text}"
        );
        assert!(text.contains("boothsync plugin install FILE"), "{text}");
        let text = said("xyz", |_| ());
        assert!(text.contains("there are `rclone`, `folder` and `sharepage`"), "{text}");
    }

    #[test]
    fn a_file_that_was_only_laid_there_is_not_used() {
        let text = said("acme", |data| std::fs::write(data.join("plugins/acme.wasm"), b"x").unwrap());
        assert!(text.contains("is not installed, although its file lies there"), "{text}");
    }

    #[test]
    fn a_damaged_lock_stops_no_bundled_plugin() {
        let dir = tempfile::tempdir().unwrap();
        let data = dir.path().join("data");
        std::fs::create_dir_all(&data).unwrap();
        std::fs::write(data.join("plugins.lock"), "nonsense").unwrap();
        let found = find(&config(&data, "folder")).unwrap();
        assert!(matches!(found["folder"], Found::Bundled(_)) && found.contains_key("sharepage"));
        let text = reason(find(&config(&data, "acme")).unwrap().remove("acme").unwrap());
        assert!(text.contains("plugins.lock` is damaged in line 1"), "{text}");
    }
}
