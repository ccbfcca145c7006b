//! What was published stays true.

use std::collections::BTreeSet;
use std::fs;
use std::path::{Path, PathBuf};

use wit_component::semver_check;
use wit_parser::{Interface, PackageId, Resolve};

use super::project::root;

const WORLDS: [&str; 3] = ["sync-target", "sync-target-full", "sharepage"];

/// Everything by which a plugin built against `old` could miss something in `new`.
fn broken(old: &str, new: &str) -> Vec<String> {
    let mut resolve = Resolve::default();
    let old = package(&mut resolve, old);
    // Both are the same package; under another version they can be looked at side by side.
    let new = package(&mut resolve, &with_version(new, "0.1.999"));
    let mut broken = gone(&resolve, old, new);
    for world in WORLDS {
        let (Some(before), Some(after)) = (world_of(&resolve, old, world), world_of(&resolve, new, world))
        else {
            broken.push(format!("world {world}"));
            continue;
        };
        if let Err(error) = semver_check(resolve.clone(), before, after) {
            broken.push(format!("world {world}: {error:#}"));
        }
    }
    broken
}

fn package(resolve: &mut Resolve, text: &str) -> PackageId {
    resolve.push_str("plugin.wit", text).unwrap_or_else(|error| panic!("{error:#}"))
}

fn with_version(text: &str, version: &str) -> String {
    let line = text.lines().find(|line| line.starts_with("package ")).expect("a contract names its package");
    text.replacen(line, &format!("package boothsync:plugin@{version};"), 1)
}

fn world_of(resolve: &Resolve, package: PackageId, name: &str) -> Option<wit_parser::WorldId> {
    resolve.packages[package].worlds.get(name).copied()
}

/// Interfaces, functions and types that were there. What a plugin exports may not go either: hosts call it.
fn gone(resolve: &Resolve, old: PackageId, new: PackageId) -> Vec<String> {
    let mut gone = Vec::new();
    for (name, id) in &resolve.packages[old].interfaces {
        let before = names(&resolve.interfaces[*id]);
        let after = resolve.packages[new].interfaces.get(name).map(|id| names(&resolve.interfaces[*id]));
        match after {
            None => gone.push(format!("interface {name}")),
            Some(after) => gone.extend(before.difference(&after).map(|item| format!("{name}: {item}"))),
        }
    }
    gone
}

fn names(interface: &Interface) -> BTreeSet<String> {
    interface.functions.keys().chain(interface.types.keys()).cloned().collect()
}

fn present() -> String {
    fs::read_to_string(root().join("wit/plugin.wit")).unwrap()
}

/// All that was published of the present track, by version.
fn published() -> Vec<PathBuf> {
    let folders = fs::read_dir(root().join("wit/published")).unwrap().flatten();
    let of_track =
        |path: &PathBuf| path.file_name().is_some_and(|name| name.to_string_lossy().starts_with("0.1."));
    let mut folders: Vec<PathBuf> = folders.map(|entry| entry.path()).filter(of_track).collect();
    folders.sort();
    assert!(!folders.is_empty(), "nothing was ever published");
    folders
}

fn read(folder: &Path) -> String {
    fs::read_to_string(folder.join("plugin.wit")).unwrap()
}

#[test]
fn the_contract_keeps_what_every_published_version_of_its_track_promised() {
    for folder in published() {
        let broken = broken(&read(&folder), &present());
        assert!(broken.is_empty(), "{} is broken: {broken:#?}", folder.display());
    }
}

#[test]
fn a_published_version_says_which_one_it_is() {
    for folder in published() {
        let version = folder.file_name().unwrap().to_string_lossy().into_owned();
        assert!(read(&folder).contains(&format!("package boothsync:plugin@{version};")), "{version}");
    }
    let newest = published().pop().unwrap();
    let line = |text: &str| text.lines().find(|line| line.starts_with("package ")).unwrap().to_owned();
    if line(&read(&newest)) == line(&present()) {
        // Comments may say more; what a plugin is built of is what was published.
        assert!(broken(&present(), &read(&newest)).is_empty(), "the contract changed, its version did not");
    }
}

#[test]
fn whatever_would_break_a_plugin_is_found() {
    let text = present();
    for (what, before, after) in [
        ("an imported function is gone", "  get: func(name: string) -> option<string>;", ""),
        (
            "an exported function is gone",
            "  delete: func(path: path, receipt: option<string>) -> result<_, failure>;",
            "",
        ),
        ("a record has a field more", "    modified: u64,", "    modified: u64, owner: string,"),
        ("a variant has a case more", "    cancelled,\n", "    cancelled, later,\n"),
        (
            "a parameter has another type",
            "progress: func(done: u64, total: u64)",
            "progress: func(done: u32, total: u64)",
        ),
        (
            "plugins must export a function more",
            "  probe: func() -> result<report, failure>;",
            "  probe: func() -> result<report, failure>; touch: func();",
        ),
        (
            "plugins must export an interface more",
            "  import http;\n  export target;",
            "  import http;\n  export target;\n  export inventory;",
        ),
    ] {
        assert!(text.contains(before), "{what}: the contract has no `{before}`");
        assert!(!broken(&text, &text.replacen(before, after, 1)).is_empty(), "not found: {what}");
    }
}

#[test]
fn what_is_only_more_breaks_nothing() {
    let text = present();
    let function =
        text.replacen("  id: func() -> string;", "  id: func() -> string; attempt: func() -> u32;", 1);
    let interface =
        text.replacen("interface job {", "interface weather { rain: func() -> bool; }\ninterface job {", 1);
    let import = interface.replacen("  import http;\n", "  import http;\n  import weather;\n", 1);
    for more in [function, interface, import] {
        assert_ne!(more, text);
        assert_eq!(broken(&text, &more), Vec::<String>::new());
    }
}
